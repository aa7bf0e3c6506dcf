"""JSON-RPC 2.0, one message a line of UTF-8. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

LARGEST_MESSAGE = 256 * 1024
"""Most bytes of a line; a server that writes a longer one is broken"""

DEEPEST = 24
"""Most levels of objects and lists within each other in a message"""

METHOD_NOT_FOUND = -32601

JsonId = int | str


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to a request of ours."""

    id: object
    result: Mapping[str, object] | None
    error: int | None = None
    """code of an error, in place of a result"""


@dataclass(frozen=True, slots=True)
class Request:
    """A request of the server, or a notification where ``id`` is None."""

    method: str
    id: JsonId | None = None
    params: Mapping[str, object] = field(default_factory=dict)


class NotAMessage(Exception):
    """A line is no message of JSON-RPC 2.0."""


def line(message: Mapping[str, object]) -> bytes:
    """A message as it is sent. JSON escapes the ends of lines within texts."""
    return json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")).encode() + b"\n"


def read(received: bytes) -> Response | Request:
    """The message in a line. Raises NotAMessage."""
    try:
        message = json.loads(received, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise NotAMessage from None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0" or not shallow(message, DEEPEST):
        raise NotAMessage
    if "method" in message:
        return _request(message)
    if ("result" in message) == ("error" in message):
        raise NotAMessage
    if "error" not in message:
        result = message["result"]
        return Response(message.get("id"), result if isinstance(result, dict) else None)
    error = message["error"]
    code = error.get("code") if isinstance(error, dict) else None
    return Response(message.get("id"), None, code if type(code) is int else 0)


def _request(message: Mapping[str, object]) -> Request:
    method, number, params = message["method"], message.get("id"), message.get("params", {})
    if not isinstance(method, str) or not isinstance(params, dict):
        raise NotAMessage
    if number is not None and type(number) not in (int, str):
        raise NotAMessage
    return Request(method, number, params)  # type: ignore[arg-type]  # the check above


def shallow(value: object, deepest: int) -> bool:
    """Whether a value is nested no deeper than that."""
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return deepest > 0 and all(shallow(item, deepest - 1) for item in inner)


def _no_number(_text: str) -> None:
    raise ValueError
