"""Spans of the day in English: "in the afternoon", "after three", "not too early", "something later". Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time

from appliance.language.english.dates import find_times
from appliance.language.english.tokens import untangled
from appliance.language.found import TimeWindow
from appliance.language.marked_words import AT
from appliance.language.time_windows import WindowRules
from appliance.language.time_windows import find_window as _find

_NOON, _BEFORE_NOON, _EVENING = time(12), time(11, 59), time(17)
_AT = rf"(?:about |around |roughly )?{AT}"
_LUNCH = r"(?:my |the )?lunch(?:time| break| hour)?"
_NOT_SO = r"(?:not (?:too|so|that|very|quite so|quite that)|nothing (?:too|so|that))"
_MERELY = (
    r"(?:i need |i want |i'd like |i would like |we need |make it |please |something |anything |as |rather |quite )*"
)
_SUITS = r"(?: please| would be (?:better|good|best|great)| is (?:better|best|good|fine)| if (?:possible|you can))*"
_WISH_FOR = (
    r"(?: (?:can|could) (?:i|we|you) (?:come|do|have|make it)| i (?:can|could) (?:come|do)| i'd (?:like|prefer))?"
    r"(?: any ?time| some ?time| anything| something)?"
)
_MUST = r"(?:have to|has to|had to|need to|needs to|must|got to|gotta)"
_ELSEWHERE = (
    r"(?:be (?:back|gone|home|out|off|away|at (?:work|school|home))|leave|get (?:back|home|to (?:work|school))|"
    r"go (?:back|home))"
)
_NO_DAYS = r"(?! (?:in|on|this|that|next|of)(?: the| this| that| next)? (?:week|month|year)\b| (?:day|date|week)\b)"


_HAD = (
    r"(?:(?:one |time |slot |appointment )?(?:possible|available|free|(?:that )?(?:you|they) have|(?:that )?there is|"
    r"of the day|in the day|(?:of|on) that day))"
)
_JUDGES = re.compile(
    r"(?<!thing )(?<!one )(?<!time )\b(?:that|it|this)(?:'s| is| was| would be| will be|'ll be) "
    r"not (?:too|so|that|very) (?:early|late)\b"
)
"""says of a time that it is all right, and asks for no other: "i hope that is not too late" """


def _than(word: str, opposite: str) -> str:
    return (
        rf"(?:(?:some|any)thing|nothing|(?:some|any) ?time|one|times?|a bit|a little(?: bit)?|much|bit|slightly|any|"
        rf"(?:half )?an hour) {word}{_NO_DAYS}|{word} (?:one|times?|slot|appointment|please|than that|would|"
        rf"is (?:better|best))|(?<!not )too {opposite}|^(?:no )?{word}$"
    )


ASKS_FOR = re.compile(
    r"\b(?:there|have|got|anything|something|nothing|any|possible|free|available|openings?|slots?|one)\b"
)
RULES = WindowRules(
    between=rf"(?:between|from) {_AT} (?:and|until|till) {_AT}",
    just_before=rf"(?:just|shortly|right|immediately|a (?:bit|little)) before {AT}",
    last=rf"as late as (?:possible|you can|you have|i can)|(?<!at )the (?:very )?last(?: {_HAD})+|"
    rf"(?<!at )the (?:very )?latest(?: {_HAD})+",
    bounds=(
        ("until", rf"no later than {_AT}"),
        ("from", rf"no earlier than {_AT}"),
        (
            "from",
            rf"(?:(?:work|working|sleep|sleeping|asleep|in bed|busy|tied up|booked|away|out|in a meeting|"
            rf"at school|not free) (?:until|till)|"
            rf"(?:finish|get off|get out|get back|am back|off|done)(?: work| school)? at) {_AT}",
        ),
        ("from", rf"{_AT}(?: so| and| but)?{_WISH_FOR} after (?:that|then)\b"),
        ("until", rf"{_AT}(?: so| and| but)?{_WISH_FOR} before (?:that|then)\b"),
        ("until", rf"{_MUST} {_ELSEWHERE}(?: \w+){{0,3}}? (?:at|by|before) {_AT}"),
        (
            "from",
            rf"(?:any ?time )?(?:after|from|later than|starting at|starting from|past) {_AT}(?: on(?:wards?)?\b)?",
        ),
        ("until", rf"(?:any ?time )?(?:before|by|until|till|up to|earlier than) {_AT}"),
        ("from", rf"{_AT} (?:or (?:any ?time )?(?:later|after)|onwards?|at the earliest)\b"),
        ("until", rf"{_AT} (?:or (?:any ?time )?(?:earlier|before|sooner)|at the (?:very )?latest)\b"),
    ),
    parts=(
        (r"no mornings", _NOON, None),
        (r"no (?:afternoons|evenings|nights)", None, _BEFORE_NOON),
        (r"first thing(?: in the morning)?|(?:very )?early (?:in the |on \w+ |\w+ )?mornings?", None, time(10)),
        (r"later? (?:in the )?mornings?|(?:the )?end of the morning", time(10, 30), _BEFORE_NOON),
        (r"before (?:i go to )?(?:work|school)", None, time(9)),
        (rf"(?:just|right|shortly) before {_LUNCH}", time(11, 15), _NOON),
        (rf"before {_LUNCH}", None, _BEFORE_NOON),
        (rf"after {_LUNCH}", time(13), None),
        (rf"(?:over|at|during|in) {_LUNCH}|lunch ?times?|midday", _NOON, time(14)),
        (r"early (?:in the )?afternoons?", _NOON, time(14, 30)),
        (r"later? (?:in the )?afternoons?|(?:the )?end of the (?:afternoon|day)|later? in the day", time(15), None),
        (r"after (?:the |my )?(?:kids |children )?(?:finish |come home from |are back from )?school", time(15), None),
        (r"after (?:i finish |i get off |i come from )?(?:work|office hours)", _EVENING, None),
        (r"(?<!good )mornings?", None, _BEFORE_NOON),
        (r"(?<!good )afternoons?", _NOON, _EVENING),
        (r"(?<!good )evenings?|tonight|(?<!good )nights?", _EVENING, None),
    ),
    vague=((rf"{_NOT_SO} early", "later", time(10)), (rf"{_NOT_SO} late", "earlier", time(16))),
    # "No, in the morning" denies something else.
    denied=r"(?:(?:not|never|nothing|cannot|without|except|\w+n't)"
    r"(?: (?:really|possibly|do|make|come|manage|get there|be|here|it|anything|any|in|on|at|the|want|like))* )",
    unsuited=r" (?:(?:is|are|would be) (?:really |very |just |too |always |usually )*"
    r"(?:bad|no good|not (?:good|possible|great|so good)|difficult|hard|tricky|out|impossible|too early|too late)|"
    r"(?:(?:do|does|will|would|is|are) not|(?:do|does|would|is|are|wo)n't)(?: really)? "
    r"(?:work|suit|good|possible|go))\b",
    alone=(
        (rf"{_MERELY}early{_SUITS}", None, time(10)),
        (rf"{_MERELY}late{_SUITS}", time(15), None),
    ),
    than=(("later", _than("later", "early")), ("earlier", _than("earlier", "late"))),
)


def find_window(words: Sequence[str], now: datetime) -> TimeWindow | None:
    """The span of the day that tokens name, or None; of several, what they have in common."""
    words = untangled(words)
    if _JUDGES.search(" ".join(words)):
        return None
    return _find(words, find_times(words, True, now), RULES)
