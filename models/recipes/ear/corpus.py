"""Training data as shards of features: ``data`` makes them, ``train`` maps them into memory.

A shard is ``shard-NNNN.npy`` (float16 log-mel frames of all its utterances, one after another) and
``shard-NNNN.json`` (frames, text and kind of each). Every shard has its own random seed, so several
workers can make different shards at the same time and an interrupted run goes on where it stopped.
What is stored is close speech at a fixed level; noise, most of the rooms, microphones and levels are added anew
in each epoch (see ``augment``).
"""

from __future__ import annotations

import io
import json
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import soundfile
from scipy.signal import fftconvolve, lfilter

from . import text as sentences
from .fbank import RATE_HZ, fbank
from .voices import available, log_uniform, resample, world

LEVEL_DBFS = -23.0
"""Root mean square of stored speech."""


def read_audio(path: Path) -> np.ndarray:
    """A recording as mono float32 at 16 kHz."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return resample(samples.mean(axis=1), rate)


def at_level(samples: np.ndarray, level_dbfs: float = LEVEL_DBFS) -> np.ndarray:
    rms = float(np.sqrt(np.mean(samples**2))) + 1e-6
    return (samples * (10 ** (level_dbfs / 20) / rms)).astype(np.float32)


# --------------------------------------------------------------------------- rooms and lines


def image_rooms(count: int, rng: Random) -> list[np.ndarray]:
    """Impulse responses of random box rooms by the image method, direct sound first."""
    import pyroomacoustics

    responses = []
    while len(responses) < count:
        size = [rng.uniform(2.2, 9), rng.uniform(2.2, 7), rng.uniform(2.3, 4)]
        absorption = rng.uniform(0.12, 0.7)
        room = pyroomacoustics.ShoeBox(
            size, fs=RATE_HZ, materials=pyroomacoustics.Material(absorption), max_order=rng.randint(4, 10)
        )
        room.add_source([rng.uniform(0.3, s - 0.3) for s in size])
        room.add_microphone([rng.uniform(0.3, s - 0.3) for s in size])
        room.compute_rir()
        response = np.asarray(room.rir[0][0], np.float32)
        start = int(np.abs(response).argmax())
        response = response[max(0, start - 8) : start + RATE_HZ // 2]
        responses.append(response / np.abs(response).max())
    return responses


def degrade(samples: np.ndarray, rooms: list[np.ndarray], rng: Random) -> np.ndarray:
    """Sometimes a room, an uneven microphone, clipping, a telephone line or a lossy codec."""
    if rooms and rng.random() < 0.3:
        samples = fftconvolve(samples, rng.choice(rooms))[: len(samples) + RATE_HZ // 4].astype(np.float32)
    if rng.random() < 0.2:
        radius, angle = rng.uniform(0.3, 0.9), rng.uniform(0.05, 2.8)
        pole = [1.0, -2 * radius * np.cos(angle), radius**2]
        samples = lfilter([1.0], pole, samples).astype(np.float32)
    choice = rng.random()
    if choice < 0.06:
        top = float(np.quantile(np.abs(samples), rng.uniform(0.97, 0.998))) + 1e-6
        samples = np.clip(samples, -top, top)
    elif choice < 0.13:
        narrow = resample(samples, RATE_HZ, 8000)
        peak = float(np.abs(narrow).max()) + 1e-6
        law = np.sign(narrow) * np.log1p(255 * np.abs(narrow) / peak) / np.log(256)
        law = np.round(law * 127) / 127
        narrow = np.sign(law) * (256 ** np.abs(law) - 1) / 255 * peak
        samples = resample(narrow.astype(np.float32), 8000)
    elif choice < 0.22:
        packed = io.BytesIO()
        quiet = samples / (float(np.abs(samples).max()) + 1e-6) * 0.7
        soundfile.write(packed, quiet, RATE_HZ, format="OGG", subtype="OPUS", compression_level=rng.uniform(0.5, 1.0))
        packed.seek(0)
        samples = soundfile.read(packed, dtype="float32")[0]
    return samples


def noise_features(folder: Path | None, rng: Random) -> np.ndarray:
    """Feature frames of ``noises`` at ``LEVEL_DBFS``."""
    return np.concatenate([fbank(at_level(sound)) for sound in noises(folder, rng)]).astype(np.float16)


def noises(folder: Path | None, rng: Random) -> list[np.ndarray]:
    """Sounds of noise at 16 kHz: generated, and the first half of each recording in ``folder``.

    The second halves belong to the evaluation. Recordings called babble are left out because speakers of
    the evaluation talk in them; babble is made of training utterances instead (``augment``).
    """
    seed = np.random.default_rng(rng.randrange(1 << 30))
    sounds: list[np.ndarray] = []
    for _ in range(24):
        white = seed.standard_normal(20 * RATE_HZ).astype(np.float32)
        kind = rng.choice(["tilt", "hum", "fan", "clatter", "band"])
        if kind == "tilt":
            sound = lfilter([1.0], [1.0, -rng.uniform(-0.5, 0.98)], white)
        elif kind == "hum":
            clock = np.arange(len(white)) / RATE_HZ
            base = rng.choice([50, 60, 100, 120]) * rng.uniform(0.99, 1.01)
            sound = sum(
                np.sin(2 * np.pi * base * k * clock + rng.random()) / k ** rng.uniform(0.3, 1.5) for k in range(1, 14)
            )
            sound = sound + 0.05 * white
        elif kind == "fan":
            clock = np.arange(len(white)) / RATE_HZ
            sound = lfilter([1.0], [1.0, -rng.uniform(0.6, 0.97)], white)
            sound = sound * (1 + 0.5 * np.sin(2 * np.pi * rng.uniform(0.3, 15) * clock))
        elif kind == "clatter":
            sound = 0.01 * white
            for _ in range(rng.randint(20, 90)):
                at, length = rng.randrange(len(white) - 8000), rng.randint(400, 7000)
                ring = np.sin(2 * np.pi * rng.uniform(300, 6000) * np.arange(length) / RATE_HZ + rng.random())
                ring = ring + 0.5 * white[at : at + length]
                sound[at : at + length] += log_uniform(rng, 0.1, 3) * ring * np.exp(-np.arange(length) / (length / 5))
        else:
            radius, angle = rng.uniform(0.8, 0.995), rng.uniform(0.05, 2.5)
            sound = lfilter([1.0], [1.0, -2 * radius * np.cos(angle), radius**2], white)
        sounds.append(np.asarray(sound, np.float32))
    for path in sorted(folder.iterdir()) if folder else []:
        if path.suffix in (".opus", ".flac", ".wav") and not path.name.startswith("babble"):
            recording = read_audio(path)
            sounds.append(recording[: len(recording) // 2])
    return sounds


# --------------------------------------------------------------------------- making shards


@dataclass(frozen=True)
class Sources:
    """Where recordings and text come from; what is missing is left out."""

    shared: Path
    """Folder with ``voice-kathleen``, ``wakewords``, ``F-text``, ``C-noise`` and the evaluation's ``A-asr-dev``."""
    piper: list[Path]
    """Voices in Piper's format."""


def recordings(shared: Path) -> list[tuple[str, Path, str]]:
    """(kind, file, text) of the human recordings that may be learned from."""
    found: list[tuple[str, Path, str]] = []
    held_out = {
        json.loads(line)["id"].removeprefix("kathleen-")
        for line in _manifest(shared / "A-asr-dev")
        if json.loads(line)["id"].startswith("kathleen-")
    }
    for kind, folder in (("kathleen", "voice-kathleen"), ("keyword", "wakewords")):
        for line in _manifest(shared / folder):
            entry = json.loads(line)
            spelled = sentences.normalise(entry["text"] or "")
            if spelled and not any(entry["id"].startswith(h) for h in held_out):
                found.append((kind, shared / folder / entry["file"], spelled))
    return found


def _manifest(folder: Path) -> list[str]:
    path = folder / "manifest.jsonl"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _sentence(rng: Random, general: list[str]) -> tuple[str, str]:
    """(kind, text) of the next sentence to synthesize."""
    share = rng.random()
    if share < 0.40:
        return "cafe", sentences.cafe_order(rng)
    if share < 0.47:
        return "cafe", sentences.cafe_fragment(rng)
    if share < 0.68 or not general:
        return "reception", sentences.reception_talk(rng)
    return "general", rng.choice(general)


class _Shard:
    """Utterances of one shard while it is made."""

    def __init__(self) -> None:
        self._frames: list[np.ndarray] = []
        self._entries: list[dict[str, Any]] = []

    def add(self, samples: np.ndarray, kind: str, spelled: str) -> None:
        """Take one utterance (16 kHz), unless it is too short or longer than 14 s."""
        features = fbank(at_level(samples)).astype(np.float16)
        if 20 <= len(features) <= 1400:
            self._frames.append(features)
            self._entries.append({"frames": len(features), "kind": kind, "text": spelled})

    def save(self, path: Path) -> str:
        """Write ``path`` and its index; the index comes last and says that the shard is whole."""
        _save(path, np.concatenate(self._frames))
        path.with_suffix(".json").write_text(json.dumps(self._entries))
        hours = sum(e["frames"] for e in self._entries) / 360_000
        return f"{hours:.2f} h {dict(Counter(e['kind'] for e in self._entries))}"


def make_shards(out: Path, sources: Sources, first: int, count: int, stride: int, utterances: int, seed: int) -> None:
    """Make shards ``first, first + stride, ...`` (``count`` of them), leaving those that exist.

    Every fourth shard carries an eighth of the human recordings beside the synthesized speech, each in a new guise.
    """
    out.mkdir(parents=True, exist_ok=True)
    voices = available(sources.piper)
    if not voices:
        raise SystemExit("no synthesizer works here: install flite or espeak-ng, or name a Piper voice with --piper")
    weights = [share for share, _, _ in voices]
    general = sentences.general_sentences(sources.shared / "F-text")
    human = recordings(sources.shared)
    rooms = image_rooms(80, Random(seed))
    noise = out / "noise.npy"
    if first == 0 and not noise.exists():
        folder = sources.shared / "C-noise"
        _save(noise, noise_features(folder if folder.is_dir() else None, Random(seed)))
    for number in range(first, first + count * stride, stride):
        path = out / f"shard-{number:04d}.npy"
        if path.with_suffix(".json").exists():
            continue
        started, rng, shard = time.monotonic(), Random(seed * 100_003 + number), _Shard()
        turn, rest = divmod(number, 4)
        for kind, recording, spelled in human[turn % 8 :: 8] if rest == 0 else []:
            samples = read_audio(recording)
            if turn >= 8 or kind == "keyword":
                samples = resample(samples, RATE_HZ * log_uniform(rng, 0.82, 1.16))
            if rng.random() < 0.2:
                samples = world(samples, rng)
            shard.add(degrade(samples, rooms, rng), kind, spelled)
        for _ in range(utterances):
            kind, spelled = _sentence(rng, general)
            _, name, voice = rng.choices(voices, weights)[0]
            try:
                samples = voice(spelled, rng)
            except (OSError, ValueError, RuntimeError, subprocess.SubprocessError) as error:
                print(f"{name}: {error}", flush=True)
                continue
            if len(samples) > RATE_HZ // 5:
                shard.add(degrade(samples, rooms, rng), kind, spelled)
        print(f"shard {number}: {shard.save(path)} in {time.monotonic() - started:.0f} s", flush=True)


def _save(path: Path, frames: np.ndarray) -> None:
    draft = path.with_suffix(".draft.npy")
    np.save(draft, frames)
    draft.rename(path)
