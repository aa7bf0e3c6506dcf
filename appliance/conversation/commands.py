"""What the dialogue tells the rest of a line to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from appliance.conversation.history import History
from appliance.core.facts import (
    Fact,
    Outcome,
    Transcript,
)
from appliance.core.manner import Manner

# --- commands -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reply:
    """Make a reply and speak it."""

    turn_id: int
    heard: Transcript
    history: History
    """what was said before"""
    speculative: bool = False
    """the visitor may go on, so nothing of the reply may be heard or have an effect before ``Confirm``"""
    replaces: int | None = None
    """id of the first unheard reply after the last one that was heard; None where the last reply was heard"""


@dataclass(frozen=True, slots=True)
class Confirm:
    """Let a speculative reply be heard, because the visitor had finished."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class Speak:
    """Say a fixed sentence."""

    turn_id: int
    text: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Fill:
    """Say a sign of life before a reply that takes long to make. The reply follows it."""

    turn_id: int
    text: str
    manner: Manner


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop a reply, audible or not; ``ReplyStopped`` follows."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class Duck:
    """Make a reply quieter."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class Hold:
    """Make a reply silent and keep the rest of it."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class GoOn:
    """End ``Duck`` and ``Hold``. A held reply goes on from the start of a clause."""

    turn_id: int
    starts: tuple[int, ...]
    """first samples of the reply's clauses"""


@dataclass(frozen=True, slots=True)
class Prepare:
    """Evaluate what the visitor has said so far, while they speak."""

    partial: str
    history: History


@dataclass(frozen=True, slots=True)
class ScoreTurn:
    """Estimate whether the visitor's sentence is complete; ``TurnScored`` follows."""

    partial: str
    history: History


@dataclass(frozen=True, slots=True)
class Forget:
    """Clear everything about the visitor."""


@dataclass(frozen=True, slots=True)
class CallTool:
    """Run a tool's function that must not wait for the language model."""

    tool: str
    function: Literal["alarm", "call_person"]


@dataclass(frozen=True, slots=True)
class Publish:
    """Tell subscribers a fact that the dialogue itself established."""

    fact: Fact


Command = (
    Reply | Confirm | Speak | Fill | Cancel | Duck | Hold | GoOn | Prepare | ScoreTurn | Forget | CallTool | Publish
)
