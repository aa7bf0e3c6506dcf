"""Measures the delay between the loudspeaker and its echo. Pure."""

from __future__ import annotations

import numpy as np

from appliance.core.audio import SAMPLE_RATE_HZ, Samples

# --- the delay ------------------------------------------------------------------------------------------------------

REFERENCE_LAG_S = 0.03
"""Seconds by which the reference is delayed before it is compared with the microphone, because a device takes blocks
ahead of time and a resampler gives them late. The buffers of any loudspeaker and microphone add up to more, so the
reference never comes after its own echo."""

LONGEST_DELAY_S = 0.6
"""Longest delay that is looked for, in seconds. Bluetooth loudspeakers are at 0.2 to 0.4 s."""

_BAND_HZ = (350.0, 5900.0)
_CLEAR = 8.0
"""Ratio of the cross-correlation's peak to its standard deviation from which the peak is a delay. 30 windows without
any echo gave at most 5."""


def delay_s(reference: Samples, microphone: Samples) -> float | None:
    """Seconds by which ``microphone`` is later than ``reference``, both beginning at the same time. None when the
    microphone holds nothing of the reference.

    The method is generalised cross-correlation with phase transform (Knapp and Carter 1976). All frequencies weigh the
    same, so the peak is sharp in a reverberant room.
    """
    longest = round(LONGEST_DELAY_S * SAMPLE_RATE_HZ)
    size = 1 << (len(reference) + longest).bit_length()
    cross = np.fft.rfft(microphone, size) * np.conj(np.fft.rfft(reference, size))
    hz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ)
    cross[(hz < _BAND_HZ[0]) | (hz > _BAND_HZ[1])] = 0
    correlation = np.fft.irfft(cross / (np.abs(cross) + 1e-3 * float(np.abs(cross).mean()) + 1e-20), size)[:longest]
    peak = int(np.argmax(correlation))
    spread = float(np.std(correlation))
    return peak / SAMPLE_RATE_HZ if spread > 0 and correlation[peak] > _CLEAR * spread else None


def calibration_sound(rate_hz: int, level_dbfs: float = -38.0, seconds: float = 0.8) -> Samples:
    """Noise between 300 and 6000 Hz that swells and fades softly. It is the same every time."""
    count = round(seconds * rate_hz)
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal(count))
    hz = np.fft.rfftfreq(count, 1 / rate_hz)
    spectrum[(hz < 300) | (hz > min(6000, 0.45 * rate_hz))] = 0
    noise = np.fft.irfft(spectrum, count) * np.sin(np.pi * np.arange(count) / count)
    scaled: Samples = (noise * 10 ** (level_dbfs / 20) / np.sqrt(np.mean(np.square(noise)))).astype(np.float32)
    return scaled
