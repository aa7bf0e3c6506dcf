"""WebRTC's audio processing in rooms that are simulated."""

import numpy as np
import pytest

from appliance.config.box import AudioSettings
from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, level_dbfs
from appliance.devices.simulated_room import EchoPath, Room, impulse
from appliance.engines.aec.webrtc import WebRtcCanceller


def babble(seconds, seed=0):
    """Noise with the syllables of speech, at -23 dBFS."""
    count = round(seconds * SAMPLE_RATE_HZ)
    random = np.random.default_rng(seed)
    spectrum = np.fft.rfft(random.standard_normal(count))
    hz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE_HZ)
    sound = np.fft.irfft(spectrum / np.maximum(1, hz / 500), count)
    sound *= np.abs(np.sin(np.pi * 3 * np.arange(count) / SAMPLE_RATE_HZ))
    return (sound * 10 ** (-23 / 20) / np.sqrt(np.mean(np.square(sound)))).astype(np.float32)


def cleaned(processor, path, played, near):
    room = Room(path)
    heard, out = [], []
    for start in range(0, len(played) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        frame = slice(start, start + FRAME_SAMPLES)
        room.play(played[frame])
        microphone = room.hear(FRAME_SAMPLES) + near[frame]
        heard.append(microphone)
        out.append(processor.cancel(played[frame], microphone))
    return np.concatenate(heard), np.concatenate(out)


@pytest.mark.parametrize("delay_s", [0.03, 0.2])
def test_the_echo_is_cancelled(delay_s):
    played = babble(6.0)
    near = np.random.default_rng(1).standard_normal(len(played)).astype(np.float32) * 10 ** (-65 / 20)
    heard, out = cleaned(
        WebRtcCanceller(AudioSettings()), EchoPath(delay_s, -6.0, impulse(0.3)), played, near.astype(np.float32)
    )
    last = slice(4 * SAMPLE_RATE_HZ, None)
    assert level_dbfs(heard[last]) - level_dbfs(out[last]) > 15


def test_a_visitor_is_heard_over_the_reply():
    played, near = babble(6.0), np.zeros(6 * SAMPLE_RATE_HZ, np.float32)
    near[4 * SAMPLE_RATE_HZ : 5 * SAMPLE_RATE_HZ] = babble(1.0, seed=5)
    _, out = cleaned(WebRtcCanceller(AudioSettings()), EchoPath(0.06, -6.0, impulse(0.3)), played, near)
    during, after = out[4 * SAMPLE_RATE_HZ : 5 * SAMPLE_RATE_HZ], out[round(5.3 * SAMPLE_RATE_HZ) :]
    assert level_dbfs(during) > -32
    assert level_dbfs(during) - level_dbfs(after) > 15


def test_everything_can_be_switched_off():
    settings = AudioSettings(echo_cancellation=False)
    near = babble(1.0)
    _, out = cleaned(WebRtcCanceller(settings), EchoPath(gain_db=-300.0), np.zeros_like(near), near)
    np.testing.assert_array_equal(out, near)


def test_noise_suppression_is_a_switch():
    near = (np.random.default_rng(1).standard_normal(3 * SAMPLE_RATE_HZ) * 10 ** (-40 / 20)).astype(np.float32)
    silence = np.zeros_like(near)
    path = EchoPath(gain_db=-300.0)
    loud, quiet = (
        level_dbfs(cleaned(WebRtcCanceller(AudioSettings(noise_suppression=on)), path, silence, near)[1][-8_000:])
        for on in (False, True)
    )
    assert loud - quiet > 6
