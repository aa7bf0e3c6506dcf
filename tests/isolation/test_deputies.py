"""Attempts on real deputies: services at sockets of our own, and the real sound server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.cli.check import check_sound_server
from appliance.isolation import deputies
from appliance.isolation.unix_socket import exchange
from tests.pulse import SoundServer


@pytest.fixture(params=[True, False], ids=["loads modules", "loads none"])
def server(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[bool]:
    """A real sound server. Yields whether it loads modules for any client."""
    server = SoundServer(tmp_path, loads_modules=request.param)
    server.start(awake=False)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    yield request.param
    server.stop()


def _modules() -> bytes:
    return subprocess.run(["pactl", "list", "short", "modules"], capture_output=True, check=True).stdout


def test_whether_a_sound_server_loads_modules_is_tried(server: bool) -> None:
    """The attempt leaves nothing behind. PulseAudio's own tool gives the same answer."""
    before = _modules()
    assert deputies.sound_server_loads_modules() is server
    assert _modules() == before
    own = subprocess.run(["pactl", "load-module", "module-null-sink"], capture_output=True, check=False)
    assert (own.returncode == 0) is server


def test_check_reports_a_sound_server_that_loads_modules(server: bool) -> None:
    (finding,) = check_sound_server()
    assert finding.verdict == ("fail" if server else "ok")
    assert not server or "--disallow-module-loading" in finding.remedy


def test_a_sealed_child_finds_the_sound_server_too(server: bool) -> None:
    """The child is sealed as the appliance is where it uses a sound server."""
    code = (
        "import json; from appliance.isolation import deputies; from appliance.isolation.seal import Needs, seal\n"
        "seal(Needs.here()); print(json.dumps(deputies.look_in_child(everything=False)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    found = deputies.read_found(json.loads(run.stdout))
    assert (deputies.SOUND_MODULES in found.reached) is server, run.stderr


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n" * 20, b"\xff" * 100, b"\0" * 40])
def test_another_service_in_place_of_the_sound_server_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/native")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{tmp_path}/native")
        listening.listen()

        def serve() -> None:
            with listening.accept()[0] as connected:
                connected.recv(1000)
                connected.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(OSError):
            deputies.sound_server_loads_modules()
        thread.join()


def test_no_sound_server_is_no_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_SERVER", "tcp:192.0.2.1:4713")
    assert deputies.sound_server() is None and not list(check_sound_server())
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nowhere")
    (finding,) = check_sound_server()
    assert finding.verdict == "warn"


@pytest.mark.parametrize(
    ("named", "path"),
    [
        ("unix:/run/air/native", "/run/air/native"),
        ("/run/air/native", "/run/air/native"),
        ("{machine}unix:/run/air/native", "/run/air/native"),
        ("tcp:box:4713", None),
        ("box", None),
    ],
)
def test_a_sound_server_is_found_as_libraries_find_it(named: str, path: str | None) -> None:
    assert deputies.sound_server({"PULSE_SERVER": named}) == path


LOOK = """
import json, os, sys
from appliance.isolation import deputies
from appliance.isolation.seal import Needs, seal
if sys.argv[1] == "sealed":
    seal()
print(json.dumps(deputies.look_in_child(everything=True)))
"""


def _look(state: str) -> deputies.Found:
    run = subprocess.run([sys.executable, "-c", LOOK, state], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return deputies.read_found(json.loads(run.stdout))


@pytest.mark.slow
def test_every_socket_that_can_be_reached_is_listed(tmp_path: Path) -> None:
    name = f"cloister-test-{os.getpid()}"
    kinds = {"stream": socket.SOCK_STREAM, "datagrams": socket.SOCK_DGRAM, "packets": socket.SOCK_SEQPACKET}
    sockets = []
    for place, kind in kinds.items():
        for address in (str(tmp_path / place), f"\0{name}-{place}"):
            listening = socket.socket(socket.AF_UNIX, kind)
            listening.bind(address)
            if kind != socket.SOCK_DGRAM:
                listening.listen()
            sockets.append(listening)
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(tmp_path / "dead"))
    dead.close()
    ours = {*(f"@{name}-{place}" for place in kinds), *(str(tmp_path / place) for place in kinds)}
    free, sealed = _look("free"), _look("sealed")
    for listening in sockets:
        listening.close()
    assert {address for address in free.sockets if name in address or str(tmp_path) in address} == ours
    assert sealed.sockets == [] and sealed.seen >= len(ours)
    assert sealed.reached == [] and deputies.ACCOMPLICE in free.reached


def test_an_incomplete_answer_is_refused() -> None:
    with pytest.raises(ValueError):
        deputies.read_found({"deputies": {"D-Bus": "refused"}})
    with pytest.raises(ValueError):
        deputies.read_found({"deputies": 3})
    with pytest.raises(ValueError):
        deputies.read_found({})


def test_a_service_that_does_not_answer_is_not_reached(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        with pytest.raises(TimeoutError):
            exchange(os.fsencode(tmp_path / "s"), (b"x",), timeout_s=0.05)
    with pytest.raises(ConnectionRefusedError):
        exchange(os.fsencode(tmp_path / "s"), (b"x",))
