"""Reads reports of other boxes. They count as untrusted input, and only what is signed and fresh is believed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appliance import __version__
from appliance.attestation.check import VERDICTS, Line
from appliance.attestation.checks import CHECKS
from appliance.attestation.report import FORMAT, Report
from appliance.records import exports, keys

LARGEST_REPORT = 2**24
"""The most bytes of a report. A real one has about 30,000."""

_DEEPEST = 20
"""The most levels of nesting in a report's JSON. A real one has five."""

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){0,252}")
"""A name of a host that is also safe as a name of a file, because it cannot lead to another folder."""


def open_report(path: Path, key: keys.PublicKey | None) -> tuple[str, Report]:
    """Read a report. Returns the fingerprint of its signer and the report itself, which must be about a box with that
    key. ``key`` is the one that must have signed. Raises ValueError, and PortError when the file cannot be read."""
    content = exports.read(path, LARGEST_REPORT)
    try:
        document = content.decode("utf-8")
    except ValueError:
        raise ValueError("is no signed document of an appliance") from None
    signed = keys.open_signed(document, key)
    report = read_report(signed.text)
    if report.box["key"] != signed.key.fingerprint:
        raise ValueError(f"speaks of a box with the key {report.box['key']} and is signed by {signed.key.fingerprint}")
    return signed.key.fingerprint, report


def read_report(text: str) -> Report:
    """Read the text of a report. Raises ValueError when it is no attestation."""
    try:
        fields = json.loads(text, object_pairs_hook=_unrepeated, parse_constant=_no_number)
        if fields.pop("format") != FORMAT or _depth(fields) > _DEEPEST:
            raise ValueError
        lines = tuple(_read_line(line) for line in fields.pop("lines"))
        report = Report(lines=lines, **fields)
        texts = (report.at, report.nonce, report.version, *report.box.values())
        if set(report.box) != {"host", "machine", "key"} or not all(isinstance(text, str) for text in texts):
            raise ValueError
        if not _HOST.fullmatch(report.box["host"]) or datetime.fromisoformat(report.at).tzinfo is None:
            raise ValueError
        if len({line.id for line in lines}) != len(lines):
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ValueError("is no attestation") from None
    return report


def _read_line(fields: Any) -> Line:
    line = Line(**fields)
    texts = (line.id, line.claim, line.verdict, line.by_hand)
    if not all(isinstance(text, str) for text in texts) or line.verdict not in VERDICTS:
        raise ValueError
    if not isinstance(line.evidence, dict):
        raise ValueError
    return line


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError
    return fields


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0)


def incomplete(report: Report) -> str | None:
    """The lines that a report lacks, or None."""
    missing = [name for name in CHECKS if name not in {line.id for line in report.lines}]
    if not missing:
        return None
    return f"lacks the lines {_some(missing)} (it was taken by version {report.version}, this is {__version__})"


def stale(report: Report, hours: float) -> str | None:
    """The reason why a report, by this machine's clock, is too old to be believed or from the future, or None."""
    age_h = (datetime.now(UTC) - datetime.fromisoformat(report.at)).total_seconds() / 3600
    if age_h > hours:
        return f"was taken {age_h:.0f} hours ago; ask for a new one with a nonce, or allow its age with --max-age"
    return f"was taken {-age_h:.0f} hours in the future: compare the clocks" if age_h < -1 else None


_MOST_NAMED = 8
"""Most names of lines in one message"""


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
