"""What takes seconds to work out from the configuration, kept between two starts.

A service manager restarts the appliance when anything fails, and a visitor stands before it meanwhile. So what
depends on the configuration and the program alone (language models of a site, never anything that was said) is
written to the state directory under a name made of everything it depends on.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from appliance.core.ports import PortError

VERSIONS = 4
"""Enough to change a site file back and forth, or to try another site, without waiting each time."""


def prepared(keep: Path, what: str, ingredients: Iterable[bytes], make: Callable[[Path], None]) -> Path:
    """The folder that ``make`` filled from these ingredients, now or at an earlier start.

    A start that is interrupted leaves nothing that a later one would take for complete; all but the latest
    ``VERSIONS`` of ``what`` are removed. Raises PortError when ``keep`` cannot be written.
    """
    digest = hashlib.sha256()
    for ingredient in ingredients:
        # Lengths keep two neighbouring ingredients from being taken for others with the border elsewhere.
        digest.update(len(ingredient).to_bytes(8, "big"))
        digest.update(ingredient)
    folder = keep / f"{what}-{digest.hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    try:
        keep.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{what}-", dir=keep))
        try:
            make(fresh)
            _rename(fresh, folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        versions = sorted(keep.glob(f"{what}-*"), key=lambda path: path.stat().st_mtime)
        for old in versions[:-VERSIONS]:
            shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise PortError(f"{error.filename or keep}: {error.strerror}; `state` must name a writable directory") from None
    return folder


def _rename(fresh: Path, folder: Path) -> None:
    try:
        fresh.rename(folder)
    except OSError:
        # Another process may have been faster; what it made is as good.
        if not folder.is_dir():
            raise
