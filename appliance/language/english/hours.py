"""Questions about opening hours in English, and the sentences that answer them. Pure.

A place "opens"; what has no article in front ("visiting") has hours and "begins".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta

from appliance.core.week import DAYS
from appliance.language.english import holidays
from appliance.language.english.dates import say_date, say_list, say_time
from appliance.language.english.tokens import untangled as untangled
from appliance.language.parts import HoursDoubt, HoursKind, HoursRelation

# --- what is asked ----------------------------------------------------------------------------------------------------

_LEAD = (
    r"^(?:(?:and|so|but|well|um|uh|oh|hi|hello|excuse me|sorry|please|okay|tell me|(?:can|could|would) you tell me|"
    r"do you know|i (?:want|wanted|need|would like) to know|if)\b[, ]*)*"
)
YES_OR_NO = re.compile(
    _LEAD + r"(?:is|isn't|are|aren't|am|will|won't|has|have|can|could|would|was|were|wasn't|weren't|do|does|did|don't|"
    r"doesn't|didn't|may)\b"
)
CLOSED = re.compile(r"\b(?:closed?|closing|shut)\b|(?<!open )\bover(?= (?:yet|now|already|today|at|by)\b|$)")
STATE = re.compile(r"\b(?:open(?:s|ed)?|close[sd]?|shut|over)\b")
ALWAYS = re.compile(
    r"\b(?:every|each|all|always|ever|days|daily|usually|normally|to the public|to visitors|(?:a|any|some|which) day|"
    r"(?:this|next|the|during the) week|weekdays?|workdays?|"
    r"(?:during|throughout) the day)\b"
)
CLOSES = re.compile(
    r"\b(?:when|what time|how soon|how (?:long|much (?:time|longer)|many (?:hours|minutes))(?: .*)? "
    r"(?:until|till|before)|in how many (?:hours|minutes))\b.*\b(?:close|closes|closing|shut|shuts)\b|"
    r"\bhow (?:late|(?:much )?long(?:er)?)\b.*\b(?:open|visit|stay|come)\b|\b(?:until|till) (?:when|what time)\b|"
    r"\bclosing time\b|\bthe (?:very )?latest\b"
)
_HOW_LONG = r"(?:how (?:much )?(?:long(?:er)?|time)|(?:in )?how many (?:hours|minutes))"
LASTS = re.compile(
    rf"\b{_HOW_LONG}(?: [\w']+){{0,5}}? (?:until|till|before)\b.* "
    r"(?:close|closes|closing(?: time)?|shut|shuts|visit\w*(?: time| hours)? (?:ends?|(?:is|are) over))"
    r"(?: today| now)?$|"
    r"\bin how many (?:hours|minutes) (?:do|does|will)\b.* (?:close|shut)$|\bhow (?:much )?longer (?:is|are)\b.* open$|"
    r"\b(?:until|till) (?:when|what time)\b.*\bopen(?: today| now)?$"
)
OPENS_AND_CLOSES = re.compile(r"\bopens?\b.*\band\b.*\b(?:close|shut)s?\b|\b(?:close|shut)s?\b.*\band\b.*\bopens?\b")
UNTIL_OPEN = re.compile(
    rf"\b{_HOW_LONG}(?: [\w']+){{0,5}}? (?:until|till|before)\b.*\b(?:opens?|reopens?)\b|"
    r"\bin how many (?:hours|minutes)\b.*\b(?:open|opens|reopen|reopens)\b|"
    r"\bhow (?:much )?long(?:er)?\b(?!.*\b(?:until|till|before|been)\b).*\b(?:closed|shut)\b"
)
OPENS = re.compile(
    r"\b(?:when|what time|how soon)\b.*\b(?:do|does|will|can)\b.*\b(?:open|opens)\b(?! (?:to|for)\b)|"
    r"\bhow (?:long|many (?:hours|minutes)) (?:until|till|before)\b.*\bopens?\b|\bopening time\b|"
    r"\bwhen\b.*\bopen (?:next|again)$"
)
REOPENS = re.compile(r"\breopens?\b|\bopens? (?:up )?again after (?:the )?(?:lunch|break|noon)\b")
PAUSES = re.compile(
    r"\bclose[sd]? (?:for|at|over|during) (?:the |a )?(?:lunch|midday)(?:time| break)?\b|\blunch break\b"
)
TOO_LATE = re.compile(
    r"\b(?:too late (?:for|to (?:get|go|come) to)|time (?:left )?(?:to (?:get|go|come|make it|run) to|for)|"
    r"still (?:make|catch|get) (?:it )?(?:to|into)) (?P<place>(?:the|your) \w+(?: \w+)?)$|"
    r"\btime (?:left |do i have )*(?:until|till|before)\b"
)
VERB = re.compile(r"\b(?:do|does|did|don't|doesn't|didn't)\b.*\b(?:open|close|shut)\b")
CLOSING_VERB = re.compile(r"\b(?:close|shut)$")
PAST = re.compile(r"\blast weekend\b|\b(?:was|were|wasn't|weren't|did|didn't)\b.*\b(?:open|closed?|shut)\b")
HOLIDAYS = re.compile(r"\b(?:(?:public |bank |national |legal )?holidays?|special hours|exceptions?)\b")
SPECIAL_DAY = re.compile(
    rf"\b(?:{holidays.PATTERN}|hanukkah|ramadan|passover|diwali|carnival|whitsun|fourth of july|"
    r"(?:patrick's|king|may|bank|election) day)\b|"
    r"\bon (?:\w+ )?(?:\w+ )?birthday\b|"
    r"\b(?:good|holy|easter|ash|shrove|whit|black|cyber|bank holiday) (?:@|monday|friday|sunday|wednesday|saturday)"
)
_WHAT = r"(?P<what>[a-z][\w']*(?: [a-z][\w']*){0,3})"
_NO_TIME = (
    r"(?!(?:when|what|which|all|any|least|most|last|first|present|weekdays?|workdays?|at|on|in|here|there|then|that|this|these|those|myself|your|our|"
    r"my own|the (?:moment|minute|same)|appointment|you|it|us|me)\b(?! (?:birthday|holidays?|wedding)))"
)
UNREAD = re.compile(
    rf"\b(?:at|on|over|during|throughout|until|till|before|after|between|around|by|past) {_NO_TIME}{_WHAT}|"
    r"(?<= )(?:when|while|once|as soon as|next|last) (?P<then>\w+)|\bfor (?:breakfast|lunch|dinner|supper)\b"
)
UNREAD_DAY = re.compile(rf"\b(?:on|over|during|throughout) {_NO_TIME}{_WHAT}")
PLACES = frozenset(
    """floor hall room wing building entrance desk counter corner street road roof yard ground level left right side
    site premises end back front top bottom way foot board duty demand hospital museum house clock corridor basement
    garden door stairs lift lifts car bus card phone request arrangement chance""".split()
)
BETWEEN = re.compile(r"\b(?:between|from) # (?:and|to|until|till|through|-) #")
_TELLS = r"\b(?:do|does|did|will|would|don't|doesn't|didn't)\b.*"
RELATIONS: Sequence[tuple[HoursRelation, re.Pattern[str]]] = (
    ("closes before", re.compile(r"\b(?:close|closes|shut|shuts) (?:before|earlier than) #")),
    ("closes after", re.compile(r"\b(?:close|closes|shut|shuts) (?:after|later than) #")),
    (
        "opens",
        re.compile(
            rf"{_TELLS}\b(?<!be )(?<!been )open (?:up )?(?:(?:at|around|about) )?#|\bopens (?:up )?(?:(?:at|around) )?#"
        ),
    ),
    (
        "closes",
        re.compile(rf"{_TELLS}\b(?<!be )(?:close|shut) (?:(?:at|around|by) )?#|\b(?:closes|shuts) (?:(?:at|by) )?#"),
    ),
    ("by", re.compile(r"\bopen(?:s|ed)? by #")),
    ("until", re.compile(r"\b(?:until|till|til|up to) #")),
    ("before", re.compile(r"\b(?:before|earlier than) #")),
    ("from", re.compile(r"\b(?:after|from|later than|longer than|past) #|# (?:or later|onwards?)\b")),
)
AT_NIGHT = re.compile(r"\bnights?\b|\bovernight\b")
AROUND_THE_CLOCK = re.compile(
    r"\b(?:round|around) the clock\b|\btwenty ?-?four (?:/ ?)?(?:seven|hours)\b|\b24 ?(?:/|-|hours|seven|7)|"
    r"\ball night\b|"
    r"\bday and night\b|\bnever closed?\b"
)
WEEKEND = frozenset({"weekend", "weekends"})
CURRENT = frozenset({"now", "currently", "still", "already", "yet"})
THIS_WEEKEND = re.compile(r"\bthis weekend\b")
NEXT_WEEKEND = re.compile(r"\bnext weekend\b")
NIGHT = frozenset({"night"})
NOT = frozenset({"not"})
OR = frozenset({"or"})
EITHER = re.compile(r"# or (?:(?:at|by|until|till) )?#")
TAKEN_BACK = frozenset({"no", "sorry", "mean", "meant", "actually", "wait", "rather"})
LEADING = frozenset("no and but so ok okay or also then well um uh oh what about how please i mean".split())
GOING_ON = LEADING | frozenset(
    """is it are they that isn't aren't does do will would can be on at in the a for of from to until till before after
    between by around during over only just too again as well open opens opening closed close closes closing shut when
    what time long late there next this either even thanks thank hours right later earlier than past
    many minutes or latest""".split()
)
THEN = "then"
SAME_TIME = re.compile(r"\b(?:at )?(?:exactly )?(?:the )?same (?:time|hour)\b|\bat that (?:time|hour)\b")
CONCLUDES = "so"
CONCLUDING = frozenset("i we can can't cannot could couldn't come go visit have be back should better".split())
ARTICLES = frozenset({"the", "your", "our"})
THAN_A_TIME = re.compile(r"\b(?:open|close[sd]?|closes) (?:later|earlier|longer) than #")
BARE_KINDS: Mapping[str, HoursKind] = {
    **dict.fromkeys(("close", "closes", "closing", "how long", "how late", "when does it close"), "closes"),
    **dict.fromkeys(("open", "opens", "opening", "when", "when does it open", "when will it be"), "opens"),
}
_THINGS = r"(?:is|are) (?:anything|something|any (?:place|places|shops?))"
_WHICH = rf"(?:what|who|which (?:place|places|shops|rooms|offices)|what (?:places|shops))(?:'s| is| are| was)|{_THINGS}"
_WHEN_ENDS = r"(?=$| (?:#|@|~|now|on|at|in|until|till|after|before|later|this|over|during|right)(?: |$))"
ALL_OPEN = re.compile(
    _LEAD
    + rf"(?:{_WHICH}) (?:(?:still|also|already|here|else) )*(?:open|(?P<closed>closed|shut))(?: here)?{_WHEN_ENDS}"
)
FIRST_OR_LAST = re.compile(
    _LEAD + r"(?:what|who|which)(?: (?:one|place|shop|room|office)s?)? (?:(?P<opens>opens?)|closes?|shuts?) (?:the )?"
    r"(?:(?P<first>first|earliest|earlier|soonest)|last|latest|later)"
    r"(?: (?:of (?:all|them|the (?:three|four))|(?:in the |on )?[@~]|here))*"
    r"(?: ?,? (?P<places>(?:the|your|our) [^#]+?))?(?: (?:in the |on )?[@~])*$"
)
NEXT_PLACE = re.compile(r" ?,? (?:and|or) | ?, | (?=(?:the|your|our) )")
NAMES_PLACE = re.compile(
    _LEAD + r"(?:(?:until |till )?(?:when|what time|how late|how long) )?(?:is|are|does|do|will) "
    r"(?P<place>(?:the|your|our) [\w'-]+(?: [\w'-]+){0,3}?) (?:(?:still|also|ever|usually|be) )*"
    r"(?:opens?|close[sd]?|shut)\b"
)
ALL_CLOSING = re.compile(_LEAD + rf"(?:what|who|which (?:place|shop|one)s?) (?:closes?|shuts?)(?: here)?{_WHEN_ENDS}")


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
YES, NO, PARTLY = "Yes.", "No.", "Not all of that time."
DOUBTS: Mapping[HoursDoubt, str] = {
    "over": "That day is over.",
    "no such day": "There is no such day.",
    "unknown day": "I don't know the hours for that day.",
    "unknown time": "I don't know the hours for that time.",
    "holidays": "I don't know the hours on holidays.",
}


def closes_places(day: date) -> bool:
    """Whether a day is a holiday on which most places keep other hours."""
    return holidays.closes_places(day)


def say_usually(week: str) -> str:
    """ "Usually, the pharmacy is open …", from the sentence about the week."""
    return f"Usually, {week[:1].lower()}{week[1:]}"


def say_places(places: Sequence[str], is_open: bool, when: str) -> str:
    """ "The cafe and the pharmacy are open on Sunday."; none is said too."""
    state = "open" if is_open else "closed"
    if not places:
        return f"Nothing that I know the hours of is {state} {when}."
    return f"{_capital(say_list(places))} {'are' if len(places) > 1 or _plural(places[0]) else 'is'} {state} {when}."


def say_closing_places(places: Sequence[str], on: str, closes: time) -> str:
    """ "The pharmacy closes today at half past six in the evening."; none is said too."""
    if not places:
        return f"Nothing that I know the hours of closes {say_at(on, closes)}."
    verb = "close" if len(places) > 1 or _plural(places[0]) else "closes"
    return f"{_capital(say_list(places))} {verb} {say_at(on, closes)}."


def say_opening_places(places: Sequence[str], on: str, opens: time) -> str:
    """ "The laboratory opens tomorrow at seven in the morning."."""
    verb = "open" if len(places) > 1 or _plural(places[0]) else "opens"
    return f"{_capital(say_list(places))} {verb} {say_at(on, opens)}."


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
