"""How a verb lives that runs an appliance: until a signal ends it, or a thread of the appliance fails."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.runtime.appliance import Daemon


@contextmanager
def until_told() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set; SIGUSR1 prints every thread's stack."""
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


@contextmanager
def running(daemon: Daemon) -> Iterator[None]:
    """The daemon, from its start to its end, however that comes. What is not stopped still holds its devices and
    resamplers when the interpreter ends, and libraries then complain on standard error that they leak."""
    before = threading.excepthook
    threading.excepthook = daemon.thread_failed
    try:
        daemon.start()
        yield
    finally:
        daemon.stop()
        threading.excepthook = before
