"""``cloister attest``: evidence about the running daemon, each piece with a claim, a verdict and the command that shows
an auditor the same without our code.

Evidence comes from the kernel wherever the kernel has it. Only what the kernel cannot know (which configuration was
read, which switches are on) is the daemon's own statement, and is marked as such. The claim that the network is shut
off is tested. A throw-away child of the daemon, which inherits all its restrictions, tries to open sockets and
io_uring. The same attempt is made outside them, where it must succeed, or the attempt would prove nothing.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appliance import __version__
from appliance.attestation.check import VERDICTS, Line, Look
from appliance.attestation.checks import CHECKS
from appliance.attestation.proc import Process
from appliance.config.box import Settings
from appliance.control.client import Client
from appliance.core.ports import PortError
from appliance.records import keys, tpm

FORMAT = "cloister-attestation-1"


@dataclass(frozen=True, slots=True)
class Report:
    """All evidence about one box at one time."""

    box: Mapping[str, str]
    at: str
    nonce: str
    version: str
    lines: tuple[Line, ...]

    def text(self) -> Iterator[str]:
        """Yield lines for a reader with the same content as the JSON. They hold texts from other sources unchanged."""
        yield f"Attestation of {self.box['host']}, {self.at}, cloister {self.version}"
        yield f"machine {self.box['machine']}, key {self.box['key']}" + (f", nonce {self.nonce}" if self.nonce else "")
        for line in self.lines:
            yield ""
            yield f"[{line.verdict:^7}] {line.id}: {line.claim}"
            for name, value in line.evidence.items():
                yield f"          {name}: {short(value)}"
            yield f"          by hand: {line.by_hand}"
        counts = {verdict: sum(line.verdict == verdict for line in self.lines) for verdict in VERDICTS}
        yield ""
        yield ", ".join(f"{count} {verdict}" for verdict, count in counts.items())


def attest(config: Path, settings: Settings, client: Client, nonce: str, catalog: Path) -> Report:
    """Carry out all checks. Raises PortError when the daemon does not answer."""
    answer = client.ask("evidence")
    statement: dict[str, Any] = dict(answer["statement"])  # type: ignore[call-overload]
    inside: dict[str, bool] = dict(answer["probe"])  # type: ignore[call-overload]
    look = Look(Process(client.daemon_pid), answer, statement, inside, config, settings, catalog)
    lines = tuple(check.line(look) for check in CHECKS.values())
    box = {
        "host": platform.node(),
        "machine": machine(),
        "key": keys.load_box_key(settings.state).public.fingerprint,
    }
    report = Report(box, datetime.now(UTC).isoformat(timespec="seconds"), nonce, __version__, lines)
    return with_quote(report)


def machine() -> str:
    """An identity of the box that reveals nothing else. machine-id(5) asks for a hash."""
    try:
        identity = Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except OSError:
        identity = platform.node()
    return hashlib.sha256(f"cloister {identity}".encode()).hexdigest()[:16]


def as_json(report: Report) -> str:
    """The report as the JSON that is signed."""
    return json.dumps({"format": FORMAT, **asdict(report)}, indent=1)


def short(value: object) -> str:
    """Evidence for a reader, cut where it gets long."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 400 else text[:397] + "..."


# --- the quote of the TPM ---------------------------------------------------------------------------------------------


def with_quote(report: Report) -> Report:
    """The report with the TPM's signature over everything but the quote's own line, if the box has a TPM."""
    line = _line(report, "tpm")
    if line.verdict == "warn":
        return report
    qualifying = _digest(report)
    try:
        evidence = tpm.quote(qualifying)
        quoted = tpm.check(evidence, qualifying)
    except (PortError, ValueError) as error:
        line = replace(line, evidence={"error": str(error)})
    else:
        counts = {"switched on": quoted.resets, "woken": quoted.restarts, "powered for ms": quoted.clock_ms}
        line = replace(line, verdict="ok", evidence={**evidence, **counts})
    return replace(report, lines=tuple(line if other.id == "tpm" else other for other in report.lines))


def verify_quote(report: Report, key: str, like: Report | None = None) -> None:
    """Verify the quote in a report with the TPM's public key (PEM), and compare the measured boot with that in the
    report ``like``. Raises ValueError."""
    line = _line(report, "tpm")
    try:
        quoted = tpm.check(line.evidence, _digest(report), key)
    except ValueError as error:
        raise ValueError(f"the quote of its TPM {error}") from None
    if like is not None:
        before = _line(like, "tpm").evidence.get("pcrs")
        known = before if isinstance(before, dict) else {}
        changed = sorted((pcr for pcr, value in quoted.pcrs.items() if known.get(pcr) != value), key=int)
        if changed:
            raise ValueError(f"another system was booted than in the report to compare with: PCR {', '.join(changed)}")


def _line(report: Report, identifier: str) -> Line:
    found = [line for line in report.lines if line.id == identifier]
    if len(found) != 1:
        raise ValueError(f"the report has no line {identifier!r}, or several")
    return found[0]


def _digest(report: Report) -> bytes:
    rest = replace(report, lines=tuple(line for line in report.lines if line.id != "tpm"))
    return hashlib.sha256(as_json(rest).encode()).digest()
