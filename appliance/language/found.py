"""What is found in a visitor's words, in any language: numbers, figures, dates, times of day, names. Pure.

``start`` and ``end`` (exclusive) are places in the tokens of the text.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Literal


@dataclass(frozen=True, slots=True)
class FoundNumber:
    """A number, or a row of digits, and the tokens that said it."""

    start: int
    end: int
    text: str
    """in figures, such as "-2.5" or "0471" """


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a text."""

    start: int
    end: int
    """tokens ``start`` to ``end`` (exclusive)"""
    keys: frozenset[str]
    """``n:`` and digits, ``t:`` and a time of day as HHMM"""


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time of day as it was said."""

    start: int
    end: int
    hour: int
    minute: int
    certain: bool
    """whether the half of the day was said (pm, "in the morning", 14:30, noon)"""
    marked: bool
    """whether something besides the number says that this is a time: a colon, "half past", "oclock", pm"""


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date and the tokens that said it."""

    start: int
    end: int
    day: date


@dataclass(frozen=True, slots=True)
class RefusedDate:
    """A named day that cannot be meant, and the tokens that said it."""

    start: int
    end: int
    why: Literal["no such day", "over"]
    """ "february thirtieth", or a weekday and a date that do not go together; "last friday" """


@dataclass(frozen=True, slots=True)
class FoundTime:
    """A time of day and the tokens that said it."""

    start: int
    end: int
    time: time
    certain: bool
    """whether the other half of the day cannot be meant"""


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """A span of the day that is wanted, and the tokens that said it."""

    places: frozenset[int]
    earliest: time | None = None
    latest: time | None = None
    """both ends belong to it"""
    than: Literal["later", "earlier"] | None = None
    """on which side of the time that was named before it lies; the ends count as well"""
    last: bool = False
    """whether the last time of it is wanted"""


@dataclass(frozen=True, slots=True)
class DayWindow:
    """A span of days that is wanted, and the tokens that said it."""

    places: frozenset[int]
    first: date | None = None
    last: date | None = None
    """both ends belong to it"""
    unwanted: tuple[tuple[date | None, date | None], ...] = ()
    """spans that are not wanted: "not this week" """


@dataclass(frozen=True, slots=True)
class Shift:
    """A distance from a day or a time that was named before, and the tokens that said it."""

    start: int
    end: int
    unit: Literal["day", "week", "month", "weekday", "minute", "past"]
    """``weekday``: the next such day, where ``of`` is the day of the week; ``past``: a minute of the hour that was
    named"""
    count: int
    """how many units later, or earlier where it is negative"""
    of: int = 0
    """Monday is 0"""

    def day(self, base: date) -> date | None:
        """The day at this distance, None where the unit is none of days, or no calendar reaches there."""
        try:
            return self._day(base)
        except (OverflowError, ValueError):
            return None

    def _day(self, base: date) -> date | None:
        if self.unit == "weekday":
            ahead = (self.of - base.weekday() - 1) % 7 + 1
            return base + timedelta(ahead if self.count > 0 else ahead - 7 - 7 * (ahead == 7))
        if self.unit == "month":
            year, month = divmod(base.year * 12 + base.month - 1 + self.count, 12)
            return date(year, month + 1, min(base.day, calendar.monthrange(year, month + 1)[1]))
        days = {"day": 1, "week": 7}.get(self.unit)
        return base + timedelta(days * self.count) if days else None

    def time(self, base: time) -> time | None:
        """The time at this distance on the same day, None where there is none."""
        if self.unit == "past":
            # A time past the half is said with the hour that follows: "quarter to three".
            named = base.hour * 60 + 60 * (base.minute > 30)
            minutes = named + self.count
        elif self.unit == "minute":
            minutes = base.hour * 60 + base.minute + self.count
        else:
            return None
        return time(*divmod(minutes, 60)) if 0 <= minutes < 24 * 60 else None


NamedDays = Mapping[str, date]
"""Days that a site calls by name, such as "christmas day", with the date that is meant."""


@dataclass(frozen=True, slots=True)
class FoundName:
    """A name and the tokens that said it."""

    start: int
    end: int
    name: str
    """as it is said and kept: "José García", "Patrick O'Brien" """
