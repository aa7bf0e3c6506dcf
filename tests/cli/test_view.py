"""What the live view shows at a terminal."""

import io
import json
import threading
from dataclasses import replace

import numpy as np

from appliance.cli.view import LevelMeter, LiveView, Timekeeper, describe, narrate
from appliance.core.audio import AudioFrame
from appliance.core.facts import (
    ROOM,
    Outcome,
    PartialTranscript,
    Played,
    ReplyInterrupted,
    ReplyStarted,
    ReplyThought,
    SpeechStarted,
    Stamped,
    TimePassed,
    Transcript,
    TurnEnded,
)
from appliance.core.mailbox import Mailbox

ENDED = TurnEnded(Transcript("where is the lift", 0.91, "test"), speech_end_s=4.0, at_s=4.6)
TURN = [
    Stamped(ROOM, SpeechStarted(3.0), 100.0),
    Stamped(ROOM, PartialTranscript("where is", 3.5), 100.5),
    Stamped(ROOM, ENDED, 101.6),
    Stamped(ROOM, ReplyStarted(1), 101.7),
    Stamped(ROOM, ReplyThought(1, "On the left.", Outcome(replaced=True)), 101.71),
    Stamped(ROOM, Played(1, 1600, False), 101.9),
    Stamped(ROOM, Played(1, 9000, True), 102.4),
]


class Microphone:
    def start(self, deliver, changed, ended):
        self.deliver = deliver

    def stop(self):
        pass


def box_of(facts):
    box: Mailbox[Stamped] = Mailbox("test", 1000, "fault")
    for fact in facts:
        box.put(fact)
    return box


def test_a_turn_is_timed_from_the_last_sound_of_the_visitor():
    keeper = Timekeeper()
    (times,) = [times for stamped in TURN if (times := keeper.see(stamped))]
    # 101.6 is stream second 4.6, so the speech ended at 101.0.
    assert [round(times.end_of_turn_ms), round(times.first_word_ms), round(times.first_sound_ms)] == [600, 700, 900]


def test_a_fact_is_shown_in_one_line():
    assert describe(TURN[2]) == "visitor   where is the lift   [test, 0.91]"
    decided = Stamped(ROOM, replace(ENDED, decided="site"), 0.0)
    assert describe(decided) == "visitor   where is the lift   [test, 0.91, ended by site]"
    assert describe(TURN[4]) == "cloister  On the left.   [answer, replaced]"
    assert describe(Stamped(ROOM, ReplyInterrupted(1, "On the", 5.0), 0.0)) == "          interrupted after: On the"
    assert describe(Stamped(ROOM, TimePassed(5.0), 0.0)) is None
    assert describe(Stamped("wyoming-2", TURN[2].fact, 0.0)) == "wyoming-2 visitor   where is the lift   [test, 0.91]"


def test_the_meter_measures_the_level_and_passes_the_frame_on():
    microphone = Microphone()
    frames: list[AudioFrame] = []
    meter = LevelMeter(microphone)
    meter.start(frames.append, lambda change: None, lambda: None)
    microphone.deliver(AudioFrame(np.full(320, 0.1, np.float32), 0))
    assert len(frames) == 1
    assert round(meter.level_dbfs, 1) == -20.0


def test_the_live_view_shows_the_conversation_and_the_partial():
    out = io.StringIO()
    view = LiveView(box_of(TURN[:2]), LevelMeter(Microphone()), out)
    view.refresh()
    assert "hearing   where is" in out.getvalue()
    view = LiveView(box_of(TURN), LevelMeter(Microphone()), out)
    view.refresh()
    shown = out.getvalue()
    assert "cloister  On the left." in shown
    assert "first sound +900 ms" in shown


def test_a_replay_is_shown_until_the_answer_was_heard():
    ticks = [Stamped(ROOM, TimePassed(second / 10), 0.0) for second in range(40, 120)]
    told = threading.Event()
    lines = list(narrate(box_of([*TURN, *ticks]), told, speech_s=4.0, as_json=False))
    assert [line.split()[0] for line in lines] == ["visitor", "cloister", "end"]
    records = [json.loads(line) for line in narrate(box_of([*TURN, *ticks]), told, speech_s=4.0, as_json=True)]
    assert [record["fact"] for record in records] == [type(stamped.fact).__name__ for stamped in TURN]


def test_a_replay_that_never_ends_is_given_up():
    stuck = [*TURN[:3], *(Stamped(ROOM, TimePassed(second), 0.0) for second in range(4, 60))]
    assert len(list(narrate(box_of(stuck), threading.Event(), speech_s=4.0, as_json=False))) == 1
