"""Small signed statements: a consent, a rotation, a revocation list. The signatures come first, then one line of JSON.

The form is that of a manifest: sorted keys, no spaces, one spelling for one content. As there, nothing is parsed before
the signature was verified, and a statement that is signed but wrong is refused like one that is not signed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.bundle import Refused, WrongInput, signing
from appliance.bundle.manifest import check_date

LONGEST = 256 * 1024
"""The most bytes of a statement. A revocation list of a thousand bundles has 70,000."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A statement and its signatures, which are not checked."""

    where: str
    """the file that it came from, for messages"""
    signatures: bytes
    content: bytes

    @property
    def sha256(self) -> str:
        """SHA-256 of the statement without its signatures."""
        return hashlib.sha256(self.content).hexdigest()

    def comment(self) -> str:
        """The comment of its first signature, which says what the statement is."""
        return signing.comment(signing.split(self.signatures)[0])


def write(value: Mapping[str, object], kind: str, keys: Iterable[signing.SecretKey]) -> bytes:
    """Write a statement, signed as ``kind`` by each of the keys."""
    content = _encode(value)
    return signing.join(signing.sign(content, key, kind) for key in keys) + content


def load(path: Path) -> Signed:
    """Read the parts of a file. Raises WrongInput when it cannot be read, and Refused when it is no statement."""
    try:
        with path.open("rb") as stream:
            lines = stream.read(LONGEST + 1).split(b"\n")
    except OSError as error:
        raise WrongInput(f"{path}: cannot be read: {error.strerror}") from None
    if len(lines) < 6 or lines[-1] or sum(map(len, lines)) >= LONGEST:
        raise Refused(f"{path}: is not a signed statement")
    return Signed(str(path), b"\n".join(lines[:-2]) + b"\n", lines[-2] + b"\n")


def decode(signed: Signed, **fields: type) -> dict[str, Any]:
    """Read the fields of a statement whose signature was verified, each of its given type. Every statement also has
    ``made``, a date. Raises Refused."""
    fields = {**fields, "made": str}
    try:
        value = json.loads(signed.content)
        if type(value) is not dict or set(value) != set(fields):
            raise ValueError(f"it must have the fields {', '.join(sorted(fields))}")
        for name, kind in fields.items():
            if type(value[name]) is not kind:
                raise ValueError(f"{name} is not of the right kind")
        check_date(value["made"])
        if _encode(value) != signed.content:
            raise ValueError("it is not in its canonical form")
    except (ValueError, RecursionError) as error:
        raise Refused(f"{signed.where}: is signed but wrong: {error}") from None
    return value


def _encode(value: Mapping[str, object]) -> bytes:
    return (json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False) + "\n").encode()
