"""A conversation in writing with the real responder: for site authors, tests and debugging.

A visitor's line goes the way that spoken words go, without the sound: ``dialogue`` decides about emergencies, the
opening and the closing of a conversation and about calling a person, ``Host`` finds the reply with the retrieval, the
forms, the tools and the language model of the box. The clock stands still at a moment that may be given.

After a conversation was closed (good-bye, hand-over, emergency), the next line opens a new one, as the next words do
at the appliance.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from appliance.brain.knowledge import choices, entries
from appliance.brain.responder import Host
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.conversation import commands, dialogue
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
from appliance.core.ports import PortError, Tool
from appliance.core.turn import Turn
from appliance.speaking import clauses

_CLAUSE_SAMPLES = 1
"""nothing is played; every clause counts as heard whole"""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool."""

    tool: str
    function: str
    arguments: Mapping[str, str]
    ok: bool
    """whether the tool did it; False when it refused or failed"""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A visitor's line and what became of it; ``asdict`` gives the JSON object of ``cloister chat --json``."""

    visitor: str
    reply: str
    route: str
    """how the reply came about, see ``messages.Outcome.route``"""
    facts: tuple[str, ...]
    """identifiers of the site's entries that it rests on"""
    tools: tuple[ToolCall, ...]
    """every call that was made in this turn, in order"""
    emergency: bool
    closed: bool
    """the conversation is over; the next line opens a new one"""


class _Watched:
    """A tool whose calls are written down."""

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
    """One visitor after the other, in writing."""

    def __init__(self, site: Site, tools: Mapping[str, Tool], open_host: Callable[[Mapping[str, Tool]], Host]) -> None:
        """``open_host`` builds the host on the tools that it is given, which are ``tools`` with their calls written
        down."""
        self._calls: list[ToolCall] = []
        self._tools: dict[str, Tool] = {name: _Watched(tool, self._calls) for name, tool in tools.items()}
        self._host = open_host(self._tools)
        self._dialogue = dialogue.Dialogue(site, speculate=False)
        self._state = dialogue.State()
        self._now_s = 0.0
        self._said: list[str] = []
        self._outcome = Outcome()
        self._closed = False

    def greet(self) -> str:
        """What the appliance says to somebody who arrives."""
        self._begin()
        self._take(VisitorArrived())
        return " ".join(self._said)

    def say(self, text: str) -> Exchange:
        """A visitor's line, which the ears are taken to have heard rightly."""
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
        """Let the dialogue step, and do what it commands."""
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
                self._host.open()
            case commands.CallTool():
                self._call(command)
            case commands.Publish() if isinstance(command.fact, ConversationClosed):
                self._closed = True
        return []

    def _reply(self, command: commands.Reply) -> list[Fact]:
        turn, pieces, outcome = Turn(command.turn_id), [], Outcome()
        try:
            for piece in self._host.reply(command.heard, command.history.messages, turn):
                if isinstance(piece, Outcome):
                    outcome = piece
                else:
                    pieces.append(piece)
        except PortError as error:
            print(f"cloister: {error}", file=sys.stderr)
            return [TurnFailed(command.turn_id, str(error))]
        return self._voiced(command.turn_id, list(clauses.split(iter(pieces))), outcome)

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
            print(f"cloister: {error}", file=sys.stderr)


def open_chat(settings: Settings, site: Site, now: Callable[[], datetime], state: Path, cache: Path) -> Chat:
    """The brain of a box for a site, its tools with their state in ``state``; ``cache``: file that keeps the vectors of
    the site's sentences. Takes seconds; raises PortError."""
    from appliance.brain.retrieval import Retrieval
    from appliance.engines.embedding.minilm import MiniLm
    from appliance.engines.llm.llama import LlamaModel
    from appliance.tools.executable import open_tools

    tools = open_tools(site.tools, state, now)
    embedder = MiniLm(settings.brain.embedder, threads=1)
    known = entries(site, choices(site, tools))
    retrieval = Retrieval(known, embedder, cache=cache if _writable(cache) else None)
    model = LlamaModel(settings).session()
    return Chat(site, tools, lambda watched: Host(site, model, retrieval, watched, now, settings.brain.rephrase))


def _writable(file: Path) -> bool:
    existing = file
    while not existing.exists():
        existing = existing.parent
    return os.access(existing, os.W_OK)


def run(
    settings: Settings,
    site: Site,
    script: Path | None,
    now: datetime | None,
    state: Path | None,
    *,
    as_json: bool,
    draft: bool,
) -> None:
    """``cloister chat``: hold the conversation of a script, or of the terminal. ``draft``: the site is not the box's
    own, so the daemon's cache is of other sentences and is left alone. Raises PortError."""
    clock = datetime.now if now is None else lambda: now
    cache = settings.kept / ("retrieval-draft.npz" if draft else "retrieval.npz")
    with _lines(script) as lines, _book(state) as directory:
        chat = open_chat(settings, site, clock, directory, cache)
        interactive = script is None and sys.stdin.isatty() and not as_json
        if interactive:
            print(f"{site.persona.name}: {chat.greet()}", flush=True)
        for line in _asked(lines, prompt=interactive):
            exchange = chat.say(line)
            if as_json:
                print(json.dumps(asdict(exchange), ensure_ascii=False), flush=True)
            else:
                print("\n".join(describe(exchange, site.persona.name, echo=not interactive)), flush=True)


def describe(exchange: Exchange, name: str, *, echo: bool) -> Iterator[str]:
    """An exchange for people; ``echo``: the visitor's line too, which a terminal shows already."""
    if echo:
        yield f"visitor: {exchange.visitor}"
    for call in exchange.tools:
        given = ", ".join(f"{key}={value}" for key, value in call.arguments.items())
        yield f"    {call.tool}.{call.function}({given}){'' if call.ok else ' refused'}"
    notes = ", ".join([exchange.route, *exchange.facts])
    yield f"{name}: {exchange.reply}   [{notes}]"
    if exchange.closed:
        yield "    (the conversation is over; the next line opens a new one)"


def _asked(lines: TextIO, *, prompt: bool) -> Iterator[str]:
    """The visitor's lines; blank ones say nothing and are passed over."""
    while True:
        if prompt:
            print("> ", end="", flush=True)
        line = lines.readline()
        if not line:
            return
        if line.strip():
            yield line.strip()


@contextmanager
def _lines(script: Path | None) -> Iterator[TextIO]:
    """What is read from: a file, or standard input for none and for "-". UTF-8. Raises PortError."""
    if script is None or str(script) == "-":
        yield sys.stdin
        return
    try:
        text = script.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise PortError(f"{script}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise PortError(f"{script}: is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    yield io.StringIO(text)


@contextmanager
def _book(state: Path | None) -> Iterator[Path]:
    """Where the tools keep their state: a folder of their own that is thrown away, unless one is named."""
    if state is not None:
        yield state
        return
    with tempfile.TemporaryDirectory(prefix="cloister-chat-") as directory:
        yield Path(directory)
