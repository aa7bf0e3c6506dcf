"""Who follows the facts of all lines: operators, views, recordings of what was measured."""

from __future__ import annotations

import logging
import threading

from appliance.core.facts import Stamped
from appliance.core.mailbox import Mailbox, MailboxFull

log = logging.getLogger("cloister")

_WAITING_FACTS = 2048
"""Facts that may wait for one subscriber before it is disconnected."""


class Subscribers:
    """Every method may be called from any thread, and none waits for a subscriber."""

    def __init__(self) -> None:
        self._boxes: list[Mailbox[Stamped]] = []
        self._lock = threading.Lock()

    def add(self) -> Mailbox[Stamped]:
        """Every fact from now on. A subscriber that falls behind finds its mailbox closed."""
        box: Mailbox[Stamped] = Mailbox("subscriber", _WAITING_FACTS, "fault")
        with self._lock:
            self._boxes.append(box)
        return box

    def remove(self, box: Mailbox[Stamped]) -> None:
        """End a subscription; idempotent."""
        box.close()
        with self._lock:
            self._boxes = [other for other in self._boxes if other is not box]

    def publish(self, stamped: Stamped) -> None:
        """Tell everybody."""
        with self._lock:
            for box in list(self._boxes):
                try:
                    box.put(stamped)
                except MailboxFull:
                    log.warning("a subscriber was too slow and was disconnected")
                    box.close()
                    self._boxes.remove(box)

    def close(self) -> None:
        """No more facts will come."""
        with self._lock:
            for box in self._boxes:
                box.close()
