"""The unit as shipped, on a booted machine: a whole spoken turn works inside it, and its restrictions hold."""

from __future__ import annotations

import json
import re

import pytest

from tests.containers import Machine
from tests.systemd.kiosk import UNIT, Kiosk

pytestmark = pytest.mark.slow


def test_a_spoken_question_is_answered_inside_the_unit(box: Kiosk) -> None:
    mark = box.mark()
    box.must_answer()
    journal = box.journal_since(mark).lower()
    assert not [word for word in ("pharmacy", "flower", "main hall") if word in journal], "what was said was logged"


def test_the_kernel_shows_the_restrictions_of_the_daemon(box: Kiosk) -> None:
    status = dict(
        line.split(":\t", 1) for line in box.machine.shell(f"cat /proc/{box.pid}/status").splitlines() if ":\t" in line
    )
    assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1")
    assert int(status["Seccomp_filters"]) >= 2, "systemd's and its own"
    assert {status[caps] for caps in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    uid = int(status["Uid"].split()[0])
    assert 61184 <= uid <= 65519, "a dynamic user (systemd's range)"
    limits = box.machine.shell(f"grep core /proc/{box.pid}/limits").split()
    assert limits[4:6] == ["0", "0"], "no core dumps"
    links = json.loads(box.machine.shell(f"nsenter -t {box.pid} -n ip -json link"))
    assert [link["ifname"] for link in links] == ["lo"]
    assert json.loads(box.machine.shell(f"nsenter -t {box.pid} -n ip -json route")) == []
    assert not box.machine.shell(
        f"nsenter -t {box.pid} -n cat /proc/net/tcp /proc/net/udp | grep -v local_address || true"
    )
    assert oct(int(box.machine.shell("stat -c %a /var/lib/private/cloister"), 8)) == "0o700"


def test_the_programs_are_read_only_for_root_as_well(box: Kiosk) -> None:
    """systemd 252 makes the paths of ExecPaths writable again. Root in the daemon's view of the disk must not write."""
    for place in ("/usr", "/opt/cloister", "/etc", "/run"):
        tried = box.machine.run("nsenter", "-t", str(box.pid), "-m", "touch", f"{place}/probe", check=False)
        assert "Read-only file system" in tried, place
    box.machine.run("touch", "/usr/probe", "/opt/cloister/probe", "/run/probe")  # control: outside
    box.machine.run("rm", "/usr/probe", "/opt/cloister/probe", "/run/probe")


def test_the_threads_have_their_names(box: Kiosk) -> None:
    names = set(box.machine.shell(f"cat /proc/{box.pid}/task/*/comm").split())
    assert {"listen/room", "dialogue", "think/room", "speak/room", "errand"} <= names


PROBES = {
    "an INET socket": "import socket; socket.socket(socket.AF_INET)",
    "a netlink socket": "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "io_uring": "import ctypes, sys; sys.exit(ctypes.CDLL(None).syscall(425, 1, ctypes.create_string_buffer(128)) < 0)",
    "memory that is written and run": "import mmap; mmap.mmap(-1, 4096, prot=7)",
    "a file in /usr": "open('/usr/probe', 'w')",
    "a file in /etc": "open('/etc/probe', 'w')",
    "a file in /opt/cloister": "open('/opt/cloister/probe', 'w')",
    "a file in /run": "open('/run/probe', 'w')",
    "a socket of the box": "import os; os.stat('/run/dbus/system_bus_socket')",
    "another process's memory": "import ctypes, os, sys\n"
    "piece = (ctypes.c_size_t * 2)(ctypes.addressof(ctypes.create_string_buffer(8)), 8)\n"
    "sys.exit(ctypes.CDLL(None).process_vm_readv(os.getpid(), piece, 1, piece, 1, 0) < 0)",
    "the kernel's keys": "import ctypes, sys; sys.exit(ctypes.CDLL(None).syscall(250, 0, -3, 1) < 0)",
    "the kernel's log": "open('/dev/kmsg')",
    "the memory of the machine": "open('/proc/kcore')",
    "somebody's home": "import os; os.listdir('/root')",
    "other processes": "import os; os.stat('/proc/1/cmdline')",
    "a program from where it can write": "import os, shutil, subprocess, sys\n"
    "def runs(place):\n"
    "    copy = shutil.copy('/bin/true', place)\n"
    "    try: return subprocess.run([copy]).returncode == 0\n"
    "    except PermissionError: return False\n"
    "sys.exit(not any([runs(place) for place in ('.', '/tmp', '/var/tmp', '/dev/shm')]))",
    "a new namespace": "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x10000000) < 0)",
    "a device": "import os; os.mknod('probe-device', 0o20600, os.makedev(1, 3))",
}


@pytest.fixture(scope="module")
def shut_in(machine: Machine) -> dict[str, bool]:
    """Each probe in the sandbox of the unit. Returns what was done, by name."""
    unit = re.sub(
        r"^(Type|NotifyAccess|Restart|WatchdogSec|Requires|After|Wants)=.*\n", "", UNIT.read_text(), flags=re.M
    )
    unit = re.sub(r"^StateDirectory=.*$", "StateDirectory=probe", unit, flags=re.M)
    unit = unit.replace("/var/lib/cloister", "/var/lib/probe")
    unit = re.sub(r"^ExecStart=.*$", "Type=oneshot\nExecStart=/usr/bin/python3 /etc/probe.py", unit, flags=re.M)
    return _probe(machine, unit)


@pytest.fixture(scope="module")
def free(machine: Machine) -> dict[str, bool]:
    """The control runs the same probes as root without a sandbox."""
    return _probe(
        machine, "[Service]\nType=oneshot\nWorkingDirectory=/var/tmp\nExecStart=/usr/bin/python3 /etc/probe.py\n"
    )


def _probe(machine: Machine, unit: str) -> dict[str, bool]:
    probing = (
        "import json, subprocess, sys\n"
        f"probes = json.loads({json.dumps(json.dumps(PROBES))})\n"
        "done = {n: subprocess.run([sys.executable, '-c', p], capture_output=True).returncode == 0"
        " for n, p in probes.items()}\n"
        "print('PROBED', json.dumps(done))\n"
    )
    (machine.root / "etc/probe.py").write_text(probing)
    (machine.root / "etc/systemd/system/probe.service").write_text(unit)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", "probe")
    machine.run("journalctl", "--sync")
    found: dict[str, bool] = json.loads(machine.journal("probe").rpartition("PROBED ")[2].splitlines()[0])
    return found


@pytest.mark.parametrize("what", PROBES)
def test_what_the_unit_forbids(what: str, shut_in: dict[str, bool], free: dict[str, bool]) -> None:
    assert not shut_in[what]
    if what not in (
        "the memory of the machine",
        "the kernel's log",
        "the kernel's keys",
    ):  # the container forbids it already
        assert free[what], "control: without the unit it can be done"
