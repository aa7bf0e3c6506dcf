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
from appliance.language.english.numbers import (
    CARDINALS,
    FILLERS,
    ORDINALS,
    PARTS_OF_DAY,
    cardinal_at,
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

    today: date
    expected: bool
    named: Mapping[tuple[str, ...], date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Of:
    """A month of a year; without a year the next one that fits."""

    month: int
    year: int | None = None


_ANY_MONTH = _Of(0)


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
        years_months = [(of.year, of.month)]
    elif of.month:
        years_months = [(c.today.year, of.month), (c.today.year + 1, of.month)]
    else:
        first = c.today.year * 12 + c.today.month - 1
        # Two months in a row may lack a day: none of them does.
        years_months = [(month // 12, month % 12 + 1) for month in range(first, first + 3)]
    for year, month in years_months:
        if not 1 <= day <= calendar.monthrange(year, month)[1]:
            continue
        found = date(year, month, day)
        if (of.year is not None or found >= c.today) and weekday in (None, found.weekday()):
            return found
    return IMPOSSIBLE


def _nth_weekday(c: _Moment, nth: int, weekday: int, of: _Of) -> Any:
    """The ``nth`` such weekday of a month, -1 the last."""
    for year in (of.year,) if of.year is not None else (c.today.year, c.today.year + 1):
        days = calendar.monthrange(year, of.month)[1]
        fitting = [date(year, of.month, day) for day in range(1, days + 1)]
        fitting = [day for day in fitting if day.weekday() == weekday]
        if not -len(fitting) <= nth - (nth > 0) < len(fitting):
            continue
        found = fitting[nth - (nth > 0)]
        if of.year is not None or found >= c.today:
            return found
    return IMPOSSIBLE


def _day_of_month(c: _Moment, day: int, of: _Of) -> Any:
    """The first or last day of a month."""
    year = of.year if of.year is not None else c.today.year + (of.month < c.today.month)
    last = calendar.monthrange(year, of.month)[1]
    return date(year, of.month, last if day < 0 else day)


def _month_from_now(c: _Moment, months: int) -> _Of:
    at = c.today.year * 12 + c.today.month - 1 + months
    return _Of(at % 12 + 1, at // 12)


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
    ("day", "last|past <weekday>", lambda c, weekday: c.today - timedelta((c.today.weekday() - weekday - 1) % 7 + 1)),
    # --- an offset and an anchor
    ("day", "in <count> <unit> time?", lambda c, count, unit: _shift(c.today, count, unit)),
    ("day", "<count> <unit> time", lambda c, count, unit: _shift(c.today, count, unit)),
    ("day", "<count> <unit> from now|here", lambda c, count, unit: _shift(c.today, count, unit)),
    ("day", "<count> <unit> from|after|following <day>", lambda c, count, unit, day: _shift(day, count, unit)),
    ("day", "<count> <unit> before <day>", lambda c, count, unit, day: _shift(day, count, unit, -1)),
    ("day", "the? day after|following <day>", lambda c, day: day + timedelta(1)),
    ("day", "the? day before <day>", lambda c, day: day - timedelta(1)),
    ("day", "<count> <weeks> on <weekday>", lambda c, n, unit, weekday: _shift(_coming(c.today, weekday), n, unit)),
    ("day", "<count> <weeks> <weekday>", lambda c, n, unit, weekday: _shift(_coming(c.today, weekday), n, unit)),
    ("day", "<count> <weeks> today", lambda c, count, unit: _shift(c.today, count, unit)),
    ("day", "<count> <weeks> tomorrow", lambda c, count, unit: _shift(c.today + timedelta(1), count, unit)),
    ("day", "<day> <single>", lambda c, day, unit: _shift(day, 1, unit)),
    ("day", "<day> in <count> <unit> time?", lambda c, day, count, unit: _shift(day, count, unit)),
    ("day", "<day> ,? <weekday>", lambda c, day, weekday: day if day.weekday() == weekday else None),
    # --- weekdays
    ("day", "<count> <weekday> from now", lambda c, n, weekday: _coming(c.today, weekday) + timedelta(7 * (n - 1))),
    ("day", "this|same time|day next week", lambda c: c.today + timedelta(7)),
    ("day", "the? <weekday> before last", lambda c, day: c.today - timedelta((c.today.weekday() - day - 1) % 7 + 8)),
    ("day", "<weekday>", lambda c, weekday: _coming(c.today, weekday)),
    ("day", "the? this? coming <weekday>", lambda c, weekday: _coming(c.today, weekday)),
    ("day", "this <weekday>", lambda c, weekday: _coming(c.today, weekday)),
    ("day", "the? next <weekday>", _weeks(1)),
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
    ("day", "the? <weekday> after this one?", lambda c, weekday: _coming(c.today, weekday) + timedelta(7)),
    ("day", "the <weekday> after|following <day>", lambda c, weekday, day: _coming(day, weekday)),
    (
        "day",
        "the <weekday> before <day>",
        lambda c, weekday, day: day - timedelta((day.weekday() - weekday - 1) % 7 + 1),
    ),
    # --- days of a month
    ("day", "<dated>", lambda c, dated: _date_of(c, dated[0], dated[1])),
    (
        "day",
        "this|next? <weekday> <part>? ,? on? <dated>",
        lambda c, weekday, part, dated: _date_of(c, dated[0], dated[1], weekday),
    ),
    ("day", "<written>", lambda c, day: day),
    ("day", "<weekday> ,? <written>", _written),
    ("day", "the? <nth> <weekday> of|in <month_of>", lambda c, nth, weekday, of: _nth_weekday(c, nth, weekday, of)),
    ("day", "the? last <weekday> of|in <month_of>", lambda c, weekday, of: _nth_weekday(c, -1, weekday, of)),
    ("day", "the? last day of|in <month_of>", lambda c, of: _day_of_month(c, -1, of)),
    ("day", "the? first day of|in <month_of>", lambda c, of: _day_of_month(c, 1, of)),
    ("day", "<named>", lambda c, day: day),
    # --- a day and its month
    ("dated", "<month> the? <nth> ,? of|in? <year>?", lambda c, month, day, year: (day, _Of(month, year))),
    ("dated", "<month> <number> ,? of|in? <year>?", lambda c, month, day, year: (day, _Of(month, year))),
    ("dated", "the? <nth> of? <month> ,? of|in? <year>?", lambda c, day, month, year: (day, _Of(month, year))),
    ("dated", "<number> of? <month> ,? of|in? <year>?", lambda c, day, month, year: (day, _Of(month, year))),
    ("dated", "the? <nth> of this|the month", lambda c, day: (day, _month_from_now(c, 0))),
    ("dated", "the? <nth> of next month", lambda c, day: (day, _month_from_now(c, 1))),
    ("dated", "the? <nth> of the <nth>", lambda c, day, month: (day, _Of(month)) if 1 <= month <= 12 else None),
    ("dated", "the <alone>", lambda c, day: (day, _ANY_MONTH)),
    ("dated", "<preceded>", lambda c, day: (day, _ANY_MONTH)),
    # --- a month
    ("month_of", "<month> <year>?", lambda c, month, year: _Of(month, year)),
    ("month_of", "the|this month", lambda c: _month_from_now(c, 0)),
    ("month_of", "next month", lambda c: _month_from_now(c, 1)),
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
    if words[at] in ("a", "an", "one"):
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
_NO_WEEKDAY = frozenset({"today", "someday", "midday", "sundry", "first", "third", "month", "thirty"})
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


def _read_month(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, int]]:
    word = words[at].removesuffix("'s")
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
    no not sorry that that's to from by between when can could will until till before after half quarter noon midday
    maybe perhaps okay ok yes it the a as well because so there they do does what how who you my just any is it's
    instead hopefully ideally oh uh um er early late""".split()
)
"""Words that may follow "the third" where a day is meant; what else follows is what there are three of."""
_NEVER_FOLLOW = frozenset(
    """floor one ones time option of ward appointment door person thing things available possible free slot choice week
    day weekend thought opinion name class come""".split()
)


def _read_alone(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, int]]:
    """A day of the month with no month beside it."""
    nth = ordinal_at(words, at)
    if nth is None:
        return
    end, day = nth
    if words[at - 1 : at] == ["a"]:
        # "wait a second"
        return
    follows = words[end] if end < len(words) else ""
    number = bool(follows) and (follows[0].isdigit() or follows in CARDINALS)
    free = not follows or not follows[0].isalnum() or follows in _MAY_FOLLOW or follows in PARTS_OF_DAY or number
    if follows in _NEVER_FOLLOW or not (free or c.expected) or (day > 31 and not c.expected):
        return
    yield end, day


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


def _read_year(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, int]]:
    """ "2028", "twenty twenty eight", "two thousand and twenty eight", "nineteen eighty"."""
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
        "part": _read_part,
    },
)


def find_dates(
    words: Sequence[str], now: datetime, expected: bool = False, named: NamedDays | None = None
) -> list[FoundDate]:
    """Dates in a text (see ``tokens``), in order, none of them over. ``expected``: a date was just asked for,
    so half a hint such as "third" or a misheard weekday is enough. ``named``: days that the site calls by name."""
    return [hit for hit in scan_dates(words, now, expected, named) if isinstance(hit, FoundDate)]


def refused_dates(
    words: Sequence[str], now: datetime, expected: bool = False, named: NamedDays | None = None
) -> list[RefusedDate]:
    """Days that were named but cannot be meant. The visitor should be asked about them."""
    return [hit for hit in scan_dates(words, now, expected, named) if isinstance(hit, RefusedDate)]


def scan_dates(
    words: Sequence[str], now: datetime, expected: bool = False, named: NamedDays | None = None
) -> list[FoundDate | RefusedDate]:
    """Every day that is named in a text, in order."""
    names = {tuple(tokens(name)): day for name, day in (named or {}).items() if name.strip()}
    moment = _Moment(now.date(), expected, names)
    found: list[FoundDate | RefusedDate] = []
    at = 0
    while at < len(words):
        hit = _DAYS.match("day", words, at, moment) if _may_begin(words[at], moment) else None
        if hit:
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


_BEGIN_WORDS = frozenset(
    """today today's tonight tomorrow tomorrow's tommorow tommorrow tomorow tmrw yesterday this later last past in next
    the day week coming same a an one about around another exactly roughly first""".split()
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
            # "ten thirty" is a time wherever it stands, "the second one" never is
            introduced = introduced or (hit.end - hit.start > 1 and hit.minute > 0 and hit.minute % 5 == 0)
            introduced = introduced or (hit.certain and hit.hour > 12 and words[hit.end - 1] == "hundred")
            fits = (hit.certain or 1 <= hit.hour <= 12) and not _is_pronoun(words, at)
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
        part = None if hit.certain else _part_for(hits, n, parts)
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
_PEOPLE = frozenset("people persons person guests visitors adults children kids of".split())
_COUNTERS = frozenset("hours hour minutes minute mins min seconds dollars euros pounds cents percent % degrees".split())
_PAST_OR_TO = (["past"], ["to"], ["after"], ["before"], ["till"])
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
        elif duration := _duration_at(words, at):
            end, minutes = duration
            ahead = words[at - 1 : at] == ["in"] or words[end : end + 2] == ["from", "now"]
            moment = (now + timedelta(minutes=minutes)) if now and ahead and minutes <= _MOST_MINUTES else None
            taken[at] = (end, moment.time().replace(second=0, microsecond=0) if moment else None)
            free_from = end
        elif number := cardinal_at(words, at):
            end = number[0]
            counted = words[end] if end < len(words) else ""
            if counted == "hours" and number[1] >= 100:
                continue
            if counted == "minutes" and words[end + 1 : end + 2] in _PAST_OR_TO:
                continue
            if counted in _COUNTED_WORDS or ([counted] in _PAST_OR_TO and end + 1 == len(words)):
                taken[at] = (end + 1, None)
    return taken


_MOST_MINUTES = 24 * 60


def _duration_at(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """End and minutes of "two hours", "half an hour", "an hour and a half", "twenty minutes"."""
    for phrase, minutes in _DURATIONS:
        if tuple(words[at : at + len(phrase)]) == phrase:
            return at + len(phrase), minutes
    if words[at] not in ("a", "an", "one") and words[at] not in CARDINALS and not words[at][0].isdigit():
        return None
    couple = words[at + 1 : at + 3] == ["couple", "of"]
    number = (at + 3, 2) if couple else (at + 1, 1) if words[at] in ("a", "an") else cardinal_at(words, at)
    if number is None or number[0] >= len(words) or number[1] > _MOST_MINUTES:
        return None
    end, count = number
    half = words[end : end + 3] == ["and", "a", "half"]
    end += 3 * half
    if end >= len(words):
        return None
    unit = (
        60
        if words[end] in ("hour", "hours", "hour's")
        else 1
        if words[end] in ("minute", "minutes", "min", "mins", "minute's")
        else 0
    )
    if not unit or (unit == 1 and words[end + 1 : end + 2] in _PAST_OR_TO):
        return None
    end += 1
    if words[end : end + 1] in (["before"], ["after"]) and words[end + 1 : end + 2] in (["noon"], ["midnight"]):
        return None
    minutes = count * unit + (unit // 2 if half else 0)
    if unit == 60 and words[end : end + 3] == ["and", "a", "half"]:
        return end + 3, minutes + 30
    if unit == 60:
        more = cardinal_at(words, end + (words[end : end + 1] == ["and"]))
        if more and more[1] < 60 and words[more[0] : more[0] + 1] == ["minutes"]:
            return more[0] + 1, minutes + more[1]
    # "Nineteen hundred hours" is a time.
    return None if count >= 100 and unit == 60 else (end, minutes)


_DURATIONS = (
    (("half", "an", "hour's"), 30),
    (("half", "an", "hour"), 30),
    (("half", "hour"), 30),
    (("a", "half", "hour"), 30),
    (("a", "quarter", "of", "an", "hour"), 15),
    (("three", "quarters", "of", "an", "hour"), 45),
)


def _parts_of_day(words: Sequence[str]) -> list[tuple[int, str]]:
    """Where a part of the day is named; "good evening" only greets."""
    return [(at, word) for at, word in enumerate(words) if word in PARTS_OF_DAY and words[at - 1 : at] != ["good"]]


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


def _part_for(hits: Sequence[ClockTime], n: int, parts: Sequence[tuple[int, str]]) -> str | None:
    """The part of the day that goes with a time: the next one behind it, else the last before it, with no other time
    between."""
    ahead, behind = _around(hits[n], parts)
    if behind and (n + 1 == len(hits) or hits[n + 1].start > behind[0]):
        return behind[1]
    if ahead and (n == 0 or hits[n - 1].start < ahead[0] or hits[n - 1].certain):
        return ahead[1]
    return None


def _is_pronoun(words: Sequence[str], at: int) -> bool:
    """ "that one", "the first one"."""
    before = words[at - 1] if at else ""
    return words[at] == "one" and (before in ("the", "that", "this", "which", "any", "no") or before in ORDINALS)


# --- the other way round ------------------------------------------------------------------------------------------


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


def say_list(items: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
