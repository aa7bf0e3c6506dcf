"""What visitors of any site say in English, as templates (see ``templates``): dates, times, numbers, answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from appliance.language.english.people import FAMILY_NAMES, GIVEN_NAMES

_HOURS = "one two three four five six seven eight nine ten eleven twelve".split()
_TENS = "ten fifteen twenty twenty-five thirty thirty-five forty forty-five fifty fifty-five".split()
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
    " fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third"
    " twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first"
).split()
_MONTHS = "january february march april may june july august september october november december".split()

LISTS: Mapping[str, Sequence[str]] = {
    "date": (
        "today",
        "tomorrow",
        "[the] day after tomorrow",
        "[on|this|next] {a_weekday}",
        "[on] {a_weekday} [the] {an_ordinal} [of {a_month}]",
        "[on] [the] {an_ordinal} [of {a_month}]",
        "[on] {a_month} [the] {an_ordinal}",
    ),
    "time": (
        "[at] {an_hour} [o'clock|a m|p m|in the morning|in the afternoon]",
        "[at] {an_hour} {a_minute} [a m|p m]",
        "[at] half past {an_hour}",
        "[at] [a] quarter (past|to) {an_hour}",
        "[at] noon",
    ),
    "number": ("{a_digit}", "{an_hour}", "{a_minute}"),
    "reference": (
        "{a_digit} {a_digit} {a_digit} [{a_digit}]",
        "{a_digit} {a_digit} {a_digit} {a_digit} {a_digit} {a_digit} {a_digit}",
    ),
    "name": ("{given_name} {family_name}", "{family_name}", "{given_name}"),
    "given_name": GIVEN_NAMES,
    "family_name": FAMILY_NAMES,
    "a_weekday": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    "a_month": _MONTHS,
    "an_ordinal": _ORDINALS,
    "an_hour": _HOURS,
    "a_minute": _TENS,
    "a_digit": ("(zero|oh)", *_HOURS[:9]),
}
"""What the kinds of slots sound like, for a site that does not list them itself."""

ANSWERS: Mapping[str, Sequence[str]] = {
    "date": ("{slot} [please]",),
    "time": ("{slot} [please]",),
    "name": ("[my name is|it is|I am|the name is] {slot}",),
    "choice": ("[with|to] {slot} [please]",),
    "reference": ("[it is|the number is|my number is|number] {slot}",),
    "number": ("[number] {slot}",),
}
"""How visitors answer the question for a slot, by its kind."""

FOR_A_PERSON: Sequence[str] = ("", "[can I|I want to|I would like to] ")
"""How visitors begin to ask for a person."""

EXAMPLES: Mapping[str, Sequence[str]] = {
    "name": ("maria lopez",),
    "date": ("friday",),
    "time": ("three",),
    "choice": ("that",),
    "text": ("this",),
    "reference": ("four seven one two",),
    "number": ("two",),
}
"""One value for each kind of slot, where a site's phrases leave a place."""
