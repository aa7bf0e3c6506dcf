"""Compares the unit that systemd runs the daemon in with the signed unit file."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from appliance.attestation import signed_unit, systemd_units
from appliance.attestation.check import Check, Found, Look
from appliance.bundle import running

_SITE_PROPERTIES = {"SupplementaryGroups", "Environment"}
"""Properties that a site sets in a drop-in of its own. They are reported, and are no fault by themselves."""


def _by_hand(look: Look) -> str:
    unit = signed_unit.name_of(look.process)
    return (
        f"systemctl show {unit}; systemctl cat {unit}; systemd-analyze security {unit}; "
        f"systemctl show {systemd_units.NO_SUCH_UNIT}  # the last: how is what a unit does not set"
    )


def _look(look: Look) -> Found:
    unit = signed_unit.name_of(look.process)
    if not Path("/run/systemd/system").is_dir() or shutil.which("systemctl") is None:
        return "warn", {"note": "there is no systemd here; the process has no unit"}
    found = systemd_units.show(unit)
    if found.get("MainPID") != str(look.process.pid):
        return "warn", {"note": f"it is not the main process of {unit}"}
    signed = signed_unit.file_of(unit)
    drop_ins = found.get("DropInPaths", "").split()
    evidence: dict[str, Any] = {"unit": unit, "unit file": found.get("FragmentPath"), "drop-ins": drop_ins}
    if signed is None:
        note = "there is no signed unit file to compare with"
        return "fail" if running.slot() else "warn", {**evidence, "note": note}
    evidence["compared with"] = str(signed)
    try:
        texts = [signed.read_text(encoding="utf-8")]
        # A drop-in that is the bundle's, byte for byte, counts as signed, as the unit does.
        ours = {text: path.name for path in signed.parent.glob("*.conf") if (text := path.read_bytes())}
        foreign = [path for path in drop_ins if (content := _content(Path(path))) is None or content not in ours]
        texts += [Path(path).read_text(encoding="utf-8") for path in drop_ins if path not in foreign]
    except (OSError, ValueError) as error:
        return "fail", {**evidence, "error": str(error)}
    calls = systemd_units.system_call_groups()
    different = systemd_units.deviations(
        unit,
        systemd_units.parse("\n".join(texts)),
        found,
        systemd_units.show(systemd_units.NO_SUCH_UNIT),
        systemd_units.show(None),
        calls,
    )
    if _content(Path(found.get("FragmentPath", ""))) != signed.read_bytes():
        different["FragmentPath"] = f"{found.get('FragmentPath')} is not the signed file"
    # The check `environment` gives the verdict on the environment, because it knows what may be in it.
    serious = set(different) - _SITE_PROPERTIES
    return "fail" if serious else "warn" if different or foreign else "ok", {
        **evidence,
        "drop-ins that nobody signed": foreign,
        "deviates from the signed unit": different,
    }


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


CHECK = Check(
    "unit",
    "systemd runs it as its signed unit file says, and as no other says",
    _by_hand,
    _look,
    shared=("deviates from the signed unit", "drop-ins that nobody signed"),
)
