"""Reads opening hours as houses write them ("Mon-Fri 9 am - 6 pm"), with the times and days of the site's language.
Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time

from appliance.core.week import DAYS
from appliance.language import Language

MOST_WORDS = 4
"""words of a name of what is open; more are a sentence"""


@dataclass(frozen=True, slots=True)
class WrittenHours:
    """The hours that one line gives."""

    what: str
    """words of the line that are neither days nor times, as they are written; mostly empty"""
    days: Mapping[int, str]
    """day, Monday = 0, to spans as a site file has them: "08:00-12:00, 13:00-18:00", "closed" """
    special: bool = False
    """whether the line seems to speak of a day that differs ("December 24: 9-12", "Christmas Day: closed")"""


_DASHES = re.compile(r"\s*[-–—−]\s*")
_MARKED = re.compile(r"\d:\d\d|\d ?[ap]\.?m\b|[^\W\d]{4}", re.IGNORECASE)
"""says that figures are times: a colon, a half of the day, a word"""
_DECIMAL_TIME = re.compile(r"\b(\d{1,2})[.h](\d{2})\b")


def read_hours(text: str, language: Language) -> WrittenHours | None:
    """The opening hours that a line or a cell gives. None where it says anything else, or is not understood whole."""
    words = _Words.of(text, language)
    days: dict[int, str] = {}
    named: list[int] = []
    spans: list[str] = []
    what: list[str] = []
    dated = False
    while not words.done:
        if found := words.days():
            if spans and named:
                _settle(days, named, spans)
                named, spans = [], []
            named += found
            dated = True
        elif words.all_day():
            spans.append("00:00-24:00")
        elif words.shut():
            spans.append("closed")
        elif span := words.span():
            spans.append(span)
        elif not words.skip():
            what.append(words.take())
    if not spans or len(what) > MOST_WORDS or ("closed" in spans and len(spans) > 1):
        return None
    # Of one thing only, or of every day: "Ages 4 to 15" and "The slide is open from 2 to 6 pm" are left to be facts.
    if not dated and ((what and ":" not in text) or not _MARKED.search(text)):
        return None
    _settle(days, named or list(range(7)), spans)
    name = " ".join(what).strip(" :,;")
    differs = bool(name) and not dated and ("closed" in spans or any(word[0].isdigit() for word in what))
    return WrittenHours(name, days, differs)


def _settle(days: dict[int, str], named: Sequence[int], spans: Sequence[str]) -> None:
    for day in named:
        days[day] = ", ".join(spans)


def as_week(days: Mapping[int, str]) -> dict[str, str]:
    """Days as a site file has them, neighbours with the same hours joined: "monday-friday: 08:00-18:00"."""
    week: dict[str, str] = {}
    run: list[int] = []
    for day in range(8):
        if run and (day == 7 or days.get(day, "closed") != days.get(run[0], "closed")):
            name = DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}"
            week[name] = days.get(run[0], "closed")
            run = []
        run.append(day)
    return week


@dataclass(slots=True)
class _Words:
    """The words of a line, and how far they are read."""

    written: Sequence[str]
    low: Sequence[str]
    language: Language
    at: int = 0

    @classmethod
    def of(cls, text: str, language: Language) -> _Words:
        spaced = _DASHES.sub(" - ", _DECIMAL_TIME.sub(r"\1:\2", text))
        spaced = re.sub(r"(\d)\s*([ap])\.?\s?m\b\.?", r"\1 \2m", spaced, flags=re.IGNORECASE)
        written = re.findall(r"[^\s,;:()/]+(?::\d\d)?|[,;:()/]", re.sub(r"\.(?=\s|$)", "", spaced))
        return cls(written, [word.lower() for word in written], language)

    @property
    def done(self) -> bool:
        return self.at >= len(self.low)

    def take(self) -> str:
        self.at += 1
        return self.written[self.at - 1]

    def skip(self) -> bool:
        """Pass over a mark or a word that belongs to every line of hours."""
        passed = not self.low[self.at][0].isalnum() or self.low[self.at] in self.language.hours.AROUND_HOURS
        self.at += passed
        return passed

    def days(self) -> list[int]:
        """The days that begin here: one, several from one to another, or a name of several."""
        hours = self.language.hours
        word = self.low[self.at]
        if word in hours.NAMED_DAYS:
            self.at += 1
            return list(hours.NAMED_DAYS[word])
        first = hours.DAY_NAMES.get(word)
        if first is None:
            return []
        self.at += 1
        last = self._at(self.at + 1)
        if self._at(self.at) in hours.SPAN_WORDS and last in hours.DAY_NAMES:
            self.at += 2
            end = hours.DAY_NAMES[last]
            return [day % 7 for day in range(first, end + 1 if end >= first else end + 8)]
        return [first]

    def shut(self) -> bool:
        found = self.low[self.at] in self.language.hours.SHUT
        self.at += found
        return found

    def all_day(self) -> bool:
        rest = " ".join(self.low[self.at : self.at + 4])
        found = self.language.hours.ROUND_THE_CLOCK.match(rest)
        self.at += len(found.group().split()) if found else 0
        return bool(found)

    def span(self) -> str:
        """A span such as "9 am - 6 pm", as "09:00-18:00"; empty where none begins here."""
        opens = self._time(self.at)
        if opens is None or self._at(opens[0]) not in self.language.hours.SPAN_WORDS:
            return ""
        closes = self._time(opens[0] + 1)
        if closes is None:
            return ""
        begin, end = opens[1], closes[1]
        # "8-2" ends in the afternoon, "20:00-02:00" in the night.
        if not closes[2] and end <= begin and end.hour < 12 and begin < (later := time(end.hour + 12, end.minute)):
            end = later
        if not opens[2] and closes[2] and begin.hour < 12 <= end.hour and end.hour - begin.hour > 12:
            begin = time(begin.hour + 12, begin.minute)
        self.at = closes[0]
        until = "24:00" if end == time(0) else f"{end:%H:%M}"
        return f"{begin:%H:%M}-{until}"

    def _at(self, at: int) -> str:
        return self.low[at] if at < len(self.low) else ""

    def _time(self, at: int) -> tuple[int, time, bool] | None:
        """The place after a time of day that begins at ``at``, the time, and whether its half of the day was said."""
        ends = (n for n in range(at, len(self.low)) if self.low[n] in self.language.hours.SPAN_WORDS or n > at + 5)
        written = self.low[at : next(ends, len(self.low))]
        tokens = self.language.tokens(" ".join(written))
        found = self.language.numbers.time_at(tokens, 0) if tokens else None
        if found is None:
            return None
        # Tokens and words differ in nothing but marks here.
        return at + found.end, time(found.hour % 24, found.minute), found.certain
