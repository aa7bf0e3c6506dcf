"""Keys for browsers: ``POST /v1/realtime/client_secrets`` makes one that opens sessions for some minutes.

A page cannot keep a token secret, so the program that serves the page asks for a key that ends soon, may hold
conversations and nothing else, and brings the configuration of the session.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from appliance.protocols.access import Caller, Tokens
from appliance.protocols.http import HttpError

_PREFIX = "ek_"

_LEAST_S, _USUAL_S, _MOST_S = 10, 600, 7200
"""Seconds for which a key may open sessions"""

_MOST_KEYS = 1000
"""Most keys that are kept; the oldest go first"""


@dataclass(frozen=True, slots=True)
class _Kept:
    caller: Caller
    session: Mapping[str, Any]
    ends_s: float


class ClientSecrets:
    """The keys that were made and have not ended, and the ``Tokens`` of a door that takes them too."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self._tokens = tokens
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def caller(self, token: str) -> Caller | None:
        """Whose token or key it is."""
        kept = self._find(token)
        if kept is not None:
            return kept.caller
        return None if self._tokens is None else self._tokens.caller(token)

    def session(self, token: str | None) -> Mapping[str, Any]:
        """The configuration that a key brings; empty for any other token."""
        kept = self._find(token) if token else None
        return {} if kept is None else kept.session

    def make(
        self, caller: Caller, scopes: frozenset[str], lasts: object, session: Mapping[str, Any]
    ) -> tuple[str, int]:
        """A key of the caller's for the scopes that the caller has, and when it ends. ``lasts`` is the client's
        ``expires_after``. Raises HttpError."""
        seconds = lasts.get("seconds", _USUAL_S) if isinstance(lasts, Mapping) else _USUAL_S
        if not isinstance(seconds, int) or not _LEAST_S <= seconds <= _MOST_S:
            raise HttpError(400, f"`expires_after.seconds` must be {_LEAST_S} to {_MOST_S}")
        key = _PREFIX + secrets.token_urlsafe(24)
        may = frozenset(scope for scope in scopes if caller.may(scope))
        with self._lock:
            self._kept[_hash(key)] = _Kept(Caller(caller.name, may), session, time.monotonic() + seconds)
            while len(self._kept) > _MOST_KEYS:
                self._kept.popitem(last=False)
        return key, int(time.time()) + seconds

    def _find(self, token: str) -> _Kept | None:
        if not token.startswith(_PREFIX):
            return None
        with self._lock:
            kept = self._kept.get(_hash(token))
            # A program whose token was revoked has no keys either.
            revoked = kept is not None and self._tokens is not None and not self._tokens.valid(kept.caller.name)
            if kept is not None and (revoked or kept.ends_s < time.monotonic()):
                del self._kept[_hash(token)]
                return None
            return kept


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
