"""Watches that every loop still makes progress. The service manager is told so only while it is true."""

from __future__ import annotations

import threading
import time


class Watchdog:
    """Keeps the time of each loop's last progress. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._progress_s: dict[str, float] = {}
        self._lock = threading.Lock()

    def progress(self, loop: str) -> None:
        """Note that a loop made progress."""
        with self._lock:
            self._progress_s[loop] = time.monotonic()

    def forget(self, loop: str) -> None:
        """Stop watching a loop that ended as it should."""
        with self._lock:
            self._progress_s.pop(loop, None)

    def stalled_s(self) -> float:
        """Seconds since the slowest loop last made progress; 0 while none runs."""
        with self._lock:
            now_s = time.monotonic()
            return now_s - min(self._progress_s.values(), default=now_s)
