"""A line on a terminal that says how far a long work is. It shows counts alone, and nothing where no terminal is."""

from __future__ import annotations

import sys
import time
from typing import TextIO

_WIDTH = 30
_EVERY_S = 0.2


class Progress:
    """Shows a bar on standard error, if that is a terminal. Used as a context."""

    def __init__(self, what: str, total: int, to: TextIO | None = None) -> None:
        self._what, self._total = what, total
        self._to = sys.stderr if to is None else to
        self._shown = self._to.isatty()
        self._begun_s = self._drawn_s = time.monotonic()
        self._done = self._worked = 0

    def step(self, *, kept: bool = False) -> None:
        """One more is done; ``kept`` is one that an earlier run did, which says nothing about the time that is left."""
        self._done += 1
        self._worked += not kept
        now_s = time.monotonic()
        if self._shown and (now_s - self._drawn_s >= _EVERY_S or self._done == self._total):
            self._drawn_s = now_s
            self._draw(now_s - self._begun_s)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        """End the line, so that what follows, an error too, has one of its own."""
        if self._shown and self._done:
            self._to.write("\n")
            self._to.flush()

    def _draw(self, taken_s: float) -> None:
        full = _WIDTH * self._done // max(1, self._total)
        left = ""
        if self._worked:
            left_s = round(taken_s / self._worked * (self._total - self._done))
            left = f", {left_s // 60}:{left_s % 60:02d} left"
        bar = "#" * full + "." * (_WIDTH - full)
        self._to.write(f"\r{self._what} [{bar}] {self._done} of {self._total}{left}   ")
        self._to.flush()
