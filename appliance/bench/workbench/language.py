"""``cloister evaluate language``: compares the rules for dates, times, numbers, references, names, spoken forms and
opening hours with sentences and their right values, without a model.

The sentences are in ``questions/language.yaml``. They were written before the rules that read them, and every second
one of a kind is held out. Where the shared material is available, sentences of restaurant guests
(``F-text/restaurant8k.jsonl``, test split) are read too. They give names, numbers of people and times of day, whose
right values follow from the labels, and show whether a date is found where one is labelled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

import yaml

from appliance.bench.markdown import Row, percent
from appliance.config.box import Settings
from appliance.config.site import FormSettings, OpeningHours, Site, SlotSettings
from appliance.conversation import opening_hours, slots
from appliance.conversation.forms import Form
from appliance.language.english import ENGLISH
from appliance.language.english.dates import scan_dates
from appliance.language.english.normalise import cardinal, ordinal, spoken
from appliance.language.english.tokens import tokens
from appliance.speaking import clauses

SENTENCES = Path(__file__).parent / "questions" / "language.yaml"

_ASKED = " asked"
"""Ends the name of a kind whose value was asked for."""
_SLOTS = {
    "dates": ("date",),
    "times": ("time",),
    "moments": ("date", "time"),
    "numbers": ("number",),
    "references": ("reference",),
    "names": ("name",),
    "texts": ("text",),
}
_NO_VALUE = frozenset({"none", "ask"})


@dataclass(frozen=True)
class Wrong:
    """A sentence that was not understood rightly."""

    kind: str
    said: str
    wanted: str
    got: str


@dataclass(frozen=True)
class Kind:
    """Counts of the sentences of one kind."""

    name: str
    tuned: tuple[int, int]
    """right and all, of the sentences that the rules were made with"""
    held_out: tuple[int, int]


@dataclass(frozen=True)
class Language:
    """All figures of the language."""

    kinds: tuple[Kind, ...]
    guests: tuple[Kind, ...]
    """sentences of restaurant guests, all of them held out"""
    wrong: tuple[Wrong, ...]
    """those of the tuned sentences that were not understood"""
    notes: tuple[str, ...] = ()

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document: the figures of what was held out."""
        yield Row("all", *_held_out(_sum(kind.held_out for kind in self.kinds)))
        for kind in self.kinds:
            yield Row(kind.name, *_held_out(kind.held_out))
        for kind in self.guests:
            yield Row(f"restaurant guests: {kind.name}", *_held_out(kind.held_out))

    def table(self) -> str:
        rows = ["| kind | tuned on | held out |", "|---|---|---|"]
        for kind in self.kinds:
            rows.append(f"| {kind.name} | {_share(kind.tuned)} | {_share(kind.held_out)} |")
        total = Kind("all", _sum(k.tuned for k in self.kinds), _sum(k.held_out for k in self.kinds))
        rows.append(f"| {total.name} | {_share(total.tuned)} | {_share(total.held_out)} |")
        rows += [f"| restaurant guests: {kind.name} | | {_share(kind.held_out)} |" for kind in self.guests]
        return "\n".join([*rows, *self.notes])


def evaluate(settings: Settings, site: Site, shared: Path, limit: int | None) -> Language:
    """Read every sentence. ``limit`` takes the first so many of each kind. The box and the site are not used."""
    return measure(shared, limit)


def measure(shared: Path, limit: int | None = None, held_out: bool = True) -> Language:
    """The figures, without ``held_out`` only those of the sentences that the rules were made with."""
    # YAML must resolve nothing, so that a date, a number and "none" stay the text that was written.
    data = yaml.load(SENTENCES.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    now = datetime.fromisoformat(data["now"])
    places = {name: OpeningHours(**place) for name, place in data["places"].items()}
    kinds: list[Kind] = []
    wrong: list[Wrong] = []
    for name, cases in data.items():
        if not isinstance(cases, list):
            continue
        judge = _judge(name, now, places)
        counts = [[0, 0], [0, 0]]
        for at, case in enumerate(cases[:limit]):
            half = at % 2
            if half and not held_out:
                continue
            right, got = judge(case)
            counts[half][0] += right
            counts[half][1] += 1
            if not right and not half:
                wrong.append(Wrong(name, " ".join(case[:-1]), case[-1], got))
        kinds.append(Kind(name, (counts[0][0], counts[0][1]), (counts[1][0], counts[1][1])))
    guests = shared / "data" / "F-text" / "restaurant8k.jsonl"
    if not held_out:
        return Language(tuple(kinds), (), tuple(wrong))
    if not guests.exists():
        return Language(tuple(kinds), (), tuple(wrong), (f"Skipped, not there: {guests}",))
    return Language(tuple(kinds), tuple(_guests(guests, now, limit)), tuple(wrong))


Judge = Callable[[Sequence[str]], tuple[bool, str]]
"""Says whether a case is right, and how it was understood."""


def _judge(kind: str, now: datetime, places: Mapping[str, OpeningHours]) -> Judge:
    if kind == "spoken":
        return lambda case: _compare(_plain(_voiced(case[0])), case[1], _plain)
    if kind == "clauses":
        return lambda case: _compare(" / ".join(clauses.split([case[0]], ENGLISH)), case[1], str)
    if kind == "weeks":
        return lambda case: _holds(opening_hours.say_week(places[case[0]], ENGLISH), case[1])
    if kind.startswith("hours"):
        asked = datetime.combine(now.date(), time(7)) if kind == "hours at seven" else now
        return lambda case: _holds(opening_hours.answer(places[case[0]], case[1], asked, ENGLISH), case[2])
    asked_for = kind.endswith(_ASKED) or kind == "moments"
    slots = _SLOTS[kind.removesuffix(_ASKED)]
    return lambda case: _compare(hear(case[0], slots, now, asked_for) or "none", case[1], str)


def hear(text: str, kinds: Sequence[str], now: datetime, asked: bool) -> str:
    """The values that a form with slots of these kinds takes from a text, divided by blanks; empty for none."""
    asked_for = tuple(SlotSettings(kind, "", kind) for kind in kinds)  # type: ignore[arg-type]  # a kind of slot
    form = Form(FormSettings("task", "tool", "do", (), asked_for), asked=kinds[0] if asked else None)
    if len(kinds) > 1:
        # A form that was read back expects values of every kind.
        form = Form(form.settings, changing=True)
    found = slots.hear(text, form, {}, now, ENGLISH).values
    return " ".join(found[kind].value for kind in kinds if kind in found)


def _compare(got: str, wanted: str, tidy: Callable[[str], str]) -> tuple[bool, str]:
    allowed = {tidy("none" if value in _NO_VALUE else value) for value in wanted.split(" | ")}
    return got in allowed, got


def _holds(answer: str | None, wanted: str) -> tuple[bool, str]:
    """Whether an answer holds every part that it must, and none that it must not."""
    if answer is None or wanted == "week":
        return answer is None and wanted == "week", answer or "week"
    words = f" {_plain(answer)} "

    def holds(part: str) -> bool:
        if part in ("Yes", "No"):
            return answer.startswith(f"{part},")
        return f" {_plain(part)} " in words or (part.endswith("open") and _plain(part) in words)

    right = all(
        not holds(part[1:]) if part.startswith("!") else any(holds(choice.strip()) for choice in part.split(" | "))
        for part in wanted.split(";")
    )
    return right, answer


def _plain(text: str) -> str:
    """Words without marks and case, as they sound."""
    return " ".join(re.findall(r"[^\W_]+", text.lower().replace("'", "")))


def _voiced(text: str) -> str:
    """A text as a voice says it. What espeak-ng says right by itself, above all plain numbers, is put into words."""
    said = " ".join(form for _, form in spoken(text))
    said = re.sub(r"(?<=\d),(?=\d{3})", "", said)
    said = re.sub(r"(\d{1,2})(?:st|nd|rd|th)\b", lambda match: ordinal(int(match[1])), said)
    said = re.sub(r"(?<=\d)\.(\d+)", lambda match: " point " + " ".join(cardinal(int(c)) for c in match[1]), said)
    return re.sub(r"\d{1,6}", lambda match: cardinal(int(match[0])), said.replace("%", " percent"))


# --- restaurant guests --------------------------------------------------------------------------------------------

_CLOCK = re.compile(r"(\d{1,2})[:.]?(\d{2})? ?([ap])\.?m\.?", re.IGNORECASE)


def _guests(path: Path, now: datetime, limit: int | None) -> Iterator[Kind]:
    """Names, numbers of people, times and dates that guests gave, where the label settles the right value."""
    counts = {name: [0, 0] for name in ("names", "names asked", "people asked", "times of day", "dates found")}
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["split"] != "test":
            continue
        for name, fits in _guest(record, now):
            if limit is None or counts[name][1] < limit:
                counts[name][0] += fits
                counts[name][1] += 1
    for name, (right, of) in counts.items():
        yield Kind(name, (0, 0), (right, of))


def _guest(record: Mapping[str, object], now: datetime) -> Iterator[tuple[str, bool]]:
    text, asked = str(record["text"]), record["requested"] or ()
    slots: dict[str, str] = {s["slot"]: s["value"] for s in record["slots"]}  # type: ignore[attr-defined]
    assert isinstance(asked, list | tuple)
    if "first_name" in slots and "last_name" in slots:
        kind = "names asked" if "first_name" in asked or "last_name" in asked else "names"
        wanted = f"{slots['first_name']} {slots['last_name']}".lower()
        if wanted in text.lower():
            yield kind, hear(text, ("name",), now, kind == "names asked").lower() == wanted
    if asked == ["people"] and (people := re.findall(r"\d+", slots.get("people", ""))) and len(people) == 1:
        yield "people asked", hear(text, ("number",), now, True) == people[0]
    if match := _CLOCK.fullmatch(slots.get("time", "")):
        hour = int(match[1]) % 12 + (12 if match[3].lower() == "p" else 0)
        wanted = f"{hour:02}:{int(match[2] or 0):02}"
        yield "times of day", hear(text, ("time",), now, "time" in asked) == wanted
    if "date" in slots and not re.search(r"20\d\d|now|hour|minute", slots["date"]):
        # The guests' dates are of a past year, so a date that is refused was found.
        yield "dates found", bool(scan_dates(tokens(text), now, "date" in asked))


def _sum(pairs: Iterator[tuple[int, int]]) -> tuple[int, int]:
    several = list(pairs)
    return sum(right for right, _ in several), sum(of for _, of in several)


def _share(count: tuple[int, int]) -> str:
    right, of = count
    return f"{right} of {of} ({right / of:.0%})" if of else ""


def _held_out(count: tuple[int, int]) -> tuple[str, int]:
    right, of = count
    return percent(right, of), of
