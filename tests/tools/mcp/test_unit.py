"""A server in the unit of its tool, which systemd starts for a connection."""

from __future__ import annotations

import dataclasses
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.core.ports import PortError
from appliance.tools.mcp.tool import McpTool
from tests.conftest import CHECKOUT
from tests.sealed_daemon import SITE, configure
from tests.tools.mcp.conftest import settings
from tests.tools.mcp.test_tool import answers_again, gone, wait_for
from tests.tools.test_executable import MANAGER


@pytest.fixture
def tool(
    tmp_path: Path, pins: dict[str, str], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[McpTool]:
    """The tool ``bell``, whose unit a manager starts. Its own folder is ``its-own``."""
    folder, state = tmp_path / "sockets", tmp_path / "its-own"
    folder.mkdir()
    state.mkdir()
    declared = dataclasses.replace(settings(pins, *getattr(request, "param", ())), name="bell")
    command = json.dumps(list(declared.program))
    config = configure(tmp_path, site=f"{SITE}tools: [{{name: bell, mcp: {{command: {command}}}}}]\n")
    with subprocess.Popen(
        [sys.executable, "-c", MANAGER, folder / "bell", config, state], stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
    ) as manager:
        assert manager.stdout is not None and manager.stdout.readline() == "listening\n"
        monkeypatch.setenv("CLOISTER_TOOLS", str(folder))
        opened = McpTool(declared, tmp_path, 0.05)
        yield opened
        opened.close()
        manager.kill()


def test_a_server_in_its_unit_answers_as_without_one(tool: McpTool, tmp_path: Path) -> None:
    assert tool.call("echo", {"x": "a" * 50_000}).data == {"x": "a" * 50_000}
    first, second = (tool.call("pid", {}).data for _ in range(2))
    assert first == second
    assert (tmp_path / "its-own" / "started").exists()


def test_a_server_in_its_unit_that_ends_is_started_again(tool: McpTool) -> None:
    with pytest.raises(PortError, match="its server has ended"):
        tool.call("die", {})
    wait_for(lambda: answers_again(tool))
    assert tool.call("die_after", {}).ok
    wait_for(lambda: answers_again(tool))


@pytest.mark.parametrize("tool", [(), ("stubborn",)], indirect=True)
def test_nothing_is_left_of_a_server_in_its_unit(tool: McpTool) -> None:
    pids = [int(str(tool.call(function, {}).data["pid"])) for function in ("pid", "child")]
    assert not any(map(gone, pids))
    tool.close()
    wait_for(lambda: all(map(gone, pids)))


def test_a_server_in_its_unit_has_no_network(tool: McpTool) -> None:
    assert "not supported" in str(tool.call("network", {}).data["network"])


def test_a_unit_that_is_not_there_or_does_not_answer_is_named(
    tmp_path: Path, pins: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOISTER_TOOLS", str(tmp_path))
    with pytest.raises(PortError, match=r"systemctl enable --now cloister-tool@rooms.socket"):
        McpTool(settings(pins), tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "rooms"))
        with pytest.raises(PortError, match=r"does not answer; see journalctl -u cloister-tool@rooms"):
            McpTool(settings(pins), tmp_path)
        listening.listen()
        threading.Thread(target=lambda: listening.accept()[0].close()).start()
        with pytest.raises(PortError, match="its server ended while it was started"):
            McpTool(settings(pins), tmp_path)


def test_no_descriptor_is_left_open(tool: McpTool) -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = count()
    for _ in range(3):
        with pytest.raises(PortError):
            tool.call("die", {})
        wait_for(lambda: answers_again(tool))
    wait_for(lambda: count() <= before)
