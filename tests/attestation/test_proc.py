"""What the kernel reports about processes and file systems."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from appliance.attestation import proc
from appliance.attestation.proc import Process


@pytest.mark.parametrize("path", ["/proc", "/dev/shm", "/"])
def test_the_file_system_of_a_path_is_the_one_that_findmnt_names(path: str) -> None:
    said = subprocess.run(["findmnt", "-no", "FSTYPE", "-T", path], capture_output=True, text=True, check=False)
    if said.returncode != 0:
        pytest.skip("findmnt does not tell")
    assert proc.file_system(Path(path))[0] == said.stdout.split()[-1]


@pytest.mark.skipif(os.getuid() != 0, reason="only root may open packet sockets")
@pytest.mark.parametrize(
    ("family", "kind", "table"),
    [
        (socket.AF_INET, socket.SOCK_STREAM, "tcp"),
        (socket.AF_INET, socket.SOCK_DGRAM, "udp"),
        (socket.AF_INET6, socket.SOCK_DGRAM, "udp6"),
        (socket.AF_NETLINK, socket.SOCK_RAW, "netlink"),
        (socket.AF_PACKET, socket.SOCK_RAW, "packet"),
        (socket.AF_UNIX, socket.SOCK_STREAM, "unix"),
    ],
)
def test_every_kind_of_socket_is_seen(family: int, kind: int, table: str, tmp_path: Path) -> None:
    with socket.socket(family, kind) as opened:
        if family in (socket.AF_INET, socket.AF_INET6):
            opened.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        if table == "netlink":
            opened.bind((0, 0))
        if table == "tcp":
            opened.listen()
        sockets = Process(os.getpid()).sockets()
        assert sockets is not None
        assert sockets[str(os.fstat(opened.fileno()).st_ino)] == table


def test_a_socket_in_no_kernel_table_has_an_unknown_family() -> None:
    """A TCP socket that is neither bound nor connected is in no table of the kernel."""
    with socket.socket(socket.AF_INET) as opened:
        sockets = Process(os.getpid()).sockets()
        assert sockets is not None and sockets[str(os.fstat(opened.fileno()).st_ino)] == "unknown"
