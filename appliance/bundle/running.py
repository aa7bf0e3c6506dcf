"""Looks at the installed bundle that this process runs from: what of it was altered, and the history of the box.

The module runs in the service, which can read a slot and the history, and can write to neither.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import appliance
from appliance.bundle import BundleError, archive, closure
from appliance.bundle.store import NAMES, Store
from appliance.core.ports import PortError

_PACKAGE = Path(appliance.__file__).resolve().parent


def slot() -> Path | None:
    """The slot of the running code, signed or not, or None for a checkout. The place of the code decides, since a
    signature can be removed."""
    # SLOT/venv/lib/python3.x/site-packages/appliance
    found = _PACKAGE.parents[4] if len(_PACKAGE.parents) > 4 else _PACKAGE
    installed = _PACKAGE.parent.name == "site-packages" and _PACKAGE.parents[3].name == "venv"
    return found if installed and found.name in NAMES else None


def store() -> Store | None:
    """The store of the box whose slot this is, or None for a checkout."""
    own = slot()
    return Store(own.parents[2]) if own else None


def violations(own: Path, box: Store) -> list[str]:
    """What in a slot is not as it was signed, each as ``path: what``, with the path relative to the slot. Raises
    PortError when the signature itself is not valid."""
    try:
        manifest, _ = archive.read_manifest(archive.Directory(own), box.trust(), installed=True)
    except BundleError as error:
        raise PortError(f"{own}: {error}; install the bundle again, or go back: cloister bundle rollback") from None
    return list(closure.violations(own, manifest, box.owner()))


def unsigned(own: Path, models: Iterable[Path], trusted: Iterable[str]) -> dict[Path, str]:
    """Files of configured models that lie outside the slot and whose hashes the box does not trust, with their hashes.
    Every file of a folder counts. Raises PortError when a file cannot be read."""
    inside, known, found = own.resolve(), set(trusted), {}
    for model in models:
        files = sorted(path for path in model.rglob("*") if path.is_file()) if model.is_dir() else [model]
        for path in files:
            if path.resolve().is_relative_to(inside):
                continue
            try:
                with path.open("rb") as stream:
                    sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            except OSError as error:
                raise PortError(f"{path}: {error.strerror}; mend the configuration") from None
            if sha256 not in known:
                found[path] = sha256
    return found
