"""The played sound, on the microphone's time."""

import numpy as np
import pytest

from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ
from appliance.devices.echo_reference import Reference
from appliance.hearing.echo.delay import REFERENCE_LAG_S

LAG = round(REFERENCE_LAG_S * SAMPLE_RATE_HZ)


def taken(rate_hz, seconds, *, ahead=0):
    """A tone through a reference, 20 ms at a time. ``ahead`` blocks are put in before the first is heard."""
    count = rate_hz // 50
    tone = np.sin(2 * np.pi * 300 * np.arange(round(seconds * rate_hz)) / rate_hz).astype(np.float32)
    blocks = tone.reshape(-1, count)
    reference = Reference(rate_hz)
    frames = []
    for step in range(len(blocks) + ahead):
        if step < len(blocks):
            reference.put(blocks[step], step * count)
        if step >= ahead:
            position = (step - ahead) * FRAME_SAMPLES
            reference.heard(position + FRAME_SAMPLES)
            frames.append(reference.take(position, FRAME_SAMPLES))
    return np.concatenate(frames)


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 48_000])
def test_a_reference_is_read_a_little_late_at_the_microphones_rate(rate_hz):
    heard = taken(rate_hz, 1.0)
    expected = np.sin(2 * np.pi * 300 * np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ)
    assert not heard[:LAG].any()
    np.testing.assert_allclose(heard[LAG + 800 : -800], expected[800 : -LAG - 800], atol=0.01)


def test_blocks_that_are_taken_ahead_of_time_wait():
    np.testing.assert_array_equal(taken(16_000, 0.5, ahead=3)[LAG:], taken(16_000, 0.5)[LAG:])


def test_a_speaker_that_was_lost_is_aligned_anew():
    reference = Reference(SAMPLE_RATE_HZ)
    block = np.ones(FRAME_SAMPLES, np.float32)
    position = 0
    for step in range(100):
        if not 20 <= step < 60:
            reference.put(block, 0)
        reference.heard(position + FRAME_SAMPLES)
        frame = reference.take(position, FRAME_SAMPLES)
        position += FRAME_SAMPLES
    assert reference.anchored == 2
    assert frame.all(), "the reference is in touch again"


def test_nothing_was_played_before_the_speaker_began():
    reference = Reference(SAMPLE_RATE_HZ)
    assert not reference.take(0, FRAME_SAMPLES).any()
