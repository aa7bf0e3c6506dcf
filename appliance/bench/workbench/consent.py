"""``cloister evaluate consent``: measures whether visitors' answers are understood, and nothing is done without a yes.

It has two parts, none of which needs recordings or models:

- the sheets ``questions/consent.yaml`` and ``consent_held_out.yaml``: what utterances mean at the reading back of a
  booking. The rules were made with the first and not with the second. One person wrote both beforehand.
- generated confirmations: every utterance of both sheets, alone and in pairs with a courtesy or a hesitation around it,
  in five contexts (booking, moving, cancelling, "Shall I call someone", "Did you mean"). What is counted is how often
  the tool would be called by an utterance that is no plain yes, and how often a plain yes is asked again.

With ``--shared``, clinc150's "yes", "no", "maybe", "cancel" and "repeat" are told apart too.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import yaml

from appliance.bench.markdown import Row, percent
from appliance.bench.workbench.material import QUESTIONS
from appliance.config.box import Settings
from appliance.config.site import FormSettings, Site, SlotSettings
from appliance.conversation import forms, slots
from appliance.conversation.confirmation import decide
from appliance.conversation.forms import Form, Value
from appliance.language import templates as phrases
from appliance.language.english import ENGLISH

NOW = datetime(2026, 11, 18, 14, 45)
"""Date and time of the answers: a Wednesday, so "tuesday" is 24 November."""

_DOCTORS = {"doctor": ("Doctor Chen", "Doctor Patel", "Doctor Miller")}
_BOOK = FormSettings(
    intent="book",
    tool="appointments",
    function="book",
    ask=(),
    slots=(
        SlotSettings("doctor", "Which doctor?", "choice"),
        SlotSettings("date", "On which day?", "date"),
        SlotSettings("time", "At what time?", "time"),
        SlotSettings("name", "What is your name?", "name"),
    ),
    confirm="{doctor}, {date} at {time}, for {name}. Shall I book it?",
)
_MOVE = FormSettings(
    intent="move",
    tool="appointments",
    function="reschedule",
    ask=(),
    slots=(
        SlotSettings("reference", "What is the number?", "reference"),
        SlotSettings("date", "To which day?", "date"),
        SlotSettings("time", "At what time?", "time"),
    ),
    confirm="I will move appointment {reference} to {date} at {time}. Is that right?",
)
_CANCEL = FormSettings(
    intent="cancel",
    tool="appointments",
    function="cancel",
    ask=(),
    slots=(SlotSettings("reference", "What is the number?", "reference"),),
    confirm="Shall I cancel appointment {reference}?",
)
_VALUES = {
    "doctor": Value("Doctor Chen", "Doctor Chen"),
    "date": Value("2026-11-24", "Tuesday, November twenty-fourth"),
    "time": Value("10:00", "ten o'clock"),
    "name": Value("John Smith", "John Smith"),
    "reference": Value("471347", "4 7 1, 3 4 7"),
}
_AROUND = ("{}", "um {}", "uh {}", "{} please", "{} thank you", "well {}", "oh {}", "{} sir")


@dataclass(frozen=True, slots=True)
class Told:
    """Figures of one sheet's utterances."""

    utterances: Mapping[str, int]
    right: Mapping[str, int]
    wrongly_agreed: tuple[str, ...]
    """utterances that were taken for a yes and are none"""


@dataclass(frozen=True, slots=True)
class Confirmations:
    """Figures of generated confirmations."""

    tried: int
    """number of answers to a confirmation that are no plain yes"""
    done: tuple[str, ...]
    """those of them that had the effect, with the context"""
    plain: int
    """number of plain yeses"""
    again: int
    """those of them that were asked again"""


@dataclass(frozen=True, slots=True)
class ConsentFigures:
    """All figures of consent."""

    told: Mapping[str, Told]
    confirmations: Confirmations
    clinc150: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """counts of how clinc150's utterances were understood, by their class; empty without the shared data"""

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        c = self.confirmations
        yield Row("answers to a confirmation that are no plain yes: something was done", f"{len(c.done)}", c.tried)
        yield Row("plain yeses that were asked again", percent(c.again, c.plain), c.plain)
        for name, told in self.told.items():
            right, whole = sum(told.right.values()), sum(told.utterances.values())
            yield Row(f"`{name}`: told right", percent(right, whole), whole)
            yield Row(f"`{name}`: taken for a yes and none", f"{len(told.wrongly_agreed)}", whole)
        for kind, made in self.clinc150.items():
            taken = ", ".join(f"{decision} {number}" for decision, number in made.items())
            yield Row(f"clinc150, {kind}: taken for", taken, sum(made.values()))

    def table(self) -> str:
        """The figures as text for a reader."""
        lines = []
        for name, told in self.told.items():
            right, whole = sum(told.right.values()), sum(told.utterances.values())
            lines.append(
                f"{name}: {_share(right, whole)} told right; taken for a yes and none: {len(told.wrongly_agreed)}"
            )
            lines += [f"  {kind}: {_share(told.right[kind], number)}" for kind, number in told.utterances.items()]
            lines += [f"  agreed: {text}" for text in told.wrongly_agreed[:20]]
        c = self.confirmations
        lines.append(
            f"generated confirmations: {len(c.done)} of {c.tried} that are no plain yes had an effect; "
            f"plain yeses asked again: {_share(c.again, c.plain)}"
        )
        lines += [f"  {text}" for text in c.done[:20]]
        for kind, made in self.clinc150.items():
            lines.append(f"clinc150 {kind}: " + ", ".join(f"{decision} {n}" for decision, n in made.items()))
        return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / max(1, whole):.1%})"


def evaluate(settings: Settings | None, site: Site | None, shared: Path, limit: int | None = None) -> ConsentFigures:
    """Measure, which takes seconds. The sheets are about a booking of their own, so ``settings`` and ``site`` are not
    used."""
    del settings, site
    known = _sheet("consent")
    # What both sheets hold is not held out.
    unseen = {text: kind for text, kind in _sheet("consent_held_out").items() if text not in known}
    sheets = {"consent": known, "consent_held_out": unseen}
    sheets = {name: dict(itertools.islice(sheet.items(), limit)) for name, sheet in sheets.items()}
    return ConsentFigures(
        {name: _tell(sheet) for name, sheet in sheets.items()},
        confirm([(text, kind) for sheet in sheets.values() for text, kind in sheet.items()]),
        _clinc150(shared / "data" / "F-text" / "clinc150.jsonl"),
    )


def _sheet(name: str) -> dict[str, str]:
    """Read the utterances of a sheet, with their meanings."""
    read = yaml.safe_load((QUESTIONS / f"{name}.yaml").read_text(encoding="utf-8"))
    lists = read.pop("lists")
    return {text: kind for kind, templates in read.items() for t in templates for text in phrases.expand(t, lists)}


def read_back(settings: FormSettings) -> Form:
    """A form that waits for a yes."""
    values = {slot.name: _VALUES[slot.name] for slot in settings.slots}
    return Form(settings, values=values, confirming=True)


def _tell(sheet: Mapping[str, str]) -> Told:
    kinds = dict.fromkeys(sheet.values(), 0)
    utterances, right, agreed = dict(kinds), dict(kinds), []
    form = read_back(_BOOK)
    for text, kind in sheet.items():
        decision = slots.hear(text, form, _DOCTORS, NOW, ENGLISH).decision
        utterances[kind] += 1
        right[kind] += decision == kind
        if decision == "agree" != kind:
            agreed.append(text)
    return Told(utterances, right, tuple(agreed))


def confirm(utterances: Sequence[tuple[str, str]]) -> Confirmations:
    """Answer every kind of confirmation with every utterance in several wordings."""
    tried = plain = again = 0
    done: list[str] = []
    for (text, kind), around in itertools.product(utterances, _AROUND):
        said = around.format(text)
        for context, settings in (("book", _BOOK), ("move", _MOVE), ("cancel", _CANCEL)):
            if not _fits(said, kind, context):
                continue
            _, step = forms.step(read_back(settings), slots.hear(said, read_back(settings), _DOCTORS, NOW, ENGLISH))
            called = isinstance(step, forms.Call)
            if kind == "agree":
                plain += 1
                again += not called
            else:
                tried += 1
                done += [f"{context}: {said}"] if called else []
        for context, verbs in (("shall i call someone", {"call"}), ("did you mean", set[str]())):
            if kind in ("agree", "correct", "other") or not _fits(said, kind, context):
                continue
            tried += 1
            done += [f"{context}: {said}"] if decide(said, ENGLISH, verbs) == "agree" else []
    return Confirmations(tried, tuple(done), plain, again)


_TASK = re.compile(r"\b(?:book\w*|appointment|cancel\w*|move|make|doctor|john|smith|tuesday|ten|chen|o'clock)\b")


def _fits(text: str, kind: str, context: str) -> bool:
    """Whether an utterance keeps its kind in a context. The sheets are about a booking: elsewhere "book it" is no plain
    yes, and "cancel it" may be one. A hesitation with a "please" around it has become a yes."""
    if re.fullmatch(r"(?:um |uh |er |well |oh )+please", text):
        return False
    if context == "book":
        return True
    if context == "cancel" and re.search(r"\bcancel\b", text):
        return False
    return kind != "agree" or not _TASK.search(text)


def _clinc150(path: Path) -> dict[str, dict[str, int]]:
    made: dict[str, dict[str, int]] = {}
    if not path.exists():
        return made
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        kind = entry.get("intent")
        if kind in ("yes", "no", "maybe", "cancel", "repeat"):
            decision = "again" if ENGLISH.recall.asks_again(entry["text"]) else str(decide(entry["text"], ENGLISH))
            counts = made.setdefault(kind, {})
            counts[decision] = counts.get(decision, 0) + 1
    return made
