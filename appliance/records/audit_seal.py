"""Seals over the audit log, made with keys that are then destroyed. Root of today cannot rewrite the past unseen.

Each checkpoint ends an epoch. The key of the epoch (Ed25519) signs how many records there are, the hash of the last
one, and the key of the next epoch; then it is overwritten. The chain of seals leads back to the first key, whose public
half is kept off the box since the commissioning. A forger who holds the key of today can sign today's seal and later
ones. For an earlier record they would need an earlier key, which no longer exists.

Seals that were cut off at the end cannot be continued, because the key that the last of them names is gone as well. So
an auditor gives a nonce of their own, and the box signs it with the key of the running epoch. journald's sealing has no
such answer, and a cut journal passed its verification (CVE-2023-31438). Epochs are counted, not timed, so setting the
clock changes nothing here.

``seal-key`` has two places of one block each, for the key of this epoch and that of the next. Neither is renamed or
removed, so that overwriting reaches the same block of the disk. There are three steps, each on the disk before the
next: the next key is written, the seal that names it is appended, the old key is overwritten. After a power cut the key
that the last seal names is the current one, and any other is overwritten.

There are two limits. A key that root copied before it was overwritten forges everything from its epoch on. Where the
file system writes elsewhere instead of over (btrfs, zfs; flash below any file system), an attacker who reads the whole
medium may find an old key.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from appliance.core.ports import PortError
from appliance.records.keys import PublicKey, SigningKey, open_signed, sync_folder

SEALS = "seals.jsonl"
KEY = "seal-key"

_SEAL, _NOW = "cloister-audit-seal-1", "cloister-audit-seal-now-1"

_PLACE_BYTES = 4096
"""Bytes in the place of a key: one block of the usual file systems, and no less than a sector. So two keys never share
what is written at once."""

_PLACES = (0, 1)
_SEED_BYTES = 32
_EPOCH_BYTES = 8
_LAST_EPOCH = 2**62
"""Highest number of an epoch. It is never reached, and bounds what a damaged disk may say."""

_LINE_BYTES = 2**13
"""Most bytes in the line of a seal: more than ten times its length"""

_PIECE_BYTES = 2**20
"""Bytes that are read as one piece of a line; no record is longer"""

_NONCE_LETTERS = 200

_TAIL_BYTES = 2**16
"""How many bytes back the last whole seal is looked for"""

_BEGINNING = "0" * 64
"""``previous`` of the first seal"""

_PATTERNS = {
    "log": r"[0-9a-f]{0,64}",
    "head": r"[0-9a-f]{64}",
    "previous": r"[0-9a-f]{64}",
    "next": r"SHA256:[0-9a-f]{64}",
    "at": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00",
}


@dataclass(frozen=True, slots=True)
class _Seal:
    """One line of ``seals.jsonl`` whose signature is right."""

    hash: str
    """SHA-256 of the line"""
    key: PublicKey
    """the key of its epoch"""
    epoch: int
    log: str
    count: int
    head: str
    at: str
    previous: str
    next: str
    """fingerprint of the key of the next epoch; empty in a statement of now"""
    nonce: str


# --- writing ------------------------------------------------------------------------------------------------------


def begin(folder: Path) -> str | None:
    """Make sure that ``folder`` has a key for the running epoch. Returns the fingerprint of a new key, which begins a
    chain of its own, or None when the key that continues the seals is there. Raises PortError."""
    try:
        with _Keys(folder) as keys:
            if keys.current(_last(folder / SEALS)) is not None:
                return None
            return keys.make(0).fingerprint
    except OSError as error:
        raise _unsealable(folder, error) from None


def seal(folder: Path, log: str, count: int, head: str) -> None:
    """End the epoch over the first ``count`` records of ``log``, the last of which has the hash ``head``. Does nothing
    when nothing was recorded since the last seal. Call ``begin`` first. Raises PortError."""
    try:
        with _Keys(folder) as keys:
            last = _last(folder / SEALS)
            current = keys.current(last)
            if current is None:
                raise PortError(f"audit seals {folder / KEY}: the key of the epoch is gone")
            if last is not None and (last.log, last.count, last.head) == (log, count, head):
                return
            following = keys.make(current[0] + 1).fingerprint
            _append(folder / SEALS, _statement(_SEAL, current, log, count, head, last, next=following))
            keys.erase(current[0] % len(_PLACES))
    except OSError as error:
        raise _unsealable(folder, error) from None


def exported(folder: Path, nonce: str = "") -> bytes:
    """The seals in the form that is taken away. For an auditor who chose ``nonce`` the last line shows that the box
    holds the key that the last seal names. This does not end the epoch. Raises PortError."""
    if len(nonce) > _NONCE_LETTERS:
        raise PortError(f"a nonce has at most {_NONCE_LETTERS} letters")
    try:
        with _Keys(folder, make=False) as keys:
            text, last = (folder / SEALS).read_bytes(), _last(folder / SEALS)
            if text and not text.endswith(b"\n"):
                text += b"\n"
            if not nonce:
                return text
            current = keys.current(last)
            if last is None or current is None:
                raise PortError(f"audit seals {folder}: there is no seal, or the key that the last one names is gone")
            return text + _statement(_NOW, current, last.log, last.count, last.head, last, nonce=nonce) + b"\n"
    except OSError as error:
        raise PortError(f"audit seals {folder}: {error.strerror}; `cloister audit checkpoint` makes one") from None


def first_key(folder: Path) -> PublicKey | None:
    """The public key of the first epoch, which is to be kept off the box. None where nothing was ever sealed. Raises
    PortError."""
    for seal in _seals(folder / SEALS):
        return seal.key
    try:
        with _Keys(folder, make=False) as keys:
            current = keys.current(None)
            return current[1].public if current else None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unsealable(folder, error) from None


def _statement(
    form: str, signer: tuple[int, SigningKey], log: str, count: int, head: str, last: _Seal | None, **more: str
) -> bytes:
    fields = {"format": form, "log": log, "epoch": signer[0], "count": count, "head": head}
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    text = json.dumps({**fields, "at": at, "previous": last.hash if last else _BEGINNING, **more})
    return signer[1].sign(text).encode()


def _unsealable(folder: Path, error: OSError) -> PortError:
    return PortError(f"audit seals {folder}: {error.strerror}; they must be writable, on a disk with room")


class _Keys:
    """``seal-key``, open and locked, because root's commands read it while the appliance changes it.

    Seeds are held in memory of our own, which is overwritten after use. The library does so with its copy.
    """

    def __init__(self, folder: Path, *, make: bool = True) -> None:
        """Raises OSError."""
        path = folder / KEY
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            if not make:
                raise
            self._file = _create(path)
            os.close(_create(folder / SEALS))
            sync_folder(folder)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __enter__(self) -> _Keys:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def current(self, last: _Seal | None) -> tuple[int, SigningKey] | None:
        """Number and key of the running epoch, after the last whole seal. Any other key is overwritten."""
        there = [(place, *found) for place in _PLACES if (found := self._read(place)) is not None]
        if last is None:
            # A next key without a seal that names it comes from a process that was interrupted before the seal.
            fits = sorted(there, key=lambda found: found[1])[:1]
        else:
            fits = [found for found in there if found[2].public.fingerprint == last.next]
            # After a lost key a new chain begins, behind the seals of the one before.
            fits = fits or [found for found in there if found[:2] == (0, 0)]
        if not fits:
            return None
        for place, _, _ in there:
            if place != fits[0][0]:
                self.erase(place)
        return fits[0][1:]

    def make(self, epoch: int) -> PublicKey:
        """Make a new key for an epoch. It is on the disk, in the place of the key before the last."""
        content = bytearray(_EPOCH_BYTES + _SEED_BYTES)
        with Path("/dev/urandom").open("rb", buffering=0) as source:
            source.readinto(memoryview(content)[_EPOCH_BYTES:])
        try:
            content[:_EPOCH_BYTES] = epoch.to_bytes(_EPOCH_BYTES, "big")
            self._write(epoch % len(_PLACES), content)
            return SigningKey.from_seed(memoryview(content)[_EPOCH_BYTES:]).public
        finally:
            _wipe(content)

    def erase(self, place: int) -> None:
        self._write(place, bytearray(_EPOCH_BYTES + _SEED_BYTES))

    def _read(self, place: int) -> tuple[int, SigningKey] | None:
        content = bytearray(_EPOCH_BYTES + _SEED_BYTES)
        try:
            if os.preadv(self._file, [content], place * _PLACE_BYTES) < len(content):
                return None
            if not any(memoryview(content)[_EPOCH_BYTES:]):
                return None
            key = SigningKey.from_seed(memoryview(content)[_EPOCH_BYTES:])
            return min(int.from_bytes(content[:_EPOCH_BYTES], "big"), _LAST_EPOCH), key
        finally:
            _wipe(content)

    def _write(self, place: int, content: bytearray) -> None:
        os.pwritev(self._file, [content], place * _PLACE_BYTES)
        os.fdatasync(self._file)


def _wipe(content: bytearray) -> None:
    content[:] = bytes(len(content))


def _create(path: Path) -> int:
    """Open a file that may be new. It belongs to the folder's owner, so that root's commands do not lock the service
    out."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(file, owner.st_uid, owner.st_gid)
    return file


def _append(path: Path, line: bytes) -> None:
    """Append one whole line, on the disk when this returns, after the remains of a torn one were ended."""
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        size = os.fstat(file).st_size
        torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
        text = (b"\n" if torn else b"") + line + b"\n"
        while text:
            text = text[os.write(file, text) :]
        os.fsync(file)
    finally:
        os.close(file)


# --- reading ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Sealing:
    """What the seals say about a log."""

    seals: int = 0
    """how many agree with the log"""
    covered: int = 0
    """records up to this number are under a seal that agrees"""
    first: str = ""
    """fingerprint of the first epoch's key"""
    last_at: str = ""
    """when the last seal was made, by the clock of the box"""
    fresh: bool = False
    """whether the box showed the key that the last seal names, for the nonce that was asked for"""
    problems: list[str] = field(default_factory=list)


def verify(log: Path, seals: Path, pinned: PublicKey | None = None, nonce: str = "") -> Sealing:
    """Check every seal, the chain between them, and the log's records against them. Raises PortError when a file
    cannot be read.

    Without ``pinned``, the public key of an epoch from the commissioning, the seals vouch only for themselves. Without
    ``nonce`` nothing shows that the last seals were not cut off. This does not check the links between the records.
    """
    found = Sealing()
    there: list[_Seal] = []
    for number, line in enumerate(lines(seals), 1):
        try:
            there.append(_read(line))
        except ValueError as error:
            # What a power cut left of a seal is no seal. The chain shows whether a seal is missing.
            if line.strip().endswith(b"}"):
                found.problems.append(f"seal {seals}:{number}: {error}")
    if not there:
        if pinned is not None or nonce:
            found.problems.append(f"{seals} holds no seal")
        return found
    found.first = there[0].key.fingerprint
    if pinned is not None and pinned.fingerprint not in {one.key.fingerprint for one in there}:
        found.problems.append(
            f"no seal in {seals} was made with {pinned.fingerprint}, the key from the commissioning: the seals were "
            "replaced, or their beginning is missing"
        )
    identity, hashes = _hashes(log, {one.count for one in there})
    before: _Seal | None = None
    for one in there:
        problem = _broken(before, one) or _disagrees(one, identity, hashes)
        if problem:
            found.problems.append(f"seal of epoch {one.epoch}, {one.at}: {problem}")
        else:
            found.seals += bool(one.next)
            found.covered = max(found.covered, one.count)
        before = one
    found.last_at = there[-1].at
    if nonce:
        found.fresh = not found.problems and not there[-1].next and there[-1].nonce == nonce
        if not found.fresh:
            found.problems.append(
                f"the end of {seals} does not answer the nonce {nonce!r}: the last seals may be cut off, or this "
                "export was not made for you"
            )
    return found


def _broken(before: _Seal | None, one: _Seal) -> str:
    """What is wrong with a seal as the successor of another; empty when nothing is."""
    if before is None:
        return "" if (one.epoch == 0) == (one.previous == _BEGINNING) else "the seals before it are missing"
    if one.key.fingerprint != before.next:
        return (
            f"was made with {one.key.fingerprint}, and the seal before it names {before.next or 'none'}: seals between "
            "them are missing, or the chain was begun anew"
        )
    if one.epoch != before.epoch + 1 or one.previous != before.hash:
        return f"does not follow the seal of epoch {before.epoch}, which was changed"
    if one.count < before.count:
        return f"counts {one.count} records, and the seal before it {before.count}"
    return ""


def _disagrees(one: _Seal, identity: str, hashes: dict[int, str]) -> str:
    """How the log differs from what was sealed; empty when it does not."""
    if one.log != identity:
        return "is of another log: this one was begun anew"
    if one.count not in hashes:
        return f"sealed {one.count} records, and number {one.count} is missing: they were cut off or deleted"
    if hashes[one.count] != one.head:
        return f"sealed another record {one.count}: the log was rewritten"
    return ""


def _hashes(log: Path, wanted: set[int]) -> tuple[str, dict[int, str]]:
    """The log's identity, and the hashes of the lines of these records."""
    identity, hashes = "", {}
    for line in lines(log):
        line = line.removesuffix(b"\n")
        try:
            record = json.loads(line)
            number = record["n"]
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
        if number == 1:
            identity = identity or str(record.get("log", ""))
        if type(number) is int and number in wanted:
            hashes[number] = hashlib.sha256(line).hexdigest()
    return identity, hashes


def _read(line: bytes) -> _Seal:
    """The seal of a line. Raises ValueError."""
    line = line.removesuffix(b"\n")
    if len(line) > _LINE_BYTES:
        raise ValueError("is too long for a seal")
    signed = open_signed(line.decode("ascii"))
    try:
        fields = json.loads(signed.text)
        form = fields["format"]
        texts = {name: fields[name] for name in _PATTERNS if name != "next" or form == _SEAL}
        numbers = {name: fields[name] for name in ("epoch", "count")}
        nonce = fields["nonce"] if form == _NOW else ""
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ValueError("is no seal") from None
    texts_good = all(isinstance(text, str) and re.fullmatch(_PATTERNS[name], text) for name, text in texts.items())
    numbers_good = all(type(number) is int and 0 <= number < 2**63 for number in numbers.values())
    if form not in (_SEAL, _NOW) or not texts_good or not numbers_good or not isinstance(nonce, str):
        raise ValueError("is no seal")
    texts.setdefault("next", "")
    return _Seal(hash=hashlib.sha256(line).hexdigest(), key=signed.key, nonce=nonce, **texts, **numbers)


def lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, with their ends. A line that is too long for a record comes in pieces."""
    try:
        with path.open("rb") as file:
            while line := file.readline(_PIECE_BYTES):
                yield line
    except OSError as error:
        raise PortError(f"{path}: {error.strerror}") from None


def _whole(lines: Iterable[bytes]) -> Iterator[_Seal]:
    for line in lines:
        try:
            yield _read(line)
        except ValueError:
            continue


def _seals(path: Path) -> Iterator[_Seal]:
    """The seals of a file, of which only the signatures are checked. There are none when there is no file."""
    if path.exists():
        yield from _whole(lines(path))


def _last(path: Path) -> _Seal | None:
    """The last whole seal. Raises OSError."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
            return next(_whole(reversed(file.read().split(b"\n"))), None)
    except FileNotFoundError:
        return None
