"""What is found in a visitor's words, in any language: numbers, figures, dates, times of day, names. Pure.

``start`` and ``end`` (exclusive) are places in the tokens of the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
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
    """on which side of the time that was named before it lies"""


NamedDays = Mapping[str, date]
"""Days that a site calls by name, such as "christmas day", with the date that is meant."""


@dataclass(frozen=True, slots=True)
class FoundName:
    """A name and the tokens that said it."""

    start: int
    end: int
    name: str
    """as it is said and kept: "José García", "Patrick O'Brien" """
