"""The ``Tool`` port: what a call promises, whatever the tool is."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType

import pytest

from appliance.config.site import McpSettings, ToolSettings
from appliance.core.facts import ToolResult
from appliance.core.ports import Described, PortError, Tool, Typed
from appliance.language.english import ENGLISH
from appliance.tools.audited import AuditedTool
from appliance.tools.executable import open_tool
from appliance.tools.mcp.server import Server
from tests.conformance.threads import at_once
from tests.fakes import RecordingTool
from tests.records.test_audit_trail import FailingLedger
from tests.tools.mcp.conftest import PROGRAM

NOW = datetime(2026, 11, 18, 14, 45)
DOCTORS = [{"name": "Doctor Chen", "hours": {"monday-friday": "08:00-18:00"}}]
SCRIPT = """\
#!{python} -IS
import json, sys
call = json.load(sys.stdin)
if call["function"] == "fail":
    sys.exit(3)
print(json.dumps({{"ok": call["function"] == "echo", "say": "done", "data": call["arguments"]}}))
"""

Call = tuple[str, Mapping[str, str]]


@dataclass(frozen=True)
class Case:
    """A tool, and calls of it that end in each way that a call can end."""

    name: str
    open: Callable[[Path], Tool]
    good: Call
    refused: Call | None
    fails: Call | None

    def __str__(self) -> str:
        return self.name


def opened(folder: Path, settings: ToolSettings) -> Tool:
    return open_tool(settings, folder, lambda: NOW, ENGLISH)


def executable(folder: Path) -> Tool:
    program = folder / "tool.py"
    program.write_text(SCRIPT.format(python=Path(sys.executable).resolve()))
    program.chmod(0o755)
    return opened(folder, ToolSettings("bell", command=(str(program),), time_limit_s=15.0))


def appointments(folder: Path) -> Tool:
    python = "appliance.tools.appointments:AppointmentBook"
    return opened(folder, ToolSettings("book", python=python, options={"doctors": DOCTORS}))


def recorded(folder: Path) -> Tool:
    return AuditedTool(appointments(folder), FailingLedger(good=10**6), frozenset())


def mcp(folder: Path) -> Tool:
    command = (sys.executable, "-I", "-S", PROGRAM)
    server = Server(ToolSettings("rooms", mcp=McpSettings(command)), folder)
    server.close()
    pins = {function.name: function.pin for function in server.functions}
    return opened(folder, ToolSettings("rooms", mcp=McpSettings(command, pins), time_limit_s=15.0))


FREE: Call = ("free", {"doctor": "Doctor Chen", "date": "2026-11-20"})
LOOK_UP: Call = ("look_up", {"reference": "1234567", "name": "Jane Doe"})
BAD_DATE: Call = ("free", {"doctor": "Doctor Chen", "date": "Jane Doe"})
BOOK: Call = ("book_room", {"day": "2026-12-01", "people": "4"})
CASES = [
    Case("executable", executable, ("echo", {"who": "x"}), ("refuse", {"who": "x"}), ("fail", {"who": "Jane Doe"})),
    Case("Python class", appointments, FREE, LOOK_UP, BAD_DATE),
    Case("MCP", mcp, BOOK, ("book_room", {**BOOK[1], "people": "99"}), ("fail", {"x": "Jane Doe"})),
    Case("recorded", recorded, FREE, LOOK_UP, BAD_DATE),
    Case("fake", lambda _: RecordingTool(), ("ring", {}), None, None),
]


@pytest.fixture(scope="module", params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    made: Case = request.param
    return made


@pytest.fixture(scope="module")
def tool(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    made = case.open(tmp_path_factory.mktemp("tool"))
    yield made
    getattr(made, "close", lambda: None)()


def check(result: ToolResult) -> ToolResult:
    """A result that may be said and put into other texts."""
    assert type(result) is ToolResult and type(result.ok) is bool
    assert result.say.isprintable() and len(result.say) <= 2_000
    json.dumps(result.data, allow_nan=False)
    return result


def problem(tool: Tool, wanted: Call) -> str:
    """The message of a call that fails, or nothing where it has a result. Nothing else may be raised."""
    try:
        check(tool.call(*wanted))
    except PortError as error:
        return str(error)
    return ""


def call(tool: Tool, wanted: Call) -> ToolResult:
    return check(tool.call(*wanted))


def test_it_has_a_name(tool: Tool) -> None:
    assert tool.name and tool.name.isprintable()


def test_a_good_call_is_answered_again_and_again(tool: Tool, case: Case) -> None:
    for _ in range(3):
        assert call(tool, case.good).ok


def test_arguments_are_left_as_they_were(tool: Tool, case: Case) -> None:
    function, arguments = case.good
    assert call(tool, (function, MappingProxyType(dict(arguments)))).ok


def test_a_refusal_is_a_result(tool: Tool, case: Case) -> None:
    if case.refused is None:
        pytest.skip("it refuses nothing")
    assert not call(tool, case.refused).ok
    assert call(tool, case.good).ok


def test_a_failure_is_a_port_error_without_what_was_said(tool: Tool, case: Case) -> None:
    if case.fails is None:
        pytest.skip("it never fails")
    message = problem(tool, case.fails)
    assert message.isprintable() and message and "Jane" not in message
    assert call(tool, case.good).ok


def test_a_function_that_is_not_there_fails_or_is_refused(tool: Tool, case: Case) -> None:
    if case.name == "fake":
        pytest.skip("it has every function")
    message = problem(tool, ("no such function", {}))
    assert message.isprintable()
    assert message or not call(tool, ("no such function", {})).ok


def test_a_tool_that_says_what_it_can_do_has_the_function_of_a_good_call(tool: Tool, case: Case) -> None:
    if isinstance(tool, Described):
        assert case.good[0] in tool.functions
    if isinstance(tool, Typed):
        signature = tool.signatures[case.good[0]]
        assert set(case.good[1]) <= set(signature.arguments)
        assert all(signature.arguments[name].accepts(value) for name, value in case.good[1].items())


@pytest.mark.parametrize(
    "odd", ["", " ", "x" * 10_000, "'; DROP TABLE appointments; --", "a\0b", "\ud800", "$(reboot)", "ünï\n", "\x1b[2J"]
)
def test_any_value_is_answered_or_fails_as_it_should(tool: Tool, case: Case, odd: str) -> None:
    function, arguments = case.good
    message = problem(tool, (function, dict.fromkeys(arguments, odd)))
    assert message.isprintable() and (len(odd) < 2 or odd not in message)
    assert call(tool, case.good).ok


def test_several_threads_call_at_once(tool: Tool, case: Case) -> None:
    def work() -> list[bool]:
        return [call(tool, case.good).ok for _ in range(2)]

    assert at_once([partial(work) for _ in range(4)]) == [[True, True]] * 4
