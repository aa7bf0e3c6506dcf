"""Finds the unit that a process runs in, and the signed unit file of that name."""

from __future__ import annotations

import re
from pathlib import Path

from appliance.attestation import fingerprint
from appliance.attestation.proc import Process
from appliance.bundle import BundleError, archive, manifest, running
from appliance.core.ports import PortError


def name_of(process: Process) -> str:
    """The unit of a process, by its control group, or the service's unit where the control group names none."""
    group = (process.read("cgroup") or "").strip().rsplit("/", 1)[-1]
    return group if re.fullmatch(r"[\w@.-]+\.service", group) else "cloister.service"


def file_of(unit: str) -> Path | None:
    """The unit file of the bundle, as signed, or of the checkout. None where there is none or it was changed."""
    slot = running.slot()
    if slot is None:
        path = fingerprint.PACKAGE.parent / "systemd" / unit
        return path if path.is_file() else None
    path = slot / "systemd" / unit
    try:
        entry = manifest.decode((slot / archive.MANIFEST).read_bytes()).find(f"systemd/{unit}")
        return path if entry is not None and fingerprint.file_hash(path) == entry.sha256 else None
    except (OSError, PortError, BundleError):
        return None
