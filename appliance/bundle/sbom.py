"""Lists what is in a bundle and under which licences: a CycloneDX bill of materials, and the licences themselves.

CycloneDX 1.6, JSON: https://cyclonedx.org/docs/1.6/json/. Models are components like any other, and a model inside a
wheel is a part of that wheel. There is no time stamp, because the same inputs must give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any

_MODELS = re.compile(r"\.(onnx|gguf|safetensors|fst|dict|lm\.bin|pt)$|/(mdef|means|variances|sendump|mixture_weights)$")
"""Files that are weights, or were computed from recordings or texts."""

_LICENCES = re.compile(r"(^|/)(licen[cs]e|copying|notice|copyright|authors)[^/]*$", re.IGNORECASE)


def bill_of_materials(name: str, version: int, wheels: list[Path], models: dict[str, Path]) -> bytes:
    """The bill of materials; ``models`` are the files under ``models/`` by their path in the bundle."""
    parts = [_wheel(wheel) for wheel in wheels]
    application = next(part for part in parts if part["name"] == "cloister")
    components = [part for part in parts if part is not application]
    components += [
        _model(path, hashlib.sha256(source.read_bytes()).hexdigest(), _stated(path, models))
        for path, source in sorted(models.items())
        if _MODELS.search(path)
    ]
    components.sort(key=lambda part: str(part["bom-ref"]))
    content: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": application,
            "properties": [
                {"name": "cloister:bundle", "value": name},
                {"name": "cloister:bundle-version", "value": str(version)},
            ],
        },
        "components": components,
        "dependencies": [{"ref": application["bom-ref"], "dependsOn": [part["bom-ref"] for part in components]}],
    }
    number = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(content, sort_keys=True))
    return (json.dumps({**content, "serialNumber": f"urn:uuid:{number}"}, indent=1, sort_keys=True) + "\n").encode()


def licences(wheels: list[Path]) -> Iterator[tuple[str, bytes]]:
    """Yield the path under ``licences/`` and the content of each licence text that the wheels carry."""
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as content:
            for name in sorted(content.namelist()):
                inside = re.match(r"[^/]+\.dist-info/(?:licenses/)?(.+)", name)
                if inside and not name.endswith("/") and _LICENCES.search(name):
                    short = re.sub(r"[^A-Za-z0-9_.+-]+", "-", inside[1])[-60:].lstrip("-.")
                    yield f"licences/{wheel.name.split('-')[0]}/{short}", content.read(name)


def _wheel(wheel: Path) -> dict[str, Any]:
    with zipfile.ZipFile(wheel) as content:
        about = next(name for name in content.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        metadata = BytesParser().parsebytes(content.read(about))
        inside = [
            _model(f"{wheel.name}/{name}", hashlib.sha256(content.read(name)).hexdigest(), f"that of {wheel.name}")
            for name in sorted(content.namelist())
            if _MODELS.search(name)
        ]
    name, version = re.sub(r"[-_.]+", "-", metadata["Name"]).lower(), metadata["Version"]
    part: dict[str, Any] = {
        "type": "application" if name == "cloister" else "library",
        "bom-ref": f"pkg:pypi/{name}@{version}",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{version}",
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(wheel.read_bytes()).hexdigest()}],
        "licenses": _licence(metadata),
    }
    return {**part, "components": inside} if inside else part


def _model(path: str, sha256: str, licence: str) -> dict[str, Any]:
    return {
        "type": "machine-learning-model",
        "bom-ref": f"model:{path}",
        "name": path,
        "hashes": [{"alg": "SHA-256", "content": sha256}],
        "licenses": [{"license": {"name": licence}}],
    }


def _stated(path: str, models: dict[str, Path]) -> str:
    """Name the place where a model's licence is stated: the file itself, as GGUF allows, or the card beside it."""
    if path.endswith(".gguf"):
        from gguf import GGUFReader

        field = GGUFReader(models[path]).get_field("general.license")
        if field is not None:
            return str(field.contents())
    card = f"{path.rsplit('/', 1)[0]}/README.md"
    return f"stated in {card}" if card in models else "not stated in the bundle"


def _licence(metadata: Message) -> list[dict[str, Any]]:
    """The licence as the package states it: an SPDX expression, or else words."""
    if expression := metadata["License-Expression"]:
        return [{"expression": str(expression)}]
    classifiers = [
        str(line).rsplit(" :: ", 1)[-1] for line in metadata.get_all("Classifier", []) if line.startswith("License :: ")
    ]
    free = str(metadata["License"] or "").strip()
    # Some packages put the whole licence text there.
    names = classifiers or ([free] if free and len(free) < 80 and "\n" not in free else ["not stated"])
    return [{"license": {"name": name}} for name in names]
