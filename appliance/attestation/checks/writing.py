"""Checks where the daemon writes, and where it could write."""

from __future__ import annotations

import os
from pathlib import Path

from appliance.attestation.check import Check, Found, Look, Verdict
from appliance.attestation.proc import Process

_WRITABLE = ("/tmp", "/var/tmp", "/dev/shm", "/dev", "/run/cloister", "/run/lock")
"""Mounts that the service may write to, besides its state and the folder of exported checkpoints."""


def _by_hand(look: Look) -> str:
    pid = look.process.pid
    return f"grep -l 'flags:.*[12]$' /proc/{pid}/fdinfo/*; ls -l /proc/{pid}/fd; grep -w rw /proc/{pid}/mountinfo"


def _look(look: Look) -> Found:
    process, settings = look.process, look.settings
    files, mounts = process.files(), process.writable_mounts()
    state = str(settings.state.resolve())
    outside = sorted(
        {
            file.target
            for file in files or ()
            if file.writable
            and file.target.startswith("/")
            and not file.target.startswith((state + "/", "/dev/", "/proc/", "/memfd:"))
        }
    )
    allowed = {*_WRITABLE, state, str(settings.state), f"/var/lib/private/{Path(state).name}"}
    allowed |= {str(settings.audit.export.resolve())} if settings.audit.export else set()
    beyond = [
        mount
        for mount in mounts or ()
        if not any(mount == place or mount.startswith(place + "/") for place in allowed)
        # A socket that is mounted alone, such as the sound server's, cannot hold files.
        and not Path(f"/proc/{process.pid}/root{mount}").is_socket()
    ]
    shut_in = _is_shut_in(process)
    verdict: Verdict = "fail" if beyond and shut_in else "warn" if outside or beyond else "ok"
    return "unknown" if files is None or mounts is None else verdict, {
        "state": state,
        "files elsewhere": outside,
        "writable mounts": mounts,
        "that should not be": beyond,
    }


def _is_shut_in(process: Process) -> bool:
    """Whether the process has mounts of its own, other than this command's, as its unit gives it."""
    own, ours = process.link("ns/mnt"), Process(os.getpid()).link("ns/mnt")
    return own is not None and own != ours


CHECK = Check(
    "writing",
    "it holds no file open for writing outside its state folder, and could not write elsewhere",
    _by_hand,
    _look,
)
