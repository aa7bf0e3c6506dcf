"""The tokens with which programs come in by a proxy: made, listed and revoked by ``cloister tokens``.

The box keeps the SHA-256 of a token and never the token. That is enough for a random text of 256 bits, of which nobody
can try many. A token that was revoked is refused from the next request on.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from appliance.core.ports import PortError
from appliance.protocols.access import Caller
from appliance.records.whole_file import write_whole

FILE = "tokens.json"
"""Name of the file in the state folder"""

FORMAT = 1

SCOPES = ("realtime", "audio", "chat", "models", "deepgram", "kiosk", "tools")
"""What a token may be for. ``tools``: the program may offer functions of its own in a conversation."""

PREFIX = "clo_"
"""Tokens begin with this, so that a search for lost secrets finds them"""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token."""

    name: str
    sha256: str
    scopes: tuple[str, ...]
    made: str
    """ISO date and time"""
    until: str | None = None
    """ISO date and time after which it is refused"""

    def valid(self, now: datetime) -> bool:
        """Whether it has not expired."""
        return self.until is None or now < datetime.fromisoformat(self.until)


def read(state: Path) -> tuple[Token, ...]:
    """The tokens of a box, oldest first. Raises PortError when the file is damaged."""
    path = state / FILE
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["format"] != FORMAT:
            raise PortError(f"{path}: is of another version of this program")
        return tuple(Token(**{**row, "scopes": tuple(row["scopes"])}) for row in kept["tokens"])
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise PortError(f"{path}: {error.strerror}") from None
    except (ValueError, TypeError, KeyError):
        raise PortError(f"{path}: is damaged; remove it and make new tokens") from None


def make(state: Path, name: str, scopes: tuple[str, ...], days: float | None, now: datetime | None = None) -> str:
    """Make a token and return it. It is not kept and cannot be shown again. Raises PortError."""
    tokens = read(state)
    if not _NAME.fullmatch(name):
        raise PortError(f"a token's name has small letters, digits, dots and dashes, at most 64, not {name!r}")
    if any(token.name == name for token in tokens):
        raise PortError(f"there is a token {name!r} already; revoke it first")
    now = now or datetime.now(UTC)
    text = PREFIX + secrets.token_urlsafe(32)
    until = None if days is None else (now + timedelta(days=days)).isoformat(timespec="seconds")
    _write(state, (*tokens, Token(name, _hash(text), scopes, now.isoformat(timespec="seconds"), until)))
    return text


def revoke(state: Path, name: str) -> None:
    """Refuse a token from now on. Raises PortError when there is none of that name."""
    tokens = read(state)
    left = tuple(token for token in tokens if token.name != name)
    if len(left) == len(tokens):
        raise PortError(f"there is no token {name!r}; there are {', '.join(t.name for t in tokens) or 'none'}")
    _write(state, left)


def _write(state: Path, tokens: tuple[Token, ...]) -> None:
    rows = [{name: getattr(token, name) for name in Token.__slots__} for token in tokens]
    try:
        write_whole(state / FILE, json.dumps({"format": FORMAT, "tokens": rows}))
    except OSError as error:
        raise PortError(f"{state}: {error.strerror}; the folder must be writable by this user") from None


class KeptTokens:
    """The tokens as the daemon looks them up. Any thread may ask."""

    def __init__(self, state: Path) -> None:
        """Raises PortError when the file is damaged."""
        self._state = state
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._tokens: tuple[Token, ...] = read(state)

    def caller(self, token: str) -> Caller | None:
        """Whose token it is. None for one that was never made, was revoked or has expired. A file that became
        unreadable holds no token."""
        wanted = _hash(token)
        found: Token | None = None
        for kept in self._kept():
            if hmac.compare_digest(kept.sha256, wanted):
                found = kept
        return None if found is None else Caller(found.name, frozenset(found.scopes))

    def valid(self, name: str) -> bool:
        """Whether there is a token of that name still."""
        return any(token.name == name for token in self._kept())

    def _kept(self) -> list[Token]:
        """The tokens that are valid now."""
        with self._lock:
            self._look()
            tokens = self._tokens
        now = datetime.now(UTC)
        return [token for token in tokens if token.valid(now)]

    def _look(self) -> None:
        try:
            status = (self._state / FILE).stat()
            stamp = (status.st_ino, status.st_mtime_ns)
        except OSError:
            stamp = None
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._tokens = read(self._state)
        except PortError:
            self._tokens = ()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def shown(token: Token, now: datetime) -> Mapping[str, object]:
    """What may be shown of a token: everything but its hash."""
    return {
        "name": token.name,
        "scopes": list(token.scopes),
        "made": token.made,
        "until": token.until,
        "valid": token.valid(now),
    }
