"""The subscribers to the facts of all lines: operators, views, recordings of what was measured."""

from __future__ import annotations

import logging
import threading

from appliance.core.facts import LineId, Stamped
from appliance.core.mailbox import Mailbox, MailboxFull

log = logging.getLogger("cloister")

_WAITING_FACTS = 2048
"""Most facts that may wait for one subscriber; with more it is disconnected"""


class Subscribers:
    """Sends facts to subscribers. Every method may be called from any thread, and none waits for a subscriber."""

    def __init__(self) -> None:
        self._boxes: list[tuple[Mailbox[Stamped], LineId | None]] = []
        """each with the line that it is about; None for all lines"""
        self._lock = threading.Lock()

    def add(self, line: LineId | None = None) -> Mailbox[Stamped]:
        """Open a mailbox of every fact from now on, or of those of one line. A subscriber that falls behind finds its
        mailbox closed."""
        box: Mailbox[Stamped] = Mailbox("subscriber", _WAITING_FACTS, "fault")
        with self._lock:
            self._boxes.append((box, line))
        return box

    def remove(self, box: Mailbox[Stamped]) -> None:
        """End a subscription; idempotent."""
        box.close()
        with self._lock:
            self._boxes = [entry for entry in self._boxes if entry[0] is not box]

    def publish(self, stamped: Stamped) -> None:
        """Send a fact to every subscriber whom it concerns."""
        with self._lock:
            for entry in list(self._boxes):
                box, line = entry
                if line is not None and line != stamped.line:
                    continue
                try:
                    box.put(stamped)
                except MailboxFull:
                    log.warning("a subscriber was too slow and was disconnected")
                    box.close()
                    self._boxes.remove(entry)

    def line_closed(self, line: LineId) -> None:
        """Close the mailboxes of those that follow this line alone, because no more facts will come."""
        with self._lock:
            for box, only in self._boxes:
                if only == line:
                    box.close()
            self._boxes = [entry for entry in self._boxes if entry[1] != line]

    def close(self) -> None:
        """Close every mailbox, because no more facts will come."""
        with self._lock:
            for box, _ in self._boxes:
                box.close()
