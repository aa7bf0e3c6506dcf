"""Opening hours as sentences, and whether a place is open now, on sunday, at six. Pure.

A question is read by what it asks (closed or open, when it closes, when it opens, until when), about a moment or a day.
Days with hours of their own (``OpeningHours.exceptions``) come before the week. Spans that meet at midnight are one:
a bar that is open from 20:00 to 02:00 closes at two in the morning, and a place that never closes is open day and
night.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from appliance.config.hours import SpecialDay, parse_days, parse_spans, parse_special_days
from appliance.config.site import OpeningHours
from appliance.core.week import DAYS
from appliance.language import Language
from appliance.language.found import FoundDate, FoundTime

Spans = Sequence[tuple[time, time]]

_END_OF_DAY = time(23, 59)
"""a span that ends then or later ends at midnight"""

_AHEAD_DAYS = 15
"""days ahead in which a place's next opening is looked for"""

_NEAR_DAYS = 7
"""days ahead within which a day is said as "on friday"; one that is farther away is named in full"""


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


def say_week(hours: OpeningHours, language: Language) -> str:
    """ "The pharmacy is open Monday to Friday from eight in the morning to six in the evening. It is closed …"."""
    days = week(hours)
    if all(_whole_day(spans) for spans in days):
        return language.hours.say_week(hours.what, [((), (language.hours.ALL_DAY,))], ())
    # A week of its own, with a day before and behind it: what goes on over midnight belongs to the day it begins on.
    monday = date(2024, 1, 1)
    around = [(monday + timedelta(n), days[n % 7]) for n in range(-1, 8)]
    by_day = [tuple(_spoken_spans(_joined(around), monday + timedelta(n), language)) for n in range(7)]
    groups: list[tuple[tuple[str, ...], list[int]]] = []
    for day, spans in enumerate(by_day):
        if groups and groups[-1][0] == spans and groups[-1][1][-1] == day - 1:
            groups[-1][1].append(day)
        else:
            groups.append((spans, [day]))
    closed = [d for s, d in groups if not s]
    if len(closed) > 1 and closed[0][0] == 0 and closed[-1][-1] == len(DAYS) - 1:
        # Days around the weekend stand together.
        closed = [*closed[1:-1], [*closed[-1], *closed[0]]]
    return language.hours.say_week(hours.what, [(d, s) for s, d in groups if s], closed)


def answer(hours: OpeningHours, question: str, now: datetime, language: Language) -> str | None:
    """The sentence for a question about one day or moment ("is it open now", "on sunday at six", "when does it
    close"); None when the question is about no day in particular."""
    known = language.hours
    words = language.tokens(question)
    text = " ".join(words)
    named = {special.name: day for special in _specials(hours) if special.name and (day := special.next(now.date()))}
    if known.HOLIDAYS.search(text) and hours.exceptions:
        return _say_specials(hours, now, _AHEAD_OF_HOLIDAYS, language) or None
    days = _heeded(language.dates.find_dates(words, now, named=named), words, language)
    times = _heeded(language.dates.find_times(words, now=now), words, language)
    day = days[0].day if days else None
    if day is None and known.WEEKEND & set(words):
        saturday = now.date() + timedelta((5 - now.weekday()) % 7)
        spoken = [_say_day(hours, saturday + timedelta(n), now, language) for n in (0, 1)]
        return f"{spoken[0]} {spoken[1]}"
    asked = _Asked(bool(known.CLOSED.search(text)), bool(known.YES_OR_NO.search(text)))
    if known.CLOSES.search(text) and not (asked.yes_or_no or times):
        return _say_day(hours, day, now, language) if day and day != now.date() else _say_close(hours, now, language)
    if known.OPENS.search(text) and day is None and not times:
        return _say_opening(hours, now, language)
    if times:
        if asked.yes_or_no and known.UNTIL.search(text):
            return _say_until(hours, day or now.date(), times[0], now, language)
        return _say_moment(hours, _moment(day, times[0], words, now, language), now, asked, language)
    current = bool(known.CURRENT & set(words))
    if day is None and (current or (asked.yes_or_no and known.STATE.search(text) and not known.ALWAYS.search(text))):
        return _say_moment(hours, now, now, asked, language)
    if day is None and known.AT_NIGHT.search(text) and _always_open(hours, now):
        return _say_moment(hours, now, now, asked, language)
    if day is None:
        soon = _say_specials(hours, now, _NEAR_DAYS, language)
        return f"{say_week(hours, language)} {soon}" if soon else None
    return _say_day(hours, day, now, language)


def midnight(day: date) -> datetime:
    """When a day begins."""
    return datetime.combine(day, time(0))


def span(hours: OpeningHours, day: date) -> tuple[datetime, datetime] | None:
    """The first opening and the last closing of a day; None where it stays closed."""
    intervals = list(_on_day(_intervals(hours, day), day))
    return (intervals[0].opens, intervals[-1].closes) if intervals else None


# --- what is asked ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    closed: bool = False
    """whether it is closed, rather than open"""
    yes_or_no: bool = True


_AHEAD_OF_HOLIDAYS = 400
"""days ahead in which the days that differ are listed"""

Found = TypeVar("Found", FoundDate, FoundTime)


def _heeded(found: Sequence[Found], words: Sequence[str], language: Language) -> list[Found]:
    """The hits without those that were taken back: "on saturday sorry sunday", "not on saturday but on sunday"."""
    kept: list[Found] = []
    for hit in found:
        before = words[max(0, hit.start - 2) : hit.start]
        if len(found) > 1 and language.hours.NOT & set(before):
            continue
        if kept and language.hours.TAKEN_BACK & set(words[kept[-1].end : hit.start]):
            kept.pop()
        kept.append(hit)
    return kept


def _moment(day: date | None, said: FoundTime, words: Sequence[str], now: datetime, language: Language) -> datetime:
    """The moment that a time of day means. It is one to come, on the day that was named."""
    moment = datetime.combine(day or now.date(), said.time)
    if moment.date() == now.date() and moment < now:
        later = moment + timedelta(hours=12)
        if not said.certain and moment.hour < 12 and later > now:
            return later
        if day is None or moment.hour < _NIGHT_ENDS:
            return moment + timedelta(1)
    at_night = bool(language.hours.NIGHT & set(words[max(0, said.start - 3) : said.start]))
    if day and day != now.date() and moment.hour < _NIGHT_ENDS and at_night:
        # "On friday night at one" is on saturday.
        return moment + timedelta(1)
    return moment


_NIGHT_ENDS = 5
"""hour before which a time of day belongs to the night before"""


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


def _spoken_spans(intervals: Sequence[_Interval], day: date, language: Language) -> Iterator[str]:
    begins = datetime.combine(day, time(0))
    for interval in _on_day(intervals, day):
        if interval.opens <= begins and interval.closes >= begins + timedelta(1):
            yield language.hours.ALL_DAY
        else:
            yield language.hours.say_span(interval.opens.time(), interval.closes.time())


def _until(interval: _Interval, moment: datetime, hours: OpeningHours, now: datetime, language: Language) -> str:
    if _always_open(hours, now):
        return language.hours.ALL_DAY
    far = interval.closes - moment > timedelta(1)
    on = _on(hours, interval.closes.date(), now, language) if far else ""
    return language.hours.say_until(interval.closes.time(), on)


def _say_moment(hours: OpeningHours, moment: datetime, now: datetime, asked: _Asked, language: Language) -> str:
    known = language.hours
    intervals = _intervals(hours, moment.date())
    inside = next((interval for interval in intervals if interval.holds(moment)), None)
    when = known.NOW if moment == now else known.say_at(_on(hours, moment.date(), now, language), moment.time())
    if inside:
        return known.say_whether(hours.what, True, asked.closed, when, _until(inside, moment, hours, now, language))
    opens = next((interval.opens for interval in intervals if interval.opens > moment), None)
    said = known.say_whether(hours.what, False, asked.closed, when)
    return f"{said} {_say_opens(hours, opens, now, language)}" if opens else said


def _say_opens(hours: OpeningHours, opens: datetime, now: datetime, language: Language, *, pronoun: bool = True) -> str:
    on = _on(hours, opens.date(), now, language)
    return language.hours.say_opens(hours.what, on, opens.time(), pronoun=pronoun)


def _say_opening(hours: OpeningHours, now: datetime, language: Language) -> str:
    """When it opens next, and until when it is open where it is open now."""
    intervals = _intervals(hours, now.date())
    opens = next((interval.opens for interval in intervals if interval.opens > now), None)
    inside = next((interval for interval in intervals if interval.holds(now)), None)
    if inside:
        said = language.hours.say_open_now(hours.what, _until(inside, now, hours, now, language))
        return f"{said} {_say_opens(hours, opens, now, language)}" if opens else said
    if opens:
        return _say_opens(hours, opens, now, language, pronoun=False)
    return language.hours.say_closed(hours.what)


def _say_close(hours: OpeningHours, now: datetime, language: Language) -> str:
    """When it closes today."""
    today = now.date()
    if _always_open(hours, now):
        return language.hours.say_always_open(hours.what)
    intervals = _intervals(hours, today)
    # On a day with a break for lunch the last closing counts.
    todays = [i for i in intervals if i.closes > now and (i.opens.date() == today or i.holds(now))]
    if not todays:
        opens = next((i.opens for i in intervals if i.opens > now), None)
        said = language.hours.say_closed(hours.what, today=True)
        return f"{said} {_say_opens(hours, opens, now, language)}" if opens else said
    closes = todays[-1].closes
    return language.hours.say_closes(hours.what, closes.time(), today=closes.date() == today)


def _say_until(hours: OpeningHours, day: date, said: FoundTime, now: datetime, language: Language) -> str:
    """Whether it stays open until a time of a day."""
    last = next(iter(reversed(list(_on_day(_intervals(hours, day), day)))), None)
    on = _on(hours, day, now, language)
    if last is None:
        return language.hours.say_whether(hours.what, False, False, on)
    wanted = datetime.combine(day, said.time)
    if not said.certain and wanted.hour < 12:
        wanted += timedelta(hours=12)
    elif wanted <= last.opens:
        wanted += timedelta(1)
    until = _until(last, max(last.opens, now), hours, now, language)
    return language.hours.say_fits(hours.what, wanted <= last.closes, on, until)


def _say_day(hours: OpeningHours, day: date, now: datetime, language: Language) -> str:
    spans = list(_spoken_spans(_intervals(hours, day), day, language))
    return language.hours.say_day(hours.what, _on(hours, day, now, language), spans)


def _say_specials(hours: OpeningHours, now: datetime, within: int, language: Language) -> str:
    """Sentences for the days with hours of their own that come within some days."""
    said: list[str] = []
    coming = [(day, special) for special in _specials(hours) if (day := special.next(now.date()))]
    for day, special in sorted(coming, key=lambda pair: pair[0]):
        if (day - now.date()).days > within:
            continue
        if special.first == special.last:
            said.append(_say_day(hours, day, now, language))
            continue
        spans = list(_spoken_spans(_intervals(hours, day), day, language))
        year = day.year + (special.last[1:] < (day.month, day.day)) if special.last[0] is None else special.last[0]
        last = date(year, *special.last[1:])
        said.append(language.hours.say_days(hours.what, special.name, day, last, now.date(), spans))
    return " ".join(said)


def _on(hours: OpeningHours, day: date, now: datetime, language: Language) -> str:
    special = _special(hours, day)
    near = 0 < (day - now.date()).days <= _NEAR_DAYS
    return language.hours.say_on(day, now.date(), special[0] if special else "", near)
