"""The health gate tries a version without root and without a network, and leaves no process behind."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from appliance.bundle import Cannot, Refused, gate
from tests.bundle.synthetic import PYTHON

ROOT = os.geteuid() == 0
NAMESPACES = ROOT and subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True).returncode == 0
needs_root = pytest.mark.skipif(not NAMESPACES, reason="needs root that may make namespaces")
needs_python = pytest.mark.skipif(not PYTHON.exists(), reason=f"needs {PYTHON}")

pytestmark = [needs_python]


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    # Every folder above must let the test's user through, as those of a box do.
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.stat().st_uid == os.geteuid() and folder != Path("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o011)
    return tmp_path / "scratch"


def tell(scratch: Path, program: str, longest_s: float = 60) -> dict[str, object]:
    run = gate.tried([str(PYTHON), "-I", "-B", "-c", textwrap.dedent(program)], scratch, longest_s)
    assert run.returncode == 0, run.stderr
    found: dict[str, object] = json.loads(run.stdout)
    return found


LOOK = """
    import json, os, socket
    def tries(what):
        try:
            what()
        except OSError as error:
            return error.strerror
        return "done"
    def connect(kind, address):
        with socket.socket(kind, socket.SOCK_STREAM) as own:
            own.connect(address)
    print(json.dumps({
        "user": [*os.getresuid(), *os.getresgid(), *os.getgroups()],
        "capabilities": [l for l in open("/proc/self/status") if l.startswith(("CapEff", "CapPrm", "CapAmb"))],
        "new privileges": [l for l in open("/proc/self/status") if l.startswith("NoNewPrivs")],
        "interfaces": [name for _, name in socket.if_nameindex()],
        "folder": os.getcwd(),
        "run": os.listdir("/run"),
        "network": tries(lambda: connect(socket.AF_INET, ("127.0.0.1", PORT))),
        "local": tries(lambda: connect(socket.AF_UNIX, "/run/cloister-gate-test")),
        "shadow": tries(lambda: open("/etc/shadow")),
        "own": tries(lambda: open(os.environ["HOME"] + "/x", "w")),
        "elsewhere": tries(lambda: open("/etc/x", "w")),
    }))
"""


@needs_root
def test_the_gate_gives_no_root_no_network_and_no_system_sockets(scratch: Path) -> None:
    """The tested program itself tries them. The control is a program of ours that reaches the same listeners."""
    local = Path("/run/cloister-gate-test")
    with socket.create_server(("127.0.0.1", 0)) as network, socket.socket(socket.AF_UNIX) as by_path:
        by_path.bind(str(local))
        by_path.listen()
        program = LOOK.replace("PORT", str(network.getsockname()[1]))
        try:
            control = subprocess.run(
                [PYTHON, "-I", "-B", "-c", textwrap.dedent(program)],
                env={"HOME": str(scratch.parent)},
                capture_output=True,
                text=True,
            )
            outside = json.loads(control.stdout)
            assert (outside["network"], outside["local"], outside["shadow"]) == ("done", "done", "done"), "control"
            assert outside["run"]
            Path("/etc/x").unlink()
            found = tell(scratch, program)
        finally:
            local.unlink()
    users = found["user"]
    assert isinstance(users, list) and len(users) == 6 and set(users) & set(range(61184, 65520)) == set(users)
    assert all(int(line.split()[1], 16) == 0 for line in found["capabilities"])  # type: ignore[attr-defined]
    assert found["new privileges"] == ["NoNewPrivs:\t1\n"]
    assert (found["interfaces"], found["run"], found["folder"]) == (["lo"], [], "/")
    assert found["network"] == "Network is unreachable" and found["local"] == "No such file or directory"
    assert (found["shadow"], found["elsewhere"], found["own"]) == ("Permission denied", "Permission denied", "done")


LEAVE = """
    import json, os, time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.close(1), os.close(2)
            time.sleep(600)
        os._exit(0)
    print(json.dumps({"user": os.getuid()}))
"""


@needs_root
def test_no_process_of_the_gate_outlives_it(scratch: Path) -> None:
    """This holds even for a process that made itself a session of its own."""
    user = tell(scratch, LEAVE)["user"]
    assert user != 0
    assert user not in {owner for _, owner in gate._processes()}
    assert os.geteuid() in {owner for _, owner in gate._processes()}, "control: running processes are seen"


@needs_root
def test_a_folder_that_only_root_may_enter_is_named(scratch: Path) -> None:
    """The machine cannot try the version. The version is not at fault."""
    closed = scratch.parent / "closed"
    program = closed / "venv/bin/python3"
    program.parent.mkdir(parents=True)
    program.symlink_to(PYTHON)
    assert gate.tried([str(program), "-I", "-c", ""], scratch).returncode == 0, "control"
    closed.chmod(0o700)
    with pytest.raises(Cannot, match=rf"^{re.escape(str(closed))}: .*chmod o\+x {re.escape(str(closed))}"):
        gate.tried([str(program), "-I", "-c", ""], scratch.with_name("again"))


def test_a_gate_that_does_not_end_is_killed_and_refused(scratch: Path) -> None:
    with pytest.raises(Refused, match="failed its spoken test"):
        tell(scratch, "import time; time.sleep(600)", longest_s=0.5)


def test_without_namespaces_the_gate_tries_nothing(scratch: Path) -> None:
    """A process whose filter of system calls refuses `unshare`, as in a container that root shares with others."""
    if not ROOT:
        pytest.skip("needs root, whose rights are what is taken away")
    program = f"""
        import ctypes, pathlib, sys
        sys.path.insert(0, {str(Path(__file__).parents[2])!r})
        libc = ctypes.CDLL(None, use_errno=True)
        # Without CAP_SYS_ADMIN (21): dropped from the bounding set and from what this process has.
        class Header(ctypes.Structure):
            _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]
        data = (ctypes.c_uint32 * 6)()
        header = Header(0x20080522, 0)
        assert libc.capget(ctypes.byref(header), data) == 0
        for at in range(3):
            data[at] &= ~(1 << 21)
        assert libc.capset(ctypes.byref(header), data) == 0
        from appliance.bundle import Cannot, gate
        try:
            gate.tried(["/bin/true"], pathlib.Path({str(scratch)!r}))
        except Cannot as error:
            print(error)
    """
    run = subprocess.run([sys.executable, "-I", "-B", "-c", textwrap.dedent(program)], capture_output=True, text=True)
    assert "lets nobody make namespaces" in run.stdout, run.stderr


@pytest.mark.skipif(ROOT, reason="root can become another user")
def test_the_gate_of_an_ordinary_user_takes_no_other() -> None:
    assert gate._free_user() is None


@pytest.mark.skipif(not ROOT, reason="only root can become another user")
def test_the_gate_takes_a_user_id_that_is_not_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    first = gate._free_user()
    monkeypatch.setattr(gate, "_processes", lambda: iter([(1, first)]))
    assert gate._free_user() == first - 1 if first is not None else False
    monkeypatch.setattr(gate, "_mapped", lambda user: False)
    assert gate._free_user() is None, "root of a namespace that somebody without rights made"


def test_the_mapping_of_users_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, known in (("0 0 4294967295\n", True), ("0 1000 1\n", False), ("0 1000 1\n1 100000 65536\n", True)):
        monkeypatch.setattr(Path, "read_text", lambda *_, text=text, **__: text)
        assert gate._mapped(65519) is known
