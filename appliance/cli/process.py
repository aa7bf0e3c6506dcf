"""Handles signals for the verbs that run an appliance. Such a verb runs until a signal or a failed thread ends it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def until_told() -> Iterator[threading.Event]:
    """Yield an event that SIGTERM and SIGINT set. SIGUSR1 prints every thread's stack."""
    import faulthandler

    told = threading.Event()

    def tell(_signal: int, _frame: FrameType | None) -> None:
        told.set()

    faulthandler.register(signal.SIGUSR1, all_threads=True)
    before = {number: signal.signal(number, tell) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
