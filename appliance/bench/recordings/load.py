"""How much of the machine other processes used while something was measured."""

from __future__ import annotations

import os
import time
from pathlib import Path


class Load:
    """Measures from its construction on."""

    def __init__(self) -> None:
        self._before, self._own_s = _ticks(), time.process_time()

    def others(self) -> float | None:
        """Share of the machine's processor time, 0..1, that others used; None where the kernel does not tell."""
        now = _ticks()
        if now is None or self._before is None:
            return None
        total, idle = (after - before for after, before in zip(now, self._before, strict=True))
        own = (time.process_time() - self._own_s) * os.sysconf("SC_CLK_TCK")
        return min(1.0, max(0.0, (total - idle - own) / total)) if total else None


def _ticks() -> tuple[int, int] | None:
    """Ticks of all processors since the start, and of these the idle ones."""
    try:
        fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]
    except OSError:
        return None
    user, nice, system, idle, waiting, *rest = map(int, fields)
    return user + nice + system + idle + waiting + sum(rest), idle + waiting
