"""Reads what a question about opening hours asks: of which days and times, and what of them. Pure.

What is asked is kept as values, so that a follow-up replaces just what it names: "and at noon" keeps the day. A day or
time that was named and not understood is a ``HoursDoubt``. It is never taken for now.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from appliance.language import Language
from appliance.language.day_windows import weekend
from appliance.language.found import FoundDate, FoundTime, NamedDays, RefusedDate, TimeWindow
from appliance.language.parts import HoursDoubt, HoursKind, HoursRelation


@dataclass(frozen=True, slots=True)
class TimeAsked:
    """A time of day, or a span of it, that is asked about."""

    relation: HoursRelation
    said: tuple[FoundTime, ...] = ()
    """the times in the order in which they were said: two for ``between``, several where it is asked which of them"""
    earliest: time | None = None
    latest: time | None = None
    """the ends of a part of the day"""
    at_night: bool = False
    """whether the small hours belong to the day before: "on friday night at one" """

    def within(self, part: TimeAsked) -> TimeAsked | None:
        """The same times in a part of the day that is named behind them; None where none of them can be meant in it."""
        said = tuple(inside for hit in self.said if (inside := _inside(hit, part)))
        return replace(self, said=said) if said and len(said) == len(self.said) else None


def _inside(hit: FoundTime, part: TimeAsked) -> FoundTime | None:
    """A time without its half in the half that a part of the day holds."""
    halves = [hit.time, hit.time.replace(hour=(hit.time.hour + 12) % 24)]
    earliest, latest = part.earliest or time.min, part.latest or time.max
    fitting = [half for half in halves if earliest <= half <= latest]
    return replace(hit, time=fitting[0], certain=True) if not hit.certain and len(fitting) == 1 else None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked about opening hours. Without days it is about now, or about what comes next."""

    kind: HoursKind = "week"
    days: tuple[date | HoursDoubt, ...] = ()
    time: TimeAsked | None = None
    closed: bool | None = None
    """whether it is asked if it is closed, rather than open; None where neither is named"""
    past: bool = False
    """whether it is asked about what was"""
    whether: bool = True
    """whether yes or no is an answer"""
    now: bool = False
    """whether it is asked about now, besides the days"""
    by_name: bool = False
    """whether the days are called by the name of a holiday"""

    def then(self, line: Asked) -> Asked | None:
        """What is asked after a line that goes on with this question, and replaces what it names. None where it names
        nothing."""
        if line.days or line.time:
            kind: HoursKind = self.kind if self.kind in ("closes", "lasts", "opens") and not line.time else "state"
            kind = line.kind if line.kind not in ("week", "state") else kind
            timed = line.time or (self.time if self.kind == kind else None)
            if line.time and line.time.relation == "part" and self.time and not line.days:
                # "At six … in the morning"
                timed = self.time.within(line.time) or timed
            if line.time and self.time and line.time.relation == "at" and self.time.relation in ("opens", "closes"):
                timed = replace(line.time, relation=self.time.relation)
            closed = self.closed if line.closed is None else line.closed
            whether = line.whether or self.whether
            return replace(line, kind=kind, days=line.days or self.days, time=timed, closed=closed, whether=whether)
        if line.kind == "week":
            return None
        # "Is it open" is about now, "when does it close" about the day that is spoken of.
        return line if line.kind in ("state", "always", "night", "holidays") else replace(line, days=self.days)


def read(
    question: str, now: datetime, language: Language, *, named: NamedDays | None = None, about: Collection[str] = ()
) -> Asked:
    """What a question asks. ``named``: days that the place calls by name; ``about``: words that name the place."""
    known = language.hours
    found = _Found.of(question, now, language, named)
    text, marked = " ".join(found.words), found.marked
    past, whether = bool(known.PAST.search(text)), bool(known.YES_OR_NO.search(text))
    days = _days(found, now, past, language) or _weekend(found.words, text, now, past, language)
    timed = _time(found, language)
    kind = _kind(text, bool(days), timed, whether, language)
    if timed and timed.relation == "part" and kind not in ("state", "week"):
        timed = None
    by_name = bool(days) and bool(known.SPECIAL_DAY.search(text))
    if known.SPECIAL_DAY.search(marked):
        days = ("unknown day",)
    elif not days and kind == "state" and _unread(marked, timed is not None, about, language):
        days = ("unknown time",)
    also_now = bool(days) and timed is None and known.NOW in marked.split()
    closed = bool(known.CLOSED.search(text)) if whether and known.STATE.search(text) else None
    return Asked(kind, days, timed, closed, past, whether, also_now, by_name)


@dataclass(frozen=True, slots=True)
class Line:
    """A line that goes on with a question about opening hours."""

    asked: Asked
    """what it names"""
    place: str = ""
    """the place that it names instead of the last one, as in "the cafe" """
    same: bool = False
    """whether the same day and time are meant: "is it open then" """


def follows(line: str, now: datetime, language: Language, *, named: NamedDays | None = None) -> Line | None:
    """What a line asks that names days, times or a place, or what is asked of them, and nothing else: "and on sunday".
    None for other lines."""
    known = language.hours
    found = _Found.of(line, now, language, named)
    words = known.SAME_TIME.sub(known.THEN, known.SPECIAL_DAY.sub("@", found.marked)).split()
    going_on = known.GOING_ON | known.WEEKEND | known.CURRENT | _MARKS
    if words and words[0] == known.CONCLUDES:
        going_on |= known.CONCLUDING
    others = [at for at, word in enumerate(words) if word not in going_on]
    name = ""
    if others:
        first, last = others[0], others[-1]
        begins = bool(words) and words[0] in known.LEADING
        if not begins or last - first >= _NAME_WORDS or last - first >= len(others) or not first:
            return None
        if words[first - 1] not in known.ARTICLES:
            return None
        name = " ".join(words[first - 1 : last + 1])
    asked = read(line, now, language, named=named)
    if not words or "unknown time" in asked.days:
        return None
    if asked.kind == "week" and not (asked.days or asked.time):
        bare = known.BARE_KINDS.get(" ".join(word for word in found.words if word not in known.LEADING))
        asked = replace(asked, kind=bare or "week")
    if name and asked.kind == "state" and not (asked.days or asked.time or known.CURRENT & set(words)):
        # "And is the cafe" asks the same of another place.
        asked = replace(asked, kind="week")
    same = asked.kind in ("state", "week") and not (asked.days or asked.time) and known.THEN in words
    return Line(asked, name, same)


def shifted(line: str, before: Asked, now: datetime, language: Language) -> Asked | None:
    """What a line asks that names a day by its distance from the one that was asked about, and nothing else: "and the
    day after that"."""
    words, going_on = language.tokens(line), language.hours.GOING_ON | {"?", ".", ","}
    begins = next((at for at, word in enumerate(words) if word not in going_on), 0)
    # "The day after that" begins with an article.
    words = words[max(0, begins - 1) :]
    shifts = [shift for shift in language.shifts.find_shifts(words) if shift.unit in ("day", "week", "weekday")]
    days = [day for day in before.days if isinstance(day, date)]
    if len(shifts) != 1 or not days:
        return None
    shift = shifts[0]
    day = shift.day(days[-1] if shift.count > 0 else days[0])
    if day is None or not going_on.issuperset((*words[: shift.start], *words[shift.end :])):
        return None
    return before.then(Asked("state", (day if day >= now.date() else "over",)))


_MARKS = frozenset({"#", "@", "~"})
_NAME_WORDS = 4
"""most words of a place's name"""


def asks_all(question: str, now: datetime, language: Language, *, named: NamedDays | None = None) -> Asked | None:
    """What is asked of all places: whether they are open ("what is open on sunday"), or close then; None where none of
    that is asked."""
    known = language.hours
    marked = _Found.of(question, now, language, named).marked
    opened = known.ALL_OPEN.search(marked)
    if not opened and not known.ALL_CLOSING.search(marked):
        return None
    asked = read(question, now, language, named=named)
    return replace(asked, kind="state" if opened else "closes", closed=bool(opened and opened["closed"]))


@dataclass(frozen=True, slots=True)
class Ranking:
    """Which of several places opens or closes first, or last."""

    opens: bool
    """rather than closes"""
    first: bool
    """rather than last"""
    places: tuple[str, ...]
    """the places that are named; empty for all"""
    days: tuple[date | HoursDoubt, ...]


def ranks(question: str, now: datetime, language: Language, *, named: NamedDays | None = None) -> Ranking | None:
    """Which of several places is asked for, by when they open or close. None for other questions."""
    known = language.hours
    found = _Found.of(question, now, language, named)
    asked = known.FIRST_OR_LAST.match(found.marked.removesuffix(" ?"))
    if asked is None:
        return None
    places = [place.strip() for place in known.NEXT_PLACE.split(asked["places"] or "")]
    return Ranking(
        asked["opens"] is not None,
        asked["first"] is not None,
        tuple(filter(None, places)),
        _days(found, now, False, language),
    )


def asks_then(question: str, language: Language) -> bool:
    """Whether a question ends in "then": "are you open then"."""
    words = [word for word in language.tokens(question) if word[0].isalnum()]
    return bool(words) and words[-1] == language.hours.THEN


def spoken_of(said: str, now: datetime, language: Language, *, clock: bool = False) -> Asked | None:
    """The days of which words speak, and the time beside one of them, for a question about "then". None where they name
    no day. ``clock``: the words tell what the clock shows, so that a time without a day is one of today."""
    found = _Found.of(said, now, language, None)
    days = tuple(day for day in _days(found, now, False, language) if isinstance(day, date))
    times = () if found.window else tuple(hit for hit in found.times if _beside(hit, found.dates))
    shown = found.times[-1:] if clock and not days else []
    if shown and shown[0].time != now.time().replace(second=0, microsecond=0):
        days, times = (now.date(),), tuple(shown)
    timed = TimeAsked("at", times) if len(days) == len(times) == 1 else None
    return Asked("state", days, timed, by_name=bool(language.hours.SPECIAL_DAY.search(said.lower()))) if days else None


def _beside(hit: FoundTime, days: Sequence[FoundDate | RefusedDate]) -> bool:
    """Whether a time stands right behind a day: "on monday at ten"."""
    return any(0 <= hit.start - day.end <= 1 for day in days)


def than_a_time(question: str, now: datetime, language: Language) -> bool:
    """Whether it is asked if a place is open later than a time of day."""
    return bool(language.hours.THAN_A_TIME.search(_Found.of(question, now, language, None).marked))


@dataclass(frozen=True, slots=True)
class _Found:
    """The days and times in a question."""

    words: Sequence[str]
    dates: Sequence[FoundDate | RefusedDate]
    times: Sequence[FoundTime]
    window: TimeWindow | None

    @classmethod
    def of(cls, question: str, now: datetime, language: Language, named: NamedDays | None) -> _Found:
        words = language.hours.untangled(language.tokens(question))
        window = language.time_windows.find_window(words, now)
        times = language.dates.find_times(words, now=now)
        if window:
            # In a span of time, a bare number is a time of day: "between ten and two".
            more = language.dates.find_times(words, True, now)
            inside = [hit for hit in more if hit.start in window.places]
            times = inside if len(inside) > len(times) else times
        elif len(times) == 1 and words[times[0].end : times[0].end + 1] and words[times[0].end] in language.hours.OR:
            # So it is behind "or": "at five or six".
            more = language.dates.find_times(words, True, now)
            times = [*times, *(hit for hit in more if hit.start == times[0].end + 1)]
        if language.hours.AT_NIGHT.search(" ".join(words)) and not times:
            # A part of the day that begins in the evening does not tell about the night.
            window = None
        dates = language.dates.scan_dates(words, now, named=named)
        return cls(words, heeded(dates, words, language), heeded(times, words, language), window)

    @property
    def marked(self) -> str:
        """The words with "@" in place of each day, "#" of each time and "~" of other words for a part of the day."""
        marks = dict.fromkeys(self.window.places if self.window else (), "~")
        marks |= {at: "#" for hit in self.times for at in range(hit.start, hit.end)}
        marks |= {at: "@" for hit in self.dates for at in range(hit.start, hit.end)}
        starts = {hit.start for hit in (*self.dates, *self.times)}
        kept: list[str] = []
        for at, word in enumerate(self.words):
            # The preposition of a bound is kept: "before eight".
            mark = word if self.times and marks.get(at) == "~" else marks.get(at, word)
            if not (mark in ("#", "@", "~") and kept and kept[-1] == mark and at not in starts):
                kept.append(mark)
        return " ".join(kept)


Found = TypeVar("Found", FoundDate | RefusedDate, FoundTime)


def heeded(found: Sequence[Found], words: Sequence[str], language: Language) -> list[Found]:
    """The hits without those that were taken back: "on saturday sorry sunday", "not on saturday but on sunday"."""
    kept: list[Found] = []
    for hit in found:
        before = words[max(0, hit.start - 2) : hit.start]
        if len(found) > 1 and language.hours.NOT & set(before):
            continue
        if kept and language.hours.TAKEN_BACK & set(words[kept[-1].end : hit.start]):
            kept.pop()
        kept.append(hit)
    return kept


def _days(found: _Found, now: datetime, past: bool, language: Language) -> tuple[date | HoursDoubt, ...]:
    known, words = language.hours, found.words
    days: list[date | HoursDoubt] = []
    end = 0
    for hit in found.dates:
        between, end = words[end : hit.start], hit.end
        if isinstance(hit, RefusedDate):
            days.append(hit.why)
            continue
        day, weekday = hit.day, set(words[hit.start : hit.end]) <= set(known.DAY_NAMES)
        if past and weekday and day > now.date():
            # "Was it open on monday" is about the one that has passed.
            days.append("over")
            continue
        first = days[-1] if days else None
        if isinstance(first, date) and len(between) == 1 and between[0] in known.SPAN_WORDS:
            day += timedelta(7 * (weekday and day < first))
            days += [first + timedelta(n) for n in range(1, min((day - first).days, _MOST_DAYS_OF_SPAN))]
        if day not in days:
            days.append(day)
    return tuple(days)


_MOST_DAYS_OF_SPAN = 14
"""days of a span that are looked at"""


def _weekend(
    words: Sequence[str], text: str, now: datetime, past: bool, language: Language
) -> tuple[date | HoursDoubt, ...]:
    known = language.hours
    if not known.WEEKEND & set(words):
        return ()
    if past:
        return ("over",)
    this, next_one = known.THIS_WEEKEND.search(text), known.NEXT_WEEKEND.search(text)
    first, last = weekend(now.date(), "next" if next_one else "this" if this else "coming")
    return (first, last) if first < last else (last,)


def _time(found: _Found, language: Language) -> TimeAsked | None:
    known, window = language.hours, found.window
    if not found.times:
        if window is None or window.than or not (window.earliest or window.latest):
            return None
        return TimeAsked("part", (), window.earliest, window.latest)
    marked = found.marked
    if len(found.times) > 1 and known.BETWEEN.search(marked):
        return TimeAsked("between", tuple(found.times[:2]))
    fitting = (relation for relation, pattern in known.RELATIONS if pattern.search(marked))
    several = len(found.times) > 1 and known.EITHER.search(marked)
    said = tuple(found.times if several else found.times[:1])
    return TimeAsked(next(fitting, "at"), said, at_night=bool(known.NIGHT & set(found.words)))


def _kind(text: str, days: bool, timed: TimeAsked | None, whether: bool, language: Language) -> HoursKind:
    known = language.hours
    if known.HOLIDAYS.search(text):
        return "holidays"
    if known.AROUND_THE_CLOCK.search(text):
        return "always"
    if not (days or timed) and known.AT_NIGHT.search(text):
        return "night"
    if known.REOPENS.search(text):
        return "reopens"
    if known.PAUSES.search(text):
        return "pauses"
    said = timed is not None and timed.relation != "part"
    if known.OPENS_AND_CLOSES.search(text) and not (whether or said):
        return "week"
    if known.LASTS.search(text) and not (whether or said):
        return "lasts"
    if known.UNTIL_OPEN.search(text) and not (whether or said):
        return "opens"
    if known.TOO_LATE.search(text) or (known.CLOSES.search(text) and not (whether or said)):
        return "closes" if not said else "state"
    if known.OPENS.search(text) and not said:
        return "opens"
    if days or timed or known.CURRENT & set(text.split()):
        return "state"
    if whether and known.STATE.search(text) and not known.ALWAYS.search(text):
        verb = known.VERB.search(text)
        return "state" if not verb else "closes" if known.CLOSING_VERB.search(verb[0]) else "opens"
    return "week"


def _unread(marked: str, timed: bool, about: Collection[str], language: Language) -> bool:
    """Whether words that read like a day or time are left over."""
    known = language.hours
    return any(
        not (set((found["what"] or "").split()) & (known.PLACES | set(about)))
        for pattern in (known.UNREAD if not timed else known.UNREAD_DAY,)
        for found in pattern.finditer(marked)
    )
