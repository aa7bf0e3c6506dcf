r"""The audit log: what the appliance did, in an order that nobody can change unnoticed.

``audit.jsonl`` is only ever appended to (``chattr +a`` does not disturb it): one record per line, and in each record
``previous``, the SHA-256 of the line before it, without the line end. An auditor checks a link with
``sed -n 5p audit.jsonl | tr -d '\n' | sha256sum`` and the sixth line.

Such a chain alone shows an edit, a deletion, a swap inside it. It does not show that its tail was cut off, that the
whole log was made anew after an edit, or that an old copy was put back. Checkpoints do: every quarter of an hour the
count of records and the hash of the last one are signed and appended to ``checkpoints.jsonl``, and copied to another
medium. What came after the last checkpoint outside the reach of an attacker is protected by the chain alone.

Checkpoints are numbered, and each holds the hash of the one before it: one that is missing inside an exported file, or
at its beginning, or that stands elsewhere, is found. How many followed the last one of a file, the file cannot tell.

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
import math
import os
import platform
import re
import secrets
import shutil
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

from appliance.core.plain_text import printable
from appliance.core.ports import PortError
from appliance.records import audit_seal, exports
from appliance.records.keys import PublicKey, SigningKey, open_signed, sync_folder

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

_OFF_S = 86_400.0
"""a box that was off for longer may as well have had its clock set ahead: told, for somebody who knows to judge"""

_TOLD_STEPS = 1000
"""how many movements of the clock a verification lists; it counts the others"""

_CLOCKS_APART_S = 0.01
"""two clocks that were read further apart are read again"""

_LONGEST_LINE = 2**20
"""bytes; a longer line is no record and no checkpoint"""


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


def clocks() -> tuple[datetime, float]:
    """The time of day and the seconds since the box booted, of the same moment."""
    for _ in range(9):
        before_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        now = datetime.now(UTC)
        up_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        if up_s - before_s < _CLOCKS_APART_S:
            break
    return now, up_s


def boot() -> str:
    """The kernel's identity of this boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _recordable(value: Detail) -> Detail:
    """A value that every reader of JSON can read and every terminal can show."""
    if isinstance(value, str):
        return printable(value)
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


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
        self._boot_told = False
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
                self._begin_sealing()
                self._sign_head()
                self._seal()
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
            names = {"log": self._log, "key": self._key.public.fingerprint, "seal": self._sealing_begun()}
            self._append("log begun", {**names, **mended})
            return
        if mended:
            self._append("repaired", mended)
        self._begin_sealing()

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
        now, up_s = clocks()
        record = {
            "n": self._count + 1,
            "at": now.isoformat(timespec="milliseconds"),
            "up_s": round(up_s, 3),
            "event": printable(event),
            # Which boot `up_s` counts from: once per writer, since a writer lives within one.
            **({} if self._boot_told else {"boot": boot()}),
            **{name: _recordable(value) for name, value in details.items()},
            "previous": self._hash,
        }
        line = json.dumps(record, ensure_ascii=True, allow_nan=False).encode()
        self._boot_told = True
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
        try:
            number, before = _last_checkpoint(path)
            text = json.dumps(
                {
                    "format": CHECKPOINT_FORMAT,
                    "box": platform.node(),
                    "log": self._log,
                    "number": number + 1,
                    "count": self._count,
                    "head": self._hash,
                    "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                    "previous": hashlib.sha256(before).hexdigest() if before else _BEGINNING,
                }
            )
            _append_lines(path, [self._key.sign(text).encode()])
        except OSError as error:
            raise AuditFault(f"audit checkpoints {path}: {error.strerror}") from None
        self._checkpointed = self._count

    def _begin_sealing(self) -> None:
        begun = self._sealing_begun()
        if begun is not None:
            self._append("sealing begun", {"seal": begun})

    def _sealing_begun(self) -> str | None:
        try:
            return audit_seal.begin(self._folder)
        except PortError as error:
            raise AuditFault(str(error)) from None

    def _seal(self) -> None:
        """Raises AuditFault: what cannot be sealed can be rewritten."""
        try:
            audit_seal.seal(self._folder, self._log, self._count, self._hash)
        except PortError as error:
            raise AuditFault(str(error)) from None

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
    """Append the checkpoints that are not there yet to ``HOST-checkpoints.jsonl`` in ``folder``; how many. What was
    taken out of the middle of that file stays out, and is found. Raises PortError."""
    target = folder / f"{platform.node()}-checkpoints.jsonl"
    try:
        own = audit.stat().st_uid
        with exports.Folder(folder) as opened, opened.append(target.name, [own]) as file:
            last = _last_line(file)
            made = list(_after((audit / "checkpoints.jsonl"), last))
            _add_lines(file, made)
            opened.sync()
    except OSError as error:
        raise PortError(f"audit export {target}: {error.strerror}; is the medium there and writable?") from None
    except PortError as error:
        raise PortError(f"audit export {error}; is the medium there and writable?") from None
    return len(made)


def copy_log(log: Path, folder: Path) -> Path:
    """Bring ``HOST-audit.jsonl`` in ``folder`` up to date; where it is. What is there already must be the beginning of
    the log, and is left as it is. Raises PortError."""
    target = folder / f"{platform.node()}-audit.jsonl"
    try:
        own = log.stat().st_uid
        with exports.Folder(folder) as opened, opened.append(target.name, [own]) as copy, log.open("rb") as source:
            copy.seek(0)
            while there := copy.read(2**16):
                if source.read(len(there)) != there:
                    raise PortError(
                        f"{target}: is not the beginning of this log; keep it as evidence and name another folder"
                    )
            shutil.copyfileobj(source, _Whole(copy))
            os.fsync(copy.fileno())
            opened.sync()
    except OSError as error:
        raise PortError(f"audit export {target}: {error.strerror}; is the medium there and writable?") from None
    return target


class _Whole:
    """A file without a buffer that takes all of what it is given."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, content: bytes) -> None:
        exports.write_all(self._file, content)


def _after(path: Path, last: bytes) -> Iterator[bytes]:
    """The lines of a file behind the one that is ``last``; all, where that is none of them."""
    with path.open("rb") as file:
        found = bool(last) and any(line.rstrip(b"\n") == last for line in file)
        if not found:
            file.seek(0)
        yield from (line.rstrip(b"\n") for line in file)


def _last_line(file: BinaryIO) -> bytes:
    """The last whole line, without its end; empty when there is none."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL_BYTES))
    whole = file.read().rpartition(b"\n")[0]
    return whole.rpartition(b"\n")[2]


def _last_checkpoint(path: Path) -> tuple[int, bytes]:
    """The number of the last checkpoint, and the last line, which may be what a crash left of another; 0 and nothing
    when there is none. Raises OSError."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            lines = file.read().rstrip(b"\n").split(b"\n")
            for line in reversed(lines):
                with_number = _number_of(line)
                if with_number is not None:
                    return with_number, lines[-1]
            # Made before checkpoints were numbered.
            file.seek(0)
            return sum(1 for _ in file), lines[-1]
    except FileNotFoundError:
        return 0, b""


def _number_of(line: bytes) -> int | None:
    try:
        number = json.loads(json.loads(line)["signed"]).get("number")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return number if type(number) is int else None


def _append_lines(path: Path, lines: Sequence[bytes]) -> None:
    """Whole lines, on the disk when this returns. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "a+b", buffering=0) as file:
        _add_lines(file, lines)


def _add_lines(file: BinaryIO, lines: Sequence[bytes]) -> None:
    """The same to an open file; the remains of a torn line are ended first. Raises OSError."""
    size = file.seek(0, os.SEEK_END)
    torn = size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"
    exports.write_all(file, b"".join([b"\n" if torn and lines else b"", *(line + b"\n" for line in lines)]))
    os.fsync(file.fileno())


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
        fields = json.loads(line, object_pairs_hook=_unrepeated)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    number, previous, event = fields.get("n"), fields.get("previous"), fields.get("event")
    if not isinstance(number, int) or not _is_count(number):
        return None
    if not isinstance(previous, str) or not isinstance(event, str):
        return None
    return _Record(number, previous, event, hashlib.sha256(line).hexdigest(), fields)


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a field that is there twice, one reader would take the first and another the last."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field is there twice")
    return fields


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def records(log: Path) -> Iterator[dict[str, object]]:
    """The records of a log as they stand, checked by nothing. Raises PortError."""
    for line, whole in _lines(log):
        record = _parse(line) if whole else None
        if record is not None:
            yield record.fields


def _lines(path: Path) -> Iterator[tuple[bytes, bool]]:
    """What a file holds, line by line with its end, and whether it is a whole line. One that is too long comes in
    pieces; the last may lack its end."""
    try:
        with path.open("rb") as file:
            begun = False
            while piece := file.readline(_LONGEST_LINE):
                ended = piece.endswith(b"\n")
                yield piece, not begun and (ended or len(piece) < _LONGEST_LINE)
                begun = not ended
    except OSError as error:
        raise PortError(f"audit log {path}: {error.strerror}") from None


class _Debris:
    """Bytes between records, of which only size and hash are kept."""

    def __init__(self) -> None:
        self.size = 0
        self.last = b""
        self._hash = hashlib.sha256()

    def add(self, piece: bytes) -> None:
        self._hash.update(self.last)
        self._hash.update(piece[:-1])
        self.last = piece[-1:]
        self.size += len(piece)

    def hash(self) -> str:
        """Without the last byte: the line end that was put behind what a crash left."""
        return self._hash.hexdigest()


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
    """where the time of day moved against the time since boot, at once or in steps, and what can be told of it across
    boots; the first 1,000"""
    last_checkpoint: int | None = None
    """number of the last checkpoint that agrees; None when it has none"""
    problems: list[Problem] = field(default_factory=list)

    @property
    def verdict(self) -> Literal["ok", "fail"]:
        return "fail" if self.problems else "ok"


def verify(log: Path, checkpoints: Sequence[Path], key: PublicKey | None = None) -> Verification:
    """Check every link of the log and every checkpoint against it. Raises PortError when a file cannot be read.

    Without ``key`` all checkpoints must be signed by the same one, whose fingerprint is in the result. Takes memory
    for the checkpoints, not for the log.
    """
    found = Verification()
    points = [_read_checkpoints(path, key, found) for path in checkpoints]
    hashes, last = _check_chain(log, {point.count for file in points for point in file}, found)
    for path, file in zip(checkpoints, points, strict=True):
        _check_checkpoints(path, file, hashes, last, found)
    return found


def _check_chain(log: Path, wanted: Collection[int], found: Verification) -> tuple[dict[int, bytes], int]:
    """Hashes of the records whose numbers are wanted, and the highest number."""
    hashes: dict[int, bytes] = {}
    before = _NOTHING
    highest = 0
    debris = _Debris()
    clock = _ClockHistory(found)
    for line, whole in _lines(log):
        record = _parse(line[:-1]) if whole and line.endswith(b"\n") else None
        if record is None:
            debris.add(line)
            continue
        if before is _NOTHING:
            begun = record.fields.get("log", "")
            found.log = begun if isinstance(begun, str) else ""
        if debris.size:
            if record.fields.get("torn_sha256") != debris.hash():
                found.problems.append(Problem(record.number, f"{debris.size - 1} bytes before it are no record"))
            debris = _Debris()
        what = _broken_link(before, record)
        if what:
            found.problems.append(Problem(record.number, what))
        clock.see(record)
        if record.number in wanted:
            hashes[record.number] = bytes.fromhex(record.hash)
        highest = max(highest, record.number)
        found.count += 1
        before = record
    found.head = before.hash
    if debris.size and debris.last != b"\n":
        found.torn_bytes = debris.size
    elif debris.size:
        found.problems.append(Problem(None, f"{debris.size} bytes at the end are no record"))
    if not found.count:
        found.problems.append(Problem(None, "there is no record at all"))
    return hashes, highest


class _ClockHistory:
    """Both clocks stand in each record. NTP that slews moves both alike; who sets the time of day moves it alone. So
    within one boot the difference between them stays what it was at the first record, and any change of it, also one
    made of many small steps, is somebody's doing. Across boots less is known: time cannot have gone back, and how long
    the box was off nobody can tell."""

    def __init__(self, found: Verification) -> None:
        self._found = found
        self._boot = ""
        self._offset_s: float | None = None
        """time of day minus time since boot, as last told"""
        self._last: tuple[float, float] | None = None
        """both times of the record before"""

    def see(self, record: _Record) -> None:
        times = _times(record)
        if times is None:
            return
        now_s, up_s = times
        told = record.fields.get("boot")
        named = told if isinstance(told, str) else ""
        # Older records do not name their boot: a shorter time since boot is all that tells of another.
        shorter = self._last is not None and up_s < self._last[1] - _CLOCK_STEP_S
        if shorter or (named and self._boot and named != self._boot):
            self._across(record, now_s - up_s)
            self._offset_s = None
            self._boot = ""
        self._boot = named or self._boot
        offset_s = now_s - up_s
        if self._offset_s is None:
            self._offset_s = offset_s
        elif abs(offset_s - self._offset_s) >= _CLOCK_STEP_S:
            at_once = self._last is not None and abs(offset_s - (self._last[0] - self._last[1])) >= _CLOCK_STEP_S
            how = "" if at_once else " in smaller steps"
            self._tell(f"by {offset_s - self._offset_s:+.1f} s{how} before record {record.number}, {_at(record)}")
            self._offset_s = offset_s
        self._last = (now_s, up_s)

    def _across(self, record: _Record, began_s: float) -> None:
        """Another boot, which began when this clock of its own said ``began_s``."""
        assert self._last is not None
        off_s = began_s - self._last[0]
        if off_s <= -_CLOCK_STEP_S:
            self._tell(f"back by {-off_s:.1f} s or more while the box restarted, before record {record.number}")
        elif off_s >= _OFF_S:
            self._tell(
                f"ahead, or the box was off for {off_s / 86_400:.1f} days, before record {record.number}, "
                f"{_at(record)}: the log cannot tell which"
            )

    def _tell(self, step: str) -> None:
        if len(self._found.clock_set) < _TOLD_STEPS:
            self._found.clock_set.append(step)
        elif len(self._found.clock_set) == _TOLD_STEPS:
            self._found.clock_set.append("again after that; the rest is not listed")


def _times(record: _Record) -> tuple[float, float] | None:
    """Time of day and time since boot, s."""
    at, up_s = record.fields.get("at"), record.fields.get("up_s")
    if not isinstance(at, str) or isinstance(up_s, bool) or not isinstance(up_s, (int, float)):
        return None
    try:
        now = datetime.fromisoformat(at)
        times = (now.timestamp(), float(up_s))
    except (ValueError, OverflowError):
        return None
    return times if now.tzinfo is not None and all(map(math.isfinite, times)) else None


def _at(record: _Record) -> str:
    return str(record.fields.get("at", ""))


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


@dataclass(frozen=True, slots=True)
class _Point:
    """What a checkpoint says."""

    line: int
    log: str
    number: int | None
    """of the checkpoint; None for one from before they were numbered"""
    count: int
    head: bytes
    at: str


def _read_checkpoints(path: Path, key: PublicKey | None, found: Verification) -> list[_Point]:
    """The checkpoints of a file that are signed as they must be. Their order is checked, their agreement with a log is
    not."""
    points: list[_Point] = []
    problem = found.problems.append
    before: set[bytes] = set()
    """hashes that the next one may be linked to: of the last checkpoint, and of what a crash left behind it"""
    copied = b""
    any_whole = False
    for position, (line, whole) in enumerate(_lines(path), 1):
        where = f"checkpoint {path}:{position}"
        line = line.strip()
        if not whole or not (line.startswith(b"{") and line.endswith(b"}")):
            before.add(hashlib.sha256(line).digest())
            continue
        any_whole = True
        if line == copied:
            continue  # twice, by two who exported at once
        try:
            signer, point, previous = _read_point(position, line, key)
        except ValueError as error:
            problem(Problem(None, f"{where}: {error}"))
            continue
        found.key = found.key or signer
        if signer != found.key:
            problem(Problem(None, f"{where} was signed by another key than the first"))
            continue
        if out_of_order := _out_of_order(points, point, previous, before):
            problem(Problem(None, f"{where} {out_of_order}"))
        points.append(point)
        before, copied = {hashlib.sha256(line).digest()}, line
    if not any_whole:
        problem(Problem(None, f"{path} holds no checkpoint"))
    return points


def _read_point(position: int, line: bytes, key: PublicKey | None) -> tuple[str, _Point, bytes]:
    """Who signed it, what it says, and the hash of the line before it. Raises ValueError."""
    signed = open_signed(line.decode("utf-8", errors="replace"), key)
    try:
        fields = json.loads(signed.text, object_pairs_hook=_unrepeated)
        log, count, head, previous = (fields[name] for name in ("log", "count", "head", "previous"))
        number, at = fields.get("number"), fields.get("at")
        texts = all(isinstance(text, str) for text in (log, head, previous, at))
        numbers = _is_count(count) and (number is None or _is_count(number))
        if fields["format"] != CHECKPOINT_FORMAT or not texts or not numbers:
            raise ValueError
        datetime.fromisoformat(at)
        if not re.fullmatch("[0-9a-f]{64}", head) or not re.fullmatch("[0-9a-f]{64}", previous):
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ValueError("is signed and no checkpoint") from None
    point = _Point(position, log[:99], number, count, bytes.fromhex(head), at[:99])
    return signed.key.fingerprint, point, bytes.fromhex(previous)


def _out_of_order(points: Sequence[_Point], point: _Point, previous: bytes, before: Collection[bytes]) -> str:
    """What is wrong with its place in the file; empty when nothing is."""
    if not points:
        if point.number is not None and point.number > 1:
            return f"is number {point.number}: the {point.number - 1} before it are missing"
        # The very first one of a box may follow what a crash left.
        begins = point.number == 1 or previous == bytes.fromhex(_BEGINNING)
        return "" if begins else "is not the first: those before it are missing"
    last = points[-1]
    if point.number is not None and last.number is not None and point.number != last.number + 1:
        if point.number <= last.number:
            return f"is number {point.number} and stands behind number {last.number}: they were moved or made anew"
        return (
            f"is number {point.number} and follows number {last.number}: {point.number - last.number - 1} are missing"
        )
    if previous not in before:
        return "does not follow the one before it: some are missing, or were moved"
    return ""


def _check_checkpoints(
    path: Path, points: Sequence[_Point], hashes: dict[int, bytes], last: int, found: Verification
) -> None:
    for point in points:
        where = f"checkpoint {path}:{point.line}"
        if point.log != found.log:
            what = Problem(None, f"{where} is of another log: this one was begun anew")
        elif point.count > last:
            counted = f"{where} of {point.at} counted {point.count} records"
            what = Problem(None, f"{counted}: {point.count - last} are cut off")
        elif hashes.get(point.count) != point.head:
            what = Problem(point.count, f"{where} of {point.at} saw another record: the log was written anew")
        else:
            found.checkpoints += 1
            found.covered = max(found.covered, point.count)
            if point.number is not None:
                found.last_checkpoint = max(found.last_checkpoint or 0, point.number)
            continue
        found.problems.append(what)
