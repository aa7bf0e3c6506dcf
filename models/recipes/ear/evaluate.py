"""What an exported ear hears, through sherpa-onnx, in pieces of 100 ms: café orders and general English.

An order counts as exactly right when all its slots are right and no other slot is heard. Three readings are given:
the ear's own letters (greedy), each word replaced by the nearest word of the menu (snap), and a word graph of orders
from the menu (graph).
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from random import Random

import numpy as np
import sherpa_onnx

from .corpus import read_audio
from .fbank import RATE_HZ
from .graph import write_graph
from .text import AMOUNTS, MENU, cafe_order, normalise

_NAMES = {"drink": "coffeeDrink", "shots": "numberOfShots", "milk": "milkAmount", "sweet": "sugarAmount"}


def _slot_values() -> dict[str, list[str]]:
    values = {}
    for slot, choices in MENU.items():
        amounts = ["", *(f"{a} " for a in AMOUNTS)] if slot in ("milk", "sweet") else [""]
        values[_NAMES.get(slot, slot)] = sorted((a + c for a in amounts for c in choices), key=len, reverse=True)
    return values


_VALUES = _slot_values()


def slots_of(heard: str) -> dict[str, str]:
    """Slots named in a transcript: the longest value of each."""
    found, rest = {}, f" {heard} "
    for slot in ("milkAmount", "sugarAmount", "coffeeDrink", "numberOfShots", "roast", "size"):
        for value in _VALUES[slot]:
            if f" {value} " in rest:
                found[slot] = value
                rest = rest.replace(f" {value} ", " | ", 1)
                break
    return found


def snap(heard: str, words: list[str]) -> str:
    """Each word replaced by the most similar of ``words`` when it resembles one at all."""
    out = []
    for word in heard.split():
        best = max(words, key=lambda w: SequenceMatcher(None, word, w).ratio())
        out.append(best if SequenceMatcher(None, word, best).ratio() > 0.5 else word)
    return " ".join(out)


def recognizer(model: Path, graph: Path | None = None) -> sherpa_onnx.OnlineRecognizer:
    """The exported ear as sherpa-onnx runs it on the appliance."""
    return sherpa_onnx.OnlineRecognizer.from_zipformer2_ctc(
        tokens=str(model / "tokens.txt"), model=str(model / "ear.int8.onnx"), num_threads=1, ctc_graph=str(graph or "")
    )


def transcribe(ear: sherpa_onnx.OnlineRecognizer, samples: np.ndarray) -> str:
    """Hear one recording in pieces of 100 ms, and 0.8 s of silence after it."""
    stream = ear.create_stream()
    for start in range(0, len(samples), RATE_HZ // 10):
        stream.accept_waveform(RATE_HZ, samples[start : start + RATE_HZ // 10])
        while ear.is_ready(stream):
            ear.decode_stream(stream)
    stream.accept_waveform(RATE_HZ, np.zeros(RATE_HZ * 8 // 10, np.float32))
    stream.input_finished()
    while ear.is_ready(stream):
        ear.decode_stream(stream)
    return " ".join(ear.get_result(stream).split())


def noisy(samples: np.ndarray, noises: list[np.ndarray], snr_db: float, rng: Random) -> np.ndarray:
    """Speech with a noise recording at a signal-to-noise ratio over the whole recording."""
    noise = rng.choice(noises)
    start = rng.randrange(max(1, len(noise) - len(samples)))
    noise = np.resize(noise[start : start + len(samples)], len(samples))
    gain = np.sqrt(np.mean(samples**2) / (np.mean(noise**2) + 1e-12)) * 10 ** (-snr_db / 20)
    return (samples + gain * noise).astype(np.float32)


def _noises(folder: Path) -> list[np.ndarray]:
    found = []
    for path in sorted(folder.iterdir()):
        if path.suffix in (".opus", ".flac") and not path.name.startswith("babble"):
            samples = read_audio(path)
            found.append(samples[len(samples) // 2 :])
    return found


def _orders(shared: Path, first: int, count: int, snr_db: float | None) -> Iterator[tuple[np.ndarray, dict[str, str]]]:
    folder = shared / "commands-dev"
    lines = (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()[first : first + count]
    noises = _noises(shared / "C-noise") if snr_db is not None else []
    for number, line in enumerate(lines, first):
        entry = json.loads(line)
        samples = read_audio(folder / entry["file"])
        if snr_db is not None:
            samples = noisy(samples, noises, snr_db, Random(number))
        yield samples, entry["slots"]


def score(name: str, heard: list[str], wanted: list[dict[str, str]]) -> None:
    """Print how many orders are exactly right and how many slot values were heard."""
    exact = found = false = 0
    for text, slots in zip(heard, wanted, strict=True):
        got = slots_of(text)
        exact += got == slots
        found += sum(got.get(slot) == value for slot, value in slots.items())
        false += sum(slot not in slots for slot in got)
    slots_wanted = sum(map(len, wanted))
    print(
        f"{name}: exactly right {exact / len(wanted):.3f}, slot recall {found / slots_wanted:.3f}, "
        f"false slots per order {false / len(wanted):.2f}, {len(wanted)} orders",
        flush=True,
    )


def evaluate(
    model: Path, shared: Path, first: int, count: int, snr_db: float | None, scale: float, general: int
) -> None:
    """Print the figures of one exported ear."""
    plain = recognizer(model)
    if count:
        samples_slots = list(_orders(shared, first, count, snr_db))
        wanted = [slots for _, slots in samples_slots]
        started = time.process_time()
        heard = [transcribe(plain, samples) for samples, _ in samples_slots]
        spent = time.process_time() - started
        rng = Random(5)
        orders = [cafe_order(rng, menu_share=1.0) for _ in range(40_000)]
        menu_words = sorted({w for text in orders for w in text.split()})
        score("greedy", heard, wanted)
        score("snap", [snap(h, menu_words) for h in heard], wanted)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "cafe.fst"
            write_graph(orders, path, scale)
            site = recognizer(model, path)
        score(f"graph, scale {scale}", [transcribe(site, samples) for samples, _ in samples_slots], wanted)
        seconds = sum(len(samples) for samples, _ in samples_slots) / RATE_HZ
        print(f"real-time factor (greedy, processor time) {spent / seconds:.4f}")
    if general:
        _general(plain, shared, general)


def _general(ear: sherpa_onnx.OnlineRecognizer, shared: Path, count: int) -> None:
    folder = shared / "A-asr-dev"
    entries = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    entries = [e for e in entries if e["text"] and not re.search(r"\d", e["text"]) and e["seconds"] < 30]
    entries = entries[:: max(1, len(entries) // count)]
    errors = {"words": [0, 0], "letters": [0, 0]}
    for entry in entries:
        text = normalise(entry["text"], 10_000) or ""
        heard = transcribe(ear, read_audio(folder / entry["file"]))
        for key, left, right in (("words", text.split(), heard.split()), ("letters", list(text), list(heard))):
            errors[key][0] += distance(left, right)
            errors[key][1] += len(left)
    print(
        f"A-asr-dev, {len(entries)} recordings: word error rate {errors['words'][0] / errors['words'][1]:.3f}, "
        f"letter error rate {errors['letters'][0] / errors['letters'][1]:.3f}"
    )


def distance(left: list[str], right: list[str]) -> int:
    """Edit distance of two sequences."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]
