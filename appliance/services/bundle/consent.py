"""Consent of a key that boxes may go back to an older version, once.

An old version may have a known hole, so who can bring an old bundle must not be able to install it. Who holds the
signing key may allow it: from the version that a box has seen to one that is named, on one box or on all.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from appliance.services.bundle import Refused, WrongInput, signing

SIGNED_AS = "cloister consent"
ANY = "any"

_LONGEST = 4096
"""bytes"""


@dataclass(frozen=True, slots=True)
class Consent:
    """What a key allows."""

    key: str
    highest: int
    """the version that the box has seen"""
    to: int
    """the version that it may go back to"""
    machine: str
    """the box's ``/etc/machine-id``, or ``any``"""
    sha256: str
    """of the signed statement: each is good once"""


def write(highest: int, to: int, machine: str, key: signing.SecretKey) -> bytes:
    """A consent file: the signature, then the statement."""
    statement = {"consent": highest, "to": to, "machine": machine, "nonce": secrets.token_hex(16)}
    content = (json.dumps(statement, sort_keys=True) + "\n").encode()
    return signing.sign(content, key, SIGNED_AS) + content


def read(path: Path, keys: list[signing.PublicKey]) -> Consent:
    """A consent whose signature holds. Raises Refused."""
    try:
        with path.open("rb") as stream:
            lines = stream.read(_LONGEST).split(b"\n", 4)
    except OSError as error:
        raise WrongInput(f"{path}: cannot be read: {error.strerror}") from None
    if len(lines) != 5:
        raise Refused(f"{path}: is not a consent")
    content = lines[4]
    key = signing.verify(content, b"\n".join(lines[:4]) + b"\n", keys, SIGNED_AS)
    value = json.loads(content)
    sha256 = hashlib.sha256(content).hexdigest()
    return Consent(key.id, value["consent"], value["to"], value["machine"], sha256)
