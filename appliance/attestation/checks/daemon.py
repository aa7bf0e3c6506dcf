"""Checks that the process that answers is the appliance."""

from __future__ import annotations

from appliance.attestation.check import Check, Found, Look


def _by_hand(look: Look) -> str:
    return f"ss -xlp | grep control; ps -o pid,user,lstart,args -p {look.process.pid}"


def _look(look: Look) -> Found:
    process, statement = look.process, look.statement
    same = statement.get("pid") in (process.pid, None)
    return "ok" if same else "fail", {
        "pid": process.pid,
        "command": (process.read("cmdline") or "").replace("\0", " ").strip(),
        "user": process.status().get("Uid", "").split("\t")[0],
        "version": statement.get("version"),
    }


CHECK = Check("daemon", "the process that answers is the appliance", _by_hand, _look, shared=("version",))
