"""The telephone's unit as shipped: it answers the exchange that its drop-in names, and hears no other.

In place of the appliance there is a door that takes every call.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.containers import CHECKOUT, Machine, need_containers
from tests.systemd import kiosk

pytestmark = pytest.mark.slow

OWN = "10.20.0.5"

DOOR = """
import socket, threading, time
def take(call):
    call.recv(4096)
    while True:
        call.sendall(b"\\x10\\x01\\x40" + bytes(320))
        time.sleep(0.02)
listening = socket.socket(fileno=3)
while True:
    threading.Thread(target=take, args=(listening.accept()[0],), daemon=True).start()
"""

INVITE = """
import re, socket, sys
to, own = sys.argv[1], socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
own.bind((to, 0))
own.settimeout(3)
host, port = own.getsockname()
sdp = f"v=0\\r\\no=x 1 1 IN IP4 {host}\\r\\ns=-\\r\\nc=IN IP4 {host}\\r\\nt=0 0\\r\\nm=audio 4000 RTP/AVP 8\\r\\n"
own.sendto((f"INVITE sip:reception@{to} SIP/2.0\\r\\nVia: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{port}\\r\\n"
    f"From: <sip:caller@{host}>;tag=1\\r\\nTo: <sip:reception@{to}>\\r\\nCall-ID: {port}\\r\\nCSeq: 1 INVITE\\r\\n"
    f"Contact: <sip:caller@{host}:{port}>\\r\\nMax-Forwards: 70\\r\\nContent-Type: application/sdp\\r\\n"
    f"Content-Length: {len(sdp)}\\r\\n\\r\\n{sdp}").encode(), (to, 5060))
try:
    while True:
        status = int(own.recv(65536).split()[1])
        if status >= 200:
            print(status)
            break
except TimeoutError:
    print("silence")
"""


@pytest.fixture(scope="module")
def gateway() -> Iterator[Machine]:
    need_containers()
    pytest.importorskip("baresip", reason="needs baresip-python: uv sync --group telephone")
    folder = CHECKOUT / "build" / "machines" / "telephone"
    shutil.rmtree(folder, ignore_errors=True)
    machine = Machine("telephone", folder, mounts={k: v for k, v in kiosk.MOUNTS.items() if not k.endswith("/models")})
    try:
        kiosk.install_code(machine)
        etc = machine.root / "etc"
        (machine.root / "opt/door.py").write_text(DOOR)
        (etc / "systemd/system/cloister.service").write_text("[Service]\nExecStart=/usr/bin/python3 /opt/door.py\n")
        drop_in = etc / "systemd/system/cloister-door@calls.socket.d"
        drop_in.mkdir()
        (drop_in / "users.conf").write_text("[Socket]\nSocketGroup=cloister-calls\nSocketMode=0660\n")
        (etc / "cloister").mkdir(exist_ok=True)
        (etc / "cloister/telephone.yaml").write_text(
            f"door: /run/cloister/calls.sock\nlisten: {OWN}:5060\nexchange: {OWN}\nuser: reception\n"
        )
        machine.boot()
        machine.shell(f"ip address add {OWN}/24 dev lo; groupadd --system cloister-calls")
        yield machine
    finally:
        machine.discard()


def _called(machine: Machine) -> str:
    machine.shell("systemctl restart cloister-telephone")
    journal = "journalctl --no-pager -o cat _SYSTEMD_INVOCATION_ID=$(systemctl show -P InvocationID cloister-telephone)"
    machine.wait_for("taking calls", lambda: "taking calls" in machine.shell(journal), within_s=60)
    return machine.run("python3", "-c", INVITE, OWN).strip()


def test_it_answers_the_exchange_alone(gateway: Machine) -> None:
    assert _called(gateway) == "silence", "this machine's address in the telephones' network is none of localhost"
    drop_in = gateway.root / "etc/systemd/system/cloister-telephone.service.d"
    drop_in.mkdir()
    (drop_in / "exchange.conf").write_text(f"[Service]\nIPAddressAllow={OWN}\n")
    gateway.shell("systemctl daemon-reload")
    assert _called(gateway) == "200"
    assert gateway.show("cloister-telephone", "User") == "cloister-phone"
