"""HTTP/1.1 over a Unix socket, parsed by h11, with a table of what is served.

Every request is bounded: the head in size and time, the body in size and in the time between two pieces. A connection
may carry one request after another; an error ends it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

import h11

from appliance.core.faults import fault
from appliance.core.ports import PortError
from appliance.isolation.unix_socket import Connection
from appliance.protocols.access import Caller, Callers
from appliance.protocols.door_record import DoorRecord
from appliance.protocols.websocket import WebSocket, shake_hands

log = logging.getLogger(__name__)

_DROPPED_S = 1.0
"""Seconds for which the rest of a refused request is read, and dropped"""

HEAD_BYTES = 16_384
"""Bytes of the longest head of a request"""

_HEAD_S = 10.0
"""Seconds in which a head must have come"""

_IDLE_S = 60.0
"""Seconds for which a connection may wait for its next request"""

_BODY_S = 20.0
"""Seconds that may pass between two pieces of a body"""

BODY_BYTES = 32 * 1024 * 1024
"""Bytes of the longest body"""

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
"""Names under which a browser may ask; another name may be another site's, resolved to this box (DNS rebinding)"""


class HttpError(Exception):
    """A request that is not served: the status, and a sentence for the one who sent it."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Request:
    """The head of a request."""

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, str]
    """by lower-case name; repeated headers are joined by commas"""

    def value(self, name: str) -> str | None:
        """The first value of a parameter in the address."""
        values = self.query.get(name)
        return values[0] if values else None


@dataclass(slots=True)
class Exchange:
    """A request and what answers it. A handler reads the body, if any, and answers once."""

    request: Request
    caller: Caller
    parameters: Mapping[str, str]
    """the parts of the path that the route names"""
    _http: h11.Connection
    _connection: Connection
    _raw: bytes
    """everything that was received of a request that may become a WebSocket"""
    _answered: bool = field(default=False)

    def pieces(self, most: int = BODY_BYTES) -> Iterator[bytes]:
        """The body as it comes. Raises HttpError when it is longer than ``most`` bytes or does not go on."""
        if self._http.they_are_waiting_for_100_continue:
            self._send(h11.InformationalResponse(status_code=100, headers=[]))
        received = 0
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                try:
                    self._http.receive_data(self._connection.receive(65_536, _BODY_S))
                except TimeoutError:
                    raise HttpError(408, "the rest of the body did not come") from None
            elif isinstance(event, h11.Data):
                received += len(event.data)
                if received > most:
                    raise HttpError(413, f"the body has more than {most} bytes")
                yield bytes(event.data)
            else:
                return

    def body(self, most: int = BODY_BYTES) -> bytes:
        """The whole body. Raises HttpError as ``pieces`` does."""
        return b"".join(self.pieces(most))

    def json(self) -> dict[str, object]:
        """The body as a JSON object. Raises HttpError."""
        try:
            value = json.loads(self.body() or b"{}")
        except (ValueError, RecursionError):
            raise HttpError(400, "the body is not JSON") from None
        if not isinstance(value, dict):
            raise HttpError(400, "the body must be a JSON object")
        return value

    def respond(self, status: int, body: bytes, content_type: str, headers: Sequence[tuple[str, str]] = ()) -> None:
        """Answer with a body whose length is known."""
        events: list[h11.Event] = [h11.Data(data=body)] if self.request.method != "HEAD" else []
        head = self._head(status, [("Content-Type", content_type), ("Content-Length", str(len(body))), *headers])
        self._send(head, *events, h11.EndOfMessage())

    def respond_json(self, status: int, value: object) -> None:
        """Answer with JSON."""
        self.respond(status, json.dumps(value).encode(), "application/json")

    def stream(self, content_type: str, headers: Sequence[tuple[str, str]] = ()) -> Callable[[bytes], None]:
        """Begin an answer in pieces. Returns what sends a piece; no bytes end the answer."""
        self._send(self._head(200, [("Content-Type", content_type), *headers]))

        def send(piece: bytes) -> None:
            self._send(h11.Data(data=piece) if piece else h11.EndOfMessage())

        return send

    def websocket(self, subprotocols: Sequence[str] = (), most: int = 1024 * 1024) -> WebSocket:
        """Turn the connection into a WebSocket with messages of ``most`` bytes at most. The first of ``subprotocols``
        that the client offers is chosen. Raises HttpError when the request does not ask for one."""
        if self.request.headers.get("upgrade", "").lower() != "websocket":
            raise HttpError(400, "this address is for WebSockets")
        self._answered = True
        return shake_hands(self._connection, self._raw, subprotocols, most)

    def _head(self, status: int, headers: Sequence[tuple[str, str]]) -> h11.Response:
        self._answered = True
        always = [("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store")]
        given = {name.lower() for name, _ in headers}
        added = [(name, value) for name, value in always if name.lower() not in given]
        return h11.Response(status_code=status, headers=[*headers, *added])

    def _send(self, *events: h11.Event) -> None:
        if data := b"".join(self._http.send(event) or b"" for event in events):
            self._connection.send(data)


Handler = Callable[[Exchange], None]


@dataclass(frozen=True, slots=True)
class Route:
    """What is served at a path. A part of the path in braces is a parameter: ``/v1/models/{id}``."""

    method: str
    path: str
    handler: Handler
    scope: str | None = None
    """what a token must be for; None where no token is needed"""


class HttpServer:
    """Serves connections by a table of routes."""

    def __init__(self, routes: Sequence[Route], record: DoorRecord, tokens: Callers | None = None) -> None:
        """With ``tokens`` each request must bring one, besides those to routes without a scope."""
        self._routes = [(route, route.path.strip("/").split("/")) for route in routes]
        self._record = record
        self._tokens = tokens

    def serve(self, connection: Connection, caller: Caller) -> None:
        """Serve one connection until it ends."""
        wait_s = _HEAD_S
        while self._serve_one(connection, caller, wait_s):
            wait_s = _IDLE_S

    def turn_away(self, connection: Connection) -> None:
        """Refuse a connection for which there is no place."""
        http = h11.Connection(h11.SERVER)
        with contextlib.suppress(TimeoutError, h11.RemoteProtocolError):
            # What was sent is taken first. Closing on it would reset the connection before the answer is read.
            http.receive_data(connection.receive(HEAD_BYTES, 0.2))
            http.next_event()
        self._refuse(None, http, connection, HttpError(503, "every place is taken: try again later", "busy"))

    def _serve_one(self, connection: Connection, caller: Caller, wait_s: float) -> bool:
        """Serve a request. Returns whether another may follow."""
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
        raw = b""
        exchange: Exchange | None = None
        try:
            ends_s = time.monotonic() + wait_s
            while True:
                event = http.next_event()
                if isinstance(event, h11.Request):
                    break
                if event is not h11.NEED_DATA:
                    return False
                try:
                    data = connection.receive(4096, ends_s - time.monotonic())
                except TimeoutError:
                    if not raw:
                        return False
                    raise HttpError(408, "the head of the request did not come") from None
                raw += data
                http.receive_data(data)
            exchange = Exchange(_request(event), caller, {}, http, connection, raw)
            self._handle(exchange)
        except h11.RemoteProtocolError as error:
            self._refuse(exchange, http, connection, HttpError(error.error_status_hint, "this is not HTTP/1.1"))
            return False
        except HttpError as error:
            self._refuse(exchange, http, connection, error)
            return False
        except PortError as error:
            self._refuse(exchange, http, connection, HttpError(503, str(error)))
            return False
        except OSError:
            raise
        except Exception as error:
            log.error("a request failed: %s; please report it", fault(error))
            self._refuse(exchange, http, connection, HttpError(500, "this box failed at it"))
            return False
        if http.their_state is h11.SEND_BODY and not isinstance(http.next_event(), h11.EndOfMessage):
            return False  # a body that was not wanted
        return http.our_state is h11.DONE and http.their_state is h11.DONE and not http.trailing_data[0]

    def _handle(self, exchange: Exchange) -> None:
        request = exchange.request
        self._check_origin(request)
        parts = [unquote(part) for part in request.path.strip("/").split("/")]
        method = "GET" if request.method == "HEAD" else request.method
        other_methods = False
        for route, pattern in self._routes:
            parameters = _match(pattern, parts)
            if parameters is None:
                continue
            if route.method != method:
                other_methods = True
                continue
            exchange.parameters = parameters
            if route.scope is not None:
                exchange.caller = self._identify(request, exchange.caller)
                what = f"{route.method} {route.path}"
                if not exchange.caller.may(route.scope):
                    self._record.refused(exchange.caller.name, what)
                    raise HttpError(403, f"the token is not for {route.scope!r}")
                self._record.used(exchange.caller, what)
            route.handler(exchange)
            return
        if other_methods:
            raise HttpError(405, f"{request.method} is not possible here")
        raise HttpError(404, f"nothing is served at {request.path!r}")

    def _identify(self, request: Request, caller: Caller) -> Caller:
        if self._tokens is None:
            return caller
        token = token_of(request)
        known = self._tokens.caller(token) if token else None
        if known is None:
            self._record.refused(caller.name, "a token" if token else "no token")
            raise HttpError(401, "a token is needed" if not token else "the token is not valid", "invalid_api_key")
        return known

    def _check_origin(self, request: Request) -> None:
        """Refuse scripts of any page but this box's own. Programs that are no browsers send no origin."""
        origin = request.headers.get("origin")
        if origin is None:
            return
        host = request.headers.get("host", "")
        if urlsplit(origin).netloc != host or host.rpartition(":")[0 if ":" in host else 2] not in LOCAL_HOSTS:
            raise HttpError(403, "scripts of that site may not connect")

    def _refuse(
        self, exchange: Exchange | None, http: h11.Connection, connection: Connection, error: HttpError
    ) -> None:
        if http.our_state not in (h11.IDLE, h11.SEND_RESPONSE) or (exchange is not None and exchange._answered):
            return
        body = json.dumps(
            {"error": {"message": str(error), "type": _KINDS.get(error.status, "server_error"), "code": error.code}}
        ).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Connection", "close")]
        if error.status == 503:
            headers.append(("Retry-After", "5"))
        head = http.send(h11.Response(status_code=error.status, headers=headers)) or b""
        connection.send(head + (http.send(h11.Data(data=body)) or b""))
        connection.end_sending(_DROPPED_S, BODY_BYTES)


_KINDS = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
} | dict.fromkeys((400, 405, 408, 413, 415, 422), "invalid_request_error")
"""Types of errors, as OpenAI's interface calls them"""


def token_of(request: Request) -> str | None:
    """The token of a request: a bearer's, Deepgram's ``Token``, or one that a browser offers as a subprotocol, since it
    can set no header. A token in the address is not looked at, because addresses end in logs."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() in ("bearer", "token") and token:
        return token.strip()
    offered = [name.strip() for name in request.headers.get("sec-websocket-protocol", "").split(",")]
    for name in offered:
        if name.startswith(_OPENAI_KEY):
            return name.removeprefix(_OPENAI_KEY)
    if len(offered) >= 2 and offered[0] in ("token", "bearer"):
        return offered[1]
    return None


_OPENAI_KEY = "openai-insecure-api-key."


def _request(event: h11.Request) -> Request:
    address = urlsplit(event.target.decode("ascii", "replace"))
    headers: dict[str, str] = {}
    for name, value in event.headers:
        key, text = name.decode("ascii"), value.decode("latin-1")
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    query = {name: tuple(values) for name, values in parse_qs(address.query, keep_blank_values=True).items()}
    return Request(event.method.decode("ascii"), address.path, query, headers)


def _match(pattern: Sequence[str], parts: Sequence[str]) -> dict[str, str] | None:
    if len(pattern) != len(parts):
        return None
    found: dict[str, str] = {}
    for wanted, part in zip(pattern, parts, strict=True):
        if wanted.startswith("{"):
            found[wanted[1:-1]] = part
        elif wanted != part:
            return None
    return found
