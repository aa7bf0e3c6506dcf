"""Compares the clock by which recordings are kept with the calendar."""

from __future__ import annotations

import shlex
from dataclasses import asdict

from appliance.attestation.check import Check, Found, Look
from appliance.records import retention


def _by_hand(look: Look) -> str:
    clock = look.settings.state / "recordings" / "clock.json"
    return f"cat {shlex.quote(str(clock))}; date +%s; cut -d' ' -f1 /proc/uptime"


def _look(look: Look) -> Found:
    folder = look.settings.state / "recordings"
    ahead_s = retention.ahead_s(folder)
    seen = retention.peek(folder)
    return "warn" if ahead_s else "ok", {
        "calendar ahead, days": round(ahead_s / 86_400, 1),
        "last look": asdict(seen) if seen else None,
    }


CHECK = Check(
    "retention",
    "recordings are kept by the time that this box saw pass, and its calendar agrees with that",
    _by_hand,
    _look,
)
