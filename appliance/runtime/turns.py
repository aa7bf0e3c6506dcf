"""The replies of one line that are under way, and what is withheld of a speculative one."""

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
"""ids of discarded speculative replies that are remembered, since facts about them may still come"""


class Turns:
    """Used by the dialogue thread; ``cancel_all`` by any."""

    def __init__(self) -> None:
        self._current: Turn | None = None
        self._preparation: Turn | None = None
        self._withheld: list[Fact] = []
        """facts about a speculative reply"""
        self._retracted: deque[int] = deque(maxlen=_RETRACTED_TURNS)

    def begin(self, turn: Turn) -> Turn:
        """A reply. Only the current one can still be cancelled."""
        self.supersede()
        self._current = turn
        return turn

    def prepare(self) -> Turn:
        """Work ahead of the next reply, until other work ahead or that reply takes its place."""
        self.supersede()
        self._preparation = Turn(0)
        return self._preparation

    def supersede(self) -> None:
        """What was worked ahead is wanted no more."""
        if self._preparation is not None:
            self._preparation.cancel()

    def current(self, turn_id: int) -> Turn:
        """The reply of that id. Raises KeyError when another one is current."""
        if self._current is None or self._current.id != turn_id:
            raise KeyError(turn_id)
        return self._current

    def confirm(self, turn_id: int) -> tuple[Turn, list[Fact]]:
        """A speculative reply becomes the reply; what was withheld of it."""
        turn = self.current(turn_id)
        turn.confirm()
        withheld, self._withheld = self._withheld, []
        return turn, withheld

    def cancel(self, turn_id: int) -> Turn:
        """End a reply. A speculative one never was."""
        turn = self.current(turn_id)
        turn.cancel()
        if not turn.confirmed:
            self._retracted.append(turn.id)
            self._withheld.clear()
        return turn

    def cancel_all(self) -> None:
        """Nothing more is said on this line."""
        self.supersede()
        if self._current is not None:
            self._current.cancel()

    def withholds(self, fact: Fact) -> bool:
        """Whether a fact is about a speculative reply, of which nobody is told before it is confirmed, and nobody ever
        if it is not."""
        if not isinstance(fact, ReplyStarted | ClauseVoiced | ClauseSkipped | ReplyThought | ReplyStopped | TurnFailed):
            return False
        if fact.turn_id in self._retracted:
            return True
        turn = self._current
        if turn is None or turn.id != fact.turn_id or turn.confirmed:
            return False
        self._withheld.append(fact)
        return True
