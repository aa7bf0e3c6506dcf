"""How many lines are served at once. The caller after the last is refused, so that no conversation is served badly."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from appliance.config.box import Settings
from appliance.core.facts import LineId
from appliance.core.ports import PortError
from appliance.records.whole_file import write_whole

FILE = "lines.json"
"""Name of the file in the folder for what is prepared that keeps the measured limit"""

LINES_PER_THREAD = 2
"""Lines for each processor core that the engines may use, where nothing was measured"""


class LinesBusy(PortError):
    """Every line that this box can serve is taken. The caller may come again later."""


@dataclass(frozen=True, slots=True)
class Slots:
    """How many lines are open, and how many may be."""

    open: int
    most: int

    @property
    def free(self) -> int:
        """How many more callers are admitted."""
        return max(0, self.most - self.open)

    def condition(self) -> dict[str, int]:
        """The numbers, as an operator and a load balancer read them."""
        return {"open": self.open, "most": self.most, "free": self.free}


class Admission:
    """Counts the lines. Every method may be called from any thread."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._admitted: set[LineId] = set()
        self._lock = threading.Lock()

    def admit(self, line: LineId) -> None:
        """Give a line a slot until ``release``. Raises LinesBusy."""
        with self._lock:
            if len(self._admitted) >= self._most:
                raise LinesBusy(f"busy: {len(self._admitted)} of {self._most} lines are taken; try again later")
            self._admitted.add(line)

    def release(self, line: LineId) -> None:
        """Free the line's slot; idempotent."""
        with self._lock:
            self._admitted.discard(line)

    @property
    def slots(self) -> Slots:
        """The slots as they are now."""
        with self._lock:
            return Slots(len(self._admitted), self._most)


def most_lines(settings: Settings) -> int:
    """The most lines that this box serves: as configured, else as ``cloister bench lines --keep`` measured, else by its
    processor cores."""
    return settings.lines.most or measured(settings.kept) or LINES_PER_THREAD * settings.threads


def measured(folder: Path) -> int | None:
    """The limit that was measured on this box; None where none was, or by a machine with other cores."""
    try:
        kept = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return max(1, int(kept["most"])) if kept["cores"] == os.cpu_count() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(folder: Path, most: int) -> None:
    """Keep a limit that was measured. Raises PortError."""
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps({"most": most, "cores": os.cpu_count()}) + "\n")
    except OSError as error:
        raise PortError(f"the measured limit of lines cannot be kept in {path}: {error.strerror}") from error
