"""Checks at which Unix sockets the daemon serves other programs."""

from __future__ import annotations

from appliance.attestation.check import Check, Found, Look
from appliance.attestation.proc import Process

_LISTENS = 0x10000
"""The flag of a listening socket in /proc/net/unix (__SO_ACCEPTCON)"""


def _by_hand(look: Look) -> str:
    return "ss --listening --unix --processes | grep cloister; systemctl list-sockets 'cloister*'"


def _look(look: Look) -> Found:
    files = look.process.files()
    if files is None:
        return "unknown", {}
    held = {file.target for file in files}
    listening = sorted(
        path
        for process in (look.process, Process(1))
        for inode, path in _listening(process.read("net/unix") or "")
        if f"socket:[{inode}]" in held
    )
    settings = look.settings
    doors = {
        str(door.path): {"speaks": door.speaks, "users": list(door.users), "tokens": door.tokens}
        for door in settings.doors
    }
    named = {*doors, *([str(settings.control_socket)] if settings.control_socket else [])}
    strange, shut = sorted(set(listening) - named), sorted(set(doors) - set(listening))
    evidence = {"doors": doors, "not in the configuration": strange, "not open": shut}
    return "fail" if strange or shut else "ok", evidence


def _listening(table: str) -> list[tuple[str, str]]:
    """Inode numbers and paths of the listening sockets of a table."""
    rows = [line.split(maxsplit=7) for line in table.splitlines()[1:]]
    return [(row[6], row[7]) for row in rows if len(row) > 7 and int(row[3], 16) & _LISTENS]


CHECK = Check(
    "doors",
    "other programs come in only by the sockets that the configuration names",
    _by_hand,
    _look,
    shared=("doors",),
)
