"""Written words to words that a voice can say: times, prices, room and telephone numbers, dates, abbreviations.

Word by word, with a look at the neighbours, so that every written word keeps its own spoken form: the history must
know how much of the *written* text was heard. A form may be empty: marks of a layout, emoji and scripts that the voice
does not read are never said. Only what espeak-ng (the front end of Piper voices) gets wrong is changed: it reads
"555-0142" as "five hundred fifty five dash …", "10:00" as "ten zero zero", ends the sentence after "Dr." and says "ICU"
as a word. US English. Every text has a form, in time that grows with its length.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# --- tables -------------------------------------------------------------------------------------------------------

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
_MONTH_OF = {name.lower(): name for name in _MONTHS}
_MONTH_OF |= {f"{name[:3].lower()}{dot}": name for name in _MONTHS if name != "May" for dot in ("", ".")}
_MONTH_OF |= {"sept": "September", "sept.": "September"}
_WEEKDAYS = _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
_SHORT_DAYS = {day[:3].lower(): day for day in _WEEKDAYS}
_SHORT_DAYS |= {"tues": "Tuesday", "weds": "Wednesday", "thur": "Thursday", "thurs": "Thursday"}
_DAY_OF = {day.lower(): day for day in _WEEKDAYS} | _SHORT_DAYS
_CURRENCIES = {
    "$": ("dollar", "cent"),
    "€": ("euro", "cent"),
    "£": ("pound", "penny"),
    "¥": ("yen", ""),
}
_LARGE = frozenset({"thousand", "million", "billion", "trillion"})
UNITS = {
    "mg": "milligram",
    "g": "gram",
    "kg": "kilogram",
    "µg": "microgram",
    "mcg": "microgram",
    "lb": "pound",
    "lb.": "pound",
    "lbs": "pound",
    "lbs.": "pound",
    "oz": "ounce",
    "oz.": "ounce",
    "tsp": "teaspoon",
    "tsp.": "teaspoon",
    "tbsp": "tablespoon",
    "tbsp.": "tablespoon",
    "mmhg": "millimeter of mercury",
    "ml": "milliliter",
    "l": "liter",
    "mm": "millimeter",
    "cm": "centimeter",
    "m": "meter",
    "km": "kilometer",
    "ft": "foot",
    "ft.": "foot",
    "in.": "inch",
    "yd": "yard",
    "mi": "mile",
    "mph": "mile per hour",
    "s": "second",
    "sec": "second",
    "sec.": "second",
    "min": "minute",
    "min.": "minute",
    "mins": "minute",
    "mins.": "minute",
    "h": "hour",
    "hr": "hour",
    "hr.": "hour",
    "hrs": "hour",
    "hrs.": "hour",
    "mos": "month",
    "mos.": "month",
    "wk": "week",
    "wks": "week",
    "yr": "year",
    "yrs": "year",
    "yrs.": "year",
    "yr.": "year",
    "m²": "square meter",
    "m2": "square meter",
    "km²": "square kilometer",
    "km2": "square kilometer",
    "kb": "kilobyte",
    "mb": "megabyte",
    "gb": "gigabyte",
    "°c": "degree Celsius",
    "°f": "degree Fahrenheit",
    "°": "degree",
}
_NO_UNITS = frozenset("GMSH")
"""capitals that are no units: "5G" """
_PER = UNITS | {name: name for name in _words("day hour week month year night person people visit minute child adult")}
_ABBREVIATIONS = {
    "mr.": "Mister",
    "mrs.": "Missus",
    "mrs": "Missus",
    "ms.": "Miz",
    "ms": "Miz",
    "prof.": "Professor",
    "gen.": "General",
    "sen.": "Senator",
    "gov.": "Governor",
    "capt.": "Captain",
    "sgt.": "Sergeant",
    "lt.": "Lieutenant",
    "rev.": "Reverend",
    "col.": "Colonel",
    "cpl.": "Corporal",
    "maj.": "Major",
    "adm.": "Admiral",
    "hon.": "Honorable",
    "rep.": "Representative",
    "jr.": "Junior",
    "sr.": "Senior",
    "jr": "Junior",
    "sr": "Senior",
    "mt.": "Mount",
    "ave.": "Avenue",
    "blvd.": "Boulevard",
    "rd.": "Road",
    "hwy.": "Highway",
    "rte.": "Route",
    "hosp.": "Hospital",
    "pkwy.": "Parkway",
    "ln.": "Lane",
    "ct.": "Court",
    "sq.": "Square",
    "bldg.": "Building",
    "ste.": "Suite",
    "apt.": "Apartment",
    "dept.": "Department",
    "inc.": "Incorporated",
    "ltd.": "Limited",
    "corp.": "Corporation",
    "co.": "Company",
    "univ.": "University",
    "assn.": "Association",
    "rm.": "Room",
    "fl.": "Floor",
    "ext.": "extension",
    "tel.": "telephone",
    "tel": "telephone",
    "approx.": "approximately",
    "max.": "maximum",
    "temp.": "temperature",
    "asst.": "assistant",
    "mgr.": "manager",
    "intl.": "international",
    "attn.": "attention",
    "avg.": "average",
    "p.": "page",
    "pp.": "pages",
    "pg.": "page",
    "ch.": "chapter",
    "par.": "paragraph",
    "art.": "article",
    "vol.": "volume",
    "fig.": "figure",
    "ca.": "about",
    "incl.": "including",
    "excl.": "excluding",
    "i.e.": "that is",
    "e.g.": "for example",
    "etc.": "et cetera",
    "vs.": "versus",
    "w/": "with",
    "w/o": "without",
    "c/o": "care of",
    "&": "and",
    "+": "plus",
    "=": "equals",
    "°": "degrees",
    "%": "percent",
}
_TITLES = frozenset(
    _words("mr. mrs. ms. prof. gen. sen. gov. capt. sgt. lt. rev. col. cpl. maj. adm. hon. rep. dr. mt. ft.")
)
BEFORE_A_NUMBER = frozenset({"no.", "nos.", "fig.", "fl.", "ext.", "p.", "pp.", "vol.", "ca.", "pg.", "ch."})
BEFORE_A_NUMBER |= {"par.", "art."}
_ALSO_WORDS = frozenset({"pg.", "ch.", "par.", "art."})
"""stand for what they abbreviate only before a number"""
_NEVER_LAST = _TITLES | BEFORE_A_NUMBER | frozenset({"i.e.", "e.g.", "vs.", "approx.", "incl.", "excl.", "attn."})
"""abbreviations that no sentence ends with"""
_BEGINS_A_SENTENCE = frozenset(
    _words("The A An We You He She It They There This That These Those Our Your My His Her Their Its Please If When")
    + _words("While After Before On In At For From But Then So No Not All Every Each Both Ask Call Bring Take Go Do Is")
    + _words("Are Can Visitors Patients Children What Where Who How Why Here You'll We'll It's I I'm We're That's")
)
"""words that are written with a capital at the beginning of a sentence, and hardly elsewhere"""
_NAMED_TITLES = frozenset({"col.", "cpl.", "maj.", "adm.", "hon.", "rep."})
"""titles that are words as well; they stand before a name"""
_WRITTEN_EITHER_WAY = frozenset({"attn.", "max.", "temp.", "asst.", "mgr.", "intl."})
_MANY = frozenset({"hrs", "hrs.", "mins", "mins.", "yrs", "yrs.", "lbs", "lbs.", "wks", "mos."})
"""units that are plural by their form"""
_MORE_ABBREVIATIONS = frozenset({"dr.", "st.", "no.", "nos.", "p.o.", "ph.d.", "a.k.a."})
ABBREVIATIONS = (
    frozenset(word for word in (*_ABBREVIATIONS, *UNITS, *_MONTH_OF) if word.endswith("."))
    | _MORE_ABBREVIATIONS
    | frozenset(f"{day}." for day in _SHORT_DAYS)
    | frozenset({"a.m.", "p.m."})
)
"""Words, in lower case, whose full stop does not end a sentence."""

NUMBERED_PLACES = frozenset(
    _words("room rooms rm rm. suite ste. ward wards bay bays gate gates desk office offices apartment apt. counter lab")
    + _words("theater flat unit bed beds locker")
) - {"beds"}
_DIALLED = frozenset(
    _words(
        "zip reference ref ref. call dial extension ext. ext number press line code pin phone telephone tel. tel fax"
    )
)
_SAID_AS_WORDS = frozenset(_words("NO YES DO NOT THE AND OR TO ON IN OF IS IT AT BE GO UP WE MY AN AS BY IF ME SO US"))
"""Capitals for emphasis, or (US) both; anything else short in capitals is spelled."""
_KNOWN_ACRONYMS = frozenset({"OK", "PIN", "NATO", "AIDS", "NASA", "COVID"})
_NUMBERED_IN_ROMAN = frozenset(
    _words("war chapter part act ward section volume phase type level class book room stage grade scene article")
)
"""words that a Roman number counts"""
_RULERS = frozenset(
    _words("louis henry elizabeth george charles edward william james richard paul pius benedict francis philip leo")
    + _words("catherine napoleon alexander frederick ivan nicholas gregory clement innocent john mary peter wilhelm")
)
"""names that a Roman number follows as a place: Louis XIV is the fourteenth"""
_CURRENCY_CODES = {"EUR": "€", "USD": "$", "GBP": "£"}
_FRACTIONS = {"2": "half", "3": "third", "4": "quarter", "5": "fifth", "8": "eighth", "10": "tenth"}
_VULGAR = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8"}
_BEFORE_VULGAR = re.compile(rf"(?<=\d)(?=[{''.join(_VULGAR)}])")
_DATE_LEADS = frozenset(_words("on by until since from before after due of til till to and between through"))

_SYMBOLS = {
    "×": " times ",
    "÷": " divided by ",
    "±": "plus or minus ",
    "≥": "at least ",
    "≤": "at most ",
    "≈": "about ",
    "€": "€",
    "£": "£",
    "¥": "¥",
    "¢": "¢",
    "°": "°",
    "℃": "°C",
    "℉": "°F",
    "µ": "µ",
    "²": "²",
    "³": "³",
    "–": "–",
    "—": "—",
    "…": "…",
    "‑": "-",
    "‐": "-",
    "−": "-",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "‘": "'",
    "’": "'",
    "·": "",
    **_VULGAR,
}
"""What a mark beyond ASCII becomes"""


class _Sayable(dict[int, str]):
    """For ``str.translate``: Latin letters, the marks above and decimal digits stay; everything else is not said."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if 32 <= code < 127:
            kept = char
        elif char in _SYMBOLS:
            kept = _SYMBOLS[char]
        elif char.isalpha() and unicodedata.name(char, "").startswith("LATIN"):
            kept = char
        elif char.isdecimal():
            kept = str(unicodedata.decimal(char))
        elif 0x300 <= code < 0x370:
            kept = char
        else:
            kept = ""
        self[code] = kept
        return kept


_SAYABLE = _Sayable()

_LONGEST_WORD = 60
"""characters of a word in which anything is looked for; what is longer, such as an address of the web, stays"""

_LONGEST_CARDINAL = 6
"""digits of a number that is said as one; longer ones are said digit by digit, but for round ones"""

_A = re.ASCII
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?:([ap])\.?m\.?)?", re.IGNORECASE | _A)
_HOUR = re.compile(r"(\d{1,2})([ap])\.?m\.?", re.IGNORECASE | _A)
_AMOUNT = r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?"
_PRICE = re.compile(rf"([$€£¥]){_AMOUNT}", _A)
_PRICE_AFTER = re.compile(rf"{_AMOUNT}([$€£¥])", _A)
_PRICES = re.compile(rf"([$€£¥]){_AMOUNT}[-–—]([$€£¥])?{_AMOUNT}", _A)
_PRICE_PER = re.compile(rf"([$€£¥]{_AMOUNT})/([a-z]+)", re.IGNORECASE | _A)
_PHONE = re.compile(r"(?=(?:\D*\d){7,15}$)\+?\(?\d{1,4}\)?(?:[-.]\(?\d{2,4}\)?){1,4}", _A)
_PHONE_PART = re.compile(r"\+?\(?\d{1,4}\)?(?:[-.]\d{2,4})*", _A)
_SHORT_PRICE = re.compile(r"([$€£¥])(\d{1,6})(?:\.(\d{1,2}))?(k|m|bn)", re.IGNORECASE | _A)
_TIME_WITH_DOT = re.compile(r"(\d{1,2})\.(\d{2})", _A)
_HALF_TO = re.compile(r"([ap])\.?m\.?[-–—](\S+)", re.IGNORECASE | _A)
_ZIP = re.compile(r"\d{5}-\d{4}", _A)
_FEET = re.compile(r"(\d{1,2})'(\d{1,2})", _A)
_LISTED = re.compile(r"[A-Za-z]+(?:/[A-Za-z]+){2,}", _A)
_CODE = re.compile(r"([A-Z]{1,4})-?(\d{3,})([A-Z]?)", _A)
_EXTENSION = re.compile(r"x(\d{3,5})", _A)
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", _A)
_DOTTED_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})?", _A)
_SLASH_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})", _A)
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{1,2}:\d{2})(?::\d{2})?Z?", _A)
_CENTS = re.compile(r"(\d{1,3})¢", _A)
_MIXED = re.compile(r"(\d{1,3}) (\d/\d)(?:-([a-z]+))?", _A)
_PRESSURE = re.compile(r"(\d{2,3})/(\d{2,3})", _A)
_COMPARED = re.compile(r"([<>])(=?)([$€£]?\d.*)", _A)
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})", _A)
_UNIT_AMOUNT = re.compile(r"(-?\d+(?:\.\d+)?)([a-zµ°²]+[0-9]?\.?)", re.IGNORECASE | _A)
_UNIT_PER = re.compile(r"(\d+(?:\.\d+)?)?([a-zµ]+)/([a-z]+)", re.IGNORECASE | _A)
_RANGE = re.compile(r"([^\W_][\w:.]*?)\.?[-–—]([^\W_][\w:.]*)", _A)
_RANGE_OF_NAMES = re.compile(r"[A-Za-z]{3,9}\.?[-–—](?=[A-Za-z]{3,5}\.)", _A)
_RATIO = re.compile(r"(\d{1,3}):(\d)", _A)
_DECADE = re.compile(r"'?(\d{2})?(\d0)'?s", _A)
_INITIALS = re.compile(r"(?:[A-Za-z]\.){2,}[A-Za-z]?", _A)
_INITIAL = re.compile(r"[A-Z]\.", _A)
_ROMAN = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})", _A)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|</?s?\s*>")
_LINK = re.compile(r"\[([^\[\]()]*)\]\([^()]*\)|\]\([^()]*\)")
_FENCE = re.compile(r"`+|\*\*+|__+|~~+|^[*_]+|[*_]+$|(?<=[\s(])[*_]|[*_](?=[.,;:!?)]*$)")
_BULLET = frozenset({"-", "*", "•", "|", "||", "---", "***", "===", "--", "_", "~", ">", ">>", "\\"})
_OPENING = "([\"'~"
_CLOSING = ")]\"',;:!?…"


@dataclass(frozen=True, slots=True)
class _Place:
    """A word's neighbours, without their punctuation; empty beyond a comma or full stop."""

    before: str
    after: str
    earlier: tuple[str, ...] = ()
    """up to three words before, nearest first"""
    all_capitals: bool = False
    telephone: bool = False

    @property
    def dialled(self) -> bool:
        return any(word.lower() in _DIALLED for word in self.earlier)


def spoken(text: str) -> list[tuple[str, str]]:
    """Pairs of (written word, its spoken form) of ``text`` split at white space, in order.

    Joined by spaces, the spoken forms are what a voice should be given; some are empty.
    """
    written = text.split()
    plain = [_sayable(word) for word in written]
    plain = [_mark_between(written, plain, i) or word for i, word in enumerate(plain)]
    parts = [_parts(word) for word in plain]
    cores = [core for _, core, _ in parts]
    telephone = _telephone_words(cores)
    shouted = not any(c.islower() for word in plain for c in word)
    return [
        (word, _say(i, parts, _place(i, parts, shouted, i in telephone)) if plain[i] else "")
        for i, word in enumerate(written)
    ]


_RANGE_ENDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "time",
        re.compile(r"\d{1,2}:\d{2}(?:[ap]\.?m\.?)?|\d{1,2}[ap]\.?m\.?|[ap]\.?m\.?|noon|midnight", re.IGNORECASE | _A),
    ),
    ("number", re.compile(r"[$€£]?\d{1,4}(?:[.,]\d{1,3})?%?|\d{1,2}(?:st|nd|rd|th)", _A)),
)
_COMPARISONS = {"<": "less than", ">": "more than", "<=": "at most", ">=": "at least"}
_NEAR_A_DASH = {("number", "time"), ("time", "number"), ("number", "month")}
"""different ends that a range may have: "9 - 5 pm", "Dec 24 - Jan 2" """


def _range_end(word: str) -> str:
    """What a word is, if a range can begin or end with it: a time, a number, a day or a month."""
    word = word.strip("(").rstrip(",;:)!?")
    bare = word.rstrip(".")
    if bare.lower() in _DAY_OF:
        return "day"
    if bare.lower() in _MONTH_OF or bare in _MONTHS:
        return "month"
    return next((kind for kind, pattern in _RANGE_ENDS if pattern.fullmatch(word) or pattern.fullmatch(bare)), "")


def _mark_between(written: Sequence[str], plain: Sequence[str], i: int) -> str:
    """How a mark that stands alone is said between what it joins: "9 - 5", "10 / 2", "< 5"; empty where it is not."""
    mark = written[i]
    if mark not in ("-", "–", "−", "/", *_COMPARISONS) or i + 1 == len(written):
        return ""
    first, last = _range_end(plain[i - 1]) if i else "", _range_end(plain[i + 1])
    if mark in _COMPARISONS:
        return _COMPARISONS[mark] if last in ("number", "time") else ""
    if not first or not last or plain[i - 1].endswith((",", ";", ":")):
        return ""
    if mark == "/":
        return {"number": "over", "day": "&"}.get(first, "") if first == last else ""
    if "=" in plain[i + 2 : i + 3]:
        return "minus"
    # "Call 555 - 0142"
    dialled = plain[i + 1].startswith("0") and first == last == "number"
    # "Room 5 - 3 beds"
    placed = i > 1 and plain[i - 2].lower() in NUMBERED_PLACES and first == last == "number"
    apart = dialled or (placed and plain[i - 1].isdecimal() and _falls(plain[i - 1], plain[i + 1]))
    return "to" if (first == last or (first, last) in _NEAR_A_DASH) and not apart else ""


def _falls(first: str, last: str) -> bool:
    return not _is_number(last) or int(first) >= int(last)


def _sayable(word: str) -> str:
    """A word without the marks of a layout and without what a voice cannot say."""
    if not word.isascii() or not word.isprintable():
        word = _BEFORE_VULGAR.sub(" ", word)
        word = unicodedata.normalize("NFC", word).translate(_SAYABLE).strip()
    if len(word) > _LONGEST_WORD:
        return word
    if word in _BULLET or word == "/" or not word.strip("#"):
        return ""
    # "US$5"
    word = re.sub(r"^[A-Z]{1,2}(?=[$€£]\d)", "", word)
    if any(mark in word for mark in "*_`<[~]"):
        word = _TAG.sub("", word)
        word = _LINK.sub(r"\1", word)
        word = _FENCE.sub("", word)
    return word.lstrip("[") if word.startswith("[") and "]" not in word else word


MEASURED = "The quick brown fox jumps over the lazy dog, and then it sits down in the shade of a tall tree."
"""Gives a voice its gain; all common sounds of English occur in it."""

_AS_WRITTEN = re.compile(r"[a-zI' ]*")
"""Sentences that are said as they are written"""


def spelled_out(text: str) -> str:
    """A text as an ear hears it: a voice knows how to say plain numbers, an ear must be told."""
    if _AS_WRITTEN.fullmatch(text):
        return text
    said = " ".join(form for _, form in spoken(text))
    said = re.sub(r"(\d{1,2})(?:st|nd|rd|th)\b", lambda digits: ordinal(int(digits[1])), said)
    return re.sub(r"\d{1,6}", lambda digits: f" {cardinal(int(digits[0]))} ", said)


# --- numbers in words ---------------------------------------------------------------------------------------------


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


def _is_number(text: str) -> bool:
    """Whether it is written in 0 to 9 alone. ``str.isdigit`` is no such test: "²" and "①" pass, and are no ``int``."""
    return text.isascii() and text.isdecimal()


def _digits(text: str) -> str:
    return " ".join(_ONES[int(c)] for c in text if _is_number(c))


def _year(year: int) -> str:
    if 2000 <= year <= 2009 or year % 1000 == 0:
        return cardinal(year)
    high, low = divmod(year, 100)
    tail = "hundred" if low == 0 else f"oh {cardinal(low)}" if low < 10 else cardinal(low)
    return f"{cardinal(high)} {tail}"


def _spell(letters: str) -> str:
    """Letters as espeak names them: "a.m" (a dot after the last would end the sentence; a lone "A" is an article)."""
    return ".".join(letters.upper())


_PART_OF_ONE = re.compile(r"[1-9]/[2-9]", _A)


def _plural(n: str, one: str) -> str:
    if n in ("1", "-1", "one") or _PART_OF_ONE.fullmatch(n):
        return one
    head, _, tail = one.partition(" ")
    if head == "square":
        return f"square {_plural(n, tail)}"
    many = {"penny": "pence", "foot": "feet", "inch": "inches", "yen": "yen", "people": "people"}.get(head, head + "s")
    return f"{many} {tail}" if tail else many


# --- words --------------------------------------------------------------------------------------------------------


def _parts(word: str) -> tuple[str, str, str]:
    """Opening punctuation, the word, closing punctuation; a single full stop stays with an abbreviation's word."""
    core = word.lstrip(_OPENING)
    opening = word[: len(word) - len(core)]
    rest = core.rstrip(_CLOSING)
    if rest.endswith(".."):
        rest = rest.rstrip(".")
    core, closing = rest, core[len(rest) :]
    if core.endswith(".") and not _keeps_dot(core):
        core, closing = core[:-1], "." + closing
    return opening, core, closing


def ends_before(word: str, following: str) -> bool:
    """Whether an abbreviation ends its sentence, by the word that follows: "at 9 a.m. The cafe"."""
    return word.endswith(".") and word.lower() not in _NEVER_LAST and following.rstrip(",") in _BEGINS_A_SENTENCE


def _keeps_dot(core: str) -> bool:
    # "Mon.-Fri."
    core = _RANGE_OF_NAMES.sub("", core)
    lower = core.lower()
    if lower[:-1] in _SHORT_DAYS or lower in ("mar.", "jan.", "jun."):
        # "It sat." and "in the sun." are sentences.
        return core[0].isupper()
    return (
        lower in ABBREVIATIONS
        or _INITIALS.fullmatch(core) is not None
        or (_INITIAL.fullmatch(core) is not None and core not in ("I.", "A."))
        or re.fullmatch(r"(\d{1,2}(:\d{2})?)?[ap]\.m\.", lower, _A) is not None
        or (_DOTTED_DATE.fullmatch(core) is not None)
    )


def _telephone_words(cores: Sequence[str]) -> frozenset[int]:
    """Indices of words that together are a telephone number, such as "+1", "415", "555", "0142", or "0170",
    "5550142"."""
    found: set[int] = set()
    run: list[int] = []
    for i, core in enumerate([*cores, ""]):
        begins = bool(run) and cores[run[0]][:1] in ("0", "+", "(")
        if _PHONE_PART.fullmatch(core) and (run or len(core) >= 2):
            run.append(i)
            continue
        if begins and _is_number(core) and len(core) <= 12:
            run.append(i)
            continue
        grouped = all(len(re.sub(r"\D", "", cores[j])) >= 2 or cores[j].startswith("+") for j in run)
        if len(run) > 1 and grouped and sum(_is_number(c) for j in run for c in cores[j]) >= 7:
            found.update(run)
        run = []
    return frozenset(found)


def _ends_before_next(i: int, parts: Sequence[tuple[str, str, str]]) -> bool:
    if i + 1 == len(parts) or parts[i][2] or _INITIAL.fullmatch(parts[i][1]):
        return False
    # "Bldg. A." has a letter behind it.
    return ends_before(parts[i][1], parts[i + 1][1] + parts[i + 1][2])


def _place(i: int, parts: Sequence[tuple[str, str, str]], shouted: bool, telephone: bool) -> _Place:
    earlier = tuple(parts[j][1] for j in range(i - 1, max(-1, i - 4), -1))
    # A neighbour beyond a comma or full stop is no neighbour.
    before = parts[i - 1][1] if i and not parts[i - 1][2] else ""
    after = parts[i + 1][1] if i + 1 < len(parts) and not parts[i][2] else ""
    after = "" if _ends_before_next(i, parts) else after
    return _Place(before, after, earlier, shouted, telephone)


def _say(i: int, parts: Sequence[tuple[str, str, str]], place: _Place) -> str:
    opening, core, closing = parts[i]
    last = i + 1 == len(parts) or _ends_before_next(i, parts)
    if closing == "." and core.lower() in UNITS and not last and parts[i + 1][1][:1].islower():
        # "3 km. from here"
        closing = ""
    if _FEET.fullmatch(core) and closing.startswith('"'):
        closing = " inches" + closing[1:]
    elif (feet := _feet_apart(i, parts)) is not None:
        return feet
    if not core:
        return opening.replace("~", "") + closing
    said = _say_core(core, place)
    if core.endswith(".") and not closing and said and not said.endswith((".", "!", "?")) and last:
        closing = "."  # the abbreviation's dot also ended the sentence
    if not said:
        # Nothing is left to open or to close but the sentence.
        return ""
    return opening.replace("~", "about ") + said + closing


def _feet_apart(i: int, parts: Sequence[tuple[str, str, str]]) -> str | None:
    """The words of six feet and two inches, written apart: 6' 2"."""

    def measures(at: int, mark: str) -> bool:
        return 0 <= at < len(parts) and _is_number(parts[at][1]) and parts[at][2].startswith(mark)

    _, core, closing = parts[i]
    if measures(i, "'") and measures(i + 1, '"'):
        return f"{core} {_plural(core, 'foot')}{closing[1:]}"
    if measures(i, '"') and measures(i - 1, "'"):
        return f"{core} {_plural(core, 'inch')}{closing[1:]}"
    return None


def _say_core(core: str, place: _Place) -> str:
    if not core or len(core) > _LONGEST_WORD:
        return _digits(core) if _is_number(core) else core
    for pattern, say_date in _DATES:
        if not place.telephone and (match := pattern.fullmatch(core)) and (said := say_date(match, place)) is not None:
            return said
    if place.telephone or _PHONE.fullmatch(core):
        groups = [_digits(group) for group in re.split(r"[-.()]", core) if any(map(_is_number, group))]
        plus = "plus " if core.startswith("+") else ""
        return plus + ", ".join(groups) + ("," if place.telephone and _is_number(place.after[:1]) else "")
    for pattern, say in _PATTERNS:
        if (match := pattern.fullmatch(core)) and (said := say(match, place)) is not None:
            return said
    code = next((code for code in (place.after, place.before) if code in _CURRENCY_CODES), "")
    amount = re.fullmatch(_AMOUNT, core, _A) if code else None
    if amount and (said := _money(_CURRENCY_CODES[code], amount[1], amount[2])):
        return said
    if core in _CURRENCY_CODES and any(re.fullmatch(_AMOUNT, word, _A) for word in (place.before, place.after)):
        # Its amount says the currency as well.
        return ""
    if _is_number(core):
        return _number(core, place)
    return _word(core, place)


def _time(match: re.Match[str], place: _Place) -> str | None:
    hour, minute, half = int(match[1]), int(match[2]), match[3]
    if hour > 24 or minute > 59:
        return None
    if half or re.match(r"[ap]\.?m\b", place.after.lower()):
        words = [cardinal(hour)]
        words += [] if minute == 0 else [f"oh {cardinal(minute)}" if minute < 10 else cardinal(minute)]
    elif minute == 0:
        words = ["midnight"] if hour in (0, 24) else [cardinal(hour), "o'clock" if hour <= 12 else "hundred"]
    else:
        words = [cardinal(hour), f"oh {cardinal(minute)}" if minute < 10 else cardinal(minute)]
    return " ".join([*words, *([_spell(f"{half}m")] if half else [])])


def _hour(match: re.Match[str], place: _Place) -> str:
    return f"{cardinal(int(match[1]))} {_spell(match[2] + 'm')}"


def _money(sign: str, whole: str, cents: str | None) -> str | None:
    """ "three dollars fifty"; None for sums that are said as they are written."""
    large, small = _CURRENCIES[sign]
    whole = whole.replace(",", "")
    cents = (cents or "").ljust(2, "0") if cents and int(cents) else ""
    if len(whole) > _LONGEST_CARDINAL:
        return None
    amount = cardinal(int(whole))
    if cents and int(whole) == 0 and small:
        return f"{cardinal(int(cents))} {_plural(str(int(cents)), small)}"
    said = f"{amount} {_plural(str(int(whole)), large)}"
    if not cents:
        return said
    if int(cents) >= 10 or not small:
        return f"{said} {cardinal(int(cents))}"
    return f"{said} and {cardinal(int(cents))} {_plural(str(int(cents)), small)}"


def _plain_amount(whole: str, decimals: str | None) -> str:
    whole = whole.replace(",", "")
    said = cardinal(int(whole)) if len(whole) <= _LONGEST_CARDINAL else _digits(whole)
    return f"{said} point {_digits(decimals)}" if decimals else said


def _price(match: re.Match[str], place: _Place) -> str | None:
    if place.after.lower() in _LARGE:
        # "million" takes the currency: "one point two", "million dollars".
        return _plain_amount(match[2], match[3])
    return _money(match[1], match[2], match[3])


def _price_after(match: re.Match[str], place: _Place) -> str | None:
    return _money(match[3], match[1], match[2])


def _short_price(match: re.Match[str], place: _Place) -> str:
    """ "$5k", "€2.5M"."""
    scale = {"k": "thousand", "m": "million", "bn": "billion"}[match[4].lower()]
    return f"{_plain_amount(match[2], match[3])} {scale} {_plural('2', _CURRENCIES[match[1]][0])}"


def _time_with_dot(match: re.Match[str], place: _Place) -> str | None:
    """ "7.30 a.m."."""
    if not re.fullmatch(r"[ap]\.?m\.?", place.after.lower()):
        return None
    time = _TIME.fullmatch(match[0].replace(".", ":"))
    return _time(time, place) if time else None


def _half_to(match: re.Match[str], place: _Place) -> str:
    """The middle of "8:00 a.m.-5:00 p.m."."""
    return f"{_spell(match[1] + 'm')} to {_say_core(match[2], _Place('', place.after))}"


def _zip(match: re.Match[str], place: _Place) -> str:
    return ", ".join(_digits(group) for group in match[0].split("-"))


def _feet(match: re.Match[str], place: _Place) -> str:
    return f"{match[1]} {_plural(match[1], 'foot')} {match[2]}"


def _listed(match: re.Match[str], place: _Place) -> str:
    """ "Mon/Wed/Fri"."""
    return ", ".join(_DAY_OF.get(piece.lower(), piece) for piece in match[0].split("/"))


def _prices(match: re.Match[str], place: _Place) -> str | None:
    """ "$2-$4": two to four dollars."""
    sign, *first, other, whole, cents = match.groups()
    if other not in (None, sign):
        return None
    last = _money(sign, whole, cents)
    return last and f"{_plain_amount(first[0], None) if not first[1] else _money(sign, *first)} to {last}"


def _price_per(match: re.Match[str], place: _Place) -> str | None:
    unit = _PER.get(match[4].lower())
    price = _PRICE.fullmatch(match[1])
    said = price and _price(price, _Place("", ""))
    return f"{said} per {unit}" if said and unit else None


def _on_day(day: int, month: int, year: str | None) -> str | None:
    if month > 12 >= day:
        day, month = month, day
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    said = f"{_MONTHS[month - 1]} {ordinal(day)}"
    return f"{said}, {_year(int(year) if len(year) == 4 else 2000 + int(year))}" if year else said


def _iso_date(match: re.Match[str], place: _Place) -> str | None:
    return _on_day(int(match[3]), int(match[2]), match[1]) if int(match[2]) <= 12 else None


def _dotted_date(match: re.Match[str], place: _Place) -> str | None:
    """Dates with dots have the day first."""
    if match[3] is None and place.before.lower() not in _DATE_LEADS:
        return None
    return _on_day(int(match[1]), int(match[2]), match[3])


def _slash_date(match: re.Match[str], place: _Place) -> str | None:
    """Dates with slashes have the month first, as in the USA."""
    return _on_day(int(match[2]), int(match[1]), match[3])


def _moment(match: re.Match[str], place: _Place) -> str | None:
    """ "2026-12-01T09:30"."""
    day, at = _ISO_DATE.fullmatch(match[1]), _TIME.fullmatch(match[2])
    said = (day and _iso_date(day, place)), (at and _time(at, place))
    return f"{said[0]} at {said[1]}" if said[0] and said[1] else None


def _cents(match: re.Match[str], place: _Place) -> str:
    return f"{cardinal(int(match[1]))} {_plural(match[1], 'cent')}"


def _mixed(match: re.Match[str], place: _Place) -> str | None:
    """ "1½", "2½-hour"."""
    part = _SLASHED.fullmatch(match[2])
    said = part and _slashed(part, _Place(match[1], ""))
    return f"{match[1]} {said}" + (f" {match[3]}" if match[3] else "") if said else None


_UPPER_PRESSURE, _LOWER_PRESSURE = range(70, 251), range(40, 141)


def _pressure(match: re.Match[str], place: _Place) -> str | None:
    """Blood pressure: "120/80"."""
    upper, lower = int(match[1]), int(match[2])
    if upper not in _UPPER_PRESSURE or lower not in _LOWER_PRESSURE or lower >= upper:
        return None
    return f"{_said_in_two(upper)} over {_said_in_two(lower)}"


def _said_in_two(n: int) -> str:
    """ "One twenty"."""
    high, low = divmod(n, 100)
    if not high or not low:
        return cardinal(n)
    return f"{cardinal(high)} {f'oh {cardinal(low)}' if low < 10 else cardinal(low)}"


def _compared(match: re.Match[str], place: _Place) -> str:
    """ "<5", ">=18"."""
    return f"{_COMPARISONS[match[1] + match[2]]} {_say_core(match[3], place)}"


def _slashed(match: re.Match[str], place: _Place) -> str | None:
    """ "24/7", "1/2", "on 12/3"."""
    first, second = int(match[1]), match[2]
    if (first, second) == (24, "7"):
        return "twenty four seven"
    if place.before.lower() in _DATE_LEADS and (said := _on_day(int(second), first, None)):
        return said
    name = _FRACTIONS.get(second)
    if not name or not first or first >= int(second):
        return f"{cardinal(first)} {cardinal(int(second))}"
    part = f"{cardinal(first)} {_plural(match[1], name)}"
    part = part.replace("halfs", "halves")
    return f"and {part.replace('one half', 'a half').replace('one q', 'a q')}" if _is_number(place.before) else part


def _code(match: re.Match[str], place: _Place) -> str:
    tail = f" {_spell(match[3])}" if match[3] else ""
    # With a comma, espeak names a lone letter A instead of reading the article.
    return f"{_spell(match[1])}, {_digits(match[2])}{tail}"


def _extension(match: re.Match[str], place: _Place) -> str:
    return f"extension {_digits(match[1])}"


def _amount(match: re.Match[str], place: _Place) -> str | None:
    unit = UNITS.get(match[2].lower())
    if unit is None or match[2] in _NO_UNITS:
        return None
    number = f"minus {match[1][1:]}" if match[1].startswith("-") else match[1]
    attribute = _is_attribute(place.before, place.after)
    return f"{number} {unit if attribute else _plural(match[1], unit)}"


_BEFORE_AN_ATTRIBUTE = frozenset({"a", "an", "the", "this", "each", "every", "our", "your"})
_BEHIND_NO_ATTRIBUTE = frozenset(
    _words("and or from of in to per for before after by at on with is are was were will then until than so as if but")
    + _words("away ago later earlier long per each daily weekly every")
)


def _is_attribute(before: str, after: str) -> bool:
    """Whether an amount between these words says of what kind a thing is: "a 5 lb. bag"."""
    determined = before.lower() in _BEFORE_AN_ATTRIBUTE and after.isalpha() and after not in _BEHIND_NO_ATTRIBUTE
    return determined or after in _ALWAYS_MEASURED


_ALWAYS_MEASURED = frozenset(_words("walk drive ride wait break session visit bag bottle"))
"""things that an amount before them describes, even without an article: "5 min. walk" """


def _unit_per(match: re.Match[str], place: _Place) -> str | None:
    """ "5mg/kg", "km/h", "and/or"."""
    number = match[1] or (place.before if re.fullmatch(r"\d+(?:\.\d+)?", place.before, _A) else "")
    unit, per = UNITS.get(match[2].lower()), _PER.get(match[3].lower())
    if not match[1] and match[3].lower() in _PER and match[2].endswith("s") and _is_number(place.before[-1:]):
        # "7 days/week"
        return f"{match[2]} per {per}"
    if number and unit and per:
        said = f"{_plural(number, unit)} per {per}"
        return f"{number} {said}" if match[1] else said
    if match[1] or match[0].lower() in _ABBREVIATIONS:
        return None
    if match[0] == "and/or":
        return "and or"
    pieces = [_word(piece, _Place("", "", ())) for piece in (match[2], match[3])]
    return " ".join(pieces) if match[0].isupper() else " or ".join(pieces)


_NAMED_HOUR = re.compile(r"noon|midnight", re.IGNORECASE)
_END_OF_RANGE = (
    _TIME,
    _HOUR,
    _NAMED_HOUR,
    re.compile(r"\d{1,2}(?:st|nd|rd|th)", _A),
    re.compile(r"\d{1,4}(?:\.\d{1,2})?", _A),
)


def _range(match: re.Match[str], place: _Place) -> str | None:
    """ "9-5", "8:00–18:30", "Monday-Friday", "Mon.-Fri.", "201-205"; a hyphen within a word stays."""
    first, last = match.groups()
    for names in (_DAY_OF, _MONTH_OF):
        ends = [names.get(end.lower().rstrip(".")) for end in (first, last)]
        if ends[0] and ends[1]:
            return f"{ends[0]} to {ends[1]}"
    if _is_number(first) and len(first) > 4:
        return None
    for kind in _END_OF_RANGE:
        if kind.fullmatch(last) and (kind.fullmatch(first) or _is_number(first) or _NAMED_HOUR.fullmatch(first)):
            begins = _say_core(first, _Place(place.before, ""))
            return f"{begins} to {_say_core(last, _Place(place.before, place.after))}"
    return None


def _ratio(match: re.Match[str], place: _Place) -> str:
    return f"{cardinal(int(match[1]))} to {cardinal(int(match[2]))}"


def _decade(match: re.Match[str], place: _Place) -> str | None:
    """ "the 1990s", "the 80s"."""
    tens = int(match[2])
    if not tens:
        return f"{cardinal(int(match[1]))} hundreds" if match[1] else None
    said = "tens" if tens == 10 else _TENS[tens // 10][:-1] + "ies"
    return f"{cardinal(int(match[1]))} {said}" if match[1] else said


def _initials(match: re.Match[str], place: _Place) -> str:
    return _ABBREVIATIONS.get(match[0].lower()) or _spell(match[0].replace(".", ""))


_Rows = tuple[tuple[re.Pattern[str], Callable[[re.Match[str], _Place], str | None]], ...]

_DATES: _Rows = (
    (_ISO_DATE, _iso_date),
    (_DOTTED_DATE, _dotted_date),
    (_SLASH_DATE, _slash_date),
)
"""Dates, which look like telephone numbers"""

_PATTERNS: _Rows = (
    (_MOMENT, _moment),
    (_CENTS, _cents),
    (_MIXED, _mixed),
    (_PRESSURE, _pressure),
    (_COMPARED, _compared),
    (_SLASHED, _slashed),
    (_TIME, _time),
    (_HOUR, _hour),
    (_PRICE, _price),
    (_PRICE_AFTER, _price_after),
    (_SHORT_PRICE, _short_price),
    (_TIME_WITH_DOT, _time_with_dot),
    (_HALF_TO, _half_to),
    (_ZIP, _zip),
    (_FEET, _feet),
    (_LISTED, _listed),
    (_PRICES, _prices),
    (_PRICE_PER, _price_per),
    (_CODE, _code),
    (_EXTENSION, _extension),
    (_DECADE, _decade),
    (_UNIT_AMOUNT, _amount),
    (_UNIT_PER, _unit_per),
    (_RANGE, _range),
    (_RATIO, _ratio),
    (_INITIALS, _initials),
)
"""How a word of some shape is said; None leaves it to the next row."""


def _number(core: str, place: _Place) -> str:
    before = place.before.lower()
    if len(core) > _LONGEST_CARDINAL and not (core.endswith("000") and core[0] != "0" and not place.dialled):
        return _digits(core)
    if (len(core) >= 3 and before in NUMBERED_PLACES | _DIALLED) or (len(core) > 1 and core[0] == "0"):
        return _digits(core)
    value = int(core) if len(core) <= _LONGEST_CARDINAL else 0
    if place.before and before in _MONTH_OF and place.before[0].isupper() and 1 <= value <= 31:
        return ordinal(value)
    if place.after and place.after.lower() in _MONTH_OF and place.after[0].isupper() and 1 <= value <= 31:
        return f"{ordinal(value)} of"
    dated = (before in _MONTH_OF and place.before[:1].isupper()) or before in ("in", "since", "year", "of")
    # "December 25, 2026"
    dated = dated or (len(place.earlier) > 1 and place.earlier[1].lower() in _MONTH_OF and _is_number(place.earlier[0]))
    if len(core) == 4 and 1900 <= value <= 2099 and dated:
        return _year(value)
    return core


def _roman(core: str, place: _Place) -> str | None:
    """ "World War II", "Louis XIV", "Ward III"."""
    if not _ROMAN.fullmatch(core):
        return None
    before = place.before.lower()
    if not (before in _NUMBERED_IN_ROMAN or before in _RULERS or set(core) == {"I"}) or not place.before[:1].isupper():
        return None
    if core == "I" and before not in _NUMBERED_IN_ROMAN:
        return None
    values = [{"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}[c] for c in core]
    value = sum(-v if v < w else v for v, w in zip(values, [*values[1:], 0], strict=True))
    if before in _RULERS and value < 100:
        return f"the {ordinal(value)}"
    return cardinal(value)


_COUNT = re.compile(r"(?:-|[<>]=?)?\d+(?:[.,]\d+)*(?:[-–]\d+)?|(?:\d+ )?\d/\d|\d{2,3}/\d{2,3}|[a-z]+", _A)


def _word(core: str, place: _Place) -> str:
    lower = core.lower()
    before, after = place.before, place.after
    number = _COUNT.fullmatch(before) is not None and (_is_number(before[-1:]) or before in _ONES)
    if (roman := _roman(core, place)) is not None:
        return roman
    if lower in _CURRENCIES and number:
        return _plural(before, _CURRENCIES[lower][0])
    if lower in _LARGE and (priced := _PRICE.fullmatch(before)):
        return f"{core} {_plural('2', _CURRENCIES[priced[1]][0])}"
    if lower in UNITS and core not in _NO_UNITS and number:
        attribute = _is_attribute(place.earlier[1] if len(place.earlier) > 1 else "", after)
        return UNITS[lower] if attribute else _plural(before, UNITS[lower])
    if lower in UNITS and before == "per":
        return UNITS[lower]
    if lower in ("min", "min.") and core.endswith("."):
        return "Minimum" if core[0] == "M" else "minimum"
    if lower in ("sec.",) and _is_number(after[:1]):
        return "section"
    if lower in _MANY:
        return _plural("2", UNITS[lower])
    if lower in ("sq.", "sq") and number:
        return "square"
    if lower in UNITS and before.lower() in ("sq.", "sq"):
        return _plural("2", UNITS[lower])
    if lower == "in" and number and _feet_before(place):
        return "inches"
    if lower == "x" and number and _is_number(after[:1]):
        return "by"
    if (lower.rstrip(".") in _SHORT_DAYS and core.endswith(".")) or (
        lower in _SHORT_DAYS
        and core[0].isupper()
        and (lower not in ("sun", "sat", "wed") or {before, after} & {"to", "&"})
    ):
        return _DAY_OF[lower.rstrip(".")]
    if lower in _MONTH_OF and len(lower) <= 5 and core[0].isupper() and lower != "may":
        near = _is_number(after[:1]) or _is_number(before[:1]) or "to" in (before, after)
        if core.endswith(".") or near:
            return _MONTH_OF[lower]
    if lower in ("dr.", "dr"):
        return "Doctor" if after[:1].isupper() or not before else "Drive"
    if lower in ("st.", "st") and core[0] == "S":
        return "Saint" if after[:1].isupper() and not before[:1].isupper() else "Street"
    if lower == "ft." and core[0] == "F":
        return "Fort"
    if lower in ("no.", "nos."):
        return "number" if _is_number(after[:1]) else "no."
    if lower in ("rm", "fl", "ste") and _is_number(after[:1]):
        return {"rm": "Room", "fl": "Floor", "ste": "Suite"}[lower]
    if re.fullmatch(r"#\d+", core, _A):
        return f"number {_number(core[1:], _Place('', ''))}"
    if re.fullmatch(r"-\d+(?:\.\d+)?%?", core, _A):
        return f"minus {core[1:]}"
    if re.fullmatch(r"[ap]\.?m\.?", lower) and (before[:1].isdigit() or "." in core):
        return _spell(lower.replace(".", ""))
    if lower in _ALSO_WORDS and not _is_number(after[:1]):
        return core
    if lower in _NAMED_TITLES and not (core[0].isupper() and after[:1].isupper()):
        return core
    if lower == "temp." and not after[:1].islower():
        return core
    if lower in _ABBREVIATIONS:
        said = _ABBREVIATIONS[lower]
        return said.capitalize() if core[0].isupper() and lower in _WRITTEN_EITHER_WAY else said
    if _INITIAL.fullmatch(core):
        return core[0]
    capitals = re.fullmatch(r"([A-Z]{2,3})(s?)", core)
    if capitals and not place.all_capitals and core not in _SAID_AS_WORDS and core not in _KNOWN_ACRONYMS:
        return _spell(capitals[1]) + ("'s" if capitals[2] else "")
    return _without_signs(core)


def _feet_before(place: _Place) -> bool:
    """ "6 ft 2 in"."""
    return len(place.earlier) > 1 and place.earlier[1].lower().rstrip(".") == "ft"


def _without_signs(core: str) -> str:
    """What is left of a word without marks that would be read out."""
    core = core.replace("²", " squared").replace("³", " cubed")
    return core if any(c.isalnum() for c in core) or core in ("-", "–", "—", "/", "@") else core.strip("*_~^|\\<>{}#`")
