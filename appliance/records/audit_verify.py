"""Verifies that an audit log is whole: its chain, its clock, its checkpoints."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from appliance.records.audit_record import (
    BEGINNING,
    CHECKPOINT_FORMAT,
    NO_RECORD,
    Record,
    is_count,
    lines,
    parse,
    unrepeated,
)
from appliance.records.keys import PublicKey, open_signed

_CLOCK_STEP_S = 1.0
"""Seconds by which a clock may move; one that moved by more was set. FINRA rule 4590 allows this error."""

_OFF_S = 86_400.0
"""Seconds of apparent time off from which a box may as well have had its clock set ahead. The verification lists it, so
that an auditor can judge."""

_TOLD_STEPS = 1000
"""Most movements of the clock that a verification lists; it counts the others"""


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
        """Hash without the last byte, the line end that was put behind what a crash left."""
        return self._hash.hexdigest()


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding that an untouched log would not show."""

    record: int | None
    """number of the record where it shows"""
    what: str

    def __str__(self) -> str:
        where = f"record {self.record}: " if self.record is not None else ""
        return f"{where}{self.what}"


@dataclass(slots=True)
class Verification:
    """What the records, and the checkpoints at hand, say about a log."""

    log: str = ""
    count: int = 0
    head: str = BEGINNING
    torn_bytes: int = 0
    """bytes at the very end, of an interrupted write that the next start will mend"""
    checkpoints: int = 0
    """how many agree with the log"""
    covered: int = 0
    """records up to this number are covered by a checkpoint that agrees"""
    key: str = ""
    """fingerprint of the key that signed the checkpoints"""
    clock_set: list[str] = field(default_factory=list)
    """the first 1,000 places where the time of day moved against the time since boot, at once or in steps, and what can
    be told of it across boots"""
    last_checkpoint: int | None = None
    """number of the last checkpoint that agrees; None when that has no number"""
    problems: list[Problem] = field(default_factory=list)

    @property
    def verdict(self) -> Literal["ok", "fail"]:
        return "fail" if self.problems else "ok"


def verify(log: Path, checkpoints: Sequence[Path], key: PublicKey | None = None) -> Verification:
    """Check every link of the log and every checkpoint against it. Raises PortError when a file cannot be read.

    Without ``key`` all checkpoints must be signed by the same key, whose fingerprint is in the result. Memory grows
    with the checkpoints, not with the log.
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
    before = NO_RECORD
    highest = 0
    debris = _Debris()
    clock = _ClockHistory(found)
    for line, whole in lines(log):
        record = parse(line[:-1]) if whole and line.endswith(b"\n") else None
        if record is None:
            debris.add(line)
            continue
        if before is NO_RECORD:
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
    """Follows the two clocks in each record. NTP that slews moves both alike. Setting the time of day moves only that
    one. So within one boot the difference between them stays what it was at the first record. Any change of it, also
    one made of many small steps, was made on purpose. Across boots less is known: time cannot have gone back, and it
    cannot be told how long the box was off."""

    def __init__(self, found: Verification) -> None:
        self._found = found
        self._boot = ""
        self._offset_s: float | None = None
        """time of day minus time since boot, as last listed"""
        self._last: tuple[float, float] | None = None
        """both times of the record before"""

    def see(self, record: Record) -> None:
        times = _times(record)
        if times is None:
            return
        now_s, up_s = times
        told = record.fields.get("boot")
        named = told if isinstance(told, str) else ""
        # Older records do not name their boot. A shorter time since boot is all that shows another boot.
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

    def _across(self, record: Record, began_s: float) -> None:
        """Take the first record of another boot, which began when the box's own time of day was ``began_s``."""
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


def _times(record: Record) -> tuple[float, float] | None:
    """Time of day and time since boot, in seconds."""
    at, up_s = record.fields.get("at"), record.fields.get("up_s")
    if not isinstance(at, str) or isinstance(up_s, bool) or not isinstance(up_s, (int, float)):
        return None
    try:
        now = datetime.fromisoformat(at)
        times = (now.timestamp(), float(up_s))
    except (ValueError, OverflowError):
        return None
    return times if now.tzinfo is not None and all(map(math.isfinite, times)) else None


def _at(record: Record) -> str:
    return str(record.fields.get("at", ""))


def _broken_link(before: Record, record: Record) -> str:
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
    """number of the checkpoint; None for one from before they were numbered"""
    count: int
    head: bytes
    at: str


def _read_checkpoints(path: Path, key: PublicKey | None, found: Verification) -> list[_Point]:
    """The checkpoints of a file that are signed as they must be. This checks their order, but not their agreement with
    a log."""
    points: list[_Point] = []
    problem = found.problems.append
    before: set[bytes] = set()
    """hashes that the next checkpoint may be linked to: of the last one, and of what a crash left behind it"""
    copied = b""
    any_whole = False
    for position, (line, whole) in enumerate(lines(path), 1):
        where = f"checkpoint {path}:{position}"
        line = line.strip()
        if not whole or not (line.startswith(b"{") and line.endswith(b"}")):
            before.add(hashlib.sha256(line).digest())
            continue
        any_whole = True
        if line == copied:
            continue  # the line is there twice, from two exports at the same time
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
    """Fingerprint of the signer, what the checkpoint says, and the hash of the line before it. Raises ValueError."""
    signed = open_signed(line.decode("utf-8", errors="replace"), key)
    try:
        fields = json.loads(signed.text, object_pairs_hook=unrepeated)
        log, count, head, previous = (fields[name] for name in ("log", "count", "head", "previous"))
        number, at = fields.get("number"), fields.get("at")
        texts = all(isinstance(text, str) for text in (log, head, previous, at))
        numbers = is_count(count) and (number is None or is_count(number))
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
    """What is wrong with the checkpoint's place in the file; empty when nothing is."""
    if not points:
        if point.number is not None and point.number > 1:
            return f"is number {point.number}: the {point.number - 1} before it are missing"
        # The very first checkpoint of a box may follow what a crash left.
        begins = point.number == 1 or previous == bytes.fromhex(BEGINNING)
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
