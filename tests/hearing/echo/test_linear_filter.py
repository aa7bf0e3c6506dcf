"""The linear echo filter in simulated rooms."""

import numpy as np
import pytest

from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, level_dbfs
from appliance.devices.simulated_room import EchoPath, Room, impulse
from appliance.hearing.echo.linear_filter import BLOCK_SAMPLES, EchoFilter
from tests.engines.aec.test_webrtc import babble


def followed(path, seconds=6.0, near=None, played=None, filter_=None):
    """Returns the microphone's sound, the filter's output, and the filter."""
    played = babble(seconds) if played is None else played
    near = np.zeros_like(played) if near is None else near
    noise = np.random.default_rng(1).standard_normal(len(played)).astype(np.float32) * 10 ** (-65 / 20)
    room, follower = Room(path), filter_ or EchoFilter()
    follower.expect_delay(path.delay_s)
    heard, left = [], []
    for at in range(0, len(played) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        frame = slice(at, at + FRAME_SAMPLES)
        room.play(played[frame])
        heard.append((room.hear(FRAME_SAMPLES) + near[frame] + noise[frame]).astype(np.float32))
        left.append(follower.cancel(played[frame], heard[-1]))
    return np.concatenate(heard), np.concatenate(left), follower


@pytest.mark.parametrize("delay_s", [0.0, 0.06, 0.5])
def test_the_filter_removes_the_echo_and_reports_that_it_settled(delay_s):
    heard, left, follower = followed(EchoPath(delay_s, -6.0, impulse(0.2)))
    last = slice(-2 * SAMPLE_RATE_HZ, None)
    assert level_dbfs(heard[last]) - level_dbfs(left[last]) > 15
    assert follower.settled


def test_the_filter_keeps_the_speech_of_a_visitor_over_the_reply():
    near = np.zeros(8 * SAMPLE_RATE_HZ, np.float32)
    during = slice(6 * SAMPLE_RATE_HZ, 7 * SAMPLE_RATE_HZ)
    near[during] = babble(1.0, seed=5)
    _, left, follower = followed(EchoPath(0.06, -6.0, impulse(0.2)), 8.0, near)
    difference = left[during] - near[during]
    assert level_dbfs(difference) < level_dbfs(near[during]) - 10
    assert follower.settled
    onset = slice(during.start, during.start + SAMPLE_RATE_HZ // 10)
    assert level_dbfs(left[onset]) > level_dbfs(near[onset]) - 1, "not even in the first tenth of a second"


def test_the_filter_is_not_settled_in_a_new_room():
    path = EchoPath(0.06, -6.0, impulse(0.2))
    _, _, follower = followed(path)
    _, _, follower = followed(EchoPath(0.06, -6.0, -impulse(0.2, seed=3)), 1.5, filter_=follower)
    assert not follower.settled
    _, _, follower = followed(path, 10.0, filter_=follower)
    assert follower.settled, "and learns that one, too"


def test_silence_is_left_alone():
    quiet = np.zeros(SAMPLE_RATE_HZ, np.float32)
    near = babble(1.0)
    follower = EchoFilter()
    left = np.concatenate([follower.cancel(quiet[:FRAME_SAMPLES], frame) for frame in near.reshape(-1, FRAME_SAMPLES)])
    np.testing.assert_array_equal(left, near)
    assert not follower.settled
    assert FRAME_SAMPLES % BLOCK_SAMPLES == 0
