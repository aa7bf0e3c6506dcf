"""What a route sees, and what it gives. Pure, but for what the callables do.

A route is a function from a ``Request`` and the conversation's state to an ``Answer``, or to None where it is not the
way to reply. All that is not in these two values is behind the request's callables: the retrieval, the tools and the
language model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from appliance.brain.knowledge import Hit
from appliance.brain.state import ResponderState
from appliance.brain.thresholds import CLEAR_SPEECH_CONFIDENCE, Thresholds
from appliance.config.site import Site
from appliance.core.facts import Message, Outcome, ToolResult, Transcript

ToolCall = Callable[[str, str, Mapping[str, str]], ToolResult]
"""tool, function and arguments. Raises PortError."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a visitor said, where and when, and what may be asked about it."""

    heard: Transcript
    history: Sequence[Message]
    now: datetime
    site: Site
    choices: Mapping[str, Sequence[str]]
    """values of ``choice`` slots by slot name"""
    search: Callable[[str], Sequence[Hit]]
    """what may be meant by words, best first"""
    check: ToolCall
    """calls a tool without effect"""
    act: ToolCall
    """calls a tool whose call has an effect or is recorded. Raises NeedsConfirmation before, where the visitor may not
    have finished."""
    point_at: Callable[[str], str]
    """what the language model takes for a slot's value in the visitor's words; may be empty, or wrong"""
    thresholds: Thresholds = field(default_factory=Thresholds)

    @property
    def text(self) -> str:
        return self.heard.text

    @property
    def unclear(self) -> bool:
        """Whether the ear was not sure of the words."""
        return self.heard.confidence < CLEAR_SPEECH_CONFIDENCE


class NeedsConfirmation(Exception):
    """The answer needs a tool, and the visitor may not have finished: ask again once they have."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said, what it means, and what is known of the conversation from then on."""

    state: ResponderState
    text: str
    outcome: Outcome
    question: str | None = None
    """what ``text``, a fact, answers; a model may put it into other words. None where the words must stay."""
    then: str = ""
    """said after ``text`` in these words"""
    done: bool = False
    """whether a tool had its effect"""

    @property
    def words(self) -> str:
        """All that is said, where nothing is put into other words."""
        return f"{self.text}{self.then}"
