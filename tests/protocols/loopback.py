"""A front for a door. It passes bytes between a TCP port and a Unix socket, as systemd-socket-proxyd does."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path


class Loopback:
    """Listens at 127.0.0.1 on a port of the kernel's choice while it is open."""

    def __init__(self, door: Path) -> None:
        self._door = door
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._cut = False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End all connections, and every new one, until ``mend``."""
        self._cut = True
        for pair in self._pairs:
            for end in pair:
                _end(end)

    def mend(self) -> None:
        self._cut = False

    def __enter__(self) -> Loopback:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._cut:
                client.close()
                continue
            box = socket.socket(socket.AF_UNIX)
            box.connect(str(self._door))
            self._pairs.append((client, box))
            for one, other in ((client, box), (box, client)):
                threading.Thread(target=_pass_on, args=(one, other), daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65_536):
            other.sendall(data)
    _end(other)
    _end(one)


def _end(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)
