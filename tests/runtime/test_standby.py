"""A visitor who speaks while nothing can be recorded is told so, once each. Noises and the echo do not count."""

from __future__ import annotations

import numpy as np

from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.devices.wave import WaveLine
from appliance.language.english import ENGLISH
from appliance.runtime.standby import OutOfOrder
from tests.fakes import VOICE_RATE_HZ, LoudnessVad, ToneVoice

SENTENCE = "Please ask a member of staff."
SAYS_S = 0.2 * len(SENTENCE.split())


def noise(seconds: float) -> Samples:
    return np.random.default_rng(0).normal(0, 0.1, round(seconds * SAMPLE_RATE_HZ)).astype(np.float32)


def replies(line: WaveLine) -> list[tuple[float, float]]:
    """Begin and end of each spoken sentence, in seconds."""
    loud = np.abs(line.recording()[1]) > 0.01
    times = np.flatnonzero(loud) / line.speaker.rate_hz
    breaks = np.flatnonzero(np.diff(times) > 0.3)
    begins, ends = times[[0, *(breaks + 1)]], times[[*breaks, -1]]
    return list(zip(begins.tolist(), ends.tolist(), strict=True))


def test_each_speaker_is_told_once() -> None:
    line = WaveLine(VOICE_RATE_HZ, "fast")
    speech = [line.say(noise(seconds), after_s=after_s) for seconds, after_s in ((1.0, 5.0), (0.1, 4.0), (2.0, 3.0))]
    line.hang_up(after_s=5.0)
    stands = OutOfOrder(line.microphone, line.speaker, LoudnessVad().stream(), ToneVoice(), SENTENCE, ENGLISH)
    line.settled = stands.settled
    asked = 0

    def over() -> bool:
        nonlocal asked
        asked += 1
        return False

    stands.until(over)
    said = replies(line)
    assert len(said) == 3, "at once, and after each of the two who spoke; a knock is nobody"
    assert said[0][0] < 0.5
    for (begin, end), (position, seconds) in zip(said[1:], ((speech[0], 1.0), (speech[2], 2.0)), strict=True):
        silence_s = begin - (position / SAMPLE_RATE_HZ + seconds)
        assert 0.5 < silence_s < 1.0, "once they have finished"
        assert abs(end - begin - SAYS_S) < 0.1
    assert asked >= 20


def test_its_own_echo_is_not_a_speaker() -> None:
    line = WaveLine(VOICE_RATE_HZ, "fast")
    line.say(noise(SAYS_S + 0.4), after_s=0.0)  # the echo of its own sentence
    line.hang_up(after_s=4.0)
    stands = OutOfOrder(line.microphone, line.speaker, LoudnessVad().stream(), ToneVoice(), SENTENCE, ENGLISH)
    line.settled = stands.settled
    stands.until(lambda: False)
    assert len(replies(line)) == 1


def test_standby_ends_when_there_is_room_again() -> None:
    line = WaveLine(VOICE_RATE_HZ, "fast")
    stands = OutOfOrder(line.microphone, line.speaker, LoudnessVad().stream(), ToneVoice(), SENTENCE, ENGLISH)
    line.settled = stands.settled
    answers = iter([False, False, True])
    stands.until(lambda: next(answers))
    assert next(answers, None) is None
