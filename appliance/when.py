"""Dates and times of day in a visitor's words, and how to say them.

A thin layer finds the words ("the day after tomorrow", "the third of december", "half past two") and settles what
only a conversation knows: "three" at a reception is three in the afternoon, "the twelfth" is the next twelfth, and
"next friday" is the one of next week. Calendar arithmetic and everything unusual is left to dateparser, which is
given English and the present moment, so that it neither guesses a language nor reads a clock.

Pure: the present moment is an argument.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import dateparser  # type: ignore[import-untyped]  # ships no types
from rapidfuzz import fuzz

from appliance.config import DAYS
from appliance.numerals import CARDINALS, ORDINALS, run_at, say_cardinal, say_ordinal, time_at

MONTHS = tuple(name.lower() for name in calendar.month_name[1:])

OFFICE_HOURS = (7, 18)
"""an hour without "am" or "pm" is understood to lie between these: 7 to 11 in the morning, 12 to 6 after noon"""


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date and the tokens that said it."""

    start: int
    end: int
    day: date


@dataclass(frozen=True, slots=True)
class FoundTime:
    """A time of day and the tokens that said it."""

    start: int
    end: int
    time: time
    certain: bool
    """nobody could have meant the other half of the day"""


def find_dates(words: Sequence[str], now: datetime, expected: bool = False) -> list[FoundDate]:
    """Dates in a text (see ``numerals.tokens``), in order. ``expected``: a date was just asked for, so half a
    hint such as "the third" or a misheard weekday is enough."""
    found: list[FoundDate] = []
    at = 0
    while at < len(words):
        hit = _date_at(words, at, now, expected)
        if hit and hit.day >= now.date():
            found.append(hit)
            at = hit.end
        else:
            at += 1
    if not found and expected and len(words) <= 8:
        day = _parse(" ".join(words), now) if any(w in MONTHS or w in _UNITS_OF_TIME for w in words) else None
        if day and day >= now.date():
            found.append(FoundDate(0, len(words), day))
    return found


_UNITS_OF_TIME = ("day", "days", "week", "weeks", "month", "months", "fortnight")


def _parse(text: str, now: datetime) -> date | None:
    settings = {"PREFER_DATES_FROM": "future", "RELATIVE_BASE": now.replace(tzinfo=None)}
    moment: datetime | None = dateparser.parse(text, languages=["en"], settings=settings)
    return moment.date() if moment else None


def _date_at(words: Sequence[str], at: int, now: datetime, expected: bool) -> FoundDate | None:
    today = now.date()

    def said(*phrase: str) -> bool:
        return tuple(words[at : at + len(phrase)]) == phrase

    for phrase, days in (
        (("the", "day", "after", "tomorrow"), 2),
        (("day", "after", "tomorrow"), 2),
        (("a", "week", "from", "today"), 7),
        (("a", "week", "from", "now"), 7),
        (("in", "a", "week"), 7),
        (("a", "week", "from", "tomorrow"), 8),
        (("in", "a", "fortnight"), 14),
        (("tomorrow",), 1),
        (("today",), 0),
        (("tonight",), 0),
        (("this", "afternoon"), 0),
        (("this", "morning"), 0),
        (("this", "evening"), 0),
    ):
        if said(*phrase):
            return FoundDate(at, at + len(phrase), today + timedelta(days))
    word = words[at]
    if word == "in" and at + 2 < len(words):
        run = run_at(words, at + 1)
        if run and run.end < len(words) and words[run.end] in _UNITS_OF_TIME:
            day = _parse(f"in {run.digits} {words[run.end]}", now)
            return FoundDate(at, run.end + 1, day) if day else None
    if word == "next" and said("next", "week") and at + 2 < len(words):
        after = at + 3 if words[at + 2] == "on" else at + 2
        weekday = _weekday(words, after, expected)
        if weekday is not None:
            return FoundDate(at, after + 1, _in_week(today, weekday, 1))
    if said("a", "week") and at + 3 < len(words) and words[at + 2] in ("from", "on"):
        weekday = _weekday(words, at + 3, expected)
        if weekday is not None:
            return FoundDate(at, at + 4, _coming(today, weekday) + timedelta(7))
    if word in ("next", "this", "coming") and at + 1 < len(words):
        weekday = _weekday(words, at + 1, expected)
        if weekday is not None:
            day = _in_week(today, weekday, 1) if word == "next" else _coming(today, weekday)
            return _with_day_of_month(words, at, at + 2, day, now)
    weekday = _weekday(words, at, expected)
    if weekday is not None:
        day, end = _coming(today, weekday), at + 1
        if tuple(words[end : end + 2]) == ("next", "week"):
            return FoundDate(at, end + 2, _in_week(today, weekday, 1))
        if words[end : end + 1] == ["week"]:
            return FoundDate(at, end + 1, day + timedelta(7))
        return _with_day_of_month(words, at, end, day, now)
    return _day_of_month(words, at, now, expected)


def _weekday(words: Sequence[str], at: int, expected: bool) -> int | None:
    """Monday is 0."""
    if at >= len(words):
        return None
    word = words[at].removesuffix("'s")
    for n, name in enumerate(DAYS):
        if word == name or word == f"{name}s":
            return n
    if expected and len(word) >= 5 and word not in _NO_WEEKDAY:
        ratios = [fuzz.ratio(word, name) for name in DAYS]
        best = max(ratios)
        # "thirsty" and "wensday", but not "today"
        if best >= 75 and ratios.count(best) == 1:
            return ratios.index(best)
    return None


_NO_WEEKDAY = frozenset({"today", "someday", "midday", "sundry", "first", "third"})


def _coming(today: date, weekday: int) -> date:
    """The next day of that name, today excluded: someone who means today says so."""
    return today + timedelta((weekday - today.weekday() - 1) % 7 + 1)


def _in_week(today: date, weekday: int, weeks: int) -> date:
    """That day of the week that begins on a Monday, ``weeks`` from this one."""
    return today - timedelta(today.weekday()) + timedelta(7 * weeks + weekday)


def _with_day_of_month(words: Sequence[str], start: int, end: int, day: date, now: datetime) -> FoundDate:
    """ "friday the twelfth", "friday december twelfth": the day of the month, where given, decides."""
    for following in (end, end + 1):
        if following < len(words) and (following == end or words[end] in ("the", "on", ",")):
            exact = _day_of_month(words, following, now, expected=True)
            if exact:
                return FoundDate(start, exact.end, exact.day)
    return FoundDate(start, end, day)


def _day_of_month(words: Sequence[str], at: int, now: datetime, expected: bool) -> FoundDate | None:
    """ "december twelfth", "the twelfth of december", "12 december", "the twelfth", "2026-12-12"."""
    start = at
    if words[at] in MONTHS:
        after = at + 2 if words[at + 1 : at + 2] == ["the"] else at + 1
        run = run_at(words, after) if after < len(words) else None
        number = _day_number(words, run.start) if run else None
        if number and number[1] <= 31:
            return _dated(start, number[0], number[1], MONTHS.index(words[at]) + 1, now)
        return None
    the = words[at] == "the"
    at += the
    if at >= len(words):
        return None
    number = _day_number(words, at)
    if number is None:
        return None
    end, day = number
    month_at = end + 1 if words[end : end + 1] == ["of"] else end
    if month_at < len(words) and words[month_at] in MONTHS:
        return _dated(start, month_at + 1, day, MONTHS.index(words[month_at]) + 1, now)
    if words[end : end + 3] == ["of", "this", "month"]:
        return _dated(start, end + 3, day, now.month, now)
    if words[end : end + 3] == ["of", "next", "month"]:
        return _dated(start, end + 3, day, now.month % 12 + 1, now)
    ordinal = words[at] in ORDINALS or words[at][-2:] in ("st", "nd", "rd", "th") or words[end - 1] in ORDINALS
    followed = words[end] if end < len(words) else ""
    no_date = ("floor", "one", "time", "option", "of", "ward", "appointment")
    if ordinal and (the or expected) and followed not in no_date:
        month = now.month if day >= now.day else now.month % 12 + 1
        return _dated(start, end, day, month, now)
    return None


def _day_number(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """End and value of a day of the month: "twelfth", "12th", "twelve", "twenty third"."""
    word = words[at]
    if word[0].isdigit():
        digits = word.rstrip("stndrh")
        return (at + 1, int(digits)) if digits.isdigit() and 1 <= int(digits) <= 31 else None
    value = CARDINALS.get(word) or ORDINALS.get(word)
    if not value:
        return None
    end = at + 1
    if value in (20, 30) and word in CARDINALS and end < len(words):
        unit = CARDINALS.get(words[end]) or ORDINALS.get(words[end]) or 0
        if 1 <= unit <= 9:
            value, end = value + unit, end + 1
    return (end, value) if 1 <= value <= 31 else None


def _dated(start: int, end: int, day: int, month: int, now: datetime) -> FoundDate | None:
    found = _parse(f"{day} {MONTHS[month - 1]}", now)
    if found is None or (found.day, found.month) != (day, month):
        return None
    if found < now.date():
        found = found.replace(year=found.year + 1)
    # A day of the month alone means the nearest one that exists: no 31st of november.
    return FoundDate(start, end, found)


def find_times(words: Sequence[str], expected: bool = False) -> list[FoundTime]:
    """Times of day in a text, in order. Without ``expected`` a bare number counts only after "at" or the like."""
    found: list[FoundTime] = []
    at = 0
    while at < len(words):
        hit = time_at(words, at) if words[at] not in ".,;:!?$" else None
        if hit and not hit.marked:
            introduced = at > 0 and words[at - 1] in _BEFORE_A_TIME
            # "ten thirty" is a time wherever it stands, "the second one" never is
            introduced = introduced or (hit.end - hit.start > 1 and hit.minute > 0 and hit.minute % 5 == 0)
            fits = (hit.certain or 1 <= hit.hour <= 12) and not _is_pronoun(words, at)
            if not (fits and (introduced or expected)) or _counts_something(words, hit.end):
                hit = None
        if hit:
            hour = hit.hour
            if not hit.certain and 1 <= hour < OFFICE_HOURS[0]:
                hour += 12
            found.append(FoundTime(hit.start, hit.end, time(hour, hit.minute), hit.certain))
            at = hit.end
        else:
            run = run_at(words, at)
            at = run.end if run else at + 1
    return found


_BEFORE_A_TIME = frozenset({"at", "around", "about", "by", "for", "until", "till", "to", "from", "past", "make"})


def _is_pronoun(words: Sequence[str], at: int) -> bool:
    """ "that one", "the first one"."""
    before = words[at - 1] if at else ""
    return words[at] == "one" and (before in ("the", "that", "this", "which", "any", "no") or before in ORDINALS)


def _counts_something(words: Sequence[str], end: int) -> bool:
    return end < len(words) and words[end] in (
        *_UNITS_OF_TIME,
        "people",
        "minutes",
        "hours",
        "hour",
        "dollars",
        "visitors",
        *MONTHS,
    )


def say_time(moment: time, part_of_day: bool = False) -> str:
    """ "half past two", "ten fifteen", "nine o'clock", or with the part of the day "half past two in the
    afternoon"."""
    if (moment.hour, moment.minute) in ((12, 0), (0, 0)):
        return "noon" if moment.hour else "midnight"
    hour = moment.hour % 12 or 12
    if moment.minute == 0:
        words = say_cardinal(hour) + ("" if part_of_day else " o'clock")
    elif moment.minute == 30:
        words = f"half past {say_cardinal(hour)}"
    elif moment.minute < 10:
        words = f"{say_cardinal(hour)} oh {say_cardinal(moment.minute)}"
    else:
        words = f"{say_cardinal(hour)} {say_cardinal(moment.minute)}"
    if part_of_day:
        words += " in the " + ("morning" if moment.hour < 12 else "afternoon" if moment.hour < 18 else "evening")
    return words


def say_date(day: date, today: date) -> str:
    """ "today", "tomorrow, Monday", "Thursday, December third"."""
    weekday = day.strftime("%A")
    if day == today:
        return "today"
    if day == today + timedelta(1):
        return f"tomorrow, {weekday}"
    return f"{weekday}, {day.strftime('%B')} {say_ordinal(day.day)}"


def say_list(items: Sequence[str], word: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"
