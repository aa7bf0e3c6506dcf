"""Checks that a filter of system calls applies to every thread."""

from __future__ import annotations

from appliance.attestation.check import Check, Found, Look, Verdict


def _by_hand(look: Look) -> str:
    return f"grep -H -e ^Seccomp: -e ^NoNewPrivs: /proc/{look.process.pid}/task/*/status"


def _look(look: Look) -> Found:
    process = look.process
    # A thread that ended meanwhile has no status.
    threads = {task: status for task in process.tasks() if (status := process.status(task))}
    free = [task for task, status in threads.items() if status.get("Seccomp") != "2" or status.get("NoNewPrivs") != "1"]
    verdict: Verdict = "unknown" if not threads else "fail" if free else "ok"
    return verdict, {
        "threads": len(threads),
        "without": free,
        "filters": sorted({status.get("Seccomp_filters", "?") for status in threads.values()}),
    }


CHECK = Check(
    "seccomp",
    "every thread is under a seccomp filter and can gain no privileges",
    _by_hand,
    _look,
    shared=("filters",),
)
