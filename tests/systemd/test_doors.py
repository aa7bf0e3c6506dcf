"""Doors under the units as shipped: a program of the box by its user, and a browser's bytes by a token."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import yaml

from appliance.attestation.reading import read_report
from appliance.records import keys
from tests.systemd.kiosk import Kiosk

pytestmark = pytest.mark.slow

DOORS: list[dict[str, object]] = [
    {"path": "/run/cloister/api.sock", "users": ["@callers"]},
    {"path": "/run/cloister/front.sock", "tokens": True},
]
LINE = {"messages": [{"role": "user", "content": "where is the pharmacy"}]}

ASK = """
import json, socket, sys
place, token = sys.argv[1], sys.argv[2]
if place.startswith("/"):
    connected = socket.socket(socket.AF_UNIX)
    address = place
else:
    connected = socket.socket()
    address = ("127.0.0.1", int(place))
connected.settimeout(60)
try:
    connected.connect(address)
    body = sys.argv[3].encode()
    head = f"POST /v1/chat/completions HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: {len(body)}\\r\\n"
    head += f"Authorization: Bearer {token}\\r\\n" if token else ""
    connected.sendall(head.encode() + b"Connection: close\\r\\n\\r\\n" + body)
    received = b""
    while piece := connected.recv(65536):
        received += piece
    print(received.decode().splitlines()[0].split()[1], received.decode().split("\\r\\n\\r\\n")[-1])
except OSError as error:
    print(error.strerror or "closed")
"""


@pytest.fixture(scope="module")
def opened(machine: object, request: pytest.FixtureRequest) -> Iterator[Kiosk]:
    """The box with both doors open and the way in from its own network."""
    box = Kiosk(request.getfixturevalue("machine"))
    box.must_listen(within_s=180)
    machine = box.machine
    machine.shell("getent group callers >/dev/null || groupadd callers")
    machine.shell("id caller >/dev/null 2>&1 || useradd --groups callers caller")
    machine.shell("id strange >/dev/null 2>&1 || useradd strange")
    etc = machine.root / "etc"
    for name, text in (("api", "SocketGroup=callers\nSocketMode=0660"), ("front", "SocketMode=0666")):
        folder = etc / f"systemd/system/cloister-door@{name}.socket.d"
        folder.mkdir()
        (folder / "users.conf").write_text(f"[Socket]\n{text}\n")
    config = etc / "cloister/cloister.yaml"
    before = config.read_text()
    config.write_text(yaml.safe_dump(yaml.safe_load(before) | {"doors": DOORS}))
    doors = "cloister-door@api.socket cloister-door@front.socket"

    def restart() -> None:
        pid = box.pid
        machine.shell("systemctl restart --no-block cloister")
        box.must_be_another_than(pid)

    machine.shell(f"systemctl daemon-reload; systemctl enable {doors}; systemctl enable --now cloister-front.socket")
    restart()
    try:
        yield box
    finally:
        machine.shell(f"systemctl disable --now {doors} cloister-front.socket")
        config.write_text(before)
        restart()


def ask(box: Kiosk, user: str, place: str, token: str = "") -> str:
    command = ["python3", "-c", ASK, place, token, json.dumps(LINE)]
    return box.machine.run("runuser", "-u", user, "--", *command)


def test_a_program_is_served_by_its_user_and_no_other(opened: Kiosk) -> None:
    answer = ask(opened, "caller", "/run/cloister/api.sock")
    assert answer.startswith("200") and "main hall" in answer
    assert ask(opened, "strange", "/run/cloister/api.sock") == "Permission denied\n"


def test_a_browsers_bytes_come_in_by_a_token(opened: Kiosk) -> None:
    program = "/opt/cloister/current/venv/bin/cloister"
    config = "--config /etc/cloister/cloister.yaml"
    assert ask(opened, "strange", "8765").startswith("401")
    token = opened.machine.shell(f"{program} tokens make desk --scope chat {config}").strip()
    answer = ask(opened, "strange", "8765", token)
    assert answer.startswith("200") and "main hall" in answer
    front = opened.machine.shell("systemctl show --property=PrivateNetwork --value cloister-front.service").strip()
    assert front == "yes"
    opened.machine.shell(f"{program} tokens revoke desk {config}")
    assert ask(opened, "strange", "8765", token).startswith("401")
    log = opened.machine.shell(f"{program} audit show {config}")
    assert "door used" in log and "caller=desk" in log


def test_the_attestation_lists_the_doors(opened: Kiosk) -> None:
    program = "/opt/cloister/current/venv/bin/cloister"
    file = "/var/tmp/doors.json"
    opened.machine.shell(f"rm -f {file}; {program} attest -o {file} --config /etc/cloister/cloister.yaml || true")
    signed = (opened.machine.root / file.lstrip("/")).read_text()
    (line,) = [line for line in read_report(keys.open_signed(signed).text).lines if line.id == "doors"]
    assert line.verdict == "ok", line
    assert set(line.evidence["doors"]) == {door["path"] for door in DOORS}
