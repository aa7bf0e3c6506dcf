"""An appliance with scripted engines and a door, and clients of it."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from appliance.config.box import DoorSettings, LineSettings
from appliance.config.site import Site
from appliance.core.facts import Outcome
from appliance.protocols.access import Caller
from appliance.protocols.http import Route
from appliance.protocols.service import Service, open_doors
from appliance.runtime.assemble import running
from appliance.runtime.engines import Engines
from tests.conftest import CHECKOUT
from tests.control.test_operators import ListLedger
from tests.fakes import LoudnessVad, RecordingTool, ScriptedEar, ScriptedResponder, ToneVoice
from tests.runtime.test_appliance import SETTINGS
from tests.sites import SITE

Exchange = tuple[str, list[str | Outcome | Exception]]


@dataclass
class OneToken:
    """A box for which a single token was made."""

    token: str
    scopes: frozenset[str] | None = None

    def caller(self, token: str) -> Caller | None:
        return Caller("tester", self.scopes) if token == self.token else None

    def valid(self, name: str) -> bool:
        return name == "tester"


@dataclass
class Served:
    """A running appliance behind one door."""

    service: Service
    path: Path
    responder: ScriptedResponder
    tool: RecordingTool = field(default_factory=RecordingTool)
    ledger: ListLedger | None = None

    def connect(self) -> socket.socket:
        """A connected socket, for a client that brings none of its own."""
        connected = socket.socket(socket.AF_UNIX)
        connected.settimeout(20)
        connected.connect(str(self.path))
        return connected

    def ask(self, request: str, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
        """Send one request with its head as written. Returns status, headers and body of the answer."""
        with self.connect() as connected:
            connected.sendall(request.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
            connected.shutdown(socket.SHUT_WR)
            received = b""
            while piece := connected.recv(65_536):
                received += piece
        head, _, rest = received.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        return int(status.split()[1]), headers, rest


@contextmanager
def served(
    folder: Path,
    heard: Sequence[str] = (),
    answers: Sequence[Exchange] = (),
    *,
    site: Site = SITE,
    tokens: OneToken | None = None,
    speaks: str = "http",
    connections: int = 16,
    lines: int | None = None,
    words_timed: bool = False,
) -> Iterator[Served]:
    """Run an appliance whose ears hear ``heard`` and whose brain gives ``answers``. ``words_timed`` lets the ears tell
    when words were said."""
    responder = ScriptedResponder(list(answers))
    tool = RecordingTool()
    engines = Engines(
        *(LoudnessVad(), ScriptedEar(list(heard)), ToneVoice(), lambda *_: responder, {"pager": tool}),
        words_timed=words_timed,
    )
    path = folder / "door.sock"
    door = DoorSettings(path, speaks, tokens=tokens is not None, connections=connections)  # type: ignore[arg-type]
    settings = replace(SETTINGS, doors=(door,), lines=LineSettings(most=lines))
    with running(settings, site, engines) as appliance:
        service = Service(appliance, engines, site, settings)
        with open_doors(service, tokens):
            yield Served(service, path, responder, tool)


def invalid(package: str, type: str, messages: Sequence[object]) -> str:
    """What the client of ``package`` says of messages that are not of its ``type`` (``module:name``); nothing where all
    are. Skips the test where the client is not installed."""
    python = CHECKOUT / ".tools" / "clients" / package / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{python} is missing: run `make clients`")
    script = CHECKOUT / "tests" / "protocols" / "clients" / "validate.py"
    command = [str(python), str(script), type]
    done = subprocess.run(command, input=json.dumps(messages), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0 or done.stdout, done.stderr
    return done.stdout


def route(handler: object, method: str = "GET", path: str = "/x", scope: str | None = "all") -> Route:
    return Route(method, path, handler, scope)  # type: ignore[arg-type]
