"""``cloister site test``: puts a site's own questions to its own brain in writing.

There are two sheets. The first has the sentences of the site file itself, each of which should lead to the entry that
it belongs to. Each ``ask`` line of a fact and of opening hours is left out of the site while it is asked, as if the
author had not thought of it: so a line that is missed shows where visitors with words of their own will be missed, and
which entry takes them. A task is asked for with its lines in place. The second sheet is a file that the site's author
writes with other people's words in mind, with questions by what should answer them::

    pharmacy: [where do I get my tablets, is there a chemist here]     # the id of a fact
    the cafe: [can I still get a coffee]                               # `what` of opening hours
    book: [I have to see a doctor]                                     # the intent of a form
    nothing: [what is the weather like]                                # what the site does not know
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

import yaml

from appliance.bench.markdown import Row, percent
from appliance.bench.questions import (
    Answers,
    Asked,
    Asking,
    Engines,
    Rig,
    answers,
    ask,
    clear,
    open_engines,
    say_answers,
)
from appliance.bench.remembering import RememberingEmbedder
from appliance.brain.knowledge import Entry
from appliance.config import nodes
from appliance.config.box import Settings
from appliance.config.reader import ConfigError, compose, did_you_mean
from appliance.config.site import OpeningHours, Site, SiteFact
from appliance.core.ports import PortError
from appliance.language import templates
from appliance.runtime.clock import local_clock

FOLDS = 8
"""In how many rounds the lines of the site are left out. An entry with as many lines or fewer misses one at a time."""

NOTHING = "nothing"
"""Key in the file for questions that the site cannot answer."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A question that was not answered rightly at once."""

    question: str
    wanted: str
    how: Literal["asked back", "another answer", "no answer", "an answer"]
    said: str
    taken_by: str = ""
    """the entry that was taken, or asked for first, instead of the wanted one"""
    because: str = ""
    """its sentence that is nearest to the question"""

    def lines(self) -> list[str]:
        """The miss for a reader: what happened, and what to do about it."""
        told = [f"  {self.question!r} ({self.wanted}): {self.how}: {self.said}"]
        if self.taken_by:
            told.append(f"      nearest is {self.taken_by!r}, with {self.because!r}")
        if self.wanted == NOTHING:
            return [*told, f"      -> if {self.taken_by!r} should not answer it, say in its fact what it is about"]
        return [*told, f"      -> add `ask` lines like it, in two or three other wordings, to {self.wanted!r}"]


@dataclass(frozen=True, slots=True)
class SiteFigures:
    """Figures of how a site answers its own questions."""

    site: str
    own: Answers
    natural: Answers | None
    """answers to the file's questions; None without a file"""
    misses: tuple[Miss, ...]

    def table(self) -> str:
        """The figures, and every question that missed, as text for a reader."""
        lines = [say_answers(f"{self.site}: sentences of the site file", self.own)]
        if self.natural is not None:
            lines.append(say_answers("questions of the file", self.natural))
        return "\n".join([*lines, *(line for miss in self.misses for line in miss.lines())])

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for name, a in (("sentences of the site file", self.own), ("questions of the file", self.natural)):
            if a is not None:
                yield Row(f"{name}: right at once", percent(a.right, a.asked), a.asked)
                yield Row(f"{name}: right after asking back", percent(a.right + a.asked_back, a.asked), a.asked)
                yield Row(f"{name}: wrong answers", f"{100 * a.confidently_wrong:.1f} %", a.asked + a.absent)


def evaluate(
    settings: Settings,
    site: Site,
    questions: Path | None,
    limit: int | None = None,
    *,
    now: datetime | None = None,
    engines: Engines | None = None,
) -> SiteFigures:
    """Ask every question in a conversation of its own. ``limit`` takes the first so many of each sheet. Appointments
    are made in a book that is thrown away. Raises PortError and ConfigError."""
    engines = engines or open_engines(settings)
    engines = replace(engines, embedder=RememberingEmbedder(engines.embedder))
    moment = now or local_clock(site.zone)()
    misses: list[Miss] = []
    own: list[tuple[Asked, Asking]] = []
    with tempfile.TemporaryDirectory() as state:
        rig = Rig.open(site, engines, Path(state) / "all", moment)
        known = rig.retrieval.entries
        natural = None if questions is None else read_questions(questions, known)
        for fold in range(FOLDS):
            fewer, left_out = without_lines(site, fold)
            asked = left_out[: None if limit is None else max(0, limit - len(own))]
            if asked:
                own += _ask_all(Rig.open(fewer, engines, Path(state) / str(fold), moment), asked, misses)
        tasks = [Asked(text.lower(), entry.id) for entry in known if entry.form for text in entry.asks]
        own += _ask_all(rig, tasks[: None if limit is None else max(0, limit - len(own))], misses)
        of_file = None if natural is None else answers(_ask_all(rig, natural[:limit], misses))
    return SiteFigures(site.name, answers(own), of_file, tuple(misses))


def without_lines(site: Site, fold: int) -> tuple[Site, list[Asked]]:
    """A site without every eighth ``ask`` line of each entry, from line ``fold`` on, and a question for each of these
    lines."""
    left_out: list[Asked] = []
    facts: list[SiteFact] = []
    for fact in site.facts:
        kept, out = _split(fact.ask, fold)
        facts.append(replace(fact, ask=kept))
        left_out += [Asked(text, f"fact:{fact.id}") for text in out]
    hours: list[OpeningHours] = []
    for place in site.opening_hours:
        kept, out = _split(place.ask, fold)
        hours.append(replace(place, ask=kept))
        left_out += [Asked(text, f"hours:{_of_place(place.what)}") for text in out]
    return replace(site, facts=tuple(facts), opening_hours=tuple(hours)), left_out


def _split(lines: Sequence[str], fold: int) -> tuple[tuple[str, ...], list[str]]:
    """The lines that stay, and the first sentence of each of the others."""
    out = range(fold, len(lines), FOLDS)
    sentences = [next(templates.expand(lines[n], {})).lower() for n in out]
    return tuple(line for n, line in enumerate(lines) if n not in out), sentences


def _ask_all(rig: Rig, sheet: Sequence[Asked], misses: list[Miss]) -> list[tuple[Asked, Asking]]:
    asked = [(question, ask(rig, question, iter([clear(question.text)]))) for question in sheet]
    misses += [miss for question, one in asked if (miss := _missed(rig, question, one)) is not None]
    return asked


def _missed(rig: Rig, question: Asked, one: Asking) -> Miss | None:
    taken = next((hit.entry for hit in rig.retrieval.search(question.text)), None)
    other = taken if taken is not None and taken.id != question.entry else None
    name, because = (name_of(other), rig.retrieval.nearest(question.text, other)) if other else ("", "")
    if question.entry is None:
        return Miss(question.text, NOTHING, "an answer", one.said, name, because) if one.answered else None
    wanted = question.entry.partition(":")[2].replace("_", " ")
    how: Literal["asked back", "another answer", "no answer"] | None
    how = "no answer" if not one.answered else "another answer" if not one.right else "asked back"
    if one.right and not one.suggested:
        return None
    return Miss(question.text, wanted, how, one.said, name, because)


def read_questions(path: Path, known: Sequence[Entry]) -> list[Asked]:
    """Read the questions of a file. Raises ConfigError, which names each line that is wrong."""
    names = {name_of(entry): entry.id for entry in known}
    wrong: list[str] = []
    found: list[Asked] = []
    root = compose(path)
    if not isinstance(root, yaml.MappingNode):
        raise ConfigError([f"{path}:1: must be a mapping: what should answer, and a list of questions"])
    for key, value in root.value:
        name, where = str(key.value), f"{path}:{key.start_mark.line + 1}"
        if name not in names and name != NOTHING:
            wrong.append(f"{where}: the site has nothing called {name!r}{did_you_mean(name, [*names, NOTHING])}")
        elif not isinstance(value, yaml.SequenceNode) or not all(isinstance(q, yaml.ScalarNode) for q in value.value):
            wrong.append(f"{where}: {nodes.written((name,))}: must be a list of questions")
        else:
            found += [Asked(str(question.value).lower(), names.get(name)) for question in value.value]
    if wrong:
        raise ConfigError(wrong)
    if not found:
        raise PortError(f"{path}: holds no question")
    return found


def _of_place(what: str) -> str:
    """The part of an entry's id that names a place with opening hours."""
    return what.lower().removeprefix("the ").replace(" ", "_")


def name_of(entry: Entry) -> str:
    """The name that a site's author uses for an entry."""
    return entry.hours.what if entry.hours else entry.id.partition(":")[2]
