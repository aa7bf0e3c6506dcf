"""Numbers, prices and clock times as people say and write them, brought to one form.

``figures`` finds every figure of a text with *keys*: strings that two figures share when they may mean the same.
"half past ten", "10:30" and "ten thirty" share a key; so do "$3.50" and "three dollars fifty", "the 2nd" and "two",
"555 0170" and "five five five oh one seven zero". "2 am" and "2 pm" share none, but a plain "two" goes with either.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = (
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")

CARDINALS: dict[str, int] = (
    {word: n for n, word in enumerate(UNITS)}
    | {word: n for n, word in enumerate(TEENS, 10)}
    | {word: n * 10 for n, word in enumerate(TENS, 2)}
)

_IRREGULAR = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}


def _ordinal_word(cardinal: str) -> str:
    if cardinal.endswith("y"):
        return cardinal[:-1] + "ieth"
    return _IRREGULAR.get(cardinal, cardinal + "th")


ORDINALS: dict[str, int] = {_ordinal_word(word): n for word, n in CARDINALS.items() if n}

_TOKEN = re.compile(r"\d+(?:st|nd|rd|th)\b|\d+(?:[:.]\d+)*|[a-z]+(?:'[a-z]+)*|[$€£%]|[.,;:!?]")
_MERIDIANS = ((re.compile(r"(?<=[\d\s])([ap])\.? ?m\b\.?"), r" \1m "), (re.compile(r"o ?'? ?clock"), "oclock"))
_PUNCTUATION = frozenset(".,;:!?")


def tokens(text: str) -> list[str]:
    """Lower-case words, figures, currency signs and marks; "p.m." and "p m" are "pm", "o'clock" is "oclock"."""
    text = text.lower().replace("’", "'")
    for pattern, replacement in _MERIDIANS:
        text = pattern.sub(replacement, text)
    return _TOKEN.findall(text)


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring number words or numerals, read as one figure."""

    start: int
    end: int
    """tokens ``start`` to ``end`` (exclusive)"""
    digits: str
    """"forty eight" is 48, "five five five" 555, "ten thirty" 1030, "3.50" 350"""
    decimal: bool = False
    """written with a decimal point"""
    ordinal: bool = False
    clock: bool = False
    """written with a colon"""


def run_at(words: Sequence[str], start: int) -> Run | None:
    """The run of number words that begins at ``start``, as long as it goes."""
    groups: list[str] = []
    at = start
    ordinal = decimal = clock = False
    while at < len(words):
        word = words[at]
        if word[0].isdigit():
            clock = clock or ":" in word
            decimal = decimal or "." in word
            ordinal = word[-1].isalpha()
            groups.append(re.sub(r"\D", "", word))
            at += 1
        elif word in CARDINALS or word in ORDINALS:
            value = CARDINALS.get(word, ORDINALS.get(word, 0))
            ordinal = word in ORDINALS
            at += 1
            if 20 <= value < 100 and value % 10 == 0 and not ordinal and at < len(words):
                unit = CARDINALS.get(words[at], ORDINALS.get(words[at], 0))
                if 1 <= unit <= 9:
                    ordinal = words[at] in ORDINALS
                    value += unit
                    at += 1
            groups.append(str(value))
        elif word in ("hundred", "thousand") and groups and not ordinal:
            factor = 100 if word == "hundred" else 1000
            value = int(groups.pop()) * factor
            at += 1
            following = at + 1 if at < len(words) and words[at] == "and" else at
            rest = run_at(words, following) if following < len(words) and words[following] not in _PUNCTUATION else None
            if rest and not rest.decimal and int(rest.digits) < factor:
                value += int(rest.digits)
                ordinal = rest.ordinal
                at = rest.end
            groups.append(str(value))
        elif word in ("oh", "o") and groups:
            groups.append("0")
            at += 1
        else:
            break
        if ordinal:
            break
    if not groups:
        return None
    return Run(start, at, "".join(groups), decimal, ordinal, clock)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a text."""

    start: int
    end: int
    """tokens ``start`` to ``end`` (exclusive)"""
    keys: frozenset[str]
    """``n:`` and digits, ``t:`` and a time of day as HHMM"""


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time of day as it was said."""

    start: int
    end: int
    hour: int
    minute: int
    certain: bool
    """the half of the day was said (pm, "in the morning", 14:30, noon)"""
    marked: bool
    """something besides the number says that this is a time: a colon, "half past", "oclock", pm"""


_PARTS_OF_DAY = {"morning": "am", "afternoon": "pm", "evening": "pm", "night": "pm"}
_PARTS = {"half": 30, "quarter": 15}


def _meridian(words: Sequence[str], at: int) -> tuple[str, int]:
    """ "am", "pm" or nothing, and where the words for it end."""
    if at < len(words):
        if words[at] in ("am", "pm"):
            return words[at], at + 1
        for lead in (("in", "the"), ("at",), ("this",), ("tomorrow",)):
            end = at + len(lead)
            if tuple(words[at:end]) == lead and end < len(words) and words[end] in _PARTS_OF_DAY:
                return _PARTS_OF_DAY[words[end]], end + 1
    return "", at


def time_at(words: Sequence[str], at: int) -> ClockTime | None:
    """The time of day that begins at token ``at``; also a bare number that could be one (not ``marked``)."""
    word = words[at]
    if word in ("noon", "midday", "midnight"):
        return ClockTime(at, at + 1, 0 if word == "midnight" else 12, 0, True, True)
    past = _past_or_to(words, at)
    if past:
        hour, minute, end = past
        marked = True
    else:
        run = run_at(words, at)
        if run is None or run.ordinal or len(run.digits) > 4:
            return None
        # "nine thirty" and "930", but not "3 0"
        hour, minute = (int(run.digits), 0) if len(run.digits) <= 2 else divmod(int(run.digits), 100)
        end, marked = run.end, run.clock
    if end < len(words) and words[end] in ("oclock", "sharp"):
        end, marked = end + 1, True
    if end < len(words) and words[end] == "hours" and hour * 100 + minute >= 100 and not past:
        end, marked = end + 1, True
    if hour > 23 or minute > 59:
        return None
    half, after = _meridian(words, end)
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
        return ClockTime(at, after, hour, minute, True, True)
    certain = hour > 12 or hour == 0
    return ClockTime(at, end, hour, minute, certain, marked)


def _past_or_to(words: Sequence[str], at: int) -> tuple[int, int, int] | None:
    """Hour, minute and end of "half past two", "a quarter to three", "ten minutes past nine"."""
    if words[at] == "a" and at + 1 < len(words) and words[at + 1] in _PARTS:
        at += 1
    if words[at] in _PARTS:
        minutes, end = _PARTS[words[at]], at + 1
        if words[at] == "half" and end < len(words) and words[end] in CARDINALS:
            # "half two", as the British say
            british = run_at(words, end)
            if british and 1 <= int(british.digits) <= 12:
                return int(british.digits), 30, british.end
    else:
        run = run_at(words, at)
        if run is None or run.ordinal or run.clock or not 1 <= int(run.digits) <= 29:
            return None
        minutes, end = int(run.digits), run.end
    if end < len(words) and words[end] in ("minutes", "minute"):
        end += 1
    if end + 1 >= len(words) or words[end] not in ("past", "after", "to", "before", "til", "of"):
        return None
    # "from nine to five" is no time before five; only fives are counted towards the hour
    if words[end] in ("to", "before", "til", "of") and (minutes % 5 or (words[end] == "of" and minutes != 15)):
        return None
    if words[end] in ("to", "before") and words[at] not in _PARTS and at and words[at - 1] in ("from", "between"):
        return None
    hour_run = run_at(words, end + 1)
    if hour_run is None or hour_run.ordinal or not 1 <= int(hour_run.digits) <= 23:
        return None
    hour = int(hour_run.digits)
    if words[end] in ("past", "after"):
        return hour, minutes, hour_run.end
    return (hour - 1) or 12, 60 - minutes, hour_run.end


def _time_keys(hour: int, minute: int, certain: bool) -> set[str]:
    keys = {f"t:{hour:02}{minute:02}"}
    if not certain and 1 <= hour <= 12:
        keys.add(f"t:{(hour + 12) % 24:02}{minute:02}")
    return keys


_CURRENCY = frozenset({"dollar", "dollars", "euro", "euros", "pound", "pounds"})
_SMALL_CHANGE = frozenset({"cent", "cents", "pence"})


def figures(text: str) -> list[Figure]:
    """Every number, price, ordinal and time of day of a text, in order."""
    words = tokens(text)
    found: list[Figure] = []
    at = 0
    while at < len(words):
        if words[at] in _PUNCTUATION or (words[at] == "second" and words[at - 1 : at] in (["a"], ["per"])):
            at += 1
            continue
        figure = _figure_at(words, at)
        if figure:
            found.append(figure)
            at = figure.end
        else:
            at += 1
    return found


def _figure_at(words: Sequence[str], at: int) -> Figure | None:
    time = time_at(words, at)
    if time and (time.marked or time.certain) and (time.marked or time.hour * 100 + time.minute >= 100):
        keys = _time_keys(time.hour, time.minute, time.certain)
        if not (time.certain and time.hour < 13 and time.marked):
            keys |= {f"n:{time.hour}{time.minute:02}"} | ({f"n:{time.hour}"} if not time.minute else set())
        return Figure(at, time.end, frozenset(keys))
    run = run_at(words, at)
    if run is None:
        return None
    digits, end = run.digits, run.end
    keys = {f"n:{digits}"}
    priced = at > 0 and words[at - 1] in "$€£"
    if end < len(words) and words[end] in _CURRENCY:
        priced = True
        cents_at = end + 1
        if cents_at < len(words) and words[cents_at] == "and":
            cents_at += 1
        cents = run_at(words, cents_at) if cents_at < len(words) else None
        # "three dollars fifty", but not "three dollars two people"
        spoken_cents = cents and not cents.ordinal and len(cents.digits) == 2
        if cents and spoken_cents and not run.decimal:
            digits, end = f"{digits}{cents.digits}", cents.end
            if end < len(words) and words[end] in _SMALL_CHANGE:
                end += 1
            keys = {f"n:{digits}"}
        else:
            end += 1
    if priced and run.decimal and len(words[at].rsplit(".", 1)[-1]) == 1:
        keys = {f"n:{digits}0"}
    if run.decimal or priced:
        whole = {key for key in keys if key.endswith("00")}
        keys |= {key[:-2] for key in whole} | ({f"n:{digits}00"} if priced and not run.decimal else set())
    elif not run.ordinal and not priced:
        number = int(digits)
        if 1 <= number <= 24:
            keys |= _time_keys(number % 24, 0, number > 12)
        elif len(digits) in (3, 4) and number // 100 <= 23 and number % 100 <= 59:
            keys |= _time_keys(number // 100, number % 100, number // 100 > 12)
    return Figure(at, end, frozenset(keys))


def say_cardinal(number: int) -> str:
    """In words, up to 99; larger numbers in figures."""
    if number < 20:
        return (UNITS + TEENS)[number]
    if number < 100:
        tens, unit = divmod(number, 10)
        return TENS[tens - 2] + (f"-{UNITS[unit]}" if unit else "")
    return str(number)


def say_ordinal(number: int) -> str:
    """In words, up to the ninety-ninth."""
    if number < 20 or number % 10 == 0:
        return _ordinal_word(say_cardinal(number))
    tens, unit = divmod(number, 10)
    return f"{TENS[tens - 2]}-{_ordinal_word(UNITS[unit])}"
