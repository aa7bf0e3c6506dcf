"""Recordings -> ``corpus.npz``: trimmed, level, 22 kHz, with phonemes, mel spectrogram and pitch per take."""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from piper.phoneme_ids import phonemes_to_ids
from piper.phonemize_espeak import EspeakPhonemizer
from scipy.signal import butter, sosfiltfilt

from .features import HOP, RATE_HZ, Tokens, fold, log_mel

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pyworld announces a deprecation of setuptools, not of ours
    import pyworld

ACTIVE_RMS = 0.085
"""Level that every take is brought to, measured where there is speech."""
_HIGH_PASS = butter(4, 55, "hp", fs=RATE_HZ, output="sos")


@dataclass
class Take:
    """One recording of one prompt."""

    text: str
    prompt: str
    """Takes of the same prompt share it; a prompt is held out with all its takes."""
    held_out: bool
    tokens: Tokens
    samples: NDArray[np.int16]
    mel: NDArray[np.float16]
    f0_hz: NDArray[np.float32]
    """Per frame, 0 where unvoiced."""

    @property
    def frames(self) -> int:
        return len(self.f0_hz)


def phoneme_ids(phonemizer: EspeakPhonemizer, text: str) -> list[int]:
    """All sentences of the text as one Piper id sequence."""
    sentences = phonemizer.phonemize("en-us", text)
    flat = [p for i, sentence in enumerate(sentences) for p in ([" "] if i else []) + sentence]
    return phonemes_to_ids(flat)


def trim_and_level(samples: NDArray[np.float64], margins: tuple[int, int] = (8, 12)) -> NDArray[np.float32] | None:
    """Cut the silence at both ends but for the margins (frames) and set the level; None when nothing is said."""
    n = len(samples) // HOP
    power = (samples[: n * HOP].reshape(n, HOP) ** 2).mean(1)
    level_db = 10 * np.log10(power + 1e-14)
    smooth = np.convolve(level_db, np.ones(3) / 3, "same")
    active = np.flatnonzero(smooth > max(np.percentile(smooth, 98) - 38, np.percentile(smooth, 3) + 9))
    if len(active) < 20:
        return None
    rms = np.sqrt((10 ** (level_db[active] / 10)).mean())
    cut = samples[max(0, active[0] - margins[0]) * HOP : min(n, active[-1] + margins[1]) * HOP] * (ACTIVE_RMS / rms)
    return np.asarray(cut * min(1.0, 0.98 / np.abs(cut).max()), np.float32)


def pitch_hz(samples: NDArray[np.float64]) -> NDArray[np.float32]:
    """Pitch of each frame, 0 where unvoiced."""
    f0, times = pyworld.dio(
        samples, RATE_HZ, f0_floor=85, f0_ceil=400, frame_period=HOP / RATE_HZ * 1000, allowed_range=0.15
    )
    return np.asarray(pyworld.stonemask(samples, f0, times, RATE_HZ), np.float32)


_phonemizer: EspeakPhonemizer | None = None


def _prepare_one(job: tuple[Path, str, str, bool]) -> Take | None:
    global _phonemizer  # one per worker process; espeak cannot be pickled
    _phonemizer = _phonemizer or EspeakPhonemizer()
    path, text, prompt, held_out = job
    samples, rate = soundfile.read(path, always_2d=True)
    mono = soxr.resample(samples.mean(1), rate, RATE_HZ, quality="VHQ")
    speech = trim_and_level(sosfiltfilt(_HIGH_PASS, mono))
    if speech is None:
        return None
    mel = log_mel(speech)
    f0 = pitch_hz(speech.astype(np.float64))[: len(mel)]
    pcm = (speech[: len(mel) * HOP] * 32767).astype(np.int16)
    return Take(text, prompt, held_out, fold(phoneme_ids(_phonemizer, text)), pcm, mel.astype(np.float16), f0)


def prepare(data: Path, work: Path, held_out_prompts: int = 60, limit: int | None = None, workers: int = 1) -> None:
    """Read ``data/manifest.jsonl`` (id, file, text) and write ``work/corpus.npz``."""
    rows = [json.loads(line) for line in (data / "manifest.jsonl").read_text().splitlines()][:limit]
    prompts = sorted({row["id"].split("_")[1] for row in rows})
    random.Random(1234).shuffle(prompts)
    held = set(prompts[:held_out_prompts])
    jobs = []
    for row in rows:
        prompt = row["id"].split("_")[1]
        jobs.append((data / row["file"], row["text"], prompt, prompt in held))
    with Pool(workers) as pool:
        takes = [take for take in pool.map(_prepare_one, jobs, chunksize=8) if take and (take.f0_hz > 0).sum() > 10]
    save(takes, work / "corpus.npz")
    minutes = [sum(t.frames for t in takes if t.held_out == h) * HOP / RATE_HZ / 60 for h in (False, True)]
    print(f"{len(takes)} takes, {minutes[0]:.1f} min to train on, {minutes[1]:.1f} min held out ({len(held)} prompts)")


def save(takes: list[Take], path: Path) -> None:
    """All takes end to end in one file."""
    np.savez(
        path,
        meta=np.array(json.dumps([[t.text, t.prompt, t.held_out, len(t.tokens), t.frames] for t in takes])),
        tokens=np.concatenate([[t.tokens.base, t.tokens.stress, t.tokens.long] for t in takes], 1),
        samples=np.concatenate([t.samples for t in takes]),
        mel=np.concatenate([t.mel for t in takes]),
        f0_hz=np.concatenate([t.f0_hz for t in takes]),
    )


def load(path: Path) -> list[Take]:
    """What ``save`` wrote."""

    def read() -> Iterator[Take]:
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files}
        token = frame = 0
        for text, prompt, held_out, n, frames in json.loads(str(arrays["meta"])):
            yield Take(
                text,
                prompt,
                held_out,
                Tokens(*arrays["tokens"][:, token : token + n]),
                arrays["samples"][frame * HOP : (frame + frames) * HOP],
                arrays["mel"][frame : frame + frames],
                arrays["f0_hz"][frame : frame + frames],
            )
            token, frame = token + n, frame + frames

    return list(read())
