"""New speakers, rooms, microphones and noise for each epoch, made from stored features.

All of it works on log-mel energies, which costs about a hundredth of the training step: a warped
frequency axis is another vocal tract, a warped time axis another rate, a smooth curve another microphone,
energy smeared forward in time a reverberant room, and sums of energies are noise. ``strength`` from 0 to 1 lets
the training begin with easy speech.
"""

from __future__ import annotations

from random import Random

import numpy as np
from scipy.signal import lfilter

from .fbank import BANDS, FLOOR

_NEPERS_PER_DB = float(np.log(10) / 10)
"""Natural logarithm of power per decibel."""

_WHITE = np.interp(np.arange(BANDS), [0, 1, 5, 20, 40, 60, 79], [-8.0, -7.3, -6.2, -2.95, -0.23, 1.65, 3.07])
"""Mean log-mel energies of white noise at the stored level (``corpus.LEVEL_DBFS``); they vary by 0.77."""


class Augmenter:
    """Turns stored features (frames, 80) into what a distant, noisy microphone might have heard."""

    def __init__(self, noise: np.ndarray, babble: list[np.ndarray], seed: int) -> None:
        """``noise``: frames at the same level as speech; ``babble``: utterances to be mixed as a crowd."""
        self._noise, self._babble = noise, babble
        self._rng = Random(seed)
        draws = np.random.default_rng(seed).standard_normal((6000, BANDS), np.float32)
        self._hiss = np.exp(_WHITE + 0.77 * draws).astype(np.float32)

    def __call__(self, features: np.ndarray, strength: float, after_frames: int) -> np.ndarray:
        """Float32 features with silence before and at least ``after_frames`` after the speech."""
        rng = self._rng
        x = self._warp(features.astype(np.float32), strength)
        before = int(rng.uniform(0, 30) if rng.random() < 0.85 else rng.uniform(30, 150) * strength)
        after = after_frames + int(rng.uniform(0, 20))
        x = np.pad(x, ((before, after), (0, 0)), constant_values=FLOOR)
        energy = np.exp(x)
        if rng.random() < 0.4 * strength:
            energy = self._reverberate(energy)
        speech_db = rng.uniform(-27, 12)
        gain = np.full(BANDS, speech_db * _NEPERS_PER_DB, np.float32)
        if rng.random() < 0.8:
            gain += self._microphone(strength)
        energy *= np.exp(gain)
        snr_db = rng.uniform(6, 40) if rng.random() < 0.8 else rng.uniform(-1, 12)
        if rng.random() < 0.15:
            snr_db = 60.0
        noise_db = speech_db - snr_db - (1 - strength) * 20
        energy += np.exp(self._background(len(x)) + np.float32(noise_db * _NEPERS_PER_DB))
        if rng.random() < 0.85:
            hiss_db = min(rng.uniform(-47, -15), speech_db - rng.uniform(8, 30))
            start = rng.randrange(len(self._hiss) - len(x))
            energy += self._hiss[start : start + len(x)] * np.float32(10 ** (hiss_db / 10))
        x = np.log(np.maximum(energy, np.float32(np.exp(FLOOR))))
        if rng.random() < 0.1:
            x[: rng.randint(0, max(1, before))] = FLOOR
        return self._mask(x, strength)

    def _warp(self, x: np.ndarray, strength: float) -> np.ndarray:
        rng = self._rng
        if rng.random() < 0.7:
            factor = np.exp(rng.uniform(-0.13, 0.13) * strength)
            bands = np.arange(BANDS) * factor
            # above the knee the axis bends back so that the highest band stays where it is
            knee = 0.8 * BANDS / max(factor, 1.0)
            bent = knee * factor + (np.arange(BANDS) - knee) * (BANDS - 1 - knee * factor) / (BANDS - 1 - knee)
            bands = np.clip(np.where(np.arange(BANDS) <= knee, bands, bent), 0, BANDS - 1.001)
            low = bands.astype(int)
            part = (bands - low).astype(np.float32)
            x = x[:, low] * (1 - part) + x[:, low + 1] * part
        if rng.random() < 0.7:
            knots = max(2, len(x) // 60 + 1)
            rate = np.exp(np.random.default_rng(rng.randrange(1 << 30)).uniform(-0.22, 0.22, knots) * strength)
            speed = np.interp(np.linspace(0, knots - 1, len(x)), np.arange(knots), rate)
            clock = np.concatenate([[0.0], np.cumsum(speed)])
            source = np.interp(np.arange(0, clock[-1] - 1, 1.0), clock, np.arange(len(clock)))
            source = np.clip(source, 0, len(x) - 1.001)
            low = source.astype(int)
            part = (source - low).astype(np.float32)[:, None]
            x = x[low] * (1 - part) + x[np.minimum(low + 1, len(x) - 1)] * part
        return x

    def _reverberate(self, energy: np.ndarray) -> np.ndarray:
        rng = self._rng
        decay = float(np.exp(-13.8 * 0.01 / rng.uniform(0.15, 0.9)))
        level = 10 ** (rng.uniform(-22, -4) / 10) * (1 - decay)
        coefficients = np.array([0.0, 0.0, level], np.float32), np.array([1.0, -decay], np.float32)
        return energy + lfilter(*coefficients, energy, axis=0)

    def _microphone(self, strength: float) -> np.ndarray:
        rng = self._rng
        knots = [rng.gauss(0, 5) for _ in range(rng.randint(3, 9))]
        curve = np.interp(np.linspace(0, len(knots) - 1, BANDS), np.arange(len(knots)), knots)
        curve += rng.uniform(-8, 8) * np.linspace(-0.5, 0.5, BANDS)
        if rng.random() < 0.15:
            curve[rng.randint(55, 78) :] -= rng.uniform(10, 60)
        if rng.random() < 0.15:
            curve[: rng.randint(2, 12)] -= rng.uniform(5, 30)
        return (curve * strength * _NEPERS_PER_DB).astype(np.float32)

    def _background(self, frames: int) -> np.ndarray:
        rng = self._rng
        start = rng.randrange(max(1, len(self._noise) - frames))
        x = self._noise[start : start + frames].astype(np.float32)
        x = np.resize(x, (frames, BANDS)) if len(x) < frames else x
        if self._babble and rng.random() < 0.15:
            for _ in range(rng.randint(3, 7)):
                voice = rng.choice(self._babble)
                turn = rng.randrange(len(voice))
                voice = np.resize(np.roll(voice.astype(np.float32), turn, axis=0), (frames, BANDS))
                x = np.maximum(x, voice - np.float32(4 * _NEPERS_PER_DB))
        return x

    def _mask(self, x: np.ndarray, strength: float) -> np.ndarray:
        rng = self._rng
        fill = float(x.mean())
        for _ in range(2):
            width = rng.randrange(0, 1 + int(16 * strength))
            band = rng.randrange(0, BANDS - width)
            x[:, band : band + width] = fill
        for _ in range(max(1, len(x) // 160)):
            width = rng.randrange(0, 1 + int(12 * strength))
            at = rng.randrange(0, max(1, len(x) - width))
            x[at : at + width] = fill
        return x
