"""Opening hours as sentences, and whether a place is open now, on sunday, at six. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from appliance.config import DAYS, OpeningHours, parse_week
from appliance.numerals import tokens
from appliance.when import find_dates, find_times, say_list, say_time

Spans = Sequence[tuple[time, time]]


def week(hours: OpeningHours) -> list[Spans]:
    """Spans by weekday, Monday first; a day that is not mentioned is closed."""
    return list(parse_week(hours.hours))


def say_week(hours: OpeningHours) -> str:
    """ "The pharmacy is open Monday to Friday from eight in the morning to six in the evening. It is closed …"."""
    days = week(hours)
    groups: list[tuple[Spans, list[int]]] = []
    for day, spans in enumerate(days):
        if groups and groups[-1][0] == spans and groups[-1][1][-1] == day - 1:
            groups[-1][1].append(day)
        else:
            groups.append((spans, [day]))
    opened = [f"{_say_days(d)} {_say_spans(s)}" for s, d in groups if s]
    closed = [_say_days(d) for s, d in groups if not s]
    if not opened:
        return f"{_subject(hours)} closed."
    said = f"{_subject(hours)} {'' if _is_times(hours) else 'open '}{say_list(opened)}."
    return said + (f" It is closed {'on ' if 'every' not in closed[0] else ''}{say_list(closed)}." if closed else "")


def answer(hours: OpeningHours, question: str, now: datetime) -> str | None:
    """The sentence for a question about one day or moment ("is it open now", "on sunday at six"); None when the
    question is about no day in particular."""
    words = tokens(question)
    days = find_dates(words, now)
    times = find_times(words)
    day = days[0].day if days else None
    if day is None and any(w in words for w in ("weekend", "weekends")):
        saturday = now.date() + timedelta((5 - now.weekday()) % 7)
        spoken = [_say_day(hours, saturday + timedelta(n), now) for n in (0, 1)]
        return f"{spoken[0]} {spoken[1]}"
    current = any(w in words for w in ("now", "currently", "still", "already", "yet")) and not days
    if current or (times and day is None and words[:1] in (["is"], ["are"], ["will"])):
        moment = now if current or not times else datetime.combine(now.date(), times[0].time)
        return _say_moment(hours, moment, now)
    if day is None:
        return None
    if times:
        return _say_moment(hours, datetime.combine(day, times[0].time), now)
    return _say_day(hours, day, now)


def _say_moment(hours: OpeningHours, moment: datetime, now: datetime) -> str:
    spans = week(hours)[moment.weekday()]
    inside = next(((o, c) for o, c in spans if o <= moment.time() < c), None)
    when = "now" if moment == now else f"{_on(moment.date(), now)} at {say_time(moment.time(), True)}"
    if inside:
        return f"Yes, {_named(hours)} open {when}, until {say_time(inside[1], True)}."
    later = next((o for o, _ in spans if o > moment.time()), None)
    if later:
        return f"No, {_named(hours)} closed {when}. It opens {_on(moment.date(), now)} at {say_time(later, True)}."
    for ahead in range(1, 8):
        day = moment.date() + timedelta(ahead)
        if week(hours)[day.weekday()]:
            opens = week(hours)[day.weekday()][0][0]
            return f"No, {_named(hours)} closed {when}. It opens {_on(day, now)} at {say_time(opens, True)}."
    return f"No, {_named(hours)} closed."


def _say_day(hours: OpeningHours, day: date, now: datetime) -> str:
    spans = week(hours)[day.weekday()]
    on = _on(day, now)
    on = on[:1].upper() + on[1:]
    if not spans:
        return f"{on}, {_named(hours)} closed."
    if _is_times(hours):
        return f"{on}, {_named(hours).removesuffix(' open')} {_say_spans(spans)}."
    return f"{on}, {_named(hours)} open {_say_spans(spans)}."


def _on(day: date, now: datetime) -> str:
    if day == now.date():
        return "today"
    if day == now.date() + timedelta(1):
        return "tomorrow"
    return f"on {day.strftime('%A')}"


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
    return _named(hours)[:1].upper() + _named(hours)[1:]


def _plural(what: str) -> bool:
    return what.endswith("s") and not what.endswith("ss")


def _say_days(days: Sequence[int]) -> str:
    names = [DAYS[day].capitalize() for day in days]
    if len(days) == 7:
        return "every day"
    return " to ".join((names[0], names[-1])) if len(days) > 2 else say_list(names)


def _say_spans(spans: Spans) -> str:
    return say_list([f"from {say_time(opens, True)} to {_say_end(closes)}" for opens, closes in spans])


def _say_end(closes: time) -> str:
    return "midnight" if closes == time(23, 59, 59) else say_time(closes, True)
