"""WebSockets over a Unix socket.

The frames are those of the ``websockets`` library, of which only the part without input and output is used. The socket
stays with ``isolation.unix_socket``.

What is sent goes through a bounded mailbox and a thread of its own, so that no one who sends waits for a client. A
client that does not read is disconnected.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Sequence

from websockets.exceptions import ProtocolError
from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from appliance.core.mailbox import Mailbox, MailboxClosed, MailboxFull
from appliance.isolation.unix_socket import Connection

_PING_S = 20.0
"""Seconds without anything from a client after which it is asked for a sign of life"""

_GONE_S = 60.0
"""Seconds without anything from a client after which it is gone"""

_LAST_S = 2.0
"""Seconds that a client has to take what was sent last"""

_DROPPED = 4 * 1024 * 1024
"""Most bytes that are read and dropped from a client whose connection is ended"""

_OUTGOING = 2048
"""Most messages that may wait to be sent; with more the client is disconnected"""

_FRAGMENTS = 1024
"""Most frames of one message"""

GOING_AWAY, REFUSED, TOO_BIG, FAILED, RESTARTS, BUSY = 1001, 1008, 1009, 1011, 1012, 1013
"""Codes with which a connection is closed (RFC 6455, section 7.4.1, and its registry)"""


class WebSocketClosed(Exception):
    """The connection is over."""


class WebSocket:
    """One open connection. Any thread may send. One thread receives."""

    def __init__(self, connection: Connection, protocol: ServerProtocol) -> None:
        self._connection = connection
        self._protocol = protocol
        self._lock = threading.Lock()
        self._outgoing: Mailbox[bytes] = Mailbox("websocket", _OUTGOING, "fault")
        self._incoming: list[str | bytes] = []
        self._message: list[bytes] = []
        self._is_text = False
        self._heard_s = time.monotonic()
        self._pinged_s = 0.0
        self._writer = threading.Thread(target=self._write, name="door writer", daemon=True)
        self._writer.start()

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that was chosen."""
        return self._protocol.subprotocol

    def send(self, message: str | bytes) -> None:
        """Send a message: text or binary. Returns at once. Raises WebSocketClosed."""
        with self._lock:
            if self._protocol.state is not State.OPEN:
                raise WebSocketClosed
            if isinstance(message, str):
                self._protocol.send_text(message.encode())
            else:
                self._protocol.send_binary(message)
            self._hand_over()

    def receive(self, within_s: float | None = None) -> str | bytes:
        """The next message. Raises WebSocketClosed, and TimeoutError when none came ``within_s``."""
        ends_s = None if within_s is None else time.monotonic() + within_s
        while not self._incoming:
            now_s = time.monotonic()
            if ends_s is not None and now_s >= ends_s:
                raise TimeoutError
            wait_s = _PING_S if ends_s is None else min(_PING_S, ends_s - now_s)
            self._read(wait_s)
        return self._incoming.pop(0)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Say why, send what waits, and end the connection; idempotent."""
        with self._lock:
            if self._protocol.state is State.OPEN:
                self._protocol.send_close(code, reason[:120])
                with contextlib.suppress(WebSocketClosed):
                    self._hand_over()
        self._end()

    def _end(self) -> None:
        """Send what waits, and end the connection."""
        self._outgoing.close()
        if self._writer is not threading.current_thread():
            self._writer.join(timeout=_LAST_S)
        self._connection.end_sending(_LAST_S, _DROPPED)
        self._connection.hang_up()

    def _read(self, wait_s: float) -> None:
        try:
            data = self._connection.receive(65_536, wait_s)
        except TimeoutError:
            now_s = time.monotonic()
            if now_s - self._heard_s >= _GONE_S:
                self._connection.hang_up()
                raise WebSocketClosed from None
            with self._lock:
                if now_s - max(self._heard_s, self._pinged_s) >= _PING_S and self._protocol.state is State.OPEN:
                    self._pinged_s = now_s
                    self._protocol.send_ping(b"")
                    self._hand_over()
            return
        except OSError:
            raise WebSocketClosed from None
        self._heard_s = time.monotonic()
        with self._lock:
            if data:
                self._protocol.receive_data(data)
            else:
                self._protocol.receive_eof()
            events = self._protocol.events_received()
            self._hand_over()
            over = self._protocol.state is not State.OPEN
        for event in events:
            self._take(event)
        if over and not self._incoming:
            self._end()
            raise WebSocketClosed

    def _take(self, event: object) -> None:
        opcode = getattr(event, "opcode", None)
        if opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return  # pings are answered and closes are returned by the library
        if opcode is not Opcode.CONT:
            self._message, self._is_text = [], opcode is Opcode.TEXT
        self._message.append(bytes(getattr(event, "data", b"")))
        if len(self._message) > _FRAGMENTS:
            self.close(TOO_BIG, "too many fragments")
            raise WebSocketClosed
        if getattr(event, "fin", True):
            whole = b"".join(self._message)
            self._message = []
            try:
                self._incoming.append(whole.decode() if self._is_text else whole)
            except UnicodeDecodeError:
                self.close(1007, "a text must be UTF-8")
                raise WebSocketClosed from None

    def _hand_over(self) -> None:
        """Hand what the library wants sent to the writer. The lock is held."""
        data = b"".join(self._protocol.data_to_send())
        if not data:
            return
        try:
            if not self._outgoing.put(data):
                raise WebSocketClosed
        except MailboxFull:
            self._outgoing.close()
            self._connection.hang_up()
            raise WebSocketClosed from None

    def _write(self) -> None:
        with contextlib.suppress(MailboxClosed, OSError):
            while True:
                data = self._outgoing.get()
                if data:
                    self._connection.send(data)
        self._outgoing.close()


def shake_hands(connection: Connection, raw: bytes, subprotocols: Sequence[str], most: int) -> WebSocket:
    """Answer a request (``raw``, from its first byte) that asks for a WebSocket. Raises WebSocketClosed when it does
    so in a wrong way; the client was told then."""

    def select(_: ServerProtocol, offered: Iterable[Subprotocol]) -> Subprotocol | None:
        # A client that offers none of ours is served without one.
        ours = set(offered)
        return next((Subprotocol(name) for name in subprotocols if name in ours), None)

    protocol = ServerProtocol(select_subprotocol=select, max_size=most)
    protocol.receive_data(raw)
    request = next(iter(protocol.events_received()), None)
    if not isinstance(request, Request):
        raise WebSocketClosed
    try:
        response = protocol.accept(request)
    except ProtocolError:
        raise WebSocketClosed from None
    protocol.send_response(response)
    connection.send(b"".join(protocol.data_to_send()))
    if protocol.state is not State.OPEN:
        raise WebSocketClosed
    return WebSocket(connection, protocol)
