"""One server, started once and started again when it ends.

A server that ends fails the calls that wait for it, and nothing else. It is started again after a second, and after
twice as long each time that it ends soon after, up to a minute. Calls in between fail at once. Each time, and when the
server says that it offers other functions, its functions are compared with the pinned ones.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from appliance.config.site import ToolSettings
from appliance.core.faults import fault
from appliance.core.ports import PortError
from appliance.tools.mcp.client import ENDED, Client, ServerEnded, ServerError
from appliance.tools.mcp.functions import Function
from appliance.tools.mcp.link import KeptProcess, Link, UnitConnection
from appliance.tools.program import Program, environment, unit_socket

log = logging.getLogger(__name__)

START_S = 20.0
"""Seconds in which a server must have started and told its functions"""

RETRY_S = 1.0
LONGEST_RETRY_S = 60.0
"""Seconds before a server that has ended is started again: at first, and at most"""


class Server:
    """See the module. Any thread may call it."""

    def __init__(
        self,
        settings: ToolSettings,
        state: Path,
        approve: Callable[[Sequence[Function]], None] = lambda _: None,
        retry_s: float = RETRY_S,
    ) -> None:
        """Start it. ``state`` is the appliance's state folder. ``approve`` raises PortError when the functions are not
        those that may be used. Raises PortError."""
        self.name = settings.name
        self._program = Program(settings.name, settings.program)
        self._settings, self._state = settings, state / "tools" / settings.name
        self._approve = approve
        self._retry_s = retry_s
        self._lock = threading.Lock()
        self._comparing = threading.Lock()
        self._client: Client | None = None
        self._failures = 0
        self._started_s = 0.0
        self._timer: threading.Timer | None = None
        self._closed = False
        self.functions = self._start()
        """what it offered when it was started for the first time"""

    def call(self, function: str, arguments: Mapping[str, object], within_s: float) -> Mapping[str, object]:
        """The result of a call (``tools/call``). Raises PortError."""
        with self._lock:
            client = self._client
        if client is None:
            raise PortError(f"tool {self.name}: its server has ended, and is started again")
        ends_s = time.monotonic() + within_s
        try:
            self._look_again(client, within_s)
            asked = {"name": function, "arguments": arguments}
            return client.request("tools/call", asked, ends_s - time.monotonic())
        except ServerError as error:
            raise PortError(f"tool {self.name}: {function} {error}") from None

    def close(self) -> None:
        """End the server for good; idempotent. Returns when it has been told to end."""
        with self._lock:
            self._closed = True
            client, self._client = self._client, None
            if self._timer is not None:
                self._timer.cancel()
        if client is not None:
            client.close()

    def _start(self) -> list[Function]:
        """Raises PortError."""
        self._program.check()
        client = Client(self.name, self._connect(), self._ended)
        try:
            offered = self._ask(client)
        except BaseException:
            client.close()
            raise
        with self._lock:
            self._client, self._started_s = client, time.monotonic()
            closed = self._closed
        if closed or client.ended:
            # It ended, or was no longer wanted, before it was known here.
            self._ended(client, ENDED)
            client.close()
        return offered

    def _connect(self) -> Link:
        try:
            socket = unit_socket(self.name)
            if socket is not None:
                return UnitConnection(socket, START_S)
            self._state.mkdir(mode=0o700, parents=True, exist_ok=True)
            return KeptProcess(self._settings.program, environment(self._state))
        except OSError as error:
            raise PortError(f"tool {self.name}: it cannot be started: {error.strerror}") from error

    def _ask(self, client: Client) -> list[Function]:
        """What a server offers that was just started. Raises PortError."""
        try:
            offered = client.open(START_S)
        except ServerEnded:
            why = "ended while it was started; run its command by hand to see why"
            raise PortError(f"tool {self.name}: its server {why}") from None
        except ServerError as error:
            raise PortError(f"tool {self.name}: its server {error}") from None
        self._approve(offered)
        return offered

    def _look_again(self, client: Client, within_s: float) -> None:
        """Compare the functions once more where the server said that they changed. Calls wait for that. Raises
        ServerError and PortError."""
        if not self._comparing.acquire(timeout=within_s):
            raise ServerError("waited too long for a comparison of what its server offers")
        try:
            if client.list_changed:
                self._approve(client.functions(within_s))
        except (ServerError, PortError):
            # What it offers is not known any more. It is started again, and compared again.
            client.close()
            raise
        finally:
            self._comparing.release()

    def _ended(self, client: Client, how: str) -> None:
        """Start the server again, unless this one was not in use: whoever started it knows."""
        with self._lock:
            if self._closed or client is not self._client:
                return
            self._client = None
            lasted_s = time.monotonic() - self._started_s
            self._failures = 0 if lasted_s > LONGEST_RETRY_S else self._failures
        log.warning("tool %s: its server %s. It is started again", self.name, how)
        self._start_later()

    def _start_later(self) -> None:
        with self._lock:
            if self._closed:
                return
            delay_s = min(self._retry_s * 2**self._failures, LONGEST_RETRY_S)
            self._failures = min(self._failures + 1, 10)
            self._timer = threading.Timer(delay_s, self._start_again)
            self._timer.name = f"mcp-{self.name}-start"
            self._timer.daemon = True
            self._timer.start()

    def _start_again(self) -> None:
        try:
            self._start()
        except PortError as error:
            log.warning("%s", error)
            self._start_later()
        except Exception as error:  # an error in this thread would end the appliance
            log.error("tool %s: its server cannot be started again: %s", self.name, fault(error))
            self._start_later()
        else:
            log.warning("tool %s: its server runs again", self.name)
