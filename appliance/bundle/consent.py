"""A signed consent that boxes may go back to an older version, or over to another product, once.

An old version may have a known hole, so an operator with an old bundle must not be able to install it alone. The
holders of the signing keys may allow it, from the version that a box has seen to a named one, on one box or on all.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from appliance.bundle import signing, statement
from appliance.bundle.trust import Trust

SIGNED_AS = "cloister consent"
ANY = "any"


@dataclass(frozen=True, slots=True)
class Consent:
    """The installation that a consent allows."""

    name: str
    """product of the bundle that may be installed"""
    highest: int
    """the version that the box has seen"""
    to: int
    """the version that it may go back to"""
    machine: str
    """the box's ``/etc/machine-id``, or ``any``"""
    made: str
    """date of the consent, as in 2026-11-28"""
    sha256: str
    """SHA-256 of the signed statement, by which a box knows a consent that was used"""


def write(name: str, highest: int, to: int, machine: str, made: str, keys: Iterable[signing.SecretKey]) -> bytes:
    """The content of a consent file: the signatures, then the statement."""
    value = {"name": name, "consent": highest, "to": to, "machine": machine, "made": made}
    return statement.write({**value, "nonce": secrets.token_hex(16)}, SIGNED_AS, keys)


def read(path: Path, trust: Trust) -> Consent:
    """Read a consent and verify its signatures. Raises Refused."""
    signed = statement.load(path)
    trust.verify(signed.content, signed.signatures, SIGNED_AS)
    value = statement.decode(signed, name=str, consent=int, to=int, machine=str, nonce=str)
    return Consent(value["name"], value["consent"], value["to"], value["machine"], value["made"], signed.sha256)
