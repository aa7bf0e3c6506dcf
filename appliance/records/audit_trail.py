"""Turns facts into records of the audit log.

A record says what the appliance did and never what was said. Of a fact, only the fields named here are kept. A site
that must keep words switches ``privacy.audit_transcripts`` on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from appliance.core.facts import (
    AudioDropped,
    ClauseSkipped,
    ConversationClosed,
    ConversationOpened,
    DeviceLost,
    DeviceReturned,
    Fact,
    LineId,
    ReplyThought,
    Stamped,
    TextReceived,
    TurnEnded,
    TurnFailed,
)
from appliance.core.mailbox import Mailbox, MailboxClosed
from appliance.core.ports import Ledger, PortError
from appliance.records.audit_record import Detail


def record_of(fact: Fact, *, words: bool) -> tuple[str, dict[str, Detail]] | None:
    """What the log keeps of a fact; None for the many that say nothing about what the appliance did."""
    match fact:
        case ConversationOpened():
            return "conversation opened", {"conversation": fact.conversation_id}
        case ConversationClosed():
            return "conversation closed", {"conversation": fact.conversation_id, "reason": fact.reason}
        case TurnEnded() if words:
            return "visitor said", {"text": fact.transcript.text}
        case TextReceived() if words:
            return "visitor said", {"text": fact.text}
        case ReplyThought():
            outcome = fact.outcome
            kept: dict[str, Detail] = {"turn": fact.turn_id, "kind": outcome.kind, "replaced": outcome.replaced}
            name = "reply refused" if outcome.kind in ("refused", "unknown") else "replied"
            return name, {**kept, "text": fact.text} if words else kept
        case TurnFailed():
            return "reply failed", {"turn": fact.turn_id}
        case ClauseSkipped():
            return "clause skipped", {"turn": fact.turn_id}
        case AudioDropped():
            return "audio lost", {"samples": fact.samples}
        case DeviceLost():
            return "device lost", {"device": fact.device}
        case DeviceReturned():
            return "device returned", {"device": fact.device}
    return None


@dataclass(frozen=True, slots=True)
class LineLedger:
    """Writes to the ledger for one line. Every record says which line it is about."""

    ledger: Ledger
    line: LineId

    def append(self, event: str, **details: Detail) -> None:
        """Keep a record. Raises PortError."""
        self.ledger.append(event, line=self.line, **details)

    def checkpoint(self) -> object:
        """Make what was recorded provable. Raises PortError."""
        return self.ledger.checkpoint()

    @property
    def fault(self) -> PortError | None:
        return self.ledger.fault


class Auditor:
    """Does the ``audit`` thread's work. It never drops a fact. When the ledger is at fault it says so once. It then
    goes on to record facts while the appliance stops, in the room that the ledger has set aside for that."""

    def __init__(
        self,
        facts: Mailbox[Stamped],
        ledger: Ledger,
        progress: Callable[[], None],
        failed: Callable[[PortError], None],
        *,
        checkpoint_s: float,
        words: bool,
    ) -> None:
        self._facts = facts
        self._ledger = ledger
        self._progress = progress
        self._failed = failed
        self._checkpoint_s = checkpoint_s
        self._words = words

    def run(self) -> None:
        """Record facts until the mailbox is closed and empty."""
        due_s = time.monotonic() + self._checkpoint_s
        told = False
        try:
            while True:
                stamped = self._facts.get(timeout_s=0.5)
                self._progress()
                try:
                    if stamped is not None:
                        self._record(stamped)
                    if self._ledger.fault is not None:
                        raise self._ledger.fault
                    if time.monotonic() >= due_s:
                        # This is a sign of life at regular times. Where it is missing, the appliance was not running.
                        self._ledger.append("alive")
                        self._ledger.checkpoint()
                        due_s = time.monotonic() + self._checkpoint_s
                except PortError as error:
                    if not told:
                        self._failed(error)
                    told = True
        except MailboxClosed:
            return

    def _record(self, stamped: Stamped) -> None:
        record = record_of(stamped.fact, words=self._words)
        if record is not None:
            event, details = record
            self._ledger.append(event, line=stamped.line, **details)
