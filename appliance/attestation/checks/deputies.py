"""Checks local services that could act for the daemon: which it can connect to, and which carry out its requests."""

from __future__ import annotations

from appliance.attestation.check import Check, Found, Look, Verdict
from appliance.core.ports import PortError
from appliance.isolation import deputies
from appliance.isolation.seal import DATABASE_VARIABLE


def _by_hand(look: Look) -> str:
    pid = look.process.pid
    return (
        f"nsenter -t {pid} -m find / -xdev -type s; nsenter -t {pid} -m ls -lR /run; "
        "pactl load-module module-null-sink  # as a user who may play; must be refused"
    )


def _look(look: Look) -> Found:
    answer = dict(look.answer.get("deputies") or {})
    environ = look.process.read("environ") or ""
    environment = dict(part.split("=", 1) for part in environ.split("\0") if "=" in part)
    server = {name: value for name, value in environment.items() if name.startswith("PULSE_")}
    try:
        inside = deputies.read_found(answer)
        outside = deputies.read_found(deputies.look_in_child(everything=False, environment=server))
    except (PortError, ValueError) as error:
        return "unknown", {"error": str(error)}
    # The unit gives it the socket of systemd, to report that it is alive, that of a sound server and that of a database
    # server. The book refuses a role of the database that could have the server act for it.
    given = {environment.get("NOTIFY_SOCKET"), deputies.sound_server(environment)}
    database = environment.get(DATABASE_VARIABLE)
    others = [
        socket
        for socket in inside.sockets
        if socket not in given and not (database and socket.startswith(f"{database}/.s.PGSQL."))
    ]
    acts = [name for name in inside.reached if name != deputies.ACCOMPLICE]
    passed = deputies.ACCOMPLICE in inside.reached
    verdict: Verdict = "fail" if acts else "warn" if others or passed or not inside.complete else "ok"
    note = {"note": "it can receive descriptors, since it talks with a sound server"} if passed else {}
    return verdict, {
        "acts for it": acts,
        "refused or not in sight": sorted(set(inside.deputies) - set(inside.reached)),
        "answers outside (control)": [name for name in outside.reached if name != deputies.ACCOMPLICE],
        "sockets it can connect to": inside.sockets,
        "sockets it can see": inside.seen,
        "searched to the end": inside.complete,
        **note,
    }


CHECK = Check(
    "deputies",
    "no local service acts for it: neither the box's own nor a sound server that loads modules",
    _by_hand,
    _look,
)
