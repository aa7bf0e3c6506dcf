"""Ordinary services of a Debian box, each asked to act for a process. From within the unit's sandbox and its own filter
none may act. For root outside, all do."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.containers import CHECKOUT, Machine, need_containers
from tests.systemd import kiosk
from tests.systemd.kiosk import UNIT, Kiosk
from tests.systemd.test_attested import taken

pytestmark = pytest.mark.slow

PACKAGES = ("systemd-resolved", "nscd", "avahi-daemon", "rsyslog")

DNS = """
import socket, struct
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
open("/run/dns-ready", "w")
while True:
    question, whence = server.recvfrom(4096)
    open("/var/tmp/asked.log", "ab").write(question[12:] + b"\\n")
    # Answered: no such name.
    server.sendto(question[:2] + struct.pack(">HHHHH", 0x8183, 1, 0, 0, 0) + question[12:], whence)
"""

ACCOMPLICE = """
import os, socket, time
network = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for place in ("/run/accomplice", "/var/spool/accomplice"):
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(place)
    os.chmod(place, 0o777)
    listening.listen()
    if os.fork() == 0:
        while True:
            connected, _ = listening.accept()
            socket.send_fds(connected, [b"x"], [network.fileno()])
os.wait()
"""

PROBE = """
import json, os, socket, struct, sys
def exchange(path, message, kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_UNIX, kind) as s:
        s.settimeout(10)
        s.connect(path)
        s.sendall(message)
        return kind == socket.SOCK_DGRAM or s.recv(4096)
def varlink(path, method, **parameters):
    return exchange(path, json.dumps({"method": method, "parameters": parameters}).encode() + b"\\0")
def resolved_by_libc():
    try:
        socket.getaddrinfo(sys.argv[1] + ".getaddrinfo.example", 80)
    except socket.gaierror as error:
        return error.errno in (socket.EAI_NONAME, socket.EAI_NODATA)
    return True
def dbus():
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10)
    s.connect("/run/dbus/system_bus_socket")
    s.sendall(b"\\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\\r\\n")
    return s.recv(100).startswith(b"OK")
def passed(place):
    s = socket.socket(socket.AF_UNIX)
    s.connect(place)
    _, (descriptor,), _, _ = socket.recv_fds(s, 1, 1)
    return socket.socket(fileno=descriptor).family == socket.AF_INET
def unconnected(place):
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"<14>sshd: forged", place)
    return True
RESOLVE = "/run/systemd/resolve/io.systemd.Resolve"
STREAM = b"sshd\\n\\n6\\n0\\n0\\n0\\n0\\nforged\\n"
ATTEMPTS = {
    "getaddrinfo": resolved_by_libc,
    "resolved": lambda: varlink(RESOLVE, "io.systemd.Resolve.ResolveHostname", name=sys.argv[1] + ".varlink.example"),
    "nscd": lambda: exchange("/run/nscd/socket", struct.pack("=iii", 2, 4, 10) + b"localhost\\0"),
    "D-Bus": dbus,
    "avahi": lambda: exchange("/run/avahi-daemon/socket", b"HELP\\n"),
    "userdb": lambda: varlink(
        "/run/systemd/userdb/io.systemd.DynamicUser", "io.systemd.UserDatabase.GetUserRecord",
        uid=0, service="io.systemd.DynamicUser",
    ),
    "the journal": lambda: exchange("/run/systemd/journal/socket", b"MESSAGE=forged\\n", socket.SOCK_DGRAM),
    "the journal without connecting": lambda: unconnected("/run/systemd/journal/socket"),
    "the journal's streams": lambda: exchange("/run/systemd/journal/stdout", STREAM) is not None,
    "syslog": lambda: exchange("/dev/log", b"<14>sshd: forged", socket.SOCK_DGRAM),
    "syslog without connecting": lambda: unconnected("/dev/log"),
    "an accomplice below /run": lambda: passed("/run/accomplice"),
    "an accomplice elsewhere": lambda: passed("/var/spool/accomplice"),
}
def attempt(what):
    try: return bool(what())
    except TimeoutError: return what is ATTEMPTS["the journal's streams"]  # it takes lines and answers none
    except OSError: return False
"""

SEALED = """
from appliance.isolation.seal import Needs, seal
seal(Needs.here())
"""
TOLD = "print('PROBED', json.dumps({name: attempt(what) for name, what in ATTEMPTS.items()}))\n"


@pytest.fixture(scope="module")
def crowded() -> Iterator[Machine]:
    """A machine with the services that ordinary boxes have."""
    need_containers()
    folder = CHECKOUT / "build" / "machines" / "crowded"
    shutil.rmtree(folder, ignore_errors=True)
    machine = Machine("crowded", folder, mounts=kiosk.MOUNTS)
    try:
        shutil.copy("/etc/resolv.conf", machine.root / "etc/resolv.conf")
        get = "apt-get -qq update && apt-get -qq install -y --no-install-recommends " + " ".join(PACKAGES)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(
            ["chroot", machine.root, "sh", "-c", get], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            pytest.skip(f"needs a mirror, for {', '.join(PACKAGES)}: {done.stderr[-200:]}")
        kiosk.install_appliance(machine)
        etc = machine.root / "etc"
        (etc / "systemd/system/multi-user.target.wants/cloister.service").unlink()
        (etc / "resolv.conf").unlink()
        (etc / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        (etc / "systemd/resolved.conf").write_text("[Resolve]\nDNS=127.0.0.1\nDNSStubListener=no\n")
        for name, program in (("dns", DNS), ("accomplice", ACCOMPLICE)):
            (etc / f"{name}.py").write_text(program)
            unit = f"[Service]\nExecStart=/usr/bin/python3 /etc/{name}.py\n"
            (etc / f"systemd/system/{name}.service").write_text(unit)
            kiosk.enable(machine, f"{name}.service")
        machine.boot()
        machine.wait_for("a name server", lambda: machine.run("ls", "/run").find("dns-ready") >= 0, 30)
        yield machine
    finally:
        machine.discard()


def probed(machine: Machine, unit: str, program: str) -> dict[str, Any]:
    (machine.root / "etc/probe.py").write_text(program)
    (machine.root / "etc/systemd/system/probe.service").write_text(unit)
    machine.shell("systemctl daemon-reload; systemctl start probe || journalctl -u probe; journalctl --sync")
    found: dict[str, Any] = json.loads(machine.journal("probe").rpartition("PROBED ")[2].splitlines()[0])
    return found


@pytest.fixture(scope="module")
def outside(crowded: Machine) -> dict[str, bool]:
    """The control runs as root, without a sandbox."""
    unit = "[Service]\nType=oneshot\nExecStart=/usr/bin/python3 /etc/probe.py outside\n"
    return probed(crowded, unit, PROBE + TOLD)


def inside_the_unit(program: str) -> str:
    """The same unit, with another program and as a service that ends."""
    unit = re.sub(
        r"^(Type|NotifyAccess|Restart|WatchdogSec|Requires|After|Wants)=.*\n", "", UNIT.read_text(), flags=re.M
    )
    unit = unit.replace("StateDirectory=cloister", "StateDirectory=probe").replace(
        "/var/lib/cloister", "/var/lib/probe"
    )
    python = "/opt/cloister/current/venv/bin/python3 -I"
    return re.sub(r"^ExecStart=.*$", f"Type=oneshot\nExecStart={python} {program}", unit, flags=re.M)


@pytest.fixture(scope="module")
def inside(crowded: Machine) -> dict[str, bool]:
    """Within the unit's sandbox and the process's own filter."""
    return probed(crowded, inside_the_unit("/etc/probe.py inside"), PROBE + SEALED + TOLD)


def test_every_deputy_answers_outside(outside: dict[str, bool], told: list[str]) -> None:
    told.append(f"deputies that answer outside: {sum(outside.values())} of {len(outside)}")
    assert not [name for name, reached in outside.items() if not reached]


def test_no_deputy_answers_inside(inside: dict[str, bool], outside: dict[str, bool], told: list[str]) -> None:
    told.append(f"deputies that answer within the unit: {sum(inside.values())} of {len(inside)}")
    assert len(inside) == len(outside) and not any(inside.values())


def test_the_unit_alone_hides_what_is_below_run(crowded: Machine, outside: dict[str, bool]) -> None:
    """The process has no filter of its own here, since the sandbox and the filter must each hold alone."""
    found = probed(crowded, inside_the_unit("/etc/probe.py unit"), PROBE + TOLD)
    assert [name for name, reached in found.items() if reached] == ["an accomplice elsewhere"]


def test_the_filter_alone_refuses_them(crowded: Machine, outside: dict[str, bool]) -> None:
    unit = "[Service]\nType=oneshot\nExecStart=/opt/cloister/current/venv/bin/python3 -I /etc/probe.py filter\n"
    assert not any(probed(crowded, unit, PROBE + SEALED + TOLD).values())


def test_what_was_asked_from_inside_never_reached_the_name_server(
    crowded: Machine, inside: dict[str, bool], outside: dict[str, bool]
) -> None:
    asked = (crowded.root / "var/tmp/asked.log").read_bytes()
    assert b"outside\x0bgetaddrinfo" in asked, "control"
    assert b"inside" not in asked


def test_our_own_attempts_give_the_same_result(
    crowded: Machine, outside: dict[str, bool], inside: dict[str, bool]
) -> None:
    program = "import json\nfrom appliance.isolation import deputies\n"
    show = "print('PROBED', json.dumps(deputies.look(everything={}).deputies))\n"
    unit = "[Service]\nType=oneshot\nExecStart=/opt/cloister/current/venv/bin/python3 -I /etc/probe.py\n"
    free = probed(crowded, unit, program + show.format("True"))
    assert {name for name, outcome in free.items() if outcome != "reached"} == {"the sound server's modules"}
    shut = probed(crowded, inside_the_unit("/etc/probe.py"), program + SEALED + show.format("True"))
    assert set(shut.values()) <= {"refused", "absent"} and set(shut) == set(free)


# --- the daemon itself, with a sound server that refuses modules, and with one that does not --------------------------


def test_the_daemon_reaches_no_deputy(box: Kiosk, told: list[str]) -> None:
    line = next(line for line in taken(box).lines if line.id == "deputies")
    told.append(f"deputies: {line.verdict}, {json.dumps(dict(line.evidence))[:600]}")
    assert line.evidence["acts for it"] == []
    assert {"D-Bus", "the journal", "syslog", "userdb"} <= set(line.evidence["answers outside (control)"])
    assert set(line.evidence["sockets it can connect to"]) == {"/run/air/native", "/run/systemd/notify"}


def test_a_sound_server_that_loads_modules_is_reported(box: Kiosk) -> None:
    unit = box.machine.root / "etc/systemd/system/sound-server.service"
    strict = unit.read_text()
    try:
        unit.write_text(strict.replace("--disallow-module-loading", ""))
        box.machine.shell("systemctl daemon-reload; systemctl restart sound-server")
        box.must_listen()
        line = next(line for line in taken(box).lines if line.id == "deputies")
        assert line.verdict == "fail" and line.evidence["acts for it"] == ["the sound server's modules"]
    finally:
        unit.write_text(strict)
        box.machine.shell("systemctl daemon-reload; systemctl restart sound-server")
        box.must_listen()
        box.must_answer()
