"""The trust of a box: its keys, how many of them must sign, which keys ended, and what was revoked.

All of it is rooted in one folder of the box, ``/etc/cloister/keys``, which no bundle can write::

    NAME.pub          a key (minisign)
    threshold         how many different keys must have signed a bundle; 1 without this file
    ID.rotation       statement, signed by the key ID, that another key replaces it; from then on ID signs nothing new
    revoked           the newest revocation list: keys that sign nothing new, bundles that are not installed

A rotation needs the signature of the old key alone. One key can be replaced by one key only, so the number of votes
stays the same. A revocation list, like a bundle, needs as many keys as the box demands. A key that ended or was revoked
still verifies what is installed already, so that the appliance goes on talking while a new bundle is on its way.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from appliance.bundle import Cannot, Refused, WrongInput, signing, statement
from appliance.bundle.signing import PublicKey, SecretKey
from appliance.bundle.statement import Signed

ROTATION, REVOCATION = "cloister rotation", "cloister revocation"
"""Beginnings of the comments of these statements' signatures."""

REVOKED = "revoked"
"""Name of the file in which a box keeps its revocation list."""

_THRESHOLD, _ROTATION = "threshold", ".rotation"


@dataclass(frozen=True, slots=True)
class Rotation:
    """The statement of a key that another key replaces it."""

    old: str
    """id of the key that is replaced"""
    new: PublicKey
    made: str


@dataclass(frozen=True, slots=True)
class Revocation:
    """A list of what must no longer be installed. A list replaces the previous one as a whole."""

    number: int
    """number that grows with each list; 0 when there was none"""
    keys: frozenset[str] = frozenset()
    """ids of the revoked keys"""
    bundles: frozenset[str] = frozenset()
    """SHA-256 of the manifests of the revoked bundles"""
    made: str = ""


@dataclass(frozen=True, slots=True)
class Trust:
    """The keys and the revocation list that a box trusts now."""

    keys: tuple[PublicKey, ...]
    """keys whose signatures count for something new"""
    needed: int = 1
    past: tuple[PublicKey, ...] = ()
    """keys that ended or were revoked; they verify what is installed, and nothing else"""
    why_past: Mapping[str, str] = field(default_factory=dict)
    """by id of a past key, the reason why it no longer counts"""
    revoked: Revocation = field(default_factory=lambda: Revocation(0))

    def verify(self, content: bytes, signatures: bytes, kind: str) -> list[PublicKey]:
        """The keys that signed something new, at least as many as this box demands. Raises Refused."""
        for signature in signing.split(signatures):
            if (gone := self.why_past.get(signing.signer(signature))) is not None:
                raise Refused(f"signed with the key {signing.signer(signature)}, which {gone}")
        return signing.verify_several(content, signatures, self.keys, self.needed, kind)

    def verify_installed(self, content: bytes, signatures: bytes, kind: str) -> list[PublicKey]:
        """The keys that signed what this box has already accepted. Raises Refused."""
        return signing.verify_several(content, signatures, (*self.keys, *self.past), 1, kind)


def write_rotation(old: SecretKey, new: PublicKey, made: str) -> bytes:
    """The statement that ``new`` replaces ``old``."""
    return statement.write({"from": old.id, "made": made, "to": new.line()}, ROTATION, [old])


def write_revocation(revoked: Revocation, keys: Iterable[SecretKey]) -> bytes:
    """The statement of what is revoked."""
    value = {
        **{"number": revoked.number, "made": revoked.made},
        **{"keys": sorted(revoked.keys), "bundles": sorted(revoked.bundles)},
    }
    return statement.write(value, REVOCATION, keys)


def read_rotation(signed: Signed, keys: Iterable[PublicKey]) -> Rotation:
    """Read a rotation and verify its signature. Raises Refused."""
    if len(signing.split(signed.signatures)) != 1:
        raise Refused(f"{signed.where}: a rotation is signed by one key, the one that ends")
    key = signing.verify(signed.content, signed.signatures, keys, ROTATION)
    value = statement.decode(signed, **{"from": str, "to": str})
    try:
        new = signing.public_key(value["to"], signed.where)
    except WrongInput as error:
        raise Refused(str(error)) from None
    if value["from"] != key.id:
        raise Refused(f"{signed.where}: speaks for the key {value['from']}, but {key.id} signed it")
    if new.id == key.id:
        raise Refused(f"{signed.where}: a key cannot follow itself")
    return Rotation(key.id, new, value["made"])


def read_revocation(signed: Signed) -> Revocation:
    """Read a revocation list whose signatures were verified. Raises Refused."""
    value = statement.decode(signed, number=int, keys=list, bundles=list)
    for name, form in (("keys", r"[0-9A-F]{16}"), ("bundles", r"[0-9a-f]{64}")):
        listed = value[name]
        if not all(isinstance(one, str) and re.fullmatch(form, one) for one in listed) or listed != sorted(set(listed)):
            raise Refused(f"{signed.where}: is signed but wrong: {name} must be a sorted list of their kind")
    if not 1 <= value["number"] < 2**53:
        raise Refused(f"{signed.where}: is signed but wrong: {value['number']} is not a number of a list")
    return Revocation(value["number"], frozenset(value["keys"]), frozenset(value["bundles"]), value["made"])


# --- the folder of a box --------------------------------------------------------------------------------------------


def load(folder: Path, *, ended: Iterable[str] = (), least: int = 0) -> Trust:
    """Read the trust of a box. Beside the folder, the box remembers the keys that ``ended`` and the number ``least`` of
    a revocation list. Raises WrongInput when a file cannot be read, Cannot when one is not as it was accepted."""
    known = _pinned(folder)
    why = dict.fromkeys(ended, "ended when another key followed it")
    statements = {path.stem: statement.load(path) for path in sorted(folder.glob(f"[!.]*{_ROTATION}"))}
    # A key that came by a rotation may itself be replaced, and the files may be listed in any order.
    while ready := [old for old in statements if old in known]:
        for old in ready:
            rotation = _rotation_on_box(statements.pop(old), known[old])
            _add(known, rotation.new, f"{folder / old}{_ROTATION}")
            why[old] = f"ended when the key {rotation.new.id} followed it"
    revoked = _revoked_on_box(folder, list(known.values()), least)
    why |= dict.fromkeys(revoked.keys, "was revoked")
    return Trust(
        keys=tuple(key for key in known.values() if key.id not in why),
        needed=_needed(folder),
        past=tuple(key for key in known.values() if key.id in why),
        why_past=why,
        revoked=revoked,
    )


def new_rotation(trust: Trust, signed: Signed) -> Rotation:
    """Check and read a rotation that this box may accept. Raises Refused."""
    old = signing.signer(signing.split(signed.signatures)[0])
    if gone := trust.why_past.get(old):
        raise Refused(f"{signed.where}: the key {old} {gone}, so it cannot name another")
    rotation = read_rotation(signed, trust.keys)
    if gone := trust.why_past.get(rotation.new.id):
        raise Refused(f"{signed.where}: the key {rotation.new.id} {gone}, so it cannot follow")
    known = {key.id: key for key in trust.keys}
    try:
        _add(known, rotation.new, signed.where)
    except WrongInput as error:
        raise Refused(str(error)) from None
    _enough(trust, set(known) - {rotation.old}, signed.where)
    return rotation


def new_revocation(trust: Trust, signed: Signed) -> Revocation:
    """Check and read a revocation list that this box may accept. Raises Refused."""
    trust.verify(signed.content, signed.signatures, REVOCATION)
    revoked = read_revocation(signed)
    if revoked.number <= trust.revoked.number:
        raise Refused(f"{signed.where}: is list {revoked.number}, and this box has list {trust.revoked.number}")
    _enough(trust, {key.id for key in trust.keys} - revoked.keys, signed.where)
    return revoked


def file_of(rotation: Rotation) -> str:
    """Name of the file in which a box keeps a rotation."""
    return f"{rotation.old}{_ROTATION}"


def _enough(trust: Trust, left: set[str], where: str) -> None:
    if len(left) < trust.needed:
        raise Refused(
            f"{where}: would leave {len(left)} keys, and this box demands {trust.needed}; put another .pub file "
            "among its keys first"
        )


def _pinned(folder: Path) -> dict[str, PublicKey]:
    known: dict[str, PublicKey] = {}
    for path in sorted(folder.glob("[!.]*.pub")):
        _add(known, signing.read_public_key(path), str(path))
    return known


def _add(known: dict[str, PublicKey], key: PublicKey, where: str) -> None:
    """Add a key. Two keys must not share an id, because one would count as the other."""
    if known.setdefault(key.id, key) != key:
        raise WrongInput(f"{where}: has the id {key.id} of another key")


def _needed(folder: Path) -> int:
    path = folder / _THRESHOLD
    try:
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return 1
    except (OSError, UnicodeDecodeError):
        text = ""
    if not re.fullmatch(r"[1-9][0-9]?", text) or int(text) > signing.MOST:
        raise Cannot(f"{path}: must hold how many keys must have signed a bundle, from 1 to {signing.MOST}")
    return int(text)


def _rotation_on_box(signed: Signed, old: PublicKey) -> Rotation:
    try:
        return read_rotation(signed, [old])
    except Refused as error:
        raise Cannot(f"{signed.where}: is damaged ({error}); remove it only if you know which key is good") from None


def _revoked_on_box(folder: Path, known: list[PublicKey], least: int) -> Revocation:
    path = folder / REVOKED
    if not os.path.lexists(path):
        if least:
            raise Cannot(f"{path}: is missing; this box had revocation list {least}, so bring that or a newer one")
        return Revocation(0)
    try:
        signed = statement.load(path)
        signing.verify_several(signed.content, signed.signatures, known, 1, REVOCATION)
        revoked = read_revocation(signed)
    except Refused as error:
        raise Cannot(f"{path}: is damaged ({error}); bring the newest revocation list and `bundle accept` it") from None
    if revoked.number < least:
        raise Cannot(f"{path}: is list {revoked.number}, and this box had list {least}; bring that or a newer one")
    return revoked
