"""Writes figures as a table in Markdown, with what makes them reproducible: command, date, machine and sample size.

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
    """number of samples that it is based on; empty for a figure that is measured once"""


class Measured(Protocol):
    """The result of a measuring command."""

    def table(self) -> str:
        """The figures as text for a terminal."""
        ...

    def document(self) -> Iterable[Row]:
        """Yield the rows of a table for a document."""
        ...


def markdown(command: str, measured: Measured, day: date, *, on: str | None = None) -> str:
    """A table of figures, below the command, the day and the kind of machine (``on``, by default this machine)."""
    head = f"`{command}`, {day.isoformat()}, {on or machine()}:"
    rows = [f"| {_cell(row.what)} | {_cell(row.figure)} | {_cell(str(row.n))} |" for row in measured.document()]
    return "\n".join([head, "", "| what | figure | n |", "|---|---|---|", *rows])


def percent(part: int, whole: int) -> str:
    """A share as documents write it, or "-" when ``whole`` is 0."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
