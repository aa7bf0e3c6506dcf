"""The input and the output of a route. Pure, but for what the callables do.

A route is a function from a ``Request`` and the conversation's state to an ``Answer``, or to None where the route does
not apply. It reaches the retrieval, the tools and the language model through the request's callables only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from appliance.brain.knowledge import Hit
from appliance.brain.state import ResponderState
from appliance.brain.thresholds import Thresholds
from appliance.config.site import Site
from appliance.core.facts import Message, Outcome, ToolResult, Transcript

ToolCall = Callable[[str, str, Mapping[str, str]], ToolResult]
"""Calls a tool, given the tool's name, the function and the arguments. Raises PortError."""


@dataclass(frozen=True, slots=True)
class Request:
    """The visitor's words with their place and time, and the callables that a route may use."""

    heard: Transcript
    history: Sequence[Message]
    now: datetime
    site: Site
    choices: Mapping[str, Sequence[str]]
    """values of ``choice`` slots by slot name"""
    search: Callable[[str], Sequence[Hit]]
    """finds the entries that a text may mean, best first"""
    check: ToolCall
    """calls a tool without effect"""
    act: ToolCall
    """calls a tool whose call has an effect or is recorded. Where the visitor may not have finished, it raises
    NeedsConfirmation and does not call the tool."""
    point_at: Callable[[str], str]
    """asks the language model for a slot's value in the visitor's words; the result may be empty, or wrong"""
    distressed: Callable[[str], bool]
    """tells whether words may come from a visitor in need"""
    rewrite: Callable[[str], str | None] = lambda line: None
    """asks the language model for the complete question that a line stands for (``Interpreter.rewrite``)"""
    judge: Callable[[str, Sequence[str]], Sequence[float]] = lambda line, candidates: ()
    """asks the language model which of some sentences a line means (``Interpreter.judge``); empty where it is not
    asked"""
    thresholds: Thresholds = field(default_factory=Thresholds)

    @property
    def text(self) -> str:
        return self.heard.text

    @property
    def unclear(self) -> bool:
        """Whether the ear was not sure of the words."""
        return not self.heard.clear


class NeedsConfirmation(Exception):
    """The answer needs a tool, but the visitor may not have finished. The caller asks again once they have."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The words of a reply, their meaning, and the state of the conversation after it."""

    state: ResponderState
    text: str
    outcome: Outcome
    question: str | None = None
    """the question that ``text``, a fact, answers, so that a model may reword it. None where the words must stay."""
    facts: tuple[str, ...] = ()
    """the facts that ``text`` joins, where it joins several"""
    then: str = ""
    """a text that is said after ``text``, in exactly these words"""
    done: bool = False
    """whether a tool had its effect"""

    @property
    def words(self) -> str:
        """The whole reply as it is said when the model rewords nothing."""
        return f"{self.text}{self.then}"
