"""Two balancers: the callers' address is at one of them, and moves when its HAProxy ends.

keepalived runs as the role ``balancer`` writes it, in two network namespaces on one cable.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fleet.test_balancing import rendered

pytestmark = pytest.mark.slow

ADDRESSES = {"cloister-vrrp-1": "10.78.0.1", "cloister-vrrp-2": "10.78.0.2"}
SHARED = "10.78.0.10"


def ip(*arguments: str, check: bool = True) -> str:
    return subprocess.run(["ip", *arguments], check=check, capture_output=True, text=True).stdout


@pytest.fixture
def cable() -> Iterator[None]:
    if os.geteuid() != 0 or shutil.which("keepalived") is None:
        pytest.skip("needs root and keepalived: apt-get install keepalived")
    one, other = ADDRESSES
    for space in ADDRESSES:
        ip("netns", "del", space, check=False)
        ip("netns", "add", space)
    try:
        ip(*f"-n {one} link add eth0 type veth peer name eth0 netns {other}".split())
        for space, address in ADDRESSES.items():
            ip(*f"-n {space} addr add {address}/24 dev eth0".split())
            ip(*f"-n {space} link set eth0 up".split())
            ip(*f"-n {space} link set lo up".split())
        yield
    finally:
        for space in ADDRESSES:
            ip("netns", "del", space, check=False)


def holders() -> list[str]:
    return [space for space in ADDRESSES if SHARED in ip("-n", space, "addr", "show", "dev", "eth0")]


def the_one_that_has_it(*, but: str | None = None) -> str:
    """Wait until the address is at one balancer, another one than ``but``. Returns which."""
    for _ in range(300):
        match holders():
            case [one] if one != but:
                return one
        time.sleep(0.1)
    pytest.fail(f"the address is at {holders()}")


def test_the_callers_address_moves_to_the_balancer_that_works(cable: None, tmp_path: Path) -> None:
    started: list[subprocess.Popen[bytes]] = []
    try:
        for number, (space, address) in enumerate(ADDRESSES.items()):
            settings = rendered(
                *("balancer", "keepalived.conf.j2"),
                balancer_interface="eth0",
                balancer_own_address=address,
                balancer_peer_addresses=[other for other in ADDRESSES.values() if other != address],
                balancer_address=f"{SHARED}/24",
                balancer_priority=200 - number,
            )
            works = tmp_path / f"{space}-works"
            works.touch()
            # Both stand-ins would be seen by one pgrep, since the namespaces share their processes.
            settings = settings.replace("/usr/bin/pgrep -x haproxy", f"/usr/bin/test -e {works}")
            file = tmp_path / f"{space}.conf"
            file.write_text(settings.replace("script_user nobody", "script_user root"))
            file.chmod(0o644)
            own = [f"--{kind}={tmp_path / space}.{kind}" for kind in ("pid", "vrrp_pid")]
            command = ["keepalived", "--dont-fork", "--vrrp", "--log-console", f"--use-file={file}", *own]
            checked = subprocess.run(
                ["keepalived", "--config-test", f"--use-file={file}"], capture_output=True, text=True, check=False
            )
            assert checked.returncode == 0, checked.stderr
            with (tmp_path / f"{space}.log").open("wb") as log:
                started.append(subprocess.Popen(["ip", "netns", "exec", space, *command], stdout=log, stderr=log))
        first = the_one_that_has_it()
        (tmp_path / f"{first}-works").unlink()
        second = the_one_that_has_it(but=first)
        (tmp_path / f"{first}-works").touch()
        daemon = started[list(ADDRESSES).index(second)]
        daemon.terminate()
        daemon.wait(30)
        assert the_one_that_has_it(but=second) == first
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(30)
