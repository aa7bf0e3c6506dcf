"""What an utterance means for a form: values by the kind of each slot, what is taken back, excluded, pointed at. Pure.

The language reads numbers, dates and names out of the words. This module settles which slot a value belongs to, which
of several counts, and what the visitor does not want. The slot that was asked for has the first claim on the words.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from appliance.config.site import FormSettings, SlotSettings
from appliance.conversation.confirmation import OTHER, SAME, Decision, decide
from appliance.conversation.forms import (
    CHOSEN,
    OPENS_RECORDS,
    Days,
    Form,
    FormAnswer,
    Value,
    Window,
    date_slot,
    opens_record,
    say_reference,
    time_slot,
)
from appliance.language import Language
from appliance.language.found import DayWindow, FoundNumber, FoundTime, TimeWindow

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
    hearing = _Hearing(text, form, choices, now, language)
    hearing.take_values()
    hearing.hear_name_again()
    hearing.hear_text_again()
    hearing.follow_pointers()
    hearing.leave_others()
    hearing.leave_open()
    hearing.settle_spans()
    return hearing.answer()


class _Hearing:
    """An utterance while it is read. ``hear`` has the steps in their order; each builds on those before it."""

    def __init__(
        self, text: str, form: Form, choices: Mapping[str, Sequence[str]], now: datetime, language: Language
    ) -> None:
        self._text, self._form, self._choices, self._now, self._language = text, form, choices, now, language
        self._words = words = language.tokens(text)
        self._free = _without_phrases(words, language)
        """the words, with a mark in place of each that belongs to a value or can belong to none"""
        self._marked = list(words)
        """the words, with marks in place of values (``FormAnswer.marked``)"""
        self._values: dict[str, Value] = {}
        self._excluded: set[str] = set()
        self._unwanted: dict[str, frozenset[str]] = {}
        self._passed_over: set[str] = set()
        self._reference: tuple[int, int] | None = None
        """first and last (exclusive) token of the number of a record"""
        self._shifted: set[int] = set()
        """the words of days and times that are told by their distance from others"""
        self._by_place = False
        """whether the choice that was asked for was picked by its place in the question"""
        self._nth: int | None = None
        self._open: frozenset[str] = frozenset()
        self._day_span = _spanned_days(words, self._free, form, now, language)
        self._days, self._away = _days(self._day_span, now)
        self._time_span = _spanned_time(words, form, now, language)
        self._window: Window | None = None

    # --- the steps ----------------------------------------------------------------------------------------------------

    def take_values(self) -> None:
        """Let each slot take its values out of the words."""
        form = self._form
        expected = {form.asked} if form.asked else set()
        if form.changing or form.confirming or form.offers:
            expected = {slot.name for slot in form.settings.slots if slot.kind in ("date", "time", "choice")}
        for slot in _in_order(form, self._words, self._language):
            if slot.kind == "text":
                self._take_text(slot)
            else:
                self._take(slot, slot.name in expected)
            if slot.name == form.asked:
                self._take_listed()

    def hear_name_again(self) -> None:
        """Take another name than the one that was read back."""
        read_back = self._form.confirming or self._form.changing
        # "No objections" is no name, and "the message" tells what to change.
        if read_back and self._decide(self._text) != "agree" and not names_slot(self._text, self._form, self._language):
            _hear_name_again(self._form, self._words, self._free, self._marked, self._values, self._language)

    def hear_text_again(self) -> None:
        """Take the words for another text where the visitor was asked what to change, and they say nothing else."""
        form = self._form
        slot = next((slot for slot in form.settings.slots if slot.kind == "text" and slot.name in form.values), None)
        if slot is None or not form.changing or self._values or self._decide(self._text) != "other":
            return
        if len(self._words) >= _SHORTEST_TEXT and not self._about_text(slot) and not self._changes_all():
            said = self._language.text_value(self._text)
            self._values[slot.name] = Value(said, said)

    def follow_pointers(self) -> None:
        """Take what the words only point at: an offer or a choice by its place, the day or the time of the record."""
        form, words, language = self._form, self._words, self._language
        self._nth = _nth(words, len(form.told_offers), language) if form.offers else None
        if self._nth is not None:
            # "The second one" picks an offer, and gives no value of its own.
            self._values = {}
        self._values |= _as_before(words, form, self._values, language)
        self._values |= _same_day(words, form, self._values, language)

    def leave_others(self) -> None:
        """Where one of several choices is left open, leave out only the others."""
        either = _either(self._words, self._text, self._form, self._values, self._choices, self._language)
        self._unwanted |= either
        self._values = {name: value for name, value in self._values.items() if name not in either}

    def leave_open(self) -> None:
        """Find the slots that the visitor leaves to the appliance."""
        # "The next day" after that of the record is no next day that is free.
        said = " ".join(word for at, word in enumerate(self._words) if at not in self._shifted)
        text = said if self._shifted else self._text
        self._open = _left_open(text, self._form, self._values, self._by_place, self._language)

    def settle_spans(self) -> None:
        """Keep the spans of days and of the day that no value of their slots makes needless."""
        form, language, day = self._form, self._language, date_slot(self._form.settings)
        if day is None or day in self._values or self._nth is not None:
            self._days = None
        days, times = self._day_span, self._time_span
        leaves_day = form.asked == day or language.day_windows.leaves_open(self._words)
        if self._days and day and days and (days.first or days.last) and leaves_day:
            # "Not this week" says no day. "Next week" does where one was asked for: any of it.
            self._open |= {day}
        if days and (self._days or self._away):
            self._cover(days.places)
        if times and self._nth is None:
            in_days = self._days is not None
            self._window = _window(times, self._words, form, self._values, self._open, in_days, language, self._now)
        if times and self._window:
            self._cover(times.places)

    def answer(self) -> FormAnswer:
        """What all of it meant."""
        words, language = self._words, self._language
        decision = self._decision()
        return FormAnswer(
            values=self._values,
            decision=decision,
            excluded=frozenset(self._excluded) - set(self._values),
            unwanted=self._unwanted,
            passed_over=frozenset(self._passed_over),
            moves=self._text if self._waits_for_record() else "",
            spells=bool(language.slots.OFFERS_TO_SPELL.search(" ".join(words))),
            unsure=self._unsure(decision),
            leap="start_again" if self._changes_all() else language.intents.leap(self._text),
            unknown=language.intents.does_not_know(self._text) and not self._lacks_text(),
            open=self._open,
            window=self._window,
            days=self._days,
            any=bool(language.intents.leaves_open(self._text)) or bool(language.slots.BOTH.search(" ".join(words))),
            nth=self._nth,
            wrong=self._wrong(decision),
            marked=" ".join(word for word in self._marked if word != "."),
        )

    # --- values -------------------------------------------------------------------------------------------------------

    def _take_text(self, slot: SlotSettings) -> None:
        """All of an answer is the value of a slot for text."""
        if slot.name != self._form.asked or self._about_text(slot):
            return
        if self._language.answers.CORRECTS.search(" ".join(self._language.full_words(self._text))):
            # "No i meant anna hall" is no message.
            _hear_name_again(self._form, self._words, self._free, self._marked, self._values, self._language)
            if self._values:
                return
        answer = self._language.text_value(self._text)
        if answer and any(word[0].isalnum() for word in self._free):
            self._values[slot.name] = Value(answer, answer)

    def _about_text(self, slot: SlotSettings) -> bool:
        """Whether words speak of the text that is asked for, and give none: "what kind of message can i leave", "i
        don't know yet what to say"."""
        named = not set(self._words).isdisjoint(_names_of(slot, self._language))
        asks = named and self._language.intents.asks_question(self._text)
        changes = named and (self._form.changing or bool(self._language.tasks.changed(self._text)))
        return asks or changes or self._lacks_text()

    def _lacks_text(self) -> bool:
        """Whether a text was asked for, and the visitor has none yet."""
        asks_text = self._form.asked is not None and self._form.slot(self._form.asked).kind == "text"
        return asks_text and bool(self._language.slots.NO_TEXT_YET.search(" ".join(self._words)))

    def _take_listed(self) -> None:
        """Take the choice that is picked by its place, whose word is no day then: "the first"."""
        listed = _listed(self._words, self._form, self._values, self._choices, self._language)
        if not listed:
            return
        self._by_place = True
        self._values |= listed
        for at, word in enumerate(self._words):
            if word in self._language.slots.PLACES:
                self._free[at] = "."

    def _take(self, slot: SlotSettings, expected: bool) -> None:
        """Take the value of a slot, and what the visitor does not want for it, and mark the words."""
        form, words, now, language = self._form, self._words, self._now, self._language
        listed = self._choices.get(slot.name, ())
        hits = self._in_spans(slot, _extract(self._free, words, slot, listed, now, expected, form, language))
        if slot.kind == "name" and not hits:
            hits = self._name_beside_reference()
            if expected and self._language.names.names_two(words):
                self._passed_over.add(slot.name)
        moved = _moved(words, hits, slot, form, form.values.get(slot.name), now, language)
        if moved:
            hits = [hit for hit in hits if hit[0] >= moved[1] or hit[1] <= moved[0]]
        wanted, denied = _wishes(hits, words, slot, form, now, language)
        self._refuse(slot, denied)
        chosen = moved or _latest(wanted, words, language)
        if chosen:
            self._values[slot.name] = chosen[2]
            self._reference = chosen[:2] if slot.kind == "reference" else self._reference
        elif hits:
            self._passed_over.add(slot.name)
        if moved:
            self._shifted.update(range(moved[0], moved[1]))
            hits = [*hits, moved]
            self._move_span(slot, moved)
        alone = [other.kind for other in form.settings.slots].count(slot.kind) == 1
        # What one slot leaves is another's of its kind.
        self._mark(slot, hits if alone else [chosen] if chosen else [])

    def _name_beside_reference(self) -> list[_Found]:
        """A whole name that is said with the number of a record, and nothing else before or behind it: "one six nine
        john smith"."""
        free, language = self._free, self._language
        if self._reference is None:
            return []
        for start, end in ((self._reference[1], len(free)), (0, self._reference[0])):
            while start < end and not free[start][0].isalnum():
                start += 1
            while end > start and not free[end - 1][0].isalnum():
                end -= 1
            polite = (len(c) for c in language.answers.CLOSING if tuple(free[max(start, end - len(c)) : end]) == c)
            end -= next(polite, 0)
            found = language.names.find_name(free[start:end], True) if end - start > 1 else None
            if found and (found.start, found.end) == (0, end - start):
                return [(start, end, Value(found.name, found.name))]
        return []

    def _in_spans(self, slot: SlotSettings, hits: list[_Found]) -> list[_Found]:
        """The values that are no part of a span, with days as they lie in one."""
        span = self._time_span if slot.kind == "time" else self._day_span if slot.kind == "date" else None
        if span:
            hits = [hit for hit in hits if span.places.isdisjoint(range(hit[0], hit[1]))]
        days = self._days or self._form.days
        if slot.kind == "date" and days:
            hits = [_within(hit, days, self._words, slot.name, self._now, self._language) for hit in hits]
        return hits

    def _refuse(self, slot: SlotSettings, denied: Sequence[_Found]) -> None:
        """Note the values that the visitor does not want for a slot."""
        refused = frozenset(value.value for _, _, value in denied)
        if slot.kind == "date" and slot.name == date_slot(self._form.settings):
            refused |= self._away
        if refused:
            self._unwanted[slot.name] = refused
            present = self._form.values.get(slot.name)
            if present and present.value in refused:
                self._excluded.add(slot.name)

    def _move_span(self, slot: SlotSettings, moved: _Found) -> None:
        """Drop a span of the day that is the distance from another time: "an hour later"."""
        span = self._time_span
        if span and (span.than or slot.kind == "time") and not span.places.isdisjoint(range(moved[0], moved[1])):
            self._time_span = None

    def _mark(self, slot: SlotSettings, hits: Sequence[_Found]) -> None:
        """Mark the words of a slot's values as taken."""
        present, refused = self._form.values.get(slot.name), self._unwanted.get(slot.name, frozenset())
        for start, end, value in hits:
            same = value.value in refused or (present is not None and value.value == present.value)
            self._free[start:end] = ["."] * (end - start)
            self._marked[start:end] = [SAME if same else OTHER] + ["."] * (end - start - 1)

    def _cover(self, places: Collection[int]) -> None:
        """Mark the words of a span as those of another value."""
        for at in places:
            self._marked[at] = self._free[at] = "."
        self._marked[min(places)] = OTHER

    # --- the rest of the answer ---------------------------------------------------------------------------------------

    def _waits_for_record(self) -> bool:
        """Whether a day or a time is told by that of a record which is not open yet: by its distance, or as the same
        one."""
        form, said = self._form, " ".join(self._words)
        if form.record or not opens_record(form.settings):
            return False
        missing = {slot.kind for slot in form.settings.slots if slot.kind in ("date", "time")}
        missing -= {form.slot(name).kind for name in self._values}
        same = any(self._language.slots.SAME_AS_BEFORE[kind].search(said) for kind in missing)
        return bool(missing) and (same or self._language.shifts.find_shifts(self._words) != [])

    def _decide(self, said: str | Sequence[str]) -> Decision:
        return decide(said, self._language, verbs(self._form.settings, self._language))

    def _decision(self) -> Decision:
        """What the words answer to a yes-or-no question."""
        decision = self._decide(self._marked)
        named_only = all(self._form.slot(name).kind == "name" for name in self._values)
        marked = not {SAME, OTHER}.isdisjoint(self._marked) and not (self._values and named_only)
        if marked and self._language.answers.RETHINKS.search(" ".join(self._language.full_words(self._text))):
            # "On second thought tuesday is fine" keeps the task.
            return decision
        if self._decide(self._text) == "give_up" and (decision != "correct" or named_only):
            # "Never mind" is not a name.
            return "give_up"
        return decision

    def _unsure(self, decision: Decision) -> tuple[str, Value] | None:
        """A slot, and a value that sounds somewhat like what was said."""
        form, language = self._form, self._language
        if self._nth is not None or decision == "give_up" or self._open:
            return None
        person = _unsure(form, self._free, self._values, self._choices, language)
        if person or decision not in ("other", "refuse", "correct"):
            return person
        return _another_name(form, self._words, self._values, self._marked, language)

    def _changes_all(self) -> bool:
        """Whether the visitor wants to change all of what was read back."""
        return self._form.changing and bool(self._language.slots.ALL_OF_IT.search(" ".join(self._words)))

    def _wrong(self, decision: Decision) -> str | None:
        """The slot that the visitor called wrong, or wants to give anew."""
        form, words, language = self._form, self._words, self._language
        refuses = form.confirming and decision in ("refuse", "correct", "doubt")
        changes_name = _asks_name(form) and not self._values and language.slots.CHANGING & set(words)
        changed = _changed(self._text, form, language)
        if changed is None and not self._values and (other := _for_another(words, form, language)):
            return other
        if changed or not (refuses or form.changing or changes_name):
            return changed
        return _called_wrong(_without_phrases(words, language), form, language)


def _without_phrases(words: Sequence[str], language: Language) -> list[str]:
    """The words, with a mark in place of each that belongs to a phrase without a value: "one moment please"."""
    free = list(words)
    for match in language.slots.NO_VALUES.finditer(" ".join(words)):
        start = match.string.count(" ", 0, match.start())
        end = start + match.group().count(" ") + 1
        free[start:end] = ["."] * (end - start)
    return free


def _either(
    words: Sequence[str],
    text: str,
    form: Form,
    values: Mapping[str, Value],
    choices: Mapping[str, Sequence[str]],
    language: Language,
) -> dict[str, frozenset[str]]:
    """The choices that are not meant where one of several is left open: "chen or miller, whoever is free"."""
    if form.settings.offers is None or "choice" not in language.intents.leaves_open(text):
        return {}
    found = {}
    for slot in form.settings.slots:
        if slot.kind == "choice" and slot.name in values:
            listed = choices.get(slot.name, ())
            named = {value.value for _, _, value in find_choices(words, listed, True, language)}
            if len(named) > 1:
                found[slot.name] = frozenset(listed) - named
    return found


def _left_open(
    text: str, form: Form, values: Mapping[str, Value], by_place: bool, language: Language
) -> frozenset[str]:
    """The slots without a value that the visitor leaves to the appliance, where the tool can tell what it has.
    ``by_place``: "the first one" picks a choice, and not the soonest time."""
    left = language.intents.leaves_open(text) - ({"soonest"} if by_place else set())
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


def _spanned_days(
    words: Sequence[str], free: Sequence[str], form: Form, now: datetime, language: Language
) -> DayWindow | None:
    """The span of days in the words, where the form has a day to choose in it. ``free`` are those of no phrase without
    a value."""
    if form.settings.offers is None or date_slot(form.settings) is None:
        return None
    found = language.day_windows.find_window(words, now)
    if found is None or any(free[at] == "." != words[at] for at in found.places):
        return None
    if language.slots.in_remark(words, min(found.places), max(found.places) + 1):
        # "I am on holiday next week"
        said = ((found.first, found.last),) if found.first or found.last else ()
        found = replace(found, first=None, last=None, unwanted=(*found.unwanted, *said))
    if not opens_record(form.settings):
        return found
    changes = any(
        hit.start in found.places and language.slots.of_record(words, hit.start, hit.end)
        for hit in language.dates.find_dates(words, now)
    )
    return None if changes else found


def _spanned_time(words: Sequence[str], form: Form, now: datetime, language: Language) -> TimeWindow | None:
    """The span of the day in the words, where the form has a time to choose in it."""
    if form.settings.offers is None or time_slot(form.settings) is None:
        return None
    found = language.time_windows.find_window(words, now)
    return None if found is None or _changes(found, words, form, now, language) else found


def _changes(span: TimeWindow, words: Sequence[str], form: Form, now: datetime, language: Language) -> bool:
    """Whether a span of the day says what a record is to be changed from and to: "move it from ten to eleven"."""
    if not opens_record(form.settings) or form.asked == time_slot(form.settings):
        return False
    return any(
        hit.start in span.places and language.slots.of_record(words, hit.start, hit.end)
        for hit in language.dates.find_times(_parted(words, form, language), True, now)
    )


_LONGEST_AWAY = 92
"""most days of a span that is not wanted"""


def _days(spanned: DayWindow | None, now: datetime) -> tuple[Days | None, frozenset[str]]:
    """The span of days that is wanted, and the days of those that are not."""
    if spanned is None:
        return None, frozenset()
    today = now.date()
    first, last = spanned.first, spanned.last
    refused: set[str] = set()
    for begin, end in spanned.unwanted:
        if end and (begin or today) <= today:
            # After a span that is going on now
            first = max(first or end, end + timedelta(1))
        else:
            until = min(end or date.max, (begin or today) + timedelta(_LONGEST_AWAY))
            days = ((begin or today) + timedelta(n) for n in range((until - (begin or today)).days + 1))
            refused |= {day.isoformat() for day in days}
    return (Days(first, last) if first or last else None), frozenset(refused)


def _within(
    hit: _Found, days: Days | None, words: Sequence[str], slot: str, now: datetime, language: Language
) -> _Found:
    """A day that was named by its weekday, as it lies in a span of days: thursday, after "not this week"."""
    start, end, value = hit
    if days is None or days.first is None or days.holds({slot: value}, slot):
        return hit
    before = datetime.combine(days.first - timedelta(1), now.time())
    for again in language.dates.find_dates(words, before, True):
        same_weekday = again.day.weekday() == date.fromisoformat(value.value).weekday()
        moved = date_value(again.day, now.date(), language)
        if again.start == start and same_weekday and days.holds({slot: moved}, slot):
            return start, end, moved
    return hit


def _window(
    span: TimeWindow,
    words: Sequence[str],
    form: Form,
    values: Mapping[str, Value],
    opened: frozenset[str],
    in_days: bool,
    language: Language,
    now: datetime,
) -> Window | None:
    """The span of the day that the visitor wants for the appointment, or None. Where no time was asked for or named
    yet, nor a day asked for, it must stand beside the day ("on tuesday afternoon")."""
    when = time_slot(form.settings)
    if when is None or when in values:
        return None
    said = _marked(words, span)
    if language.answers.ASKS_ABOUT.search(said) and not language.time_windows.ASKS_FOR.search(said):
        return None
    named = [offer[when] for offer in (form.values, *form.offers) if when in offer]
    asked = form.asked in (when, date_slot(form.settings))
    wanted = named or asked or when in opened or in_days or _beside_a_day(span, words, language, now)
    if not wanted:
        return None
    ends = Window(span.earliest, span.latest, span.last)
    first, last = min(span.places), max(span.places)
    if span.than is None and language.slots.in_remark(words, first, last + 1):
        # "I have school in the morning"
        return _outside(ends)
    if span.than is None or not named:
        return ends if ends != Window() else None
    times = sorted(datetime.combine(now, time.fromisoformat(value.value)) for value in named)
    if span.than == "later":
        least = (times[-1] + _A_MINUTE).time()
        return Window(earliest=max(least, ends.earliest or least))
    most = (times[0] - _A_MINUTE).time()
    return Window(latest=min(most, ends.latest or most))


def _outside(window: Window) -> Window:
    """The longer side of what lies around a span of the day."""
    if window.earliest:
        return Window(latest=window.earliest)
    return Window(earliest=window.latest)


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


def _another_name(
    form: Form, words: Sequence[str], values: Mapping[str, Value], marked: Sequence[str], language: Language
) -> tuple[str, Value] | None:
    """The slot for a name, and a whole name that was said at the reading back without a word of correction ("jack
    wilson"), or the name of another person ("for my daughter emma"). It is asked about, since other words may look like
    a name."""
    slot = next((s for s in form.settings.slots if s.kind == "name" and s.name in form.values), None)
    if slot is None or not (form.confirming or form.changing) or values or {SAME, OTHER} & set(marked):
        return None
    found = language.names.find_name(words, True)
    if found is None or any(word[0].isalnum() for word in words[found.end :]):
        return None
    before = " ".join(words[: found.start])
    whole = not before and len(found.name.split()) > 1
    if not (whole or language.slots.FOR_ANOTHER.match(before)):
        return None
    value = Value(found.name, found.name)
    return (slot.name, value) if value != form.values[slot.name] and value.value not in form.declined else None


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
    if _asks_name(form) and language.names.holds_day(words):
        order["name"] = -1
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
        others = [hit for hit in wanted if not known.knows_person(words, hit[0])]
        wanted = others if others or slot.name in form.values else wanted
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


_BOOKED_FOR = "booked_for"
"""the slot for the day of a record, by which the appointment book knows it as it does by a name"""


def _of_record(
    group: Sequence[_Found], words: Sequence[str], slot: SlotSettings, form: Form, language: Language
) -> bool:
    """Whether a day or a time is that of the record which the form is about, and not what it is to be changed to."""
    if not opens_record(form.settings) or [s.kind for s in form.settings.slots].count(slot.kind) > 1:
        return False
    if slot.name == _BOOKED_FOR:
        return False
    start, end, _ = group[0]
    if language.slots.of_record(words, start, end):
        return True
    asks_record = form.asked is not None and form.slot(form.asked).kind in OPENS_RECORDS
    return asks_record and not language.slots.CHANGES_TO & set(words)


def _next_ones(
    wanted: list[_Found], denied: Sequence[_Found], slot: SlotSettings, now: datetime, language: Language
) -> list[_Found]:
    """The values that are wanted, with a later day in place of one that is not wanted under the same name: "not this
    tuesday, next tuesday"."""

    def later(hit: _Found) -> _Found:
        start, end, value = hit
        if (
            slot.kind != "date"
            or end - start == 1
            or not any(value == other and stop <= start for _, stop, other in denied)
        ):
            return hit
        return start, end, date_value(date.fromisoformat(value.value) + timedelta(7), now.date(), language)

    return [later(hit) for hit in wanted]


def _moved(
    words: Sequence[str],
    hits: Sequence[_Found],
    slot: SlotSettings,
    form: Form,
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
        said = [hit for hit in hits if hit[1] <= shift.start]
        if slot.name in form.record:
            # "Something came up on tuesday, can we put it off by a week": of what there is
            said = [hit for hit in said if not _spoken_of(words, hit, language)]
        base = said[-1][2] if said else present or form.record.get(slot.name) or _offered(form, slot, shift.count)
        if base is None:
            continue
        if slot.kind == "date" and (day := shift.day(date.fromisoformat(base.value))):
            return shift.start, shift.end, date_value(day, now.date(), language)
        if slot.kind == "time" and (moment := shift.time(time.fromisoformat(base.value))):
            return shift.start, shift.end, time_value(moment, language)
    return None


def _offered(form: Form, slot: SlotSettings, count: int) -> Value | None:
    """The day that was offered last, to which "the day after that" is next, or first: "the day before that"."""
    offers = form.told_offers if slot.kind == "date" else ()
    return offers[-1 if count > 0 else 0].get(slot.name) if offers else None


def _spoken_of(words: Sequence[str], hit: _Found, language: Language) -> bool:
    """Whether a value is only spoken of, or not wanted."""
    known = language.slots
    return known.in_remark(words, hit[0], hit[1]) or known.excludes(words, hit[0], hit[1])


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
        corrects = _asks_name(form) and slot.name in form.values
        found = _times(_parted(said, form, language), expected, corrects, now, language)
        return [(t.start, t.end, time_value(t.time, language)) for t in found if _free(words, t)]
    if slot.kind == "choice":
        return _named_choices(words, choices, slot, expected, form, language)
    if slot.kind == "reference":
        return _references(words, slot, form, now, language)
    if slot.kind == "number":
        return _numbers(words, slot, expected, form.values.get(slot.name), now, language)
    if slot.kind == "name":
        name = language.names.find_name(words, asked)
        if name and not asked and not language.numbers.CARDINALS.keys().isdisjoint(words[name.start : name.end]):
            # "It's ten to drive"
            return []
        return [(name.start, name.end, Value(name.name, name.name))] if name else []
    return []


def _times(words: Sequence[str], expected: bool, corrects: bool, now: datetime, language: Language) -> list[FoundTime]:
    """Times of day. A bare number counts where one was asked for, in place of a time before it ("at nine no ten"), and
    where it ``corrects`` an earlier answer: as the whole answer to the question for a name, which it is not."""
    found = language.dates.find_times(words, expected, now)
    if expected:
        return found
    bare = language.dates.find_times(words, True, now)
    if corrects and _around_only(words, [(hit.start, hit.end) for hit in bare], language):
        return bare
    known = language.slots
    for hit in bare:
        if corrects and tuple(words[hit.start - 2 : hit.start]) in known.MAKES:
            found = sorted({*found, hit}, key=lambda time_found: time_found.start)
            continue
        before = next((other for other in reversed(found) if other.end <= hit.start), None)
        between = words[before.end : hit.start] if before else ()
        if known.TAKEN_BACK & set(between) and (known.AROUND_A_VALUE | known.TAKEN_BACK).issuperset(between):
            found = sorted({*found, hit}, key=lambda time_found: time_found.start)
    return found


def _around_only(words: Sequence[str], values: Sequence[tuple[int, int]], language: Language) -> bool:
    """Whether there are values, by their tokens, and hardly anything else."""
    taken = {at for start, end in values for at in range(start, end)}
    rest = {word for at, word in enumerate(words) if at not in taken}
    return bool(taken) and rest <= language.slots.AROUND_A_VALUE | language.slots.TAKEN_BACK


def _named_choices(
    words: Sequence[str], choices: Sequence[str], slot: SlotSettings, expected: bool, form: Form, language: Language
) -> list[_Found]:
    """Choices that are named. Where a name was asked for, which may be like a choice, one needs its title, unless the
    words are about the choice: "wrong doctor, i wanted miller", "not chen, i said miller"."""
    if not _asks_name(form):
        found = find_choices(words, choices, expected, language)
        if _Choices(choices, language).people or decide(words, language) != "ask":
            return found
        # "Do we pay for the screen" chooses nothing, since no "with" is said.
        return [hit for hit in found if language.tokens(hit[2].value)[0] in words[hit[0] : hit[1]]]
    present = form.values.get(slot.name)
    found = find_choices(words, choices, expected, language)
    denied = any(value == present and language.slots.excludes(words, start, end) for start, end, value in found)
    about = slot.name in words and language.slots.CHANGING & set(words)
    return found if denied or about else find_choices(words, choices, expected, language, title_needed=True)


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


def _changed(text: str, form: Form, language: Language) -> str | None:
    """The slot that the visitor wants to give anew: "could we make it another day"."""
    noun = language.tasks.changed(text)
    named = [
        slot.name
        for slot in form.settings.slots
        if noun and noun in _names_of(slot, language)
        if slot.name in form.values or slot.name in form.open or slot.name == form.asked
    ]
    return named[0] if named else None


def _for_another(words: Sequence[str], form: Form, language: Language) -> str | None:
    """The slot for a name that was read back, where the visitor says that it is for somebody else, and not for whom."""
    if not (form.confirming or form.changing) or opens_record(form.settings):
        return None
    named = next((slot.name for slot in form.settings.slots if slot.kind == "name" and slot.name in form.values), None)
    return named if language.slots.NOT_FOR_ME.search(" ".join(words)) else None


def _called_wrong(words: Sequence[str], form: Form, language: Language) -> str | None:
    """The slot that is named in "no, the day is wrong", "a different doctor". "The day is right" calls none wrong."""
    known = language.slots
    named = [
        (slot.name, " ".join([*(["'s"] if word.endswith("'s") else []), *words[at + 1 :]]))
        for slot in form.settings.slots
        for at, word in enumerate(words)
        if slot.name in form.values and word.removesuffix("'s") in _names_of(slot, language)
    ]
    wrong = [name for name, after in named if known.WRONG.match(after)]
    return next(iter(wrong or [name for name, after in named if not known.RIGHT.match(after)]), None)


def _names_of(slot: SlotSettings, language: Language) -> frozenset[str]:
    """The words that name a slot; a text is called what the question for it calls it."""
    asked = language.words.content_words(slot.ask.lower()) if slot.kind == "text" else ()
    return language.slots.SLOT_WORDS.get(slot.kind, frozenset()) | {slot.name, *asked}


def named_slot(text: str, form: Form, language: Language) -> str | None:
    """The slot that words name: "that's the wrong name"."""
    return _called_wrong(language.tokens(text), form, language)


def names_slot(text: str, form: Form, language: Language) -> bool:
    """Whether words name a slot and say hardly anything else, as an answer to "What shall I change": "the time"."""
    words = set(language.tokens(text))
    called = frozenset().union(*(_names_of(slot, language) for slot in form.settings.slots))
    return not words.isdisjoint(called) and words <= called | language.slots.AROUND_A_VALUE


def _listed(
    words: Sequence[str],
    form: Form,
    values: Mapping[str, Value],
    choices: Mapping[str, Sequence[str]],
    language: Language,
) -> dict[str, Value]:
    """The choice that is picked by its place in the question: "the second one"."""
    if form.offers or not form.lists or form.asked is None or form.asked in values:
        return {}
    question = form.slot(form.asked).ask.lower()
    listed = sorted(choices.get(form.asked, ()), key=lambda choice: question.find(choice.lower()))
    if form.slot(form.asked).kind == "choice" and _opens_with_time(words, language):
        return {}
    nth = _nth(words, len(listed), language)
    if nth is None or not -len(listed) <= nth < len(listed) or any(one.lower() not in question for one in listed):
        return {}
    return {form.asked: Value(listed[nth], listed[nth])}


def _opens_with_time(words: Sequence[str], language: Language) -> bool:
    """Whether words begin as "first time here" does, which picks nobody."""
    known = language.slots
    return len(words) > 1 and words[0] in known.PLACES and words[1] in known.SLOT_WORDS.get("time", frozenset())


def _as_before(words: Sequence[str], form: Form, values: Mapping[str, Value], language: Language) -> dict[str, Value]:
    """The day or the time of the record where it is to stay: "the same time on friday"."""
    said, known = " ".join(words), language.slots

    def stays(kind: str) -> bool:
        found = known.SAME_AS_BEFORE[kind].search(said)
        if found is None:
            return False
        start = said.count(" ", 0, found.start())
        end = start + found.group().count(" ") + 1
        # "I can't come on that day"
        return not known.excludes(words, start, end) and not known.in_remark(words, start, end)

    # At the reading back it takes the place of another one: "no the same time as before".
    anew = form.changing or (form.confirming and decide(words, language) in ("refuse", "correct"))
    held = values if anew else {**form.values, **values}
    return {
        slot.name: form.record[slot.name]
        for slot in form.settings.slots
        if slot.kind in known.SAME_AS_BEFORE and slot.name in form.record
        if slot.name not in held and stays(slot.kind)
    }


def _same_day(words: Sequence[str], form: Form, values: Mapping[str, Value], language: Language) -> dict[str, Value]:
    """The day of the record, where it is moved by minutes or hours and no day is named: "an hour earlier"."""
    day, when = date_slot(form.settings), time_slot(form.settings)
    known = {**form.values, **values}
    if day is None or when not in values or when in form.values or day in known or day not in form.record:
        return {}
    by_minutes = any(shift.unit in ("minute", "past") for shift in language.shifts.find_shifts(words))
    return {day: form.record[day]} if by_minutes else {}


def _nth(words: Sequence[str], count: int, language: Language) -> int | None:
    """The place of one of ``count`` that were listed, from "the second one", "number two" or "the last" (-1); None for
    none."""
    known = language.slots
    for at, word in enumerate(words):
        if word in known.NUMBERED and at + 1 < len(words) and words[at + 1] in language.numbers.CARDINALS:
            return language.numbers.CARDINALS[words[at + 1]] - 1
        if word in known.MIDDLE and count % 2:
            return count // 2
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


def wished_choice(text: str, choices: Sequence[str], language: Language) -> Value | None:
    """The choice that is wished for in place of another: "from doctor chen to doctor miller"."""
    words = language.tokens(text)
    found = find_choices(words, choices, False, language)
    marked = list(words)
    for start, end, _ in reversed(found):
        marked[start:end] = ["#"]
    nth = language.tasks.wishes_other(" ".join(language.expanded(marked)))
    return found[nth][2] if nth is not None else None


_SHORTEST_TEXT = 3
"""words of the shortest text that is taken though none was asked for"""
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
    words: Sequence[str], slot: SlotSettings, form: Form, now: datetime, language: Language
) -> list[_Found]:
    """Rows of digits, as in "four seven one two". Unless a reference was asked for, there must be at least three, said
    one by one or behind "number" and the like: a time of day or a year is none."""
    known, expected = language.slots, form.asked == slot.name
    found = []
    taken = (
        {at for hit in language.dates.scan_dates(words, now) for at in range(hit.start, hit.end)}
        if not expected
        else set()
    )
    for hit in (
        _whole_rows(language.numbers.find_digits(words), words) if expected else language.numbers.find_digits(words)
    ):
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
    present = form.values.get(slot.name)
    if present and found and not form.confirming and form.asked != slot.name:
        found = [_continued(present, hit, words, slot) for hit in found]
    # "The first one is 4712"
    long = [hit for hit in found if len(hit[2].value) >= _SHORTEST_REFERENCE]
    return long or found


_LONGEST_GROUP = 4
"""most digits that people say of a number before they pause"""


def _continued(present: Value, hit: _Found, words: Sequence[str], slot: SlotSettings) -> _Found:
    """A row of digits, with those before it where it goes on: "four seven one", and then "two three five six"."""
    start, end, value = hit
    alone = all(at in range(start, end) or not word[0].isalnum() for at, word in enumerate(words))
    digits = present.value + value.value
    whole = (
        len(digits) <= slot.length
        if slot.length
        else max(len(present.value), len(value.value)) <= _LONGEST_GROUP and present != value
    )
    return (start, end, Value(digits, say_reference(digits))) if alone and whole else hit


def _whole_rows(rows: Sequence[FoundNumber], words: Sequence[str]) -> list[FoundNumber]:
    """Rows of digits, with those as one that only a mark divides: "four seven one. two three five six"."""
    whole: list[FoundNumber] = []
    for row in rows:
        between = words[whole[-1].end : row.start] if whole else []
        if between and all(word in ".,;" for word in between):
            whole[-1] = FoundNumber(whole[-1].start, row.end, whole[-1].text + row.text)
        else:
            whole.append(row)
    return whole


_SHORTEST_REFERENCE = 3
"""fewest digits of a reference; shorter ones count only where one was asked for"""


def _numbers(
    words: Sequence[str], slot: SlotSettings, expected: bool, present: Value | None, now: datetime, language: Language
) -> list[_Found]:
    """Numbers but those of a date, of a length of time, or of a time of day that can be nothing else."""
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
    asked = set(language.tokens(slot.ask))
    units = language.slots.TIME_UNITS - asked
    if not asked & language.slots.LENGTH:
        found = [n for n in found if not units & set(words[n.end : n.end + 2])]
    counts = language.slots.HOW_MANY.search(slot.ask.lower())
    if counts:
        # "No, at ten" tells no number of people.
        found = [n for n in found if not language.slots.AT_A_TIME & set(words[n.start - 1 : n.start])]
    found = [n for n in found if not language.slots.BEFORE_A_TIME & set(words[n.start - 1 : n.start])] or found
    if counts:
        bare = [n for n in language.numbers.find_numbers(words, True) if n.start not in taken]
        found += [n for n in bare if not expected and _replaces(n, found, words, language)]
        before = int(present.value) if present and present.value.isdecimal() else 0
        anew = language.slots.recounted(words, bare, before)
        found = language.slots.counted(words, found) if anew is None else anew
    return [(n.start, n.end, Value(n.text, n.text)) for n in found]


def _replaces(number: FoundNumber, found: Sequence[FoundNumber], words: Sequence[str], language: Language) -> bool:
    """Whether a bare number takes the place of one that counts something: "four people no five"."""
    before = next((other for other in reversed(found) if other.end <= number.start), None)
    between = set(words[before.end : number.start]) if before else set()
    known = language.slots
    return bool(known.TAKEN_BACK & between) and not {n.start for n in found} & {number.start}


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
    if language.names.tells_no_name(words):
        return
    present = [word.lower() for word in name]
    for at in range(len(free)):
        if free[at : at + len(present)] == present and not _part_of_name(free, at, at + len(present), language):
            marked[at : at + len(present)] = [SAME] + ["."] * (len(present) - 1)
            free[at : at + len(present)] = ["."] * len(present)
    rest = [at for at, word in enumerate(free) if word[0].isalnum()]
    if known.BUT in free:
        # "All correct but i'm jon smythe"
        rest = [at for at in rest if at > free.index(known.BUT)]
    denies = len(rest) > 1 and free[rest[-1]] in known.NOT and SAME in marked[rest[-1] :]
    if denies:
        # "It should be jon smythe not john smith"
        rest = rest[:-1]
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
    anew = form.changing or before & known.SAYS_ANEW or spelled or denies
    # Nothing else is said that the form knows: "it's smyth with a y".
    whole = not values and SAME not in marked and OTHER not in marked
    # One word that sounds like the name is the name once more: "wilson" after "for John Nelson".
    again = one and whole and any(_sounds_like(found.name, word, language) for word in present)
    # So is the whole name after half of it: "james wilson" after "for Wilson".
    completes = set(present) < set(found.name.lower().split()) and whole
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
    elif not wrong and (language.slots.GIVEN_NAME & set(words) or language.slots.CALL_ME.search(" ".join(words))):
        at = 0
    if language.slots.MIDDLE_NAME & set(words):
        name = " ".join([present[0], said, *present[1:]])
        return Value(name, name)
    name = " ".join([*present[:at], said, *present[at + 1 :]])
    return Value(name, name)
