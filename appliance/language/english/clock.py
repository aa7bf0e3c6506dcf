"""Questions that the clock and the calendar answer: "what time is it", "what day is the twenty fourth", "how long until
five o'clock". Pure.

They are recognised as whole sentences, since their words occur in every other question too: "what time is it" is one,
"what time is it open" is not. What a question is about must be a day, a time or a stretch of time, and nothing besides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from appliance.core.week import DAYS
from appliance.language.english.contractions import plain
from appliance.language.english.dates import day_of, find_dates, find_times, say_time
from appliance.language.english.numbers import duration_at, say_cardinal, say_ordinal, time_at
from appliance.language.english.tokens import tokens
from appliance.language.parts import ClockQuestion

_LEAD = (
    r"(?:(?:um|uh|oh|er|hey|okay|so|no|yes|wait|well|and|but|please|sorry|excuse me|hello|computer|i am sorry|"
    r"pardon|pardon me|hang on|hold on) )*"
    r"(?:(?:can|could) you (?:please )?tell me |do you know |i want to know |tell me )?"
)
_TAIL = r"(?: (?:please|again|thank you|thanks|exactly))*"
_NOW = r"(?: (?:now|right now|please|at the moment|just now|here|exactly|today))*"
_DATE = r"(?:day|date|weekday|day of the week|day of the month)"

_WEEKDAY = "|".join(DAYS)

_TIME_RE = re.compile(
    rf"{_LEAD}(?:what (?:time|hour) (?:is it|it is)|what is the (?:current )?time|do you have the time|"
    r"have you got the time|the time|how late is it|what (?:hour|time) do we have|"
    r"is it (?:still |already )?(?:the )?(?:morning|afternoon|evening|night)"
    r"(?: or (?:the )?(?:morning|afternoon|evening|night))?(?: already| yet| still)?)"
    rf"{_NOW}"
)
_DAY_RE = re.compile(
    rf"{_LEAD}(?:(?:what|which) (?:day|date|day of the week) (?:is it|it is|is today|is this|do we have|are we)|"
    r"what is (?:the|today's|todays) (?:date|day)|"
    r"what is the (?:date|day) (?:of )?today|what is today|what date is (?:it|today)|"
    r"what (?:day|date) today is)(?: (?:today|now|please))*"
)
_BOTH_RE = re.compile(
    rf"{_LEAD}(?:what day (?:is it )?and (?:what )?time (?:is it)?|what (?:day|date) is it and what time is it|"
    r"what day is it what time is it|what is the (?:date and time|time and date))(?: (?:now|please|today))*"
)
_MONTH_RE = re.compile(rf"{_LEAD}(?:what|which) month (?:is it|is this|are we in|do we have|it is){_NOW}")
_YEAR_RE = re.compile(rf"{_LEAD}(?:what|which) year (?:is it|is this|are we in|do we have|it is){_NOW}")
_DAY_OF_RE = tuple(
    re.compile(f"{_LEAD}{pattern}{_TAIL}")
    for pattern in (
        rf"(?:on )?(?:what|which) {_DATE}(?: of the week)? (?:is|was|will) (?:it )?(?:be )?(?:on )?(?P<day>.+?)",
        rf"(?:on )?(?:what|which) {_DATE}(?: of the week)? (?:is|does|do|will|did) (?P<day>.+?) (?:fall|be|fall on|on)",
        rf"(?:what|which) {_DATE}(?: of the week)? (?P<day>.+?) (?:is|was)(?: on)?",
        rf"what (?:is|was|will be) the {_DATE}(?: of the week)? (?:of |on |for )?(?P<day>.+?)",
        rf"what (?:is|was) (?P<day>tomorrow|yesterday) is {_DATE}",
        rf"what (?:is|was) (?P<owner>tomorrow's|yesterday's) {_DATE}",
        r"when (?:is|was) (?P<holiday>.+?)(?: this year)?",
        rf"when (?:is|was) (?P<day>(?:(?:the )?coming|next|last) (?:{_WEEKDAY}))",
        rf"when is the next (?P<coming>{_WEEKDAY})",
        rf"is (?P<day>(?:(?:the )?(?:this|next|coming) )?(?:{_WEEKDAY})) (?P<other>.+?)",
        rf"is it (?:a )?(?:{_WEEKDAY})(?: or (?:is it )?(?:a )?(?:{_WEEKDAY}))+ (?P<today>today)",
        rf"is (?P<day>.+?) (?:a )?(?:{_WEEKDAY})(?: or (?:a )?(?:{_WEEKDAY}))+",
        r"is (?P<today>today) (?P<other>.+?)",
        r"is it (?P<other>.+?) (?P<today>today)",
    )
)
_IS_DAY_RE = tuple(
    re.compile(f"{_LEAD}{pattern}{_TAIL}")
    for pattern in (
        rf"(?:is|was) (?:not )?(?:it|today) (?:not )?(?:still |already )?(?:a )?(?P<weekday>{_WEEKDAY})"
        r"(?P<now> today| already| now| yet)*",
        rf"(?:is|was) (?:not )?(?P<day>.+?) (?:not )?(?:on )?(?:a )?(?P<weekday>{_WEEKDAY})",
        rf"(?:is|was|will) it (?:be )?(?:not )?(?:a )?(?P<weekday>{_WEEKDAY}) (?P<day>.+?)",
        rf"will (?P<day>.+?) be (?:on )?(?:a )?(?P<weekday>{_WEEKDAY})",
    )
)
_IS_TIME_RE = re.compile(
    rf"{_LEAD}is it (?:not )?(?P<before>(?:now |already |still |past |after |before |nearly |almost )*)(?P<time>.+?)"
    rf"(?P<behind>(?: already| yet| now| right now)*){_TAIL}"
)
_UNTIL_RE = re.compile(
    rf"{_LEAD}how (?:long|much time|many (?:days|weeks|hours|minutes))"
    r"(?: (?:is it|are there|is there|are left|do we have|left|to go))*"
    rf" (?:until|till|til|before|to)(?: it is)? (?P<until>.+?){_TAIL}"
)
_TIME_IN_RE = re.compile(rf"{_LEAD}what (?:time (?:will it be|is it)|will the time be) in (?P<stretch>.+?){_TAIL}")

_ANY_DAY = datetime(2026, 1, 1)
"""a day on which it is tried whether words name one"""


def asks_clock(text: str) -> ClockQuestion | None:
    """Whether the visitor asks what the clock or the calendar shows."""
    said = plain(text)
    if _BOTH_RE.fullmatch(said):
        return ClockQuestion("both")
    if _TIME_RE.fullmatch(said):
        return ClockQuestion("time")
    if _DAY_RE.fullmatch(said):
        return ClockQuestion("day")
    if _MONTH_RE.fullmatch(said):
        return ClockQuestion("month")
    if _YEAR_RE.fullmatch(said):
        return ClockQuestion("year")
    return _asks_about_time(said) or _asks_about_day(said)


def _asks_about_time(said: str) -> ClockQuestion | None:
    ahead = _TIME_IN_RE.fullmatch(said)
    if ahead and _stretch(ahead["stretch"]):
        return ClockQuestion("time in", ahead["stretch"])
    is_it = _IS_TIME_RE.fullmatch(said)
    # "Is it nine" may be about what was spoken of before.
    if is_it and (is_it["before"] or is_it["behind"]) and _time(is_it["time"]):
        return ClockQuestion("time")
    until = _UNTIL_RE.fullmatch(said)
    if until and _names_moment(until["until"]):
        return ClockQuestion("until time", until["until"])
    return ClockQuestion("until day", until["until"]) if until and day_of(until["until"], _ANY_DAY) else None


def _asks_about_day(said: str) -> ClockQuestion | None:
    is_today, *is_day = (pattern.fullmatch(said) for pattern in _IS_DAY_RE)
    if is_today:
        # "Is it wednesday" may be about what was spoken of before.
        here = is_today["now"] or " it " not in said
        return ClockQuestion("is day", "today", DAYS.index(is_today["weekday"])) if here else None
    for match in is_day:
        if match and day_of(match["day"], _ANY_DAY):
            return ClockQuestion("is day", match["day"], DAYS.index(match["weekday"]))
    for pattern in _DAY_OF_RE:
        match = pattern.fullmatch(said)
        groups = match.groupdict() if match else {}
        if groups.get("other") and not day_of(groups["other"], _ANY_DAY):
            continue
        if groups.get("coming"):
            # With an article, it is the first one to come.
            return ClockQuestion("day of", f"the coming {groups['coming']}")
        names = (groups.get(name) for name in ("day", "holiday", "today", "owner"))
        about = next((name for name in names if name), "").removesuffix("'s")
        if about and day_of(about, _ANY_DAY, only_holiday=bool(groups.get("holiday"))):
            return ClockQuestion("day of", about)
    return None


def _time(text: str) -> time | None:
    """The time of day that words name, and nothing besides."""
    words = tokens(text)
    clock = time_at(words, 0) if words else None
    found = find_times(words, True) if clock and clock.end == len(words) else []
    return found[0].time if found else None


def _names_moment(text: str) -> bool:
    """Whether words name a time of day, its day perhaps, and nothing besides."""
    words = tokens(text)
    times = find_times(words, True)
    spans = [(hit.start, hit.end) for hit in times] + [(hit.start, hit.end) for hit in find_dates(words, _ANY_DAY)]
    named = {at for start, end in spans for at in range(start, end)}
    return len(times) == 1 and all(at in named or word in ("at", "on") for at, word in enumerate(words))


def _stretch(text: str) -> int | None:
    """Minutes of a stretch of time, and nothing besides."""
    words = tokens(text)
    stretch = duration_at(words, 0) if words else None
    return stretch[1] if stretch and stretch[0] == len(words) else None


# --- answers ------------------------------------------------------------------------------------------------------


def say_clock(asked: ClockQuestion, now: datetime) -> str:
    """ "It is two forty-five in the afternoon." """
    at = f"It is {say_time(now.time().replace(second=0, microsecond=0), True)}."
    today = f"Today is {_full(now.date(), now.date())}."
    if asked.kind == "both":
        return f"{today} {at}"
    if asked.kind == "month":
        return f"It is {now:%B}."
    if asked.kind == "year":
        return f"It is the year {now.year}."
    if asked.kind == "time in":
        return _say_time_in(_stretch(asked.about) or 0, now)
    if asked.kind == "until time" and (moment := _moment(asked.about, now)):
        return _say_until(moment, at, now)
    day = day_of(asked.about, now) if asked.about else None
    if day and asked.kind == "is day":
        yes = "Yes" if day.weekday() == asked.weekday else "No"
        said = _say_day(day, now.date())
        return f"{yes}, {said[:1].lower()}{said[1:]}"
    if day and asked.kind == "day of":
        return _say_day(day, now.date())
    if day and asked.kind == "until day":
        return _say_days_until(day, now.date())
    return today if asked.kind == "day" or asked.about else at


def _full(day: date, today: date) -> str:
    """ "Wednesday, November eighteenth"; with the year where it is another one."""
    year = f", {day.year}" if day.year != today.year else ""
    return f"{day:%A}, {day:%B} {say_ordinal(day.day)}{year}"


def _say_day(day: date, today: date) -> str:
    named = {0: "Today is", 1: "Tomorrow is", -1: "Yesterday was"}
    return f"{named.get((day - today).days, 'That is' if day > today else 'That was')} {_full(day, today)}."


def _say_days_until(day: date, today: date) -> str:
    days = (day - today).days
    if days < 2:
        return _say_day(day, today)
    return f"That is in {_counted(days, 'day')}, on {_full(day, today)}."


def _say_time_in(minutes: int, now: datetime) -> str:
    then = now + timedelta(minutes=minutes)
    days = (then.date() - now.date()).days
    on = {0: "", 1: " tomorrow"}.get(days, f" on {_full(then.date(), now.date())}")
    return f"It will be {say_time(then.time().replace(second=0, microsecond=0), True)}{on}."


def _moment(text: str, now: datetime) -> datetime | None:
    """When the time is that words name, on the day that they name; without a day, a time that has passed and has no
    other half is one of tomorrow."""
    words = tokens(text)
    named, days = find_times(words, True), find_dates(words, now)
    if not named:
        return None
    moment = datetime.combine(days[0].day if days else now.date(), named[0].time)
    return moment + timedelta(named[0].certain and moment <= now and (not days or moment.time() == time(0)))


def _say_until(moment: datetime, at: str, now: datetime) -> str:
    """Only the time where the other one has passed: it may be meant tomorrow, or in the other half of the day."""
    minutes = int((moment - now.replace(second=0, microsecond=0)).total_seconds()) // 60
    if minutes <= 0:
        return at
    hours, rest = divmod(minutes, 60)
    parts: Sequence[str] = [_counted(n, unit) for n, unit in ((hours, "hour"), (rest, "minute")) if n]
    on = {0: "", 1: "" if moment.time() == time(0) else " tomorrow"}
    day = on.get((moment.date() - now.date()).days, f" on {_full(moment.date(), now.date())}")
    return f"{at} It is {' and '.join(parts)} until {say_time(moment.time(), True)}{day}."


def _counted(n: int, unit: str) -> str:
    return f"{say_cardinal(n)} {unit}{'' if n == 1 else 's'}"
