"""Shows a conversation on a terminal."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TextIO

import numpy as np

from appliance.core.audio import AudioFrame
from appliance.core.facts import (
    ROOM,
    AudioDropped,
    BargeInModeChanged,
    ClauseSkipped,
    ConversationClosed,
    ConversationOpened,
    DeviceLost,
    DeviceReturned,
    EchoMeasured,
    Fact,
    PartialTranscript,
    Played,
    ReplyInterrupted,
    ReplyStarted,
    ReplyThought,
    SpeechStarted,
    Stamped,
    TimePassed,
    TurnEnded,
    TurnFailed,
)
from appliance.core.mailbox import Mailbox, MailboxClosed
from appliance.core.plain_text import printable
from appliance.core.ports import Microphone

_QUIET_S = 2.0
"""A replay is over when nothing happened for so many seconds after the recording ended."""

_PATIENCE_S = 30.0
"""A replay is over in any case so many seconds after the recording ended."""

_FLOOR_DBFS = -70.0


class LevelMeter:
    """A microphone that also measures its level."""

    def __init__(self, microphone: Microphone) -> None:
        self._microphone = microphone
        self.level_dbfs = _FLOOR_DBFS
        """RMS level of the last frame"""

    def start(
        self,
        deliver: Callable[[AudioFrame], None],
        changed: Callable[[DeviceLost | DeviceReturned], None],
        ended: Callable[[], None],
    ) -> None:
        def measured(frame: AudioFrame) -> None:
            power = float(np.mean(np.square(frame.samples)))
            self.level_dbfs = max(_FLOOR_DBFS, 10 * np.log10(power + 1e-12))
            deliver(frame)

        self._microphone.start(measured, changed, ended)

    def stop(self) -> None:
        self._microphone.stop()


@dataclass(slots=True)
class TurnTimes:
    """Milliseconds of one turn, from the visitor's last sound on."""

    end_of_turn_ms: float = 0.0
    first_word_ms: float = 0.0
    first_sound_ms: float = 0.0

    def line(self) -> str:
        return (
            f"end of turn +{self.end_of_turn_ms:.0f} ms, first words +{self.first_word_ms:.0f} ms, "
            f"first sound +{self.first_sound_ms:.0f} ms"
        )


class Timekeeper:
    """Follows stamped facts and measures the times of each turn."""

    def __init__(self) -> None:
        self._speech_end_s: float | None = None
        self._times = TurnTimes()

    def see(self, stamped: Stamped) -> TurnTimes | None:
        """Take a fact. Returns a turn's times once its first sound has left the speaker, and None otherwise."""
        fact, now_s = stamped.fact, stamped.monotonic_s
        if isinstance(fact, TurnEnded):
            # The fact is stamped with stream time `at_s`, and the speech ended that much earlier.
            self._speech_end_s = now_s - (fact.at_s - fact.speech_end_s)
            self._times = TurnTimes(end_of_turn_ms=1000 * (fact.at_s - fact.speech_end_s))
        elif self._speech_end_s is None:
            return None
        elif isinstance(fact, ReplyStarted):
            self._times.first_word_ms = 1000 * (now_s - self._speech_end_s)
        elif isinstance(fact, Played) and fact.samples > 0:
            self._times.first_sound_ms = 1000 * (now_s - self._speech_end_s)
            self._speech_end_s = None
            return self._times
        return None


def describe(stamped: Stamped) -> str | None:
    """One line, fit for a terminal, about a fact that a reader wants to see, and None for other facts. The box's own
    line is not named."""
    text = _text(stamped.fact)
    return None if text is None else printable(text if stamped.line == ROOM else f"{stamped.line:<10}{text}")


def _text(fact: Fact) -> str | None:
    match fact:
        case TurnEnded(transcript=heard, decided=cue):
            words, ended = heard.text or "(nothing understood)", f", ended by {cue}" if cue else ""
            return f"visitor   {words}   [{heard.ear}, {heard.confidence:.2f}{ended}]"
        case ReplyThought(text=text, outcome=outcome):
            return f"cloister  {text}   [{outcome.kind}{', replaced' if outcome.replaced else ''}]"
        case ReplyInterrupted(heard=words):
            return f"          interrupted after: {words}"
        case ConversationOpened(conversation_id=number):
            return f"--- conversation {number} ---"
        case ConversationClosed(reason=reason):
            return f"--- closed: {reason} ---"
        case TurnFailed(reason=reason):
            return f"!         no reply: {reason}"
        case ClauseSkipped(reason=reason):
            return f"!         a clause cannot be said: {reason}"
        case DeviceLost(reason=reason):
            return f"!         {reason}"
        case BargeInModeChanged(mode=mode, erle_db=erle_db):
            quality = "" if erle_db is None else f", echo -{erle_db:.0f} dB"
            return f"          barge-in: {mode.replace('_', ' ')}{quality}"
        case DeviceReturned(device=device):
            return f"!         {device} works again"
        case AudioDropped(samples=samples):
            return f"!         {samples / 16:.0f} ms of audio lost"
    return None


class LiveView:
    """The terminal view of ``cloister talk``. The conversation scrolls, and the last line is updated in place."""

    def __init__(self, facts: Mailbox[Stamped], meter: LevelMeter, out: TextIO) -> None:
        self._facts = facts
        self._meter = meter
        self._out = out
        self._times = Timekeeper()
        self._partial = ""
        self._echo = ""
        self._state = "listening"

    def refresh(self) -> None:
        """Show the facts since the last call."""
        while (stamped := self._next()) is not None:
            self._follow(stamped)
            times = self._times.see(stamped)
            for text in (describe(stamped), f"          {times.line()}" if times else None):
                if text:
                    self._out.write(f"\r\033[K{text}\n")
        bar = "#" * round((self._meter.level_dbfs - _FLOOR_DBFS) / 3.5)
        line = f"{self._meter.level_dbfs:5.0f} dBFS |{bar:<20}| {self._echo}{self._state:<9} {self._partial}"
        self._out.write(f"\r\033[K{line[: shutil.get_terminal_size().columns - 1]}")
        self._out.flush()

    def close(self) -> None:
        self._out.write("\r\033[K")
        self._out.flush()

    def _next(self) -> Stamped | None:
        try:
            return self._facts.get(timeout_s=0.0)
        except MailboxClosed:
            return None

    def _follow(self, stamped: Stamped) -> None:
        match stamped.fact:
            case SpeechStarted():
                self._state, self._partial = "hearing", ""
            case EchoMeasured(erle_db=erle_db):
                self._echo = "" if erle_db is None else f"echo -{erle_db:.0f} dB  "
            case PartialTranscript(text=text):
                self._partial = printable(text)
            case TurnEnded():
                self._state, self._partial = "thinking", ""
            case Played(finished=finished):
                self._state = "listening" if finished else "speaking"
            case ReplyInterrupted() | ConversationClosed():
                self._state = "listening"


def narrate(facts: Mailbox[Stamped], told: threading.Event, speech_s: float, *, as_json: bool) -> Iterator[str]:
    """Yield lines about a replayed recording of ``speech_s`` seconds, until the appliance has answered it."""
    keeper = Timekeeper()
    now_s = active_s = 0.0
    answering = False
    while not told.is_set():
        try:
            stamped = facts.get(timeout_s=0.2)
        except MailboxClosed:
            return
        if stamped is None:
            continue
        match stamped.fact:
            case TimePassed(at_s=at_s):
                now_s = at_s
                quiet = not answering and now_s - active_s > _QUIET_S and now_s > speech_s + _QUIET_S
                if quiet or now_s > speech_s + _PATIENCE_S:
                    return
                continue
            case TurnEnded():
                answering = True
            case Played(finished=True) | ReplyInterrupted() | TurnFailed():
                answering = False
        active_s = now_s
        if as_json:
            yield json.dumps({"line": stamped.line, "fact": type(stamped.fact).__name__, **asdict(stamped.fact)})
            continue
        times = keeper.see(stamped)
        for text in (describe(stamped), f"          {times.line()}" if times else None):
            if text:
                yield text
