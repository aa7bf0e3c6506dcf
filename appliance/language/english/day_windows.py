"""Spans of days in English: "next week", "early december", "after monday", "in the next few days". Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from appliance.language.day_windows import Rule, Span, SpanMatch, month, month_ahead, third, week, weekend
from appliance.language.day_windows import find_window as _find
from appliance.language.english.dates import MONTHS, find_dates, scan_dates
from appliance.language.english.numbers import cardinal_at
from appliance.language.found import DayWindow, FoundDate, RefusedDate
from appliance.language.marked_words import AT

_MONTH = rf"(?P<month>{'|'.join(MONTHS)})(?: this year| next year)?"
_PERIOD = (
    r"(?P<week>(?:the )?(?:this|next|coming|following) week|the week after next|(?:the )?(?:this|next|coming) weekend|"
    r"the weekend|(?:this|next|the) month|(?:this|next|the) year)"
)
_LEAD = r"(?:(?:some ?time|any ?time|some day|any ?day|one day|a day|any|some|early|earlier|later?|mid|middle) )*"
_IN = (
    r"(?:(?:in|during|for|within|of|at|on|over|towards?|around|the|start|beginning|end|middle|early|late|mid|"
    r"(?:first|second) half|first week|last week|second week|third week) )*"
)
_FEW = {"few": 5, "couple of": 3, "couple": 3}
_EARLY = re.compile(r"\b(?:early|earlier|start|beginning|first half)\b")
_LATE = re.compile(r"\b(?:late|later|end|second half)\b")
_MIDDLE = re.compile(r"\b(?:mid|middle)\b")
_NTH_WEEK = re.compile(r"\b(first|second|third|last) week of\b")


def _period(hit: SpanMatch) -> Span | None:
    """A week, a weekend or a month, or the part of it that is wanted."""
    said, today = hit.match.group(), hit.today
    named = hit.match.groupdict()
    period = named.get("week") or ""
    if name := named.get("month"):
        whole = month(today, MONTHS.index(name) + 1)
        if "next year" in said and whole[0].year == today.year:
            return None
    elif "year" in period:
        return None
    elif "weekend" in period:
        # On a sunday, "after the weekend" begins the next day.
        ends = said.startswith("after ")
        return weekend(today, "next" if "next" in period else "this" if ends or "this" in period else "coming")
    elif "month" in period:
        whole = month_ahead(today, int("next" in period))
    else:
        whole = week(today, 2 if "after" in period else 0 if "this" in period else 1)
    if nth := _NTH_WEEK.search(said):
        if nth[1] == "last":
            return whole[1] - timedelta(6), whole[1]
        first = whole[0] + timedelta(7 * ["first", "second", "third"].index(nth[1]))
        return first, first + timedelta(6)
    if "later" in said and whole[0] == today:
        return today + timedelta(1), whole[1]
    for part, pattern in enumerate((_EARLY, _MIDDLE, _LATE)):
        if pattern.search(said):
            return third(whole, part)
    return whole


def _ahead(hit: SpanMatch) -> Span | None:
    """The next few days, from today on."""
    count, unit = hit.match["count"] or "one", hit.match["unit"]
    number = cardinal_at(count.split(), 0)
    units = _FEW.get(count) or (number[1] if number else 0)
    if not 0 < units <= 1000:
        return None
    days = {"day": 1, "week": 7, "month": 30}[unit.removesuffix("s")]
    return hit.today, hit.today + timedelta(units * days)


def _after(hit: SpanMatch) -> Span:
    return hit.days[0] + timedelta(1), None


def _before(hit: SpanMatch) -> Span:
    return None, hit.days[0] - timedelta(1)


def _from(hit: SpanMatch) -> Span:
    return hit.days[0], None


def _until(hit: SpanMatch) -> Span:
    return None, hit.days[0]


def _between(hit: SpanMatch) -> Span:
    first, last = hit.days
    # "Between monday and thursday", said on a tuesday
    return first, last if last >= first else last + timedelta(7)


def _after_period(hit: SpanMatch) -> Span | None:
    span = _period(hit)
    return (span[1] + timedelta(1), None) if span and span[1] else None


def _from_period(hit: SpanMatch) -> Span | None:
    span = _period(hit)
    return (span[0], None) if span else None


def _by_period(hit: SpanMatch) -> Span | None:
    span = _period(hit)
    return (None, span[1]) if span else None


def _before_period(hit: SpanMatch) -> Span | None:
    span = _period(hit)
    if span is None or span[0] is None:
        return None
    # "Before the end of the month" lies before its last day, "before next week" before its first.
    return None, span[1] if re.search(r"\bend of\b", hit.match.group()) else span[0] - timedelta(1)


def _week_of(hit: SpanMatch) -> Span | None:
    """The week in which a day lies, or the one before or after; None where it is over."""
    (day,) = hit.days
    day += timedelta({"before": -7, "after": 7, "following": 7}.get(hit.match["which"], 0))
    first, last = week(day - timedelta(day.weekday()), 0)
    return (max(first, hit.today), last) if last >= hit.today else None


_ON = r"(?:on )?"
_NOT = r"(?:not|n't|no|never|cannot|can not|don't|can't|won't)(?: (?:come|do|make|be|here|possible|it|really))*"
_WHOLE = rf"{_LEAD}{_IN}(?:{_PERIOD}|(?:in|during|of|early|late|mid|for|until|by|any|middle of|end of) {_MONTH})"
RULES: tuple[Rule, ...] = (
    (
        rf"(?<!after )(?<!before )(?<!until )(?<!till )(?<!by ){_LEAD}(?:(?:in|during|for) )?(?:the )?"
        rf"week (?P<which>of|beginning|starting|commencing|before|after|following) {_ON}{AT}",
        _week_of,
    ),
    (rf"between {_ON}{AT} and {_ON}{AT}|from {AT} (?:to|until|till|through) {AT}", _between),
    (
        rf"{_NOT} (?:before|earlier than|until|till) {_ON}{AT}|{AT} (?:at the (?:very )?earliest|"
        rf"or (?:any ?time )?later)",
        _from,
    ),
    (
        rf"{_NOT} (?:after|later than) {_ON}{AT}|{AT} (?:at the (?:very )?latest|"
        rf"or (?:any ?time )?(?:earlier|sooner|before))",
        _until,
    ),
    (rf"(?:from|starting(?: from| on)?) {_ON}{AT}(?: on(?:wards?)?)?|{AT} onwards?", _from),
    (rf"{_LEAD}after {_ON}{AT}|{AT} or after", _after),
    (rf"{_LEAD}before {_ON}{AT}", _before),
    (rf"{_LEAD}(?:by|until|till|up to|no later than) {_ON}{AT}", _until),
    (rf"{_NOT} (?:before|earlier than|until|till) (?:{_IN}{_PERIOD}|{_IN}{_MONTH})", _from_period),
    (rf"after (?:{_IN}{_PERIOD}|{_IN}{_MONTH})", _after_period),
    (rf"before (?:{_IN}{_PERIOD}|{_IN}{_MONTH})", _before_period),
    (rf"(?:by|until|till) (?:{_IN}{_PERIOD}|{_IN}{_MONTH})", _by_period),
    (rf"(?:from|starting(?: in| from)?) (?:{_PERIOD}|{_MONTH}) on(?:wards?)?", _from_period),
    (
        r"(?:any ?time |some ?time )?(?:(?:in|within|over|during) the (?:next|coming)|within)"
        r" (?:a )?(?:(?P<count>few|couple of|couple|(?!next)\w+) )?(?P<unit>days?|weeks|months)(?! time)",
        _ahead,
    ),
    (_WHOLE, _period),
)
_ALONE: tuple[Rule, ...] = (
    (rf"(?:um |uh |maybe |in |well |oh |ok |okay )*{_MONTH}(?: please| would be (?:good|fine|best|better))?", _period),
)
_DENIED = (
    r"(?:(?:not|never|cannot|without|except|but not|away|busy|\w+n't)"
    r"(?: (?:really|possibly|do|make|come|manage|be|here|it|anything|any|in|on|at|the|want|like|some ?time))* )"
)
_UNSUITED = (
    r" (?:(?:is|would be) (?:really |very |just |too )*(?:bad|no good|not (?:good|possible|great)|difficult|hard|full|"
    r"busy|out|impossible|too (?:early|late|soon))|"
    r"(?:(?:does|will|would|is) not|(?:does|would|is|wo)n't)(?: really)? (?:work|suit|good|possible|go)|"
    r"(?:i am|i'm|we are|we're) (?:away|busy|on holiday|on vacation|abroad|travell?ing|working)|i (?:can't|cannot))\b"
)
_OPEN = re.compile(r"\b(?:some ?time|any ?time|some day|any ?day|whenever|one day)\b")


_NAMES_WEEK = frozenset({("week", which) for which in ("of", "beginning", "starting", "commencing", "after", "before")})
_WEEK_AFTER = re.compile(r"\bnext week\b.*? (?P<after>the (?:week|one) after)(?: that)?(?!\S)(?! next\b)")


def find_window(words: Sequence[str], now: datetime) -> DayWindow | None:
    """The span of days that tokens name, or None."""
    today: date = now.date()
    if later := _WEEK_AFTER.search(" ".join(words)):
        # "Not next week, the one after"
        # "The one" may be a phrase without a value, so that "after" stands for the span.
        return DayWindow(frozenset({later.string.count(" ", 0, later.end("after"))}), *week(today, 2))
    words, dates = _with_dates(words, now)
    found = _find(words, dates, today, RULES, _DENIED, _UNSUITED)
    if found is None and re.fullmatch(_ALONE[0][0], " ".join(words)):
        found = _find(words, dates, today, _ALONE, _DENIED, _UNSUITED)
    return found


def _with_dates(words: Sequence[str], now: datetime) -> tuple[Sequence[str], list[FoundDate]]:
    """The words and the days in them. A week may be called by a day of it. What is no day, as "february thirtieth", has
    no month either, and is left out of the words."""
    scanned = scan_dates(words, now)
    refused = {at for hit in scanned if isinstance(hit, RefusedDate) for at in range(hit.start, hit.end)}
    words = ["." if at in refused else word for at, word in enumerate(words)]
    dates = [hit for hit in scanned if isinstance(hit, FoundDate)]
    taken = {at for hit in dates for at in range(hit.start, hit.end)}
    for at in range(2, len(words)):
        if tuple(words[at - 2 : at]) in _NAMES_WEEK and taken.isdisjoint({at - 1, at}):
            dates += [
                FoundDate(hit.start + at, hit.end + at, hit.day)
                for hit in find_dates(words[at:], now)[:1]
                if hit.start == (words[at] == "on")
            ]
    return words, sorted(dates, key=lambda hit: hit.start)


def leaves_open(words: Sequence[str]) -> bool:
    """Whether any day of a span will do: "some time next week"."""
    return bool(_OPEN.search(" ".join(words)))
