"""Checks that attempts to reach a network fail in a child of the daemon, which inherits all its restrictions. The same
attempts must succeed outside the restrictions, or they would prove nothing."""

from __future__ import annotations

from appliance.attestation.check import Check, Found, Look
from appliance.isolation.seal import WAYS, probe_in_child


def _by_hand(look: Look) -> str:
    return (
        f"gdb -p {look.process.pid} -batch -ex 'print (int)socket(2,1,0)' -ex 'print (int)syscall(425,1,0)'  "
        "# -1 twice; outside: python3 -c 'import socket; print(socket.socket())'"
    )


def _look(look: Look) -> Found:
    inside, outside = look.inside, probe_in_child()
    got_out = [way for way, refused in inside.items() if not refused]
    works = [way for way, refused in outside.items() if not refused]
    untried = [way for way in WAYS if way not in inside]
    blind = not {"AF_INET", "AF_INET6"} & set(works)
    return "fail" if got_out or untried else "unknown" if blind else "ok", {
        "refused inside": [way for way, refused in inside.items() if refused],
        "not refused inside": got_out,
        "not tried inside": untried,
        "succeeds outside (control)": works,
    }


CHECK = Check(
    "probe",
    "a child of the daemon can open no network socket and no io_uring; the same attempt succeeds outside",
    _by_hand,
    _look,
)
