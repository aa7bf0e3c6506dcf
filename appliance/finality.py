"""What the finality network is shown at a pause: the last seconds of sound as log-mel energies and pitch.

Pure. The network (``ports.Finality``) answers with the log odds that the speaker has finished; it is trained on these
very numbers (``models/recipes/turns``), so changing them means training it again.

Each frame of 10 ms has ``BANDS`` log energies on the mel scale (O'Shaughnessy 1987), then how voiced it is, and its
pitch against the speaker's own. Levels count from the loud frames of the same stretch: how far away the microphone
stands says nothing about whether somebody has finished.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from appliance.cues import HOP, WINDOW, frames_of, pitch_of, power_of
from appliance.messages import SAMPLE_RATE_HZ, Samples

FRAMES, BANDS = 320, 40
CHANNELS = BANDS + 2
SHAPE = (FRAMES, CHANNELS)

SPAN = (FRAMES - 1) * HOP + WINDOW
"""samples that are looked at, the silence after the phrase included"""

_LOWEST_HZ, _HIGHEST_HZ = 60.0, 7600.0
_QUIETEST = -9.0
"""Nepers of power below the loud frames at which a band is empty; some 39 dB"""
_NOTHING = 1e-18
"""power that keeps the logarithm finite in digital silence"""
_SCALE = 0.25
_VOICED = 0.45
_AUDIBLE = 0.35
"""of the way from the quietest frame to the loudest"""
_AFTER = 8
"""frames behind the last sound that are shown: its decay"""
_OCTAVE_ST = 12.0

Array = npt.NDArray[np.float32]


def _mel_filters() -> npt.NDArray[np.float64]:
    """Triangles of equal area, shape ``(WINDOW + 1, BANDS)``: the spectrum has twice the window's length."""
    edges = np.linspace(_mel(_LOWEST_HZ), _mel(_HIGHEST_HZ), BANDS + 2)
    bins = _mel(np.arange(WINDOW + 1) * SAMPLE_RATE_HZ / (2 * WINDOW))[:, None]
    rise = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    filters: npt.NDArray[np.float64] = np.maximum(0.0, np.minimum(rise, fall))
    filters /= filters.sum(axis=0)
    return filters


def _mel(hz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hz, dtype=np.float64) / 700.0))


_FILTERS = _mel_filters().astype(np.float32)


def picture(samples: Samples) -> Array:
    """The end of ``samples``, up to now, in the shape ``SHAPE``. What is missing at the beginning is silence."""
    recent = samples[-SPAN:]
    if len(recent) < WINDOW:
        return _empty(FRAMES)
    frames = frames_of(recent)
    power = power_of(frames)
    energy = np.log(power @ _FILTERS + _NOTHING)
    strength, hz = pitch_of(power)
    loud = np.percentile(energy.mean(axis=1), 90)
    shown = np.empty((len(frames), CHANNELS), dtype=np.float32)
    shown[:, :BANDS] = _SCALE * np.maximum(energy - loud, _QUIETEST)
    voiced = (strength > _VOICED) & (energy.mean(axis=1) > loud + _QUIETEST)
    shown[:, BANDS] = strength * voiced
    shown[:, BANDS + 1] = 0.0
    if voiced.sum() >= 5:
        semitones = _OCTAVE_ST * np.log2(hz / np.median(hz[voiced]))
        shown[voiced, BANDS + 1] = np.clip(semitones[voiced] / _OCTAVE_ST, -1.0, 1.0)
    return ending_alike(np.concatenate((_empty(FRAMES - len(shown)), shown)))


def ending_alike(shown: Array) -> Array:
    """The same with ``_AFTER`` frames behind the last sound: how long the silence has lasted is no matter of the
    phrase's, and the network need not look for its end."""
    level = shown[:, :BANDS].mean(axis=1)
    audible = np.flatnonzero(level > level.min() + _AUDIBLE * (level.max() - level.min()))
    surplus = max(0, FRAMES - 1 - int(audible[-1]) - _AFTER) if len(audible) else 0
    return np.concatenate((_empty(surplus), shown[: FRAMES - surplus]))


def _empty(frames: int) -> Array:
    """Silence."""
    nothing = np.zeros((frames, CHANNELS), dtype=np.float32)
    nothing[:, :BANDS] = _SCALE * _QUIETEST
    return nothing
