"""Checks that the clock is synchronised."""

from __future__ import annotations

from dataclasses import asdict

from appliance.attestation.check import Check, Found, Look
from appliance.attestation.proc import clock

_AGREED_CLOCK_S = 1.0
"""The largest error of the clock, in seconds, that FINRA rule 4590 allows."""


def _by_hand(_: Look) -> str:
    return "timedatectl show -p NTPSynchronized; chronyc tracking"


def _look(_: Look) -> Found:
    found = clock()
    close = found is not None and found.synchronised and found.max_error_s <= _AGREED_CLOCK_S
    return "unknown" if found is None else "ok" if close else "warn", asdict(found) if found else {}


CHECK = Check("clock", "the clock is synchronised, to within a second", _by_hand, _look)
