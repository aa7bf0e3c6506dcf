"""A reply's identity and its cancellation.

Only ``dialogue`` cancels. Everything downstream of its decision carries the ``Turn`` (or its id) and looks at it often:
between tokens, between clauses, in every block of the speaker.

The appliance uses threads and queues instead of asyncio. Every engine call blocks in native code that releases the
interpreter lock, and cancelling an awaited thread does not stop it. A flag that the native loop looks at does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class Turn:
    """One reply of the appliance, numbered by its conversation's ``dialogue``. A number is never reused.

    A *speculative* one answers what the visitor has probably finished saying. Until it is confirmed, nothing of it may
    be heard and no tool may have an effect for it.
    """

    def __init__(self, id: int, *, speculative: bool = False, replaces: int | None = None) -> None:
        """``replaces`` is the id of the first reply after the last one that the visitor heard. The replies from it to
        this one were unheard, and this one answers their words too. It is None where the last reply was heard."""
        self.id = id
        self.replaces = replaces
        self.speculative = speculative
        self._confirmed = threading.Event()
        if not speculative:
            self._confirmed.set()
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._actions: list[Callable[[], None]] = []

    def cancel(self) -> None:
        """Stop everything done for this reply; idempotent."""
        with self._lock:
            self._cancelled.set()
            actions, self._actions = self._actions, []
        for action in actions:
            action()

    @contextmanager
    def on_cancel(self, action: Callable[[], None]) -> Iterator[None]:
        """While the block runs, cancelling also calls ``action``, at once if the turn is cancelled already. So native
        code learns of it, which cannot look at a Python object. ``action`` must be quick and may run in any thread."""
        with self._lock:
            cancelled = self._cancelled.is_set()
            if not cancelled:
                self._actions.append(action)
        if cancelled:
            action()
        try:
            yield
        finally:
            with self._lock:
                if action in self._actions:
                    self._actions.remove(action)

    def confirm(self) -> None:
        """Let the reply be heard and have effects, because the visitor had finished; idempotent."""
        self._confirmed.set()

    @property
    def confirmed(self) -> bool:
        return self._confirmed.is_set()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def __repr__(self) -> str:
        return f"Turn({self.id}{', cancelled' if self.cancelled else ''})"


@dataclass(frozen=True, slots=True)
class CommitSpeculation:
    """Tells a loop that a speculative turn was confirmed. The loop goes on with what it held back for the turn."""

    turn: Turn
