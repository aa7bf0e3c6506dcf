"""Hashes of what runs here: code, configuration, models."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import appliance
from appliance.core.ports import PortError

PACKAGE = Path(appliance.__file__).resolve().parent


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal. Raises PortError."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PortError(f"{path}: {error.strerror}") from None


def listing_hash(folder: Path, files: Iterable[Path]) -> str:
    """One hash for several files: that of the lines which ``sha256sum`` prints for them in the order of their names, so
    that ``cd FOLDER; sha256sum … | sha256sum`` gives the same."""
    names = sorted(path.relative_to(folder).as_posix() for path in files)
    lines = "".join(f"{file_hash(folder / name)}  {name}\n" for name in names)
    return hashlib.sha256(lines.encode()).hexdigest()


WORKBENCH = PACKAGE / "bench" / "workbench"
"""Folder that only a checkout has, and no box."""


def code_hash() -> str:
    """Hash of this package's source, in a checkout without the workbench:
    ``cd appliance; find * -name '*.py' | LC_ALL=C sort | xargs sha256sum | sha256sum``."""
    return listing_hash(PACKAGE, (path for path in PACKAGE.rglob("*.py") if not path.is_relative_to(WORKBENCH)))
