"""Proof that the daemon never touches a network: watched by strace, and in a network namespace of its own.

The variables of CI services are unset, because onnxruntime does not report home where they are set and the tests
would pass for the wrong reason. Each detector is shown to fire.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pulse import SoundServer

pytestmark = pytest.mark.slow

SPEECH = Path(__file__).parent / "data" / "pharmacy.flac"
CI_VARIABLES = {"CI", "GITHUB_ACTIONS", "TF_BUILD", "GITLAB_CI", "JENKINS_URL", "TEAMCITY_VERSION", "BUILD_ID"}
FORBIDDEN = re.compile(r"AF_INET|AF_NETLINK|AF_PACKET|io_uring_setup")

SINS = {
    "INET": "import socket; socket.socket(socket.AF_INET)",
    "INET6 in a thread": """
import socket, threading
thread = threading.Thread(target=lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
thread.start(); thread.join()""",
    "NETLINK": "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
    "PACKET": "import socket\ntry: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\nexcept PermissionError: pass",
    "a look-up by name": "import socket\ntry: socket.getaddrinfo('example.invalid', 443)\nexcept OSError: pass",
    "io_uring": "import ctypes; ctypes.CDLL(None).syscall(425, 4, bytes(120))",
    "a forked child": "import os, socket\nif os.fork() == 0: socket.socket()",
    "refused after the seal": """
from appliance.isolation.seal import seal
import socket
seal()
try: socket.socket()
except OSError: pass""",
}


def environment(home: Path) -> dict[str, str]:
    """The environment of a box: without variables of CI, and with a home of its own in which files would be noticed."""
    kept = {name: value for name, value in os.environ.items() if name not in CI_VARIABLES}
    return {**kept, "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}


def replay(box: Path) -> list[str]:
    """The daemon with the real models on a recorded question, sound to sound."""
    return [sys.executable, "-m", "appliance", "replay", "--fast", "--config", str(box), str(SPEECH)]


def watched(command: list[str], folder: Path, expected: str = "", **more: str) -> str:
    """All network system calls of a command and its children, by strace. The command must print ``expected``."""
    if shutil.which("strace") is None:
        pytest.skip("needs strace: apt-get install strace")
    log = folder / "strace.log"
    run = subprocess.run(
        # Not --seccomp-bpf: it would not see what the seal refuses.
        ["strace", "-f", "-qq", "-e", "trace=%network,io_uring_setup", "-e", "signal=none", "-o", log, *command],
        env={**environment(folder / "home"), **more},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert expected in run.stdout + run.stderr, run.stdout + run.stderr
    return log.read_text()


@pytest.mark.parametrize("sin", SINS)
def test_strace_shows_each_way_to_the_network(sin: str, tmp_path: Path) -> None:
    """These are positive controls, one for each way."""
    assert FORBIDDEN.search(watched([sys.executable, "-c", SINS[sin]], tmp_path))


def test_the_daemon_opens_no_network_socket(box: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    log = watched(replay(box), tmp_path, expected="cloister  ")
    sinful = [line for line in log.splitlines() if FORBIDDEN.search(line)]
    assert not sinful, sinful[:5]
    written = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert not written, "no device identifier, no telemetry database, nothing"


def test_the_daemon_on_a_sound_server_opens_no_network_socket(box: Path, tmp_path: Path) -> None:
    """`cloister run` on a sound server, which it reaches through a local socket."""
    server = SoundServer(tmp_path / "pulse")
    server.start()
    try:
        command = [sys.executable, "-m", "appliance", "run", "--config", str(box)]
        told_to_stop = ["timeout", "--preserve-status", "--signal=TERM", "60", *command]
        log = watched(told_to_stop, tmp_path, expected="listening", **server.environment)
    finally:
        server.stop()
    assert "AF_UNIX" in log, "the watch saw the sound server"
    assert not [line for line in log.splitlines() if FORBIDDEN.search(line)]


def in_a_namespace(command: list[str], home: Path) -> int:
    """Run a command with no network but a loopback interface. Returns the number of packets that passed there."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        pytest.skip("needs unshare and ip: apt-get install util-linux iproute2")
    unshare = ["unshare", "--net"] if os.getuid() == 0 else ["unshare", "--net", "--map-root-user"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("may not make network namespaces here")
    script = 'ip link set lo up && "$@" >&2 && cat /proc/net/dev'
    run = subprocess.run(
        [*unshare, "sh", "-c", script, "sh", *command],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    interfaces = {line.split(":")[0].strip(): line.split(":")[1].split() for line in run.stdout.splitlines()[2:]}
    assert int(interfaces["lo"][1]) == int(interfaces["lo"][9])
    return sum(int(counts[1]) + int(counts[9]) for counts in interfaces.values())


def test_a_sent_packet_is_counted(tmp_path: Path) -> None:
    """Positive control."""
    code = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))"
    assert in_a_namespace([sys.executable, "-c", code], tmp_path) > 0


def test_the_daemon_sends_no_packet_in_a_namespace(box: Path, tmp_path: Path) -> None:
    assert in_a_namespace(replay(box), tmp_path) == 0
