"""Writes what happened on a line to the journal, but not what was said unless the site wants that."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from appliance.core.facts import (
    AudioDropped,
    BargeInMode,
    BargeInModeChanged,
    ClauseSkipped,
    ConversationClosed,
    ConversationOpened,
    DeviceLost,
    DeviceReturned,
    Fact,
    LineId,
    ReplyThought,
    TurnEnded,
    TurnFailed,
)
from appliance.hearing.overload import Overload

log = logging.getLogger("cloister")

MODES: Mapping[BargeInMode, str] = {
    "full": "any speech over a reply counts",
    "words": "only words over a reply count",
    "half_duplex": "nothing said over a reply counts but words that always stop it",
}


class Journal:
    """The journal of one line. It is used by one thread."""

    def __init__(self, line: LineId, *, words: bool) -> None:
        self._line = line
        self._words = words
        self._overload = Overload()

    def write(self, fact: Fact) -> None:
        """Log what an operator wants to see of a fact."""
        match fact:
            case ConversationOpened():
                self._log(logging.INFO, "conversation %d opened", fact.conversation_id)
            case ConversationClosed():
                self._log(logging.INFO, "conversation %d closed: %s", fact.conversation_id, fact.reason)
            case TurnFailed():
                self._log(logging.ERROR, "reply %d failed: %s", fact.turn_id, fact.reason)
            case ClauseSkipped():
                self._log(logging.ERROR, "a clause of reply %d cannot be said: %s", fact.turn_id, fact.reason)
            case AudioDropped():
                self._log(logging.WARNING, "%.0f ms of microphone audio were lost", fact.samples / 16)
                if too_busy := self._overload.see(fact):
                    self._log(logging.ERROR, "%s", too_busy)
            case DeviceLost():
                self._log(logging.ERROR, "%s lost: %s", fact.device, fact.reason)
            case DeviceReturned():
                self._log(logging.INFO, "%s works again", fact.device)
            case BargeInModeChanged():
                quality = "" if fact.erle_db is None else f" (the echo is cancelled by {fact.erle_db:.0f} dB)"
                self._log(logging.INFO, "barge-in: %s%s", MODES[fact.mode], quality)
            case TurnEnded() if self._words:
                self._log(logging.INFO, "visitor: %s", fact.transcript.text)
            case ReplyThought() if self._words:
                self._log(logging.INFO, "cloister: %s", fact.text)

    def _log(self, level: int, message: str, *details: object) -> None:
        log.log(level, f"%s: {message}", self._line, *details)
