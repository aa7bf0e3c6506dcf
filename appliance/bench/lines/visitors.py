"""Recorded visitors who talk on several lines at once, all of them in one thread, which costs next to nothing.

A visitor asks, listens to the whole reply, and asks again, so that speech takes up to a third of the time. The visitors
begin one after the other and each at another place of the list.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from appliance.bench.demo.scenario import Clip
from appliance.bench.demo.visitor import AUDIBLE_DBFS
from appliance.config.reader import load_record
from appliance.core.audio import SAMPLE_RATE_HZ, Samples, level_dbfs
from appliance.core.facts import (
    AudioDropped,
    LineId,
    Outcome,
    Played,
    ReplyStarted,
    ReplyThought,
    Stamped,
    TimePassed,
    TurnEnded,
)
from appliance.core.mailbox import Mailbox, MailboxClosed
from appliance.devices.wave import WaveLine

ASKS = Path(__file__).with_name("asks.yaml")

SPEAKING_SHARE = 1 / 3
"""The largest part of the time in which a visitor speaks"""

LISTENS_S = 0.8
"""The shortest time in seconds from the end of a reply to the visitor's next words"""

PATIENCE_S = 12.0
"""Seconds after which a visitor gives up waiting for a reply and asks the next question"""

_END_S = 0.4
"""How much earlier than the recording's own end the end of speech may be found, in seconds"""

_AUDIBLE_FRAMES_PER_S = 200


@dataclass(frozen=True, slots=True)
class Asks:
    """The content of ``asks.yaml``."""

    site: Path
    now: str
    """date and time at which the appliance's clock stands, ISO 8601"""
    noise_dbfs: float
    """RMS of the noise on a line, in dBFS"""
    asks: Mapping[str, str] = field(default_factory=dict)
    """for each recording, the fact that the reply must rest on"""


def load_asks() -> Asks:
    """Read ``asks.yaml``. Raises ConfigError."""
    return load_record(ASKS, Asks)


@dataclass
class Asked:
    """A question, and what came of it. Times are seconds of stream time."""

    clip: str
    fact: str
    begins_s: float
    ends_s: float
    """end of speech as labelled in the recording"""
    turn_ended_s: float | None = None
    outcome: Outcome | None = None
    audible_s: float | None = None
    """when the reply was first audible"""
    heard: str = ""
    over: bool = False
    """whether the reply was heard to its end"""

    @property
    def gap_s(self) -> float | None:
        """Seconds from the end of speech to the first sound of the reply; None where nothing was said."""
        return None if self.audible_s is None else self.audible_s - self.ends_s

    @property
    def right(self) -> bool:
        """Whether the reply rests on the right fact."""
        return self.outcome is not None and self.fact in self.outcome.facts


class Visitor:
    """One line's visitor. ``take`` gets the line's facts, in the visitors' thread."""

    def __init__(self, line: WaveLine, clips: Sequence[tuple[Clip, str]], first: int, begins_s: float) -> None:
        """``clips`` are recordings with the facts that answer them. The visitor starts with that of number ``first``,
        ``begins_s`` seconds from now."""
        self._line = line
        self._clips = deque(clips)
        self._clips.rotate(-first)
        self.asked: list[Asked] = []
        self.lost = 0
        """samples of the visitor's that the appliance lost"""
        self._playing = 0
        self._turn_over = self._reply_over = False
        self._audible_s: list[float] = []
        """stream times of the blocks of 20 ms in which the appliance could be heard"""
        line.speaker.tap(self._listen)
        self._ask(begins_s)

    def take(self, stamped: Stamped) -> None:
        """Follow the conversation, and ask the next question once a reply is over."""
        now = self.asked[-1]
        match stamped.fact:
            case TurnEnded() as ended:
                now.heard = f"{now.heard} {ended.transcript.text}".strip()
                now.turn_ended_s = ended.at_s
                self._turn_over = ended.speech_end_s > now.ends_s - _END_S
            case ReplyStarted() as started:
                self._playing, now.outcome = started.turn_id, None
            case ReplyThought() as thought if thought.turn_id == self._playing:
                now.outcome = thought.outcome
            case Played(finished=True) as played if played.turn_id == self._playing:
                self._reply_over = True
            case AudioDropped() as dropped:
                self.lost += dropped.samples
            case TimePassed() as passed if passed.at_s > now.ends_s + PATIENCE_S and now.outcome is None:
                self._ask(LISTENS_S)
        if self._turn_over and self._reply_over:
            now.over = True
            cycle_s = (now.ends_s - now.begins_s) / SPEAKING_SHARE
            self._ask(max(LISTENS_S, now.begins_s + cycle_s - self._line.position_s))

    def _ask(self, after_s: float) -> None:
        clip, fact = self._clips[0]
        self._clips.rotate(-1)
        self._turn_over = self._reply_over = False
        begin = self._line.say(clip.samples, after_s=after_s)
        begins_s, ends_s = ((begin + at) / SAMPLE_RATE_HZ for at in (clip.speech_start, clip.speech_end))
        self.asked.append(Asked(clip.id, fact, begins_s, ends_s))

    def measured(self) -> list[Asked]:
        """The questions whose replies are over, with the time at which each reply became audible."""
        done = [one for one in self.asked if one.ends_s + PATIENCE_S < self._line.position_s or one.over]
        for n, one in enumerate(done):
            following = done[n + 1].begins_s if n + 1 < len(done) else math.inf
            if one.turn_ended_s is not None:
                one.audible_s = next((at for at in self._audible_s if one.turn_ended_s <= at < following), None)
        return done

    def _listen(self, block: Samples, position: int) -> None:
        """Note when something can be heard. This runs in the line's own thread."""
        if not block.any():
            return
        rate_hz = self._line.speaker.rate_hz
        frame = rate_hz // _AUDIBLE_FRAMES_PER_S
        for at in range(0, len(block), frame):
            if level_dbfs(block[at : at + frame]) > AUDIBLE_DBFS:
                self._audible_s.append((position + at) / rate_hz)
                return


def follow(facts: Mailbox[Stamped], visitors: Mapping[LineId, Visitor]) -> None:
    """Give each visitor the facts of its line until ``facts`` is closed. This is the work of the visitors' thread."""
    try:
        while True:
            stamped = facts.get()
            if stamped is not None and stamped.line in visitors:
                visitors[stamped.line].take(stamped)
    except MailboxClosed:
        return


def speaking_share(asked: Sequence[Asked], seconds: float) -> float:
    """Share of the time in which a visitor spoke."""
    return float(np.sum([one.ends_s - one.begins_s for one in asked])) / seconds
