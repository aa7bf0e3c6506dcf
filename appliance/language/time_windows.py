"""Finds spans of the day that a visitor wants, by the rules of a language: "in the afternoon", "after three". Pure.

A time of day behind "after" or "before" is one end of a span. A part of the day is a span ("late morning"). A word that
denies turns either round: "not before ten" is from ten on, "no mornings" is from noon on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from appliance.language.found import FoundTime, TimeWindow
from appliance.language.marked_words import MarkedWords

Part = tuple[str, time | None, time | None]
"""A pattern, and the earliest and latest time that it means"""

Than = Literal["later", "earlier"]


@dataclass(frozen=True, slots=True)
class WindowRules:
    """How a language says spans of the day. All are patterns."""

    between: str
    """holds ``marked_words.AT`` twice"""
    just_before: str
    """holds ``AT``, before which the last time is wanted"""
    last: str
    """asks for the last time that can be had"""
    bounds: Sequence[tuple[Literal["from", "until"], str]]
    """which end a time is; each holds ``AT``, and those that come first have the first claim"""
    parts: Sequence[Part]
    """parts of the day, the longer names before those that they hold"""
    denied: str
    """words that turn round what stands right behind them"""
    unsuited: str
    """words behind a part of the day that is not wanted"""
    vague: Sequence[tuple[str, Than, time]]
    """what is too early or too late: on which side of a time that was named before the wanted one lies, and the end of
    the span where none was named"""
    alone: Sequence[Part]
    """what is a whole answer, and none among other words"""
    than: Sequence[tuple[Than, str]]
    """asks for another time than the one that was named"""


def find_window(words: Sequence[str], times: Sequence[FoundTime], rules: WindowRules) -> TimeWindow | None:
    """The span of the day that tokens name, or None; of several, what they have in common. ``times`` are the times of
    day in them."""
    found = [*_windows(words, times, rules)]
    if not found:
        return None
    earliest = [window.earliest for window in found if window.earliest]
    latest = [window.latest for window in found if window.latest]
    begin, end = max(earliest, default=None), min(latest, default=None)
    if begin and end and begin > end:
        # "Before ten or after three" leaves more open than either.
        begin, end = None, None
    return TimeWindow(
        frozenset().union(*(window.places for window in found)),
        begin,
        end,
        next((window.than for window in found if window.than), None),
        any(window.last for window in found),
    )


def _windows(words: Sequence[str], times: Sequence[FoundTime], rules: WindowRules) -> Iterator[TimeWindow]:
    marked = MarkedWords.of(words, times)

    def named(match: re.Match[str]) -> list[time]:
        return [times[int(number)].time for number in match.groups() if number]

    for match in re.finditer(rf"\b(?:{rules.between})", marked.said):
        yield TimeWindow(marked.take(match), min(named(match)), max(named(match)))
    for match in re.finditer(rf"(?<!\S)(?:{rules.just_before})", marked.said):
        yield TimeWindow(marked.take(match), latest=_moved(named(match)[0], -1), last=True)
    for match in re.finditer(rf"(?<!\S)(?:{rules.last})(?!\S)", marked.said):
        yield TimeWindow(marked.take(match), last=True)
    for side, pattern in rules.bounds:
        for match in re.finditer(rf"(?<!\S)(?P<denied>{rules.denied})?(?:{pattern})", marked.said):
            if not (places := marked.take(match)):
                continue
            moment = times[int(next(n for n in match.groups()[1:] if n and n.isdecimal()))].time
            from_on = (side == "from") != bool(match["denied"])
            yield TimeWindow(places, moment if from_on else None, None if from_on else moment)
    for pattern, earliest, latest in rules.parts:
        for match in re.finditer(rf"(?<!\S)(?:{pattern})(?!\S)", marked.said):
            if places := marked.take(match):
                turned = marked.turns(match, rules.denied, rules.unsuited)
                yield TimeWindow(places, *(_outside(earliest, latest) if turned else (earliest, latest)))
    for pattern, than, end in rules.vague:
        vague = re.search(rf"(?<!\S)(?:{pattern})(?!\S)", marked.said)
        if vague and (places := marked.take(vague)):
            earliest, latest = (end, None) if than == "later" else (None, end)
            yield TimeWindow(places, earliest, latest, than)
    if marked.taken:
        return
    for pattern, earliest, latest in rules.alone:
        if re.fullmatch(pattern, marked.said):
            yield TimeWindow(frozenset(range(len(words))), earliest, latest)
            return
    for than, pattern in rules.than:
        if other := re.search(rf"(?<!\S)(?:{pattern})(?!\S)", marked.said):
            yield TimeWindow(marked.covered(other), than=than)
            return


def _outside(earliest: time | None, latest: time | None) -> tuple[time | None, time | None]:
    """The longer side of what lies around a span, for people who come by day: "not in the afternoon" is before it."""
    return (None, _moved(earliest, -1)) if earliest else (latest and _moved(latest, 1), None)


def _moved(moment: time, minutes: int) -> time:
    return (datetime.combine(date(2000, 1, 1), moment) + timedelta(minutes=minutes)).time()
