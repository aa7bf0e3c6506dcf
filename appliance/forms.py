"""A task of several turns as a form that the host owns: what is missing, what was heard, corrected, confirmed.

The language model never decides what a form holds. ``hear`` takes values out of the visitor's words by the kind of
each slot, ``step`` moves the form on and says what to do next. Both are pure: a form is a value, and so is the next.

What a visitor says last counts: "friday, no, thursday" is Thursday, "not doctor chen, doctor miller" is Doctor Miller,
and a value given while another was asked for is kept. Nothing has its effect before it was read back and agreed to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from appliance import intents
from appliance.addresses import text_value
from appliance.config import FormSettings, SlotSettings
from appliance.grounding import FUNCTION_WORDS, PHRASING
from appliance.names import find_name
from appliance.numerals import CARDINALS, find_digits, find_numbers, time_at, tokens
from appliance.sounds import likeness
from appliance.when import FoundTime, find_dates, find_times, say_date, say_time, scan_dates


@dataclass(frozen=True, slots=True)
class Value:
    """What a slot holds."""

    value: str
    """for the tool: a date as YYYY-MM-DD, a time as HH:MM, a choice as it is listed, a reference as digits"""
    say: str
    """as it is read back"""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one utterance meant for a form."""

    values: Mapping[str, Value] = field(default_factory=dict)
    answer: intents.Answer | None = None
    stop: bool = False
    unknown: bool = False
    """the visitor does not know what was asked"""
    any: bool = False
    """the visitor leaves the choice to us"""
    nth: int | None = None
    """the visitor picked an offer by its place; -1 is the last"""
    wrong: str | None = None
    """the slot that the visitor called wrong, without a better value"""


@dataclass(frozen=True, slots=True)
class Form:
    """A task under way."""

    settings: FormSettings
    values: Mapping[str, Value] = field(default_factory=dict)
    asked: str | None = None
    """the slot that was asked for last"""
    confirming: bool = False
    changing: bool = False
    """the visitor refused what was read back and was asked what to change"""
    offers: tuple[Mapping[str, Value], ...] = ()
    """alternatives the visitor was told of"""
    misses: int = 0
    """turns in a row that brought nothing"""

    @property
    def missing(self) -> tuple[SlotSettings, ...]:
        return tuple(s for s in self.settings.slots if s.name not in self.values and not s.optional)

    def slot(self, name: str) -> SlotSettings:
        return next(slot for slot in self.settings.slots if slot.name == name)

    @property
    def expecting(self) -> str | None:
        """The kind of answer that the visitor will probably give: a slot's kind, or ``confirm``."""
        if self.confirming:
            return "confirm"
        return self.slot(self.asked).kind if self.asked else None


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask for a slot."""

    slot: SlotSettings
    again: bool = False
    """the last answer held nothing for it"""


@dataclass(frozen=True, slots=True)
class Confirm:
    """Read the form back."""

    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """Ask what is wrong with what was read back."""


@dataclass(frozen=True, slots=True)
class Call:
    """Everything is known and agreed: call the tool."""

    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Stopped:
    """The visitor gave the task up."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """The form does not get on; a person should help."""


Step = Ask | Confirm | Change | Call | Stopped | Stuck

LONGEST_SILENCE_OF_SENSE = 3
"""turns in a row without a usable word before a person is offered"""


def step(form: Form, heard: Heard) -> tuple[Form, Step]:
    """Take in what was heard and decide what comes next."""
    if heard.stop and not (form.confirming and heard.answer == "yes"):
        return form, Stopped()
    if heard.unknown and form.asked and not heard.values:
        return form, Stuck()
    values, picked = dict(form.values), _pick(form, heard)
    values.update(picked)
    progress = dict(values) != dict(form.values) or (bool(heard.values) and not form.confirming)
    offers = () if picked else form.offers
    form = replace(form, values=values, offers=offers, misses=0 if progress else form.misses + 1)
    if form.confirming and not progress:
        if heard.answer == "yes" or (picked and heard.answer is None):
            return replace(form, confirming=False, misses=0), Call(arguments(form))
        if heard.wrong:
            return proceed(refuse(form, [heard.wrong]))
        if heard.answer == "no":
            return replace(form, confirming=False, changing=True, asked=None, misses=0), Change()
    if form.changing and not progress and heard.wrong:
        return proceed(refuse(form, [heard.wrong]))
    if form.changing and not progress and heard.answer == "no":
        return form, Stopped()
    if form.misses >= LONGEST_SILENCE_OF_SENSE:
        return form, Stuck()
    return proceed(form, again=not progress)


def proceed(form: Form, again: bool = False) -> tuple[Form, Step]:
    """What comes next with the values as they are."""
    if form.missing:
        slot = form.missing[0]
        again = again and form.asked == slot.name
        return replace(form, asked=slot.name, confirming=False, changing=False), Ask(slot, again)
    if form.settings.confirm is None:
        return replace(form, asked=None), Call(arguments(form))
    return replace(form, asked=None, confirming=True, changing=False), Confirm(read_back(form))


def arguments(form: Form) -> dict[str, str]:
    """The tool's arguments."""
    return {name: value.value for name, value in form.values.items()}


def read_back(form: Form) -> str:
    """The confirmation with its places filled."""
    said = {slot.name: "" for slot in form.settings.slots} | {n: v.say for n, v in form.values.items()}
    text = (form.settings.confirm or "").format_map(said)
    return text[:1].upper() + text[1:]


def refuse(form: Form, slots: Sequence[str], offers: Sequence[Mapping[str, Value]] = ()) -> Form:
    """Empty slots whose values cannot be had, and remember what was offered instead."""
    values = {name: value for name, value in form.values.items() if name not in slots}
    missing = next((slot.name for slot in form.settings.slots if slot.name not in values), None)
    return replace(form, values=values, offers=tuple(offers), confirming=False, changing=False, asked=missing)


def _pick(form: Form, heard: Heard) -> Mapping[str, Value]:
    """The values heard, completed from the offer they point at: "the second one", "at ten then", "yes"."""
    if not form.offers:
        return heard.values
    offers = form.offers
    if heard.values:
        matching = [o for o in offers if all(_same(o[n], v) for n, v in heard.values.items() if n in o)]
        narrowed = any(name in offers[0] for name in heard.values)
        if narrowed and matching:
            return {**heard.values, **matching[0]}
        return heard.values
    if heard.nth is not None and -len(offers) <= heard.nth < len(offers):
        return offers[heard.nth]
    if heard.any or (heard.answer == "yes" and len(offers) == 1):
        return offers[0]
    return {}


def _same(offered: Value, heard: Value) -> bool:
    """Whether a value points at an offer; "monday" means the monday that was offered."""
    if offered.value == heard.value:
        return True
    try:
        return date.fromisoformat(offered.value).weekday() == date.fromisoformat(heard.value).weekday()
    except ValueError:
        return False


# --- what was heard -----------------------------------------------------------------------------------------------


def hear(
    text: str,
    form: Form,
    choices: Mapping[str, Sequence[str]],
    now: datetime,
) -> Heard:
    """Read an utterance against a form. ``choices`` are the values of ``choice`` slots by slot name."""
    words = _last_word_counts(tokens(text))
    expected = {form.asked} if form.asked else set()
    if form.changing or form.confirming or form.offers:
        expected = {slot.name for slot in form.settings.slots if slot.kind in ("date", "time", "choice")}
    values: dict[str, Value] = {}
    free = list(words)
    order = {"choice": 0, "date": 1, "reference": 2, "time": 3, "number": 4, "name": 5, "text": 6}
    # What was asked for has the first claim on the words, but a name takes what the others leave.
    first = {s.name for s in form.settings.slots if s.name == form.asked and s.kind not in ("name", "text")}
    slots = sorted(form.settings.slots, key=lambda s: (s.name not in first, order[s.kind], s.name != form.asked))
    by_kind: dict[str, list[Value]] = {}
    for slot in slots:
        if slot.kind in ("date", "time") and slot.kind in by_kind:
            found = by_kind[slot.kind]
            if found:
                values[slot.name] = found.pop(0)
            continue
        if slot.kind == "text":
            answer = text_value(text) if slot.name == form.asked and not intents.stops(text) else ""
            if answer and any(word[0].isalnum() for word in free):
                values[slot.name] = Value(answer, answer)
            continue
        hit = _extract(free, words, slot, choices.get(slot.name, ()), now, slot.name in expected, form)
        if hit is None:
            continue
        start, end, value = hit
        values[slot.name] = value
        free[start:end] = ["."] * (end - start)
    # "Sixteen hundred dollars" is no answer: values that stay what they were are no news, but they are agreement.
    nth = _nth(words) if form.offers else None
    if nth is not None:
        values = {}
    told = " ".join(words)
    return Heard(
        values=values,
        answer=intents.answer(text),
        stop=intents.stops(text),
        unknown=intents.does_not_know(text),
        any=intents.takes_any(told),
        nth=nth,
        wrong=_called_wrong(words, form) if form.confirming or form.changing else None,
    )


def _last_word_counts(words: list[str]) -> list[str]:
    """Drop what the visitor took back: "friday no thursday", "not doctor chen but doctor miller"."""
    # "not X (but|,) Y": what directly follows "not" is no value
    kept: list[str] = []
    at = 0
    while at < len(words):
        if words[at] in ("not", "isn't", "instead") and words[at : at + 2] != ["not", "sure"] and at + 1 < len(words):
            if words[at] == "instead" and words[at + 1 : at + 2] != ["of"]:
                kept.append(words[at])
                at += 1
                continue
            skip = at + (2 if words[at] == "instead" else 1)
            while skip < len(words) and words[skip] not in ("but", ",", ".", "rather", "it's", "it", "i", "the", "on"):
                if skip - at >= 3 or (skip - at >= 2 and words[skip] in ("doctor", "dr")):
                    break
                skip += 1
            kept.append(".")
            at = max(skip, at + 1)
        else:
            kept.append(words[at])
            at += 1
    return kept


_TAKEN_BACK = frozenset({"no", "sorry", "rather", "actually", "mean", "meant", "wait"})


def _latest(found: Sequence[tuple[int, int, Value]], words: Sequence[str]) -> tuple[int, int, Value] | None:
    """Of several values the first, unless a word between them takes it back."""
    if not found:
        return None
    chosen = found[0]
    for hit in found[1:]:
        if _TAKEN_BACK & set(words[chosen[1] : hit[0]]) or hit[0] == chosen[1]:
            chosen = hit
    return chosen


def _extract(
    words: list[str],
    said: Sequence[str],
    slot: SlotSettings,
    choices: Sequence[str],
    now: datetime,
    expected: bool,
    form: Form,
) -> tuple[int, int, Value] | None:
    """First and last (exclusive) token of a slot's value, and the value. ``words`` are those of ``said`` that belong to
    no other slot; a time of day is read with the day beside it ("tonight at eight")."""
    found: list[tuple[int, int, Value]] = []
    if slot.kind == "date":
        found = [(d.start, d.end, date_value(d.day, now.date())) for d in find_dates(words, now, expected)]
    elif slot.kind == "time":
        found = [(t.start, t.end, time_value(t.time)) for t in find_times(said, expected, now) if _free(words, t)]
    elif slot.kind == "choice":
        found = find_choices(words, choices, expected, title_needed=_asks_name(form))
    elif slot.kind == "reference":
        found = _references(words, expected, now)
    elif slot.kind == "number":
        found = _numbers(words, expected, now)
    elif slot.kind == "name":
        name = find_name(words, expected and form.asked == slot.name)
        found = [(name.start, name.end, Value(name.name, name.name))] if name else []
    return _latest(found, words)


def _free(words: Sequence[str], found: FoundTime) -> bool:
    """Whether no other slot holds the number; the part of the day may belong to a date."""
    return words[found.start] != "."


def _asks_name(form: Form) -> bool:
    """A name was asked for, and visitors may be called like a choice."""
    return form.asked is not None and form.slot(form.asked).kind == "name"


def date_value(day: date, today: date) -> Value:
    return Value(day.isoformat(), say_date(day, today))


def time_value(moment: time) -> Value:
    return Value(moment.strftime("%H:%M"), say_time(moment))


def value_of(slot: SlotSettings, value: str, now: datetime) -> Value:
    """A slot's value as a tool writes it (see ``Value.value``)."""
    if slot.kind == "date":
        return date_value(date.fromisoformat(value), now.date())
    if slot.kind == "time":
        return time_value(time.fromisoformat(value))
    if slot.kind == "reference":
        return Value(value, " ".join(value))
    return Value(value, value)


_SLOT_WORDS = {"date": {"day", "date"}, "time": {"time", "hour"}, "name": {"name"}, "reference": {"number"}}


def _called_wrong(words: Sequence[str], form: Form) -> str | None:
    """The slot that is named in "no, the day is wrong", "a different doctor"."""
    for slot in form.settings.slots:
        if slot.name in form.values and set(words) & (_SLOT_WORDS.get(slot.kind, set()) | {slot.name}):
            return slot.name
    return None


_PLACES = {"first": 0, "second": 1, "third": 2, "last": -1, "former": 0, "latter": -1, "earlier": 0, "later": -1}


def _nth(words: Sequence[str]) -> int | None:
    """ "the second one", "the last"."""
    for at, word in enumerate(words):
        if word in _PLACES and words[at - 1 : at] in (["the"], []):
            following = words[at + 1] if at + 1 < len(words) else ""
            if following in ("", "one", "time", "option", "please", ".", "is", "would", "works", "sounds", "that", "i"):
                return _PLACES[word]
    return None


_TITLES = frozenset({"doctor", "dr", "mr", "mrs", "ms", "miss", "professor", "nurse"})


def find_choices(
    words: Sequence[str], choices: Sequence[str], expected: bool, title_needed: bool = False
) -> list[tuple[int, int, Value]]:
    """Choices named in the words, also when misheard: the surer when a title ("doctor") stands before or the choice
    was asked for."""
    parts = [[w for w in tokens(choice) if w not in _TITLES] or tokens(choice) for choice in choices]
    titled = any(set(tokens(choice)) & _TITLES for choice in choices)
    found: list[tuple[int, int, Value]] = []
    at = 0
    while at < len(words):
        hit = None
        after_title = titled and at > 0 and words[at - 1] in _TITLES
        needed = 0.55 if after_title else 0.68 if expected else 0.86
        scores: list[tuple[float, int, int]] = []
        for n, part in enumerate(parts if after_title or not title_needed else ()):
            for length in {len(part), len(part) + 1, max(1, len(part) - 1)}:
                window = words[at : at + length]
                if len(window) == length and all(w[0].isalnum() for w in window) and not _function_only(window):
                    scores.append((likeness(" ".join(window), " ".join(part)), n, length))
        scores.sort(key=lambda s: (-s[0], s[2]))
        if scores and scores[0][0] >= needed:
            rival = max((s[0] for s in scores if s[1] != scores[0][1]), default=0.0)
            if scores[0][0] - rival >= 0.05:
                hit = scores[0]
        if hit:
            start = at - 1 if after_title else at
            found.append((start, at + hit[2], Value(choices[hit[1]], choices[hit[1]])))
            at += hit[2]
        else:
            at += 1
    return found


def _function_only(window: Sequence[str]) -> bool:
    return all(word in FUNCTION_WORDS or word in PHRASING or word in CARDINALS for word in window)


_BEFORE_A_TIME = frozenset({"at", "around", "about", "by", "until", "till", "to", "from", "in", "past"})
_NUMBER_OF = frozenset({"number", "reference", "appointment", "booking", "code"})
_YEARS = range(1900, 2200)


def _references(words: Sequence[str], expected: bool, now: datetime) -> list[tuple[int, int, Value]]:
    """Rows of digits, as in "four seven one two". Unless a reference was asked for, there must be at least three, said
    one by one or behind "number" and the like: a time of day or a year is none."""
    found = []
    taken = {at for hit in scan_dates(words, now) for at in range(hit.start, hit.end)} if not expected else set()
    for hit in find_digits(words):
        before = words[hit.start - 1] if hit.start else ""
        said = words[hit.start : hit.end]
        called = before in _NUMBER_OF or (before == "is" and words[hit.start - 2 : hit.start - 1] == ["number"])
        one_by_one = len(said) >= len(hit.text) or (len(said) == 1 and said[0].isdecimal())
        sure = called or (one_by_one and before not in _BEFORE_A_TIME and int(hit.text[:5]) not in _YEARS)
        short = len(hit.text) < _SHORTEST_REFERENCE
        if (expected and not (short and before in _BEFORE_A_TIME)) or (
            not short and sure and not taken & set(range(hit.start, hit.end))
        ):
            found.append((hit.start, hit.end, Value(hit.text, " ".join(hit.text))))
    # "The first one is 4712"
    long = [hit for hit in found if len(hit[2].value) >= _SHORTEST_REFERENCE]
    return long or found


_SHORTEST_REFERENCE = 3
"""digits; shorter ones count only where a reference was asked for"""


def _numbers(words: Sequence[str], expected: bool, now: datetime) -> list[tuple[int, int, Value]]:
    """Numbers but those of a date or of a time of day that can be nothing else."""
    days = [hit for hit in scan_dates(words, now) if hit.end > hit.start + 1 or "/" not in words[hit.start]]
    taken = {at for hit in days for at in range(hit.start, hit.end)}
    for hit in find_times(words, now=now):
        # "About twenty" is no time unless a mark or a part of the day says so.
        clock = time_at(words, hit.start)
        if hit.certain and clock and clock.marked:
            taken |= set(range(hit.start, hit.end))
    found = [n for n in find_numbers(words, expected) if n.start not in taken]
    return [(n.start, n.end, Value(n.text, n.text)) for n in found]
