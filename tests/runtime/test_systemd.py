"""Messages to the service manager."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.runtime import systemd


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    address = str(tmp_path / "notify") if request.param == "path" else f"@cloister-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address.replace("@", "\0"))
        listening.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        systemd.connect()
        yield listening
        systemd.disconnect()


def test_the_manager_is_told_each_state(manager: socket.socket) -> None:
    systemd.status("loading\nREADY=1")
    systemd.ready("listening")
    systemd.watchdog()
    systemd.stopping()
    assert [manager.recv(200).decode() for _ in range(4)] == [
        "STATUS=loading READY=1",
        "READY=1\nSTATUS=listening",
        "WATCHDOG=1",
        "STOPPING=1\nSTATUS=stopping",
    ]


@pytest.mark.parametrize("address", [None, "", "vsock:2:1234", "relative"])
def test_without_a_manager_no_message_is_sent(
    address: str | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    if address is not None:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    systemd.connect()
    systemd.ready("listening")
    assert not caplog.records


def test_a_manager_that_is_not_there_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/notify")
    with caplog.at_level(logging.WARNING):
        systemd.connect()
        systemd.watchdog()
    assert "/nowhere/notify cannot be told" in caplog.text


def test_a_manager_that_goes_away_is_a_warning(manager: socket.socket, caplog: pytest.LogCaptureFixture) -> None:
    manager.close()
    with caplog.at_level(logging.WARNING):
        systemd.watchdog()
    assert "cannot be told" in caplog.text


def test_a_sealed_process_still_notifies_the_manager(tmp_path: Path) -> None:
    """The connection is made before the seal, which refuses every other one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        code = (
            "from appliance.runtime import systemd as notify; from appliance.isolation.seal import seal\n"
            "notify.connect(); seal(); notify.ready('listening'); notify.connect(); notify.watchdog()"
        )
        run = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        assert listening.recv(200) == b"READY=1\nSTATUS=listening"
        assert "Operation not permitted" in run.stderr, "control: a connection after the seal is refused"
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.recv(200)
