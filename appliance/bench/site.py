"""``cloister evaluate site``: puts a site's own questions to its own brain in writing.

There are two sheets. The first has the sentences of the site file itself, each of which should lead to the entry that
it belongs to. One that does not is too close to another entry. The second is a file that the site's author writes with
other people's words in mind, with questions by what should answer them::

    pharmacy: [where do I get my tablets, is there a chemist here]     # the id of a fact
    the cafe: [can I still get a coffee]                               # `what` of opening hours
    book: [I have to see a doctor]                                     # the intent of a form
    nothing: [what is the weather like]                                # what the site does not know
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from appliance.brain.knowledge import Entry
from appliance.config import nodes
from appliance.config.box import Settings
from appliance.config.reader import ConfigError, compose, did_you_mean
from appliance.config.site import Site
from appliance.core.ports import PortError

NOTHING = "nothing"
"""Key in the file for questions that the site cannot answer."""


@dataclass(frozen=True, slots=True)
class Miss:
    """A question that was not answered rightly at once."""

    question: str
    wanted: str
    how: Literal["asked back", "another answer", "no answer", "an answer"]
    said: str

    def line(self) -> str:
        """The miss as a line for a reader."""
        return f"  {self.question!r} ({self.wanted}): {self.how}: {self.said}"


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
        return "\n".join([*lines, *(miss.line() for miss in self.misses)])

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
    with tempfile.TemporaryDirectory() as state:
        rig = Rig.open(site, engines, Path(state), now or datetime.now())
        known = rig.retrieval.entries
        natural = None if questions is None else read_questions(questions, known)
        own = [Asked(text.lower(), entry.id) for entry in known if entry.kind != "talk" for text in entry.asks]
        misses: list[Miss] = []
        own_answers = _ask_all(rig, own[:limit], misses)
        natural_answers = None if natural is None else _ask_all(rig, natural[:limit], misses)
    return SiteFigures(site.name, own_answers, natural_answers, tuple(misses))


def _ask_all(rig: Rig, sheet: Sequence[Asked], misses: list[Miss]) -> Answers:
    asked = [(question, ask(rig, question, iter([clear(question.text)]))) for question in sheet]
    misses += [miss for question, one in asked if (miss := _missed(question, one)) is not None]
    return answers(asked)


def _missed(question: Asked, one: Asking) -> Miss | None:
    if question.entry is None:
        return Miss(question.text, NOTHING, "an answer", one.said) if one.answered else None
    wanted = question.entry.partition(":")[2].replace("_", " ")
    if not one.answered:
        return Miss(question.text, wanted, "no answer", one.said)
    if not one.right:
        return Miss(question.text, wanted, "another answer", one.said)
    return Miss(question.text, wanted, "asked back", one.said) if one.suggested else None


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


def name_of(entry: Entry) -> str:
    """The name that a site's author uses for an entry."""
    return entry.hours.what if entry.hours else entry.id.partition(":")[2]
