"""What an utterance means for a form: values by the kind of each slot, what is taken back, excluded, pointed at. Pure.

The language reads numbers, dates and names out of the words. This module settles which slot a value belongs to, which
of several counts, and what the visitor does not want. The slot that was asked for has the first claim on the words.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from appliance.config.site import FormSettings, SlotSettings
from appliance.conversation.confirmation import OTHER, SAME, decide
from appliance.conversation.forms import (
    CHOSEN,
    Form,
    FormAnswer,
    Value,
    Window,
    opens_record,
    say_reference,
    time_slot,
)
from appliance.language import Language
from appliance.language.found import FoundTime, Shift, TimeWindow

_Found = tuple[int, int, Value]
"""First and last (exclusive) token, and the value"""


def hear(
    text: str,
    form: Form,
    choices: Mapping[str, Sequence[str]],
    now: datetime,
    language: Language,
) -> FormAnswer:
    """Read an utterance against a form. ``choices`` are the values of ``choice`` slots by slot name."""
    words = language.tokens(text)
    expected = {form.asked} if form.asked else set()
    if form.changing or form.confirming or form.offers:
        expected = {slot.name for slot in form.settings.slots if slot.kind in ("date", "time", "choice")}
    free, marked = _without_phrases(words, language), list(words)
    values: dict[str, Value] = {}
    excluded: set[str] = set()
    unwanted: dict[str, frozenset[str]] = {}
    kinds = [slot.kind for slot in form.settings.slots]
    span = language.time_windows.find_window(words, now) if form.settings.offers and time_slot(form.settings) else None
    if span and _changes(span, words, form, now, language):
        span = None
    for slot in _in_order(form, words, language):
        if slot.kind == "text":
            answer = language.text_value(text) if slot.name == form.asked else ""
            if answer and any(word[0].isalnum() for word in free):
                values[slot.name] = Value(answer, answer)
            continue
        hits = _extract(free, words, slot, choices.get(slot.name, ()), now, slot.name in expected, form, language)
        if slot.kind == "time" and span:
            hits = [hit for hit in hits if span.places.isdisjoint(range(hit[0], hit[1]))]
        present = form.values.get(slot.name)
        moved = _moved(words, hits, slot, present, now, language)
        if moved:
            hits = [hit for hit in hits if hit[0] >= moved[1] or hit[1] <= moved[0]]
        wanted, denied = _wishes(hits, words, slot, form, now, language)
        refused = frozenset(value.value for _, _, value in denied)
        if refused:
            unwanted[slot.name] = refused
            if present and present.value in refused:
                excluded.add(slot.name)
        chosen = moved or _latest(wanted, words, language)
        if chosen:
            values[slot.name] = chosen[2]
        if moved:
            hits = [*hits, moved]
            span = None if span and not span.places.isdisjoint(range(moved[0], moved[1])) else span
        for start, end, value in hits if kinds.count(slot.kind) == 1 else [chosen] if chosen else []:
            same = value.value in refused or (present is not None and value.value == present.value)
            free[start:end] = ["."] * (end - start)
            marked[start:end] = [SAME if same else OTHER] + ["."] * (end - start - 1)
    if form.confirming or form.changing:
        _hear_name_again(form, words, free, marked, values, language)
    # "The second one" picks an offer, and gives no value of its own.
    nth = _nth(words, language) if form.offers else None
    if nth is not None:
        values = {}
    opened = _left_open(text, form, values, language)
    window = _window(span, words, form, values, language, now) if span and nth is None else None
    if span and window:
        for at in span.places:
            marked[at] = free[at] = "."
        marked[min(span.places)] = OTHER
    decision = decide(marked, language, verbs(form.settings, language))
    if decide(text, language, verbs(form.settings, language)) == "give_up":
        # "Never mind" is not a name.
        decision = "give_up"
    return FormAnswer(
        values=values,
        decision=decision,
        excluded=frozenset(excluded) - set(values),
        unwanted=unwanted,
        spells=bool(language.slots.OFFERS_TO_SPELL.search(" ".join(words))),
        unsure=None
        if nth is not None or decision == "give_up" or opened
        else _unsure(form, free, values, choices, language),
        leap=language.intents.leap(text),
        unknown=language.intents.does_not_know(text),
        open=opened,
        window=window,
        any=bool(language.intents.leaves_open(text)),
        nth=nth,
        wrong=_called_wrong(words, form, language)
        if (form.confirming and decision in ("refuse", "correct", "doubt")) or form.changing
        else None,
    )


def _without_phrases(words: Sequence[str], language: Language) -> list[str]:
    """The words, with a mark in place of each that belongs to a phrase without a value: "one moment please"."""
    free = list(words)
    for match in language.slots.NO_VALUES.finditer(" ".join(words)):
        start = match.string.count(" ", 0, match.start())
        end = start + match.group().count(" ") + 1
        free[start:end] = ["."] * (end - start)
    return free


def _left_open(text: str, form: Form, values: Mapping[str, Value], language: Language) -> frozenset[str]:
    """The slots without a value that the visitor leaves to the appliance, where the tool can tell what it has."""
    left = language.intents.leaves_open(text)
    if form.settings.offers is None or not left:
        return frozenset()
    kinds = left & {"choice", "date", "time"} | ({"date", "time"} if "soonest" in left else set())
    by_itself = {form.asked} if left <= {"asked", "soonest"} else set()
    return frozenset(
        slot.name
        for slot in form.settings.slots
        if slot.kind in CHOSEN and slot.name not in {**values, **form.values}
        if slot.kind in kinds or slot.name in by_itself
    )


def _window(
    span: TimeWindow, words: Sequence[str], form: Form, values: Mapping[str, Value], language: Language, now: datetime
) -> Window | None:
    """The span of the day that the visitor wants for the appointment, or None. Where no time was asked for or named
    yet, it must stand beside the day ("on tuesday afternoon")."""
    when = time_slot(form.settings)
    if when is None or when in values:
        return None
    said = _marked(words, span)
    if language.answers.ASKS_ABOUT.search(said) and not language.time_windows.ASKS_FOR.search(said):
        return None
    named = [offer[when] for offer in (form.values, *form.offers) if when in offer]
    if not named and form.asked != when and not _beside_a_day(span, words, language, now):
        return None
    if span.than is None:
        return Window(span.earliest, span.latest)
    if not named:
        return None
    times = sorted(datetime.combine(now, time.fromisoformat(value.value)) for value in named)
    if span.than == "later":
        return Window(earliest=(times[-1] + _A_MINUTE).time())
    return Window(latest=(times[0] - _A_MINUTE).time())


_A_MINUTE = timedelta(minutes=1)
_BESIDE = 3
"""most words between a day and a part of it that belong together: "on tuesday some time in the afternoon" """


def _marked(words: Sequence[str], span: TimeWindow) -> str:
    """The words with a mark in place of the span."""
    first = min(span.places)
    return " ".join(OTHER if at == first else word for at, word in enumerate(words) if at not in span.places - {first})


def _beside_a_day(span: TimeWindow, words: Sequence[str], language: Language, now: datetime) -> bool:
    return any(
        day.start - _BESIDE - 1 <= at < day.end + _BESIDE
        for day in language.dates.find_dates(words, now)
        for at in span.places
    )


def _unsure(
    form: Form,
    words: Sequence[str],
    values: Mapping[str, Value],
    choices: Mapping[str, Sequence[str]],
    language: Language,
) -> tuple[str, Value] | None:
    """A slot for a person, and who may be meant. ``words`` are those that belong to no value."""
    if _asks_name(form):
        return None
    for slot in form.settings.slots:
        present = form.values.get(slot.name)
        if slot.kind != "choice" or slot.name in values:
            continue
        asked = form.asked == slot.name
        value = unsure_choice(words, choices.get(slot.name, ()), asked, form.declined, language)
        if value and (present is None or value != present):
            return slot.name, value
    return None


def verbs(settings: FormSettings, language: Language) -> frozenset[str]:
    """What a form asks to be allowed to do: "book", of "Shall I book it?"."""
    question = (settings.confirm or "").lower()
    return frozenset(language.slots.ALLOWED.findall(question)) | {settings.intent}


def names_verb(text: str, settings: FormSettings, language: Language) -> bool:
    """Whether words hold a verb of what a form does: "don't book anything"."""
    known = language.answers.VERBS
    named = {word for verb in verbs(settings, language) for word in known.get(verb, (verb,))}
    return not named.isdisjoint(language.full_words(text))


def _in_order(form: Form, words: Sequence[str], language: Language) -> list[SlotSettings]:
    """The slots by their claim on the words. The one that was asked for comes first, then the surest; a name takes what
    the others leave. A number that is called one ("number four seven") is no time."""
    order = {"choice": 0, "date": 1, "time": 2, "reference": 3, "number": 4, "name": 5, "text": 6}
    if set(words) & language.slots.CALLED_NUMBER:
        order["reference"] = -1

    def rank(slot: SlotSettings) -> tuple[bool, int, bool]:
        asked = slot.name == form.asked
        return not (asked and slot.kind not in ("name", "text")), order[slot.kind], not asked

    return sorted(form.settings.slots, key=rank)


def _wishes(
    hits: Sequence[_Found],
    words: Sequence[str],
    slot: SlotSettings,
    form: Form,
    now: datetime,
    language: Language,
) -> tuple[list[_Found], list[_Found]]:
    """Those of the values that the visitor wants, and those that they do not. What is only spoken of is neither."""
    known = language.slots
    wanted: list[_Found] = []
    denied: list[_Found] = []
    for group in _joined(hits, words, language):
        if any(known.excludes(words, start, end) for start, end, _ in group):
            denied += group
        elif slot.kind in ("date", "time"):
            if not _of_record(group, words, slot, form, language):
                (denied if any(known.in_remark(words, start, end) for start, end, _ in group) else wanted).extend(group)
        elif slot.kind != "choice" or not any(known.of_other_person(words, start, end) for start, end, _ in group):
            wanted += group
    if slot.kind == "choice":
        wanted = [hit for hit in wanted if not known.knows_person(words, hit[0])] or wanted
    return _next_ones(wanted, denied, slot, now, language), denied


def _joined(hits: Sequence[_Found], words: Sequence[str], language: Language) -> list[list[_Found]]:
    """The values in groups: those of "monday and tuesday don't work" are one."""
    groups: list[list[_Found]] = []
    for hit in hits:
        between = words[groups[-1][-1][1] : hit[0]] if groups else []
        if language.slots.JOINING & set(between) and language.slots.AMONG.issuperset(between):
            groups[-1].append(hit)
        else:
            groups.append([hit])
    return groups


def _of_record(
    group: Sequence[_Found], words: Sequence[str], slot: SlotSettings, form: Form, language: Language
) -> bool:
    """Whether a day or a time is that of the record which the form is about, and not what it is to be changed to."""
    if not opens_record(form.settings) or [s.kind for s in form.settings.slots].count(slot.kind) > 1:
        return False
    start, end, _ = group[0]
    if language.slots.of_record(words, start, end):
        return True
    asks_record = form.asked is not None and form.slot(form.asked).kind in ("reference", "name")
    return asks_record and not language.slots.CHANGES_TO & set(words)


def _next_ones(
    wanted: list[_Found], denied: Sequence[_Found], slot: SlotSettings, now: datetime, language: Language
) -> list[_Found]:
    """The values that are wanted, with a later day in place of one that is not wanted under the same name: "not this
    tuesday, next tuesday"."""

    def later(hit: _Found) -> _Found:
        start, end, value = hit
        if slot.kind != "date" or not any(value == other and stop <= start for _, stop, other in denied):
            return hit
        return start, end, date_value(date.fromisoformat(value.value) + timedelta(7), now.date(), language)

    return [later(hit) for hit in wanted]


def _moved(
    words: Sequence[str],
    hits: Sequence[_Found],
    slot: SlotSettings,
    present: Value | None,
    now: datetime,
    language: Language,
) -> _Found | None:
    """A day or a time that is said by its distance from another: "a week later", "half an hour earlier"."""
    if slot.kind not in ("date", "time"):
        return None
    for shift in reversed(language.shifts.find_shifts(words)):
        if any(start < shift.end < end or (start <= shift.start and shift.end <= end) for start, end, _ in hits):
            # "The day after tomorrow" is a day.
            continue
        said = [value for _, end, value in hits if end <= shift.start]
        base = said[-1] if said else present
        if base is None:
            continue
        if slot.kind == "date" and (day := shift.day(date.fromisoformat(base.value))):
            return shift.start, shift.end, date_value(day, now.date(), language)
        if slot.kind == "time" and (moment := shift.time(time.fromisoformat(base.value))):
            return shift.start, shift.end, time_value(moment, language)
    return None


def _latest(found: Sequence[_Found], words: Sequence[str], language: Language) -> _Found | None:
    """The first of several values, unless a word between them takes it back."""
    if not found:
        return None
    chosen = found[0]
    for hit in found[1:]:
        if language.slots.TAKEN_BACK & set(words[chosen[1] : hit[0]]) or hit[0] == chosen[1]:
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
    language: Language,
) -> list[_Found]:
    """Every value that may be the slot's: first and last (exclusive) token, and the value. ``words`` are those of
    ``said`` that belong to no other slot; a time of day is read with the day beside it ("tonight at eight")."""
    asked = form.asked == slot.name
    if slot.kind == "date":
        return [
            (d.start, d.end, date_value(d.day, now.date(), language))
            for d in language.dates.find_dates(words, now, expected)
        ]
    if slot.kind == "time":
        return [
            (t.start, t.end, time_value(t.time, language))
            for t in language.dates.find_times(_parted(said, form, language), expected, now)
            if _free(words, t)
        ]
    if slot.kind == "choice":
        return find_choices(words, choices, expected, language, title_needed=_asks_name(form))
    if slot.kind == "reference":
        return _references(words, asked, now, language)
    if slot.kind == "number":
        return _numbers(words, expected, now, language)
    if slot.kind == "name":
        name = language.names.find_name(words, asked)
        return [(name.start, name.end, Value(name.name, name.name))] if name else []
    return []


def _changes(span: TimeWindow, words: Sequence[str], form: Form, now: datetime, language: Language) -> bool:
    """Whether a span of the day says what a record is to be changed from and to: "move it from ten to eleven"."""
    if not opens_record(form.settings) or form.asked == time_slot(form.settings):
        return False
    return any(
        hit.start in span.places and language.slots.of_record(words, hit.start, hit.end)
        for hit in language.dates.find_times(_parted(words, form, language), True, now)
    )


def _parted(words: Sequence[str], form: Form, language: Language) -> Sequence[str]:
    """The words, with the ends of a change apart: in "move it from ten to eleven" nothing is ten minutes to eleven."""
    return language.slots.without_from_to(words) if opens_record(form.settings) else words


def _free(words: Sequence[str], found: FoundTime) -> bool:
    """Whether no other slot holds the number; the part of the day may belong to a date."""
    return words[found.start] != "."


def _asks_name(form: Form) -> bool:
    """Whether a name was asked for, since visitors may be called like a choice."""
    return form.asked is not None and form.slot(form.asked).kind == "name"


def date_value(day: date, today: date, language: Language) -> Value:
    return Value(day.isoformat(), language.dates.say_date(day, today))


def time_value(moment: time, language: Language) -> Value:
    return Value(moment.strftime("%H:%M"), language.dates.say_time(moment))


def value_of(slot: SlotSettings, value: str, now: datetime, language: Language) -> Value:
    """A slot's value as a tool writes it (see ``Value.value``)."""
    if slot.kind == "date":
        return date_value(date.fromisoformat(value), now.date(), language)
    if slot.kind == "time":
        return time_value(time.fromisoformat(value), language)
    if slot.kind == "reference":
        return Value(value, say_reference(value))
    return Value(value, value)


def _called_wrong(words: Sequence[str], form: Form, language: Language) -> str | None:
    """The slot that is named in "no, the day is wrong", "a different doctor"."""
    for slot in form.settings.slots:
        if slot.name in form.values and set(words) & (
            language.slots.SLOT_WORDS.get(slot.kind, frozenset()) | {slot.name}
        ):
            return slot.name
    return None


def _nth(words: Sequence[str], language: Language) -> int | None:
    """The place of an offer, from "the second one" or "the last" (-1); None for none."""
    known = language.slots
    for at, word in enumerate(words):
        if word in known.PLACES and set(words[at - 1 : at]) <= known.BEFORE_PLACE:
            following = words[at + 1] if at + 1 < len(words) else ""
            if following in known.AFTER_PLACE:
                return known.PLACES[word]
    return None


_TAKEN_TITLED, _TAKEN_ASKED, _TAKEN = 0.55, 0.68, 0.86
"""likeness from which a choice was said: behind a title, where it was asked for, anywhere"""
_PERSON_TAKEN, _PERSON_NEAR = 0.895, 0.64
"""likeness of names from which a person is meant that was asked for or has a title, and from which it may be"""
_LEAD = 0.05
"""likeness by which a choice must be ahead of every other"""


def find_choices(
    words: Sequence[str], choices: Sequence[str], expected: bool, language: Language, title_needed: bool = False
) -> list[_Found]:
    """Choices named in the words, also when misheard. Less likeness is needed where a title ("doctor") stands before or
    the choice was asked for."""
    listed = _Choices(choices, language)
    found: list[_Found] = []
    at = 0
    while at < len(words):
        titled = listed.titled_at(words, at)
        best = listed.best(words, at, titled or expected) if titled or not title_needed else None
        if best and best.sure >= listed.needed(titled, expected):
            found.append((at - titled, best.end, best.value))
            at = best.end
        else:
            at += 1
    return found


def unsure_choice(
    words: Sequence[str], choices: Sequence[str], asked: bool, declined: Collection[str], language: Language
) -> Value | None:
    """The person who may be meant by a name that sounds somewhat alike, behind a title or as the whole answer."""
    listed = _Choices([choice for choice in choices if choice not in declined], language)
    if not listed.people:
        return None
    said = [at for at, word in enumerate(words) if word[0].isalnum()]
    short = len(said) <= _LONGEST_ANSWER
    said = [at for at in said if not _function_only([words[at]], language)]
    alone = asked and short and 0 < len(said) <= _LONGEST_NAME
    found = [best for at in range(len(words)) if listed.titled_at(words, at) and (best := listed.best(words, at, True))]
    if alone and (best := listed.best(words, said[0], True)) and best.end > said[-1]:
        found.append(best)
    best = max(found, key=lambda hit: hit.likeness, default=None)
    return best.value if best and best.likeness >= _PERSON_NEAR else None


_LONGEST_ANSWER, _LONGEST_NAME = 5, 3
"""words of an answer that is a name and nothing else, and those of them that mean something"""


@dataclass(frozen=True, slots=True)
class _Hit:
    """A choice that words may name."""

    value: Value
    end: int
    likeness: float
    sure: float
    """the likeness, or 0 where another choice is as near"""


class _Choices:
    """The values of a ``choice`` slot, to be found in words. Those with a title are people, whose names are compared by
    their sounds."""

    def __init__(self, choices: Sequence[str], language: Language) -> None:
        tokens, self._titles = language.tokens, language.slots.TITLES
        self._choices, self._language = choices, language
        self._parts = [[w for w in tokens(choice) if w not in self._titles] or tokens(choice) for choice in choices]
        self.people = any(set(tokens(choice)) & self._titles for choice in choices)
        family = [part[-1] for part in self._parts]
        self._names = [
            [part] if len(part) == 1 or family.count(part[-1]) > 1 or not self.people else [part, part[-1:]]
            for part in self._parts
        ]

    def titled_at(self, words: Sequence[str], at: int) -> bool:
        """Whether a title stands before the word."""
        return self.people and at > 0 and words[at - 1] in self._titles

    def needed(self, titled: bool, expected: bool) -> float:
        if self.people and (titled or expected):
            return _PERSON_TAKEN
        return _TAKEN_TITLED if titled else _TAKEN_ASKED if expected else _TAKEN

    def best(self, words: Sequence[str], at: int, wanted: bool) -> _Hit | None:
        """The choice most like the words that begin at a place. ``wanted``: a choice is probably meant there."""
        alike = self._language.name_likeness if self.people and wanted else self._language.likeness
        scores: list[tuple[float, int, int]] = []
        for n, names in enumerate(self._names):
            for name in names:
                for length in {len(name), len(name) + 1, max(1, len(name) - 1)}:
                    window = words[at : at + length]
                    if len(window) == length and self._may_name(window):
                        scores.append((alike(" ".join(window), " ".join(name)), n, length))
        if not scores:
            return None
        scores.sort(key=lambda score: (-score[0], score[2]))
        likeness, n, length = scores[0]
        rival = max((score[0] for score in scores if score[1] != n), default=0.0)
        value = Value(self._choices[n], self._choices[n])
        return _Hit(value, at + length, likeness, likeness if likeness - rival >= _LEAD else 0.0)

    def _may_name(self, window: Sequence[str]) -> bool:
        return all(word[0].isalnum() for word in window) and not _function_only(window, self._language)


def _function_only(window: Sequence[str], language: Language) -> bool:
    known = language.words
    plain = known.FUNCTION_WORDS | known.PHRASING
    return all(word in plain or word in language.numbers.CARDINALS for word in window)


_YEARS = range(1900, 2200)


def _references(
    words: Sequence[str], expected: bool, now: datetime, language: Language
) -> list[_Found]:
    """Rows of digits, as in "four seven one two". Unless a reference was asked for, there must be at least three, said
    one by one or behind "number" and the like: a time of day or a year is none."""
    known = language.slots
    found = []
    taken = (
        {at for hit in language.dates.scan_dates(words, now) for at in range(hit.start, hit.end)}
        if not expected
        else set()
    )
    for hit in language.numbers.find_digits(words):
        before = words[hit.start - 1] if hit.start else ""
        said = words[hit.start : hit.end]
        called = before in known.NUMBER_OF or tuple(words[max(0, hit.start - 2) : hit.start]) in known.NUMBER_IS
        one_by_one = len(said) >= len(hit.text) or (len(said) == 1 and said[0].isdecimal())
        sure = called or (one_by_one and before not in known.BEFORE_A_TIME and int(hit.text[:5]) not in _YEARS)
        short = len(hit.text) < _SHORTEST_REFERENCE
        if (expected and not (short and before in known.BEFORE_A_TIME)) or (
            not short and sure and not taken & set(range(hit.start, hit.end))
        ):
            found.append((hit.start, hit.end, Value(hit.text, say_reference(hit.text))))
    # "The first one is 4712"
    long = [hit for hit in found if len(hit[2].value) >= _SHORTEST_REFERENCE]
    return long or found


_SHORTEST_REFERENCE = 3
"""fewest digits of a reference; shorter ones count only where one was asked for"""


def _numbers(words: Sequence[str], expected: bool, now: datetime, language: Language) -> list[_Found]:
    """Numbers but those of a date or of a time of day that can be nothing else."""
    days = [
        hit for hit in language.dates.scan_dates(words, now) if hit.end > hit.start + 1 or "/" not in words[hit.start]
    ]
    taken = {at for hit in days for at in range(hit.start, hit.end)}
    for hit in language.dates.find_times(words, now=now):
        # "About twenty" is no time unless a mark or a part of the day says so.
        clock = language.numbers.time_at(words, hit.start)
        if hit.certain and clock and clock.marked:
            taken |= set(range(hit.start, hit.end))
    found = [n for n in language.numbers.find_numbers(words, expected) if n.start not in taken]
    return [(n.start, n.end, Value(n.text, n.text)) for n in found]


def _hear_name_again(
    form: Form,
    words: Sequence[str],
    free: list[str],
    marked: list[str],
    values: dict[str, Value],
    language: Language,
) -> None:
    """When the form was read back, mark the name where it is repeated, and take another that is said in its stead ("no
    sorry james smith", "i said wilson", "my last name is wilson", "wilson not nelson")."""
    known = language.slots
    slot = next((s for s in form.settings.slots if s.kind == "name" and s.name in form.values), None)
    if slot is None:
        return
    name = form.values[slot.name].value.split()
    if slot.name in values:
        values[slot.name] = _renamed(name, values[slot.name].value, "", words, language)
        return
    present = [word.lower() for word in name]
    for at in range(len(free)):
        if free[at : at + len(present)] == present and not _part_of_name(free, at, at + len(present), language):
            marked[at : at + len(present)] = [SAME] + ["."] * (len(present) - 1)
            free[at : at + len(present)] = ["."] * len(present)
    rest = [at for at, word in enumerate(free) if word[0].isalnum()]
    wrong = ""
    while rest and free[rest[0]] in known.NAME_TAKEN_BACK:
        negated = free[rest[0]] in known.NOT
        rest = rest[1:]
        if negated and rest and free[rest[0]] in present:
            wrong = free[rest[0]]
            rest = rest[1:]
    before = {word for at, word in enumerate(free) if not rest or at < rest[0]}
    if len(rest) > 2 and free[rest[-2]] in known.NOT and free[rest[-1]] in present:
        wrong, before, rest = free[rest[-1]], {*before, free[rest[-2]]}, rest[:-2]
    said = [free[at] for at in rest]
    while closing := next((c for c in language.answers.CLOSING if len(said) > len(c) and said[-len(c) :] == [*c]), ()):
        said, rest = said[: -len(closing)], rest[: -len(closing)]
    found = language.names.find_name(said, True) if said else None
    if found is None or (found.start, found.end) != (0, len(said)) or said == present:
        return
    if len(said) == 1 and said[0] in known.AFTER_NO:
        return
    one = len(found.name.split()) == 1
    spelled = one and len(said) > 1
    anew = form.changing or before & known.SAYS_ANEW or spelled
    # One word that sounds like the name is the name once more: "wilson" after "for John Nelson".
    again = one and len(rest) == len(words) and any(_sounds_like(found.name, word, language) for word in present)
    # So is the whole name after half of it: "james wilson" after "for Wilson".
    completes = set(present) < set(found.name.lower().split()) and len(rest) == len(words)
    if anew or ((again or completes) and decide(words, language) == "other"):
        values[slot.name] = _renamed(name, found.name, wrong, words, language)
        marked[rest[0] : rest[-1] + 1] = [OTHER] + ["."] * (rest[-1] - rest[0])


def _part_of_name(words: Sequence[str], start: int, end: int, language: Language) -> bool:
    """Whether a name at ``start`` to ``end`` (exclusive) is said with another word of it: "james wilson" of Wilson."""
    for begin, stop in ((start - 1, end), (start, end + 1)):
        other = {words[begin], words[stop - 1]} if begin >= 0 and stop <= len(words) else set()
        if not other or other & (language.slots.NAME_TAKEN_BACK | language.words.ANSWERING):
            continue
        found = language.names.find_name(words[begin:stop], True)
        if found and (found.start, found.end) == (0, stop - begin):
            return True
    return False


_SOUNDS_LIKE = 0.65
"""likeness from which one name was probably misheard for the other"""


def _sounds_like(one: str, other: str, language: Language) -> bool:
    return language.name_likeness(one, other) >= _SOUNDS_LIKE


def _renamed(present: Sequence[str], said: str, wrong: str, words: Sequence[str], language: Language) -> Value:
    """A single name takes the place of the ``wrong`` one, of the given or the family name where ``words`` call it so,
    of the one that sounds most like it, or of the last."""
    if len(said.split()) > 1 or len(present) < 2:
        return Value(said, said)
    alike = [1.0 if word.lower() == wrong else language.name_likeness(said, word) for word in present]
    best = max(range(len(present)), key=lambda n: alike[n])
    at = best if alike[best] >= _SOUNDS_LIKE else len(present) - 1
    if not wrong and language.slots.FAMILY_NAME & set(words):
        at = len(present) - 1
    elif not wrong and language.slots.GIVEN_NAME & set(words):
        at = 0
    name = " ".join([*present[:at], said, *present[at + 1 :]])
    return Value(name, name)
