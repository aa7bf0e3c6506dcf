"""The tokens with which programs come in by a proxy: made, listed and revoked by ``cloister tokens``.

The box keeps the SHA-256 of a token and never the token. That is enough for a random text of 256 bits, of which nobody
can try many. A token that was revoked is refused within ``_LOOK_S``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from appliance.core.ports import PortError
from appliance.protocols.access import Caller

FILE = "tokens.json"
"""Name of the file in the state folder"""

FORMAT = 1

SCOPES = ("realtime", "audio", "chat", "models", "deepgram", "kiosk", "tools")
"""What a token may be for. ``tools``: the program may offer functions of its own in a conversation."""

PREFIX = "clo_"
"""Tokens begin with this, so that a search for lost secrets finds them"""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")

_LOOK_S = 1.0
"""Seconds after which the daemon looks whether the file has changed"""

SHORT_PREFIX = "ek_"
"""What the short-lived tokens of browsers begin with"""

_MOST_SHORT = 1024
"""Most short-lived tokens at a time"""


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
    """Write the file whole or not at all, readable for the folder's owner, whom root makes tokens for."""
    path = state / f"{FILE}.{secrets.token_hex(4)}"
    rows = [{name: getattr(token, name) for name in Token.__slots__} for token in tokens]
    try:
        owner = state.stat()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            if owner.st_uid != os.geteuid():
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
            file.write(json.dumps({"format": FORMAT, "tokens": rows}))
            file.flush()
            os.fsync(descriptor)
        path.replace(state / FILE)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise PortError(f"{state}: {error.strerror}; the folder must be writable by this user") from None


class KeptTokens:
    """The tokens as the daemon looks them up. Any thread may ask."""

    def __init__(self, state: Path) -> None:
        """Raises PortError when the file is damaged."""
        self._state = state
        self._lock = threading.Lock()
        self._looked_s = 0.0
        self._stamp: tuple[int, int] | None = None
        self._tokens: tuple[Token, ...] = read(state)
        self._short: dict[str, tuple[Caller, float]] = {}

    def caller(self, token: str) -> Caller | None:
        """Whose token it is. None for one that was never made, was revoked or has expired. A file that became
        unreadable holds no token."""
        wanted = _hash(token)
        with self._lock:
            self._look()
            found: Token | None = None
            for kept in self._tokens:
                if hmac.compare_digest(kept.sha256, wanted):
                    found = kept
            short = self._short.get(wanted)
        if found is not None and found.valid(datetime.now(UTC)):
            return Caller(found.name, frozenset(found.scopes))
        return short[0] if short is not None and time.monotonic() < short[1] else None

    def short_lived(self, caller: Caller, seconds: float) -> str:
        """A token for the same caller that is valid for ``seconds``, in this process alone: what a program's server
        hands to its page. Raises PortError when there are too many."""
        text = SHORT_PREFIX + secrets.token_urlsafe(32)
        now_s = time.monotonic()
        with self._lock:
            self._short = {key: value for key, value in self._short.items() if value[1] > now_s}
            if len(self._short) >= _MOST_SHORT:
                raise PortError("too many short-lived tokens are valid at a time")
            self._short[_hash(text)] = (replace(caller), now_s + seconds)
        return text

    def _look(self) -> None:
        if time.monotonic() - self._looked_s < _LOOK_S:
            return
        self._looked_s = time.monotonic()
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
        # A program whose token was revoked has no short-lived ones either.
        names = {token.name for token in self._tokens}
        self._short = {key: value for key, value in self._short.items() if value[0].name in names}


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
