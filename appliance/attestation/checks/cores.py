"""Checks that the daemon cannot leave a core on the disk."""

from __future__ import annotations

from appliance.attestation.check import Check, Found, Look, Verdict


def _by_hand(look: Look) -> str:
    pid = look.process.pid
    return f"grep core /proc/{pid}/limits; stat -c %U /proc/{pid}/mem  # root although the user is not"


def _look(look: Look) -> Found:
    limit, dumpable = look.process.core_limit(), look.statement.get("dumpable")
    verdict: Verdict = "unknown" if limit is None else "ok" if limit == "0 0" and dumpable is False else "fail"
    return verdict, {"limit": limit, "dumpable (its own statement)": dumpable}


CHECK = Check("cores", "it leaves no core: the limit is zero and the kernel holds it for not dumpable", _by_hand, _look)
