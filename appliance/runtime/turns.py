"""The replies of one line that are under way, and the facts that are withheld about a speculative one."""

from __future__ import annotations

from collections import deque

from appliance.core.facts import (
    ClauseSkipped,
    ClauseVoiced,
    Fact,
    ReplyStarted,
    ReplyStopped,
    ReplyThought,
    TurnFailed,
)
from appliance.core.turn import Turn

_RETRACTED_TURNS = 16
"""Most ids of discarded speculative replies that are remembered, since facts about them may still come"""


class Turns:
    """Keeps the current turn. Only the dialogue thread uses it, but any thread may call ``cancel_all``."""

    def __init__(self) -> None:
        self._current: Turn | None = None
        self._preparation: Turn | None = None
        self._withheld: list[Fact] = []
        """facts about the speculative reply"""
        self._retracted: deque[int] = deque(maxlen=_RETRACTED_TURNS)

    def begin(self, turn: Turn) -> Turn:
        """Make ``turn`` the current reply. Only the current reply can still be cancelled."""
        self.supersede()
        self._current = turn
        return turn

    def prepare(self) -> Turn:
        """A turn for work ahead of the next reply, until other work ahead or that reply takes its place."""
        self.supersede()
        self._preparation = Turn(0)
        return self._preparation

    def supersede(self) -> None:
        """Cancel the work ahead, which is no longer wanted."""
        if self._preparation is not None:
            self._preparation.cancel()

    def current(self, turn_id: int) -> Turn:
        """The reply of that id. Raises KeyError when another one is current."""
        if self._current is None or self._current.id != turn_id:
            raise KeyError(turn_id)
        return self._current

    def confirm(self, turn_id: int) -> tuple[Turn, list[Fact]]:
        """Make a speculative reply the reply. Returns it and the facts that were withheld about it."""
        turn = self.current(turn_id)
        turn.confirm()
        withheld, self._withheld = self._withheld, []
        return turn, withheld

    def cancel(self, turn_id: int) -> Turn:
        """End a reply. The facts about a speculative one are never published."""
        turn = self.current(turn_id)
        turn.cancel()
        if not turn.confirmed:
            self._retracted.append(turn.id)
            self._withheld.clear()
        return turn

    def cancel_all(self) -> None:
        """Cancel every turn, so that nothing more is said on this line."""
        self.supersede()
        if self._current is not None:
            self._current.cancel()

    def withholds(self, fact: Fact) -> bool:
        """Whether a fact is about a speculative reply. Such a fact is not published before the reply is confirmed, and
        never if it is not."""
        if not isinstance(fact, ReplyStarted | ClauseVoiced | ClauseSkipped | ReplyThought | ReplyStopped | TurnFailed):
            return False
        if fact.turn_id in self._retracted:
            return True
        turn = self._current
        if turn is None or turn.id != fact.turn_id or turn.confirmed:
            return False
        self._withheld.append(fact)
        return True
