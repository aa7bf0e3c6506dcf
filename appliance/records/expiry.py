"""Destroys recordings that were kept for long enough, on the record, whether or not there are conversations."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from appliance.core.ports import Archive, Ledger

log = logging.getLogger(__name__)

_EXPIRY_S = 3600.0
"""Seconds between two searches for recordings that were kept for long enough"""

_PROGRESS_S = 0.5
"""Seconds between two rounds of the loop"""


class Expiry:
    """Does the ``expiry`` thread's work. An archive that fails ends the thread, and with it the appliance."""

    def __init__(self, archive: Archive, ledger: Ledger | None, progress: Callable[[], None]) -> None:
        self._archive = archive
        self._ledger = ledger
        self._progress = progress
        self._closed = threading.Event()
        self._calendar_told = False

    def run(self) -> None:
        """Look again and again until ``close``. Raises PortError."""
        due_s = time.monotonic()
        while True:
            self._progress()
            if time.monotonic() >= due_s:
                due_s = time.monotonic() + _EXPIRY_S
                self.look()
            if self._closed.wait(_PROGRESS_S):
                return

    def close(self) -> None:
        """End ``run``."""
        self._closed.set()

    def look(self) -> None:
        """Destroy what is due. Report a calendar that is far ahead, once, until an operator has looked after it."""
        for identity in self._archive.expire():
            if self._ledger is not None:
                self._ledger.append("recording expired", recording=identity)
        ahead_s = self._archive.calendar_ahead_s()
        if ahead_s and not self._calendar_told:
            log.error(
                "the calendar is %.1f days ahead of the time that recordings are kept by; if it is right, "
                "`cloister recordings catch-up --reason …`; until then they are kept for longer",
                ahead_s / 86_400,
            )
            if self._ledger is not None:
                self._ledger.append("calendar ahead", days=round(ahead_s / 86_400, 1))
        self._calendar_told = ahead_s > 0
