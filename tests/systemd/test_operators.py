"""Named operators under the unit as shipped: real users of the box, each with a role from the configuration."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import yaml

from tests.systemd.kiosk import Kiosk

pytestmark = pytest.mark.slow

ROLES = {"say": "sid", "listen": "lis", "administer": "ada", "break_glass": "bea"}
COMMANDS = {
    "say": [{"command": "visitor"}],
    "listen": [{"command": "facts"}],
    "administer": [{"command": "checkpoint"}],
    "break_glass": [
        {"command": "session"},
        {"command": "break-glass", "reason": "a fire in the main hall"},
    ],
}
"""the commands of each role, of which the last answer counts"""

ASK = """
import json, socket, sys
connected = socket.socket(socket.AF_UNIX)
connected.settimeout(30)
try:
    connected.connect("/run/cloister/control")
except OSError as error:
    sys.exit(print(json.dumps({"ok": False, "error": error.strerror})))
lines, answer = connected.makefile("rw"), ""
try:
    for command in json.loads(sys.argv[1]):
        lines.write(json.dumps(command) + "\\n")
        lines.flush()
        answer = lines.readline()
except OSError:
    answer = ""
print(answer or json.dumps({"ok": False, "error": "closed"}))
"""


@contextmanager
def configured(box: Kiosk, settings: dict[str, object], drop_in: str) -> Iterator[None]:
    """The box with these operators, and with a drop-in for the socket."""
    config = box.machine.root / "etc/cloister/cloister.yaml"
    folder = box.machine.root / "etc/systemd/system/cloister.socket.d"
    before = config.read_text()

    def restart() -> None:
        pid = box.pid
        box.machine.shell("systemctl daemon-reload; systemctl restart --no-block cloister")
        box.must_be_another_than(pid)

    folder.mkdir(exist_ok=True)
    (folder / "operators.conf").write_text(drop_in)
    config.write_text(yaml.safe_dump(yaml.safe_load(before) | {"operators": settings}))
    try:
        restart()
        yield
    finally:
        config.write_text(before)
        (folder / "operators.conf").unlink()
        restart()


@pytest.fixture(scope="module")
def users(machine: object, request: pytest.FixtureRequest) -> None:
    """Users of the group, one more user in it without a role, and a user outside it."""
    kiosk = Kiosk(request.getfixturevalue("machine"))
    kiosk.machine.shell("getent group ops >/dev/null || groupadd ops")
    for name in (*ROLES.values(), "nora"):
        kiosk.machine.shell(f"id {name} >/dev/null 2>&1 || useradd --groups ops {name}")
    kiosk.machine.shell("id strange >/dev/null 2>&1 || useradd strange")
    (kiosk.machine.root / "etc/ask.py").write_text(ASK)


def ask(box: Kiosk, user: str, commands: list[dict[str, str]]) -> dict[str, object]:
    """The answers to commands by a process logged in as ``user``."""
    said = box.machine.run("runuser", "-l", user, "-c", f"python3 -I /etc/ask.py '{json.dumps(commands)}'")
    answer: dict[str, object] = json.loads(said.strip().splitlines()[-1])
    return answer


def test_each_operator_may_do_what_their_role_allows(box: Kiosk, users: None, told: list[str]) -> None:
    settings: dict[str, object] = {"group": "ops", **{role: [name] for role, name in ROLES.items()}}
    with configured(box, settings, "[Socket]\nSocketGroup=ops\nSocketMode=0660\n"):
        assert box.machine.shell("stat -c '%U %G %a' /run/cloister/control").split() == ["root", "ops", "660"]
        done = {
            (name, role): bool(ask(box, name, commands)["ok"])
            for name in ROLES.values()
            for role, commands in COMMANDS.items()
        }
        told.append(f"operators, each in each role: {sum(done.values())} of {len(done)} allowed")
        assert {key for key, ok in done.items() if ok} == {(name, role) for role, name in ROLES.items()}
        for name in ROLES.values():
            assert ask(box, name, [{"command": "status"}])["ok"], "whoever has a role may ask how it is"
        assert ask(box, "root", COMMANDS["administer"])["ok"]
        assert not ask(box, "nora", [{"command": "status"}])["ok"], "in the group, and without a role"
        assert ask(box, "strange", [{"command": "status"}])["error"] == "Permission denied"


def test_without_the_group_only_root_connects(box: Kiosk, users: None) -> None:
    assert box.machine.shell("stat -c '%U %G %a' /run/cloister/control").split() == ["root", "root", "600"]
    assert ask(box, "lis", [{"command": "status"}])["error"] == "Permission denied"
    assert ask(box, "root", [{"command": "status"}])["ok"]


def test_after_a_daemon_was_killed_the_socket_is_as_before(box: Kiosk, users: None, told: list[str]) -> None:
    """The next daemon listens at a socket with the same owner and mode."""
    before, socket_before = box.pid, box.machine.shell("stat -c '%U %G %a' /run/cloister/control")
    box.machine.run("kill", "-KILL", str(before))
    told.append(f"killed: the next one listens after {box.must_be_another_than(before):.1f} s")
    assert box.machine.shell("stat -c '%U %G %a' /run/cloister/control") == socket_before
    assert ask(box, "root", [{"command": "status"}])["ok"]


def test_the_kernel_names_the_user_of_the_answering_process(box: Kiosk) -> None:
    """systemd made the socket, but a client sees the daemon's user at the other end."""
    code = (
        "import socket, struct; s = socket.socket(socket.AF_UNIX); s.connect('/run/cloister/control');"
        f"print(struct.unpack('3i', s.getsockopt({int(socket.SOL_SOCKET)}, {int(socket.SO_PEERCRED)}, 12))[0])"
    )
    assert int(box.machine.run("python3", "-c", code)) == box.pid


def test_connecting_does_not_start_a_stopped_appliance(box: Kiosk, users: None) -> None:
    box.machine.run("systemctl", "stop", "cloister")
    try:
        assert not ask(box, "root", [{"command": "status"}])["ok"]
        assert box.machine.show("cloister", "ActiveState") == "inactive"
        assert box.machine.show("cloister.socket", "ActiveState") == "inactive"
    finally:
        box.machine.run("systemctl", "start", "cloister")
        box.must_listen()
    assert ask(box, "root", [{"command": "status"}])["ok"]


def test_the_service_does_not_restart_with_a_wrong_configuration(box: Kiosk, users: None) -> None:
    config = box.machine.root / "etc/cloister/cloister.yaml"
    before, pid = config.read_text(), box.pid
    config.write_text(before + "nonsense: true\n")
    try:
        mark = box.mark()
        box.machine.run("systemctl", "restart", "cloister", check=False)
        box.machine.wait_for("a refusal", lambda: "status=2" in box.journal_since(mark), 60)
        ask(box, "root", [{"command": "status"}])
        box.machine.wait_for("rest", lambda: box.machine.show("cloister", "SubState") == "failed", 60)
        tried = box.journal_since(mark).count("status=2")
        assert tried <= 2, "by us, and perhaps once by who connected"
    finally:
        config.write_text(before)
        box.machine.shell("systemctl reset-failed cloister; systemctl restart cloister")
        box.must_be_another_than(pid)
