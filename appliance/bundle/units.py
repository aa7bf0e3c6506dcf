"""Tells the service manager of a switch: unit files are those of the current slot, and the service is restarted."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from appliance.bundle.store import Store

UNIT = "cloister.service"
PREPARATION = "cloister-prepare.service"
KINDS = (".service", ".socket", ".timer", ".path", ".target")

_POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class Services:
    """The units of a box. On another root than ``/``, and where no systemd runs, there is nothing to do."""

    store: Store
    restart: bool = True
    """whether the service may be restarted; otherwise another process does that"""
    settle_s: float = 5.0
    """seconds that the service must stay up to count as healthy"""

    def activate(self) -> bool | None:
        """Bring the service up in the current slot: True when it stays up, False when not, None when there is none
        to restart."""
        if self.store.root != Path("/") or not Path("/run/systemd/system").is_dir():
            return None
        self.follow()
        if self.restart:
            # This prepares what the first start would otherwise wait for, while the old version goes on talking.
            _systemctl("start", PREPARATION)
        wanted = _systemctl("is-enabled", UNIT) or _systemctl("is-active", UNIT)
        if not wanted or not self.restart:
            return None
        # The unit has `Type=notify`, so this returns once the models are loaded, or has failed.
        _systemctl("reset-failed", UNIT)
        if not _systemctl("restart", UNIT):
            return False
        begun, process = time.monotonic(), _property("MainPID")
        while time.monotonic() - begun < self.settle_s:
            time.sleep(_POLL_S)
            if not _systemctl("is-active", UNIT) or _property("MainPID") != process:
                return False
        return True

    def follow(self) -> None:
        """Link the units to those of the current slot. The links go through ``current``, so they change with it. A
        plain file is the operator's own and stays."""
        if self.store.root != Path("/") or not Path("/run/systemd/system").is_dir():
            return
        place, folder = Path("/etc/systemd/system"), self.store.slots / "current/systemd"
        for old in place.iterdir():
            if old.is_symlink() and old.readlink().parent == folder and not old.exists():
                old.unlink()
        for unit in sorted(folder.glob("*")):
            link = place / unit.name
            if unit.suffix in KINDS and not link.is_symlink() and not link.exists():
                link.symlink_to(unit)
        _systemctl("daemon-reload")


def _systemctl(*arguments: str) -> bool:
    return subprocess.run(["systemctl", "--quiet", *arguments], capture_output=True, check=False).returncode == 0


def _property(name: str) -> str:
    command = ["systemctl", "show", "--property", name, "--value", UNIT]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
