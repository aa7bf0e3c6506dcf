"""Reads the conversations of ``questions/conversations``: what a visitor says, and what a reply to it must be.

The fields of a turn are described in ``README.md`` of that folder.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import yaml

from appliance.bench.workbench.material import QUESTIONS, Half
from appliance.brain.knowledge import entries
from appliance.config.site import Site, load_site
from appliance.core.ports import PortError

FOLDER = QUESTIONS / "conversations"

SHEETS = ("hospital", "town_hall", "hotel")
"""The sheets of which one half is held out."""

KNOWN_SHEETS = ("real_models",)
"""Sheets that everybody knows who worked on the brain. They are counted apart."""

Kind = Literal[
    "opening",
    "follow-up",
    "double",
    "corrected",
    "comparison",
    "indirect",
    "conversation",
    "appliance",
    "small-talk",
    "absent",
    "booking",
    "judgement",
    "negated",
    "yes-no",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

Act = Literal[
    "unknown",
    "person",
    "small talk",
    "goodbye",
    "itself",
    "repeat",
    "ask choice",
    "ask date",
    "ask time",
    "ask name",
    "ask confirm",
    "done",
    "dropped",
]

_BEGINS: tuple[Act, ...] = ("ask choice", "ask date", "ask time", "ask name", "ask confirm")

Dimension = Literal["cheaper", "dearer", "earlier", "later", "longer", "faster", "more", "higher"]

Difference = Literal["changed", "shorter", "short"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison must come to."""

    dimension: Dimension
    winner: str
    """pattern of the name of what is cheaper, earlier, ..."""
    loser: str


@dataclass(frozen=True, slots=True)
class Want:
    """What makes a reply right."""

    rests: tuple[str, ...] = ()
    """entries that the reply must rest on, all of them"""
    any: tuple[str, ...] = ()
    """entries of which it must rest on one"""
    also: tuple[str, ...] = ()
    """entries that it may rest on besides"""
    say: tuple[str, ...] = ()
    """patterns that its words must hold, all of them"""
    never: tuple[str, ...] = ()
    """patterns that its words must not hold"""
    answer: Literal["yes", "no"] | None = None
    """what it says if it says yes or no"""
    compare: Comparison | None = None
    act: Act | None = None
    """what the reply does, where it is not an answer that rests on entries"""
    asks: tuple[str, ...] = ()
    """entries of which it may ask whether they are meant"""
    differs: Difference | None = None
    """how it differs from the reply before, or from what the entry says"""


@dataclass(frozen=True, slots=True)
class Line:
    """One turn of the visitor."""

    kind: Kind
    text: str
    wants: tuple[Want, ...]
    """what is acceptable: any of them"""

    def means(self, suggested: Iterable[str]) -> bool:
        """Whether the visitor means one of the entries that a reply asks about. A line of a form means its start."""
        if self.wants[0].act == "unknown":
            return False
        wanted = {entry for want in self.wants for entry in (*want.rests, *want.any, *want.asks)}
        begins = any(want.act in _BEGINS for want in self.wants)
        return any(entry in wanted or (begins and entry.startswith("form:")) for entry in suggested)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Conversations with one site."""

    site: Site
    entries: Mapping[str, str]
    """what the site's facts and opening hours say, by the entry's identifier"""
    conversations: tuple[tuple[Line, ...], ...]


def read(name: str, half: Half) -> Sheet:
    """One half of ``questions/conversations/<name>.yaml``. Raises PortError for a field or an entry that does not
    exist."""
    data = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    site = load_site((FOLDER / data["site"]).resolve())
    known = {entry.id: entry.say for entry in entries(site, {})}
    conversations = []
    for number, turns in enumerate(data.get(half, ()), 1):
        try:
            conversations.append(tuple(_line(turn, known) for turn in turns))
        except (KeyError, ValueError) as wrong:
            raise PortError(f"{name}.yaml: conversation {number} of {half}: {wrong}") from wrong
    return Sheet(site, known, tuple(conversations))


def _line(turn: Mapping[str, Any], known: Collection[str]) -> Line:
    (kind, text), *fields = turn.items()
    if kind not in KINDS:
        raise ValueError(f"there is no kind {kind!r}")
    first = dict(fields)
    others = first.pop("or", [])
    wants = tuple(_want(want, known) for want in (first, *others))
    if kind in ("conversation", "appliance") and any(want.rests and not want.say for want in wants):
        # Such a reply may rest on no entry, and its words alone tell whether it is right.
        raise ValueError(f"{text!r} needs words to look for (`say`)")
    return Line(kind, _text(text), wants)


def _want(fields: Mapping[str, Any], known: Collection[str]) -> Want:
    if not fields:
        raise ValueError("says nothing of the reply")
    values: dict[str, Any] = {}
    for name, value in fields.items():
        if name in ("rests", "any", "also", "asks"):
            values[name] = tuple(_entry(entry, known) for entry in _texts(value))
        elif name in ("say", "never"):
            values[name] = tuple(re.compile(pattern).pattern for pattern in _texts(value))
        elif name == "compare":
            dimension, winner, loser = _texts(value)
            values[name] = Comparison(cast(Dimension, _one_of(dimension, Dimension)), winner, loser)
        elif name in _CHOICES:
            field, choices = _CHOICES[name]
            values[field] = _one_of(_text(value), choices)
        else:
            raise ValueError(f"there is no field {name!r}")
    return Want(**values)


_CHOICES: Mapping[str, tuple[str, Any]] = {
    "is": ("act", Act),
    "answer": ("answer", Literal["yes", "no"]),
    "differs": ("differs", Difference),
}


def _entry(name: str, known: Collection[str]) -> str:
    for identifier in (name, f"fact:{name}", f"hours:{name}", f"form:{name}"):
        if identifier in known:
            return identifier
    raise ValueError(f"the site has no entry {name!r}")


def _one_of(value: str, choices: Any) -> str:
    if value not in get_args(choices):
        raise ValueError(f"{value!r} is none of {', '.join(get_args(choices))}")
    return value


def _texts(value: Any) -> list[str]:
    return [_text(one) for one in (value if isinstance(value, list) else [value])]


def _text(value: Any) -> str:
    # YAML reads an unquoted "yes" as true and "205" as a number.
    if not isinstance(value, str):
        raise ValueError(f"{value!r} must be in quotes")
    return value
