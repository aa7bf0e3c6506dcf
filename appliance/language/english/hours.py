"""Questions about opening hours in English, and the sentences that answer them. Pure.

A place "opens"; what has no article in front ("visiting") has hours and "begins".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta

from appliance.core.week import DAYS
from appliance.language.english.dates import say_date, say_list, say_time

# --- what is asked ----------------------------------------------------------------------------------------------------

_LEAD = r"^(?:(?:and|so|but|well|um|uh|oh|hi|hello|excuse me|sorry|please|okay|tell me|do you know if|if)\b[, ]*)*"
YES_OR_NO = re.compile(_LEAD + r"(?:is|isn't|are|aren't|will|won't|has|have|can|could|would|was)\b")
CLOSED = re.compile(r"\b(?:closed?|closing|shut|over)\b")
STATE = re.compile(r"\b(?:open|opened|closed?|shut)\b")
ALWAYS = re.compile(r"\b(?:every|each|all|always|ever|days|daily|usually|to the public|to visitors|night)\b")
CLOSES = re.compile(
    r"\b(?:when|what time|how soon|how long until)\b.*\b(?:close|closes|closing|shut|shuts)\b|"
    r"\bhow (?:late|long)\b.*\b(?:open|visit|stay|come)\b|\b(?:until|till) (?:when|what time)\b|\bclosing time\b"
)
OPENS = re.compile(
    r"\b(?:when|what time|how soon)\b.*\b(?:do|does|will|can)\b.*\b(?:open|opens|reopen)\b(?! (?:to|for))|"
    r"\bhow long (?:until|till|before)\b.*\bopens?\b|\bopening time\b"
)
UNTIL = re.compile(r"\b(?:until|till|til|up to)\b")
HOLIDAYS = re.compile(r"\b(?:(?:public |bank |national )?holidays?|special hours|exceptions?)\b")
AT_NIGHT = re.compile(r"\bnights?\b|\bovernight\b")
WEEKEND = frozenset({"weekend", "weekends"})
CURRENT = frozenset({"now", "currently", "still", "already", "yet"})
NIGHT = frozenset({"night"})
NOT = frozenset({"not"})
TAKEN_BACK = frozenset({"no", "sorry", "mean", "meant", "actually", "wait", "rather"})

# --- what is written --------------------------------------------------------------------------------------------------

DAY_NAMES: Mapping[str, int] = {
    form: number
    for number, day in enumerate(DAYS)
    for form in (day, f"{day}s", day[:3], *{1: ("tues",), 2: ("weds",), 3: ("thur", "thurs")}.get(number, ()))
}
NAMED_DAYS: Mapping[str, Sequence[int]] = {
    **dict.fromkeys(("weekdays", "workdays"), (0, 1, 2, 3, 4)),
    **dict.fromkeys(("weekend", "weekends"), (5, 6)),
    **dict.fromkeys(("daily", "everyday"), (0, 1, 2, 3, 4, 5, 6)),
}
SPAN_WORDS = frozenset({"-", "to", "until", "till", "through", "thru"})
SHUT = frozenset({"closed", "shut"})
ROUND_THE_CLOCK = re.compile(r"(?:24 hours|24 / 7|day and night|round the clock|around the clock)\b")
AROUND_HOURS = frozenset(
    """open opens opening hours hour from at is are on and we the our every day times time each between o'clock h
    hrs""".split()
)

# --- what is answered -------------------------------------------------------------------------------------------------

NOW = "now"
ALL_DAY = "day and night"


def say_span(opens: time, closes: time) -> str:
    """ "from eight in the morning to six in the evening"."""
    return f"from {say_time(opens, True)} to {say_time(closes, True)}"


def say_until(closes: time, on: str = "") -> str:
    """ "until six in the evening", with the day where it is another one."""
    return f"until {say_time(closes, True)}" + (f" {on}" if on else "")


def say_at(on: str, moment: time) -> str:
    """ "on Friday at six in the evening"."""
    return f"{on} at {say_time(moment, True)}"


def say_on(day: date, today: date, name: str, near: bool) -> str:
    """ "today", "on Friday", "on Friday, December fourth", "on Friday, December twenty-fifth, Christmas Day"."""
    called = f", {name}" if name else ""
    if day == today:
        return f"today{called}"
    if day == today + timedelta(1):
        return f"tomorrow{called}"
    return f"on {day.strftime('%A')}" if near and not name else f"on {say_date(day, today)}{called}"


def say_whether(what: str, is_open: bool, asked_closed: bool, when: str, until: str = "") -> str:
    """ "Yes, the pharmacy is open now, until six"; no to "is it closed"."""
    agree = "Yes" if is_open != asked_closed else "No"
    return f"{agree}, {_is(what)} open {when}, {until}." if is_open else f"{agree}, {_is(what)} closed {when}."


def say_fits(what: str, fits: bool, on: str, until: str) -> str:
    """ "No, the pharmacy is open on Friday until six", to "is it open until seven"."""
    return f"{'Yes' if fits else 'No'}, {_is(what)} open {on} {until}."


def say_open_now(what: str, until: str) -> str:
    """ "The pharmacy is open now, until six."."""
    return f"{_capital(_is(what))} open now, {until}."


def say_always_open(what: str) -> str:
    """ "The pharmacy is open day and night."."""
    return f"{_capital(_is(what))} open day and night."


def say_closed(what: str, *, today: bool = False) -> str:
    """ "The pharmacy is closed today."."""
    return f"{_capital(_is(what))} closed{' today' if today else ''}."


def say_opens(what: str, on: str, opens: time, *, pronoun: bool) -> str:
    """ "The pharmacy opens on Friday at eight in the morning", or "It opens …"."""
    verb = "begins" if _is_times(what) else "open" if _plural(what) else "opens"
    subject = ("They" if _plural(what) and not _is_times(what) else "It") if pronoun else _capital(what)
    return f"{subject} {verb} {say_at(on, opens)}."


def say_closes(what: str, closes: time, *, today: bool) -> str:
    """ "The pharmacy closes today at six in the evening."."""
    verb = "ends" if _is_times(what) else "close" if _plural(what) else "closes"
    return f"{_capital(what)} {verb} {'today ' if today else ''}at {say_time(closes, True)}."


def say_day(what: str, on: str, spans: Sequence[str]) -> str:
    """ "On Friday, the pharmacy is open from eight in the morning to noon."."""
    state = f"{'' if _is_times(what) else 'open '}{say_list(spans)}" if spans else "closed"
    return f"{_capital(on)}, {_is(what)} {state}."


def say_days(what: str, name: str, first: date, last: date, today: date, spans: Sequence[str]) -> str:
    """ "Summer break, from Monday, July sixth to Friday, July tenth, the pharmacy is closed."."""
    begins = f"{name}, from" if name else "From"
    state = f"open {say_list(spans)}" if spans else "closed"
    days = f"{say_date(first, today)} to {say_date(last, today)}"
    return f"{_capital(begins)} {days}, {_is(what)} {state}."


def say_week(what: str, opened: Sequence[tuple[Sequence[int], Sequence[str]]], closed: Sequence[Sequence[int]]) -> str:
    """ "The pharmacy is open Monday to Friday from eight in the morning to six in the evening. It is closed …"."""
    subject = f"{_capital(what)} hours are" if _is_times(what) else _capital(_is(what))
    if not opened:
        return f"{subject} closed."
    said = say_list([f"{_days(days)} {say_list(spans)}" if days else say_list(spans) for days, spans in opened])
    pronoun = "They are" if _plural(what) and not _is_times(what) else "It is"
    text = f"{subject} {'' if _is_times(what) else 'open '}{said}."
    return text + (f" {pronoun} closed {_closed(closed)}." if closed else "")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _is_times(what: str) -> bool:
    """ "visiting" has hours and is not a place that opens."""
    return not what.lower().startswith(("the ", "our "))


def _plural(what: str) -> bool:
    return what.endswith("s") and not what.endswith("ss")


def _is(what: str) -> str:
    return f"{what} {'are' if _plural(what) and not _is_times(what) else 'is'}"


def _days(days: Sequence[int]) -> str:
    return "every day" if len(days) == 7 else say_list(_runs(days))


def _closed(groups: Sequence[Sequence[int]]) -> str:
    """ "on Monday, Saturday and Sunday", "Saturday to Tuesday"."""
    names = [name for group in groups for name in _runs(group)]
    if len(names) == 1 and len(groups[0]) > 2:
        return names[0]
    return "on " + say_list([f"from {name}" if " to " in name else name for name in names])


def _runs(days: Sequence[int]) -> list[str]:
    names = [DAYS[day].capitalize() for day in days]
    return [f"{names[0]} to {names[-1]}"] if len(days) > 2 else names
