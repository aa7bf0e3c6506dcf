"""Checks the audit log, and its checkpoints on the box and outside it."""

from __future__ import annotations

import platform
import shlex

from appliance.attestation.check import Check, Found, Look
from appliance.core.ports import PortError
from appliance.records import audit_verify, keys


def _by_hand(look: Look) -> str:
    log = look.settings.state / "audit" / "audit.jsonl"
    return (
        "cloister audit verify --checkpoints MEDIUM/HOST-checkpoints.jsonl --key PEM; "
        f"tail -n1 {shlex.quote(str(log))} | tr -d '\\n' | sha256sum"
    )


def _look(look: Look) -> Found:
    settings = look.settings
    folder, medium = settings.state / "audit", settings.audit.export
    exported = medium / f"{platform.node()}-checkpoints.jsonl" if medium else None
    there = exported is not None and exported.is_file()
    checkpoints = [path for path in (folder / "checkpoints.jsonl", exported) if path is not None and path.is_file()]
    try:
        key = keys.load_box_key(settings.state).public
        found = audit_verify.verify(folder / "audit.jsonl", checkpoints, key)
        outside = audit_verify.verify(folder / "audit.jsonl", [exported] if exported and there else [], key)
    except PortError as error:
        return "unknown", {"error": str(error)}
    whole_outside = there and outside.last_checkpoint == found.last_checkpoint
    return "fail" if found.problems else "ok" if whole_outside else "warn", {
        "records": found.count,
        "head": found.head,
        "covered by checkpoints": found.covered,
        "last checkpoint": found.last_checkpoint,
        "covered by those outside": outside.covered,
        "last checkpoint outside": outside.last_checkpoint,
        "exported to": str(exported) if exported else None,
        "problems": [problem.what for problem in found.problems],
        "clock set": found.clock_set[-9:],
    }


CHECK = Check("audit log", "the audit log is whole, and its checkpoints leave the box", _by_hand, _look)
