"""What a client says of its sound in the address of a request, and the fields that all of Deepgram's answers share."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

from appliance import __version__
from appliance.core.facts import WordTime
from appliance.protocols.http import HttpError, Request
from appliance.protocols.sound import Coding
from appliance.protocols.websocket import WebSocket, WebSocketClosed

MODEL = {"name": "cloister", "version": __version__, "arch": "cloister"}

MODEL_ID = "00000000-0000-0000-0000-000000000000"

SUBPROTOCOLS = ("token", "bearer")
"""What a browser offers, since it can set no header; its token follows"""

_CODINGS: Sequence[str] = get_args(Coding)


def new_id() -> str:
    """A name for a request."""
    return secrets.token_hex(16)


def now() -> str:
    """The time, as answers tell it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Form:
    """The coding and the rate of a client's sound."""

    coding: Coding
    rate_hz: int


def read_form(coding: object, rate_hz: object, default: Form | None = None) -> Form:
    """The form of sound that a client names. Raises HttpError for one that this box does not take or give."""
    if coding is None and default is not None:
        coding = default.coding
    if coding not in _CODINGS:
        raise HttpError(400, f"`encoding` cannot be {coding!r}: {', '.join(_CODINGS)} can be had")
    if rate_hz is None and default is not None:
        rate_hz = default.rate_hz if coding == "linear16" else 8_000
    try:
        rate = int(str(rate_hz))
    except ValueError:
        rate = 0
    if not 8_000 <= rate <= 48_000:
        raise HttpError(400, f"`sample_rate` cannot be {rate_hz!r}: 8000 to 48000 can be had")
    found: Coding = coding  # type: ignore[assignment]  # one of _CODINGS
    return Form(found, rate)


def flag(request: Request, name: str) -> bool:
    """Whether a parameter says true."""
    return request.value(name) == "true"


def number(request: Request, name: str, default: float, least: float, most: float) -> float:
    """A parameter that is a number. Raises HttpError."""
    text = request.value(name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise HttpError(400, f"`{name}` cannot be {text!r}: {least:g} to {most:g} can be had")
    return value


def refuse_unknown(request: Request, known: Sequence[str]) -> None:
    """Refuse what would change the answer and is not known here. Raises HttpError."""
    for name, values in request.query.items():
        if name not in known and values != ("false",):
            raise HttpError(400, f"`{name}` is not possible on this box")


def timed(words: Sequence[WordTime], confidence: float) -> list[dict[str, object]]:
    """Words with their times. ``confidence`` is that of their sentence, since the ears are not sure of words one by
    one; nor do they write marks, so a word with its marks is the word."""
    return [
        {
            "word": word.text,
            "start": round(word.start_s, 3),
            "end": round(word.end_s, 3),
            "confidence": round(confidence, 4),
            "punctuated_word": word.text,
        }
        for word in words
    ]


@contextmanager
def a_place(places: threading.BoundedSemaphore) -> Iterator[None]:
    """One of the places for clients who are heard without a conversation. Raises HttpError when all are taken."""
    if not places.acquire(blocking=False):
        raise HttpError(503, "as many clients are heard as may be: try again later", "busy")
    try:
        yield
    finally:
        places.release()


def read_message(client: WebSocket, text: str) -> Mapping[str, object]:
    """A message of a client; one that is no JSON object closes the connection. Raises WebSocketClosed."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        client.close(1008, "a message must be a JSON object with a type")
        raise WebSocketClosed
    return message
