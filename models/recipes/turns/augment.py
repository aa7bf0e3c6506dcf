"""Other speakers, rooms, microphones and noises: a clip as somebody else's microphone might have heard it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import soxr
from scipy.signal import butter, fftconvolve, sosfilt

from appliance.bench.workbench import pauses
from appliance.core.audio import SAMPLE_RATE_HZ, Samples

from .clips import Clip, sound

SILENCE_S = (0.08, 0.32)
"""after the last sound until the detector notices the pause"""
SPEED = (0.87, 1.15)
SNR_DB = (4.0, 35.0)
DECAY_S = (0.1, 0.7)
"""of a room, to -60 dB"""


def noises(folder: Path) -> list[Samples]:
    """The first halves of the recorded noises (the second halves are for measurements), without people who talk."""
    files = sorted(path for path in folder.glob("*") if path.suffix in (".opus", ".flac", ".wav"))
    sounds = [pauses.recording(path) for path in files if "babble" not in path.name]
    return [s[: len(s) // 2] for s in sounds if len(s) > 8 * SAMPLE_RATE_HZ]


class Augmenter:
    """Deterministic for its seed."""

    def __init__(self, noise: list[Samples], seed: int) -> None:
        self._noise = noise
        self._rng = Random(seed)
        self._draws = np.random.default_rng(seed)

    def __call__(self, clip: Clip, samples: Samples) -> Samples:
        """The clip, changed, with silence after it."""
        rng = self._rng
        # What was recorded after the last sound is taken away, lest the seam tell a pause from a place between words.
        x = sound(replace(clip, pause_s=0.0), samples, rng.uniform(*SILENCE_S))
        if rng.random() < 0.7:
            x = soxr.resample(x, SAMPLE_RATE_HZ, SAMPLE_RATE_HZ / rng.uniform(*SPEED), quality="LQ").astype(np.float32)
        if rng.random() < 0.4:
            x = fftconvolve(x, self._room())[: len(x)].astype(np.float32)
        if rng.random() < 0.3:
            low, high = rng.uniform(60, 350), rng.uniform(3000, 7000)
            x = sosfilt(butter(2, (low, high), "bandpass", fs=SAMPLE_RATE_HZ, output="sos"), x).astype(np.float32)
        if rng.random() < 0.6:
            x = x + self._background(len(x)) * _rms(x) * 10 ** (-rng.uniform(*SNR_DB) / 20)
        return (x * 10 ** (rng.uniform(-20, 5) / 20)).astype(np.float32)

    def _room(self) -> Samples:
        """Direct sound, and noise that dies away."""
        decay_s = self._rng.uniform(*DECAY_S)
        length = round(decay_s * SAMPLE_RATE_HZ)
        tail = self._draws.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
        tail *= 10 ** (self._rng.uniform(-20, 0) / 20) / np.sqrt(np.sum(tail**2))
        tail[: SAMPLE_RATE_HZ // 500] = 0.0
        tail[0] = 1.0
        return tail.astype(np.float32)

    def _background(self, length: int) -> Samples:
        """Recorded or generated noise of unit level."""
        if self._noise and self._rng.random() < 0.6:
            recorded = self._rng.choice(self._noise)
            at = self._rng.randrange(max(1, len(recorded) - length))
            found = np.resize(recorded[at : at + length], length)
        else:
            white = np.fft.rfft(self._draws.standard_normal(length))
            white *= np.maximum(np.arange(len(white)), 20) ** -self._rng.uniform(0.0, 1.0)
            found = np.fft.irfft(white, length)
        return (found / (_rms(found) + 1e-9)).astype(np.float32)


def _rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples**2)))
