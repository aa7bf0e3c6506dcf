"""The sound of a phrase's end, on sounds whose pitch and level are known."""

import numpy as np
import pytest

from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.hearing.prosody import PhraseEnd, phrase_end


def glide(from_hz, to_hz, seconds, from_db=-12.0, to_db=-12.0):
    """A buzz like that of a voice, whose pitch and level change evenly."""
    count = round(seconds * SAMPLE_RATE_HZ)
    hz = np.geomspace(from_hz, to_hz, count)
    phase = 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE_HZ
    wave = sum(np.sin(k * phase) / k for k in range(1, 8))
    return (wave * 10 ** (np.linspace(from_db, to_db, count) / 20) / 2).astype(np.float32)


def quiet(seconds):
    return np.zeros(round(seconds * SAMPLE_RATE_HZ), np.float32)


def heard(*parts, silence_s=0.1):
    return phrase_end(np.concatenate((*parts, quiet(silence_s))), silence_s)


@pytest.mark.parametrize("hz", [80, 120, 200, 300])
def test_a_falling_end_is_told_from_a_level_and_a_rising_one(hz):
    level = heard(glide(hz, hz, 1.5))
    falling = heard(glide(hz, hz, 1.2), glide(hz, hz / 1.5, 0.3))
    rising = heard(glide(hz, hz, 1.2), glide(hz, hz * 1.3, 0.3))
    assert falling.pitch_st < -2 < level.pitch_st
    assert falling.pitch_slope < -1 and abs(level.pitch_slope) < 0.3 and rising.pitch_slope > 1
    assert level.even < 0.3 < falling.even


def test_a_fading_end_is_told_from_an_abrupt_one():
    fading = heard(glide(120, 120, 1.0), glide(120, 120, 0.3, -12, -30))
    abrupt = heard(glide(120, 120, 1.3))
    assert fading.level_db < abrupt.level_db - 6
    assert fading.level_slope < -3 < abrupt.level_slope


def test_the_measured_lengths_are_those_of_the_sound():
    end = heard(glide(120, 120, 0.8), quiet(0.2), glide(120, 120, 0.3))
    assert end.voiced_s == pytest.approx(0.3, abs=0.06)
    assert end.speech_s == pytest.approx(1.1, abs=0.1)
    hiss = 0.05 * np.random.default_rng(0).standard_normal(round(0.2 * SAMPLE_RATE_HZ)).astype(np.float32)
    assert heard(glide(120, 120, 0.8), hiss).unvoiced_s == pytest.approx(0.2, abs=0.06)


@pytest.mark.parametrize("samples", [quiet(0.0), quiet(0.05), quiet(3.0)])
def test_an_empty_phrase_gives_no_cues(samples):
    end = phrase_end(samples, 0.1)
    assert end.pitch_st == end.pitch_slope == 0.0
    assert end.final is None, "no network listens"
    assert np.isfinite([getattr(end, name) for name in PhraseEnd.__slots__ if name != "final"]).all()
