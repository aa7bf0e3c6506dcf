"""Log-mel features exactly as sherpa-onnx computes them for ``from_zipformer2_ctc``.

Kaldi's filter bank with sherpa-onnx's settings: 16 kHz, samples in [-1, 1] (not scaled to
int16), 25 ms Povey window every 10 ms, DC removed, pre-emphasis 0.97, 512-point FFT, 80 HTK mel
bands from 20 to 7600 Hz, power spectrum, natural logarithm, no dither, ``snip_edges=False``
(frame *i* is centred at sample ``160 * i + 80`` and the edges are mirrored).
Written with numpy because the per-frame Python interface of kaldi-native-fbank is an order of
magnitude too slow for hundreds of hours; a test compares the two.
"""

from __future__ import annotations

import numpy as np
import scipy.fft

RATE_HZ = 16_000
BANDS = 80
HOP = 160
WINDOW = 400
FFT = 512
FLOOR = float(np.log(np.finfo(np.float32).eps))
"""Value of a band without any energy (natural log of power), as Kaldi floors it."""


def _mel(hz: np.ndarray | float) -> np.ndarray | float:
    return 1127.0 * np.log(1.0 + np.asarray(hz) / 700.0)


def _mel_filters() -> np.ndarray:
    """Triangular filters, shape (FFT // 2, BANDS); Kaldi leaves the Nyquist bin out."""
    low, high = _mel(20.0), _mel(RATE_HZ / 2 - 400.0)
    step = (high - low) / (BANDS + 1)
    bins = _mel(np.arange(FFT // 2) * RATE_HZ / FFT)[:, None]
    left = low + np.arange(BANDS)[None] * step
    up, down = (bins - left) / step, (left + 2 * step - bins) / step
    return np.maximum(0.0, np.minimum(up, down)).astype(np.float32)


_FILTERS = _mel_filters()
_POVEY = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))).astype(np.float32) ** 0.85


def fbank(samples: np.ndarray) -> np.ndarray:
    """Features of one recording: float32 samples at 16 kHz in [-1, 1] to (frames, 80) float32."""
    count = (len(samples) + HOP // 2) // HOP
    if count == 0 or len(samples) < WINDOW:
        return np.zeros((0, BANDS), np.float32)
    before = WINDOW // 2 - HOP // 2
    after = max(0, (count - 1) * HOP + WINDOW - before - len(samples))
    # "symmetric" repeats the edge sample, which is how Kaldi mirrors
    padded = np.pad(samples.astype(np.float32), (before, after), mode="symmetric")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:count].copy()
    frames -= frames.mean(axis=1, keepdims=True)
    emphasised = frames.copy()
    emphasised[:, 1:] -= 0.97 * frames[:, :-1]
    emphasised[:, 0] -= 0.97 * frames[:, 0]
    emphasised *= _POVEY
    spectrum = scipy.fft.rfft(emphasised, FFT, axis=1)[:, : FFT // 2]
    power = spectrum.real**2 + spectrum.imag**2
    return np.log(np.maximum(power @ _FILTERS, np.finfo(np.float32).eps)).astype(np.float32)
