"""The site's tools: executables, Python classes and MCP servers (``mcp``) behind the ``Tool`` port.

An executable gets one JSON object ``{"function": …, "arguments": {…}}`` on standard input and answers with one JSON
object ``{"ok": true, "say": "…", "data": {…}}`` on standard output. It is started without a shell, with an all but
empty environment (``PATH`` and ``CLOISTER_STATE``, a directory of its own that it may keep things in). It is killed
with all it started when it has answered or its time is over (``keeper``). What it writes to standard error is dropped,
since it may hold what a visitor said.

Where the appliance is a unit of systemd (which sets CLOISTER_TOOLS), an executable runs in a unit of its own,
``cloister-tool@NAME.service``, as another user, who reads neither the appliance's state nor its keys. Elsewhere it runs
as the user of the appliance and could read and write what the appliance can. ``cloister check`` and ``attest`` say so.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import subprocess
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from appliance.config.site import ToolSettings
from appliance.core.facts import ToolResult
from appliance.core.ports import PortError, Tool
from appliance.isolation.unix_socket import LineTooLong, call_line
from appliance.language import Language
from appliance.tools.keeper import LARGEST_ANSWER, Order, Outcome
from appliance.tools.mcp.tool import McpTool
from appliance.tools.program import Program, environment, keeper_command, unit_socket
from appliance.tools.sayable import can_be_said, sound

LONGEST_SENTENCE = 2_000
"""Most letters of what is said for a tool: two minutes"""

OUTSIDE = Path("/run/cloister-tools/open")
"""Where systemd listens for the tools that are units (cloister-tool@.socket); only root gets there from outside"""

_DEEPEST = 16
"""Most levels of objects within objects in ``data``"""

_LONGEST_PROBLEM = 300
"""Most letters of a message about what is wrong with a call"""

_HUNT_S = 6.0
"""Seconds that the keeper may take beyond the tool's own time to kill what the tool left (``keeper``)"""


class Executable:
    """A program that the site declares as a tool."""

    def __init__(self, settings: ToolSettings, state: Path) -> None:
        """``state`` is the appliance's state folder, in which the tool gets a folder. Raises PortError when the tool
        cannot be used."""
        self.name = settings.name
        self._settings = settings
        self._program = Program(settings.name, settings.command)
        self._socket = unit_socket(settings.name)
        self._state = state / "tools" / settings.name

    def call(self, function: str, arguments: Mapping[str, str]) -> ToolResult:
        """Run the program once. Raises PortError when it fails, takes too long, was replaced since the start, or
        answers something else than it should."""
        self._program.check()
        if self._socket is not None:
            outcome = self._call_outside(self._socket, function, arguments)
        else:
            outcome = self._call_here(function, arguments)
        if outcome.problem:
            raise PortError(f"tool {self.name}: {function} {outcome.problem}")
        try:
            output = outcome.answer()
        except ValueError:
            raise self._broken(function) from None
        return read_answer(self.name, function, output)

    def _call_outside(self, socket: Path, function: str, arguments: Mapping[str, str]) -> Outcome:
        limit_s = self._settings.time_limit_s
        request = json.dumps({"function": function, "arguments": dict(arguments)})
        try:
            # The start of its unit counts, so that the visitor does not wait longer than the site wants.
            line = call_line(socket, request, _LARGEST_OUTCOME, limit_s)
        except TimeoutError:
            return Outcome(
                f"took longer than {limit_s:g} s and was killed; raise `time_limit_s` or look at the program"
            )
        except (OSError, LineTooLong):
            return Outcome(f"was not answered by its unit; see journalctl -u cloister-tool@{self.name}")
        return self._outcome(function, line)

    def _call_here(self, function: str, arguments: Mapping[str, str]) -> Outcome:
        limit_s = self._settings.time_limit_s
        try:
            self._state.mkdir(mode=0o700, parents=True, exist_ok=True)
            called = order(self._settings, function, arguments, self._state)
            keeper = subprocess.Popen(
                keeper_command("main"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
            )
        except OSError as error:
            raise PortError(f"tool {self.name}: it cannot be started: {error.strerror}") from error
        # Leaving the block closes the keeper's standard input, which tells it that the answer is no longer wanted, and
        # waits for it to end.
        with keeper:
            assert keeper.stdin is not None and keeper.stdout is not None
            try:
                keeper.stdin.write(json.dumps(asdict(called)).encode() + b"\n")
                keeper.stdin.flush()
                line = _read_line(keeper.stdout.fileno(), limit_s + _HUNT_S)
            except OSError:
                keeper.kill()
                line = b""
        return self._outcome(function, line)

    def _outcome(self, function: str, line: bytes) -> Outcome:
        """Read the outcome of the call. A tool in a unit may have written it itself, as it shares the unit's user."""
        try:
            outcome = Outcome(**json.loads(line))
            whole = isinstance(outcome.problem, str) and isinstance(outcome.output, str)
        except (ValueError, TypeError, RecursionError):
            whole = False
        if not whole or not can_be_said(outcome.problem) or len(outcome.problem) > _LONGEST_PROBLEM:
            raise self._broken(function) from None
        return outcome

    def _broken(self, function: str) -> PortError:
        return PortError(f"tool {self.name}: {function} was not watched over as it should be")


def order(settings: ToolSettings, function: str, arguments: Mapping[str, str], state: Path) -> Order:
    """The order that runs a call, with ``state`` as the folder that the tool may keep things in."""
    request: dict[str, object] = {"function": function, "arguments": dict(arguments)}
    if settings.options:
        request["options"] = dict(settings.options)
    return Order(list(settings.command), json.dumps(request), environment(state), settings.time_limit_s)


_LARGEST_OUTCOME = LARGEST_ANSWER * 4 // 3 + 1024
"""Most bytes of an outcome: an answer in base64, and what surrounds it"""


def _read_line(descriptor: int, within_s: float) -> bytes:
    """Read one line of an outcome. Raises TimeoutError. A line that is not whole is no outcome."""
    ends_s, received = time.monotonic() + within_s, bytearray()
    while not received.endswith(b"\n") and len(received) <= _LARGEST_OUTCOME:
        ready, _, _ = select.select([descriptor], [], [], max(ends_s - time.monotonic(), 0))
        if not ready:
            raise TimeoutError
        piece = os.read(descriptor, 65_536)
        if not piece:
            break
        received += piece
    return bytes(received)


def read_answer(tool: str, function: str, output: bytes) -> ToolResult:
    """Parse what a program wrote as a result. Raises PortError when it is none. Everything in it may be said aloud or
    put into another text, so letters that cannot be said or that hide others are refused."""

    def wrong(why: str) -> PortError:
        return PortError(f"tool {tool}: {function} {why}")

    def no_number(_text: str) -> None:
        raise ValueError

    if len(output) > LARGEST_ANSWER:
        raise wrong(f"answered with more than {LARGEST_ANSWER} bytes")
    try:
        answer = json.loads(output, parse_constant=no_number)
    except (ValueError, RecursionError):
        raise wrong("answered something else than one JSON object") from None
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool) or not isinstance(answer.get("say"), str):
        raise wrong('must answer {"ok": true or false, "say": "a sentence"}')
    data = answer.get("data", {})
    if not isinstance(data, dict):
        raise wrong("answered `data` that is no object")
    # Line ends and tabs are white space to a speaker.
    sentence = " ".join(answer["say"].split())
    if len(sentence) > LONGEST_SENTENCE:
        raise wrong(f"answered more than {LONGEST_SENTENCE} letters to say")
    if not can_be_said(sentence):
        raise wrong("answered letters to say that nobody can say: control characters or halves of characters")
    if not sound(data, _DEEPEST):
        raise wrong(f"answered `data` with letters that nobody can say, or nested deeper than {_DEEPEST}")
    return ToolResult(answer["ok"], sentence, data)


def separated(tools: Sequence[ToolSettings]) -> dict[str, bool]:
    """For each executable tool, whether systemd listens for its unit on this box, so that it runs as another user. Only
    root can tell."""
    return {tool.name: (OUTSIDE / tool.name).is_socket() for tool in tools if tool.program}


def open_tool(settings: ToolSettings, state: Path, now: Callable[[], datetime], language: Language) -> Tool:
    """Build a tool as the site declares it. Raises PortError when it cannot be used.

    A Python tool takes its time of day from ``now``, as the responder does. An executable has only the box's clock.
    A tool whose class has ``speaks = True`` is built with the site's language as well."""
    if settings.command:
        return Executable(settings, state)
    if settings.mcp is not None:
        return McpTool(settings, state)
    assert settings.python is not None
    module_name, _, class_name = settings.python.partition(":")
    try:
        kind = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        raise PortError(f"tool {settings.name}: {settings.python} cannot be loaded: {error}") from error
    speaks = getattr(kind, "speaks", False) is True
    tool: Tool = kind(settings.options, state, now, *((language,) if speaks else ()))
    return tool


def open_tools(
    settings: Sequence[ToolSettings],
    language: Language,
    state: Path,
    now: Callable[[], datetime] = datetime.now,
    unused: Collection[str] = (),
) -> dict[str, Tool]:
    """All tools of a site by name. A server among those that are ``unused`` is not started, and cannot be called."""
    return {
        tool.name: _Unstarted(tool.name)
        if tool.mcp is not None and tool.name in unused
        else open_tool(tool, state, now, language)
        for tool in settings
    }


@dataclass(frozen=True, slots=True)
class _Unstarted:
    """A server that is not started."""

    name: str

    def call(self, function: str, arguments: Mapping[str, str]) -> ToolResult:
        raise PortError(f"tool {self.name}: its server was not started")
