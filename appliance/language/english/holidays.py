"""Days that everybody calls by name, in the USA and in Christian calendars: the date of each in a year. Pure.

A site's own names for days (``NamedDays``) come before these.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta

DayOfYear = Callable[[int], date]
"""The date of a holiday in a year"""


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, *Astronomical Algorithms*, chapter 8)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    leap, past_leap = divmod(century, 4)
    moon = (19 * golden + century - leap - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    quarter, odd = divmod(rest, 4)
    to_sunday = (32 + 2 * past_leap + 2 * quarter - moon - odd) % 7
    late = (golden + 11 * moon + 22 * to_sunday) // 451
    month, day = divmod(moon + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _on(month: int, day: int) -> DayOfYear:
    return lambda year: date(year, month, day)


def _from_easter(days: int) -> DayOfYear:
    return lambda year: easter(year) + timedelta(days)


def _nth(month: int, nth: int, weekday: int, days_later: int = 0) -> DayOfYear:
    """The ``nth`` such weekday of a month (Monday is 0; ``nth`` 0 is the last), or so many days later."""

    def found(year: int) -> date:
        first = date(year, month, 1)
        if nth:
            first += timedelta((weekday - first.weekday()) % 7 + 7 * (nth - 1))
        else:
            last = date(year, month, calendar.monthrange(year, month)[1])
            first = last - timedelta((last.weekday() - weekday) % 7)
        return first + timedelta(days_later)

    return found


_CHRISTMAS = _on(12, 25)
_NEW_YEAR = _on(1, 1)
_EASTER = _from_easter(0)
_NAMES: Mapping[str, DayOfYear] = {
    "christmas": _CHRISTMAS,
    "christmas day": _CHRISTMAS,
    "xmas": _CHRISTMAS,
    "xmas day": _CHRISTMAS,
    "christmas eve": _on(12, 24),
    "xmas eve": _on(12, 24),
    "boxing day": _on(12, 26),
    "new year's": _NEW_YEAR,
    "new year's day": _NEW_YEAR,
    "new year's eve": _on(12, 31),
    "valentine's day": _on(2, 14),
    "saint valentine's day": _on(2, 14),
    "saint patrick's day": _on(3, 17),
    "st patrick's day": _on(3, 17),
    "juneteenth": _on(6, 19),
    "independence day": _on(7, 4),
    "halloween": _on(10, 31),
    "veterans day": _on(11, 11),
    "martin luther king day": _nth(1, 3, 0),
    "presidents day": _nth(2, 3, 0),
    "mother's day": _nth(5, 2, 6),
    "memorial day": _nth(5, 0, 0),
    "father's day": _nth(6, 3, 6),
    "labor day": _nth(9, 1, 0),
    "labour day": _nth(9, 1, 0),
    "columbus day": _nth(10, 2, 0),
    "thanksgiving": _nth(11, 4, 3),
    "thanksgiving day": _nth(11, 4, 3),
    "black friday": _nth(11, 4, 3, 1),
    "cyber monday": _nth(11, 4, 3, 4),
    "ash wednesday": _from_easter(-46),
    "palm sunday": _from_easter(-7),
    "maundy thursday": _from_easter(-3),
    "good friday": _from_easter(-2),
    "holy saturday": _from_easter(-1),
    "easter": _EASTER,
    "easter day": _EASTER,
    "easter sunday": _EASTER,
    "easter monday": _from_easter(1),
    "ascension day": _from_easter(39),
    "pentecost": _from_easter(49),
    "whit sunday": _from_easter(49),
    "whit monday": _from_easter(50),
}


_CLOSED = (
    *("christmas", "boxing day", "new year's", "good friday", "easter", "easter monday"),
    *("memorial day", "independence day", "labor day", "thanksgiving"),
)
"""those on which most places keep other hours"""


def closes_places(day: date) -> bool:
    """Whether most places keep other hours on a day, which may be named by its date alone."""
    return any(_NAMES[name](day.year) == day for name in _CLOSED)


def _bare(word: str) -> str:
    """ "New years day" is as good as "new year's day"."""
    return word.replace("'", "").removesuffix("s")


def _loose(name: str) -> str:
    return " ".join(rf"{re.escape(_bare(word))}'?s?'?" for word in name.split())


PATTERN = "|".join(_loose(name) for name in sorted(_NAMES, key=len, reverse=True))
"""finds a name in a text, the longer ones before those that they begin with"""
_BY_WORDS = {tuple(_bare(word) for word in name.split()): day for name, day in _NAMES.items()}
_LONGEST = max(map(len, _BY_WORDS))
FIRST_WORDS = frozenset(words[0] for words in _BY_WORDS)
"""first words of the names, as ``begins`` compares them"""

_NO_DAY_BEHIND = frozenset(
    """party parties tree trees dinner lunch concert concerts market markets card cards present presents gift gifts song
    songs carol carols break season seasons sale sales week weekend holidays holiday vacation time decorations
    decoration lights show play egg eggs bunny services menu basket special off dance street road avenue lane
    island""".split()
)
"""words behind the name of a holiday that is then no day: "the christmas party" """
_NO_DAY_BEFORE = frozenset("merry happy doctor dr mister mr missus mrs miss ms my your his her our their".split())
"""words before it: wishes, people who are called so, and "my father's day" """


def begins(word: str) -> bool:
    """Whether the name of a holiday may begin with a token."""
    return _bare(word) in FIRST_WORDS


def holidays_at(words: Sequence[str], at: int) -> Iterator[tuple[int, DayOfYear]]:
    """Ends and meanings of the names at a token that stand for their day, and for nothing that is named after it."""
    for end, day in names_at(words, at):
        if words[end : end + 1] == [] or words[end] not in _NO_DAY_BEHIND:
            yield end, day


def names_at(words: Sequence[str], at: int) -> Iterator[tuple[int, DayOfYear]]:
    """Ends and meanings of the names of holidays that begin at a token."""
    before = words[at - 1] if at else ""
    if not begins(words[at]) or before in _NO_DAY_BEFORE:
        return
    for end in range(at + 1, min(len(words), at + _LONGEST) + 1):
        day = _BY_WORDS.get(tuple(_bare(word) for word in words[at:end]))
        # "In the new year" is any of its days.
        if day and not (words[end - 1] == "year" and before in ("the", "a")):
            yield end, day


def coming(day: DayOfYear, today: date) -> date:
    """The next time that a holiday falls on, today included."""
    this_year = day(today.year)
    return this_year if this_year >= today else day(today.year + 1)
