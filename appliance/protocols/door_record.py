"""Records in the audit log who used a door and for what, before it is done."""

from __future__ import annotations

import threading
import time

from appliance.core.ports import Ledger
from appliance.protocols.access import Caller

_WINDOW_S = 60.0
"""Seconds within which refusals of one user are counted for one record"""


class DoorRecord:
    """Writes to the ledger, where there is one. Any thread may call it. Every call raises PortError when the record
    cannot be kept; then nothing must be done."""

    def __init__(self, ledger: Ledger | None) -> None:
        self._ledger = ledger
        self._lock = threading.Lock()
        self._refused: dict[str, tuple[float, int]] = {}

    def used(self, caller: Caller, what: str) -> None:
        """Record that a program uses what a door serves."""
        if self._ledger is not None:
            self._ledger.append("door used", caller=caller.name, what=what)

    def refused(self, user: str, what: str) -> None:
        """Record that a program came without a valid token or beyond its scope. Somebody who tries again and again is
        recorded once a minute, with the number of tries before."""
        now_s = time.monotonic()
        with self._lock:
            since_s, count = self._refused.get(user, (0.0, 0))
            if count and now_s - since_s < _WINDOW_S:
                self._refused[user] = (since_s, count + 1)
                return
            self._refused[user] = (now_s, 1)
        if self._ledger is not None:
            self._ledger.append("door refused", user=user, what=what, more=max(0, count - 1))
