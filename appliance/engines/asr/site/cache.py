"""Keeps what takes seconds to compute from the configuration from one start to the next.

A service manager restarts the appliance when anything fails, and a visitor may be waiting meanwhile. So what depends
on the configuration and the program alone (language models of a site, never anything that was said) is written to the
state directory. Its name is a hash of everything that it depends on.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from appliance.core.ports import PortError

VERSIONS = 4
"""Versions that are kept: enough to change a site file back and forth, or to try another site, without waiting."""


def prepared(keep: Path, what: str, ingredients: Iterable[bytes], make: Callable[[Path], None]) -> Path:
    """Return the folder that ``make`` filled from these ingredients, now or at an earlier start.

    An interrupted start leaves nothing that a later one would take for complete. All but the latest ``VERSIONS`` of
    ``what`` are removed. Raises PortError when ``keep`` cannot be written.
    """
    digest = hashlib.sha256()
    for ingredient in ingredients:
        # The lengths go into the hash, so that a byte moved from one ingredient to the next changes it.
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
        # Another process may have been faster. Its result is the same.
        if not folder.is_dir():
            raise
