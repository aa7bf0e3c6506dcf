"""Compares the code with the signed bundle."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from appliance.attestation import fingerprint
from appliance.attestation.check import Check, Found, Look
from appliance.bundle import running


def _by_hand(_: Look) -> str:
    slot = running.slot()
    if slot is None:
        workbench = fingerprint.WORKBENCH.relative_to(fingerprint.PACKAGE)
        return _hash_by_hand(f"find * -name '*.py' -not -path '{workbench}/*'")
    return (
        f"cd {slot}; minisign -Vm manifest.json -x manifest.minisig -p /etc/cloister/keys/KEY.pub; "
        f"sha256sum --quiet -c code.sha256; " + _hash_by_hand("find * -name '*.py'")
    )


def _hash_by_hand(find: str) -> str:
    return f"cd {fingerprint.PACKAGE}; {find} | LC_ALL=C sort | xargs sha256sum | sha256sum"


def _look(look: Look) -> Found:
    now, begun = fingerprint.code_hash(), look.statement.get("code")
    evidence: dict[str, Any] = {"code": now, "code when it started (its own statement)": begun}
    slot = running.slot()
    if slot is None:
        evidence["note"] = "a checkout: there is no signed manifest to compare with"
        return "warn" if now == begun else "fail", evidence
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-m", "appliance", "bundle", "status", "--verify", "--json"],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        evidence["bundle"] = json.loads(done.stdout).get("current")
    except ValueError:
        evidence["bundle"] = (done.stdout + done.stderr).strip()[-300:]
    evidence["manifest"] = fingerprint.file_hash(slot / "manifest.json")
    return "ok" if done.returncode == 0 and now == begun else "fail", evidence


_CLAIM = "code, libraries and models are those of the signed bundle"
_CLAIM_OF_A_CHECKOUT = "the code is what was signed"

# The place of the code says whether this is a slot, so that does not change while the process runs.
CHECK = Check("code", _CLAIM if running.slot() else _CLAIM_OF_A_CHECKOUT, _by_hand, _look, shared=("code", "manifest"))
