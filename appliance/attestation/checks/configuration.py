"""Compares the daemon's running configuration with the files on the disk and the signed ones."""

from __future__ import annotations

import shlex

from appliance.attestation import fingerprint
from appliance.attestation.check import Check, Found, Look
from appliance.bundle import archive, manifest, running


def _by_hand(look: Look) -> str:
    return f"sha256sum {shlex.quote(str(look.config))} {shlex.quote(str(look.settings.site))}"


def _look(look: Look) -> Found:
    now = {
        "configuration": fingerprint.file_hash(look.config),
        "site": fingerprint.file_hash(look.settings.site),
    }
    changed = sorted(name for name, value in now.items() if look.statement.get(name) != value)
    signed = _signed()
    own = {"other than in the signed bundle": sorted(name for name in now if signed.get(name) != now[name])}
    return "warn" if changed else "ok", {**now, "changed since it started": changed, **(own if signed else {})}


def _signed() -> dict[str, str]:
    """Hashes of the configuration files in the installed bundle. A site may have its own instead."""
    slot = running.slot()
    if slot is None:
        return {}
    files = {file.path: file.sha256 for file in manifest.decode((slot / archive.MANIFEST).read_bytes()).files}
    return {"configuration": files.get("config/cloister.yaml", ""), "site": files.get("config/site.yaml", "")}


CHECK = Check(
    "configuration",
    "it runs with the configuration that lies on the disk",
    _by_hand,
    _look,
    shared=("configuration", "site"),
)
