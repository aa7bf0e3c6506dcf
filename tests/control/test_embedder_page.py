"""The client on the embedder's page follows a real control socket, and the page names every command and code."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.control import server
from appliance.control.server import ControlSocket
from appliance.core.facts import Transcript, TurnEnded
from tests.conftest import CHECKOUT
from tests.control.test_server import FakeAppliance

PAGE = (CHECKOUT / "appliance" / "EMBEDDER.md").read_text(encoding="utf-8")
(CLIENT,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[FakeAppliance]:
    appliance = FakeAppliance()
    control: ControlSocket = ControlSocket(tmp_path / "control.sock", appliance)
    control.start()
    yield appliance
    control.stop()


def test_the_client_on_the_page_receives_the_facts(served: FakeAppliance, tmp_path: Path) -> None:
    client = subprocess.Popen([sys.executable, "-u", "-c", CLIENT], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    with client:
        assert client.stdout is not None
        assert "True" in client.stdout.readline()
        assert served.subscribed.wait(timeout=30)
        served.publish(TurnEnded(Transcript("my secret", 0.9, "test"), 1.0, 1.2))
        line = client.stdout.readline()
        client.terminate()
    assert "'fact': 'TurnEnded'" in line and "secret" not in line


def test_every_command_and_every_code_is_named() -> None:
    missing = [name for name in (*server._ROLE_OF, *typing.get_args(server.Code)) if f"`{name}`" not in PAGE]
    assert not missing


def test_every_field_of_a_written_turn_is_named() -> None:
    from appliance.runtime.written import Exchange, ToolCall

    names = [*Exchange.__dataclass_fields__, *ToolCall.__dataclass_fields__]
    assert not [name for name in names if f"`{name}`" not in PAGE]


def test_a_tool_call_is_as_the_page_shows_it(tmp_path: Path) -> None:
    """The page's question to a tool gets the page's answer from the tool in the cookbook."""
    (block,) = re.findall(r"```json\n(.*?)```", PAGE, re.S)
    asked, answered = block.splitlines()
    tool = CHECKOUT / "appliance" / "sites" / "cookbook" / "tools" / "message"
    done = subprocess.run(
        [tool], input=asked, env={"CLOISTER_STATE": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    shown = json.loads(answered)
    assert {**shown, **json.loads(done.stdout)} == shown
