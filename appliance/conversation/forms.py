"""A task of several turns as a form that the host owns: what is missing, what was heard, corrected, confirmed.

The language model never decides what a form holds. ``hear`` takes values out of the visitor's words by the kind of
each slot, ``step`` moves the form on and says what to do next. Both are pure: a form is a value, and so is the next.

What a visitor says last counts: "friday, no, thursday" is Thursday, "not doctor chen, doctor miller" is Doctor Miller,
and a value given while another was asked for is kept. Nothing has its effect before it was read back and agreed to.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from appliance.config.site import FormSettings, SlotSettings
from appliance.conversation.confirmation import OTHER, SAME, Decision, decide
from appliance.core.week import DAYS
from appliance.language import Leap
from appliance.language.english import intents
from appliance.language.english.addresses import text_value
from appliance.language.english.dates import find_dates, find_times, say_date, say_time, scan_dates
from appliance.language.english.names import find_name
from appliance.language.english.numbers import CARDINALS, ORDINALS, find_digits, find_numbers, time_at
from appliance.language.english.phonetics import likeness
from appliance.language.english.tokens import tokens
from appliance.language.english.words import FUNCTION_WORDS, PHRASING
from appliance.language.found import FoundTime


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
    decision: Decision = "other"
    """what it answers to a yes-or-no question"""
    excluded: frozenset[str] = frozenset()
    """slots whose present value the visitor does not want"""
    unwanted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """values by slot that the visitor does not want: "any day but tuesday" """
    leap: Leap | None = None
    """the visitor wants to step back, or to start again"""
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
    unopened: int = 0
    """times that the tool found no record by what the visitor said"""

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

MOST_UNOPENED = 3
"""times that a form may fail to open a record before a person is offered: an honest visitor is helped sooner by one,
and nobody guesses on"""

_OPENS_RECORDS = ("reference", "name")
"""kinds of slots by which a tool finds somebody's record"""


def step(form: Form, heard: Heard) -> tuple[Form, Step]:
    """Take in what was heard and decide what comes next."""
    if heard.decision == "give_up":
        return form, Stopped()
    if heard.leap:
        return _leap(form, heard.leap)
    if heard.unknown and form.asked and not heard.values:
        return form, Stuck()
    if form.confirming and heard.decision == "ask":
        # A question about a value changes nothing: "did you say wednesday".
        heard = replace(heard, values={}, excluded=frozenset())
    values, picked = dict(form.values), _pick(form, heard)
    values.update(picked)
    progress = values != dict(form.values) or (bool(heard.values) and not form.confirming)
    offers = () if picked else form.offers
    form = replace(form, values=values, offers=offers, misses=0 if progress else form.misses + 1)
    if progress:
        return proceed(form)
    if form.confirming and heard.decision == "agree":
        return replace(form, confirming=False, misses=0), Call(arguments(form))
    if form.confirming or form.changing:
        emptied = heard.excluded or ({heard.wrong} if heard.wrong else set())
        if emptied:
            return proceed(_without(replace(form, misses=0), emptied))
    if form.confirming and heard.decision in ("refuse", "correct"):
        if not _changeable(form):
            return form, Stopped()
        return replace(form, confirming=False, changing=True, asked=None, misses=0), Change()
    if form.changing and heard.decision == "refuse":
        return form, Stopped()
    if form.misses >= LONGEST_SILENCE_OF_SENSE:
        return form, Stuck()
    return proceed(form, again=not heard.unwanted)


def _leap(form: Form, leap: Leap) -> tuple[Form, Step]:
    """Begin anew, or ask once more for what was told last; there is nothing before the first question."""
    if leap == "start_again":
        return proceed(Form(form.settings))
    before = list(itertools.takewhile(lambda slot: slot.name != form.asked, form.settings.slots))
    filled = [slot.name for slot in before if slot.name in form.values]
    if not filled:
        return form, Stopped()
    return proceed(_without(replace(form, offers=(), misses=0), filled[-1:]))


def _changeable(form: Form) -> bool:
    """Whether anything was read back that the visitor chose; without, a "no" leaves things as they are."""
    return any(form.slot(name).kind not in _OPENS_RECORDS for name in form.values) or not opens_record(form.settings)


def _without(form: Form, slots: Collection[str]) -> Form:
    return replace(form, values={name: value for name, value in form.values.items() if name not in slots})


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
    form = replace(form, values=values, offers=tuple(offers), confirming=False, changing=False, asked=missing)
    unopened = any(form.slot(name).kind in _OPENS_RECORDS for name in slots)
    return replace(form, unopened=form.unopened + 1) if unopened else form


def opens_record(settings: FormSettings) -> bool:
    """Whether a form is about something that exists and that a visitor must know the number of."""
    return any(slot.kind == "reference" for slot in settings.slots)


def say_reference(reference: str) -> str:
    """A number digit by digit, a longer one in two groups, as telephone numbers are said: "2 3 5, 3 4 1 6"."""
    half = len(reference) // 2 if len(reference) > 5 else 0
    groups = (reference[:half], reference[half:])
    return ", ".join(" ".join(group) for group in groups if group)


def _pick(form: Form, heard: Heard) -> Mapping[str, Value]:
    """The values heard, completed from the offer they point at: "the second one", "at ten then", "yes"."""
    if not form.offers:
        return heard.values
    offers = tuple(offer for offer in form.offers if not _refused(offer, heard.unwanted))
    if not offers:
        return heard.values
    if heard.values:
        matching = [o for o in offers if all(_same(o[n], v) for n, v in heard.values.items() if n in o)]
        narrowed = any(name in offers[0] for name in heard.values)
        if narrowed and matching:
            return {**heard.values, **matching[0]}
        return heard.values
    if heard.nth is not None and -len(offers) <= heard.nth < len(offers):
        return offers[heard.nth]
    if heard.any or (heard.decision == "agree" and len(offers) == 1):
        return offers[0]
    return {}


def _refused(offer: Mapping[str, Value], unwanted: Mapping[str, frozenset[str]]) -> bool:
    return any(name in offer and offer[name].value in values for name, values in unwanted.items())


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
    words = tokens(text)
    expected = {form.asked} if form.asked else set()
    if form.changing or form.confirming or form.offers:
        expected = {slot.name for slot in form.settings.slots if slot.kind in ("date", "time", "choice")}
    free, marked = list(words), list(words)
    values: dict[str, Value] = {}
    excluded: set[str] = set()
    unwanted: dict[str, frozenset[str]] = {}
    kinds = [slot.kind for slot in form.settings.slots]
    for slot in _in_order(form, words):
        if slot.kind == "text":
            answer = text_value(text) if slot.name == form.asked else ""
            if answer and any(word[0].isalnum() for word in free):
                values[slot.name] = Value(answer, answer)
            continue
        hits = _extract(free, words, slot, choices.get(slot.name, ()), now, slot.name in expected, form)
        wanted = [hit for hit in hits if not excludes(words, hit[0], hit[1])]
        refused = frozenset(value.value for start, end, value in hits if (start, end, value) not in wanted)
        present = form.values.get(slot.name)
        if refused:
            unwanted[slot.name] = refused
            if present and present.value in refused:
                excluded.add(slot.name)
        chosen = _latest(wanted, words)
        if chosen:
            values[slot.name] = chosen[2]
        for start, end, value in hits if kinds.count(slot.kind) == 1 else [chosen] if chosen else []:
            same = value.value in refused or (present is not None and value.value == present.value)
            free[start:end] = ["."] * (end - start)
            marked[start:end] = [SAME if same else OTHER] + ["."] * (end - start - 1)
    if form.confirming or form.changing:
        _hear_name_again(form, free, marked, values)
    # Values that stay what they were are no news.
    nth = _nth(words) if form.offers else None
    if nth is not None:
        values = {}
    decision = decide(marked, verbs(form.settings))
    if decide(text, verbs(form.settings)) == "give_up":
        # "Never mind" is nobody's name.
        decision = "give_up"
    return Heard(
        values=values,
        decision=decision,
        excluded=frozenset(excluded) - set(values),
        unwanted=unwanted,
        leap=intents.leap(text),
        unknown=intents.does_not_know(text),
        any=intents.takes_any(" ".join(words)),
        nth=nth,
        wrong=_called_wrong(words, form)
        if (form.confirming and decision in ("refuse", "correct", "doubt")) or form.changing
        else None,
    )


def verbs(settings: FormSettings) -> frozenset[str]:
    """What a form asks to be allowed to do: "book", of "Shall I book it?"."""
    question = (settings.confirm or "").lower()
    return frozenset(_ALLOWED.findall(question)) | {settings.intent}


_ALLOWED = re.compile(r"\b(?:shall i|should i|can i|may i|want me to|like me to|i will|i'll) (\w+)")


def _in_order(form: Form, words: Sequence[str]) -> list[SlotSettings]:
    """What was asked for has the first claim on the words, then what is surest; a name takes what the others leave. A
    number that is called one ("number four seven") is no time."""
    order = {"choice": 0, "date": 1, "time": 2, "reference": 3, "number": 4, "name": 5, "text": 6}
    if set(words) & {"number", "reference"}:
        order["reference"] = -1

    def rank(slot: SlotSettings) -> tuple[bool, int, bool]:
        asked = slot.name == form.asked
        return not (asked and slot.kind not in ("name", "text")), order[slot.kind], not asked

    return sorted(form.settings.slots, key=rank)


# --- what is not wanted -----------------------------------------------------------------------------------------------

_NEGATING = frozenset(
    """not never except excluding besides without neither nor hate dislike busy away than cannot cant dont didnt wont
    isnt""".split()
)
_COMPLETE = frozenset("right correct good fine okay true it that what sure certain mind only bad".split())
"""after "not": the sentence is complete, and what follows is another: "that is not right wednesday please" """

_BOUNDARIES = frozenset(". , ; : ! ? no so because instead rather actually sorry please wait make oops".split())
_ANY = frozenset("any anything anytime every everything everyday all anyone anybody time day".split())
_BAD_AFTER = re.compile(
    r"^(?:(?:is|was|would be|will be|are|looks|sounds|it is|in general|morning|afternoon|evening|for me) )*"
    r"(?:(?:is|was|would be|will be|are) not|isn't|isnt|aren't|wasn't|wouldn't|would not|"
    r"(?:does|do|did|will|can) not|doesn't|doesnt|don't|won't|wont|can't|cannot|"
    r"not (?:possible|good|free|convenient|available|okay|right|working|great|ideal)|not$|"
    r"bad|impossible|too\b|no good|out\b|difficult|wrong|inconvenient|never)"
)


def excludes(words: Sequence[str], start: int, end: int) -> bool:
    """Whether a value at tokens ``start`` to ``end`` is one that the visitor does not want: "not on tuesday", "any day
    but tuesday", "tuesday is bad", "i never said tuesday"."""
    if _BAD_AFTER.match(" ".join(words[end : end + 5])):
        return True
    at = start - 1
    while at >= 0 and start - at <= 7:
        word = words[at]
        if word == "but":
            return at > 0 and bool(_ANY & set(words[max(0, at - 2) : at]))
        if word in ("than",) or (word == "of" and words[at - 1 : at] == ["instead"]):
            return True
        if word in _BOUNDARIES:
            return False
        if word in _NEGATING or word.endswith("n't"):
            following = words[at + 1] if at + 1 < len(words) else ""
            of_another = any(_starts_value(before) for before in words[max(0, at - 2) : at])
            return following not in _COMPLETE and words[at - 1 : at] != ["why"] and not of_another
        if _starts_value(word) and words[at + 1] not in ("or", "and", "nor"):
            return False
        at -= 1
    return False


def _starts_value(word: str) -> bool:
    """A day, a number or a title: another value, to which an earlier "not" belonged."""
    return word in DAYS or word in CARDINALS or word in ORDINALS or word in _TITLES or word[0].isdigit()


_TAKEN_BACK = frozenset("no sorry rather actually mean meant wait make oops correction better said want prefer".split())


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
) -> list[tuple[int, int, Value]]:
    """Every value that may be the slot's: first and last (exclusive) token, and the value. ``words`` are those of
    ``said`` that belong to no other slot; a time of day is read with the day beside it ("tonight at eight")."""
    asked = form.asked == slot.name
    if slot.kind == "date":
        return [(d.start, d.end, date_value(d.day, now.date())) for d in find_dates(words, now, expected)]
    if slot.kind == "time":
        return [(t.start, t.end, time_value(t.time)) for t in find_times(said, expected, now) if _free(words, t)]
    if slot.kind == "choice":
        return find_choices(words, choices, expected, title_needed=_asks_name(form))
    if slot.kind == "reference":
        return _references(words, asked, now)
    if slot.kind == "number":
        return _numbers(words, expected, now)
    if slot.kind == "name":
        name = find_name(words, asked)
        return [(name.start, name.end, Value(name.name, name.name))] if name else []
    return []


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
        return Value(value, say_reference(value))
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
            found.append((hit.start, hit.end, Value(hit.text, say_reference(hit.text))))
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


_NAME_TAKEN_BACK = frozenset(
    "no nope sorry wait actually it's it is its my name i said am i'm mean meant rather not the that's that under for "
    "should be wrong oh um uh and".split()
)
_SAYS_ANEW = frozenset("no nope sorry said mean meant actually name not wait i'm".split())
_AFTER_NO = frozenset(
    "way chance problem idea doubt good need point never more thanks money luck use matter hurry wonder worries "
    "deal objection joke kidding sir madam man".split()
)


def _hear_name_again(form: Form, free: list[str], marked: list[str], values: dict[str, Value]) -> None:
    """At the reading back: mark the name where it is repeated, and take another that is said in its stead ("no sorry
    james smith", "i said wilson")."""
    slot = next((s for s in form.settings.slots if s.kind == "name" and s.name in form.values), None)
    if slot is None or slot.name in values:
        return
    present = [word.lower() for word in form.values[slot.name].value.split()]
    for at in range(len(free)):
        if free[at : at + len(present)] == present:
            marked[at : at + len(present)] = [SAME] + ["."] * (len(present) - 1)
            free[at : at + len(present)] = ["."] * len(present)
    rest = [at for at, word in enumerate(free) if word[0].isalnum()]
    wrong = ""
    while rest and free[rest[0]] in _NAME_TAKEN_BACK:
        negated = free[rest[0]] == "not"
        rest = rest[1:]
        if negated and rest and free[rest[0]] in present:
            wrong = free[rest[0]]
            rest = rest[1:]
    said = [free[at] for at in rest]
    before = {word for at, word in enumerate(free) if not rest or at < rest[0]}
    name = find_name(said, True) if said else None
    if name is None or (name.start, name.end) != (0, len(said)):
        return
    if not (form.changing or before & _SAYS_ANEW) or (len(said) == 1 and said[0] in _AFTER_NO):
        return
    if said == present:
        return
    values[slot.name] = _renamed(form.values[slot.name].value.split(), name.name, wrong)
    marked[rest[0] : rest[-1] + 1] = [OTHER] + ["."] * (rest[-1] - rest[0])


_SOUNDS_LIKE = 0.65
"""likeness from which one name was probably misheard for the other"""


def _renamed(present: Sequence[str], said: str, wrong: str) -> Value:
    """One name alone takes the place of the ``wrong`` one, or of the one that sounds most like it, or of the last."""
    if len(said.split()) > 1 or len(present) < 2:
        return Value(said, said)
    alike = [1.0 if word.lower() == wrong else likeness(said.lower(), word.lower()) for word in present]
    best = max(range(len(present)), key=lambda n: alike[n])
    at = best if alike[best] >= _SOUNDS_LIKE else len(present) - 1
    name = " ".join([*present[:at], said, *present[at + 1 :]])
    return Value(name, name)
