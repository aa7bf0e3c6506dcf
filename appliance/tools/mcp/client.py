"""Requests to a server and its answers, over one link.

A thread receives. It hands answers to the callers that wait for them, answers pings, refuses other requests of the
server as unknown methods, and ignores notifications, late answers and lines that are no message. A server that writes
many of these, or a line without end, is broken, and the link ends.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from appliance import __version__
from appliance.core.faults import fault
from appliance.tools.mcp import functions, messages
from appliance.tools.mcp.functions import Function
from appliance.tools.mcp.link import Link

VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
"""Versions of the protocol that are spoken, the newest first. Lists of messages in one line, which 2025-03-26 allows,
are not among them: servers had no occasion to send any, since we never do."""

MOST_PAGES = 32
MOST_FUNCTIONS = 512
"""Most pages and entries of a server's list of functions"""

_LIST_CHANGED = "notifications/tools/list_changed"
_BURST = 200
_PER_S = 20.0
"""Lines that no caller waits for: this many at once, and so many more a second. A ping every few seconds is usual"""
_ANSWER_S = 2.0
"""Seconds in which a server must take the answer to a request of its own"""
_IDLE_S = 3600.0
ENDED = "has ended"


class ServerError(Exception):
    """A request has no result. The message completes "the function …", and holds nothing that the server wrote."""


class ServerEnded(ServerError):
    """The server has ended, or was ended because it is broken. ``how`` completes "its server …"."""

    def __init__(self, how: str) -> None:
        super().__init__(f"failed because its server {how}")


@dataclass
class _Waiting:
    """A caller that waits for an answer."""

    answered: threading.Event = field(default_factory=threading.Event)
    response: messages.Response | None = None


class _Broken(Exception):
    """The server does not keep to the protocol. The message says how."""


class Client:
    """See the module. Any thread may call it."""

    def __init__(self, name: str, link: Link, ended: Callable[[Client, str], None]) -> None:
        """``ended`` is called once, by the receiving thread, when the link has ended. It is told how the server ended,
        in words that follow "its server"."""
        self._link = link
        self._ended = ended
        self._lock = threading.Lock()
        self._waiting: dict[int, _Waiting] = {}
        self._last_id = 0
        self._over: str | None = None
        """how the server ended"""
        self._allowance, self._allowed_s = float(_BURST), time.monotonic()
        self.list_changed = False
        """whether the server said that it offers other functions now"""
        threading.Thread(target=self._receive, name=f"mcp-{name}", daemon=True).start()

    @property
    def ended(self) -> bool:
        """Whether the link has ended."""
        with self._lock:
            return self._over is not None

    def open(self, within_s: float) -> list[Function]:
        """Shake hands and ask for the functions. Raises ServerError."""
        ends_s = time.monotonic() + within_s
        asked = {
            "protocolVersion": VERSIONS[0],
            "capabilities": {},
            "clientInfo": {"name": "cloister", "version": __version__},
        }
        answer = self.request("initialize", asked, within_s)
        if answer.get("protocolVersion") not in VERSIONS:
            raise ServerError(f"speaks none of the versions {', '.join(VERSIONS)} of MCP")
        offers = answer.get("capabilities")
        if not isinstance(offers, dict) or "tools" not in offers:
            raise ServerError("offers no functions (`tools`)")
        self._notify("notifications/initialized", {}, within_s)
        return self.functions(ends_s - time.monotonic())

    def functions(self, within_s: float) -> list[Function]:
        """The functions that the server offers now. Raises ServerError."""
        ends_s = time.monotonic() + within_s
        self.list_changed = False
        found: dict[str, Function] = {}
        cursor: object = None
        for _ in range(MOST_PAGES):
            asked = {} if cursor is None else {"cursor": cursor}
            answer = self.request("tools/list", asked, ends_s - time.monotonic())
            listed = answer.get("tools")
            if not isinstance(listed, list) or len(found) + len(listed) > MOST_FUNCTIONS:
                raise ServerError(f"lists something else than at most {MOST_FUNCTIONS} functions")
            for entry in listed:
                try:
                    function = functions.read(entry)
                except functions.NotAFunction:
                    raise ServerError("lists something that is no function") from None
                if function.name in found:
                    raise ServerError("lists two functions of the same name")
                found[function.name] = function
            cursor = answer.get("nextCursor")
            if cursor is None:
                return list(found.values())
        raise ServerError(f"lists its functions on more than {MOST_PAGES} pages")

    def request(self, method: str, params: Mapping[str, object], within_s: float) -> Mapping[str, object]:
        """Ask for something and wait for the answer. A request that is not answered in time is cancelled. Raises
        ServerError."""
        waiting, ends_s = _Waiting(), time.monotonic() + within_s
        with self._lock:
            if self._over is not None:
                raise ServerEnded(self._over)
            self._last_id += 1
            number = self._last_id
            self._waiting[number] = waiting
        try:
            self._send({"id": number, "method": method, "params": params}, within_s)
            if not waiting.answered.wait(max(0.0, ends_s - time.monotonic())):
                raise TimeoutError
        except TimeoutError:
            # The handshake must not be cancelled (MCP, Cancellation).
            if method != "initialize":
                with contextlib.suppress(ServerEnded):
                    self._notify("notifications/cancelled", {"requestId": number, "reason": "took too long"}, 0.0)
            raise ServerError(f"took longer than {within_s:.3g} s") from None
        finally:
            with self._lock:
                del self._waiting[number]
        response = waiting.response
        if response is None:
            raise ServerEnded(self._over or ENDED)
        if response.error is not None:
            raise ServerError(f"answered with the error {response.error}")
        if response.result is None:
            raise ServerError("answered with a result that is no object")
        return response.result

    def close(self) -> None:
        """Hang up; idempotent. ``ended`` follows."""
        self._link.hang_up()

    def _notify(self, method: str, params: Mapping[str, object], within_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            self._send({"method": method, "params": params}, within_s)

    def _send(self, message: Mapping[str, object], within_s: float) -> None:
        try:
            self._link.send(messages.line(message), within_s)
        except TimeoutError:
            raise
        except OSError:
            raise ServerEnded(ENDED) from None

    # --- the receiving thread ---------------------------------------------------------------------------------------

    def _receive(self) -> None:
        how = ENDED
        try:
            for line in self._lines():
                self._take(line)
        except _Broken as error:
            how = f"{error}, and was ended"
        except ServerEnded:
            pass
        except Exception as error:  # a fault with one server must not end the appliance
            how = f"was ended because of a fault here: {fault(error)}"
        with self._lock:
            self._over = how
            left = list(self._waiting.values())
        for waiting in left:
            waiting.answered.set()
        self._link.release()
        self._ended(self, how)

    def _lines(self) -> Iterator[bytes]:
        received = bytearray()
        while True:
            try:
                piece = self._link.receive(_IDLE_S)
            except TimeoutError:
                continue
            except OSError:
                return
            if not piece:
                return
            received += piece
            *lines, received = received.split(b"\n")
            if max(map(len, (*lines, received))) > messages.LARGEST_MESSAGE:
                raise _Broken(f"wrote a line of more than {messages.LARGEST_MESSAGE} bytes")
            yield from (bytes(line) for line in lines)

    def _take(self, line: bytes) -> None:
        try:
            message = messages.read(line)
        except messages.NotAMessage:
            self._unasked()
            return
        if isinstance(message, messages.Response):
            with self._lock:
                # True is 1 to a dict.
                waiting = self._waiting.get(message.id) if type(message.id) is int else None
            if waiting is None or waiting.answered.is_set():
                self._unasked()
                return
            waiting.response = message
            waiting.answered.set()
            return
        self._unasked()
        if message.id is None:
            self.list_changed |= message.method == _LIST_CHANGED
            return
        try:
            if message.method == "ping":
                self._send({"id": message.id, "result": {}}, _ANSWER_S)
            else:
                refusal = {"code": messages.METHOD_NOT_FOUND, "message": "Method not found"}
                self._send({"id": message.id, "error": refusal}, _ANSWER_S)
        except TimeoutError:
            raise _Broken("does not read what it is answered") from None

    def _unasked(self) -> None:
        """Count a line that no caller waits for. Raises _Broken when there are too many."""
        now_s = time.monotonic()
        self._allowance = min(_BURST, self._allowance + _PER_S * (now_s - self._allowed_s)) - 1
        self._allowed_s = now_s
        if self._allowance < 0:
            raise _Broken("writes too much that nothing asked for")
