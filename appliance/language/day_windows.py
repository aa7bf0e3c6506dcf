"""Spans of days that a visitor wants, by the rules of a language: "next week", "early december", "after monday". Pure.

A rule is a pattern and a function from what it found to the first and the last day. Days that the sentence names stand
in the patterns as ``marked_words.AT``. Of several spans what they have in common counts; where that is nothing, all of
them do.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from appliance.language.found import DayWindow, FoundDate
from appliance.language.marked_words import MarkedWords

Span = tuple[date | None, date | None]
"""The first and the last day, which belong to it; None is no limit"""


@dataclass(frozen=True, slots=True)
class SpanMatch:
    """A match of a rule, and what the rule may ask besides."""

    match: re.Match[str]
    today: date
    days: Sequence[date]
    """those that stand in the pattern, in order"""


Rule = tuple[str, Callable[[SpanMatch], Span | None]]


def find_window(
    words: Sequence[str], dates: Sequence[FoundDate], today: date, rules: Sequence[Rule], denied: str, unsuited: str
) -> DayWindow | None:
    """The span of days that tokens name, or None. ``dates`` are the days in them, ``denied`` and ``unsuited`` patterns
    of words in front of a span and behind it that make it one which is not wanted."""
    marked = MarkedWords.of(words, dates)
    wanted: list[Span] = []
    unwanted: list[Span] = []
    for pattern, span_of in rules:
        for match in re.finditer(rf"(?<!\S)(?:{pattern})(?!\S)", marked.said):
            hit = SpanMatch(match, today, [dates[int(n)].day for n in re.findall(r"#(\d+)", match.group())])
            try:
                span = span_of(hit)
            except OverflowError:
                # No calendar reaches there.
                continue
            if span and marked.take(match):
                (unwanted if marked.turns(match, denied, unsuited) else wanted).append(span)
    if not marked.taken:
        return None
    firsts, lasts = [first for first, _ in wanted if first], [last for _, last in wanted if last]
    begin, end = max(firsts, default=None), min(lasts, default=None)
    if begin and end and begin > end:
        begin, end = min(firsts), max(lasts)
    return DayWindow(frozenset(marked.taken), begin, end, tuple(unwanted))


def week(today: date, weeks: int) -> tuple[date, date]:
    """The week that begins on a Monday, ``weeks`` from this one; this one from today on."""
    monday = today - timedelta(today.weekday()) + timedelta(7 * weeks)
    return max(monday, today), monday + timedelta(6)


Weekend = Literal["this", "coming", "next"]


def weekend(today: date, which: Weekend) -> tuple[date, date]:
    """Saturday and Sunday of this week or, for "next", of the next one; from today on. Weeks begin on a Monday.
    "coming" is said of a weekend with neither word: on a Sunday, "at the weekend" means six days later."""
    later = which == "next" or (which == "coming" and today.weekday() == 6)
    monday = today - timedelta(today.weekday()) + timedelta(7 * later)
    return max(monday + timedelta(5), today), monday + timedelta(6)


def month(today: date, number: int) -> tuple[date, date]:
    """The next month of that number, 1 to 12; this one from today on."""
    year = today.year + (number < today.month)
    last = date(year, number, calendar.monthrange(year, number)[1])
    return max(date(year, number, 1), today), last


def month_ahead(today: date, months: int) -> tuple[date, date]:
    """The month that is ``months`` from this one."""
    at = today.month - 1 + months
    first = date(today.year + at // 12, at % 12 + 1, 1)
    return max(first, today), first.replace(day=calendar.monthrange(first.year, first.month)[1])


def third(span: tuple[date, date], part: int) -> tuple[date, date]:
    """The first, second or third part of a span: 0, 1 or 2."""
    first, last = span
    days = (last - first).days + 1
    return first + timedelta(days * part // 3), first + timedelta(max(days * (part + 1) // 3, 1) - 1)
