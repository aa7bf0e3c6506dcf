"""Compares the files of the models with the hashes that their publishers stated."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from appliance.attestation import fingerprint
from appliance.attestation.check import Check, Found, Look
from appliance.bundle import running
from appliance.config.box import Settings
from appliance.core.ports import PortError
from appliance.engines.model_files import model_files


def _by_hand(look: Look) -> str:
    return "sha256sum " + " ".join(map(shlex.quote, _uses(look.settings)))


def _look(look: Look) -> Found:
    uses = _uses(look.settings)
    hashes: dict[str, str] = {}
    missing = []
    for name in uses:
        try:
            hashes[name] = fingerprint.file_hash(Path(name))
        except PortError:
            missing.append(name)
    known, source = _published(look.catalog)
    unlisted = sorted(name for name, shown in hashes.items() if shown not in known)
    return "fail" if missing else "warn" if unlisted else "ok", {
        **{name: f"{shown}  {', '.join(uses[name])}" for name, shown in hashes.items()},
        "missing": missing,
        "compared with": source,
        "not in there": unlisted,
    }


def _uses(settings: Settings) -> dict[str, list[str]]:
    """The purposes of each model file."""
    uses: dict[str, list[str]] = {}
    for what, path, _ in model_files(settings):
        uses.setdefault(str(path), []).append(what)
    return uses


def _published(catalog: Path) -> tuple[set[str], str]:
    """Hashes to compare models with, and the name of the file that lists them."""
    slot = running.slot()
    source = slot / "manifest.json" if slot else catalog
    try:
        text = source.read_text(encoding="utf-8")
    except OSError:
        return set(), "nothing"
    return set(re.findall(r"\b[0-9a-f]{64}\b", text)), str(source)


CHECK = Check(
    "models", "every model file is there and has a hash that its publisher stated", _by_hand, _look, shared=None
)
