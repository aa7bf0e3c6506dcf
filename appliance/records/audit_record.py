"""One record of the audit log: a line of JSON that carries the hash of the line before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.core.ports import PortError

Detail = str | int | float | bool | None
"""Type of what a record may hold besides its number, time and name"""

CHECKPOINT_FORMAT = "cloister-audit-checkpoint-1"

BEGINNING = "0" * 64
"""``previous`` of the first record and of the first checkpoint"""

LONGEST_LINE = 2**20
"""Most bytes in a line; a longer one is no record and no checkpoint"""


# --- reading ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Record:
    number: int
    previous: str
    event: str
    hash: str
    fields: dict[str, object]


NO_RECORD = Record(0, "", "", BEGINNING, {})
"""The record that stands for what comes before the first one"""


def parse(line: bytes) -> Record | None:
    try:
        fields = json.loads(line, object_pairs_hook=unrepeated)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    number, previous, event = fields.get("n"), fields.get("previous"), fields.get("event")
    if not isinstance(number, int) or not is_count(number):
        return None
    if not isinstance(previous, str) or not isinstance(event, str):
        return None
    return Record(number, previous, event, hashlib.sha256(line).hexdigest(), fields)


def unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a field that is there twice, of which one reader would take the first and another the last."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field is there twice")
    return fields


def is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def records(log: Path) -> Iterator[dict[str, object]]:
    """The records of a log as they stand, without any check. Raises PortError."""
    for line, whole in lines(log):
        record = parse(line) if whole else None
        if record is not None:
            yield record.fields


def lines(path: Path) -> Iterator[tuple[bytes, bool]]:
    """The lines of a file with their ends, and whether each is a whole line. A line that is too long comes in pieces.
    The last may lack its end."""
    try:
        with path.open("rb") as file:
            begun = False
            while piece := file.readline(LONGEST_LINE):
                ended = piece.endswith(b"\n")
                yield piece, not begun and (ended or len(piece) < LONGEST_LINE)
                begun = not ended
    except OSError as error:
        raise PortError(f"audit log {path}: {error.strerror}") from None
