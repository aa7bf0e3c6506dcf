"""Opening hours as they are written in a site file. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

from appliance.config.reader import (
    did_you_mean,
)
from appliance.core.week import DAYS

END_OF_DAY = time(23, 59, 59)
"""How midnight at the end of a day is kept: the last time that a day has. It is written 24:00."""

Spans = tuple[tuple[time, time], ...]
"""Opening spans of one day in order, each from a time to a later one, or to one of the day after."""


def parse_days(text: str) -> tuple[int, ...]:
    """Days of a week, Monday = 0, from "monday-friday", "saturday-monday", "saturday" or "monday, wednesday". Raises
    ValueError."""
    found: list[int] = []
    for part in text.lower().split(","):
        ends = [end.strip() for end in part.split("-")]
        for end in ends:
            if end not in DAYS:
                raise ValueError(f"{end!r} is not a day{did_you_mean(end, DAYS)}")
        if len(ends) > 2:
            raise ValueError(f"{part.strip()!r} is not a span of days such as monday-friday")
        first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
        days = [day % 7 for day in range(first, last + 1 if last >= first else last + 8)]
        if twice := set(days) & set(found):
            raise ValueError(f"{text.strip()!r} names {DAYS[min(twice)]} twice")
        found.extend(days)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day, or some days in a row, with hours of their own."""

    name: str
    """as visitors call it, such as "Christmas Day"; empty where it has no name"""
    first: tuple[int | None, int, int]
    """year (None: every year), month and day"""
    last: tuple[int | None, int, int]

    def holds(self, day: date) -> bool:
        """Whether ``day`` is one of them."""
        at = (day.month, day.day)
        first, last = self.first[1:], self.last[1:]
        if self.first[0] is None:
            return first <= at <= last if first <= last else at >= first or at <= last
        return (self.first[0], *first) <= (day.year, *at) <= (self.last[0] or self.first[0], *last)

    def next(self, today: date) -> date | None:
        """The first of these days that has not passed; None where all have, or where the year has no such day."""
        for year in (today.year, today.year + 1) if self.first[0] is None else (self.first[0],):
            try:
                day = date(year, *self.first[1:])
            except ValueError:
                continue
            if day >= today:
                return day
            if self.holds(today):
                return today
        return None


def parse_special_day(text: str) -> SpecialDay:
    """A key of ``OpeningHours.exceptions``. Raises ValueError."""
    one = r"(?:(\d{4})-)?(\d{1,2})-(\d{1,2})"
    match = re.fullmatch(rf"\s*(\D*?)\s*{one}(?:\s+to\s+{one})?\s*", text)
    if not match:
        raise ValueError(f"{text.strip()!r} is not a date such as 2026-12-24, 12-25 or 2026-12-27 to 2027-01-02")
    name, *parts = match.groups()
    ends = []
    for year, month, day in (parts[:3], parts[3:] if parts[4] else parts[:3]):
        # A leap year, so that 02-29 is a day of every year.
        try:
            date(int(year or 2024), int(month), int(day))
        except ValueError:
            raise ValueError(f"{text.strip()!r}: there is no such day") from None
        ends.append((int(year) if year else None, int(month), int(day)))
    if (ends[0][0] is None) != (ends[1][0] is None):
        raise ValueError(f"{text.strip()!r}: give the year on both sides, or on none")
    if ends[0][0] is not None and (ends[1][0] or 0, *ends[1][1:]) < (ends[0][0], *ends[0][1:]):
        raise ValueError(f"{text.strip()!r} ends before it begins")
    return SpecialDay(name.strip(" :"), ends[0], ends[1])


def parse_special_days(exceptions: Mapping[str, str]) -> tuple[tuple[SpecialDay, Spans], ...]:
    """The days that differ with their spans (see ``parse_spans``), in the order in which they are written. Raises
    ValueError, also for days that are given twice."""
    found: list[tuple[SpecialDay, Spans]] = []
    days: dict[object, str] = {}
    for written, text in exceptions.items():
        special = parse_special_day(written)
        if (other := days.setdefault((special.first, special.last), written)) != written:
            raise ValueError(f"{other.strip()!r} and {written.strip()!r} are the same day, given twice")
        found.append((special, parse_spans(text)))
    return tuple(found)


def parse_spans(text: str) -> Spans:
    """Opening spans that begin on one day, from "08:00-12:00, 13:00-18:00", in order; empty for "closed". The last may
    go over midnight, as in "20:00-02:00": then it closes at an earlier time than it opens. Raises ValueError, also for
    spans that overlap."""
    if text.strip().lower() == "closed":
        return ()
    spans: list[tuple[time, time]] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*", part, re.ASCII)
        if not match:
            raise ValueError(f"{part.strip()!r} is not a span such as 08:00-18:00, nor `closed`")
        h1, m1, h2, m2 = map(int, match.groups())
        try:
            # 24:00 is written by people who mean midnight at the end of the day.
            closes = END_OF_DAY if (h2, m2) == (24, 0) else time(h2, m2)
            opens = time(h1, m1)
        except ValueError:
            raise ValueError(f"{part.strip()!r} holds a time that does not exist") from None
        if opens == closes:
            raise ValueError(f"{part.strip()!r} ends when it begins; all day is 00:00-24:00")
        spans.append((opens, closes))
    spans.sort()
    for (begins, closes), (opens, _) in itertools.pairwise(spans):
        if closes <= begins or opens < closes:
            raise ValueError(f"{text.strip()!r} holds spans that overlap")
    return tuple(spans)


def parse_week(hours: Mapping[str, str]) -> tuple[Spans, ...]:
    """Spans of the seven days, Monday first; a day that is not named is closed. What goes over midnight, as in
    ``friday: 20:00-02:00``, is two spans, one on each day. Raises ValueError for days that are named twice and spans
    that overlap."""
    days: list[list[tuple[time, time]]] = [[] for _ in DAYS]
    spills: list[tuple[int, time]] = []
    named: dict[int, str] = {}
    for names, text in hours.items():
        spans = parse_spans(text)
        for day in parse_days(names):
            if day in named:
                raise ValueError(f"{DAYS[day]} is in {named[day]!r} and in {names!r}")
            named[day] = names
            for opens, closes in spans:
                if closes > opens:
                    days[day].append((opens, closes))
                    continue
                days[day].append((opens, END_OF_DAY))
                if closes > time(0):
                    spills.append((day, closes))
    for day, closes in spills:
        following = days[(day + 1) % 7]
        if following and following[0][0] < closes:
            raise ValueError(
                f"{DAYS[day]} goes over midnight until {closes:%H:%M}, and {DAYS[(day + 1) % 7]} opens before that"
            )
        following.insert(0, (time(0), closes))
    return tuple(tuple(spans) for spans in days)
