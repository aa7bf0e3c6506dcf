"""The most urgent engine call of all lines works first."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from appliance.core.manner import PLAIN, Manner
from appliance.core.ports import Voiced
from appliance.core.turn import Turn
from appliance.runtime.schedule import Schedule, ScheduledEar, ScheduledVoice, Slack
from tests.fakes import ScriptedEarStream


class Clock:
    """A clock that the test sets."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Calls:
    """Calls that wait for a place, in the order in which they get it."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self.worked: list[str] = []
        self._threads: list[threading.Thread] = []

    def make(self, name: str, slack_s: float) -> None:
        """Make a call, and return once it waits."""

        def work() -> None:
            with self._schedule.place(slack_s):
                self.worked.append(name)

        waiting = self._schedule.waiting
        self._threads.append(threading.Thread(target=work))
        self._threads[-1].start()
        while self._schedule.waiting == waiting:
            threading.Event().wait(0.001)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()


def test_the_call_whose_deadline_comes_first_goes_next() -> None:
    clock = Clock()
    schedule = Schedule(1, clock)
    calls = Calls(schedule)
    with schedule.place(1.0), schedule.place(1.0):
        with schedule.place(1.0):
            calls.make("a later clause", Slack.LATER_CLAUSE_S)
            clock.now_s = 0.6
            calls.make("speculation", Slack.SPECULATION_S)
            calls.make("listening", Slack.LISTENING_S)
            calls.make("the first clause", Slack.FIRST_CLAUSE_S)
            calls.make("the end of a turn", Slack.END_OF_TURN_S)
            clock.now_s = 0.9
            calls.make("the end of another turn", Slack.END_OF_TURN_S)
            assert calls.worked == []
        # Two of the three places stay taken, so the calls get the third one after the other.
        calls.join()
    assert calls.worked == [
        "the end of a turn",
        "the first clause",
        "a later clause",
        "speculation",
        "listening",
        "the end of another turn",
    ]


def test_a_line_alone_never_waits() -> None:
    schedule = Schedule(1)
    with schedule.place(1.0), schedule.place(1.0), schedule.place(1.0):
        assert schedule.waiting == 0


def test_a_call_that_fails_gives_its_place_back() -> None:
    schedule = Schedule(1)
    for _ in range(10):
        with pytest.raises(ValueError, match="no text"), schedule.place(0.1):
            raise ValueError("no text")


class Noted(Schedule):
    """A schedule that notes how urgent calls were."""

    def __init__(self) -> None:
        super().__init__(1)
        self.slack_s: list[float] = []

    def _enter(self, slack_s: float) -> None:
        self.slack_s.append(slack_s)
        super()._enter(slack_s)


class Lazy(ScriptedEarStream):
    """An ear that decodes at the third window and at a pause."""

    windows = 0

    def works(self, samples: int) -> bool:
        self.windows += samples > 0
        return not samples or self.windows == 3


def test_what_an_ear_only_keeps_waits_for_no_place() -> None:
    window = np.zeros(512, np.float32)
    lazy, eager = Noted(), Noted()
    for stream, schedule in ((Lazy(["yes"]), lazy), (ScriptedEarStream(["yes"]), eager)):
        ear = ScheduledEar(stream, schedule)
        ear.start()
        for _ in range(4):
            ear.accept(window)
        ear.pause()
    assert eager.slack_s == [Slack.LISTENING_S] * 4 + [Slack.END_OF_TURN_S]
    assert lazy.slack_s == [Slack.LISTENING_S, Slack.END_OF_TURN_S]


class Sentences:
    """A voice that gives a piece for each word."""

    rate_hz = 16_000

    def synthesize(self, text: str, turn: Turn, manner: Manner = PLAIN) -> Iterator[Voiced]:
        for _ in text.split():
            yield Voiced(np.zeros(1, np.float32), ())


@pytest.mark.parametrize("speculative", [False, True])
def test_the_first_sound_of_a_reply_is_more_urgent_than_the_rest(speculative: bool) -> None:
    schedule = Noted()
    voice, turn = ScheduledVoice(Sentences(), schedule), Turn(1, speculative=speculative)
    assert len(list(voice.synthesize("one two", turn))) == 2
    list(voice.synthesize("three", turn))
    first = Slack.SPECULATION_S if speculative else Slack.FIRST_CLAUSE_S
    assert schedule.slack_s == [first] + [Slack.LATER_CLAUSE_S] * 4
    list(voice.synthesize("", Turn(2)))
    assert schedule.slack_s[-1] == Slack.FIRST_CLAUSE_S
