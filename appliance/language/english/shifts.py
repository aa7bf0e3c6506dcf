"""Days and times that English says by their distance from another one: "a week later", "the tuesday after", "half an
hour earlier", "quarter past". Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Literal

from appliance.core.week import DAYS
from appliance.language.english.dates import MONTHS
from appliance.language.english.numbers import CARDINALS, ORDINALS, cardinal_at
from appliance.language.found import Shift

_ENDS = (
    r"(?= *(?:$|[.,;:!?]|(?:please|would|is|if|instead|then|at|works|suits|for|maybe|or|and|thanks|thank|but|with|"
    r"though|sorry|could|can|i|in|around|about)\b))"
)
_THAT = r"(?: (?:that|this|then|it))?"
_LATER = rf"(?:later|afterwards?|further on|(?:after|from){_THAT}{_ENDS})"
_EARLIER = rf"(?:earlier|sooner|before{_THAT}{_ENDS})"
_COUNT = r"(?P<count>an?|one|another|a couple of|the next|\w+)"
_UNIT = r"(?P<unit>days?|weeks?|fortnights?|months?|hours?|minutes?)"
_WEEKDAY = rf"(?P<weekday>{'|'.join(DAYS)})"
_IT = r"(?: (?:it|that|this|mine|(?:my|the|our)(?: \w+)?(?: with (?:doctor|dr) \w+)?))?"
_PUTS = r"(?:push(?:ed)?|put|moved?|shift(?:ed)?|set|take)"
_PUTS_OFF = rf"(?:{_PUTS}{_IT} (?:back|off|out)|(?:delay|postpone)d?{_IT}|(?:move|shift|push){_IT}(?= by))"
_BRINGS_FORWARD = (
    rf"(?:bring|brought|pull(?:ed)?){_IT} (?:forwards?|ahead|up)|(?:moved?|shift(?:ed)?){_IT} (?:forwards?|up)"
)
_HALF = r"(?:another )?(?P<half>half an hour|a half hour|half hour|a quarter of an hour|an hour and a half)"
_PATTERNS: tuple[tuple[str, int], ...] = (
    (rf"{_PUTS_OFF}{_IT} (?:by )?{_HALF}{_ENDS}", 1),
    (rf"(?:{_BRINGS_FORWARD}){_IT} (?:by )?{_HALF}{_ENDS}", -1),
    (rf"(?:{_PUTS_OFF}|(?:move|shift|push) (?:it|that)){_IT} (?:by )?{_COUNT} {_UNIT}{_ENDS}", 1),
    (rf"(?:{_BRINGS_FORWARD}){_IT} (?:by )?{_COUNT} {_UNIT}{_ENDS}", -1),
    (rf"{_HALF} (?:{_LATER})", 1),
    (rf"{_HALF} (?:{_EARLIER})", -1),
    (rf"{_COUNT} {_UNIT} (?:{_LATER})", 1),
    (rf"{_COUNT} {_UNIT} (?:{_EARLIER})", -1),
    (rf"the (?P<unit>day|week|month) after{_THAT}{_ENDS}|the (?:following|next) (?P<next>day|week){_ENDS}", 1),
    (rf"the (?P<unit>day|week|month) before{_THAT}{_ENDS}|the previous (?P<next>day|week){_ENDS}", -1),
    (rf"(?:the |on )?{_WEEKDAY} after{_THAT}{_ENDS}|the following (?P<following>{'|'.join(DAYS)})", 1),
    (rf"(?:the |on )?{_WEEKDAY} before{_THAT}{_ENDS}|the previous (?P<following>{'|'.join(DAYS)})", -1),
    (rf"the (?P<one>one) after{_THAT}{_ENDS}", 1),
    (rf"the (?P<next_part>morning|afternoon|evening) after{_THAT}{_ENDS}", 1),
    (rf"the (?P<next_part>morning|afternoon|evening) before{_THAT}{_ENDS}", -1),
    (rf"(?P<past>half|a? ?quarter|ten|twenty|five) past{_ENDS}", 1),
    (r"(?P<past>a? ?quarter|ten|twenty|five) to(?= *(?:$|[.,;!?]|please\b))", -1),
)
_LEAD = re.compile(
    r"(?:^|.*(?<!\S)(?:[.;!?]|but|so|then|sorry|rather|actually|no|wait|can we|can i|can you|could we|could you) )"
    r"(?:(?:um|uh|oh|well|okay|yes|yeah|no|not|"
    r"and|but|so|please|sorry|can|could|"
    r"would|may|we|i|you|it|that|this|be|do|have|has|make|move|moved|push|put|shift|postpone|change|reschedule|come|take|to|by|for|on|at|"
    r"of|the|my|appointment|booking|perhaps|maybe|possibly|is|there|possible|free|anything|something|how|what|about|i'd|i'll|"
    r"like|want|need|prefer|meant|mean|said|rather|better|let's|same|day|time|from|in|just|only|till|until|back|around|"
    r"instead|if|possible|week|after|this|next|doctor|dr|with|an|a|bit|oclock|tomorrow|today|morning|afternoon|evening|"
    r"[.,;!?]|\d\S*|NAMED) )*",
)
_NAMED = frozenset(DAYS) | frozenset(MONTHS) | frozenset(CARDINALS) | frozenset(ORDINALS) | {"half", "quarter", "past"}
_COMPILED = tuple((re.compile(rf"(?<!\S)(?:{pattern})(?!\w)"), sign) for pattern, sign in _PATTERNS)
_HALVES = {"half an hour": 30, "a half hour": 30, "half hour": 30, "a quarter of an hour": 15, "an hour and a half": 90}
_PAST = {"half": 30, "quarter": 15, "ten": 10, "twenty": 20, "five": 5}
_Unit = Literal["day", "week", "month", "weekday", "minute", "past"]
_UNITS: dict[str, tuple[_Unit, int]] = {
    "day": ("day", 1),
    "week": ("week", 1),
    "fortnight": ("week", 2),
    "month": ("month", 1),
    "hour": ("minute", 60),
    "minute": ("minute", 1),
}
_FEW = {"a": 1, "an": 1, "one": 1, "another": 1, "a couple of": 2, "couple": 2}


def _known_or_named(words: Sequence[str]) -> Iterator[str]:
    """The words, with a mark in place of days, numbers and doctors' names."""
    for before, word in itertools.pairwise(["", *words]):
        yield "NAMED" if word in _NAMED or before in ("doctor", "dr") else word


def find_shifts(words: Sequence[str]) -> list[Shift]:
    """Distances from a day or a time that was named before, in order."""
    found = _read_shifts(words, [])
    if found:
        # Behind one distance another may stand: "an hour later and a day earlier".
        found += _read_shifts(words, found)
    return sorted(found, key=lambda shift: shift.start)


def _read_shifts(words: Sequence[str], known: Sequence[Shift]) -> list[Shift]:
    """Distances beside those that are ``known``."""
    said = " ".join(words)
    taken = {at for shift in known for at in range(shift.start, shift.end)}
    found: list[Shift] = []
    for pattern, sign in _COMPILED:
        for match in pattern.finditer(said):
            start = said.count(" ", 0, match.start())
            end = start + len(match.group().split())
            before = ["NAMED" if at in taken else word for at, word in enumerate(words[:start])]
            lead = " ".join(_known_or_named(before))
            if not _LEAD.fullmatch(f"{lead} " if lead else "") or _is_denied(words, start):
                # "Should i come half an hour earlier" asks, "i'll bring my wife the day before" tells something else.
                continue
            if not any(hit.start < end and start < hit.end for hit in (*known, *found)):
                found += [Shift(start, end, unit, sign * count, of) for unit, count, of in _read(match)]
    return found


def _is_denied(words: Sequence[str], start: int) -> bool:
    """Whether a distance is not wanted: "ten and not a minute later"."""
    return words[start - 1 : start] in (["not"], ["never"]) and words[max(0, start - 2) : start - 1] != ["why"]


def _read(match: re.Match[str]) -> Iterator[tuple[_Unit, int, int]]:
    """Unit, count and day of the week."""
    named = {name: text for name, text in match.groupdict().items() if text}
    if "half" in named:
        yield "minute", _HALVES[named["half"]], 0
    elif "past" in named:
        yield "past", _PAST[named["past"].split()[-1]], 0
    elif "next_part" in named:
        yield "day", 1, 0
    elif "one" in named:
        yield "week", 1, 0
    elif day := named.get("weekday") or named.get("following"):
        yield "weekday", 1, DAYS.index(day)
    elif unit := named.get("unit") or named.get("next"):
        kind, times = _UNITS[unit.removesuffix("s")]
        said = named.get("count", "a")
        number = cardinal_at(said.split(), 0)
        count = _FEW.get(said) or (number[1] if number else 0)
        if count:
            yield kind, count * times, 0
