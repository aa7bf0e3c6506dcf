"""Calls for help that must not wait for the language model: the alarm of an emergency, and calling a person.

A call is kept until it was made. A call that waits stands for all of its kind, so shouting on can neither fill a queue
nor page the same person a hundred times. A call that fails, or that the tool refuses, is tried again, at growing
intervals. Calls that are not made yet are in ``errands.json`` in the state folder, and are made after a restart. The
file names tools and functions, nothing of a conversation.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from appliance.core.faults import fault
from appliance.core.ports import Tool

log = logging.getLogger(__name__)

FUNCTIONS: tuple[Literal["alarm"], Literal["call_person"]] = ("alarm", "call_person")

RETRY_S = 1.0
"""Seconds before a failed call is tried again; twice as long after each further failure"""

LONGEST_RETRY_S = 60.0

_Key = tuple[str, str]


@dataclass
class _Errand:
    """A call that is still to be made."""

    due_s: float = 0.0
    """when it is due, by ``time.monotonic``"""
    failures: int = 0
    asked_again: bool = False
    """whether it was asked for again while it was being made"""


class Errands:
    """Keeps and makes the calls. Every method may be called from any thread. ``put`` never waits and never fails."""

    def __init__(self, tools: Mapping[str, Tool], state: Path, retry_s: float = RETRY_S) -> None:
        """Calls left in ``state`` by an earlier process are made first. Without that folder none is kept on a disk."""
        self._tools = tools
        self._state = state
        self._retry_s = retry_s
        self._condition = threading.Condition()
        self._file_lock = threading.Lock()
        self._pending: dict[_Key, _Errand] = {}
        self._making: set[_Key] = set()
        self._accepted = 0
        self._closed = False
        for key in self._left():
            log.warning("tool %s: %s was asked for before the restart, and is called now", *key)
            self._pending[key] = _Errand()

    def put(self, tool: str, function: str) -> None:
        """Ask for a call."""
        key = (tool, function)
        with self._condition:
            self._accepted += 1
            errand = self._pending.setdefault(key, _Errand())
            errand.due_s = 0.0
            errand.asked_again = key in self._making
            self._condition.notify_all()

    def run(self, function: str, progress: Callable[[], None]) -> None:
        """Make the calls of one function until ``close``. Each function has a thread of its own, so that a slow call of
        one does not delay those of another. ``progress`` is called at least twice a second while no tool is at work."""
        while True:
            key = self._next(function, progress)
            if key is None:
                return
            self._keep()
            made = self._make(*key)
            with self._condition:
                self._making.discard(key)
                errand = self._pending[key]
                if made and not errand.asked_again:
                    del self._pending[key]
                elif made:
                    self._pending[key] = _Errand()
                else:
                    wait_s = min(LONGEST_RETRY_S, self._retry_s * 2**errand.failures)
                    self._pending[key] = _Errand(time.monotonic() + wait_s, errand.failures + 1)
            self._keep()

    def close(self) -> None:
        """Let calls that were never tried be tried once, then end ``run``."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    @property
    def busy(self) -> bool:
        """Whether a call is being made or is due. A call that waits to be tried again is neither."""
        now_s = time.monotonic()
        with self._condition:
            return bool(self._making) or any(errand.due_s <= now_s for errand in self._pending.values())

    @property
    def accepted(self) -> int:
        """How many calls were asked for so far."""
        with self._condition:
            return self._accepted

    def _next(self, function: str, progress: Callable[[], None]) -> _Key | None:
        with self._condition:
            while True:
                progress()
                now_s = time.monotonic()
                for key, errand in self._pending.items():
                    untried = errand.failures == 0 and not errand.asked_again
                    if key[1] == function and errand.due_s <= now_s and (untried or not self._closed):
                        errand.asked_again = False
                        self._making.add(key)
                        return key
                if self._closed:
                    return None
                self._condition.wait(0.1 if self._pending else 0.5)

    def _make(self, tool: str, function: str) -> bool:
        try:
            result = self._tools[tool].call(function, {})
        except Exception as error:  # a tool is the site's program, which may raise anything
            log.error("tool %s failed at %s: %s; it is called again", tool, function, fault(error))
            return False
        if not result.ok:
            log.error("tool %s refused %s; it is called again", tool, function)
        return result.ok

    # --- what outlives the process -----------------------------------------------------------------------------------

    @property
    def _path(self) -> Path:
        return self._state / "errands.json"

    def _left(self) -> list[_Key]:
        try:
            listed = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return []
        known = [(tool, function) for tool in self._tools for function in FUNCTIONS]
        return [key for key in known if isinstance(listed, list) and list(key) in listed]

    def _keep(self) -> None:
        if not self._state.is_dir():
            return
        with self._file_lock:
            with self._condition:
                pending = sorted(self._pending)
            try:
                if pending:
                    beside = self._path.with_suffix(".new")
                    with beside.open("w", encoding="ascii") as file:
                        json.dump(pending, file)
                        file.flush()
                        os.fsync(file.fileno())
                    beside.replace(self._path)
                else:
                    self._path.unlink(missing_ok=True)
                with contextlib.ExitStack() as closing:
                    folder = os.open(self._state, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                    closing.callback(os.close, folder)
                    os.fsync(folder)
            except OSError as error:
                # The calls are made all the same, but a restart would not know of them.
                log.error("%s: %s; calls for help that are not made yet are not kept", self._path, error.strerror)
