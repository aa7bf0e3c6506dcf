"""The client side of the control socket, for the command line."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from appliance.core.ports import PortError
from appliance.isolation.unix_socket import connect


class Client:
    """An operator's connection to the socket."""

    def __init__(self, path: Path, claims_to_be: str | None = None, timeout_s: float = 120.0) -> None:
        """Connect to the socket at ``path``. Raises PortError when no process answers there."""
        self._path = path
        self._connection = connect(path, timeout_s)
        self._claims = {"as": claims_to_be} if claims_to_be else {}

    @property
    def daemon_pid(self) -> int:
        """The id of the process that listens there, as the kernel reports it."""
        return self._connection.peer.pid

    def ask(self, command: str, reason: str = "", **more: str) -> dict[str, object]:
        """Send a command. Raises PortError when it is refused."""
        request = {"command": command, **self._claims, **({"reason": reason} if reason else {}), **more}
        answer: dict[str, object] | None = None
        try:
            # The appliance may refuse the connection before it reads the command.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._connection.send_line(json.dumps(request))
            with contextlib.suppress(ConnectionResetError):
                answer = self._receive()
        except OSError as error:
            raise PortError(f"control socket {self._path}: {error.strerror or 'no answer'}") from None
        if answer is None:
            raise PortError(f"control socket {self._path}: closed without an answer; the journal says why")
        if not answer.get("ok"):
            raise PortError(f"control socket {self._path}: {answer.get('error')}")
        return answer

    def lines(self) -> Iterator[dict[str, object]]:
        """The lines that follow, until the appliance ends the connection."""
        self._connection.give_up_after(86_400.0)
        while (line := self._receive()) is not None:
            yield line

    def _receive(self) -> dict[str, object] | None:
        line = self._connection.receive_line()
        if line is None:
            return None
        answer: dict[str, object] = json.loads(line)
        return answer

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def request(path: Path, command: str) -> dict[str, object]:
    """Send one command to a running appliance. Raises PortError when it cannot be reached or refuses."""
    with Client(path) as client:
        return client.ask(command)


def follow(path: Path) -> Iterator[dict[str, object]]:
    """The facts of a running appliance until it stops. Raises PortError when it cannot be reached or refuses."""
    with Client(path) as client:
        client.ask("facts")
        yield from client.lines()
