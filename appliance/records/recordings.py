"""Recordings of conversations, where the site switched them on. They are encrypted, kept for so many days, then
destroyed.

Each recording has a key of its own. ``ID.rec`` holds a line of JSON in clear (identity, line, when it was begun), then
pieces. A piece is four bytes of length and that many of AES-256-GCM. ``ID.key`` holds the recording's key, wrapped by
the box's recording key. To wipe a recording is to destroy its key. The rest is then noise, and is removed as well. As
long as ``ID.hold`` exists, the recording is not wiped, by expiry or by hand. The calendar alone does not decide how old
a recording is: see ``retention``.

No piece is ever on the disk in clear, nor is a name, a number or a word. Only the line, the time and the size are.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import re
import secrets
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal

from appliance.core.facts import LineId
from appliance.core.ports import PortError
from appliance.records import retention
from appliance.records.keys import Sealer, WrappingKey, destroy, sync_folder, write_new_bytes

FORMAT = "cloister-recording-1"

Kind = Literal["audio", "words"]

_KINDS: dict[Kind, bytes] = {"audio": b"A", "words": b"W"}
_IDENTITY = re.compile(r"[0-9TZ]{1,40}-[0-9a-f]{1,40}")
_END = b"E"
_LONGEST_PIECE = 2**20


@dataclass(frozen=True, slots=True)
class Kept:
    """What the folder says of a recording without its key."""

    id: str
    line: LineId
    """the line that it is of; "" for a recording from before there were several, or torn in its first line"""
    begun: datetime
    bytes: int
    held: str | None
    """why it is on hold; None when it is not"""
    open: bool
    """whether it is being made"""
    kept_from_s: float
    """when it was begun, by the box's retention time (``retention``), in seconds since 1970"""


class Writer:
    """Writes a recording that is being made."""

    def __init__(self, folder: Path, id: str, key: bytes, header: bytes) -> None:
        """Begin the file. Raises PortError."""
        self.id = id
        self._folder = folder
        self._sealer = Sealer(key, header)
        path = folder / f"{id}.rec"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._file = os.fdopen(descriptor, "wb", buffering=0)
            self._file.write(header)
        except OSError as error:
            raise PortError(f"recording {path}: {error.strerror}") from None

    def add(self, kind: Kind, piece: bytes) -> None:
        """Add a piece. Raises PortError."""
        self._write(_KINDS[kind] + piece)

    def end(self) -> None:
        """Finish the recording. Raises PortError."""
        self._write(_END)
        try:
            os.fsync(self._file.fileno())
            self._file.close()
            sync_folder(self._folder)
        except OSError as error:
            raise PortError(f"recordings {self._folder}: {error.strerror}") from None

    def _write(self, piece: bytes) -> None:
        sealed = self._sealer.seal(piece)
        data = struct.pack(">I", len(sealed)) + sealed
        try:
            while data:
                data = data[self._file.write(data) :]
        except OSError as error:
            raise PortError(f"recordings {self._folder}: {error.strerror}; make room") from None


class Archive:
    """The recordings of one box, of any number of lines. Several threads may use it."""

    def __init__(self, folder: Path, key: WrappingKey, days: int) -> None:
        """Open the archive in ``folder``, which keeps recordings for ``days``. Raises PortError."""
        self._folder = folder
        self._key = key
        self._days = days
        self._lock = threading.Lock()
        """held while the retention time is looked at, and during an expiry"""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise PortError(f"recordings {folder}: {error.strerror}") from None

    def begin(self, line: LineId) -> Writer:
        """Begin a recording of a line. Raises PortError."""
        now = datetime.now(UTC)
        identity = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        with self._lock:
            seen = self._look(listed(self._folder))
        head = {
            "format": FORMAT,
            "id": identity,
            "line": line,
            "begun": now.isoformat(timespec="seconds"),
            "kept_from_s": seen.time_s,
        }
        header = json.dumps(head).encode() + b"\n"
        key = secrets.token_bytes(32)
        write_new_bytes(self._folder / f"{identity}.key", self._key.wrap(key))
        return Writer(self._folder, identity, key, header)

    def expire(self) -> list[str]:
        """Destroy what was kept for long enough and is not on hold. Returns the identities. Raises PortError."""
        with self._lock:
            all_kept = listed(self._folder)
            before_s = self._look(all_kept).time_s - self._days * 86_400.0
            due = [kept.id for kept in all_kept if kept.kept_from_s < before_s and kept.held is None and not kept.open]
            for identity in due:
                wipe(self._folder, identity)
        return due

    def calendar_ahead_s(self) -> float:
        """Seconds by which the calendar is ahead of the retention time, when that is more than may be caught up without
        an operator; 0 otherwise."""
        return retention.ahead_s(self._folder)

    def _look(self, all_kept: list[Kept]) -> retention.Retention:
        newest_s = max((kept.kept_from_s for kept in all_kept), default=None)
        return retention.look(self._folder, newest_s)


def listed(folder: Path) -> list[Kept]:
    """All recordings, oldest first."""
    found = []
    for path in sorted(folder.glob("*.rec")) if folder.is_dir() else ():
        try:
            with path.open("rb") as file:
                size, made_s = os.fstat(file.fileno()).st_size, os.fstat(file.fileno()).st_mtime
                line, begun, kept_from_s = _head(file.readline(1000), made_s)
                writing = not _lockable(file)
        except FileNotFoundError:
            continue  # it was wiped meanwhile
        found.append(Kept(path.stem, line, begun, size, _hold(path), writing, kept_from_s))
    return found


def _head(header: bytes, made_s: float) -> tuple[LineId, datetime, float]:
    """The line of a recording, and when it was begun, by the calendar and by the retention time. For a recording that
    is torn in its first line, the time of the file stands for both."""
    try:
        head = json.loads(header)
        begun = datetime.fromisoformat(head["begun"])
        # Recordings from before there was a retention time go by the calendar of their day.
        kept_from_s = float(head.get("kept_from_s", begun.timestamp()))
        line = head.get("line", "")
        if begun.tzinfo is None or not math.isfinite(kept_from_s) or not isinstance(line, str):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return "", datetime.fromtimestamp(made_s, UTC), made_s
    return line, begun, kept_from_s


def exists(folder: Path, identity: str) -> bool:
    """Whether there is a recording of that identity."""
    return bool(_IDENTITY.fullmatch(identity)) and (folder / f"{identity}.rec").is_file()


def hold(folder: Path, identity: str, reason: str) -> None:
    """Keep a recording until it is released. Raises PortError."""
    write_new_bytes(_recording(folder, identity).with_suffix(".hold"), reason.encode())


def release(folder: Path, identity: str) -> None:
    """Let a recording expire again. Raises PortError."""
    try:
        _recording(folder, identity).with_suffix(".hold").unlink()
    except FileNotFoundError:
        raise PortError(f"recording {identity}: is not on hold") from None


def wipe(folder: Path, identity: str) -> None:
    """Destroy a recording permanently. Raises PortError, also when it is on hold or being made."""
    path = _recording(folder, identity)
    if _hold(path) is not None:
        raise PortError(f"recording {identity}: is on hold; release it first")
    with path.open("rb") as file:
        if not _lockable(file):
            raise PortError(f"recording {identity}: is being made; wait until the conversation is over")
    try:
        if path.with_suffix(".key").exists():
            destroy(path.with_suffix(".key"))
        path.unlink()
        sync_folder(folder)
    except OSError as error:
        raise PortError(f"recording {identity}: {error.strerror}") from None


def pieces(folder: Path, identity: str, key: WrappingKey) -> Iterator[tuple[Kind, bytes]]:
    """The pieces of a recording, decrypted. Raises PortError when its key is gone, and when it is damaged or has no
    end."""
    path = _recording(folder, identity)
    try:
        own = key.unwrap(path.with_suffix(".key").read_bytes())
        with path.open("rb") as file:
            header = file.readline(1000)
            sealer = Sealer(own, header)
            kinds: dict[bytes, Kind] = {mark: kind for kind, mark in _KINDS.items()}
            while True:
                length = file.read(4)
                if len(length) < 4 or struct.unpack(">I", length)[0] > _LONGEST_PIECE:
                    raise ValueError("it was cut off, or the box went down during the conversation")
                piece = sealer.open(file.read(struct.unpack(">I", length)[0]))
                if piece == _END:
                    return
                yield kinds[piece[:1]], piece[1:]
    except OSError as error:
        raise PortError(f"recording {identity}: {error.filename}: {error.strerror}") from None
    except ValueError as error:
        raise PortError(f"recording {identity}: {error}") from None


def _recording(folder: Path, identity: str) -> Path:
    path = folder / f"{identity}.rec"
    if not exists(folder, identity):
        raise PortError(f"recording {identity}: there is none in {folder}; `cloister recordings list` shows them")
    return path


def _hold(path: Path) -> str | None:
    """Why the recording is on hold; None when it is not. The reason is empty when it cannot be read, because root may
    have put the file there while the appliance is not root."""
    try:
        return path.with_suffix(".hold").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError:
        return ""


def _lockable(file: BinaryIO) -> bool:
    """Whether no process writes the file."""
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
