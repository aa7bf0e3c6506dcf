"""The way to a server: the process of a keeper, or the unit that systemd starts for the tool.

A link carries bytes both ways. One thread receives, and any thread sends and hangs up. The descriptors stay open until
the receiving thread releases them, so that no thread waits on a number that has become another file's.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

from appliance.core.ports import PortError
from appliance.isolation.unix_socket import connect
from appliance.tools.program import keeper_command

_KILL_S = 10.0
"""Seconds that a keeper has to end its server, more than it needs for one that resists"""
_PIECE = 65_536


class Link(ABC):
    """See the module."""

    def __init__(self, reads: int, writes: int) -> None:
        self._reads, self._writes = reads, writes
        os.set_blocking(reads, False)
        os.set_blocking(writes, False)
        self._sending = threading.RLock()
        self._open = True

    def send(self, message: bytes, within_s: float) -> None:
        """Send all of it. Raises TimeoutError and OSError. A message of which only a part could be sent ends the link,
        since nothing that follows could be read."""
        ends_s = time.monotonic() + within_s
        if not self._sending.acquire(timeout=max(0.0, within_s)):
            raise TimeoutError
        try:
            left = memoryview(message)
            while left:
                if not self._open:
                    raise BrokenPipeError
                if not _ready(self._writes, select.POLLOUT, ends_s - time.monotonic()):
                    if len(left) < len(message):
                        self.hang_up()
                    raise TimeoutError
                with contextlib.suppress(BlockingIOError):
                    left = left[os.write(self._writes, left[: select.PIPE_BUF]) :]
        finally:
            self._sending.release()

    def receive(self, within_s: float) -> bytes:
        """What has come; empty at the end. Raises TimeoutError and OSError."""
        if not _ready(self._reads, select.POLLIN, within_s):
            raise TimeoutError
        try:
            return os.read(self._reads, _PIECE)
        except BlockingIOError:
            raise TimeoutError from None

    @abstractmethod
    def hang_up(self) -> None:
        """Say that the server is wanted no longer. What is received then comes to an end. Idempotent."""

    @abstractmethod
    def release(self) -> None:
        """Close everything. The receiving thread calls it when it has ended."""


def _ready(descriptor: int, event: int, within_s: float) -> bool:
    poller = select.poll()
    poller.register(descriptor, event)
    return bool(poller.poll(max(0.0, within_s) * 1000))


class KeptProcess(Link):
    """A server that a keeper runs as a descendant of this process, and in its sandbox."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Raises OSError."""
        self._keeper = subprocess.Popen(
            [*keeper_command("main_serving"), json.dumps([list(command), dict(environment)])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            # Ctrl-C in a terminal is meant for this process.
            start_new_session=True,
        )
        assert self._keeper.stdin is not None and self._keeper.stdout is not None
        super().__init__(self._keeper.stdout.fileno(), self._keeper.stdin.fileno())

    def hang_up(self) -> None:
        with self._sending:
            self._open = False
            assert self._keeper.stdin is not None
            self._keeper.stdin.close()

    def release(self) -> None:
        self.hang_up()
        try:
            self._keeper.wait(_KILL_S)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
        assert self._keeper.stdout is not None
        self._keeper.stdout.close()


class UnitConnection(Link):
    """A server in the unit of its tool, which systemd starts for a connection and ends with it."""

    def __init__(self, socket: Path, within_s: float) -> None:
        """Raises PortError when nothing listens."""
        try:
            self._connection = connect(socket, within_s)
        except PortError:
            look = f"journalctl -u cloister-tool@{socket.name}"
            raise PortError(f"tool {socket.name}: its unit does not answer; see {look}") from None
        super().__init__(self._connection.fileno(), self._connection.fileno())

    def hang_up(self) -> None:
        self._open = False
        self._connection.hang_up()

    def release(self) -> None:
        with self._sending:
            self._connection.close()
