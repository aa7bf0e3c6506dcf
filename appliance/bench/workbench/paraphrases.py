"""Measures what the paraphrases of a site are worth: the brain's answers with none, three, ten and all of the ``ask``
lines of each fact and of the opening hours. Tasks keep their lines.

Each question is asked in writing, in a conversation of its own, as ``cloister evaluate brain`` does it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from appliance.bench.markdown import Row, percent
from appliance.bench.questions import Answers, Engines, Rig, ask_all, clear, open_engines
from appliance.bench.workbench.brain import NOW
from appliance.bench.workbench.material import Half, read
from appliance.config.box import Settings
from appliance.config.site import Site

SITES = ("hospital", "ordinary", "museum", "dental", "library")
LINES: tuple[int | None, ...] = (0, 3, 10, None)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ParaphraseFigures:
    """Answers by the number of ``ask`` lines that were left, None for all, and by the sheet of questions."""

    half: str
    answers: dict[tuple[int | None, str], Answers]

    def table(self) -> str:
        """The figures as text for a reader."""
        return "\n".join(f"{row.what}: {row.figure} (n={row.n})" for row in self.document())

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for (lines, name), a in self.answers.items():
            every = a.asked + a.absent
            left = "all lines" if lines is None else f"{lines} lines"
            told = f"{percent(a.right, a.asked)}; {percent(a.right + a.asked_back, a.asked)}"
            asked_back = f"{100 * a.confidently_wrong:.1f} %; {100 * a.suggested / max(1, every):.0f}"
            yield Row(f"{name}, {left}: right at once; after asking back", told, a.asked)
            yield Row(f"{name}, {left}: wrong; questions back for each hundred", asked_back, every)


def evaluate(
    settings: Settings,
    site: Site | None,
    shared: Path,
    limit: int | None = None,
    half: Half = "test",
    engines: Engines | None = None,
) -> ParaphraseFigures:
    """Ask the questions of every sheet. ``limit`` takes the first so many of each. The questions come with their own
    sites, so ``site`` and ``shared`` play no part. Raises PortError."""
    del site, shared
    engines = engines or open_engines(settings)
    found: dict[tuple[int | None, str], Answers] = {}
    for name in SITES:
        sheet = read(name, half)
        asked = sheet.asked[:limit]
        for lines in LINES if asked else ():
            with tempfile.TemporaryDirectory() as state:
                rig = Rig.open(with_lines(sheet.site, lines), engines, Path(state), NOW)
                found[lines, name] = ask_all(rig, asked, [[clear(question.text)] for question in asked])
    return ParaphraseFigures(half, found)


def with_lines(site: Site, lines: int | None) -> Site:
    """A site with at most so many ``ask`` lines for each fact and the opening hours, evenly drawn; None for all."""
    if lines is None:
        return site
    return replace(
        site,
        facts=tuple(replace(fact, ask=_drawn(fact.ask, lines)) for fact in site.facts),
        opening_hours=tuple(replace(hours, ask=_drawn(hours.ask, lines)) for hours in site.opening_hours),
    )


def _drawn(items: Sequence[_T], most: int) -> tuple[_T, ...]:
    if most >= len(items):
        return tuple(items)
    return tuple(items[n * len(items) // most] for n in range(most))
