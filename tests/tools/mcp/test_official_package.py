"""A server that is written with the official ``mcp`` package, in an environment of its own."""

from __future__ import annotations

import dataclasses
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from appliance.brain.knowledge import misfits
from appliance.config.site import load_site
from appliance.core.ports import PortError
from appliance.tools.executable import open_tools
from appliance.tools.mcp.tool import McpTool
from tests.cli.command import cloister
from tests.conftest import CHECKOUT

pytestmark = pytest.mark.slow

VERSIONS = ("mcp==2.3.0", "mcp<2")
"""the newest, and the last of the package's first version, whose server class has another name"""

SERVER = '''
import datetime
from typing import Annotated, Literal, Optional
from pydantic import BaseModel, Field
try:
    from mcp.server.mcpserver import Context, MCPServer
except ImportError:
    from mcp.server.fastmcp import Context, FastMCP as MCPServer

server = MCPServer("rooms")

class Room(BaseModel):
    number: int
    floor: int

@server.tool()
def book(
    day: datetime.date,
    start: datetime.time,
    people: Annotated[int, Field(ge=1, le=12, description="For how many people?")],
    kind: Literal["meeting_room", "quiet_room"] = "meeting_room",
    screen: bool = False,
    note: Optional[str] = None,
) -> Room:
    """Book a room."""
    if people > 10:
        raise ValueError("there is no room for " + str(people))
    return Room(number=200 + people, floor=2 if screen else 1)

@server.tool()
def greet(name: str) -> str:
    """Greet somebody."""
    return "Hello " + name

@server.tool()
async def ask(context: Context) -> str:
    """Ask the client for something that it does not do."""
    try:
        await context.session.list_roots()
    except Exception as error:
        return "refused"
    return "answered"

server.run()
'''

SITE = """\
name: Marsh House
persona: {name: Mara, role: the voice assistant at Marsh House, greeting: Welcome.}
tools:
  - name: rooms
    mcp: {command: [PYTHON, -I, SERVER]}
    time_limit_s: 15
"""


@pytest.fixture(scope="module", params=VERSIONS)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that names the server and pins nothing yet."""
    folder = tmp_path_factory.mktemp("official")
    uv = CHECKOUT / ".tools/bin/uv"
    if not uv.exists():
        pytest.skip("there is no uv in this checkout: make setup")
    cache = os.environ.get("UV_CACHE_DIR", str(CHECKOUT / ".tools/cache/uv"))
    for command in (
        ("venv", "--quiet", folder / "venv"),
        ("pip", "install", "--python", folder / "venv", request.param),
    ):
        done = subprocess.run([uv, *command], env={**os.environ, "UV_CACHE_DIR": cache}, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"{request.param} cannot be had here: {done.stderr.strip().splitlines()[-1]}")
    (folder / "server.py").write_text(SERVER)
    path = folder / "site.yaml"
    text = SITE.replace("PYTHON", str(folder / "venv/bin/python")).replace("SERVER", str(folder / "server.py"))
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def pinned(site: Path) -> Path:
    """The site with what the commands print: the pins, and a drafted form."""
    done = cloister("site", "pin", site)
    assert done.returncode == 0, done.stderr
    written = yaml.safe_load(site.read_text())
    mcp = written["tools"][0]["mcp"]
    mcp["functions"] = yaml.safe_load(done.stdout)["functions"]
    mcp["words"] = {"with screen": True, "without screen": False}
    done = cloister("site", "form", site, "rooms", "book")
    assert done.returncode == 0, done.stderr
    path = site.with_name("pinned.yaml")
    path.write_text(yaml.safe_dump({**written, "forms": yaml.safe_load(done.stdout)}))
    return path


@pytest.fixture(scope="module")
def tool(pinned: Path) -> Iterator[McpTool]:
    loaded = load_site(pinned)
    opened = open_tools(loaded.tools, loaded.language, pinned.parent)["rooms"]
    assert isinstance(opened, McpTool)
    yield opened
    opened.close()


CALL = {"day": "2026-12-01", "start": "10:00", "people": "4"}


def test_the_drafted_form_fits(pinned: Path, tool: McpTool) -> None:
    site = load_site(pinned)
    assert misfits(site, {"rooms": tool}) == []
    assert [(slot.name, slot.kind, slot.optional) for slot in site.forms[0].slots] == [
        *(("day", "date", False), ("start", "time", False), ("people", "number", False)),
        *(("kind", "choice", True), ("screen", "choice", True), ("note", "text", True)),
    ]


def test_calls_are_answered(tool: McpTool) -> None:
    call = {**CALL, "kind": "quiet room", "screen": "with screen", "note": "by the window"}
    assert tool.call("book", call).data == {"number": 204, "floor": 2}
    assert "Hello Jane" in tool.call("greet", {"name": "Jane"}).data.values()


def test_refusals_of_ours_and_of_the_server(tool: McpTool) -> None:
    assert tool.call("book", {**CALL, "people": "13"}).data == {"slots": ["people"]}
    refused = tool.call("book", {**CALL, "people": "11"})
    assert (refused.ok, refused.data) == (False, {})


def test_a_request_of_the_server_is_refused(tool: McpTool) -> None:
    assert "refused" in tool.call("ask", {}).data.values()


def test_a_server_with_another_schema_is_refused(pinned: Path) -> None:
    settings = load_site(pinned).tools[0]
    server = pinned.with_name("other.py")
    server.write_text(SERVER.replace("le=12", "le=13"))
    assert settings.mcp is not None
    changed = dataclasses.replace(settings.mcp, command=(*settings.mcp.command[:2], str(server)))
    with pytest.raises(PortError, match="'book' has another schema than the pinned one"):
        McpTool(dataclasses.replace(settings, mcp=changed), pinned.parent)
