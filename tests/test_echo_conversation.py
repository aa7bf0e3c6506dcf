"""The whole daemon with its own voice in the microphone, in virtual time."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from appliance.config.box import AudioSettings
from appliance.core.facts import (
    BargeInModeChanged,
    EchoMeasured,
    OverlapJudged,
    Played,
    ReplyInterrupted,
    SpeechStarted,
)
from appliance.core.manner import PLAIN
from appliance.core.ports import Voiced
from appliance.devices.simulated_room import EchoPath, impulse
from appliance.devices.wave import read_speech
from appliance.engines.aec.webrtc import WebRtcCanceller
from appliance.engines.vad.silero import SileroVad
from tests.fakes import VOICE_RATE_HZ, WORD_SAMPLES, ScriptedEar, ScriptedResponder, ToneVoice, tone
from tests.runtime.test_appliance import Rig

REPLY = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen."


class Syllables(ToneVoice):
    """The tone voice with the spectrum of speech, because a canceller learns nothing from one frequency."""

    def synthesize(self, text, turn, manner=PLAIN):
        for voiced in super().synthesize(text, turn, manner):
            sound = np.random.default_rng(len(text)).standard_normal(len(voiced.samples))
            spectrum = np.fft.rfft(sound)
            hz = np.fft.rfftfreq(len(sound), 1 / VOICE_RATE_HZ)
            sound = np.fft.irfft(spectrum / np.maximum(1, hz / 500), len(sound))
            sound *= np.abs(np.sin(np.pi * np.arange(len(sound)) / WORD_SAMPLES))
            yield Voiced((0.05 * sound / np.sqrt(np.mean(np.square(sound)))).astype(np.float32), voiced.words)


ORDER = Path(__file__).parent / "data" / "order.flac"


def rig(ear, host, canceller=True, vad=None, **path):
    return Rig(
        ScriptedEar(ear),
        ScriptedResponder(host),
        **({} if vad is None else {"vad": vad}),
        echo=EchoPath(**{"delay_s": 0.2, "gain_db": -6.0, "impulse": impulse(0.3), **path}),
        canceller=partial(WebRtcCanceller, AudioSettings()) if canceller else None,
        voice=Syllables(),
    )


def test_a_reply_does_not_interrupt_itself():
    talk = rig(["count"], [("count", [REPLY])])
    talk.line.say(tone(1.0), after_s=1.5)
    talk.run(9)
    assert talk.of(Played)[-1] == Played(1, 16 * WORD_SAMPLES, finished=True)
    assert len(talk.of(SpeechStarted)) == 1, "the visitor's question"
    measured = talk.of(EchoMeasured)
    assert measured[-1].delay_s == pytest.approx(0.2, abs=0.005)
    assert measured[-1].erle_db > 15
    assert measured[-1].loss_db == pytest.approx(_loss_db(talk, measured[-1].at_s), abs=1.0)
    assert [fact.mode for fact in talk.of(BargeInModeChanged)] == ["words", "full"]


def _loss_db(talk, at_s):
    """The loss as defined, from the line's own recording. It is the level of each tenth of a second of the echo
    against the loudest that was played in the 0.6 s before. These syllables are as long as two windows, so it lies 0
    to 5 dB below the path's -6 dB, depending on where the windows fall."""
    visitor, appliance = talk.line.recording()
    count = round(at_s * 10)
    heard, played = (
        10 * np.log10(np.mean(np.square(side[: count * 1600].reshape(count, 1600)), axis=1) + 1e-12)
        for side in (visitor, appliance)
    )
    begin = int(np.flatnonzero(played > -50)[-1]) - round(len(REPLY.split()) * WORD_SAMPLES / 1600) + 1
    loudest = [played[max(0, i - 6) : i + 1].max() for i in range(count)]
    return float(np.median([heard[i] - loudest[i] for i in range(begin, count) if heard[i] > -54]))


def test_without_cancellation_a_reply_interrupts_itself():
    talk = rig(["count", "three four"], [("count", [REPLY]), ("three four", ["Yes."])], canceller=False)
    talk.line.say(tone(1.0), after_s=1.5)
    talk.run(9)
    assert len(talk.of(SpeechStarted)) > 1


def test_a_visitor_interrupts_through_the_echo():
    talk = rig(["count", "no wait please"], [("count", [REPLY]), ("no wait please", ["Yes?"])])
    talk.line.say(tone(1.0), after_s=1.5)
    begin = talk.line.say(0.5 * tone(1.0), after_s=1.5)
    talk.run(9)
    (interrupted,) = talk.of(ReplyInterrupted)
    assert REPLY.startswith(interrupted.heard)
    assert [fact.kind for fact in talk.of(OverlapJudged)] == ["interruption"]
    assert talk.of(OverlapJudged)[0].at_s - begin / 16_000 < 0.5
    _, appliance = talk.line.recording()
    assert not appliance[begin + 10_000 : begin + 15_500].any(), "silent while the visitor goes on"


def test_a_backchannel_ducks_the_reply_which_goes_on():
    talk = rig(["count", "mm hmm"], [("count", [REPLY + " ", REPLY])])
    talk.line.say(tone(1.0), after_s=1.5)
    begin = talk.line.say(0.5 * tone(0.4), after_s=5.0)
    talk.run(16)
    assert talk.of(BargeInModeChanged)[-1].at_s < begin / 16_000, "the canceller has learned the room"
    assert talk.of(Played)[-1] == Played(1, 32 * WORD_SAMPLES, finished=True)
    assert [fact.kind for fact in talk.of(OverlapJudged)] == ["backchannel"]
    _, appliance = talk.line.recording()
    level = [np.sqrt(np.mean(np.square(appliance[begin + at : begin + at + 3_200]))) for at in (-3_200, 3_200, 16_000)]
    assert level[1] < 0.3 * level[0]
    assert level[2] > 0.7 * level[0]


def test_a_useless_canceller_lowers_the_barge_in_mode_and_is_reported(caplog):
    class Useless:
        def cancel(self, reference, microphone):
            return microphone

        def expect_delay(self, delay_s):
            pass

    talk = Rig(
        ScriptedEar(["count"] + ["one two three"] * 9),
        ScriptedResponder([("count", [REPLY])]),
        echo=EchoPath(delay_s=0.2, gain_db=-6.0, impulse=impulse(0.3)),
        canceller=Useless,
        voice=Syllables(),
    )
    talk.line.say(tone(1.0), after_s=1.5)
    with caplog.at_level("INFO"):
        talk.run(9)
    assert [fact.mode for fact in talk.of(BargeInModeChanged)] == ["words", "half_duplex"]
    assert "barge-in: nothing said over a reply counts" in caplog.text
    assert talk.of(Played)[-1] == Played(1, 16 * WORD_SAMPLES, finished=True), "its own words did not stop it"


def voiced(samples, at, seconds=0.02):
    return float(np.sqrt(np.mean(np.square(samples[at : at + round(16_000 * seconds)]))))


def test_recorded_speech_over_a_reply_silences_it_within_150_ms_and_ends_it():
    talk = rig(
        ["count", "can i get a coffee please"],
        [("count", [f"{REPLY} ", REPLY]), ("can i get a coffee please", ["Yes."])],
        vad=SileroVad(),
    )
    order = read_speech(ORDER)
    loud = np.flatnonzero(np.abs(order) > 0.03 * np.abs(order).max())
    order = order[loud[0] : loud[0] + 32_000] * (0.3 / np.abs(order).max())
    talk.line.say(order, after_s=1.5)
    begin = talk.line.say(order, after_s=6.0)
    talk.run(15)
    assert talk.of(BargeInModeChanged)[-1].mode == "full"
    assert [fact.kind for fact in talk.of(OverlapJudged)] == ["interruption"]
    (interrupted,) = talk.of(ReplyInterrupted)
    assert f"{REPLY} {REPLY}".startswith(interrupted.heard)
    _, appliance = talk.line.recording()
    assert np.abs(appliance[begin - 8_000 : begin]).max() > 0, "it was speaking"
    silent = begin + round(0.15 * 16_000)
    assert not appliance[silent : begin + 16_000].any()
    decided = talk.of(OverlapJudged)[0].at_s - begin / 16_000
    assert 0.3 < decided < 1.5, "which is decided by words, later"


@pytest.mark.parametrize(("level", "kinds"), [(1.0, ["interruption"]), (0.12, [])])
def test_talk_across_the_room_neither_stops_a_reply_nor_lowers_it(level, kinds):
    talk = rig(
        ["count", "shall we have lunch then"],
        [("count", [f"{REPLY} ", REPLY]), ("shall we have lunch then", ["Yes?"])],
    )
    talk.line.say(tone(1.0), after_s=1.5)
    begin = talk.line.say(level * 0.5 * tone(1.0), after_s=5.0)
    talk.run(15)
    assert [fact.kind for fact in talk.of(OverlapJudged)] == kinds
    _, appliance = talk.line.recording()
    before, during = (voiced(appliance, begin + at, 0.4) for at in (-8_000, 4_800))
    assert (during > 0.5 * before) == (not kinds)
