r"""The audit log: what the appliance did, in an order that cannot be changed unnoticed.

``audit.jsonl`` is only ever appended to (``chattr +a`` does not disturb it). It has one record per line. Each record
holds ``previous``, the SHA-256 of the line before it, without the line end. An auditor checks a link with
``sed -n 5p audit.jsonl | tr -d '\n' | sha256sum`` and the sixth line.

Such a chain alone shows an edit, a deletion or a swap inside it. It does not show that its tail was cut off, that the
whole log was made anew after an edit, or that an old copy was put back. Checkpoints show these: every quarter of an
hour the count of records and the hash of the last one are signed, appended to ``checkpoints.jsonl``, and copied to
another medium. Records after the last checkpoint outside the reach of an attacker are protected by the chain alone.

Checkpoints are numbered, and each holds the hash of the one before it. So verification finds a checkpoint that is
missing inside an exported file or at its beginning, or that stands elsewhere. A file cannot tell how many checkpoints
followed its last one.

Every record is on the disk before the call returns. What a crash left of the last record stays where it is, and the
next record says so. Space on the disk is reserved ahead of the log's end. When no more can be had, the log is at fault
while there is still room for what must be recorded. The caller of ``append`` is told after its record was kept, and
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
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from appliance.core.plain_text import printable
from appliance.core.ports import PortError
from appliance.records import audit_seal, exports
from appliance.records.audit_record import BEGINNING, CHECKPOINT_FORMAT, NO_RECORD, Detail, Record, parse
from appliance.records.keys import SigningKey, sync_folder

RESERVE_BYTES = 2**20
"""Bytes that are reserved ahead of the log's end. Half of them, room for more than a thousand records, are left when
the log says that the disk is full."""

_TAIL_BYTES = 2**20
"""How many bytes back the last whole record is looked for"""

_FALLOC_FL_KEEP_SIZE = 1

_CLOCKS_APART_S = 0.01
"""Longest time in seconds between reading the two clocks; otherwise they are read again"""


class AuditFault(PortError):
    """The log cannot be trusted to keep the next record, so no conversation may go on."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a log."""

    log: str
    """identity of the log, drawn when it was begun"""
    count: int
    hash: str
    """SHA-256 of the last record's line"""


def clocks() -> tuple[datetime, float]:
    """The time of day and the seconds since the box booted, at the same moment."""
    for _ in range(9):
        before_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        now = datetime.now(UTC)
        up_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        if up_s - before_s < _CLOCKS_APART_S:
            break
    return now, up_s


def boot() -> str:
    """The kernel's id of this boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _recordable(value: Detail) -> Detail:
    """The value in a form that every reader of JSON can read and every terminal can show."""
    if isinstance(value, str):
        return printable(value)
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


class AuditLog:
    """Writes the log. There is one writer at a time. Every method may be called from any thread."""

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
        """Keep a record. Raises AuditFault when the log is at fault, whether this record was kept or not. The caller
        must then not do what the record is about."""
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
        AuditFault. A medium that is missing is recorded once, and gets every checkpoint when it is back."""
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
        # Close both files. While the disk is full a log is opened twice a second, and leaked descriptors add up.
        if self._file >= 0:
            os.close(self._file)
        os.close(self._claim)

    # --- opening --------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        size = os.fstat(self._file).st_size
        last, torn = self._last_record(size) if size else (NO_RECORD, b"")
        self._log, self._count, self._hash = self._identity(), last.number, last.hash
        mended: dict[str, Detail] = {}
        if torn:
            # A record that lacks nothing but its line end is kept as a record.
            whole = parse(torn)
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

    def _last_record(self, size: int) -> tuple[Record, bytes]:
        """The last whole record, and the bytes after its line end."""
        start = max(0, size - _TAIL_BYTES)
        tail = os.pread(self._file, size - start, start)
        end = len(tail)
        while (line_end := tail.rfind(b"\n", 0, end)) >= 0:
            line_start = tail.rfind(b"\n", 0, line_end) + 1
            record = parse(tail[line_start:line_end])
            if record is not None and (line_start > 0 or start == 0):
                return record, tail[line_end + 1 :]
            end = line_end
        if start == 0:
            return NO_RECORD, tail  # the very first record was torn
        raise PortError(
            f"audit log {self._folder}: its end is damaged (`cloister audit verify` says where); keep the folder as "
            "evidence and move it away, a new log is then begun"
        )

    def _identity(self) -> str:
        for line in os.pread(self._file, 2**16, 0).split(b"\n"):
            first = parse(line)
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
            # `boot` says which boot `up_s` counts from. It is told once per writer, since a writer lives within a boot.
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
        """Have the file system keep room beyond the end of the log, for this log alone."""
        end = os.fstat(self._file).st_size
        libc = ctypes.CDLL(None, use_errno=True)
        offset, length = ctypes.c_int64(end), ctypes.c_int64(RESERVE_BYTES)
        if libc.fallocate(self._file, ctypes.c_int(_FALLOC_FL_KEEP_SIZE), offset, length) == 0:
            self._reserved = end + RESERVE_BYTES
            return
        code = ctypes.get_errno()
        if code in (errno.EOPNOTSUPP, errno.ENOSYS):
            # This file system can set nothing aside. Look at what is free, which other processes may take as well.
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
                    "previous": hashlib.sha256(before).hexdigest() if before else BEGINNING,
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
        """Seal the log. Raises AuditFault when that fails, because what cannot be sealed can be rewritten."""
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
    """Append the checkpoints that are not there yet to ``HOST-checkpoints.jsonl`` in ``folder``. Returns how many.
    What was taken out of the middle of that file stays out, and verification finds that. Raises PortError."""
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
    """Bring ``HOST-audit.jsonl`` in ``folder`` up to date. Returns its path. What is there already must be the
    beginning of the log, and is left as it is. Raises PortError."""
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
    """Wraps an unbuffered file so that each write takes all of its content."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, content: bytes) -> None:
        exports.write_all(self._file, content)


def _after(path: Path, last: bytes) -> Iterator[bytes]:
    """The lines of a file after the line ``last``; all lines where ``last`` is not among them."""
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
    """The number of the last checkpoint, and the last line, which may be what a crash left of another checkpoint. 0 and
    nothing when there is no checkpoint. Raises OSError."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            lines = file.read().rstrip(b"\n").split(b"\n")
            for line in reversed(lines):
                with_number = _number_of(line)
                if with_number is not None:
                    return with_number, lines[-1]
            # The checkpoints were made before they were numbered.
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
    """Append whole lines, which are on the disk when this returns. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "a+b", buffering=0) as file:
        _add_lines(file, lines)


def _add_lines(file: BinaryIO, lines: Sequence[bytes]) -> None:
    """Append whole lines to an open file, after the remains of a torn line were ended. Raises OSError."""
    size = file.seek(0, os.SEEK_END)
    torn = size > 0 and os.pread(file.fileno(), 1, size - 1) != b"\n"
    exports.write_all(file, b"".join([b"\n" if torn and lines else b"", *(line + b"\n" for line in lines)]))
    os.fsync(file.fileno())


def append_once(state: Path, key: SigningKey, event: str, **details: Detail) -> None:
    """Keep one record of what a command did while the appliance does not run. Raises PortError."""
    log = AuditLog(state / "audit", key)
    try:
        log.append(event, **details)
        log.checkpoint()
    finally:
        log.close()
