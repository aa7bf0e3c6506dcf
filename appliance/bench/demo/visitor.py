"""The visitor, who listens to what the appliance does and speaks through a wave line.

The visitor knows no more than a person before the appliance, but for one thing: facts say when a reply is over, where a
person would hear it. All times are on the stream, the microphone's clock. Times that are known only by the wall clock
(first token, first clause) are converted with the offset between the two clocks.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from appliance.bench.demo.scenario import Clip, Step
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import (
    ClauseVoiced,
    ConversationClosed,
    ConversationOpened,
    Fact,
    Outcome,
    Played,
    ReplyInterrupted,
    ReplyStarted,
    ReplyStopped,
    ReplyThought,
    Stamped,
    TimePassed,
    Transcript,
    TurnEnded,
    TurnFailed,
)
from appliance.core.mailbox import Mailbox, MailboxClosed
from appliance.devices.wave import WaveLine

PAUSE_S = 0.8
"""Seconds between the end of a reply and the visitor's next words."""
NEW_VISITOR_S = 1.5
"""Seconds between two visitors."""
PATIENCE_S = 30.0
"""Wall-clock seconds without a finished reply after which the appliance counts as hanging."""
NOT_UNDERSTOOD = r"did not (get|catch) that"
"""Pattern of the replies after which the visitor says the line once more."""
AUDIBLE_DBFS = -50.0
"""Level, in dBFS, above which a part of 5 ms is audible."""


class Hangs(Exception):
    """The appliance did not answer in time."""


@dataclass
class Exchange:
    """A line of the visitor and the reply to it. Times are seconds of stream time."""

    step: Step
    clip: Clip
    attempts: int = 0
    """how often the line was said"""
    speech_start_s: float = 0.0
    speech_end_s: float = 0.0
    """end of speech as labelled in the recording"""
    heard: list[Transcript] = field(default_factory=list)
    """the ears' transcripts; more than one when the line was split or said again"""
    words: str = ""
    """all words of the last attempt, as the ears heard them"""
    silence_s: float = 0.0
    """silence after which the turn was called over, as the appliance counts it"""
    turn_ended_s: float | None = None
    """time at which the silence had lasted long enough"""
    words_known_s: float | None = None
    """time at which the ear had finished too"""
    first_token_s: float | None = None
    first_clause_s: float | None = None
    sign_of_life_s: float = 0.0
    """length of what was said while the answer was still being made; it is no answer"""
    first_audible_s: float | None = None
    """when the answer became audible"""
    reply: str = ""
    """words of the reply, or those that were heard when it was interrupted"""
    outcome: Outcome | None = None
    cut: bool = False
    """whether the visitor interrupted the reply"""
    interrupted: bool = False
    """whether the appliance noticed the interruption"""
    silent_after_s: float | None = None
    """seconds from the first sound of the interruption to the last sound of the reply"""
    closed: str | None = None
    failed: str | None = None


class Visitor:
    """Speaks the lines of a scenario one after another."""

    def __init__(
        self, line: WaveLine, facts: Mailbox[Stamped], show: Callable[[Fact, float], None] = lambda fact, at_s: None
    ) -> None:
        """``show`` is called with every fact and its stream time."""
        self._line = line
        self._facts = facts
        self._show = show
        self._offset_s = float("inf")
        """smallest difference seen between wall clock and stream clock, which is the offset without delay"""
        self._current: Exchange | None = None
        self._playing = 0
        """turn whose reply is the answer to the current line"""
        self._played = 0
        self._reply_over = False
        self._turn_over = True
        self._interrupted: Exchange | None = None
        self._interrupted_turn = 0

    def greeted(self) -> str:
        """Wait until the greeting is over; returns its words."""
        words: list[str] = []
        self._reply_over = False
        while not self._reply_over:
            fact = self._next()
            if isinstance(fact, ReplyThought):
                words.append(fact.text)
        return " ".join(words)

    def exchange(self, step: Step, clip: Clip, leave_after_s: float | None = None) -> Exchange:
        """Say a line and listen to the reply: to its end, or for ``leave_after_s`` seconds of its sound.

        A line that the appliance says it did not understand is said once more. Raises Hangs.
        """
        exchange = Exchange(step, clip, cut=leave_after_s is not None)
        for _ in range(2):
            exchange.attempts += 1
            self._say(exchange, clip)
            self._listen(exchange, leave_after_s)
            not_heard = exchange.outcome is not None and exchange.outcome.kind == "reprompt"
            if not (not_heard or matches(NOT_UNDERSTOOD, exchange.reply)):
                break
        return exchange

    def leave(self, exchange: Exchange) -> None:
        """Wait for the end of the conversation that a good-bye announced."""
        deadline = time.monotonic() + 5.0
        while exchange.closed is None and time.monotonic() < deadline:
            self._next()

    def _say(self, exchange: Exchange, clip: Clip) -> None:
        pause_s = NEW_VISITOR_S if exchange.step.new_visitor else PAUSE_S
        if self._current is not None and exchange.step.interrupts is not None:
            self._interrupted, self._interrupted_turn = self._current, self._playing
            pause_s = 0.0
        begin = self._line.say(clip.samples, after_s=pause_s)
        exchange.speech_start_s = (begin + clip.speech_start) / SAMPLE_RATE_HZ
        exchange.speech_end_s = (begin + clip.speech_end) / SAMPLE_RATE_HZ
        exchange.outcome, exchange.reply, exchange.words = None, "", ""
        exchange.turn_ended_s = exchange.words_known_s = exchange.first_token_s = exchange.first_clause_s = None
        exchange.sign_of_life_s = 0.0
        self._current = exchange
        self._playing, self._played = 0, 0
        self._reply_over = self._turn_over = False

    def _listen(self, exchange: Exchange, leave_after_s: float | None) -> None:
        rate_hz = self._line.speaker.rate_hz
        while not (self._reply_over and self._turn_over):
            self._next()
            if leave_after_s is not None and self._played >= leave_after_s * rate_hz:
                return

    def _next(self) -> Fact:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                stamped = self._facts.get(timeout_s=1.0)
            except MailboxClosed:
                raise Hangs("the appliance stopped") from None
            if time.monotonic() > deadline:
                raise Hangs(f"nothing was said for {PATIENCE_S:.0f} s")
            if stamped is None or isinstance(stamped.fact, TimePassed):
                if stamped is not None and isinstance(stamped.fact, TimePassed):
                    self._offset_s = min(self._offset_s, stamped.monotonic_s - stamped.fact.at_s)
                continue
            # Before the first tick, the stream time is zero.
            at_s = max(0.0, stamped.monotonic_s - self._offset_s)
            self._take(stamped.fact, at_s)
            self._show(stamped.fact, at_s)
            return stamped.fact

    def _take(self, fact: Fact, at_s: float) -> None:
        exchange = self._current
        if isinstance(fact, Played) and fact.finished:
            self._reply_over = self._reply_over or fact.turn_id == self._playing or exchange is None
        if exchange is None:
            return
        match fact:
            case TurnEnded():
                exchange.heard.append(fact.transcript)
                exchange.words = f"{exchange.words} {fact.transcript.text}".strip()
                exchange.turn_ended_s, exchange.silence_s = fact.at_s, fact.at_s - fact.speech_end_s
                exchange.words_known_s = at_s
                # Words that end well before the recording are only a part of the line. The rest is still to come.
                self._turn_over = fact.speech_end_s > exchange.speech_end_s - 0.4
            case ReplyStarted():
                # The last reply is the answer, because the rest of a sentence cancels the reply to its first half.
                self._playing, self._played = fact.turn_id, 0
                exchange.first_token_s, exchange.first_clause_s = at_s, None
                exchange.reply, exchange.outcome = "", None
            case ClauseVoiced() if fact.turn_id not in (self._playing, self._interrupted_turn):
                # Nothing of the answer is known yet.
                exchange.sign_of_life_s = fact.samples / self._line.speaker.rate_hz
            case ClauseVoiced() if fact.turn_id == self._playing:
                exchange.first_clause_s = exchange.first_clause_s or at_s
            case ReplyThought() if fact.turn_id == self._playing:
                exchange.reply, exchange.outcome = fact.text, fact.outcome
            case ReplyThought() if fact.turn_id == self._interrupted_turn and self._interrupted is not None:
                self._interrupted.outcome = fact.outcome
            case Played() if fact.turn_id == self._playing:
                self._played = fact.samples
            case ReplyInterrupted() if fact.turn_id == self._interrupted_turn and self._interrupted is not None:
                self._interrupted.reply, self._interrupted.interrupted = fact.heard, True
            case TurnFailed() if fact.turn_id == self._playing:
                exchange.failed = fact.reason
            case ConversationClosed():
                exchange.closed = fact.reason
            case ReplyStopped() | ConversationOpened():
                pass


def converse(steps: Sequence[Step], clips: Mapping[str, Clip], visitor: Visitor) -> Iterator[Exchange]:
    """Go through a scenario, line by line. The rest of an interrupted reply is known only with the next exchange.

    Raises Hangs.
    """
    last_reply = visitor.greeted()
    for step, following in zip(steps, [*steps[1:], Step(line="")], strict=True):
        if step.only_if and not matches(step.only_if, last_reply):
            continue
        exchange = visitor.exchange(step, clips[step.line], following.interrupts)
        if step.expect.closes:
            visitor.leave(exchange)
        last_reply = exchange.reply
        yield exchange


def measure_audible(exchanges: list[Exchange], appliance: Samples, rate_hz: int) -> None:
    """Fill in the times that only the sound shows: when each reply became audible, and when an interrupted one fell
    silent."""
    frame = rate_hz // 200
    frames = appliance[: len(appliance) // frame * frame].reshape(-1, frame).astype(np.float64)
    loud = np.sqrt(np.mean(frames**2, axis=1)) > 10 ** (AUDIBLE_DBFS / 20)
    starts_s = np.flatnonzero(loud) * frame / rate_hz
    for exchange, following in zip(exchanges, [*exchanges[1:], None], strict=True):
        after = starts_s[starts_s >= exchange.turn_ended_s] if exchange.turn_ended_s is not None else starts_s[:0]
        if exchange.sign_of_life_s and len(after):
            after = after[after >= after[0] + exchange.sign_of_life_s]
        before_s = following.speech_end_s if following is not None else float("inf")
        exchange.first_audible_s = float(after[0]) if len(after) and after[0] < before_s else None
        if exchange.interrupted and following is not None and following.turn_ended_s is not None:
            said_s = following.speech_start_s
            last = starts_s[(starts_s >= said_s) & (starts_s < following.turn_ended_s)]
            exchange.silent_after_s = float(last[-1]) + frame / rate_hz - said_s if len(last) else 0.0


def matches(pattern: str, text: str) -> bool:
    """Whether a reply contains a pattern. Case is ignored."""
    return re.search(pattern, text, re.IGNORECASE) is not None
