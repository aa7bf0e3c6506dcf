"""Checks the user that the daemon runs as, and its capabilities."""

from __future__ import annotations

from appliance.attestation.check import Check, Found, Look


def _by_hand(look: Look) -> str:
    return f"grep -e ^Uid -e ^Cap /proc/{look.process.pid}/status"


def _look(look: Look) -> Found:
    status = look.process.status()
    user = status.get("Uid", "?").split("\t")[0]
    powers = {name: status.get(name, "?") for name in ("CapEff", "CapPrm", "CapBnd")}
    none = not int(powers["CapEff"], 16) if powers["CapEff"] != "?" else None
    return "unknown" if none is None else "ok" if none and user != "0" else "warn", {"user": user, **powers}


CHECK = Check("privileges", "it is not root and holds no capability", _by_hand, _look)
