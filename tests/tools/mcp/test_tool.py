"""A server of MCP as a tool: what it may answer, what it may do wrong, and that this ends one call at most."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.config.site import McpSettings, ToolSettings
from appliance.core.ports import PortError, Typed
from appliance.tools.mcp.tool import McpTool
from tests.tools.mcp.conftest import PROGRAM, settings

CALL = {"day": "2026-12-01", "people": "4"}

Open = Callable[..., McpTool]


@pytest.fixture
def opened(tmp_path: Path, pins: dict[str, str]) -> Iterator[Open]:
    """Opens tools, and closes them after the test."""
    with contextlib.ExitStack() as closing:

        def open_one(*how: str, limit_s: float = 10.0, retry_s: float = 0.05) -> McpTool:
            tool = McpTool(settings(pins, *how, limit_s=limit_s), tmp_path, retry_s)
            closing.callback(tool.close)
            return tool

        yield open_one


def wait_for(what: Callable[[], bool]) -> None:
    for _ in range(2000):
        if what():
            return
        time.sleep(0.01)
    pytest.fail("it never came")


def answers_again(tool: McpTool) -> bool:
    try:
        return tool.call("echo", {"x": "again"}).data == {"x": "again"}
    except PortError:
        return False


# --- calls ------------------------------------------------------------------------------------------------------------


def test_values_go_in_by_type_and_fields_come_out(opened: Open) -> None:
    tool = opened()
    assert isinstance(tool, Typed)
    result = tool.call("book_room", {**CALL, "kind": "quiet room", "projector": "with a projector"})
    assert (result.ok, result.say) == (True, "")
    given = {"day": "2026-12-01", "people": 4, "kind": "quiet_room", "projector": True}
    assert result.data == {"room": 205, "day": "2026-12-01", "given": given}


def test_text_without_a_schema_is_a_field(opened: Open) -> None:
    tool = opened()
    assert tool.call("plain", {}).data == {"text": "Room 5\nis free"}
    assert tool.call("fields", {"x": '{"room": 5}'}).data == {"room": 5}
    assert tool.call("fields", {"x": "[5]"}).data == {"text": "[5]"}


@pytest.mark.parametrize(
    ("wrong", "slots"),
    [
        ({"people": "13"}, ["people"]),
        ({"people": "2.5"}, ["people"]),
        ({"people": "nan"}, ["people"]),
        ({"day": "2026-13-01", "people": "0"}, ["day", "people"]),
        ({"kind": "ball room"}, ["kind"]),
        ({"projector": "true enough"}, ["projector"]),
    ],
)
def test_a_value_that_is_not_wanted_is_refused_with_its_slot(
    opened: Open, wrong: dict[str, str], slots: list[str]
) -> None:
    result = opened().call("book_room", {**CALL, **wrong})
    assert (result.ok, result.say, result.data) == (False, "", {"slots": slots})


def test_an_error_of_a_function_is_a_refusal_whose_words_are_dropped(opened: Open) -> None:
    result = opened().call("refuse", {})
    assert (result.ok, result.say, result.data) == (False, "", {})


@pytest.mark.parametrize(
    ("function", "arguments", "words"),
    [
        ("nothing", {}, "nothing is not pinned"),
        ("book_room", {"day": "2026-12-01"}, "`people` is missing"),
        ("book_room", {**CALL, "name": "Jane Doe"}, "takes no 'name'"),
    ],
)
def test_a_call_that_the_site_has_wrong_is_not_made(
    opened: Open, function: str, arguments: dict[str, str], words: str
) -> None:
    with pytest.raises(PortError, match=words):
        opened().call(function, arguments)


def test_calls_at_once_get_each_their_own_answer(opened: Open) -> None:
    tool, found = opened(), {}

    def call(number: int) -> None:
        for _ in range(20):
            found[number] = tool.call("echo", {"x": str(number)}).data

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: {"x": str(number)} for number in range(8)}


def test_the_server_is_started_once_with_an_all_but_empty_environment(
    opened: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET", "x")
    tool = opened()
    first, second = (tool.call("pid", {}).data for _ in range(2))
    assert first == second
    assert first["cwd"] == "/" and {"PATH", "CLOISTER_STATE"} <= set(first["names"]) and "SECRET" not in first["names"]  # type: ignore[call-overload, operator]
    assert (tmp_path / "tools" / "rooms").stat().st_mode & 0o777 == 0o700


# --- a server that misbehaves in a call -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "x", "words"),
    [
        ("fail", "what the visitor said", "error -32000"),
        ("image", "", "with image"),
        ("letters", "b", "cannot be said"),
        ("letters", "r", "cannot be said"),
        ("letters", "s", "cannot be said"),
        ("letters", "n", "cannot be said"),
        ("huge", "", "more than 65536"),
        ("no_result", "", "no object"),
        ("no_content", "", "no result of a call"),
        ("invalid", "", "only text"),
        ("fields", '{"a":' * 20 + "1" + "}" * 20, "nested deeper"),
    ],
)
def test_an_answer_that_cannot_be_used_is_an_error(opened: Open, function: str, x: str, words: str) -> None:
    tool = opened()
    with pytest.raises(PortError, match=words) as caught:
        tool.call(function, {"x": x})
    assert str(caught.value).startswith(f"tool rooms: {function} ")
    assert "visitor" not in str(caught.value) and str(caught.value).isprintable()
    assert answers_again(tool), "the same server goes on"


@pytest.mark.parametrize("function", ["garbage", "wrong_ids", "twice", "stderr"])
def test_lines_that_nobody_waits_for_are_passed_over(opened: Open, function: str) -> None:
    tool = opened()
    before = tool.call("pid", {}).data
    result = tool.call(function, {})
    assert result.data in ({}, {"x": "right"}, {"x": "first"}, {"x": "done"})
    assert tool.call("echo", {"x": "next"}).data == {"x": "next"}
    assert tool.call("pid", {}).data == before


@pytest.mark.parametrize("function", ["deep", "nan", "late", "deaf"])
def test_no_answer_in_time_is_an_error(opened: Open, function: str) -> None:
    with pytest.raises(PortError, match=r"took longer than 0.5 s"):
        opened(limit_s=0.5).call(function, {})


def test_a_late_call_is_cancelled_and_its_answer_dropped(opened: Open, tmp_path: Path) -> None:
    tool = opened(limit_s=0.5)
    with pytest.raises(PortError, match="took longer"):
        tool.call("late", {})
    wait_for(lambda: answers_again(tool))
    number, cancelled = json.loads((tmp_path / "tools/rooms/cancelled").read_text())
    assert cancelled["method"] == "notifications/cancelled" and cancelled["params"]["requestId"] == number


def test_requests_of_the_server_are_refused_but_for_a_ping(opened: Open) -> None:
    ping, *others = opened().call("asks", {}).data["answers"]  # type: ignore[misc]
    assert ping == {"jsonrpc": "2.0", "id": "mine-ping", "result": {}}  # type: ignore[has-type]
    assert [other["error"]["code"] for other in others] == [-32601] * 4  # type: ignore[has-type]


@pytest.mark.parametrize("function", ["die", "giant", "flood"])
def test_the_end_of_a_server_fails_the_call_and_it_is_started_again(opened: Open, function: str) -> None:
    tool = opened(limit_s=15.0)
    before = tool.call("pid", {}).data["pid"]
    with pytest.raises(PortError, match=rf"tool rooms: {function} failed because its server"):
        tool.call(function, {})
    wait_for(lambda: answers_again(tool))
    assert tool.call("pid", {}).data["pid"] != before


def test_an_answer_before_the_end_arrives(opened: Open) -> None:
    tool = opened()
    for _ in range(3):
        assert tool.call("die_after", {}).ok
        wait_for(lambda: answers_again(tool))


def test_a_server_that_ends_fails_all_calls_that_wait(opened: Open) -> None:
    tool, problems = opened(), []

    def wait() -> None:
        try:
            tool.call("deaf", {})
        except PortError as error:
            problems.append(str(error))

    threads = [threading.Thread(target=wait) for _ in range(3)]
    pid = int(str(tool.call("pid", {}).data["pid"]))
    for thread in threads:
        thread.start()
    while len(tool._server._client._waiting) < 3:  # type: ignore[union-attr]
        time.sleep(0.01)
    os.kill(pid, 9)
    for thread in threads:
        thread.join()
    assert problems == ["tool rooms: deaf failed because its server has ended"] * 3


def test_a_server_that_offers_other_functions_is_refused(opened: Open) -> None:
    tool = opened()
    assert tool.call("change", {}).ok
    with pytest.raises(PortError, match="'book_room' has another schema"):
        tool.call("book_room", CALL)
    wait_for(lambda: answers_again(tool))
    assert tool.call("book_room", CALL).ok, "a new server offers what is pinned"


# --- the start --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["page by page", "old", "chatty"])
def test_what_a_server_may_do_otherwise(opened: Open, how: str) -> None:
    assert opened(how).call("book_room", CALL).ok


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("dies", "ended while it was started"),
        ("giant", "ended while it was started"),
        ("new", "speaks none of the versions"),
        ("no tools", "offers no functions"),
        ("round and round", "more than 32 pages"),
        ("many", "at most 512 functions"),
        ("twice", "two functions of the same name"),
        ("no functions", "something that is no function"),
        ("another schema", r"'book_room' has another schema than the pinned one: sha256:\w+ instead of sha256:"),
        ("fewer", r"'book_room' is pinned, and the server does not offer it.*'echo' is pinned"),
    ],
)
def test_a_server_that_cannot_be_used_is_refused_at_the_start(opened: Open, how: str, words: str) -> None:
    with pytest.raises(PortError, match=rf"^tool rooms: its server .*{words}"):
        opened(how)


def test_a_server_that_says_nothing_is_given_up(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.tools.mcp.server.START_S", 0.5)
    with pytest.raises(PortError, match=r"its server took longer than 0.5 s"):
        opened("silent")


def test_a_site_must_pin_what_it_uses(tmp_path: Path) -> None:
    with pytest.raises(PortError, match="cloister site pin"):
        McpTool(settings({}), tmp_path)
    with pytest.raises(PortError, match="/nowhere is not an executable file"):
        McpTool(ToolSettings("rooms", mcp=McpSettings(("/nowhere",), {"echo": ""})), tmp_path)


def test_a_server_that_keeps_ending_is_started_ever_more_seldom(opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    tool = opened("dies later", retry_s=0.01)
    with pytest.raises(PortError):
        tool.call("die", {})
    wait_for(lambda: tool._server._failures >= 4)
    with pytest.raises(PortError, match="is started again"):
        tool.call("echo", {})
    assert "ended while it was started" in caplog.text


def test_a_server_that_comes_back_changed_stays_refused(opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    tool = opened("another later")
    with pytest.raises(PortError):
        tool.call("die", {})
    wait_for(lambda: "has another schema" in caplog.text)
    with pytest.raises(PortError, match="is started again"):
        tool.call("echo", {})


def test_a_program_that_was_changed_is_not_started_again(
    tmp_path: Path, pins: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    program = tmp_path / "rooms.py"
    program.write_text(Path(PROGRAM).read_text())
    command = (sys.executable, "-I", "-S", str(program))
    tool = McpTool(ToolSettings("rooms", mcp=McpSettings(command, pins), time_limit_s=10.0), tmp_path, 0.01)
    program.write_text(program.read_text() + "# other\n")
    with pytest.raises(PortError):
        tool.call("die", {})
    wait_for(lambda: "rooms.py was changed since the start" in caplog.text)
    tool.close()


# --- the end ----------------------------------------------------------------------------------------------------------


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[-1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize("how", ["", "stubborn"])
@pytest.mark.parametrize("end", ["closed", "forgotten", "killed"])
def test_nothing_is_left_of_a_server(opened: Open, how: str, end: str, tmp_path: Path, pins: dict[str, str]) -> None:
    tool = McpTool(settings(pins, how), tmp_path, 100.0)
    pids = [int(str(tool.call(function, {}).data["pid"])) for function in ("pid", "child")]
    assert not any(map(gone, pids))
    if end == "closed":
        tool.close()
    elif end == "killed":
        os.kill(pids[0], 9)
    del tool
    wait_for(lambda: all(map(gone, pids)))
