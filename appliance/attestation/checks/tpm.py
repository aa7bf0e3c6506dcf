"""Checks that the TPM signs what was booted. The quote itself covers every other line, so
`appliance.attestation.report` adds it once those are there."""

from __future__ import annotations

from appliance.attestation.check import Check, Found, Look
from appliance.records import tpm


def _by_hand(_: Look) -> str:
    return f"tpm2_pcrread sha256:{','.join(map(str, tpm.PCRS))}; cloister keys public tpm-key"


def _look(_: Look) -> Found:
    there = tpm.transport() is not None
    return "unknown" if there else "warn", {} if there else {"note": "there is no TPM"}


CHECK = Check("tpm", "its TPM signs what was booted, and with it this report", _by_hand, _look)
