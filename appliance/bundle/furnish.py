"""Makes the files of a slot into software that runs: a virtual environment with the bundle's wheels, and nothing else.

The pip that installs comes in the bundle, because Debian's ``python3`` has none. It may use no index, no configuration
of the machine, and no file whose hash the signed list does not name. It resolves no dependencies, because all are
listed. The files that it installed are compared with the signed list of installed files, and a file that is not listed
is refused (``closure``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from appliance.bundle import Cannot, Refused, archive, closure
from appliance.bundle.archive import Progress, quiet
from appliance.bundle.manifest import Manifest
from appliance.bundle.store import COMPLETE, Name, Store

_LONGEST_S = 900
"""The longest time, in seconds, that pip may take on a slow box."""


def furnish(slot: Path, manifest: Manifest, progress: Progress = quiet) -> None:
    """Make the environment of a slot that has its files. Raises Refused or Cannot."""
    wheels = sorted((slot / "wheels").glob("*.whl"))
    _weigh(wheels, manifest.installed_bytes)
    pip = next((wheel for wheel in wheels if wheel.name.startswith("pip-")), None)
    if pip is None:
        raise Refused("the bundle has no pip, so nothing can be installed from it")
    progress("installing", 0, 1)
    _environment(slot, manifest)
    _run(
        [
            *(str(slot / closure.INTERPRETER), "-I", "-B", f"{pip}/pip", "install", "--quiet", "--no-input"),
            *("--no-index", "--no-deps", "--no-cache-dir", "--no-warn-script-location", "--no-compile"),
            *("--require-hashes", "--only-binary", ":all:", "--find-links", str(slot / "wheels")),
            *("--requirement", str(slot / "requirements.txt")),
        ],
        slot,
    )
    shutil.rmtree(slot / "wheels")
    _prune(slot)
    (slot / closure.LAUNCHER).write_bytes(closure.LAUNCHER_TEXT)
    (slot / closure.LAUNCHER).chmod(0o755)
    if problem := next(closure.violations(slot, manifest, os.geteuid()), None):
        raise Refused(problem)
    progress("installing", 1, 1)


def check_slot(store: Store, slot: Name) -> None:
    """Compare everything in a slot with its signed manifest. Raises Refused."""
    path = store.path(slot)
    manifest, _ = archive.read_manifest(archive.Directory(path), store.trust(), installed=True)
    known = store.slot(slot)
    if known is None or (known.name, known.version, known.manifest_sha256) != (
        *(manifest.name, manifest.version, manifest.digest()),
    ):
        raise Refused(f"{path / COMPLETE}: does not say what the signed manifest says")
    found = [f"{path}/{problem}" for problem in closure.violations(path, manifest, store.owner())]
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise Refused(found[0] + more)


def _environment(slot: Path, manifest: Manifest) -> None:
    """Make a virtual environment in its smallest form, the same in every slot. Raises Cannot."""
    python = f"python{manifest.target.python}"
    # The base interpreter of the environment that runs this is the system's, too.
    interpreter = (Path(sys.base_prefix) / "bin" / python).resolve()
    if not interpreter.is_relative_to(closure.SYSTEM):
        raise Cannot(f"{interpreter}: is not the system's own; start the installer with /usr/bin/python3")
    (slot / "venv/bin").mkdir(parents=True)
    (slot / f"venv/lib/{python}/site-packages").mkdir(parents=True)
    (slot / closure.INTERPRETER).symlink_to(interpreter)
    (slot / closure.CONFIGURATION).write_bytes(closure.environment(interpreter))


def _prune(slot: Path) -> None:
    """Remove the files that pip adds: programs that name a path, and records of what it did."""
    for path in (slot / "venv/bin").iterdir():
        if path != slot / closure.INTERPRETER:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    shutil.rmtree(slot / "venv/include", ignore_errors=True)
    for path in (slot / "venv/lib").glob("python3.*/site-packages/*.dist-info/*"):
        if path.name in OF_PIP:
            path.unlink()


OF_PIP = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
"""Files that pip writes beside a package's own."""


def _weigh(wheels: list[Path], limit: int) -> None:
    """Check that wheels unfold to at most ``limit`` bytes and name no place outside. Raises Refused."""
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
            command, env=environment, cwd="/", capture_output=True, text=True, timeout=_LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise Cannot(f"installing took longer than {_LONGEST_S} s") from None
    if run.returncode != 0:
        said = (run.stderr or run.stdout).strip().splitlines()
        raise Cannot(f"installing failed: {said[-1] if said else run.returncode}")
