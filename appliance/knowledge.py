"""What a site knows, as entries that can be found: facts, opening hours, and the tasks a visitor may begin."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from appliance import phrases
from appliance.config import FormSettings, OpeningHours, Site
from appliance.numerals import figures, tokens
from appliance.opening import say_week
from appliance.ports import PortError, Tool

EXPANDED = 24
"""sentences taken from one template; more of the same teach the retrieval nothing"""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something a visitor may want, and the sentences that show it."""

    id: str
    kind: Literal["fact", "hours", "form"]
    say: str
    """the fact as a sentence; for a form its intent"""
    asks: tuple[str, ...]
    hours: OpeningHours | None = None
    form: FormSettings | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that may be what a visitor meant."""

    entry: Entry
    probability: float
    """that this entry answers the visitor, calibrated; the rest is for other entries and for none"""


class Finder(Protocol):
    """Finds what a visitor meant."""

    def search(self, text: str) -> Sequence[Hit]:
        """The best entries, best first."""
        ...


def entries(site: Site, choices: Mapping[str, Sequence[str]]) -> list[Entry]:
    """All entries of a site. ``choices`` fill the places of form phrases by slot name; other places take an
    example by kind."""
    found = [Entry(f"fact:{fact.id}", "fact", " ".join(fact.say.split()), _expand(fact.ask, {})) for fact in site.facts]
    for hours in site.opening_hours:
        name = "hours:" + hours.what.lower().removeprefix("the ").replace(" ", "_")
        found.append(Entry(name, "hours", say_week(hours), _expand(hours.ask, {}), hours=hours))
    for form in site.forms:
        lists = {slot.name: choices.get(slot.name) or _EXAMPLES[slot.kind] for slot in form.slots}
        found.append(Entry(f"form:{form.intent}", "form", form.intent, _expand(form.ask, lists), form=form))
    return found


_NUMBERED = frozenset(
    """room desk floor ward hall gate bus line tram platform pier counter window number extension code building
    door""".split()
)
"""what is told apart by a number"""


def by_figure(known: Sequence[Entry], question: str) -> Entry | None:
    """The one entry that holds the numbered thing that a question names, as in "where is room 205"; None where none or
    several do."""
    asked = _numbered(question)
    if not asked:
        return None
    holding = [entry for entry in known if not entry.form and asked <= _numbered(entry.say)]
    return holding[0] if len(holding) == 1 else None


def _numbered(text: str) -> frozenset[tuple[str, str]]:
    """What is numbered, and by what: ("room", "205")."""
    words = tokens(text)
    return frozenset(
        (words[figure.start - 1], key.removeprefix("n:"))
        for figure in figures(text)
        if figure.start and words[figure.start - 1] in _NUMBERED
        for key in figure.keys
        if key.startswith("n:")
    )


_EXAMPLES: Mapping[str, Sequence[str]] = {
    "name": ("maria lopez",),
    "date": ("friday",),
    "time": ("three",),
    "choice": ("that",),
    "text": ("this",),
    "reference": ("four seven one two",),
    "number": ("two",),
}


def _expand(templates: Sequence[str], lists: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    sentences: list[str] = []
    for template in templates:
        if phrases.count(template, lists) <= EXPANDED:
            sentences += phrases.expand(template, lists)
        else:
            sentences += phrases.samples([template], lists, EXPANDED)
    return tuple(itertools.chain(dict.fromkeys(sentences)))


def choices(site: Site, tools: Mapping[str, Tool]) -> dict[str, tuple[str, ...]]:
    """Values of every ``choice`` slot by slot name; ``@function`` is asked of the form's tool, whose answer lists
    them under ``choices``. Raises PortError."""
    found: dict[str, tuple[str, ...]] = {}
    for form in site.forms:
        for slot in form.slots:
            values: list[str] = []
            for choice in slot.choices:
                if not choice.startswith("@"):
                    values.append(choice)
                    continue
                listed = tools[form.tool].call(choice[1:], {}).data.get("choices")
                if not isinstance(listed, list) or not listed:
                    raise PortError(f'tool {form.tool}: {choice[1:]} must answer {{"data": {{"choices": [...]}}}}')
                values += [str(value) for value in listed]
            if values:
                found[slot.name] = tuple(values)
    return found
