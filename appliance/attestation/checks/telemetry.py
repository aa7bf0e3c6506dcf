"""Checks the switches that turn off the libraries' telemetry."""

from __future__ import annotations

from appliance import TELEMETRY_SWITCHES
from appliance.attestation.check import Check, Found, Look


def _by_hand(look: Look) -> str:
    names = " ".join(f"-ex 'print (char*)getenv(\"{name}\")'" for name in TELEMETRY_SWITCHES)
    return f"gdb -p {look.process.pid} -batch {names}"


def _look(look: Look) -> Found:
    switches = look.statement.get("telemetry") or {}
    wrong = sorted(name for name, value in TELEMETRY_SWITCHES.items() if switches.get(name) != value)
    return "fail" if wrong else "ok", {"switches": switches, "not set": wrong}


CHECK = Check(
    "telemetry",
    "the libraries' reporting is switched off (its own statement)",
    _by_hand,
    _look,
    shared=("switches",),
)
