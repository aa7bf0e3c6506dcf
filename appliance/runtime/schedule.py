"""Which engine call works next, when the calls of many lines want more processor cores than there are.

Every engine call runs in the thread of its line, in native code. Left to the system, twenty such threads share two
cores evenly, so a reply that a visitor waits for takes ten times as long as alone. Here only as many calls work at once
as there are cores, and one more, which keeps the cores busy while another call holds the interpreter's lock. Of those
that wait, the one whose deadline comes first goes next. A deadline is the time of the call and a few tenths of a second
more or less (``Slack``), so that what was put off longest becomes the most urgent, and nothing waits for ever.

A simulation of 20 lines on two cores with the times of the starter's engines gave 221 and 850 ms (median and 95 %) from
the end of a turn to the first sound, and 355 and 1883 ms where the calls share the cores evenly.

A line alone has three threads, so none of its calls ever waits.

The language model and the sentence embedder do not take part, nor is there a batch of several lines' tokens. The
starter's model and the embedder use a thirtieth of the processor time of a line that talks, in calls of some five
milliseconds. One batch for the tokens of eight lines takes 0.5 instead of 0.9 ms a token, a hundredth of that time at
most. A call of a large model takes seconds and would keep all others waiting, so such a model takes turns with the
other engines as the system lets it.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from appliance.core.audio import Samples
from appliance.core.facts import Transcript
from appliance.core.manner import PLAIN, Manner
from appliance.core.ports import EarStream, Finality, Voice, Voiced, WorksSeldom
from appliance.core.turn import Turn

_LINE_THREADS = 3
"""Threads of a line that ask for a place: ``listen``, ``recognize`` and ``speak``"""


class Slack:
    """Seconds by which a call may be later than the moment when it was made."""

    END_OF_TURN_S = 0.05
    """what was said and how it ended, for which a reply waits"""
    FIRST_CLAUSE_S = 0.1
    """the beginning of a reply that is confirmed"""
    SPECULATION_S = 0.3
    """the beginning of a reply that may not be wanted"""
    LISTENING_S = 0.3
    """sound while the visitor speaks"""
    LATER_CLAUSE_S = 0.8
    """a clause of which a visitor hears the one before"""


class Schedule:
    """Lets ``at_once`` calls work at the same time. Every method may be called from any thread."""

    def __init__(self, cores: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once = max(_LINE_THREADS, cores + 1)
        self._clock = clock
        self._lock = threading.Lock()
        self._working = 0
        self._waiting: list[tuple[float, int, threading.Lock]] = []
        self._numbers = itertools.count()

    @contextmanager
    def place(self, slack_s: float) -> Iterator[None]:
        """A context in which the calling thread may work. Waits until it is the most urgent."""
        self._enter(slack_s)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, slack_s: float) -> None:
        with self._lock:
            if self._working < self._at_once:
                self._working += 1
                return
            turn = threading.Lock()
            turn.acquire()
            heapq.heappush(self._waiting, (self._clock() + slack_s, next(self._numbers), turn))
        turn.acquire()

    def _leave(self) -> None:
        with self._lock:
            if self._waiting:
                # The place goes to the next call without becoming free in between.
                heapq.heappop(self._waiting)[2].release()
            else:
                self._working -= 1

    @property
    def waiting(self) -> int:
        """How many calls wait."""
        with self._lock:
            return len(self._waiting)


class ScheduledEar:
    """The ``EarStream`` port of one line, by deadline. What an ear does in no time waits for nothing: the silence after
    a turn would otherwise reach it late, and the end of the turn with it."""

    def __init__(self, stream: EarStream, schedule: Schedule) -> None:
        self.name = stream.name
        self._stream = stream
        self._schedule = schedule

    def start(self) -> None:
        self._stream.start()

    def accept(self, samples: Samples) -> str:
        with self._place(Slack.LISTENING_S, len(samples)):
            return self._stream.accept(samples)

    @property
    def streaming(self) -> str:
        return self._stream.streaming

    def pause(self) -> Transcript:
        with self._place(Slack.END_OF_TURN_S):
            return self._stream.pause()

    def resume(self) -> None:
        self._stream.resume()

    def finish(self) -> Transcript:
        with self._place(Slack.END_OF_TURN_S):
            return self._stream.finish()

    def _place(self, slack_s: float, samples: int = 0) -> AbstractContextManager[None]:
        idle = isinstance(self._stream, WorksSeldom) and not self._stream.works(samples)
        return nullcontext() if idle else self._schedule.place(slack_s)


class ScheduledFinality:
    """The ``Finality`` port, by deadline."""

    def __init__(self, finality: Finality, schedule: Schedule) -> None:
        self._finality = finality
        self._schedule = schedule

    def log_odds(self, samples: Samples) -> float:
        with self._schedule.place(Slack.END_OF_TURN_S):
            return self._finality.log_odds(samples)


class ScheduledVoice:
    """The ``Voice`` port of one line, by deadline: first clauses first, and the audible before the speculative."""

    def __init__(self, voice: Voice, schedule: Schedule) -> None:
        self._voice = voice
        self._schedule = schedule
        self._turn: Turn | None = None
        """the turn whose first clause was said last"""

    @property
    def rate_hz(self) -> int:
        return self._voice.rate_hz

    def synthesize(self, text: str, turn: Turn, manner: Manner = PLAIN) -> Iterator[Voiced]:
        first, self._turn = turn is not self._turn, turn
        pieces = iter(self._voice.synthesize(text, turn, manner))
        while True:
            slack_s = Slack.LATER_CLAUSE_S
            if first:
                slack_s = Slack.FIRST_CLAUSE_S if turn.confirmed else Slack.SPECULATION_S
            with self._schedule.place(slack_s):
                # A turn may have been cancelled while it waited. The voice then stops by itself.
                voiced = next(pieces, None)
            if voiced is None:
                return
            first = False
            yield voiced
