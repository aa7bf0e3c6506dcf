"""Opening hours as sentences, and whether a place is open now, on sunday, at six. Pure.

``hours_question`` reads what a question asks; here it is answered. A time of day without its half ("at eight") is the
next one, unless that is far from the place's hours.
Days with hours of their own (``OpeningHours.exceptions``) come before the week. Spans that meet at midnight are one:
a bar that is open from 20:00 to 02:00 closes at two in the morning, and a place that never closes is open day and
night.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from appliance.config.hours import SpecialDay, parse_days, parse_spans, parse_special_days
from appliance.config.site import OpeningHours
from appliance.conversation.hours_question import Asked, Ranking, TimeAsked, read
from appliance.core.week import DAYS
from appliance.language import Language
from appliance.language.found import FoundTime
from appliance.language.parts import HoursDoubt, HoursKind

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
    """The sentence for a question about days or moments ("is it open now", "on sunday at six", "when does it close");
    None when the question is about no day in particular."""
    return say(hours, ask(hours, question, now, language), now, language)


def ask(hours: OpeningHours, question: str, now: datetime, language: Language) -> Asked:
    """What a question asks about a place."""
    about = {word for phrase in (hours.what, *hours.ask) for word in language.words.content_words(phrase)}
    about -= language.words.PHRASING | language.hours.GOING_ON
    return read(question, now, language, named=named_days((hours,), now), about=about)


def named_days(places: Sequence[OpeningHours], now: datetime) -> dict[str, date]:
    """The days that places call by name, with the next date of each."""
    return {
        special.name: day
        for hours in places
        for special in _specials(hours)
        if special.name and (day := special.next(now.date()))
    }


def say(hours: OpeningHours, asked: Asked, now: datetime, language: Language) -> str | None:
    """The sentences for what is asked; None where the hours of the week answer it."""
    known = language.hours
    dates = [day for day in asked.days if isinstance(day, date)]
    doubts = [day for day in asked.days if not isinstance(day, date)]
    if asked.kind == "holidays" and not dates:
        specials = _say_specials(hours, now, _AHEAD_OF_HOLIDAYS, language)
        return specials or _say_doubt(hours, "holidays", language)
    named = asked.by_name or any(known.closes_places(day) for day in dates)
    if named and not any(_special(hours, day) for day in dates):
        # The hours of a weekday are hardly those of a holiday that falls on it.
        doubts = [*doubts, "holidays"]
    if doubts:
        return _say_doubt(hours, doubts[0], language)
    if asked.kind in ("always", "night") and not asked.time:
        if _always_open(hours, now):
            return _say_moment(hours, now, now, bool(asked.closed), language)
        return f"{known.NO} {say_week(hours, language)}" if asked.kind == "always" and not asked.closed else None
    if len(dates) > _MOST_DAYS_TOLD:
        return None
    if asked.time:
        return _say_times(hours, dates, asked, asked.time, now, language)
    if asked.kind in ("reopens", "pauses") and (told := _say_break(hours, dates, asked.kind, now, language)):
        return told
    if asked.kind == "lasts" and dates in ([], [now.date()]) and (told := _say_until_break(hours, now, language)):
        return told
    if asked.kind in ("closes", "lasts", "pauses") and dates in ([], [now.date()]):
        return _say_close(hours, now, language)
    if asked.kind in ("opens", "reopens") and not dates:
        return _say_opening(hours, now, language)
    if dates:
        said = [_say_moment(hours, now, now, bool(asked.closed), language)] if asked.now else []
        said += [_say_day(hours, day, now, language, next_opening=asked.kind == "opens") for day in dates]
        if asked.kind == "holidays":
            said.append(_say_specials(hours, now, _AHEAD_OF_HOLIDAYS, language) or known.DOUBTS["holidays"])
        return " ".join(said)
    if asked.kind == "state":
        return _say_moment(hours, now, now, bool(asked.closed), language)
    soon = _say_specials(hours, now, _NEAR_DAYS, language)
    return f"{say_week(hours, language)} {soon}" if soon else None


Told = tuple[str, Sequence[OpeningHours]]
"""A sentence, and the places that it names"""


def say_open(places: Sequence[OpeningHours], asked: Asked, now: datetime, language: Language) -> Told:
    """Which places are open, or closed, on the one day or at the one time that is asked about; an empty sentence where
    that cannot be told in one."""
    known = language.hours
    days = [day for day in asked.days if isinstance(day, date)]
    if len(days) < len(asked.days):
        return known.DOUBTS["unknown day"], ()
    if len(days) > 1 or (asked.time and asked.time.relation != "at"):
        return "", ()
    day = days[0] if days else None
    if asked.time is None and day:
        opened = [bool(list(_on_day(_intervals(hours, day), day))) for hours in places]
        when = _on(places[0], day, now, language)
    else:
        moments = [_moment(hours, day, asked.time, now, asked.past) for hours in places] if asked.time else [now]
        moment = max(moments, key=moments.count)
        opened = [any(i.holds(moment) for i in _intervals(hours, moment.date())) for hours in places]
        on = _on(places[0], moment.date(), now, language)
        when = known.say_at(on, moment.time()) if asked.time else known.NOW
    chosen = [hours for hours, is_open in zip(places, opened, strict=True) if is_open != bool(asked.closed)]
    return known.say_places([hours.what for hours in chosen], not bool(asked.closed), when), chosen


def say_closing(places: Sequence[OpeningHours], asked: Asked, now: datetime, language: Language) -> Told:
    """Which places close at the time that is asked about, today or on the one day that is named."""
    days = [day for day in asked.days if isinstance(day, date)]
    if (
        len(days) < len(asked.days)
        or len(days) > 1
        or asked.time is None
        or asked.time.relation not in ("at", "closes")
    ):
        return "", ()
    day = days[0] if days else now.date()
    moments = [_closing(day, option, now) for option in _options(asked.time.said[0])]
    closing = {
        moment: [hours for hours in places if any(i.closes == moment for i in _intervals(hours, day))]
        for moment in moments
    }
    coming_first = sorted(moments, key=lambda moment: moment < now)
    moment = next((moment for moment in coming_first if closing[moment]), moments[0])
    # Midnight is called by the day that it ends.
    on = _on(places[0], day if moment.time() == time(0) else moment.date(), now, language)
    chosen = closing[moment]
    return language.hours.say_closing_places([hours.what for hours in chosen], on, moment.time()), chosen


def say_ranked(places: Sequence[OpeningHours], asked: Ranking, now: datetime, language: Language) -> Told:
    """Which places open or close first, or last, today or on the one day that is named; an empty sentence where none
    does, or that cannot be told."""
    days = [day for day in asked.days if isinstance(day, date)]
    if len(days) < len(asked.days) or len(days) > 1:
        return "", ()
    day = days[0] if days else now.date()
    if language.hours.closes_places(day):
        return "", ()
    spans = [(found[0 if asked.opens else 1], hours) for hours in places if (found := _opening_span(hours, day))]
    if not spans:
        return "", ()
    moment = (min if asked.first else max)(moment for moment, _ in spans)
    chosen = [hours for at, hours in spans if at == moment]
    # Midnight is called by the day that it ends.
    on = _on(chosen[0], day if moment.time() == time(0) else moment.date(), now, language)
    say_places = language.hours.say_opening_places if asked.opens else language.hours.say_closing_places
    return say_places([hours.what for hours in chosen], on, moment.time()), chosen


def _opening_span(hours: OpeningHours, day: date) -> tuple[datetime, datetime] | None:
    """The span of a day of a place that is closed at times."""
    return None if _whole_day(_spans(hours, day)) else span(hours, day)


def midnight(day: date) -> datetime:
    """When a day begins."""
    return datetime.combine(day, time(0))


def span(hours: OpeningHours, day: date) -> tuple[datetime, datetime] | None:
    """The first opening and the last closing of a day; None where it stays closed."""
    intervals = list(_on_day(_intervals(hours, day), day))
    return (intervals[0].opens, intervals[-1].closes) if intervals else None


# --- what is meant ------------------------------------------------------------------------------------------------

_AHEAD_OF_HOLIDAYS = 400
"""days ahead in which the days that differ are listed"""

_MOST_DAYS_TOLD = 4
"""most days that are told one by one; of more, the week is told"""

_NIGHT_ENDS = 5
"""hour before which a time of day belongs to the night before"""

_FAR = timedelta(hours=3)
"""A time of day without its half is as near to the hours as this, or its other half is meant."""

_SHORT = timedelta(hours=2)
"""A part of the day that is no longer than this is asked about as a whole: "over lunch"."""


def _options(said: FoundTime) -> list[time]:
    """The times of day that may be meant, the likelier first."""
    return [said.time] if said.certain else [said.time, said.time.replace(hour=(said.time.hour + 12) % 24)]


def _closing(day: date, option: time, now: datetime) -> datetime:
    """When a place closes that closes on a day at a time. The small hours are those behind the day, unless they are
    still to come on it."""
    moment = datetime.combine(day, option)
    still_to_come = day == now.date() and moment >= now
    return moment + timedelta(option.hour < _NIGHT_ENDS and not still_to_come)


def _distance(intervals: Sequence[_Interval], moment: datetime) -> timedelta:
    """How far a moment is from the hours."""
    gaps = (max(i.opens - moment, moment - i.closes, timedelta(0)) for i in intervals)
    return min(gaps, default=timedelta(0))


def _fitting(moments: Sequence[datetime], intervals: Sequence[_Interval]) -> datetime:
    """The first moment, unless it is far from the hours and another one is nearer."""
    if _distance(intervals, moments[0]) <= _FAR:
        return moments[0]
    return min(moments, key=lambda moment: _distance(intervals, moment))


def _moment(hours: OpeningHours, day: date | None, asked: TimeAsked, now: datetime, past: bool) -> datetime:
    """The moment that a time of day means: on the day that was named, or the next one."""
    options = _options(asked.said[0])
    today = now.date()
    intervals = _intervals(hours, day or today)
    if day is None and not past:
        days = (today, today + timedelta(1))
        coming = sorted(m for option in options for d in days if (m := datetime.combine(d, option)) >= now)
        return _fitting(coming[: len(options)], intervals)
    day = day or today
    moments = []
    for option in options:
        # Midnight ends a day, and the small hours of a night belong to the day before.
        late = option == time(0) or (asked.at_night and option.hour < _NIGHT_ENDS)
        moments.append(datetime.combine(day + timedelta(late), option))
    if day == today and not past:
        small = [m + timedelta(1) for m in moments if m < now and m.hour < _NIGHT_ENDS]
        coming = [m for m in moments if m >= now] or small
        if len(options) > 1 and not asked.at_night and all(m.hour < _NIGHT_ENDS for m in coming):
            # "At half past twelve today" is not said of the night to come, unless the place is open then.
            coming = [m for m in coming if any(i.opens <= m <= i.closes for i in intervals)]
        moments = coming or [m for m in moments if m.hour >= _NIGHT_ENDS] or moments
    elif day == today:
        moments = [m for m in moments if m <= now] or moments
    else:
        small = [m + timedelta(1) for m in moments if m.date() == day and m.hour < _NIGHT_ENDS and not past]
        moments += [m for m in small if any(i.holds(m) for i in intervals)]
    return _fitting(moments, intervals)


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


def _say_moment(hours: OpeningHours, moment: datetime, now: datetime, closed: bool, language: Language) -> str:
    known = language.hours
    intervals = _intervals(hours, moment.date())
    inside = next((interval for interval in intervals if interval.holds(moment)), None)
    when = known.NOW if moment == now else known.say_at(_on(hours, moment.date(), now, language), moment.time())
    if inside:
        return known.say_whether(hours.what, True, closed, when, _until(inside, moment, hours, now, language))
    opens = next((interval.opens for interval in intervals if interval.opens > moment), None)
    said = known.say_whether(hours.what, False, closed, when)
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


def _say_until_break(hours: OpeningHours, now: datetime, language: Language) -> str:
    """Until when it is open before a break of today, with the hours of the day; empty where no break is to come."""
    today = now.date()
    todays = list(_on_day(_intervals(hours, today), today))
    inside = next((i for i in todays[:-1] if i.holds(now)), None)
    if inside is None:
        return ""
    said = language.hours.say_open_now(hours.what, _until(inside, now, hours, now, language))
    return f"{said} {_say_day(hours, today, now, language)}"


def _say_times(
    hours: OpeningHours, dates: Sequence[date], asked: Asked, timed: TimeAsked, now: datetime, language: Language
) -> str | None:
    """Whether it is open at a time, or for a span of time, on each of some days."""
    if timed.relation == "part" and not dates:
        return _say_usual_part(hours, timed, bool(asked.closed), now, language)
    said: list[str] = []
    for day in dates or (None,):
        if timed.relation == "at":
            moments = [_moment(hours, day, replace(timed, said=(one,)), now, asked.past) for one in timed.said]
            said += [_say_moment(hours, moment, now, bool(asked.closed), language) for moment in moments]
        elif timed.relation == "until":
            said.append(_say_until(hours, day, timed.said[0], now, language))
        elif timed.relation in ("opens", "closes", "closes before", "closes after"):
            said.append(_say_edge(hours, day or now.date(), timed, now, language))
        else:
            said.append(_say_within(hours, day, timed, asked, now, language))
    return " ".join(said)


def _say_until(hours: OpeningHours, day: date | None, said: FoundTime, now: datetime, language: Language) -> str:
    """Whether it stays open until a time of a day."""
    today = now.date()
    intervals = _intervals(hours, day or today)
    last = next(iter(reversed(list(_on_day(intervals, day or today)))), None)
    if day in (None, today):
        # After midnight, what began on the day before is meant.
        last = next((i for i in intervals if i.holds(now) and i.opens.date() < today), last)
    day = day or today
    on = _on(hours, day, now, language)
    if last is None:
        return language.hours.say_whether(hours.what, False, False, on)
    wanted = min(
        (datetime.combine(day + timedelta(n), option) for option in _options(said) for n in (0, 1)),
        key=lambda moment: (moment <= max(last.opens, now), abs(moment - last.closes)),
    )
    until = _until(last, max(last.opens, now), hours, now, language)
    return language.hours.say_fits(hours.what, wanted <= last.closes, on, until)


def _say_edge(hours: OpeningHours, day: date, asked: TimeAsked, now: datetime, language: Language) -> str:
    """Whether it opens or closes at a time of a day, with the hours of that day."""
    if len(asked.said) > 1:
        # Neither yes nor no answers "at five or at six".
        return _say_day(hours, day, now, language)
    options = _options(asked.said[0])
    intervals = list(_on_day(_intervals(hours, day), day))
    edges = [i.opens.time() if asked.relation == "opens" else i.closes.time() for i in intervals]
    if asked.relation in ("opens", "closes"):
        right = bool(set(options) & set(edges))
    elif not intervals:
        right = False
    else:
        closes = intervals[-1].closes
        moments = [datetime.combine(day + timedelta(n), option) for option in options for n in (0, 1)]
        wanted = min(moments, key=lambda moment: abs(moment - closes))
        right = closes < wanted if asked.relation == "closes before" else closes > wanted
    verdict = language.hours.YES if right else language.hours.NO
    return f"{verdict} {_say_day(hours, day, now, language)}"


def _say_within(
    hours: OpeningHours, day: date | None, timed: TimeAsked, asked: Asked, now: datetime, language: Language
) -> str:
    """Whether it is open for a span of time of a day, with the hours of that day."""
    if day is None:
        day = now.date()
        if _stretch(hours, day, timed)[1] <= now and not asked.past:
            day += timedelta(1)
    said = _say_day(hours, day, now, language)
    goes_on = any(i.holds(now) and i.opens.date() < now.date() == day for i in _intervals(hours, day))
    if goes_on or not asked.whether:
        return said
    begins, ends = _stretch(hours, day, timed)
    return f"{_verdict(hours, day, begins, ends, timed, bool(asked.closed), language)} {said}"


def _stretch(hours: OpeningHours, day: date, timed: TimeAsked) -> tuple[datetime, datetime]:
    """Begin and end of a span of time on a day."""
    morning, night = midnight(day), midnight(day + timedelta(1)) + timedelta(hours=_NIGHT_ENDS)
    intervals = list(_on_day(_intervals(hours, day), day))
    if timed.relation == "part":
        begins = datetime.combine(day, timed.earliest) if timed.earliest else morning
        return begins, datetime.combine(day, timed.latest) + _MINUTE if timed.latest else night
    first = [datetime.combine(day, option) for option in _options(timed.said[0])]
    if timed.relation == "between":
        begins = _fitting(first, intervals)
        ends = [datetime.combine(day + timedelta(n), o) for o in _options(timed.said[1]) for n in (0, 1)]
        return begins, min((end for end in ends if end > begins), default=begins)
    if timed.relation == "from":
        first = [m + timedelta(1) if m.time() == time(0) else m for m in first]
        return min(first, key=lambda m: abs(m - intervals[-1].closes) if intervals else timedelta(0)), night
    bound = min(first, key=lambda m: abs(m - intervals[0].opens) if intervals else timedelta(0))
    return morning, bound + _MINUTE if timed.relation == "by" else bound


_MINUTE = timedelta(minutes=1)
"""added where the end of a span belongs to it"""


def _verdict(
    hours: OpeningHours,
    day: date,
    begins: datetime,
    ends: datetime,
    timed: TimeAsked,
    closed: bool,
    language: Language,
) -> str:
    """Yes, no or partly. A long part of the day, or one with an open end, is not asked about as a whole."""
    intervals = list(_on_day(_intervals(hours, day), day))
    some = any(i.opens < ends and i.closes > begins for i in intervals)
    whole = any(i.opens <= begins and i.closes >= ends - _MINUTE for i in intervals)
    as_a_whole = (
        closed or timed.relation == "between" or (timed.relation == "part" and ends - begins <= _SHORT + _MINUTE)
    )
    if some and not whole and as_a_whole:
        return language.hours.PARTLY
    return language.hours.YES if some != closed else language.hours.NO


def _say_usual_part(
    hours: OpeningHours, timed: TimeAsked, closed: bool, now: datetime, language: Language
) -> str | None:
    """Whether it is open in a part of the day, where that is the same on all days on which it opens; else None."""
    days = [now.date() + timedelta(n) for n in range(len(DAYS))]
    opened = [day for day in days if list(_on_day(_intervals(hours, day), day))]
    verdicts = {_verdict(hours, day, *_stretch(hours, day, timed), timed, closed, language) for day in opened}
    return f"{verdicts.pop()} {say_week(hours, language)}" if len(verdicts) == 1 else None


def _say_break(
    hours: OpeningHours, dates: Sequence[date], kind: HoursKind, now: datetime, language: Language
) -> str | None:
    """When it closes for a break of a day, or opens again after it; None on a day without a break."""
    day = dates[0] if dates else now.date()
    intervals = list(_on_day(_intervals(hours, day), day))
    if len(intervals) < 2:
        return _say_day(hours, day, now, language) if dates or kind == "pauses" else None
    if kind == "reopens":
        return _say_opens(hours, intervals[1].opens, now, language, pronoun=False)
    return _say_day(hours, day, now, language)


def _say_doubt(hours: OpeningHours, doubt: HoursDoubt, language: Language) -> str:
    """That the hours of a day are not known, and what they are on other days."""
    return f"{language.hours.DOUBTS[doubt]} {language.hours.say_usually(say_week(hours, language))}"


def _say_day(hours: OpeningHours, day: date, now: datetime, language: Language, *, next_opening: bool = False) -> str:
    intervals = _intervals(hours, day)
    spans = list(_spoken_spans(intervals, day, language))
    said = language.hours.say_day(hours.what, _on(hours, day, now, language), spans)
    begun = next((i for i in intervals if i.holds(now) and i.opens.date() < now.date()), None)
    if day == now.date() and begun and not _always_open(hours, now):
        # What began last night goes on.
        going_on = language.hours.say_open_now(hours.what, _until(begun, now, hours, now, language))
        return f"{going_on} {said}" if spans else going_on
    opens = next((i.opens for i in intervals if i.opens >= midnight(day + timedelta(1))), None)
    return f"{said} {_say_opens(hours, opens, now, language)}" if next_opening and opens and not spans else said


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
