"""Signed reports of boxes that do not exist."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from appliance.attestation.check import Line
from appliance.attestation.checks import CHECKS
from appliance.attestation.report import Report, as_json
from appliance.records import keys
from tests.sealed_daemon import Done, cloister

FLEET_NONCE = "drawn for this look"


def box_report(
    folder: Path,
    host: str,
    *,
    nonce: str = FLEET_NONCE,
    at: str = "2026-11-22T12:00:00+00:00",
    key: keys.SigningKey | None = None,
    change: Callable[[dict[str, Any]], None] = lambda fields: None,
    signed_as_it_stands: str | None = None,
    **changed: object,
) -> Path:
    """A signed report of a made-up box, with some evidence changed; its key is pinned."""
    key = key or keys.SigningKey.from_pem(keys.generate("box-key"))
    lines = {name: Line(name, "as it should be", "ok", "grep") for name in CHECKS}
    evidence = {"configuration": "aa", "site": "5173", **changed}
    lines["configuration"] = dataclasses.replace(lines["configuration"], evidence=evidence)
    lines["code"] = dataclasses.replace(lines["code"], evidence={"code": changed.get("code", "c0de")})
    models = {"/models/a.onnx": "aa  ear", "/models/b.onnx": changed.get("b", "bb  ear")}
    lines["models"] = dataclasses.replace(lines["models"], evidence=models)
    if changed.get("verdict"):
        lines["seccomp"] = dataclasses.replace(lines["seccomp"], verdict="fail")
    named = {"host": host, "machine": "m", "key": key.public.fingerprint}
    fields = json.loads(as_json(Report(named, at, nonce, "0.1.0", tuple(lines.values()))))
    change(fields)
    folder.mkdir(exist_ok=True)
    (folder / f"{host}.pem").write_text(key.public.pem)
    path = folder / f"{host}.json"
    path.write_text(key.sign(json.dumps(fields) if signed_as_it_stands is None else signed_as_it_stands))
    return path


def fleet(starter: Path, *files: Path, keys: Path | None = None, nonce: str | None = FLEET_NONCE) -> Done:
    """`cloister fleet report`, with the pinned keys of the first file's folder."""
    asked = ("--nonce", nonce) if nonce else ()
    return cloister(starter, "fleet", "report", *files, "--keys", keys or files[0].parent, *asked)
