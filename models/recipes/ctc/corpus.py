"""Training data as shards of encoder states: ``data`` makes them, ``train`` maps them into memory.

A shard is ``shard-NNNN.npy`` (float16 states of all its utterances, one after another) and ``shard-NNNN.json`` (states,
text and kind of each). Voices, sentences, rooms and telephone lines are those of the ear's recipe. Noise is added to
the sound, before the encoder hears it. Every shard has its own random seed, so several workers can make different
shards at the same time and an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import soundfile

from appliance.engines.asr.moonshine import Encoder
from models.recipes.ear import text as sentences
from models.recipes.ear.corpus import at_level, degrade, image_rooms, noises, read_audio, recordings
from models.recipes.ear.fbank import RATE_HZ
from models.recipes.ear.voices import available, log_uniform, resample, world

_LONGEST_S = 12.0
_SHARES = {"cafe": 0.15, "reception": 0.2, "general": 0.3, "mixed": 0.35}
"""Of synthesized sentences, by kind. With few kinds of sentences the head learns which words follow one another, and
then reads "where can I smoke" as "where can iced mocha"."""
_MIXED = 0.4
"""Share of the words of a mixed sentence that are any words"""
_OF_PEOPLE = 3
"""Every so many utterances one is a recording of people. Their sentences are few."""


@dataclass(frozen=True)
class Sources:
    """Where recordings, text and models come from. What is missing is left out, but for the encoder."""

    encoder: Path
    """Folder of Moonshine"""
    shared: Path
    """Folder with ``voice-kathleen``, ``wakewords``, ``F-text``, ``C-noise`` and the evaluation's ``A-asr-dev``."""
    piper: list[Path]
    """Voices in Piper's format"""
    speechocean: Path | None
    """Folder of speechocean762. Only its ``test`` half is used, because people of the other are in ``A-asr-dev``."""


def _people(sources: Sources) -> list[tuple[str, Path, str]]:
    """(kind, file, text) of the recordings of people that may be learned from."""
    found = recordings(sources.shared)
    if sources.speechocean:
        texts = dict(_columns(sources.speechocean / "test" / "text"))
        for name, path in _columns(sources.speechocean / "test" / "wav.scp"):
            if spelled := sentences.normalise(texts[name].lower()):
                found.append(("speechocean", sources.speechocean / path, spelled))
    return found


def _columns(path: Path) -> Iterator[tuple[str, str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, value = line.replace("\t", " ").partition(" ")
        yield name, value.strip()


def _sentence(rng: Random, general: list[str], any_words: list[str]) -> tuple[str, str]:
    """(kind, text) of the next sentence to synthesize."""
    kind = rng.choices(list(_SHARES), list(_SHARES.values()))[0]
    if kind == "cafe":
        return kind, sentences.cafe_order(rng) if rng.random() < 0.8 else sentences.cafe_fragment(rng)
    if kind == "reception" or not general:
        return "reception", sentences.reception_talk(rng)
    sentence = rng.choice(general)
    if kind == "mixed":
        words = [rng.choice(any_words) if rng.random() < _MIXED else word for word in sentence.split()]
        return kind, " ".join(words[:12])
    return kind, sentence


class _Place:
    """The noise and silence around speech."""

    def __init__(self, noise: list[np.ndarray]) -> None:
        self._noise = [at_level(sound) for sound in noise]
        self._crowd: deque[np.ndarray] = deque(maxlen=40)
        """what was said before, for babble"""

    def __call__(self, samples: np.ndarray, rng: Random) -> np.ndarray:
        """Speech at some level with silence before and after it, and mostly with noise."""
        self._crowd.append(samples)
        before, after = int(rng.uniform(0.05, 0.5) * RATE_HZ), int(rng.uniform(0.05, 0.7) * RATE_HZ)
        samples = np.pad(at_level(samples), (before, after))
        if rng.random() < 0.85:
            # Half of the noise is heard well, the other half is loud.
            snr_db = rng.uniform(14, 36) if rng.random() < 0.45 else rng.uniform(0, 16)
            samples = samples + self._background(len(samples), rng) * np.float32(10 ** (-snr_db / 20))
        samples = samples * np.float32(10 ** (rng.uniform(-18, 12) / 20))
        peak = float(np.abs(samples).max())
        return (samples / max(1.0, peak)).astype(np.float32)

    def _background(self, length: int, rng: Random) -> np.ndarray:
        if len(self._crowd) > 10 and rng.random() < 0.2:
            voices = [_turned(rng.choice(self._crowd), length, rng) for _ in range(rng.randint(3, 9))]
            return at_level(np.sum(voices, axis=0))
        sound = _turned(rng.choice(self._noise), length, rng)
        return at_level(sound) if rng.random() < 0.5 else sound


def _turned(sound: np.ndarray, length: int, rng: Random) -> np.ndarray:
    """``length`` samples of a sound from anywhere in it, repeated where it is too short."""
    start = rng.randrange(len(sound))
    return np.resize(np.concatenate([sound[start:], sound[:start]]), length)


def make_shards(out: Path, sources: Sources, first: int, count: int, stride: int, utterances: int, seed: int) -> None:
    """Make shards ``first, first + stride, ...`` (``count`` of them), leaving those that exist.

    In each, a third of the ``utterances`` are recordings of people, each in a new guise, and the rest is synthesized.
    """
    out.mkdir(parents=True, exist_ok=True)
    encoder = Encoder(sources.encoder)
    # The demonstration's questions are said by flite, and are to be heard by an ear that never heard it.
    voices = [voice for voice in available(sources.piper) if voice[1] != "flite"]
    weights = [share for share, _, _ in voices]
    general, rooms = _sentences(out, sources.shared / "F-text"), _rooms(out, seed)
    any_words = sorted({word for sentence in general for word in sentence.split()})
    people = _people(sources)
    noise = sources.shared / "C-noise"
    place = _Place(noises(noise if noise.is_dir() else None, Random(seed)))
    for number in range(first, first + count * stride, stride):
        path = out / f"shard-{number:04d}.npy"
        if path.with_suffix(".json").exists():
            continue
        started, rng = time.process_time(), Random(seed * 100_003 + number)
        states: list[np.ndarray] = []
        entries: list[dict[str, object]] = []
        for turn in range(utterances):
            try:
                if people and (turn % _OF_PEOPLE == 0 or not voices):
                    kind, recording, spelled = rng.choice(people)
                    samples = _another(read_audio(recording), rng)
                else:
                    kind, spelled = _sentence(rng, general, any_words)
                    samples = rng.choices(voices, weights)[0][2](spelled, rng)
            except (OSError, ValueError, RuntimeError, subprocess.SubprocessError, soundfile.LibsndfileError) as error:
                print(f"{error}", flush=True)
                continue
            if not RATE_HZ // 5 < len(samples) < _LONGEST_S * RATE_HZ:
                continue
            heard = encoder.states(place(degrade(samples, rooms, rng), rng))[0].astype(np.float16)
            # CTC cannot write more letters than there are states, and needs one more between two that are equal.
            if len(heard) > 1.05 * len(spelled):
                states.append(heard)
                entries.append({"states": len(heard), "kind": kind, "text": spelled})
        draft = path.with_suffix(".draft.npy")
        np.save(draft, np.concatenate(states))
        draft.rename(path)
        # The index comes last and says that the shard is whole.
        path.with_suffix(".json").write_text(json.dumps(entries))
        hours = sum(map(len, states)) * 0.024 / 3600
        kinds = dict(Counter(str(entry["kind"]) for entry in entries))
        print(f"shard {number}: {hours:.2f} h {kinds}, {time.process_time() - started:.0f} s of processor", flush=True)


def _sentences(out: Path, folder: Path) -> list[str]:
    """General sentences, which are read once and kept beside the shards, because reading them takes half a minute."""
    path = out / "general.txt"
    if not path.exists():
        _keep(path, "\n".join(sentences.general_sentences(folder)).encode())
    return path.read_text(encoding="utf-8").splitlines()


def _rooms(out: Path, seed: int) -> list[np.ndarray]:
    """Impulse responses of rooms, made once and kept."""
    path = out / "rooms.npy"
    if not path.exists():
        rooms = image_rooms(60, Random(seed))
        longest = max(map(len, rooms))
        file = io.BytesIO()
        np.save(file, np.stack([np.pad(room, (0, longest - len(room))) for room in rooms]))
        _keep(path, file.getvalue())
    return list(np.load(path))


def _keep(path: Path, content: bytes) -> None:
    """Write a file whole, also where several workers do."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)


def _another(samples: np.ndarray, rng: Random) -> np.ndarray:
    """A recording in another guise: another pitch and rate, sometimes by WORLD another speaker."""
    if rng.random() < 0.06:
        return world(samples, rng)
    return resample(samples, RATE_HZ * log_uniform(rng, 0.85, 1.18)) if rng.random() < 0.75 else samples
