"""Checks the network namespace of the daemon, and the interfaces in it."""

from __future__ import annotations

from appliance.attestation.check import Check, Found, Look, Verdict
from appliance.attestation.proc import Process


def _by_hand(look: Look) -> str:
    pid = look.process.pid
    return f"readlink /proc/1/ns/net /proc/{pid}/ns/net; cat /proc/{pid}/net/dev"


def _look(look: Look) -> Found:
    process = look.process
    own, first = process.link("ns/net"), Process(1).link("ns/net")
    interfaces = process.interfaces()
    others = sorted(set(interfaces or ()) - {"lo"})
    carried = sum(sum(counts) for counts in (interfaces or {}).values())
    if interfaces is None or own is None:
        verdict: Verdict = "unknown"
    else:
        verdict = "ok" if own != first and not others else "warn"
    note = {"note": "only seccomp stands between it and these interfaces"} if others else {}
    return verdict, {
        "own": own,
        "of the box": first,
        "interfaces": sorted(interfaces or ()),
        "bytes carried": carried,
        **note,
    }


CHECK = Check(
    "network namespace",
    "it has a network namespace of its own with nothing but a loopback interface",
    _by_hand,
    _look,
)
