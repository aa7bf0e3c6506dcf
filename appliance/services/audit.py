r"""The audit log: what the appliance did, in an order that nobody can change unnoticed.

``audit.jsonl`` is only ever appended to (``chattr +a`` does not disturb it): one record per line, and in each record
``previous``, the SHA-256 of the line before it, without the line end. An auditor checks a link with
``sed -n 5p audit.jsonl | tr -d '\n' | sha256sum`` and the sixth line.

Such a chain alone shows an edit, a deletion, a swap inside it. It does not show that its tail was cut off, that the
whole log was made anew after an edit, or that an old copy was put back. Checkpoints do: every quarter of an hour the
count of records and the hash of the last one are signed and appended to ``checkpoints.jsonl``, and copied to another
medium. What came after the last checkpoint outside the reach of an attacker is protected by the chain alone.

Every record is on the disk before the call returns. What a crash left of the last one stays where it is, and a record
follows that says so. Space on the disk is reserved ahead of the log's end; when no more can be had, the log is at
fault while there is still room for what must be recorded: whoever appends is told, after its record was kept, and
must stop.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import hashlib
import json
import os
import platform
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from appliance.ports import PortError
from appliance.services.keys import PublicKey, SigningKey, open_signed, sync_folder

Detail = str | int | float | bool | None
"""what a record may hold besides its number, time and name"""

RESERVE_BYTES = 2**20
"""reserved ahead; half of it, room for more than a thousand records, is left when the log says that the disk is full"""

CHECKPOINT_FORMAT = "cloister-audit-checkpoint-1"

_BEGINNING = "0" * 64
"""``previous`` of the first record and of the first checkpoint"""

_TAIL_BYTES = 2**20
"""how far back the last whole record is looked for"""

_FALLOC_FL_KEEP_SIZE = 1

_CLOCK_STEP_S = 1.0
"""a clock that moved by more was set: the error that FINRA rule 4590 allows"""


class AuditFault(PortError):
    """The log cannot be trusted to keep the next record: no conversation may go on."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a log."""

    log: str
    """identity of the log, drawn when it was begun"""
    count: int
    hash: str
    """SHA-256 of the last record's line"""


class AuditLog:
    """The writer; there is one at a time. Every method may be called from any thread."""

    def __init__(self, folder: Path, key: SigningKey, export: Path | None = None) -> None:
        """Open or begin the log in ``folder``, and mend what a crash left. Raises PortError."""
        self._folder = folder
        self._key = key
        self._export = export
        self._lock = threading.RLock()
        self._fault: AuditFault | None = None
        self._reserved = 0
        self._exporting = True
        self._checkpointed = 0
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._claim = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise PortError(f"audit log {folder}: {error.strerror}; it must be writable by this user") from None
        try:
            fcntl.flock(self._claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._claim)
            raise PortError(f"audit log {folder}: another cloister writes it; stop that one first") from None
        self._file = -1
        try:
            self._file = os.open(folder / "audit.jsonl", os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._reserve()
            if self._fault is not None:
                raise self._fault
            self._open()
            sync_folder(folder)
        except OSError as error:
            self._let_go()
            raise PortError(f"audit log {folder}: {error.strerror}") from None
        except BaseException:
            self._let_go()
            raise

    def append(self, event: str, **details: Detail) -> None:
        """Keep a record. Raises AuditFault when the log is at fault, this record kept or not, and the caller must
        not do what the record is about."""
        with self._lock:
            self._append(event, details)
            if self._fault is not None:
                raise self._fault

    @property
    def fault(self) -> AuditFault | None:
        """Why no conversation may go on, if that is so."""
        return self._fault

    @property
    def head(self) -> Head:
        with self._lock:
            return Head(self._log, self._count, self._hash)

    def checkpoint(self) -> Head:
        """Sign the head, unless it was signed already, and copy all checkpoints to the other medium. Raises
        AuditFault. A medium that is not there is recorded, once, and gets everything when it is back."""
        with self._lock:
            if self._checkpointed != self._count:
                self._sign_head()
            if self._export is not None:
                self._copy_checkpoints(self._export)
            return Head(self._log, self._checkpointed, self._hash)

    def close(self) -> None:
        """Let another process write."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        # Both: while the disk is full a log is opened twice a second, and a descriptor each time adds up.
        if self._file >= 0:
            os.close(self._file)
        os.close(self._claim)

    # --- opening --------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        size = os.fstat(self._file).st_size
        last, torn = self._last_record(size) if size else (_NOTHING, b"")
        self._log, self._count, self._hash = self._identity(), last.number, last.hash
        mended: dict[str, Detail] = {}
        if torn:
            # A record that lacks nothing but its line end is kept as what it is.
            whole = _parse(torn)
            if whole is not None and whole.number == self._count + 1 and whole.previous == self._hash:
                self._count, self._hash, torn = whole.number, whole.hash, b""
            os.write(self._file, b"\n")
            mended = {"torn_bytes": len(torn), "torn_sha256": hashlib.sha256(torn).hexdigest()}
        if self._count == 0:
            self._append("log begun", {"log": self._log, "key": self._key.public.fingerprint, **mended})
        elif mended:
            self._append("repaired", mended)

    def _last_record(self, size: int) -> tuple[_Record, bytes]:
        """The last whole record, and the bytes after its line end."""
        start = max(0, size - _TAIL_BYTES)
        tail = os.pread(self._file, size - start, start)
        end = len(tail)
        while (line_end := tail.rfind(b"\n", 0, end)) >= 0:
            line_start = tail.rfind(b"\n", 0, line_end) + 1
            record = _parse(tail[line_start:line_end])
            if record is not None and (line_start > 0 or start == 0):
                return record, tail[line_end + 1 :]
            end = line_end
        if start == 0:
            return _NOTHING, tail  # the very first record was torn
        raise PortError(
            f"audit log {self._folder}: its end is damaged (`cloister audit verify` says where); keep the folder as "
            "evidence and move it away, a new log is then begun"
        )

    def _identity(self) -> str:
        for line in os.pread(self._file, 2**16, 0).split(b"\n"):
            first = _parse(line)
            if first is not None and first.number == 1:
                return str(first.fields.get("log", ""))
        return secrets.token_hex(16)

    # --- writing --------------------------------------------------------------------------------------------------

    def _append(self, event: str, details: dict[str, Detail]) -> None:
        record = {
            "n": self._count + 1,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "up_s": round(time.clock_gettime(time.CLOCK_BOOTTIME), 3),
            "event": event,
            **details,
            "previous": self._hash,
        }
        line = json.dumps(record, ensure_ascii=True).encode()
        self._write(line + b"\n")
        self._count, self._hash = self._count + 1, hashlib.sha256(line).hexdigest()

    def _write(self, line: bytes) -> None:
        if os.fstat(self._file).st_size + RESERVE_BYTES // 2 > self._reserved:
            self._reserve()
        try:
            while line:
                line = line[os.write(self._file, line) :]
            os.fdatasync(self._file)
        except OSError as error:
            self._at_fault(error)
            raise self._fault or error from None

    def _reserve(self) -> None:
        """Have the file system keep room beyond the end of the log, for nobody else."""
        end = os.fstat(self._file).st_size
        libc = ctypes.CDLL(None, use_errno=True)
        offset, length = ctypes.c_int64(end), ctypes.c_int64(RESERVE_BYTES)
        if libc.fallocate(self._file, ctypes.c_int(_FALLOC_FL_KEEP_SIZE), offset, length) == 0:
            self._reserved = end + RESERVE_BYTES
            return
        code = ctypes.get_errno()
        if code in (errno.EOPNOTSUPP, errno.ENOSYS):
            # Nothing can be set aside on this file system: look at what is free, which others may take as well.
            free = os.fstatvfs(self._file)
            code = 0 if free.f_bavail * free.f_frsize >= RESERVE_BYTES else errno.ENOSPC
        if code:
            self._at_fault(OSError(code, os.strerror(code)))

    def _at_fault(self, error: OSError) -> None:
        self._fault = AuditFault(
            f"audit log {self._folder}: {error.strerror}; make room. No conversation is held that cannot be recorded"
        )

    # --- checkpoints ----------------------------------------------------------------------------------------------

    def _sign_head(self) -> None:
        path = self._folder / "checkpoints.jsonl"
        before = _last_line(path)
        text = json.dumps(
            {
                "format": CHECKPOINT_FORMAT,
                "box": platform.node(),
                "log": self._log,
                "count": self._count,
                "head": self._hash,
                "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "previous": hashlib.sha256(before).hexdigest() if before else _BEGINNING,
            }
        )
        try:
            _append_lines(path, [self._key.sign(text).encode()])
        except OSError as error:
            raise AuditFault(f"audit checkpoints {path}: {error.strerror}") from None
        self._checkpointed = self._count

    def _copy_checkpoints(self, folder: Path) -> None:
        try:
            copied = copy_checkpoints(self._folder, folder)
        except PortError as error:
            if self._exporting:
                self._exporting = False
                self._append("checkpoints not exported", {"reason": str(error)})
            return
        if copied and not self._exporting:
            self._append("checkpoints exported again", {"copied": copied})
        self._exporting = True


def copy_checkpoints(audit: Path, folder: Path) -> int:
    """Append the checkpoints that are not there yet to ``HOST-checkpoints.jsonl`` in ``folder``; how many. Raises
    PortError."""
    target = folder / f"{platform.node()}-checkpoints.jsonl"
    try:
        made = (audit / "checkpoints.jsonl").read_bytes().splitlines()
        there = set(target.read_bytes().splitlines()) if target.exists() else set()
        missing = [line for line in made if line not in there]
        _append_lines(target, missing)
    except OSError as error:
        raise PortError(f"audit export {target}: {error.strerror}; is the medium there and writable?") from None
    return len(missing)


def _last_line(path: Path) -> bytes:
    """Without its end; empty when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 2**14))
            return file.read().rstrip(b"\n").rpartition(b"\n")[2]
    except FileNotFoundError:
        return b""


def _append_lines(path: Path, lines: Sequence[bytes]) -> None:
    """Whole lines, on the disk when this returns; the remains of a torn one are ended first."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        text = b"".join([b"\n" if torn else b"", *(line + b"\n" for line in lines)])
        while text:
            text = text[os.write(descriptor, text) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def append_once(state: Path, key: SigningKey, event: str, **details: Detail) -> None:
    """Keep one record of what a command did while no daemon runs. Raises PortError."""
    log = AuditLog(state / "audit", key)
    try:
        log.append(event, **details)
        log.checkpoint()
    finally:
        log.close()


# --- reading ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Record:
    number: int
    previous: str
    event: str
    hash: str
    fields: dict[str, object]


_NOTHING = _Record(0, "", "", _BEGINNING, {})
"""what comes before the first record"""


def _parse(line: bytes) -> _Record | None:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    number, previous, event = fields.get("n"), fields.get("previous"), fields.get("event")
    if not isinstance(number, int) or not isinstance(previous, str) or not isinstance(event, str):
        return None
    return _Record(number, previous, event, hashlib.sha256(line).hexdigest(), fields)


def records(log: Path) -> Iterator[dict[str, object]]:
    """The records of a log as they stand, checked by nothing. Raises PortError."""
    for line in _lines(log):
        record = _parse(line)
        if record is not None:
            yield record.fields


def _lines(log: Path) -> Iterator[bytes]:
    try:
        with log.open("rb") as file:
            yield from file
    except OSError as error:
        raise PortError(f"audit log {log}: {error.strerror}") from None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that an untouched log would not show."""

    record: int | None
    """number of the record where it shows"""
    what: str


@dataclass(slots=True)
class Verification:
    """What the records, and the checkpoints one has, say about a log."""

    log: str = ""
    count: int = 0
    head: str = _BEGINNING
    torn_bytes: int = 0
    """at the very end: an interrupted write that the next start will mend"""
    checkpoints: int = 0
    """how many agree with the log"""
    covered: int = 0
    """records up to this number are covered by a checkpoint that agrees"""
    key: str = ""
    """fingerprint of who signed the checkpoints"""
    clock_set: list[str] = field(default_factory=list)
    """where the time of day moved against the time since boot: somebody or something set the clock"""
    problems: list[Problem] = field(default_factory=list)

    @property
    def verdict(self) -> Literal["ok", "fail"]:
        return "fail" if self.problems else "ok"


def verify(log: Path, checkpoints: Sequence[Path], key: PublicKey | None = None) -> Verification:
    """Check every link of the log and every checkpoint against it. Raises PortError when a file cannot be read.

    Without ``key`` all checkpoints must be signed by the same one, whose fingerprint is in the result.
    """
    found = Verification()
    hashes = _check_chain(log, found)
    for path in checkpoints:
        _check_checkpoints(path, key, hashes, found)
    return found


def _check_chain(log: Path, found: Verification) -> dict[int, str]:
    """Hashes of the records' lines, by the number of the record."""
    hashes: dict[int, str] = {}
    before = _NOTHING
    debris: list[bytes] = []
    for line in _lines(log):
        record = _parse(line[:-1]) if line.endswith(b"\n") else None
        if record is None:
            debris.append(line)
            continue
        if before is _NOTHING:
            found.log = str(record.fields.get("log", ""))
        if debris:
            torn = b"".join(debris)[:-1]
            if record.fields.get("torn_sha256") != hashlib.sha256(torn).hexdigest():
                found.problems.append(Problem(record.number, f"{len(torn)} bytes before it are no record"))
            debris = []
        what = _broken_link(before, record)
        if what:
            found.problems.append(Problem(record.number, what))
        found.clock_set += _clock_set(before, record)
        hashes[record.number] = record.hash
        found.count += 1
        before = record
    found.head = before.hash
    if debris and not debris[-1].endswith(b"\n"):
        found.torn_bytes = sum(map(len, debris))
    elif debris:
        found.problems.append(Problem(None, f"{sum(map(len, debris))} bytes at the end are no record"))
    if not hashes:
        found.problems.append(Problem(None, "there is no record at all"))
    return hashes


def _clock_set(before: _Record, record: _Record) -> list[str]:
    """Both clocks are read for each record, one after the other."""
    try:
        times = [datetime.fromisoformat(str(r.fields["at"])).timestamp() for r in (before, record)]
        ups = [float(str(r.fields["up_s"])) for r in (before, record)]
    except (KeyError, ValueError):
        return []
    moved_s = (times[1] - times[0]) - (ups[1] - ups[0])
    if ups[1] < ups[0] or abs(moved_s) < _CLOCK_STEP_S:
        return []  # another boot, or the two readings lay apart
    return [f"by {moved_s:+.1f} s before record {record.number}, {record.fields['at']}"]


def _broken_link(before: _Record, record: _Record) -> str:
    """What is wrong between two records that stand one after the other; empty when nothing is."""
    step = record.number - before.number
    if record.previous == before.hash:
        return "" if step == 1 else f"it follows number {before.number}, though the chain holds: it was written anew"
    if step > 1:
        return f"the chain breaks: {step - 1} records before it were deleted"
    if step < 1:
        return f"the chain breaks: it stands behind number {before.number}; records were moved or put in"
    return "the chain breaks: the record before it was changed"


def _check_checkpoints(path: Path, key: PublicKey | None, hashes: dict[int, str], found: Verification) -> None:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise PortError(f"audit checkpoints {path}: {error.strerror}") from None
    whole = [(number, line) for number, line in enumerate(lines, 1) if line.startswith("{") and line.endswith("}")]
    if not whole:
        found.problems.append(Problem(None, f"{path} holds no checkpoint"))
    for number, line in whole:
        where = f"{path}:{number}"
        try:
            signed = open_signed(line, key)
            point = json.loads(signed.text)
            log, count, head = str(point["log"]), int(point["count"]), str(point["head"])
            if point["format"] != CHECKPOINT_FORMAT:
                raise ValueError("is no checkpoint")
        except (ValueError, KeyError, TypeError) as error:
            found.problems.append(Problem(None, f"checkpoint {where}: {error}"))
            continue
        found.key = found.key or signed.key.fingerprint
        if signed.key.fingerprint != found.key:
            found.problems.append(Problem(None, f"checkpoint {where} was signed by another key than the first"))
        elif log != found.log:
            found.problems.append(Problem(None, f"checkpoint {where} is of another log: this one was begun anew"))
        elif count > max(hashes, default=0):
            cut = count - max(hashes, default=0)
            found.problems.append(
                Problem(None, f"checkpoint {where} of {point['at']} counted {count} records: {cut} are cut off")
            )
        elif hashes.get(count) != head:
            found.problems.append(
                Problem(count, f"checkpoint {where} of {point['at']} saw another record: the log was written anew")
            )
        else:
            found.checkpoints += 1
            found.covered = max(found.covered, count)
