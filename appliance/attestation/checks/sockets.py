"""Checks the sockets that the daemon holds."""

from __future__ import annotations

import os

from appliance.attestation.check import Check, Found, Look
from appliance.attestation.proc import Process


def _by_hand(look: Look) -> str:
    pid = look.process.pid
    return f"ls -l /proc/{pid}/fd | grep socket; cat /proc/1/net/unix /proc/{pid}/net/unix"


def _look(look: Look) -> Found:
    sockets = look.process.sockets(Process(1), Process(os.getpid()))
    foreign = sorted(kind for kind in (sockets or {}).values() if kind != "unix")
    return "unknown" if sockets is None else "fail" if foreign else "ok", {
        "unix": len(sockets or ()) - len(foreign),
        "other": foreign,
    }


CHECK = Check("sockets", "every socket it holds is a Unix socket", _by_hand, _look)
