"""Checks that overwritten data in the state folder is gone from the device."""

from __future__ import annotations

import shlex

from appliance.attestation.check import Check, Found, Look
from appliance.attestation.proc import file_system, keeps_overwritten


def _by_hand(look: Look) -> str:
    state = shlex.quote(str(look.settings.state))
    return f"findmnt -no FSTYPE,OPTIONS -T {state}  # not btrfs, zfs, f2fs, overlay, data=journal"


def _look(look: Look) -> Found:
    state = look.settings.state
    copies = keeps_overwritten(state)
    return "warn" if copies else "ok", {"file system": file_system(state)[0], "copies": copies}


CHECK = Check(
    "disposal",
    "a key that is overwritten on this file system is gone from it (flash below it may keep old cells for a while)",
    _by_hand,
    _look,
)
