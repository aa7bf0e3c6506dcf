"""Describes how the end of a phrase sounds, by pitch, level and length of the speech just before a silence.

People who have finished let pitch and loudness fall and draw the last syllable out. People who only look for the next
word stop level, loud and abruptly, or draw out a vowel at an even pitch (Local & Kelly 1986; Gravano & Hirschberg
2011). ``phrase_end`` turns the last seconds before a silence into the numbers in which those differences show. The
weights of these numbers are fitted (``end_of_turn.json``).

Pitch is the lag of the highest peak of the autocorrelation, normalised by that of the window (Boersma 1993). The peak
is looked for a second time within the speaker's own range, which takes the place of a path search.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from appliance.core.audio import SAMPLE_RATE_HZ, Samples

SPAN_S = 3.0
"""Seconds before the silence that are looked at"""

HOP = SAMPLE_RATE_HZ // 100
WINDOW = 4 * HOP
"""Samples in a frame of 40 ms: two and a half periods of the lowest pitch"""
_LOWEST_HZ, _HIGHEST_HZ = 65.0, 420.0
_VOICED = 0.45
"""Normalised autocorrelation from which a frame is voiced (Praat's own threshold)"""
_SURE = 0.65
"""Normalised autocorrelation from which a frame's pitch is trusted to tell the speaker's range"""
_LOWER, _UPPER = 0.6, 1.7
"""A speaker's range of pitch, as factors of their median"""
_AUDIBLE_DB = 30.0
"""Frames more than this far below the loudest, in dB, hold no speech"""

Array = npt.NDArray[np.float32] | npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PhraseEnd:
    """The sound of a phrase's end. The values are neutral where there was too little to hear."""

    pitch_st: float = 0.0
    """pitch of the last voiced 150 ms, in semitones above the median of the span"""
    pitch_slope: float = 0.0
    """slope of the pitch over the last voiced 300 ms, in semitones per 100 ms"""
    level_db: float = 0.0
    """level of the last 100 ms relative to the loud frames of the span"""
    level_slope: float = 0.0
    """slope of the level over the last 300 ms, in dB per 100 ms"""
    voiced_s: float = 0.0
    """length of the last voiced stretch"""
    unvoiced_s: float = 0.0
    """time from the last voiced frame to the end"""
    voicing: float = 0.0
    """mean normalised autocorrelation of the last 200 ms; creak and breath are low"""
    even: float = 0.0
    """spread of the pitch over the last voiced 300 ms, in semitones; small for a held vowel"""
    speech_s: float = 0.0
    """length of the speech in the span, up to ``SPAN_S``"""
    final: float | None = None
    """log odds of an end by a network (``ports.Finality``); None where there is no network"""


def phrase_end(samples: Samples, silence_s: float) -> PhraseEnd:
    """The end of the phrase in ``samples``, whose last ``silence_s`` seconds are the silence after it."""
    end = len(samples) - round(silence_s * SAMPLE_RATE_HZ)
    # The detector is up to 60 ms late and never early, so the level finds the edge.
    speech = samples[max(0, end - round(SPAN_S * SAMPLE_RATE_HZ)) : max(0, end)]
    if len(speech) < 2 * WINDOW:
        return PhraseEnd()
    frames = frames_of(speech)
    level = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-10)
    loud = float(np.percentile(level, 90))
    audible = np.flatnonzero(level > loud - _AUDIBLE_DB)
    frames, level = frames[: audible[-1] + 1], level[: audible[-1] + 1]
    strength, hz = pitch_of(power_of(frames))
    voiced = (strength > _VOICED) & (level > loud - _AUDIBLE_DB)
    at = np.flatnonzero(voiced)
    tail = level[-10:]
    slope = level[-30:]
    found = PhraseEnd(
        level_db=float(tail.mean()) - loud,
        level_slope=10 * _slope(slope),
        voicing=float(strength[-20:].mean()),
        speech_s=0.01 * float((level > loud - _AUDIBLE_DB).sum()),
    )
    if len(at) < 5:
        return found
    semitones = 12 * np.log2(hz / float(np.median(hz[at])))
    last = _last_run(voiced)
    late, final = at[at >= at[-1] - 29], at[at >= at[-1] - 14]
    return PhraseEnd(
        pitch_st=float(np.clip(np.median(semitones[final]), -12, 12)),
        pitch_slope=float(np.clip(10 * _slope(semitones[late]), -6, 6)),
        level_db=found.level_db,
        level_slope=found.level_slope,
        voiced_s=0.01 * last,
        unvoiced_s=0.01 * (len(level) - 1 - int(at[-1])),
        voicing=found.voicing,
        even=float(np.clip(np.percentile(semitones[late], 75) - np.percentile(semitones[late], 25), 0, 6)),
        speech_s=found.speech_s,
    )


def frames_of(samples: Samples) -> Array:
    """Frames of shape ``(frames, WINDOW)``, one each 10 ms."""
    return np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]


def power_of(frames: Array) -> Array:
    """Power spectrum of each frame, shape ``(frames, WINDOW + 1)``; twice the length, for the autocorrelation."""
    centred = frames - frames.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(centred * np.hanning(WINDOW).astype(frames.dtype), 2 * WINDOW)
    power: Array = spectrum.real**2 + spectrum.imag**2
    return power


def pitch_of(power: Array) -> tuple[Array, Array]:
    """Normalised autocorrelation at its highest peak and the pitch there, for each frame's power spectrum."""
    hann = np.hanning(WINDOW)
    size = 2 * WINDOW
    correlation = np.fft.irfft(power, size)[:, :WINDOW]
    own = np.fft.irfft(np.abs(np.fft.rfft(hann, size)) ** 2, size)[:WINDOW]
    normal = correlation / (correlation[:, :1] + 1e-9) / (own / own[0] + 1e-9)
    lags, strength = _highest(normal, _LOWEST_HZ, _HIGHEST_HZ)
    sure = strength > _SURE
    if sure.sum() >= 5:
        # Keep to the speaker's own range, because a frame that is an octave off would outweigh every fall and rise.
        usual_hz = SAMPLE_RATE_HZ / float(np.median(lags[sure]))
        lags, strength = _highest(normal, max(usual_hz * _LOWER, _LOWEST_HZ), min(usual_hz * _UPPER, _HIGHEST_HZ))
    return strength, SAMPLE_RATE_HZ / lags


def _highest(normal: Array, lowest_hz: float, highest_hz: float) -> tuple[Array, Array]:
    """The lag of each frame's highest peak within a range of pitch, and its height."""
    shortest, longest = int(SAMPLE_RATE_HZ / highest_hz), int(SAMPLE_RATE_HZ / lowest_hz) + 1
    # A small cost favours short lags. Without it every multiple of the period would do as well.
    cost = 0.1 * np.arange(longest - shortest) / (longest - shortest)
    lags = np.argmax(normal[:, shortest:longest] - cost, axis=1) + shortest
    strength: Array = np.clip(normal[np.arange(len(normal)), lags], 0.0, 1.0)
    return lags.astype(np.float64), strength


def _slope(values: Array) -> float:
    """Least-squares slope per frame."""
    if len(values) < 5:
        return 0.0
    x = np.arange(len(values)) - (len(values) - 1) / 2
    return float(x @ values / (x @ x))


def _last_run(voiced: npt.NDArray[np.bool_]) -> int:
    """Frames in the last voiced stretch; gaps of two frames do not end it."""
    at = np.flatnonzero(voiced)
    gaps = np.flatnonzero(np.diff(at) > 3)
    first = int(at[gaps[-1] + 1]) if len(gaps) else int(at[0])
    return int(at[-1]) - first + 1
