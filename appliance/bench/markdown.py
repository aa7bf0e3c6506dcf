"""Figures as a table in Markdown, with what makes them reproducible: command, date, machine and sample size.

The tables in ``README.md`` of this folder are written like this: ``cloister evaluate consent --markdown``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from appliance.bench.demo.report import machine


@dataclass(frozen=True, slots=True)
class Row:
    """One figure."""

    what: str
    figure: str
    n: str | int = ""
    """how many samples it rests on; empty for what is measured once"""


class Measured(Protocol):
    """What a measuring command returns."""

    def table(self) -> str:
        """For a terminal."""
        ...

    def document(self) -> Iterable[Row]:
        """For a document."""
        ...


def markdown(command: str, measured: Measured, day: date, *, on: str | None = None) -> str:
    """A table of what was measured, below the command, the day and the kind of machine (``on``, by default this)."""
    head = f"`{command}`, {day.isoformat()}, {on or machine()}:"
    rows = [f"| {_cell(row.what)} | {_cell(row.figure)} | {_cell(str(row.n))} |" for row in measured.document()]
    return "\n".join([head, "", "| what | figure | n |", "|---|---|---|", *rows])


def percent(part: int, whole: int) -> str:
    """A share as documents write it; "-" of nothing."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
