"""Bounded queues between threads."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, Literal, TypeVar

from appliance.core.turn import Turn

T = TypeVar("T")
WhenFull = Literal["drop_oldest", "fault", "wait"]


class MailboxFull(RuntimeError):
    """A mailbox that must never be full was full, so a loop is stuck."""


class MailboxClosed(Exception):
    """No more items will come."""


class Mailbox(Generic[T]):
    """A bounded queue between two threads. ``when_full`` says what happens when it is full.

    ``busy`` is true from the moment an item is put until the receiver comes back for the next one, which lets a
    recording that is replayed faster than real time wait for the appliance to settle.
    """

    def __init__(
        self,
        name: str,
        capacity: int,
        when_full: WhenFull,
        dropped: Callable[[T], None] | None = None,
        *,
        droppable: Callable[[T], bool] = lambda item: True,
    ) -> None:
        """``droppable`` tells which items "drop_oldest" may drop. The others are few, and are kept beyond the
        capacity."""
        self.name = name
        self._capacity = capacity
        self._when_full = when_full
        self._dropped = dropped
        self._droppable = droppable
        self._items: deque[T] = deque()
        self._condition = threading.Condition()
        self._closed = False
        self._handling = False
        self._accepted = 0

    def put(self, item: T, turn: Turn | None = None) -> bool:
        """Add an item. Returns False if the mailbox is closed or ``turn`` was cancelled meanwhile.

        Raises MailboxFull when the mailbox is full and ``when_full`` is "fault".
        """
        lost: T | None = None
        with self._condition:
            while len(self._items) >= self._capacity and not self._closed:
                if self._when_full == "fault":
                    raise MailboxFull(f"{self.name}: {self._capacity} items are waiting and nobody takes them")
                if self._when_full == "drop_oldest":
                    oldest = next((at for at, waiting in enumerate(self._items) if self._droppable(waiting)), None)
                    if oldest is not None:
                        lost = self._items[oldest]
                        del self._items[oldest]
                    break
                # The waits are short, because a cancelled turn must not wait for room.
                self._condition.wait(0.02)
                if turn is not None and turn.cancelled:
                    return False
            if self._closed:
                return False
            self._items.append(item)
            self._accepted += 1
            self._condition.notify_all()
        if lost is not None and self._dropped is not None:
            self._dropped(lost)
        return True

    def get(self, timeout_s: float | None = None) -> T | None:
        """Take the oldest item; None after ``timeout_s``. Raises MailboxClosed when closed and empty."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        with self._condition:
            self._handling = False
            self._condition.notify_all()
            while not self._items:
                if self._closed:
                    raise MailboxClosed(self.name)
                remaining = None if deadline is None else deadline - time.monotonic()
                if remaining is not None and remaining <= 0:
                    return None
                self._condition.wait(remaining)
            item = self._items.popleft()
            self._handling = True
            self._condition.notify_all()
            return item

    def discard(self, unwanted: Callable[[T], bool]) -> int:
        """Remove waiting items, for instance those of a cancelled turn. Returns how many."""
        with self._condition:
            kept = [item for item in self._items if not unwanted(item)]
            removed = len(self._items) - len(kept)
            self._items = deque(kept)
            self._condition.notify_all()
            return removed

    def close(self) -> None:
        """Refuse new items. The receiver takes what is waiting and then gets MailboxClosed."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    @property
    def closed(self) -> bool:
        """Whether new items are refused."""
        with self._condition:
            return self._closed

    @property
    def busy(self) -> bool:
        """Whether an item waits or is being handled."""
        with self._condition:
            return bool(self._items) or self._handling

    @property
    def accepted(self) -> int:
        """How many items were ever put. Equal readings around a false ``busy`` prove that nothing happened between."""
        with self._condition:
            return self._accepted

    def __len__(self) -> int:
        with self._condition:
            return len(self._items)
