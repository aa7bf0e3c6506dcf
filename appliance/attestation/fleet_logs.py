"""Audit logs of many boxes, as they were fetched: which are whole, and still hold what was fetched of them before.

A folder has one folder for each box. In its ``fetched`` lies what ``cloister audit export --log-too --nonce`` wrote on
the box. A log that is whole takes the place of the one that was fetched before, beside ``fetched``. A log that is not
whole stays where it is, as evidence, and the checkpoints from before it stay what the next one is held against.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from appliance.core.ports import PortError
from appliance.records import audit_seal, audit_verify, keys

_EXPORTED = {
    "audit.jsonl": "*-audit.jsonl",
    "seals.jsonl": "*-seals-*.jsonl",
    "checkpoints.jsonl": "*-checkpoints.jsonl",
}
"""Names under which files are kept, and patterns of the names that an export gives them. The checkpoints are kept last:
while a crash leaves the older ones, the next log is held against those."""


@dataclass(slots=True)
class FetchedLog:
    """What is known of one box's log."""

    box: str
    records: int = 0
    covered: int = 0
    """records up to this number are under a checkpoint that agrees"""
    sealed: int = 0
    """records up to this number are under a seal that agrees"""
    problems: list[str] = field(default_factory=list)


def take(folder: Path, boxes: Sequence[str], pinned: Path | None, nonce: str | None) -> list[FetchedLog]:
    """Verify what was fetched of ``boxes`` and of every other box in ``folder``, and keep what is whole.

    ``pinned`` is a folder of public keys as HOST.pem and HOST.seal.pem. ``nonce`` is the word that the exports were
    asked for with. Raises PortError when ``folder`` cannot be read, or a log cannot be kept.
    """
    try:
        there = {path.name for path in folder.iterdir() if path.is_dir()}
    except OSError as error:
        raise PortError(f"{folder}: {error.strerror}") from None
    return [_take(folder / box, pinned, nonce) for box in sorted(there | set(boxes))]


def _take(folder: Path, pinned: Path | None, nonce: str | None) -> FetchedLog:
    found = FetchedLog(folder.name)
    try:
        files = {name: _only(folder / "fetched", pattern) for name, pattern in _EXPORTED.items()}
        before = folder / "checkpoints.jsonl"
        points = [*([before] if before.exists() else []), files["checkpoints.jsonl"]]
        log, seals = files["audit.jsonl"], files["seals.jsonl"]
        chain = audit_verify.verify(log, points, _pinned(pinned, f"{folder.name}.pem"))
        sealing = audit_seal.verify(log, seals, _pinned(pinned, f"{folder.name}.seal.pem"), nonce or "")
    except (ValueError, PortError) as error:
        found.problems.append(str(error))
        return found
    found.records, found.covered, found.sealed = chain.count, chain.covered, sealing.covered
    found.problems += [*map(str, chain.problems), *sealing.problems]
    if not found.problems:
        _keep(folder, files)
    return found


def _pinned(folder: Path | None, name: str) -> keys.PublicKey | None:
    return keys.read_public(folder / name) if folder is not None else None


def _only(folder: Path, pattern: str) -> Path:
    files = list(folder.glob(pattern))
    if len(files) != 1:
        raise PortError(f"{folder}: holds {len(files)} files {pattern}, where one export has one")
    return files[0]


def _keep(folder: Path, files: Mapping[str, Path]) -> None:
    try:
        for name, file in files.items():
            file.replace(folder / name)
        (folder / "fetched").rmdir()
    except OSError as error:
        raise PortError(f"{folder}: {error.strerror}") from None


def table(logs: Sequence[FetchedLog]) -> Iterator[str]:
    """Yield a row for each log, and below them what is wrong. The lines may hold any character."""
    width = max((len(log.box) for log in logs), default=3)
    yield f"{'box':<{width}}  records in its audit log  under checkpoints  under seals"
    for log in logs:
        if log.problems:
            yield f"{log.box:<{width}}  NOT WHOLE, see below"
        else:
            yield f"{log.box:<{width}}  {log.records:>24}  {log.covered:>17}  {log.sealed:>11}"
    for log in logs:
        for problem in log.problems:
            yield f"FAIL {log.box}: audit log: {problem}"
