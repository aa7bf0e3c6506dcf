"""Written words to words that a voice can say: times, prices, room and telephone numbers, dates, abbreviations.

Word by word, with a look at the neighbours, so that every written word keeps its own spoken form: the history must
know how much of the *written* text was heard. Only what espeak-ng (the front end of Piper voices) gets wrong is
changed: it reads "555-0142" as "five hundred fifty five dash …", "10:00" as "ten zero zero", ends the sentence after
"Dr." and says "ICU" as a word. US English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ONES = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
)
_TENS = _words("zero ten twenty thirty forty fifty sixty seventy eighty ninety")
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_MONTHS = _words("January February March April May June July August September October November December")
_DAYS = _words("monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun")
_CURRENCIES = {"$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "penny")}
_UNITS = {
    "mg": "milligram",
    "g": "gram",
    "kg": "kilogram",
    "ml": "milliliter",
    "mm": "millimeter",
    "cm": "centimeter",
    "km": "kilometer",
    "min": "minute",
    "min.": "minute",
    "hr": "hour",
    "hrs": "hour",
    "hrs.": "hour",
}
_ABBREVIATIONS = {
    "mr.": "Mister",
    "mrs.": "Missus",
    "mrs": "Missus",
    "ms.": "Miz",
    "ms": "Miz",
    "prof.": "Professor",
    "ave.": "Avenue",
    "blvd.": "Boulevard",
    "rd.": "Road",
    "apt.": "Apartment",
    "dept.": "Department",
    "ext.": "extension",
    "tel.": "telephone",
    "approx.": "approximately",
    "i.e.": "that is",
    "e.g.": "for example",
    "vs.": "versus",
    "&": "and",
}
_NUMBERED_PLACES = frozenset(_words("room rooms suite ward bay gate desk office apartment apt. counter lab theater"))
_DIALLED = frozenset(_words("call dial extension ext. ext number press line code pin"))
_SAID_AS_WORDS = frozenset(_words("NO YES DO NOT THE AND OR TO ON IN OF IS IT AT BE GO UP WE MY AN AS BY IF ME SO US"))
"""Capitals for emphasis, or (US) both; anything else short in capitals is spelled."""
_KNOWN_ACRONYMS = frozenset({"OK", "PIN", "NATO", "AIDS", "NASA", "COVID"})

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?:\s*([ap])\.?m\.?)?", re.IGNORECASE)
_HOUR = re.compile(r"(\d{1,2})([ap])\.?m\.?", re.IGNORECASE)
_PRICE = re.compile(r"([$€£])(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{2}))?")
_PHONE = re.compile(r"(?=(?:\D*\d){7,15}$)\+?\(?\d{1,4}\)?(?:[-.]\(?\d{2,4}\)?){1,4}")
_PHONE_PART = re.compile(r"\+?\(?\d{1,4}\)?(?:[-.]\d{2,4})*")
_CODE = re.compile(r"([A-Z]{1,4})-?(\d{3,})([A-Z]?)")
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_UNIT_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)([a-z]+)")
_RANGE = re.compile(r"([^\W_][\w:.]*)[-–]([^\W_][\w:.]*)")
_OPENING = "([\"'“‘"
_CLOSING = ")]\"'”’,;:!?…"
_CLOSING_AFTER_DOTS = ")]\"'”’"
"""what stands around a word; two dots and more belong to what stands behind it"""


def spoken(text: str) -> list[tuple[str, str]]:
    """Pairs of (written word, its spoken form) of ``text`` split at white space, in order.

    Joined by spaces, the spoken forms are what a voice should be given.
    """
    words = text.split()
    cores = [_parts(word)[1] for word in words]
    telephone = _telephone_words(cores)
    all_capitals = not any(c.islower() for c in text)
    return [(word, _say(i, cores, words, i in telephone, all_capitals)) for i, word in enumerate(words)]


def cardinal(n: int) -> str:
    """A whole number from 0 to 999,999 in words."""
    if n < 20:
        return _ONES[n]
    if n < 100:
        return _TENS[n // 10] + (f" {_ONES[n % 10]}" if n % 10 else "")
    large, name = (1000, "thousand") if n >= 1000 else (100, "hundred")
    rest = n % large
    return f"{cardinal(n // large)} {name}" + (f" {cardinal(rest)}" if rest else "")


def ordinal(n: int) -> str:
    """A day of the month in words."""
    *before, last = cardinal(n).split()
    last = _ORDINALS.get(last) or (last[:-1] + "ieth" if last.endswith("y") else last + "th")
    return " ".join([*before, last])


def _digits(text: str) -> str:
    return " ".join(_ONES[int(c)] for c in text if c.isdigit())


def _spell(letters: str) -> str:
    """Letters as espeak names them: "a.m" (a dot after the last would end the sentence; a lone "A" is an article)."""
    return ".".join(letters.upper())


def _plural(n: str, one: str) -> str:
    return one if n == "1" else {"penny": "pence"}.get(one, one + "s")


def _parts(word: str) -> tuple[str, str, str]:
    """Opening punctuation, the word, closing punctuation; a single full stop stays with an abbreviation's word."""
    # Cut by hand: a pattern for both ends tries each place between them, which takes minutes for a page of commas.
    inner = word.lstrip(_OPENING)
    opening = word[: len(word) - len(inner)]
    core = inner.rstrip(_CLOSING)
    before_marks = inner.rstrip(_CLOSING_AFTER_DOTS)
    before_dots = before_marks.rstrip(".")
    if len(before_marks) - len(before_dots) >= 2 and len(before_dots) < len(core):
        core = before_dots
    closing = inner[len(core) :]
    if core.endswith(".") and not _keeps_dot(core):
        core, closing = core[:-1], "." + closing
    return opening, core, closing


def _keeps_dot(core: str) -> bool:
    lower = core.lower()
    return (
        lower in _ABBREVIATIONS
        or lower in _UNITS
        or lower in {"dr.", "st.", "no.", "etc."}
        or re.fullmatch(r"(\d{1,2}(:\d{2})?)?[ap]\.m\.", lower) is not None
    )


def _telephone_words(cores: Sequence[str]) -> frozenset[int]:
    """Indices of words that together are a telephone number, such as "+1", "415", "555", "0142"."""
    found: set[int] = set()
    run: list[int] = []
    for i, core in enumerate([*cores, ""]):
        if _PHONE_PART.fullmatch(core) and (run or len(core) >= 2):
            run.append(i)
            continue
        grouped = all(len(re.sub(r"\D", "", cores[j])) >= 2 or cores[j].startswith("+") for j in run)
        if len(run) > 1 and grouped and sum(c.isdigit() for j in run for c in cores[j]) >= 7:
            found.update(run)
        run = []
    return frozenset(found)


def _say(i: int, cores: Sequence[str], words: Sequence[str], telephone: bool, all_capitals: bool) -> str:
    opening, core, closing = _parts(words[i])
    before = cores[i - 1] if i else ""
    # A neighbour beyond a comma or full stop is no neighbour.
    if i and _parts(words[i - 1])[2]:
        before = ""
    after = cores[i + 1] if i + 1 < len(cores) and not closing else ""
    said = _say_core(core, before, after, telephone, all_capitals)
    if core.endswith(".") and i + 1 == len(words) and not said.endswith((".", "!", "?")) and not closing:
        closing = "."  # the abbreviation's dot also ended the sentence
    return opening + said + closing


def _say_core(core: str, before: str, after: str, telephone: bool, all_capitals: bool) -> str:
    if (date := _ISO_DATE.fullmatch(core)) and (said := _iso_date(date)):
        return said
    if telephone or _PHONE.fullmatch(core):
        groups = [_digits(group) for group in re.split(r"[-.()]", core) if any(c.isdigit() for c in group)]
        plus = "plus " if core.startswith("+") else ""
        return plus + ", ".join(groups) + ("," if telephone and after[:1].isdigit() else "")
    for pattern, say in _PATTERNS:
        if (match := pattern.fullmatch(core)) and (said := say(match, before, after)) is not None:
            return said
    if core.isdigit():
        return _number(core, before, after)
    return _word(core, before, after, all_capitals)


def _time(match: re.Match[str], before: str, after: str) -> str | None:
    hour, minute, half = int(match[1]), int(match[2]), match[3]
    if hour > 24 or minute > 59:
        return None
    if half or re.fullmatch(r"[ap]\.?m\.?", after.lower()):
        words = [cardinal(hour)]
        words += [] if minute == 0 else [f"oh {cardinal(minute)}" if minute < 10 else cardinal(minute)]
    elif minute == 0:
        words = ["midnight"] if hour in (0, 24) else [cardinal(hour), "o'clock" if hour <= 12 else "hundred"]
    else:
        words = [cardinal(hour), f"oh {cardinal(minute)}" if minute < 10 else cardinal(minute)]
    return " ".join([*words, *([_spell(f"{half}m")] if half else [])])


def _hour(match: re.Match[str], before: str, after: str) -> str:
    return f"{cardinal(int(match[1]))} {_spell(match[2] + 'm')}"


def _price(match: re.Match[str], before: str, after: str) -> str | None:
    whole, (large, small) = match[2].replace(",", ""), _CURRENCIES[match[1]]
    cents = match[3] if match[3] and int(match[3]) else ""
    if int(whole) > 999_999 or after in ("million", "billion", "thousand"):
        return None
    if cents and int(whole) == 0:
        return f"{cardinal(int(cents))} {_plural(str(int(cents)), small)}"
    amount = f"{cardinal(int(whole))} {_plural(whole, large)}"
    if cents:
        amount += (
            f" {cardinal(int(cents))}"
            if int(cents) >= 10
            else f" and {cardinal(int(cents))} " + _plural(str(int(cents)), small)
        )
    return amount


def _iso_date(match: re.Match[str]) -> str | None:
    year, month, day = (int(g) for g in match.groups())
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{_MONTHS[month - 1]} {ordinal(day)}, {_year(year)}"


def _year(year: int) -> str:
    if 2000 <= year <= 2009 or year % 1000 == 0:
        return cardinal(year)
    high, low = divmod(year, 100)
    tail = "hundred" if low == 0 else f"oh {cardinal(low)}" if low < 10 else cardinal(low)
    return f"{cardinal(high)} {tail}"


def _code(match: re.Match[str], before: str, after: str) -> str:
    tail = f" {_spell(match[3])}" if match[3] else ""
    # With a comma, espeak names a lone letter A instead of reading the article.
    return f"{_spell(match[1])}, {_digits(match[2])}{tail}"


def _amount(match: re.Match[str], before: str, after: str) -> str | None:
    unit = _UNITS.get(match[2])
    return None if unit is None else f"{match[1]} {_plural(match[1], unit)}"


def _range(match: re.Match[str], before: str, after: str) -> str | None:
    """ "9-5", "8:00–18:30", "Monday-Friday"; a hyphen within a word stays."""
    ends = match.groups()
    for kind in (_TIME, _HOUR, re.compile(r"\d{1,2}"), re.compile("|".join(_DAYS), re.IGNORECASE)):
        if kind.fullmatch(ends[1]) and (kind.fullmatch(ends[0]) or ends[0].isdigit()):
            return f"{_say_core(ends[0], before, '', False, False)} to {_say_core(ends[1], '', after, False, False)}"
    return None


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str, str], str | None]], ...] = (
    (_TIME, _time),
    (_HOUR, _hour),
    (_PRICE, _price),
    (_CODE, _code),
    (_UNIT_AMOUNT, _amount),
    (_RANGE, _range),
)


def _number(core: str, before: str, after: str) -> str:
    value = int(core)
    if len(core) >= 3 and before.lower() in _NUMBERED_PLACES | _DIALLED:
        return _digits(core)
    if before in _MONTHS and 1 <= value <= 31:
        return ordinal(value)
    if after.rstrip(".") in _MONTHS and 1 <= value <= 31:
        return f"{ordinal(value)} of"
    if len(core) == 4 and 1900 <= value <= 2099 and (before in _MONTHS or before.lower() in ("in", "since", "year")):
        return _year(value)
    return core


def _word(core: str, before: str, after: str, all_capitals: bool) -> str:
    lower = core.lower()
    if lower in _UNITS and (before.isdigit() or re.fullmatch(r"\d+\.\d+", before)):
        return _plural(before, _UNITS[lower])
    if lower in ("dr.", "dr"):
        return "Doctor" if after[:1].isupper() or not before else "Drive"
    if lower in ("st.", "st") and core[0] == "S":
        return "Saint" if after[:1].isupper() and not before[:1].isupper() else "Street"
    if lower == "no." and after[:1].isdigit():
        return "number"
    if lower == "no.":
        return "no."
    if re.fullmatch(r"#\d+", core):
        return f"number {core[1:]}"
    if re.fullmatch(r"[ap]\.?m\.?", lower) and (before[:1].isdigit() or "." in core):
        return _spell(lower.replace(".", ""))
    if lower in _ABBREVIATIONS:
        return _ABBREVIATIONS[lower]
    capitals = re.fullmatch(r"([A-Z]{2,3})(s?)", core)
    if capitals and not all_capitals and core not in _SAID_AS_WORDS and core not in _KNOWN_ACRONYMS:
        return _spell(capitals[1]) + ("'s" if capitals[2] else "")
    return core
