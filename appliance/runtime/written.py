"""Conversations in writing, with the turn-taking and the responder of spoken ones and without their sound.

``dialogue`` decides about emergencies, about the opening and the closing of a conversation and about calling a person.
The responder finds the reply. After a conversation was closed (good-bye, hand-over, emergency), the next line opens a
new one, as the next words do at the appliance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from appliance.brain.responder import Responder
from appliance.config.site import Site
from appliance.conversation import commands, dialogue
from appliance.conversation.history import History
from appliance.core.facts import (
    ClauseVoiced,
    ConversationClosed,
    Fact,
    Outcome,
    Played,
    ReplyStopped,
    ReplyThought,
    SpeechStarted,
    ToolResult,
    Transcript,
    TurnEnded,
    TurnFailed,
    VisitorArrived,
)
from appliance.core.ports import Distress, PortError, Tool
from appliance.core.turn import Turn
from appliance.speaking import clauses

_CLAUSE_SAMPLES = 1
"""Samples of a clause. Nothing is played, and every clause counts as heard whole."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool."""

    tool: str
    function: str
    arguments: Mapping[str, str]
    ok: bool
    """whether the tool did what was asked; False when it refused or failed"""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A visitor's line and the reply to it. ``asdict`` gives the JSON object of ``cloister chat --json``."""

    visitor: str
    reply: str
    route: str
    """the route of the reply, see ``messages.Outcome.route``"""
    facts: tuple[str, ...]
    """identifiers of the site's entries that the reply is based on"""
    tools: tuple[ToolCall, ...]
    """every call that was made in this turn, in order"""
    emergency: bool
    closed: bool
    """whether the conversation is over, so that the next line opens a new one"""


class _Watched:
    """A tool whose calls are recorded."""

    def __init__(self, tool: Tool, calls: list[ToolCall]) -> None:
        self._tool = tool
        self._calls = calls
        self.name = tool.name

    def call(self, function: str, arguments: Mapping[str, str]) -> ToolResult:
        try:
            result = self._tool.call(function, arguments)
        except PortError:
            self._calls.append(ToolCall(self.name, function, dict(arguments), False))
            raise
        self._calls.append(ToolCall(self.name, function, dict(arguments), result.ok))
        return result


class Chat:
    """Conversations in writing, with one visitor after the other."""

    def __init__(
        self,
        site: Site,
        tools: Mapping[str, Tool],
        open_responder: Callable[[Mapping[str, Tool]], Responder],
        distress: Distress | None = None,
        failed: Callable[[PortError], None] = lambda _: None,
        history: History | None = None,
    ) -> None:
        """``open_responder`` builds the responder on the tools that it is given, which are ``tools`` with their calls
        recorded. ``distress`` is that of ``Alarms``. ``failed`` is told why a tool failed; the visitor only hears
        that it did. With a ``history`` the conversation is one that goes on."""
        self._calls: list[ToolCall] = []
        self._tools: dict[str, Tool] = {name: _Watched(tool, self._calls) for name, tool in tools.items()}
        self._language = site.language
        self._responder = open_responder(self._tools)
        self._remembered = self._responder.begin()
        """the responder's state of the conversation"""
        self._dialogue = dialogue.Dialogue(site, speculate=False, distress=distress)
        self._state = dialogue.State()
        if history is not None:
            self._state = replace(self._state, phase="listening", conversation_id=1, history=history)
        self._failed = failed
        self._now_s = 0.0
        self._said: list[str] = []
        self._outcome = Outcome()
        self._closed = False

    def greet(self) -> str:
        """The words that the appliance says to a visitor who arrives."""
        self._begin()
        self._take(VisitorArrived())
        return " ".join(self._said)

    def say(self, text: str) -> Exchange:
        """Take a visitor's line as words that the ears heard rightly."""
        self._begin()
        self._take(SpeechStarted(self._now_s))
        self._now_s += 1.0
        words = " ".join(text.split())
        self._take(TurnEnded(Transcript(words, 1.0, "text"), self._now_s, self._now_s))
        outcome = self._outcome
        return Exchange(
            text,
            " ".join(self._said),
            outcome.route or outcome.kind,
            outcome.facts,
            tuple(self._calls),
            outcome.action == "emergency",
            self._closed,
        )

    def _begin(self) -> None:
        self._said, self._outcome, self._closed = [], Outcome(), False
        self._calls.clear()
        self._now_s += 1.0

    def _take(self, fact: Fact) -> None:
        """Give a fact to ``dialogue.step``, and carry out its commands."""
        waiting = [fact]
        while waiting:
            self._state, commands = self._dialogue.step(self._state, waiting.pop(0))
            for command in commands:
                waiting += self._carry_out(command)

    def _carry_out(self, command: commands.Command) -> list[Fact]:
        match command:
            case commands.Reply():
                return self._reply(command)
            case commands.Speak():
                return self._voiced(command.turn_id, [command.text], command.outcome)
            case commands.Cancel():
                return [ReplyStopped(command.turn_id, 0)]
            case commands.Forget():
                self._remembered = self._responder.begin()
            case commands.CallTool():
                self._call(command)
            case commands.Publish() if isinstance(command.fact, ConversationClosed):
                self._closed = True
        return []

    def _reply(self, command: commands.Reply) -> list[Fact]:
        turn = Turn(command.turn_id, replaces=command.replaces)
        try:
            reply = self._responder.reply(self._remembered, command.heard, command.history.messages, turn)
            self._remembered, text, outcome = reply.whole()
            outcome = replace(outcome, expects=self._remembered.answer_expected)
        except PortError as error:
            self._failed(error)
            self._remembered = self._remembered.abandoned(turn)
            return [TurnFailed(command.turn_id, str(error))]
        return self._voiced(command.turn_id, list(clauses.split([text], self._language)), outcome)

    def _voiced(self, turn_id: int, said: list[str], outcome: Outcome) -> list[Fact]:
        self._said += said
        self._outcome = outcome
        facts: list[Fact] = [
            ClauseVoiced(turn_id, text, n * _CLAUSE_SAMPLES, _CLAUSE_SAMPLES, ()) for n, text in enumerate(said)
        ]
        thought = ReplyThought(turn_id, " ".join(said), outcome)
        return [*facts, thought, Played(turn_id, len(said) * _CLAUSE_SAMPLES, True)]

    def _call(self, command: commands.CallTool) -> None:
        try:
            self._tools[command.tool].call(command.function, {})
        except PortError as error:
            self._failed(error)
