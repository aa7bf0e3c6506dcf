"""Checks that the device of the state folder is encrypted."""

from __future__ import annotations

import shlex

from appliance.attestation.check import Check, Found, Look
from appliance.attestation.proc import encrypted_at_rest


def _by_hand(look: Look) -> str:
    state = shlex.quote(str(look.settings.state))
    return f"lsblk -s -o NAME,TYPE $(findmnt -no SOURCE -T {state})  # crypt"


def _look(look: Look) -> Found:
    encrypted = encrypted_at_rest(look.settings.state)
    return "unknown" if encrypted is None else "ok" if encrypted else "warn", {"encrypted": encrypted}


CHECK = Check("encryption at rest", "the state folder lies on an encrypted device", _by_hand, _look)
