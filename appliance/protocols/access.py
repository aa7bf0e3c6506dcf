"""Who may use a door: programs of this box by the kernel's word, and everybody else by a token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Caller:
    """The program at the other end of a connection."""

    name: str
    """the user's name, or the token's; it is recorded"""
    scopes: frozenset[str] | None = None
    """what the token is for; None for a program that needs no token, which may do everything"""

    def may(self, scope: str) -> bool:
        """Whether the caller may use what the scope names."""
        return self.scopes is None or scope in self.scopes


class Callers(Protocol):
    """Knows programs by their tokens."""

    def caller(self, token: str) -> Caller | None:
        """Whose token it is. None for a token that was never made, was revoked or has expired."""
        ...


class Tokens(Callers, Protocol):
    """The tokens that were made for this box."""

    def valid(self, name: str) -> bool:
        """Whether there is a token of that name still."""
        ...
