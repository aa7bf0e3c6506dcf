"""Checks that none of the daemon's memory was written to a swap device."""

from __future__ import annotations

from appliance.attestation.check import Check, Found, Look
from appliance.attestation.proc import swaps


def _by_hand(look: Look) -> str:
    return f"cat /proc/swaps; grep -e VmSwap -e VmLck /proc/{look.process.pid}/status"


def _look(look: Look) -> Found:
    status, used = look.process.status(), swaps()
    locked, swapped = status.get("VmLck", "?"), status.get("VmSwap", "?")
    note = {"note": "what is not swapped out now can be later: encrypt the swap or switch it off"} if used else {}
    return "ok" if not used or swapped == "0 kB" else "warn", {
        "swap devices": used,
        "swapped out": swapped,
        "locked": locked,
        **note,
    }


CHECK = Check("swap", "nothing of its memory was written to a swap device", _by_hand, _look)
