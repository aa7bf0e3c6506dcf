"""Dates and times of day in a visitor's words, and how to say them.

What reads as a day stands in the table ``DAY_ROWS``, one row a rule (see ``grammar``). The functions behind the rows
settle what only a conversation knows: "the twelfth" is the next twelfth, today included; "next friday" is the one of
next week; a day that its month does not have, or that has passed, is refused rather than bent to another. A time of day
takes the half of the day from words before or after it ("tonight at eight", "eight on tuesday evening"); without any it
lies within the hours of an office.

Pure: the present moment is an argument.
"""

from __future__ import annotations

import bisect
import calendar
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from rapidfuzz import fuzz

from appliance.core.week import DAYS
from appliance.language.english import holidays
from appliance.language.english.numbers import (
    CARDINALS,
    FILLERS,
    ORDINALS,
    PARTS_OF_DAY,
    PAST_OR_TO,
    cardinal_at,
    duration_at,
    in_part_of_day,
    ordinal_at,
    run_at,
    say_cardinal,
    say_ordinal,
    time_at,
)
from appliance.language.english.tokens import tokens
from appliance.language.found import ClockTime, FoundDate, FoundTime, NamedDays, RefusedDate
from appliance.language.grammar import IMPOSSIBLE, Grammar, Row

MONTHS = tuple(name.lower() for name in calendar.month_name[1:])

OFFICE_HOURS = (7, 18)
"""hours between which an hour without "am" or "pm" lies: 7 to 11 in the morning, 12 to 6 after noon"""


# --- days ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Moment:
    """What the rows may ask: today, whether a date was asked for, the site's named days as tokens."""

    now: datetime
    expected: bool
    named: Mapping[tuple[str, ...], date] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.now.date()


@dataclass(frozen=True, slots=True)
class _Of:
    """A month of a year; without a year the next one that fits."""

    month: int
    year: int | None = None
    or_next: bool = False
    """whether the month after it is meant where its day is over: "the third of the month" """


_ANY_MONTH = _Of(0)

_LATELY = timedelta(92)
"""A day of this year that is over for no longer than this was not meant for the next year. In the middle of november
"the third of november" is over, and "the third of march" is to come. In january "the fifth of november" is to come as
well, since visitors who name no year mean a day of this one, or one ahead."""


def _shift(day: date, count: int, unit: str, sign: int = 1) -> date | None:
    count *= sign
    try:
        if unit == "day":
            return day + timedelta(count)
        if unit == "week":
            return day + timedelta(7 * count)
        if unit == "fortnight":
            return day + timedelta(14 * count)
        months = day.year * 12 + day.month - 1 + (count * 12 if unit == "year" else count)
        last = calendar.monthrange(months // 12, months % 12 + 1)[1]
        return date(months // 12, months % 12 + 1, min(day.day, last))
    except (OverflowError, ValueError, calendar.IllegalMonthError):
        return None


def _coming(today: date, weekday: int) -> date:
    """The next day of that name, today excluded. A visitor who means today says so."""
    return today + timedelta((weekday - today.weekday() - 1) % 7 + 1)


def _in_week(today: date, weekday: int, weeks: int) -> date:
    """That day of the week that begins on a Monday, ``weeks`` from this one."""
    return today - timedelta(today.weekday()) + timedelta(7 * weeks + weekday)


def _date_of(c: _Moment, day: int, of: _Of, weekday: int | None = None) -> Any:
    """The first such day from today on; with a weekday, the first that falls on it."""
    if of.year is not None:
        years_months = [(of.year, of.month), *_month_after(of)]
    elif of.month:
        years_months = [(c.today.year, of.month), (c.today.year + 1, of.month)]
    else:
        first = c.today.year * 12 + c.today.month - 1
        # Two months in a row may lack a day: none of them does.
        years_months = [(month // 12, month % 12 + 1) for month in range(first, first + 3)]
    if of.or_next and not 1 <= day <= calendar.monthrange(*years_months[0])[1]:
        return IMPOSSIBLE
    for year, month in years_months:
        if not 1 <= day <= calendar.monthrange(year, month)[1]:
            continue
        found = date(year, month, day)
        if weekday in (None, found.weekday()) and _can_be_meant(c, found, of):
            return found
    return IMPOSSIBLE


def _month_after(of: _Of) -> list[tuple[int, int]]:
    return [(of.year + of.month // 12, of.month % 12 + 1)] if of.year is not None and of.or_next else []


def _can_be_meant(c: _Moment, found: date, of: _Of) -> bool:
    """Whether a day is the first that fits its month; one that is over may be, so that it is refused."""
    if found >= c.today:
        return True
    if of.or_next or not of.month:
        return False
    return of.year is not None or (found.year == c.today.year and c.today - found <= _LATELY)


_WEEKEND = (5, 6)
_NEW_YEAR, _CHRISTMAS = (1, 1), (12, 25)


def _is_working_day(day: date) -> bool:
    return day.weekday() not in _WEEKEND and (day.month, day.day) not in (_NEW_YEAR, _CHRISTMAS)


def _nth_of_month(c: _Moment, nth: int, fits: Callable[[date], bool], of: _Of) -> Any:
    """The ``nth`` day of a month that fits, -1 the last."""
    if of.year is not None:
        years_months = [(of.year, of.month), *_month_after(of)]
    else:
        years_months = [(c.today.year, of.month), (c.today.year + 1, of.month)]
    for year, month in years_months:
        days = calendar.monthrange(year, month)[1]
        fitting = [day for day in (date(year, month, n) for n in range(1, days + 1)) if fits(day)]
        if not -len(fitting) <= nth - (nth > 0) < len(fitting):
            continue
        found = fitting[nth - (nth > 0)]
        if _can_be_meant(c, found, of):
            return found
    return IMPOSSIBLE


def _nth_weekday(c: _Moment, nth: int, weekday: int, of: _Of) -> Any:
    return _nth_of_month(c, nth, lambda day: day.weekday() == weekday, of)


def _nth_weekday_in(c: _Moment, month: int, nth: int, weekday: int) -> Any:
    return _nth_weekday(c, nth, weekday, _Of(month))


def _nth_weekday_of_year(c: _Moment, nth: int, weekday: int, year: int) -> Any:
    return _nth_weekday(c, nth, weekday, _Of(1 if nth > 0 else 12, year))


def _day_of_year(c: _Moment, nth: int, year: int) -> Any:
    return _day_of_month(c, nth, _Of(1 if nth > 0 else 12, year))


def _nth_working_day(c: _Moment, nth: int, of: _Of) -> Any:
    return _nth_of_month(c, nth, _is_working_day, of)


def _working_day_from(day: date, count: int) -> date:
    """So many working days after a day, or before it."""
    step = timedelta(1 if count > 0 else -1)
    while count:
        day += step
        count -= step.days * _is_working_day(day)
    return day


def _any_weekday(c: _Moment, weekday: int, of: _Of) -> Any:
    """The first such weekday of a month that is not over."""
    return _nth_of_month(c, 1, lambda day: day.weekday() == weekday and day >= c.today, of)


def _before(day: date, weekday: int) -> date:
    return day - timedelta((day.weekday() - weekday - 1) % 7 + 1)


def _nearest(day: date, weekday: int) -> date:
    ahead = (weekday - day.weekday()) % 7
    return day + timedelta(ahead if ahead <= 3 else ahead - 7)


def _in_that_week(day: date | None, weekday: int) -> date | None:
    return _in_week(day, weekday, 0) if day else None


def _nth_of_nth(day: int, month: int) -> tuple[int, _Of] | None:
    return (day, _Of(month)) if 1 <= month <= 12 else None


def _holiday(c: _Moment, day: holidays.DayOfYear, year: int | None) -> date:
    return day(year) if year is not None else holidays.coming(day, c.today)


def _last_holiday(c: _Moment, day: holidays.DayOfYear) -> date:
    this_year = day(c.today.year)
    return this_year if this_year < c.today else day(c.today.year - 1)


def _day_of_christmas(c: _Moment, nth: int) -> Any:
    """ "The second day of christmas", which some keep as a holiday."""
    return _date_of(c, 24 + nth, _Of(12)) if nth <= 2 else IMPOSSIBLE


def _day_of_month(c: _Moment, nth: int, of: _Of) -> Any:
    """The first or last day of a month, or the last but one (-2)."""
    return _nth_of_month(c, nth, lambda day: True, of)


def _month_from_now(c: _Moment, months: int, or_next: bool = False) -> _Of:
    at = c.today.year * 12 + c.today.month - 1 + months
    return _Of(at % 12 + 1, at // 12, or_next)


def _coming_month(c: _Moment, month: int) -> _Of:
    """ "Next january", "this coming december"."""
    return _Of(month, c.today.year + (month < c.today.month))


def _written(c: _Moment, weekday: int, day: date) -> Any:
    return day if day.weekday() == weekday else IMPOSSIBLE


def _weeks(count: int) -> Callable[[_Moment, int], date]:
    return lambda c, weekday: _in_week(c.today, weekday, count)


DAY_ROWS: tuple[Row, ...] = (
    # --- from today
    ("day", "later? today|today's", lambda c: c.today),
    ("day", "tonight", lambda c: c.today),
    ("day", "this morning|afternoon|evening", lambda c: c.today),
    ("day", "tomorrow|tomorrow's|tommorow|tommorrow|tomorow|tmrw", lambda c: c.today + timedelta(1)),
    ("day", "the? day before yesterday", lambda c: c.today - timedelta(2)),
    ("day", "yesterday", lambda c: c.today - timedelta(1)),
    ("day", "last night", lambda c: c.today - timedelta(1)),
    ("day", "last|past <weekday>", lambda c, weekday: _before(c.today, weekday)),
    # --- an offset and an anchor
    ("day", "in <count> <unit> time?", lambda c, count, unit: _shift(c.today, count, unit)),
    ("day", "<count> <unit> time", lambda c, count, unit: _shift(c.today, count, unit)),
    ("day", "<count> <unit> from now|here", lambda c, count, unit: _shift(c.today, count, unit)),
    ("day", "in <count> <workday> time?", lambda c, count, _: _working_day_from(c.today, count)),
    ("day", "<count> <workday> from now|today", lambda c, count, _: _working_day_from(c.today, count)),
    ("day", "<count> <unit> hence", lambda c, count, unit: _shift(c.today, count, unit)),
    ("day", "<count> <unit> ago", lambda c, count, unit: _shift(c.today, count, unit, -1)),
    ("day", "<count> <unit> from|after|following <day>", lambda c, count, unit, day: _shift(day, count, unit)),
    ("day", "<count> <unit> before <day>", lambda c, count, unit, day: _shift(day, count, unit, -1)),
    ("day", "the? day after|following <day>", lambda c, day: day + timedelta(1)),
    ("day", "the? day|night|evening before <day>", lambda c, day: day - timedelta(1)),
    ("day", "the? eve of <day>", lambda c, day: day - timedelta(1)),
    ("day", "<day> <count> <unit> later", lambda c, day, count, unit: _shift(day, count, unit)),
    ("day", "<day> <count> <unit> earlier", lambda c, day, count, unit: _shift(day, count, unit, -1)),
    ("day", "<count> <weeks> on <weekday>", lambda c, n, unit, weekday: _shift(_coming(c.today, weekday), n, unit)),
    ("day", "<count> <weeks> <weekday>", lambda c, n, unit, weekday: _shift(_coming(c.today, weekday), n, unit)),
    ("day", "<count> <weeks> today", lambda c, count, unit: _shift(c.today, count, unit)),
    ("day", "<count> <weeks> tomorrow", lambda c, count, unit: _shift(c.today + timedelta(1), count, unit)),
    # "in two weeks on tuesday" is a day of that week; "two weeks on tuesday" counts from tuesday
    (
        "day",
        "in <count> <weeks> time? ,? on? a|the? <weekday>",
        lambda c, n, unit, weekday: _in_that_week(_shift(c.today, n, unit), weekday),
    ),
    (
        "day",
        "the? <weekday> <count> <weeks> from now|today",
        lambda c, weekday, n, unit: _in_that_week(_shift(c.today, n, unit), weekday),
    ),
    ("day", "<day> <single>", lambda c, day, unit: _shift(day, 1, unit)),
    ("day", "<day> in <count> <unit> time?", lambda c, day, count, unit: _shift(day, count, unit)),
    ("day", "<day> ,? <weekday>", lambda c, day, weekday: day if day.weekday() == weekday else None),
    # --- weekdays
    ("day", "<count> <weekday> from now", lambda c, n, weekday: _coming(c.today, weekday) + timedelta(7 * (n - 1))),
    ("day", "this|same time|day next week", lambda c: c.today + timedelta(7)),
    ("day", "the? <weekday> before last", lambda c, day: _before(c.today, day) - timedelta(7)),
    ("day", "<weekday>", lambda c, weekday: _coming(c.today, weekday)),
    ("day", "the? this? coming <weekday>", lambda c, weekday: _coming(c.today, weekday)),
    ("day", "this <weekday>", lambda c, weekday: _coming(c.today, weekday)),
    ("day", "the? next <weekday>", _weeks(1)),
    ("day", "the? first available|free|possible|open <weekday>", lambda c, weekday: _coming(c.today, weekday)),
    ("day", "the? first <weekday> available|free|possible|open|you|that", lambda c, weekday: _coming(c.today, weekday)),
    ("day", "the? <weekday> <part>? of|in? last week", lambda c, weekday, part: _in_week(c.today, weekday, -1)),
    ("day", "last week on? a|the? <weekday>", _weeks(-1)),
    ("day", "the? next <workday>", lambda c, _: _working_day_from(c.today, 1)),
    ("day", "the? <weekday> after next", _weeks(2)),
    ("day", "the? <weekday> <part>? of|in|on? this week", lambda c, weekday, part: _in_week(c.today, weekday, 0)),
    (
        "day",
        "the? <weekday> <part>? of|in? the? next|following week",
        lambda c, weekday, part: _in_week(c.today, weekday, 1),
    ),
    ("day", "the? <weekday> of|in? the? week after next", _weeks(2)),
    ("day", "this week on? a|the? <weekday>", _weeks(0)),
    ("day", "next week on? a|the? <weekday>", _weeks(1)),
    ("day", "the week after on? <weekday>", _weeks(1)),
    ("day", "the? week after next on? a|the? <weekday>", _weeks(2)),
    (
        "day",
        "<weekday> ,? but? not this|that|the coming|next? one",
        lambda c, weekday: _coming(c.today, weekday) + timedelta(7),
    ),
    ("day", "the? <weekday> after this one?", lambda c, weekday: _coming(c.today, weekday) + timedelta(7)),
    ("day", "the next? <weekday> after|following <day>", lambda c, weekday, day: _coming(day, weekday)),
    ("day", "next? <weekday> after|following <fixed>", lambda c, weekday, day: _coming(day, weekday)),
    (
        "day",
        "the? <nth> <weekday> after|following|from <day>",
        lambda c, nth, weekday, day: _coming(day, weekday) + timedelta(7 * (nth - 1)),
    ),
    ("day", "the last|final? <weekday> before <day>", lambda c, weekday, day: _before(day, weekday)),
    ("day", "last|final? <weekday> before <fixed>", lambda c, weekday, day: _before(day, weekday)),
    ("day", "the? closest|nearest <weekday> to <day>", lambda c, weekday, day: _nearest(day, weekday)),
    ("day", "the? <weekday> closest|nearest to <day>", lambda c, weekday, day: _nearest(day, weekday)),
    (
        "day",
        "<count> <weekday> after|from <fixed>",
        lambda c, n, weekday, day: _coming(day, weekday) + timedelta(7 * (n - 1)),
    ),
    ("day", "the? <weekday> but one", lambda c, weekday: _coming(c.today, weekday) + timedelta(7)),
    (
        "day",
        "the? <weekday> <count> <weeks> before <fixed>",
        lambda c, weekday, n, unit, day: _in_that_week(_shift(day, n, unit, -1), weekday),
    ),
    (
        "day",
        "the? <weekday> <count> <weeks> after <fixed>",
        lambda c, weekday, n, unit, day: _in_that_week(_shift(day, n, unit), weekday),
    ),
    ("fixed", "<dated>", lambda c, dated: _date_of(c, dated[0], dated[1])),
    ("fixed", "<holiday> ,? of|in? <year>?", _holiday),
    ("fixed", "<named>", lambda c, day: day),
    ("day", "the? next <workday> after|following <day>", lambda c, _, day: _working_day_from(day, 1)),
    ("day", "the? <nth> <workday> after|following <day>", lambda c, nth, _, day: _working_day_from(day, nth)),
    ("day", "the? last|final? <workday> before <day>", lambda c, _, day: _working_day_from(day, -1)),
    ("day", "in|on? the? week of <day> ,? on? a|the? <weekday>", lambda c, day, weekday: _in_week(day, weekday, 0)),
    ("day", "in|on? the? week after|following <day> ,? on? a|the? <weekday>", lambda c, day, at: _in_week(day, at, 1)),
    ("day", "the? <weekday> of|in the week after <day>", lambda c, weekday, day: _in_week(day, weekday, 1)),
    ("day", "the? <weekday> of|in the week of <day>", lambda c, weekday, day: _in_week(day, weekday, 0)),
    # --- days of a month
    ("day", "<dated>", lambda c, dated: _date_of(c, dated[0], dated[1])),
    (
        "day",
        "this|next? <weekday> <part>? ,? on? <dated>",
        lambda c, weekday, part, dated: _date_of(c, dated[0], dated[1], weekday),
    ),
    ("day", "<written>", lambda c, day: day),
    ("day", "<weekday> ,? <written>", _written),
    ("day", "the? very? <place> <weekday> of|in <month_of>", _nth_weekday),
    ("day", "in? <month> ,? on? the? very? <place> <weekday>", _nth_weekday_in),
    ("day", "a|an|any|some <weekday> of|in <month_of>", _any_weekday),
    ("day", "a|any|some? <weekday> <relative_month>", _any_weekday),
    ("day", "<relative_month> ,? on? a|any|some? <weekday>", lambda c, of, weekday: _any_weekday(c, weekday, of)),
    ("day", "the? very? <place> <workday> of|in <month_of>", lambda c, nth, _, of: _nth_working_day(c, nth, of)),
    ("day", "the? very? <place> day of|in <month_of>", _day_of_month),
    ("day", "the? very? <place> <weekday> of|in <whole_year>", _nth_weekday_of_year),
    ("day", "the? very? <place> day of|in <whole_year>", _day_of_year),
    # --- days with a name
    ("day", "<named>", lambda c, day: day),
    ("day", "this|next|coming? <holiday> ,? of|in? <year>?", _holiday),
    ("day", "last <holiday>", _last_holiday),
    ("day", "<weekday> ,? <holiday>", lambda c, weekday, day: _written(c, weekday, holidays.coming(day, c.today))),
    ("day", "the? <weekday> of|in? <holiday_week>", lambda c, weekday, day: _in_week(day, weekday, 0)),
    ("day", "<holiday_week> ,? on? <weekday>", lambda c, day, weekday: _in_week(day, weekday, 0)),
    ("day", "the? <nth> day of christmas", _day_of_christmas),
    # --- which of several
    ("place", "<nth>", lambda c, nth: nth),
    ("place", "last|final", lambda c: -1),
    ("place", "last but one", lambda c: -2),
    ("place", "second|next to last", lambda c: -2),
    ("place", "second last", lambda c: -2),
    ("place", "penultimate", lambda c: -2),
    ("place", "third to last", lambda c: -3),
    ("workday", "working|business|work day|days", lambda c: "workday"),
    ("workday", "weekday|weekdays", lambda c: "workday"),
    # --- a day and its month
    ("dated", "<month> the? <nth> ,? of|in? <year>?", lambda c, month, day, year: (day, _Of(month, year))),
    ("dated", "<month> <number> ,? of|in? <year>?", lambda c, month, day, year: (day, _Of(month, year))),
    ("dated", "the? <nth> of? <month> ,? of|in? <year>?", lambda c, day, month, year: (day, _Of(month, year))),
    ("dated", "<number> of? <month> ,? of|in? <year>?", lambda c, day, month, year: (day, _Of(month, year))),
    ("dated", "the? <nth> of? <relative_month>", lambda c, day, of: (day, of)),
    ("dated", "<relative_month> ,? on? the <nth>", lambda c, of, day: (day, of)),
    ("dated", "the? <nth> of the <nth>", lambda c, day, month: _nth_of_nth(day, month)),
    ("dated", "<month> the <number>", lambda c, month, day: (day, _Of(month))),
    ("dated", "in? <month> ,? on the <nth>", lambda c, month, day: (day, _Of(month))),
    ("dated", "in <month> ,? the <nth>", lambda c, month, day: (day, _Of(month))),
    ("dated", "the <alone>", lambda c, day: (day, _ANY_MONTH)),
    ("dated", "<preceded>", lambda c, day: (day, _ANY_MONTH)),
    ("whole_year", "the|this year", lambda c: c.today.year),
    ("whole_year", "next year", lambda c: c.today.year + 1),
    # --- a month
    ("month_of", "<month> ,? of|in? <year>?", lambda c, month, year: _Of(month, year)),
    ("month_of", "<relative_month>", lambda c, of: of),
    ("month_of", "the? new year", lambda c: _Of(1, c.today.year + (c.today.month > 1))),
    ("relative_month", "the month", lambda c: _month_from_now(c, 0, True)),
    ("relative_month", "this month", lambda c: _month_from_now(c, 0)),
    ("relative_month", "next month", lambda c: _month_from_now(c, 1)),
    ("relative_month", "last month", lambda c: _month_from_now(c, -1)),
    ("relative_month", "the? month after next", lambda c: _month_from_now(c, 2)),
    ("relative_month", "next|coming <month>", lambda c, month: _coming_month(c, month)),
    ("relative_month", "this coming? <month>", lambda c, month: _coming_month(c, month)),
    # --- what names no day, and holds the name of one
    (
        "vague",
        "in|during? the? <place>? week|weekend|half|part of|in <month_of> ,? on? a|the? <weekday>?",
        lambda *_: True,
    ),
    ("vague", "the? <weekday> ,? of|in? the <place> week of|in <month_of>", lambda *_: True),
    ("vague", "in|during? the? weeks|weekend|time|period before|after|of|around|following <day>", lambda *_: True),
    ("vague", "in|during? the? week before|of|around|following <day>", lambda *_: True),
    ("vague", "in|during? the? week|month after|following <fixed>", lambda *_: True),
    ("vague", "the? <weekday> around|near <day>", lambda *_: True),
    ("vague", "<holiday> <weekday>", lambda *_: True),
    ("vague", "between <holiday> and the? <holiday>", lambda *_: True),
    ("vague", "between <holiday> and the? new year", lambda *_: True),
    ("vague", "between <named> and the? new year", lambda *_: True),
    ("vague", "between <named> and the? <named>", lambda *_: True),
    ("vague", "the? <place> <weekday>", lambda c, place, weekday: place in (-1, -2, -3, 2, 3, 4, 5) or None),
    # only where nothing more is said of the day
    ("open", "the? first <weekday>", lambda *_: True),
    ("open", "the <weekday> after|before|following that|it?", lambda *_: True),
)
"""How a day is said."""


_UNITS = {
    **dict.fromkeys(("day", "days", "day's"), "day"),
    **dict.fromkeys(("week", "weeks", "week's"), "week"),
    **dict.fromkeys(("fortnight", "fortnights", "fortnight's"), "fortnight"),
    **dict.fromkeys(("month", "months", "month's"), "month"),
    **dict.fromkeys(("year", "years", "year's"), "year"),
}
_MOST = 1000
"""most units that a visitor may count; a larger number is no offset"""


def _read_unit(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, str]]:
    if words[at] in _UNITS:
        yield at + 1, _UNITS[words[at]]


def _read_weeks(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, str]]:
    """Units that a weekday may follow: "two weeks on friday"."""
    if _UNITS.get(words[at]) in ("week", "fortnight", "month"):
        yield at + 1, _UNITS[words[at]]


def _read_single(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, str]]:
    """ "friday week", "thursday fortnight"."""
    if words[at] in ("week", "fortnight"):
        yield at + 1, words[at]


def _read_count(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, int]]:
    """ "two", "a", "about ten", "a couple of", "another two"."""
    while at < len(words) - 1 and words[at] in ("about", "around", "another", "exactly", "roughly"):
        at += 1
    if words[at] in ("a", "an", "one") and words[at + 1 : at + 2] != ["hundred"]:
        end = at + 1
        if words[end : end + 1] == ["couple"]:
            yield end + 1 + (words[end + 1 : end + 2] == ["of"]), 2
            return
        yield end, 1
        return
    number = cardinal_at(words, at)
    if number and number[1] <= _MOST:
        # "in twelve more days"
        yield number[0] + (words[number[0] : number[0] + 1] == ["more"]), number[1]


_SHORT_DAYS = {
    **{name[:3]: n for n, name in enumerate(DAYS)},
    **{"tues": 1, "weds": 2, "thur": 3, "thurs": 3},
}
_ALSO_WORDS = frozenset({"wed", "sat", "sun"})
"""short weekdays that are words too, and count only where a day was asked for"""
_NO_WEEKDAY = frozenset(
    {"today", "someday", "midday", "weekday", "weekdays", "weekend", "sundry", "first", "third", "month", "thirty"}
)
_MISHEARD = 75
"""likeness, of 100, from which a word may be a weekday: "thirsty" and "wensday", but not "today" """


def _read_weekday(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, int]]:
    """Monday is 0."""
    word = words[at].removesuffix("'s")
    for n, name in enumerate(DAYS):
        if word == name or word == f"{name}s":
            yield at + 1, n
            return
    if word in _SHORT_DAYS and (c.expected or word not in _ALSO_WORDS):
        yield at + 1 + (words[at + 1 : at + 2] == ["."]), _SHORT_DAYS[word]
    elif c.expected and len(word) >= 5 and word not in _NO_WEEKDAY and word not in ORDINALS:
        ratios = [fuzz.ratio(word, name) for name in DAYS]
        best = max(ratios)
        if best >= _MISHEARD and ratios.count(best) == 1:
            yield at + 1, ratios.index(best)


_SHORT_MONTHS = {name[:3]: n for n, name in enumerate(MONTHS, 1) if name != "may"} | {"sept": 9}


_AFTER_A_MODAL = frozenset({"be", "not", "have", "work", "suit"})


def _read_month(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, int]]:
    word = words[at].removesuffix("'s")
    if word == "may" and words[at + 1 : at + 2] and words[at + 1] in _AFTER_A_MODAL:
        # "The fourth may be good"
        return
    if word in MONTHS:
        yield at + 1, MONTHS.index(word) + 1
    elif word in _SHORT_MONTHS:
        yield at + 1 + (words[at + 1 : at + 2] == ["."]), _SHORT_MONTHS[word]


def _read_nth(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, int]]:
    nth = ordinal_at(words, at)
    if nth:
        yield nth


def _read_number(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, int]]:
    """A day of the month as a plain number, beside its month: "december 5", "twenty second" is read elsewhere. After
    "may" words do not count: "may two people visit"."""
    number = cardinal_at(words, at)
    if number is None or number[1] > 99 or (words[at - 1 : at] == ["may"] and not words[at].isdecimal()):
        return
    # "Two may come", "four march in"
    follows = words[number[0]] if number[0] < len(words) else ""
    if follows in ("may", "march") and not words[at].isdecimal():
        return
    if ordinal_at(words, at) is None:
        yield number


_MAY_FOLLOW = frozenset(
    """at for in on if please with would is was works work then around about or and but i i'd i'll i'm we thanks thank
    no not sorry that that's to from by between when can could will may until till before after half quarter noon midday
    maybe perhaps okay ok yes it the a as well because so there they do does what how who you my just any is it's
    instead hopefully ideally oh uh um er early late sounds suits looks seems fits should""".split()
)
"""Words that may follow "the third" where a day is meant; what else follows is what there are three of."""
_NEVER_FOLLOW = frozenset(
    """floor one ones time option of ward appointment door person thing things available possible free slot choice week
    day weekend thought opinion half quarter hour visit name class come""".split()
)


_CAN_BE_HAD = frozenset({"available", "possible", "free"})


def _read_alone(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, int]]:
    """A day of the month with no month beside it."""
    nth = ordinal_at(words, at)
    if nth is None:
        return
    end, day = nth
    if words[at - 1 : at] == ["a"]:
        # "wait a second"
        return
    if not c.expected and _may_be_a_name(words, at, day):
        return
    follows = words[end] if end < len(words) else ""
    number = bool(follows) and (follows[0].isdigit() or follows in CARDINALS)
    free = not follows or not follows[0].isalnum() or follows in _MAY_FOLLOW or follows in PARTS_OF_DAY or number
    # "Second helpings" is no day, though one may have been asked for.
    pointed = words[at - 1 : at] in (["the"], ["on"], ["for"]) or words[at][0].isdigit()
    if follows in _CAN_BE_HAD and day > max(_OF_A_NAME) and words[at - 1 : at] == ["the"]:
        # "Is the twenty sixth possible"; "the first possible" is no day.
        free = True
    elif follows in _NEVER_FOLLOW:
        return
    if not (free or (c.expected and pointed)) or (day > 31 and not c.expected):
        return
    yield end, day


_OF_A_NAME = (1, 2, 3, 4)
"""places that stand behind the name of a son or grandson, or behind a part of a name: "john smith the third", "baker is
the last name tom the first" """
_BEFORE_AN_ORDINAL = frozenset(
    """on for by from until till to at about around before after or and but is it's that's not maybe perhaps say of in
    with me us you it him her them then please no yes yeah okay ok sorry um uh oh well actually rather instead make move
    change have has be do come comes go visit see meet book booking appointment appointments reservation one free
    available open there here in day date time day's afternoon morning evening noon pm am oclock o'clock again next i
    """.split()
)
"""words before "the third" where a day is meant though none was asked for; others may be a name"""


def _may_be_a_name(words: Sequence[str], at: int, day: int) -> bool:
    """Whether "the third" stands behind what may be a name."""
    before = words[at - 2] if at > 1 and words[at - 1] == "the" else ""
    if day not in _OF_A_NAME or not before[:1].isalpha():
        return False
    return not (before in _BEFORE_AN_ORDINAL or before in DAYS or before in _BEGIN_WORDS or before in CARDINALS)


def _read_preceded(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, int]]:
    """ "third" where a date was asked for, "on 18th"."""
    if _is_beforehand(words, at):
        return
    if c.expected or (words[at - 1 : at] in (["on"], ["for"]) and words[at][0].isdigit()):
        yield from _read_alone(words, at, c)


_BEFORE_FIRST = frozenset("on for by the from until till to say maybe perhaps um uh oh well yes okay ok or and".split())
_BEHIND_BEFOREHAND = frozenset(
    """i i'd i'll i'm we you he she they my let let's can could may what how who where when which why tell do does is
    are a an the there please""".split()
)


def _is_beforehand(words: Sequence[str], at: int) -> bool:
    """Whether "first" names no day: "i have a question first", "first tell me where it is"."""
    if words[at] != "first":
        return False
    if at and words[at - 1] not in _BEFORE_FIRST and words[at - 1] not in DAYS:
        return True
    return not at and words[at + 1 : at + 2] != [] and words[at + 1] in _BEHIND_BEFOREHAND and len(words) > 3


_YEARS_BESIDE = {"last": -1, "this": 0, "next": 1}


def _read_year(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, int]]:
    """ "2028", "twenty twenty eight", "two thousand and twenty eight", "nineteen eighty", "next year"."""
    if words[at] in _YEARS_BESIDE and words[at + 1 : at + 2] == ["year"]:
        yield at + 2, c.today.year + _YEARS_BESIDE[words[at]]
    run = run_at(words, at)
    if run and not run.clock and not run.decimal and len(run.digits) == 4 and "1900" <= run.digits <= "2199":
        whole = cardinal_at(words, at)
        # "2028 10" and "twenty twenty eight ten" are a year and something else.
        yield run.end, int(run.digits)
        if whole and whole[0] != run.end:
            return
    elif run:
        for end in range(run.start + 1, min(run.end, run.start + 4)):
            short = run_at(words[at:end], 0)
            if short and at + short.end == end and len(short.digits) == 4 and "1900" <= short.digits <= "2199":
                yield end, int(short.digits)


def _read_written(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, Any]]:
    """ "2026-12-25", "12/25/2026", "25.12.2026", "11/30"; the month first with slashes, as in the USA, unless it
    cannot be."""
    word = words[at]
    if not word[0].isdigit():
        return
    for mark in "-/.":
        parts = word.split(mark)
        if all(part.isdecimal() and len(part) <= 4 for part in parts) and 2 <= len(parts) <= 3:
            break
    else:
        return
    numbers = [int(part) for part in parts]
    if len(parts[0]) == 4 and len(parts) == 3:
        year, month, day = numbers
    elif len(parts) == 2 and mark == "/":
        month, day = numbers
        year = 0
    elif len(parts) == 3 and len(parts[2]) in (2, 4) and mark in "/.":
        month, day = (numbers[0], numbers[1]) if mark == "/" else (numbers[1], numbers[0])
        year = numbers[2] + (2000 if len(parts[2]) == 2 else 0)
    else:
        return
    if month > 12 >= day:
        month, day = day, month
    if not 1 <= month <= 12:
        return
    yield at + 1, _date_of(c, day, _Of(month, year or None))


def _read_named(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, date]]:
    for name, day in c.named.items():
        if tuple(words[at : at + len(name)]) == name:
            yield at + len(name), day


def _read_holiday(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, holidays.DayOfYear]]:
    yield from holidays.holidays_at(words, at)


def _read_holiday_week(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, date]]:
    """ "Thanksgiving week"."""
    for end, day in holidays.names_at(words, at):
        if words[end : end + 1] in (["week"], ["weekend"]):
            yield end + 1, holidays.coming(day, c.today)


def _read_part(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, str]]:
    if words[at] in PARTS_OF_DAY:
        yield at + 1, words[at]


_DAYS = Grammar(
    DAY_ROWS,
    {
        "unit": _read_unit,
        "weeks": _read_weeks,
        "single": _read_single,
        "count": _read_count,
        "weekday": _read_weekday,
        "month": _read_month,
        "nth": _read_nth,
        "number": _read_number,
        "alone": _read_alone,
        "preceded": _read_preceded,
        "year": _read_year,
        "written": _read_written,
        "named": _read_named,
        "holiday": _read_holiday,
        "holiday_week": _read_holiday_week,
        "part": _read_part,
    },
)


def find_dates(
    words: Sequence[str], now: datetime, expected: bool = False, named: NamedDays | None = None
) -> list[FoundDate]:
    """Dates in a text (see ``tokens``), in order, none of them over. ``expected``: a date was just asked for,
    so half a hint such as "third" or a misheard weekday is enough. ``named``: days that the site calls by name."""
    return [hit for hit in scan_dates(words, now, expected, named) if isinstance(hit, FoundDate)]


def day_of(text: str, now: datetime, only_holiday: bool = False) -> date | None:
    """The day that a text names, over or not; None where it names none, or says anything besides."""
    words = tokens(text)
    if not words or (only_holiday and not any(end == len(words) for end, _ in holidays.holidays_at(words, 0))):
        return None
    hit = _DAYS.match("day", words, 0, _Moment(now, False))
    return hit[1] if hit and hit[0] == len(words) and isinstance(hit[1], date) else None


def scan_dates(
    words: Sequence[str], now: datetime, expected: bool = False, named: NamedDays | None = None
) -> list[FoundDate | RefusedDate]:
    """Every day that is named in a text, in order."""
    names = {tuple(tokens(name)): day for name, day in (named or {}).items() if name.strip()}
    moment = _Moment(now, expected, names)
    found: list[FoundDate | RefusedDate] = []
    at = 0
    while at < len(words):
        hit = _DAYS.match("day", words, at, moment) if _may_begin(words[at], moment) else None
        if later := _in_hours(words, at, moment):
            found.append(later)
            at = later.end
        elif (end := _end_of_no_day(words, at, moment)) > (hit[0] if hit else at):
            at = end
        elif hit:
            end, day = hit
            if day is IMPOSSIBLE:
                found.append(RefusedDate(at, end, "no such day"))
            elif day < now.date():
                found.append(RefusedDate(at, end, "over"))
            else:
                found.append(FoundDate(at, end, day))
            at = end
        else:
            # The tail of a number is no number: "thirty first" is never "first".
            whole = ordinal_at(words, at) or cardinal_at(words, at)
            at = whole[0] if whole else at + 1
    return found


def _end_of_no_day(words: Sequence[str], at: int, moment: _Moment) -> int:
    """The end of words that name a day, and not the day that is meant: "the weekend after christmas"; ``at`` for none.
    Rather no day than a wrong one."""
    if (
        words[at] not in _BEFORE_NO_DAY
        and words[at] not in ORDINALS
        and words[at] not in DAYS
        and not holidays.begins(words[at])
    ):
        return at
    vague = _DAYS.match("vague", words, at, moment)
    left_open = _DAYS.match("open", words, at, moment)
    if left_open and not (left_open[0] == len(words) or words[left_open[0]] in _SAYS_NO_MORE):
        left_open = None
    return max(hit[0] if hit else at for hit in (vague, left_open))


_BEFORE_NO_DAY = frozenset(
    "in during the month between last final second next third penultimate week weeks weekend time period".split()
)
_SAYS_NO_MORE = frozenset({"please", ".", ",", "?", "!"})

_LEAST_MINUTES = 60
"""fewest minutes of a stretch of time that tells the day: "in five minutes" is said of other things too"""


def _in_hours(words: Sequence[str], at: int, moment: _Moment) -> FoundDate | None:
    """The day that "in two hours" or "an hour from now" leads to. Its words are those around the stretch of time, which
    may be a time of day as well."""
    ahead = words[at] == "in"
    stretch = duration_at(words, at + ahead) if at + ahead < len(words) else None
    if stretch is None or not (ahead or words[stretch[0] : stretch[0] + 2] == ["from", "now"]):
        return None
    end, minutes = stretch
    if minutes < _LEAST_MINUTES and not moment.expected:
        return None
    day = (moment.now + timedelta(minutes=minutes)).date()
    if minutes >= _MOST_MINUTES:
        return FoundDate(at, end if ahead else end + 2, day)
    return FoundDate(at, at + 1, day) if ahead else FoundDate(end, end + 2, day)


_BEGIN_WORDS = frozenset(
    """today today's tonight tomorrow tomorrow's tommorow tommorrow tomorow tmrw yesterday this later last past in next
    the eve day night evening week coming same a an any some one about around another exactly roughly first final very
    penultimate end""".split()
)


def _may_begin(word: str, moment: _Moment) -> bool:
    """Whether a day can begin with the word. For most words the rows need not be tried."""
    return (
        word in _BEGIN_WORDS
        or word in CARDINALS
        or word in ORDINALS
        or word[0].isdigit()
        or word[:3] in _SHORT_DAYS
        or word[:3] in _SHORT_MONTHS
        or word.startswith("may")
        or (moment.expected and len(word) >= 5 and any(fuzz.ratio(word, name) >= _MISHEARD for name in DAYS))
        or any(name[0] == word for name in moment.named)
        or holidays.begins(word)
    )


# --- times of day -------------------------------------------------------------------------------------------------


def find_times(words: Sequence[str], expected: bool = False, now: datetime | None = None) -> list[FoundTime]:
    """Times of day in a text, in order. Without ``expected`` a bare number counts only after "at" or the like. With
    ``now``, "in two hours" is a time as well."""
    taken = _no_times(words, now)
    parts = _parts_of_day(words)
    found: list[FoundTime] = []
    hits: list[ClockTime] = []
    at = 0
    while at < len(words):
        if at in taken:
            end, moment = taken[at]
            if moment:
                found.append(FoundTime(at, end, moment, True))
            at = end
            continue
        hit = time_at(words, at)
        if hit and not hit.marked:
            introduced = at > 0 and words[at - 1] in _BEFORE_A_TIME
            counts = _counts(words, at, hit.end)
            # "ten thirty" is a time wherever it stands, "the second one" never is
            several = hit.end - hit.start > 1 and "and" not in words[hit.start : hit.end]
            introduced = introduced or (several and hit.minute > 0 and hit.minute % 5 == 0)
            introduced = introduced or (hit.certain and hit.hour > 12 and words[hit.end - 1] == "hundred")
            fits = (hit.certain or 1 <= hit.hour <= 12) and not _is_thing(words, at)
            if hits and words[at] == "one" and hits[-1].end == at and words[hits[-1].start - 1] in ("the", "that"):
                # "The five pm one" is that of five.
                fits = False
            if not introduced or words[at - 1] in _BEFORE_A_COUNT:
                # Who asked for a time hears "five stars" all the same.
                fits = fits and (several or not counts)
            if not (fits and (introduced or expected or _beside_a_part(hit, parts, words))):
                hit = None
        if hit:
            hits.append(hit)
            at = hit.end
        else:
            run = run_at(words, at)
            at = run.end if run else at + 1
    # "For four at half past eight": four is how many.
    counted = [hit for hit in hits if hit.marked or words[hit.start - 1 : hit.start] not in (["for"], ["to"])]
    hits = counted or hits
    for n, hit in enumerate(hits):
        part = None if hit.certain else _part_for(hits, n, parts, words)
        hour = hit.hour
        if part:
            hour = in_part_of_day(hour, part)
        elif not hit.certain and 1 <= hour < OFFICE_HOURS[0]:
            hour += 12
        found.append(FoundTime(hit.start, hit.end, time(hour, hit.minute), hit.certain or part is not None))
    return sorted(found, key=lambda time_found: time_found.start)


_BEFORE_A_TIME = frozenset(
    {"at", "around", "about", "by", "for", "until", "till", "to", "from", "past", "make", "before"}
)
_BEFORE_A_TIME |= {"after", "between"}
_BEFORE_A_COUNT = frozenset({"for", "to", "make", "about"})
"""those of them that stand before what is counted as well: "make two appointments" """
_BEHIND_A_TIME = frozenset(
    """. , ; : ! ? - / please then no nope not yes yeah okay ok at in on that this these those it and but or nor if as
    is isn't isnt are aren't was would wouldn't will won't can can't cannot could couldn't may might shall should do
    does doesn't don't did didn't be been work works working suit suits sound sounds seem seems look looks fit fits for
    with instead rather maybe perhaps possibly probably preferably thanks thank cheers fine good great perfect best
    better ideal alright all right sure sharp ish exactly roughly approximately today tonight tomorrow
    morning mornings afternoon afternoons evening evenings night am pm oclock because since cause so when where while
    until till to by from through around about after before or i i'd i'll i'm i've we we'd we'll we're you
    you're it's its that's there there's he she they my our your the a an too also either though actually really
    sorry wait um uh er erm oh well hmm mm let's let say said just only again now how what why
    doctor dr have has had like want prefer book take make give put change move keep both half quarter past hundred
    sir madam correct onwards sometime anytime any""".split()
)
"""words that may go on behind a bare number that is a time of day; behind any other word it counts something"""
_COUNTED_BEFORE = frozenset({("we", "are"), ("there", "are"), ("they", "are"), ("us", "are"), ("will", "be")})
_WE_ARE = frozenset({"we're", "they're", "we'll", "my", "your", "his", "all", "these", "those", "both", "top", "other"})


def _counts(words: Sequence[str], start: int, end: int) -> bool:
    """Whether a bare number counts something: "two steps back", "we are four". Only words that go with a time of day
    may stand beside one."""
    if "enough" in words[end : end + 4] or tuple(words[max(0, start - 2) : start]) in _COUNTED_BEFORE:
        return True
    if words[start - 1 : start] and words[start - 1] in _WE_ARE:
        return True
    following = words[end] if end < len(words) else "."
    if following == "to":
        # "Ten to drive" is a length of time, "ten to be safe" none.
        return end + 1 < len(words) and words[end + 1] != "be" and not _names_value(words[end + 1])
    known = following in _BEHIND_A_TIME or _names_value(following)
    return not (known or following[:3] in _SHORT_DAYS)


def _names_value(word: str) -> bool:
    return word in CARDINALS or word in ORDINALS or word in _NAMED_VALUES or word[0].isdigit()


_NAMED_VALUES = frozenset(DAYS) | frozenset(MONTHS) | {"noon", "midday", "midnight", "half", "quarter"}
_DETERMINERS = frozenset("the a an my your this that which any some no each every another".split())
_MOST_DESCRIBING = 3
"""most words from "the" to a "one" in place of a thing: "the early tuesday one" """


def _is_thing(words: Sequence[str], start: int) -> bool:
    """Whether "one" takes the place of a thing: "that one", "the first one", "a morning one", "the tuesday one"."""
    if words[start] != "one":
        return False
    if words[start - 1 : start] and words[start - 1] in ORDINALS:
        return True
    for at in range(start - 1, max(-1, start - 2 - _MOST_DESCRIBING), -1):
        word = words[at]
        if word in _DETERMINERS:
            # "In the morning one"
            return not (words[at - 1 : at] == ["in"] and words[at + 1 : at + 2] and words[at + 1] in PARTS_OF_DAY)
        if word in _ENDS_DESCRIPTION or word in _PUNCTUATION:
            return False
    return False


_ENDS_DESCRIPTION = _BEFORE_A_TIME | frozenset(
    "is was would no yes so and or but then on in okay not make say it's that's maybe actually sorry".split()
)
_PUNCTUATION = frozenset(".,;:!?")
_PEOPLE = frozenset("people persons person guests visitors adults children kids of".split())
_COUNTERS = frozenset("hours hour minutes minute mins min seconds dollars euros pounds cents percent % degrees".split())
_COUNTED_WORDS = _PEOPLE | _COUNTERS | frozenset(_UNITS)
_NUMBERED = frozenset(
    "room floor ward gate bus number line bay desk platform level suite counter lab reference".split()
)
_PARTIES = frozenset({"party", "table", "group", "family"})


def _no_times(words: Sequence[str], now: datetime | None) -> dict[int, tuple[int, time | None]]:
    """Numbers that are no time of day, by their first token, with their end: dates, durations, and what is counted or
    numbered. A stretch of time from now on also has the time that it leads to."""
    taken: dict[int, tuple[int, time | None]] = {}
    for day in scan_dates(words, now or datetime(2000, 1, 1)):
        taken[day.start] = (day.end, None)
    free_from = 0
    for at, word in enumerate(words):
        if at < free_from:
            continue
        if at in taken:
            free_from = taken[at][0]
        elif word in _NUMBERED and at + 1 < len(words):
            run = run_at(words, at + 1)
            if run:
                taken[at] = (run.end, None)
        elif word in _PARTIES and words[at + 1 : at + 2] in (["of"], ["for"]):
            number = cardinal_at(words, at + 2)
            clock = time_at(words, at + 2) if number else None
            if number and not (clock and clock.marked):
                taken[at] = (number[0], None)
        elif duration := duration_at(words, at):
            end, minutes = duration
            if _leads_to_a_time(words, at, end):
                free_from = end
                continue
            ahead = words[at - 1 : at] == ["in"] or words[end : end + 2] == ["from", "now"]
            moment = (now + timedelta(minutes=minutes)) if now and ahead and minutes <= _MOST_MINUTES else None
            taken[at] = (end, moment.time().replace(second=0, microsecond=0) if moment else None)
            free_from = end
        elif number := cardinal_at(words, at):
            end = number[0]
            counted = words[end] if end < len(words) else ""
            if counted == "hours" and number[1] >= 100:
                continue
            if counted == "minutes" and words[end + 1 : end + 2] in PAST_OR_TO and _leads_to_a_time(words, at, end):
                continue
            if words[end : end + 3] == ["and", "a", "half"] and not _leads_to_a_time(words, at, end, marked=False):
                # "Nine and a half miles"
                taken[at] = (end + 3, None)
            elif counted in _COUNTED_WORDS or ([counted] in PAST_OR_TO and end + 1 == len(words)):
                taken[at] = (end + 1, None)
    return taken


_MOST_MINUTES = 24 * 60


def _leads_to_a_time(words: Sequence[str], at: int, end: int, marked: bool = True) -> bool:
    """Whether a time of day goes on behind ``end``: "half an hour before noon"."""
    clock = time_at(words, at)
    return clock is not None and (clock.marked or not marked) and clock.end > end


def _parts_of_day(words: Sequence[str]) -> list[tuple[int, str]]:
    """Where a part of the day is named; "good evening" only greets. A meal names one beside its time."""
    named = [(at, word) for at, word in enumerate(words) if word in PARTS_OF_DAY and words[at - 1 : at] != ["good"]]
    meals = [(at, _MEALS[word]) for at, word in enumerate(words) if word in _MEALS and _has_time(words, at)]
    return sorted(named + meals)


_MEALS = {"breakfast": "morning", "dinner": "evening", "supper": "evening"}
_BEFORE_ITS_TIME = frozenset({"at", "around", "about", "is", "by"})


def _has_time(words: Sequence[str], meal: int) -> bool:
    """Whether a time of day stands behind a meal: "dinner at about seven"."""
    at = meal + 1
    while at < len(words) and words[at] in _BEFORE_ITS_TIME:
        at += 1
    return at > meal + 1 and at < len(words) and time_at(words, at) is not None


def _around(hit: ClockTime, parts: Sequence[tuple[int, str]]) -> tuple[tuple[int, str] | None, tuple[int, str] | None]:
    """The last part of the day before a time and the first behind it."""
    at = bisect.bisect_left(parts, (hit.start, ""))
    return (parts[at - 1] if at else None), (parts[at] if at < len(parts) else None)


def _beside_a_part(hit: ClockTime, parts: Sequence[tuple[int, str]], words: Sequence[str]) -> bool:
    """ "eight tonight", "friday evening seven", "eight on tuesday evening"."""
    ahead, behind = _around(hit, parts)
    gaps = [words[hit.end : behind[0]]] if behind else []
    gaps += [words[ahead[0] + 1 : hit.start]] if ahead else []
    return any(len(gap) <= 3 and all(w in _BETWEEN_PART_AND_TIME or w in DAYS for w in gap) for gap in gaps)


_BETWEEN_PART_AND_TIME = frozenset({"on", "in", "the", "at", ",", "this", "about", "around", "tomorrow"}) | FILLERS


_JOINING = frozenset({"or", "and", "but", ",", "then"})
_BESIDE = 3
"""most words from a part of the day to its time, "in the afternoon at about two" """


def _part_for(hits: Sequence[ClockTime], n: int, parts: Sequence[tuple[int, str]], words: Sequence[str]) -> str | None:
    """The part of the day that goes with a time: the next one behind it, else the last before it, with no other time
    between. One behind "or" goes with the time that follows it: "at ten or in the afternoon at two"."""
    ahead, behind = _around(hits[n], parts)
    follows = hits[n + 1] if n + 1 < len(hits) else None
    if behind and follows and follows.start > behind[0]:
        joined = not _JOINING.isdisjoint(words[hits[n].end : behind[0]])
        if joined and follows.start - behind[0] <= _BESIDE:
            behind = None
    if behind and (follows is None or follows.start > behind[0]):
        return behind[1]
    if ahead and "or" in words[ahead[0] : hits[n].start]:
        # "In the morning or at three"
        return None
    if ahead and (n == 0 or hits[n - 1].start < ahead[0] or hits[n - 1].certain):
        return ahead[1]
    return None


# --- the other way round ------------------------------------------------------------------------------------------


def say_time(moment: time, part_of_day: bool = False) -> str:
    """ "half past two", "ten fifteen", "nine o'clock", or with the part of the day "half past two in the
    afternoon". The part is always told where the time would be heard as another one without it."""
    if (moment.hour, moment.minute) in ((12, 0), (0, 0)):
        return "noon" if moment.hour else "midnight"
    part_of_day = part_of_day or not OFFICE_HOURS[0] <= moment.hour <= OFFICE_HOURS[1]
    hour = moment.hour % 12 or 12
    if moment.minute == 0:
        words = say_cardinal(hour) + ("" if part_of_day else " o'clock")
    elif moment.minute == 30:
        words = f"half past {say_cardinal(hour)}"
    elif moment.minute < 10:
        words = f"{say_cardinal(hour)} oh {say_cardinal(moment.minute)}"
    else:
        words = f"{say_cardinal(hour)} {say_cardinal(moment.minute)}"
    # "Half past twelve" is the one at noon.
    if part_of_day and moment.hour != 12:
        words += " " + _say_part(moment.hour)
    return words


def _say_part(hour: int) -> str:
    if hour == 0:
        return "at night"
    return "in the " + ("morning" if hour < 12 else "afternoon" if hour < 18 else "evening")


def say_date(day: date, today: date) -> str:
    """ "today", "tomorrow, Monday", "Thursday, December third"."""
    weekday = day.strftime("%A")
    if day == today:
        return "today"
    if day == today + timedelta(1):
        return f"tomorrow, {weekday}"
    return f"{weekday}, {day.strftime('%B')} {say_ordinal(day.day)}"


def say_list(items: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
