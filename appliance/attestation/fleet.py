"""Compares the reports of many boxes: which are not believed, which fail, and in what a box differs from others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from appliance.attestation.check import VERDICTS
from appliance.attestation.checks import CHECKS
from appliance.attestation.reading import incomplete, open_report, stale
from appliance.attestation.report import Report, short
from appliance.core.ports import PortError
from appliance.records import keys

_OTHER_KEYS = (".seal.pem", ".tpm.pem")
"""Ends of the names of a box's other pinned keys"""


@dataclass(slots=True)
class Row:
    """A file that was handed in as a box's report."""

    file: Path
    label: str
    """its name in the table, different for each file"""
    report: Report | None = None
    """the report, or None when the file holds none"""
    problems: list[str] = field(default_factory=list)
    """reasons why the report is not believed"""


def read_rows(files: Sequence[Path], pinned: Path | None, nonce: str | None, max_age_h: float) -> list[Row]:
    """Read each file, with everything that is wrong with it. ``pinned`` is a folder of the public keys as HOST.pem.
    ``nonce`` is the word that the request for the reports held. Without one, a report may be at most ``max_age_h``
    hours old."""
    rows = [_read_row(file, files, pinned, nonce, max_age_h) for file in files]
    by_key: dict[str, set[str]] = {}
    for row in rows:
        if row.report is not None:
            by_key.setdefault(row.report.box["key"], set()).add(row.report.box["host"])
    for row in rows:
        if row.report is not None and len(same := by_key[row.report.box["key"]]) > 1:
            row.problems.append(f"its key is that of several boxes: {', '.join(sorted(same))}")
    return rows


def _read_row(file: Path, files: Sequence[Path], pinned: Path | None, nonce: str | None, max_age_h: float) -> Row:
    others = [other for other in files if other != file and other.stem == file.stem]
    # Files with the same name from two folders need different labels.
    row = Row(file, str(file) if others else file.stem)
    try:
        signer, row.report = open_report(file, None)
        host = row.report.box["host"]
        if host != file.stem:
            row.problems.append(f"is the report of {host}; it must lie in a file of that name, {host}.json")
        if pinned is not None:
            key = keys.read_public(pinned / f"{file.stem}.pem").fingerprint
            if signer != key:
                row.problems.append(f"was signed by {signer}, not by the key of {file.stem}, {key}")
        if lacking := incomplete(row.report):
            row.problems.append(lacking)
        if nonce is not None:
            if row.report.nonce != nonce:
                row.problems.append(f"carries the nonce {row.report.nonce!r}, not {nonce!r}: an old report?")
        elif too_old := stale(row.report, max_age_h):
            row.problems.append(too_old)
    except (ValueError, PortError) as error:
        row.problems.append(str(error))
    return row


def believed(rows: Sequence[Row]) -> dict[str, Report]:
    """The reports without problems, by the labels of their rows."""
    return {row.label: row.report for row in rows if row.report is not None and not row.problems}


def without_report(pinned: Path, rows: Sequence[Row]) -> list[str]:
    """Names of the boxes that have a key and no row."""
    seen = {row.file.stem for row in rows}
    boxes = {path.stem for path in pinned.glob("*.pem") if not path.name.endswith(_OTHER_KEYS)}
    return sorted(boxes - seen)


@dataclass(frozen=True, slots=True)
class Difference:
    """A line of the report in which boxes differ."""

    line: str
    values: Mapping[str, str]
    """value of each box"""
    odd: tuple[str, ...]
    """boxes that differ from the majority"""


def compare(reports: Mapping[str, Report]) -> list[Difference]:
    """The lines in which boxes differ, in the verdict or in evidence that they should share."""
    found = []
    identifiers = dict.fromkeys(line.id for report in reports.values() for line in report.lines)
    for identifier in identifiers:
        values = {box: _value(report, identifier) for box, report in reports.items()}
        counts: dict[str, int] = {}
        for value in values.values():
            counts[value] = counts.get(value, 0) + 1
        if len(counts) > 1:
            usual = max(counts, key=lambda value: counts[value])
            odd = tuple(box for box, value in values.items() if value != usual)
            found.append(Difference(identifier, values, odd))
    return found


def _shared(line: str) -> tuple[str, ...] | None:
    return CHECKS[line].shared if line in CHECKS else ()


def _value(report: Report, identifier: str) -> str:
    line = next((line for line in report.lines if line.id == identifier), None)
    if line is None:
        return "absent"
    names = _shared(identifier)
    shared = line.evidence if names is None else {n: line.evidence[n] for n in names if n in line.evidence}
    if not shared:
        return line.verdict
    digest = hashlib.sha256(json.dumps(shared, sort_keys=True).encode()).hexdigest()[:8]
    return f"{line.verdict} {digest}"


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a row for each file, and below them how the odd boxes differ and what is bad. The lines hold texts of the
    reports unchanged, so they may hold any character."""
    good = believed(rows)
    identifiers = list(dict.fromkeys(line.id for report in good.values() for line in report.lines))
    differences = {difference.line: difference for difference in compare(good)}
    width = max(len(row.label) for row in rows)
    yield f"{'box':<{width}}  {'taken':<25}  ok  warn  fail  unknown  differs in"
    for row in rows:
        if row.label not in good or row.report is None:
            taken = row.report.at[:25] if row.report else "?"
            yield f"{row.label:<{width}}  {taken:<25}  NOT BELIEVED, see below"
            continue
        counts = [sum(line.verdict == verdict for line in row.report.lines) for verdict in VERDICTS]
        odd = [name for name in identifiers if name in differences and row.label in differences[name].odd]
        numbers = f"{counts[0]:>2}  {counts[1]:>4}  {counts[2]:>4}  {counts[3]:>7}"
        yield f"{row.label:<{width}}  {row.report.at:<25}  {numbers}  {', '.join(odd) or '-'}"
    for difference in differences.values():
        yield ""
        yield f"{difference.line}:"
        usual = next(box for box in good if box not in difference.odd)
        for box in (usual, *difference.odd):
            which = "most" if box == usual else box
            yield f"  {which + ':':<{width + 1}} {_evidence(good[box], difference.line)}"
    for box, report in good.items():
        for line in report.lines:
            if line.verdict == "fail":
                yield f"FAIL {box}: {line.id}: {line.claim}: {short(line.evidence)}"
    for row in rows:
        for problem in row.problems:
            yield f"FAIL {row.file}: {problem}"


def _evidence(report: Report, identifier: str) -> str:
    line = next((line for line in report.lines if line.id == identifier), None)
    if line is None:
        return "absent"
    names = _shared(identifier)
    shared = line.evidence if not names else {n: v for n, v in line.evidence.items() if n in names}
    return f"{line.verdict} {short(shared)}"
