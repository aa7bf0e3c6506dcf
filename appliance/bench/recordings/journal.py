"""Keeps the result of each recording as soon as it is there, so that a run that was killed goes on where it was.

One file for all that depends on the same program, models and site, one line of JSON for each result. It holds what was
heard. So it is readable by its owner alone, and ``forget`` deletes all of them, those of earlier versions too. It lies
in the box's state or in a folder that the operator names, never beside the recordings. Only the last line can be torn
by a kill; that result is made again.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from appliance.core.ports import PortError

PREPARED = "prepared"
"""Folder beside the journals, for the languages of sites that are only tried; they hold phrases that people said"""

_JOURNAL = re.compile(r"(answers-)?[0-9a-f]{32}\.jsonl")


class Journal:
    """Results by key."""

    def __init__(self, folder: Path, name: str) -> None:
        """Open the journal ``name``. Raises PortError."""
        self._path = folder / f"{name}.jsonl"
        self._known: dict[str, Mapping[str, Any]] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file: int | None = os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_RDWR | os.O_CLOEXEC, 0o600)
            content = self._path.read_bytes()
            if content and not content.endswith(b"\n"):
                self._write(b"\n")
        except OSError as error:
            raise PortError(
                f"{self._path}: cannot be written: {error.strerror}; name another folder with --work"
            ) from None
        for line in content.split(b"\n"):
            try:
                entry = json.loads(line)
                self._known[entry["key"]] = entry["result"]
            except (ValueError, KeyError, TypeError):
                continue  # the line that a kill tore, or the empty one at the end

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: str) -> Mapping[str, Any] | None:
        """The result that is kept under a key."""
        return self._known.get(key)

    def put(self, key: str, result: Mapping[str, Any]) -> None:
        """Keep a result. Raises PortError."""
        self._known[key] = result
        line = json.dumps({"key": key, "result": result}) + "\n"
        try:
            self._write(line.encode())
        except OSError as error:
            raise PortError(f"{self._path}: cannot be written: {error.strerror}") from None

    def close(self) -> None:
        """Close the file; idempotent."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _write(self, content: bytes) -> None:
        assert self._file is not None
        while content:
            content = content[os.write(self._file, content) :]


def forget(folder: Path) -> None:
    """Delete every journal in a folder, and what was prepared for sites that were only tried. Other files stay. Raises
    PortError."""
    try:
        for path in folder.glob("*.jsonl"):
            if _JOURNAL.fullmatch(path.name):
                path.unlink()
        if (folder / PREPARED).is_dir():
            shutil.rmtree(folder / PREPARED)
    except OSError as error:
        raise PortError(f"{error.filename or folder}: cannot be deleted: {error.strerror}") from None
