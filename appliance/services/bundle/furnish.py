"""From the files of a slot to software that runs: a virtual environment with the bundle's wheels, and nothing else.

The pip that installs comes in the bundle, because Debian's ``python3`` has none. It may look at no index, at no
configuration of the machine, and at no file whose hash the signed list does not name; dependencies are not resolved,
they are listed. What it then laid down is compared with the signed list of installed files.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from appliance.services.bundle import Cannot, Refused, archive, signing
from appliance.services.bundle.archive import Progress, quiet
from appliance.services.bundle.manifest import Manifest

_LONGEST_S = 900
"""seconds that pip may take on a slow box"""


def furnish(slot: Path, manifest: Manifest, progress: Progress = quiet) -> None:
    """Make the environment of a slot whose files are there. Raises Refused or Cannot."""
    wheels = sorted((slot / "wheels").glob("*.whl"))
    _weigh(wheels, manifest.installed_bytes)
    pip = next((wheel for wheel in wheels if wheel.name.startswith("pip-")), None)
    if pip is None:
        raise Refused("the bundle has no pip, so nothing can be installed from it")
    progress("installing", 0, 1)
    _run([sys.executable, "-I", "-m", "venv", "--without-pip", str(slot / "venv")], slot)
    _run(
        [
            *(str(slot / "venv/bin/python"), "-I", f"{pip}/pip", "install", "--quiet", "--no-input"),
            *("--no-index", "--no-deps", "--no-cache-dir", "--no-warn-script-location"),
            *("--require-hashes", "--only-binary", ":all:", "--find-links", str(slot / "wheels")),
            *("--requirement", str(slot / "requirements.txt")),
        ],
        slot,
    )
    check_code(slot)
    shutil.rmtree(slot / "wheels")
    progress("installing", 1, 1)


def check_slot(slot: Path, keys: list[signing.PublicKey]) -> None:
    """Compare everything in a slot with its signed manifest. Raises Refused."""
    manifest, _ = archive.read_manifest(archive.Directory(slot), keys)
    for file in manifest.files:
        # The wheels were installed and removed; code.sha256 lists what came out of them.
        if not file.path.startswith("wheels/"):
            _compare(slot / file.path, file.sha256)
    check_code(slot)


def check_code(slot: Path) -> None:
    """Compare every installed file with the signed list of them. Raises Refused."""
    for line in (slot / "code.sha256").read_text(encoding="utf-8").splitlines():
        _compare(slot / line[66:], line[:64])


def _compare(path: Path, sha256: str) -> None:
    try:
        with path.open("rb") as stream:
            same = hashlib.file_digest(stream, "sha256").hexdigest() == sha256
    except OSError as error:
        raise Refused(f"{path}: cannot be read: {error.strerror}") from None
    if not same:
        raise Refused(f"{path}: is not the file that was signed")


def _weigh(wheels: list[Path], limit: int) -> None:
    """Wheels may not unfold to more than was announced, nor name places outside. Raises Refused."""
    total = 0
    for wheel in wheels:
        try:
            with zipfile.ZipFile(wheel) as content:
                entries = content.infolist()
        except (zipfile.BadZipFile, ValueError) as error:
            raise Refused(f"{wheel.name}: is not a wheel: {error}") from None
        total += sum(entry.file_size for entry in entries)
        for entry in entries:
            outside = entry.filename.startswith("/") or ".." in entry.filename.split("/")
            if outside or entry.external_attr >> 28 == 0o12:
                raise Refused(f"{wheel.name}: holds {entry.filename!r}, which no wheel should")
    if total > limit:
        raise Refused(f"the wheels unfold to {total} bytes, and the manifest announced {limit}")


def _run(command: list[str], slot: Path) -> None:
    environment = {"PATH": os.defpath, "HOME": str(slot), "PIP_CONFIG_FILE": os.devnull, "LC_ALL": "C.UTF-8"}
    try:
        run = subprocess.run(
            command, env=environment, cwd=slot, capture_output=True, text=True, timeout=_LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise Cannot(f"installing took longer than {_LONGEST_S} s") from None
    if run.returncode != 0:
        said = (run.stderr or run.stdout).strip().splitlines()
        raise Cannot(f"installing failed: {said[-1] if said else run.returncode}")
