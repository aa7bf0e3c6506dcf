"""Events of the protocol: what a client may send, how an error is told, and the names of things. Pure but for names."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any, Protocol

Event = dict[str, Any]
"""One event as the protocol writes it"""


class Send(Protocol):
    """Sends an event of a type with its fields. It does not wait."""

    def __call__(self, type: str, /, **fields: object) -> None: ...


MOST_BYTES = 8 * 1024 * 1024
"""Bytes of the longest event: two minutes of 16-bit sound"""

_LONGEST_ID = 512


class Refused(Exception):
    """A client's event that is not carried out. The protocol tells the client so with an ``error`` event."""

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.param = param


def new_id(kind: str) -> str:
    """A name for an item, a response, a session or an event."""
    return f"{kind}_{secrets.token_hex(10)}"


def read_event(message: str | bytes) -> Event:
    """The event that a client sent. Raises Refused."""
    if isinstance(message, bytes):
        raise Refused("invalid_json", "events are JSON in text messages")
    try:
        event = json.loads(message, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Refused("invalid_json", "the event is not JSON") from None
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise Refused("invalid_event", "an event is an object with a `type`", "type")
    return event


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def event_id_of(event: Mapping[str, object]) -> str | None:
    """The name that the client gave to its event, so that an error can name it."""
    given = event.get("event_id")
    return given if isinstance(given, str) and len(given) <= _LONGEST_ID else None


def told(error: Refused, event_id: str | None) -> dict[str, str | None]:
    """What an ``error`` event tells of a refused event of a client."""
    detail = {"type": "invalid_request_error", "code": error.code, "message": str(error)}
    return {**detail, "param": error.param, "event_id": event_id}


def text_at(value: Mapping[str, object], name: str, where: str, *, needed: bool = True) -> str | None:
    """A text of a client. Raises Refused where it is missing or something else."""
    text = value.get(name)
    if text is None and not needed:
        return None
    if not isinstance(text, str) or not text or len(text) > _LONGEST_ID:
        raise Refused("invalid_value", f"`{where}` must be a text of 1 to {_LONGEST_ID} letters", where)
    return text
