"""Opening hours as sentences, and whether a place is open now, on sunday, at six. Pure.

A question is read by what it asks (closed or open, when it closes, when it opens, until when), about a moment or a day.
Days with hours of their own (``OpeningHours.exceptions``) come before the week. Spans that meet at midnight are one:
a bar that is open from 20:00 to 02:00 closes at two in the morning, and what never closes is open day and night.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from appliance.config.hours import SpecialDay, parse_days, parse_spans, parse_special_days
from appliance.config.site import OpeningHours
from appliance.core.week import DAYS
from appliance.language.english.dates import find_dates, find_times, say_date, say_list, say_time
from appliance.language.english.tokens import tokens
from appliance.language.found import FoundDate, FoundTime

Spans = Sequence[tuple[time, time]]

_END_OF_DAY = time(23, 59)
"""a span that ends then or later ends at midnight"""

_AHEAD_DAYS = 15
"""how far ahead a place's next opening is looked for"""

_NEAR_DAYS = 7
"""a day this near is "on friday"; one that is farther away is named in full"""


@dataclass(frozen=True, slots=True)
class _Interval:
    """A time without a break in which a place is open."""

    opens: datetime
    closes: datetime

    def holds(self, moment: datetime) -> bool:
        return self.opens <= moment < self.closes


def week(hours: OpeningHours) -> list[Spans]:
    """Spans by the weekday that they begin on, Monday first; a day that is not mentioned is closed."""
    spans = {day: parse_spans(text) for days, text in hours.hours.items() for day in parse_days(days)}
    return [spans.get(day, ()) for day in range(len(DAYS))]


def say_week(hours: OpeningHours) -> str:
    """ "The pharmacy is open Monday to Friday from eight in the morning to six in the evening. It is closed …"."""
    days = week(hours)
    if all(_whole_day(spans) for spans in days):
        return f"{_subject(hours)} {'' if _is_times(hours) else 'open '}day and night."
    # A week of its own, with a day before and behind it: what goes on over midnight belongs to the day it begins on.
    monday = date(2024, 1, 1)
    around = [(monday + timedelta(n), days[n % 7]) for n in range(-1, 8)]
    by_day = [tuple(_spoken_spans(_joined(around), monday + timedelta(n))) for n in range(7)]
    groups: list[tuple[tuple[str, ...], list[int]]] = []
    for day, spans in enumerate(by_day):
        if groups and groups[-1][0] == spans and groups[-1][1][-1] == day - 1:
            groups[-1][1].append(day)
        else:
            groups.append((spans, [day]))
    opened = [f"{_say_days(d)} {say_list(s)}" for s, d in groups if s]
    closed = [d for s, d in groups if not s]
    if not opened:
        return f"{_subject(hours)} closed."
    said = f"{_subject(hours)} {'' if _is_times(hours) else 'open '}{say_list(opened)}."
    pronoun = "They are" if _plural(hours.what) and not _is_times(hours) else "It is"
    return said + (f" {pronoun} closed {_say_closed(closed)}." if closed else "")


def answer(hours: OpeningHours, question: str, now: datetime) -> str | None:
    """The sentence for a question about one day or moment ("is it open now", "on sunday at six", "when does it
    close"); None when the question is about no day in particular."""
    words = tokens(question)
    text = " ".join(words)
    named = {special.name: day for special in _specials(hours) if special.name and (day := special.next(now.date()))}
    if _HOLIDAYS.search(text) and hours.exceptions:
        return _say_specials(hours, now, _AHEAD_OF_HOLIDAYS) or None
    days = _heeded(find_dates(words, now, named=named), words)
    times = _heeded(find_times(words, now=now), words)
    day = days[0].day if days else None
    if day is None and ("weekend" in words or "weekends" in words):
        saturday = now.date() + timedelta((5 - now.weekday()) % 7)
        spoken = [_say_day(hours, saturday + timedelta(n), now) for n in (0, 1)]
        return f"{spoken[0]} {spoken[1]}"
    asked = _Asked(bool(_CLOSED.search(text)), bool(_YES_OR_NO.search(text)))
    if _CLOSES.search(text) and not (asked.yes_or_no or times):
        return _say_day(hours, day, now) if day and day != now.date() else _say_close(hours, now)
    if _OPENS.search(text) and day is None and not times:
        return _say_opening(hours, now)
    if times:
        if asked.yes_or_no and _UNTIL.search(text):
            return _say_until(hours, day or now.date(), times[0], now)
        return _say_moment(hours, _moment(day, times[0], words, now), now, asked)
    current = any(w in words for w in ("now", "currently", "still", "already", "yet"))
    if day is None and (current or (asked.yes_or_no and _STATE.search(text) and not _ALWAYS.search(text))):
        return _say_moment(hours, now, now, asked)
    if day is None and _AT_NIGHT.search(text) and _always_open(hours, now):
        return _say_moment(hours, now, now, asked)
    if day is None:
        soon = _say_specials(hours, now, _NEAR_DAYS)
        return f"{say_week(hours)} {soon}" if soon else None
    return _say_day(hours, day, now)


# --- what is asked ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    closed: bool = False
    """whether it is closed, rather than open"""
    yes_or_no: bool = True


_LEAD = r"^(?:(?:and|so|but|well|um|uh|oh|hi|hello|excuse me|sorry|please|okay|tell me|do you know if|if)\b[, ]*)*"
_YES_OR_NO = re.compile(_LEAD + r"(?:is|isn't|are|aren't|will|won't|has|have|can|could|would|was)\b")
_CLOSED = re.compile(r"\b(?:closed?|closing|shut|over)\b")
_STATE = re.compile(r"\b(?:open|opened|closed?|shut)\b")
_ALWAYS = re.compile(r"\b(?:every|each|all|always|ever|days|daily|usually|to the public|to visitors|night)\b")
_CLOSES = re.compile(
    r"\b(?:when|what time|how soon|how long until)\b.*\b(?:close|closes|closing|shut|shuts)\b|"
    r"\bhow (?:late|long)\b.*\b(?:open|visit|stay|come)\b|\b(?:until|till) (?:when|what time)\b|\bclosing time\b"
)
_OPENS = re.compile(
    r"\b(?:when|what time|how soon)\b.*\b(?:do|does|will|can)\b.*\b(?:open|opens|reopen)\b(?! (?:to|for))|"
    r"\bhow long (?:until|till|before)\b.*\bopens?\b|\bopening time\b"
)
_UNTIL = re.compile(r"\b(?:until|till|til|up to)\b")
_HOLIDAYS = re.compile(r"\b(?:(?:public |bank |national )?holidays?|special hours|exceptions?)\b")
_AT_NIGHT = re.compile(r"\bnights?\b|\bovernight\b")
_AHEAD_OF_HOLIDAYS = 400
"""days ahead in which the days that differ are listed"""

_TAKEN_BACK = frozenset({"no", "sorry", "mean", "meant", "actually", "wait", "rather"})


Found = TypeVar("Found", FoundDate, FoundTime)


def _heeded(found: Sequence[Found], words: Sequence[str]) -> list[Found]:
    """What was said without what was taken back: "on saturday sorry sunday", "not on saturday but on sunday"."""
    kept: list[Found] = []
    for hit in found:
        before = words[max(0, hit.start - 2) : hit.start]
        if len(found) > 1 and "not" in before:
            continue
        if kept and _TAKEN_BACK & set(words[kept[-1].end : hit.start]):
            kept.pop()
        kept.append(hit)
    return kept


def _moment(day: date | None, said: FoundTime, words: Sequence[str], now: datetime) -> datetime:
    """The moment that a time of day means: one to come, on the day that was named."""
    moment = datetime.combine(day or now.date(), said.time)
    if moment.date() == now.date() and moment < now:
        later = moment + timedelta(hours=12)
        if not said.certain and moment.hour < 12 and later > now:
            return later
        if day is None or moment.hour < _NIGHT_ENDS:
            return moment + timedelta(1)
    at_night = "night" in words[max(0, said.start - 3) : said.start]
    if day and day != now.date() and moment.hour < _NIGHT_ENDS and at_night:
        # "On friday night at one" is on saturday.
        return moment + timedelta(1)
    return moment


_NIGHT_ENDS = 5
"""hour"""


# --- when it is open ----------------------------------------------------------------------------------------------


def _specials(hours: OpeningHours) -> list[SpecialDay]:
    return [special for special, _ in parse_special_days(hours.exceptions)]


def _special(hours: OpeningHours, day: date) -> tuple[str, Spans] | None:
    """Name and spans of a day with hours of its own."""
    for special, spans in parse_special_days(hours.exceptions):
        if special.holds(day):
            return special.name, spans
    return None


def _spans(hours: OpeningHours, day: date) -> Spans:
    special = _special(hours, day)
    return special[1] if special else week(hours)[day.weekday()]


def _whole_day(spans: Spans) -> bool:
    return any(opens == time(0) and closes >= _END_OF_DAY for opens, closes in spans)


def _joined(days: Sequence[tuple[date, Spans]]) -> list[_Interval]:
    """Spans of some days in a row as intervals, those that meet at midnight as one."""
    found: list[_Interval] = []
    for day, spans in days:
        for opens, closes in sorted(spans):
            ends = datetime.combine(day, closes)
            if closes >= _END_OF_DAY:
                ends = datetime.combine(day + timedelta(1), time(0))
            elif closes <= opens:
                ends += timedelta(1)
            begins = datetime.combine(day, opens)
            if found and begins <= found[-1].closes:
                found[-1] = _Interval(found[-1].opens, max(found[-1].closes, ends))
            else:
                found.append(_Interval(begins, ends))
    return found


def _intervals(hours: OpeningHours, around: date) -> list[_Interval]:
    """The intervals from the day before on."""
    days = [around + timedelta(n) for n in range(-1, _AHEAD_DAYS)]
    return _joined([(day, _spans(hours, day)) for day in days])


def _always_open(hours: OpeningHours, now: datetime) -> bool:
    return len(_intervals(hours, now.date())) == 1 and all(_whole_day(spans) for spans in week(hours))


def _on_day(intervals: Sequence[_Interval], day: date) -> Iterator[_Interval]:
    """Those that begin on a day, and one that covers all of it."""
    begins = datetime.combine(day, time(0))
    for interval in intervals:
        if interval.opens.date() == day or (interval.opens < begins and interval.closes >= begins + timedelta(1)):
            yield interval


# --- sentences ----------------------------------------------------------------------------------------------------


def _spoken_spans(intervals: Sequence[_Interval], day: date) -> Iterator[str]:
    begins = datetime.combine(day, time(0))
    for interval in _on_day(intervals, day):
        if interval.opens <= begins and interval.closes >= begins + timedelta(1):
            yield "day and night"
        else:
            yield f"from {say_time(interval.opens.time(), True)} to {say_time(interval.closes.time(), True)}"


def _until(interval: _Interval, moment: datetime, hours: OpeningHours, now: datetime) -> str:
    if _always_open(hours, now):
        return "day and night"
    if interval.closes - moment > timedelta(1):
        return f"until {say_time(interval.closes.time(), True)} {_on(hours, interval.closes.date(), now)}"
    return f"until {say_time(interval.closes.time(), True)}"


def _say_moment(hours: OpeningHours, moment: datetime, now: datetime, asked: _Asked) -> str:
    intervals = _intervals(hours, moment.date())
    inside = next((interval for interval in intervals if interval.holds(moment)), None)
    when = "now" if moment == now else f"{_on(hours, moment.date(), now)} at {say_time(moment.time(), True)}"
    agree, refuse = ("No", "Yes") if asked.closed else ("Yes", "No")
    if inside:
        return f"{agree}, {_named(hours)} open {when}, {_until(inside, moment, hours, now)}."
    opens = next((interval.opens for interval in intervals if interval.opens > moment), None)
    said = f"{refuse}, {_named(hours)} closed {when}."
    return f"{said} {_say_opens(hours, opens, now)}" if opens else said


def _say_opens(hours: OpeningHours, opens: datetime, now: datetime, subject: str = "") -> str:
    verb = "begins" if _is_times(hours) else "open" if _plural(hours.what) else "opens"
    subject = subject or ("They" if _plural(hours.what) and not _is_times(hours) else "It")
    return f"{subject} {verb} {_on(hours, opens.date(), now)} at {say_time(opens.time(), True)}."


def _say_opening(hours: OpeningHours, now: datetime) -> str:
    """When it opens next; where it is open, until when as well."""
    intervals = _intervals(hours, now.date())
    opens = next((interval.opens for interval in intervals if interval.opens > now), None)
    inside = next((interval for interval in intervals if interval.holds(now)), None)
    if inside:
        said = f"{_subject_of(hours)} open now, {_until(inside, now, hours, now)}."
        return f"{said} {_say_opens(hours, opens, now)}" if opens else said
    return _say_opens(hours, opens, now, _capital(hours.what)) if opens else f"{_subject_of(hours)} closed."


def _say_close(hours: OpeningHours, now: datetime) -> str:
    """When it closes today."""
    today = now.date()
    if _always_open(hours, now):
        return f"{_subject_of(hours)} open day and night."
    intervals = _intervals(hours, today)
    # Of an interval with a break for lunch the last end counts.
    todays = [i for i in intervals if i.closes > now and (i.opens.date() == today or i.holds(now))]
    if not todays:
        opens = next((i.opens for i in intervals if i.opens > now), None)
        said = f"{_subject_of(hours)} closed today."
        return f"{said} {_say_opens(hours, opens, now)}" if opens else said
    closes = todays[-1].closes
    verb = "ends" if _is_times(hours) else "close" if _plural(hours.what) else "closes"
    day = "today " if closes.date() == today else ""
    return f"{_capital(hours.what)} {verb} {day}at {say_time(closes.time(), True)}."


def _say_until(hours: OpeningHours, day: date, said: FoundTime, now: datetime) -> str:
    """Whether it is open as long as until a time of a day."""
    last = next(iter(reversed(list(_on_day(_intervals(hours, day), day)))), None)
    on = _on(hours, day, now)
    if last is None:
        return f"No, {_named(hours)} closed {on}."
    wanted = datetime.combine(day, said.time)
    if not said.certain and wanted.hour < 12:
        wanted += timedelta(hours=12)
    elif wanted <= last.opens:
        wanted += timedelta(1)
    fits = "Yes" if wanted <= last.closes else "No"
    return f"{fits}, {_named(hours)} open {on} {_until(last, max(last.opens, now), hours, now)}."


def _say_day(hours: OpeningHours, day: date, now: datetime) -> str:
    on = _capital(_on(hours, day, now)) + ","
    spans = list(_spoken_spans(_intervals(hours, day), day))
    if not spans:
        return f"{on} {_named(hours)} closed."
    if _is_times(hours):
        return f"{on} {_named(hours)} {say_list(spans)}."
    return f"{on} {_named(hours)} open {say_list(spans)}."


def _say_specials(hours: OpeningHours, now: datetime, within: int) -> str:
    """Sentences for the days with hours of their own that come within some days."""
    said: list[str] = []
    coming = [(day, special) for special in _specials(hours) if (day := special.next(now.date()))]
    for day, special in sorted(coming, key=lambda pair: pair[0]):
        if (day - now.date()).days > within:
            continue
        if special.first == special.last:
            said.append(_say_day(hours, day, now))
            continue
        spans = list(_spoken_spans(_intervals(hours, day), day))
        year = day.year + (special.last[1:] < (day.month, day.day)) if special.last[0] is None else special.last[0]
        last = say_date(date(year, *special.last[1:]), now.date())
        name = f"{special.name}, from" if special.name else "From"
        state = f"open {say_list(spans)}" if spans else "closed"
        said.append(f"{_capital(name)} {say_date(day, now.date())} to {last}, {_named(hours)} {state}.")
    return " ".join(said)


def _on(hours: OpeningHours, day: date, now: datetime) -> str:
    """ "today", "on Friday", "on Friday, December fourth", "on Friday, December twenty-fifth, Christmas Day"."""
    away = (day - now.date()).days
    special = _special(hours, day)
    name = f", {special[0]}" if special and special[0] else ""
    if away == 0:
        return f"today{name}"
    if away == 1:
        return f"tomorrow{name}"
    if name or not 0 < away <= _NEAR_DAYS:
        return f"on {say_date(day, now.date())}{name}"
    return f"on {day.strftime('%A')}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _subject_of(hours: OpeningHours) -> str:
    return _capital(_named(hours))


def _is_times(hours: OpeningHours) -> bool:
    """ "visiting" has hours and is not a place that opens."""
    return not hours.what.lower().startswith(("the ", "our "))


def _named(hours: OpeningHours) -> str:
    if _is_times(hours):
        return f"{hours.what} is"
    return f"{hours.what} {'are' if _plural(hours.what) else 'is'}"


def _subject(hours: OpeningHours) -> str:
    if _is_times(hours):
        return f"{hours.what[:1].upper()}{hours.what[1:]} hours are"
    return _subject_of(hours)


def _plural(what: str) -> bool:
    return what.endswith("s") and not what.endswith("ss")


def _say_days(days: Sequence[int]) -> str:
    if len(days) == 7:
        return "every day"
    return say_list(_runs(days))


def _say_closed(groups: Sequence[Sequence[int]]) -> str:
    """ "on Monday, Saturday and Sunday", "Saturday to Tuesday": days around the weekend stand together."""
    groups = [list(group) for group in groups]
    if len(groups) > 1 and groups[0][0] == 0 and groups[-1][-1] == len(DAYS) - 1:
        groups = [*groups[1:-1], [*groups[-1], *groups[0]]]
    names = [name for group in groups for name in _runs(group)]
    if len(names) == 1 and len(groups[0]) > 2:
        return names[0]
    return "on " + say_list([f"from {name}" if " to " in name else name for name in names])


def _runs(days: Sequence[int]) -> list[str]:
    names = [DAYS[day].capitalize() for day in days]
    return [f"{names[0]} to {names[-1]}"] if len(days) > 2 else names
