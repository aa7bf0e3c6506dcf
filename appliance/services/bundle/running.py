"""The installed bundle that this very process runs from: what of it was altered, and what became of this box before.

Runs in the service, which reads a slot and the history and can write to neither.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import appliance
from appliance.ports import PortError
from appliance.services.bundle import BundleError, archive
from appliance.services.bundle.store import Store

_PACKAGE = Path(appliance.__file__).resolve().parent


def slot() -> Path | None:
    """The slot of the running code; None for a checkout."""
    return next((folder for folder in _PACKAGE.parents if (folder / archive.SIGNATURE).is_file()), None)


def store() -> Store | None:
    """The box whose slot this is; None for a checkout."""
    own = slot()
    return Store(own.parents[2]) if own else None


def altered_models(own: Path, box: Store) -> list[str]:
    """Model files of a slot that are not what was signed, by their path in it. Raises PortError when the signature
    itself does not hold."""
    try:
        manifest, _ = archive.read_manifest(archive.Directory(own), box.trusted_keys())
    except BundleError as error:
        raise PortError(f"{own}: {error}; install the bundle again, or go back: cloister bundle rollback") from None
    return [
        file.path
        for file in manifest.files
        if file.path.startswith("models/") and _sha256(own / file.path) != file.sha256
    ]


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None
