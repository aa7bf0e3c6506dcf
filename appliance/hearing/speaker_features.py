"""Computes the input of the voice network from speech, in parts of 1.6 s, and tells when there is enough speech.

Pure. The network (``ports.VoiceEmbedder``) turns a part into a unit vector, and vectors of one voice point the same way
(Wan et al., "Generalized end-to-end loss for speaker verification", 2018). It was trained by others on the same
features (``models/recipes/voices``). They are the power, not its logarithm, of frames of 25 ms every 10 ms in ``BANDS``
bands on Slaney's mel scale, with triangles of equal area, as librosa makes them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from appliance.core.audio import SAMPLE_RATE_HZ, Samples

BANDS = 40
PART_FRAMES = 160
"""frames in a part; the network was trained on as many"""

_WINDOW, _HOP = 400, 160

PART = PART_FRAMES * _HOP
"""samples in a part"""
ENOUGH = SAMPLE_RATE_HZ
"""Samples of speech from which a voice is compared for the first time. Half of the time this is before an interruption
is decided by its words."""

_LEVEL_DBFS = -25.0
"""Mean power that the speech is brought to. The network was trained on speech of -30 dBFS and more."""
_LINEAR_HZ, _HZ_PER_MEL, _LOG_STEP = 1000.0, 200.0 / 3.0, np.log(6.4) / 27.0
"""Slaney's scale: linear up to 1 kHz, then 27 steps to 6.4 times that"""

Array = npt.NDArray[np.float32]


def _hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    bend = _LINEAR_HZ / _HZ_PER_MEL
    above = _LINEAR_HZ * np.exp(_LOG_STEP * (np.maximum(mel, bend) - bend))
    return np.where(mel < bend, mel * _HZ_PER_MEL, above)


def _mel_filters() -> Array:
    """The mel filters, shape ``(_WINDOW // 2 + 1, BANDS)``."""
    highest_hz = SAMPLE_RATE_HZ / 2
    highest = _LINEAR_HZ / _HZ_PER_MEL + np.log(highest_hz / _LINEAR_HZ) / _LOG_STEP
    edges = _hz(np.linspace(0.0, highest, BANDS + 2))
    bins = np.linspace(0.0, highest_hz, _WINDOW // 2 + 1)[:, None]
    rise = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    area = 2.0 / (edges[2:] - edges[:-2])
    return (np.maximum(0.0, np.minimum(rise, fall)) * area).astype(np.float32)


_FILTERS = _mel_filters()
_HANN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)).astype(np.float32)


def mel_power(samples: Samples) -> Array:
    """Mel power of shape ``(frames, BANDS)``: a frame every ``_HOP`` samples, with silence around the samples."""
    padded = np.pad(samples, _WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    spectrum = np.fft.rfft(frames * _HANN)
    power: Array = ((spectrum.real**2 + spectrum.imag**2) @ _FILTERS).astype(np.float32)
    return power


def picture(speech: Samples) -> Array:
    """Features of the first ``PART`` samples of ``speech``, shape ``(frames, BANDS)``. It holds no long silence."""
    power = float(np.mean(np.square(speech)))
    gain = np.float32(10 ** (_LEVEL_DBFS / 20) / np.sqrt(power + 1e-12))
    return mel_power(speech[:PART] * gain)[:PART_FRAMES]


class Speech:
    """Gathers the speech of an utterance, without its silences, until there is enough to be compared."""

    def __init__(self) -> None:
        self._windows: list[Samples] = []
        self._count = 0
        self._compared = False

    def forget(self) -> None:
        """Drop the speech, because the utterance or the conversation is over."""
        self._windows.clear()
        self._count, self._compared = 0, False

    def hear(self, window: Samples) -> Samples | None:
        """Take more speech. Returns the speech to compare now, or None: the first ``ENOUGH`` samples as soon as they
        are there, then every ``PART``."""
        self._windows.append(window)
        self._count += len(window)
        if self._count < PART and (self._compared or self._count < ENOUGH):
            return None
        speech = np.concatenate(self._windows)
        self._compared = True
        if self._count >= PART:
            self._windows.clear()
            self._count = 0
        return speech
