"""Spanish numbers and times of day in tokens, and numbers in words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from appliance.language.found import ClockTime, Figure, FoundNumber
from appliance.language.grammar import Grammar, Row
from appliance.language.spanish.tokens import tokens
from appliance.language.words import fold

_SMALL = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
    "dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete "
    "veintiocho veintinueve"
).split()
_TENS = "treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()
_HUNDREDS = (
    "ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos"
).split()

CARDINALS: dict[str, int] = (
    {fold(word): n for n, word in enumerate(_SMALL)}
    | {word: n * 10 for n, word in enumerate(_TENS, 3)}
    | {"un": 1, "una": 1, "veintiun": 21, "veintiuna": 21}
)
_HUNDRED_OF = {word: n * 100 for n, word in enumerate(_HUNDREDS, 1)} | {"cien": 100}

ORDINALS: dict[str, int] = {
    word: n
    for n, names in enumerate(
        (
            *("primero primera primer", "segundo segunda", "tercero tercera tercer", "cuarto cuarta", "quinto quinta"),
            *("sexto sexta", "septimo septima", "octavo octava", "noveno novena", "decimo decima"),
        ),
        1,
    )
    for word in names.split()
}


def cardinal_at(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """End (exclusive) and value of the number up to 999,999 that begins at a token, in words or figures."""
    thousands = _below_thousand(words, at)
    end, value = thousands or (at, 1)
    if words[end : end + 1] == ["mil"]:
        rest = _below_thousand(words, end + 1)
        return (rest[0], value * 1000 + rest[1]) if rest else (end + 1, value * 1000)
    return thousands


def _below_thousand(words: Sequence[str], at: int) -> tuple[int, int] | None:
    if at >= len(words):
        return None
    word = words[at]
    if word.isdecimal() and word.isascii():
        return (at + 1, int(word)) if len(word) <= _LONGEST else None
    if word in _HUNDRED_OF:
        rest = _below_hundred(words, at + 1)
        return (rest[0], _HUNDRED_OF[word] + rest[1]) if rest else (at + 1, _HUNDRED_OF[word])
    return _below_hundred(words, at)


_LONGEST = 12
"""digits of the longest number; more are a row of digits"""


def _below_hundred(words: Sequence[str], at: int) -> tuple[int, int] | None:
    value = CARDINALS.get(words[at]) if at < len(words) else None
    if value is None:
        return None
    unit = CARDINALS.get(words[at + 2]) if words[at + 1 : at + 2] == ["y"] and at + 2 < len(words) else None
    if value >= 30 and unit is not None and 1 <= unit <= 9:
        return at + 3, value + unit
    return at + 1, value


_ARTICLES = frozenset({"un", "una", "uno"})


def find_numbers(words: Sequence[str], expected: bool = False) -> list[FoundNumber]:
    """Numbers in tokens; "un" and "una" are one only where a number was just asked for."""
    found: list[FoundNumber] = []
    at = 0
    while at < len(words):
        hit = cardinal_at(words, at)
        if hit and (expected or words[at] not in _ARTICLES):
            found.append(FoundNumber(at, hit[0], str(hit[1])))
        at = hit[0] if hit else at + 1
    return found


_BETWEEN_DIGITS = frozenset({",", "-", "guion", "y"})


def find_digits(words: Sequence[str]) -> list[FoundNumber]:
    """Rows of digits, said one by one or in groups: "dos tres cinco" is 235, "veintitrés cinco" too."""
    found: list[FoundNumber] = []
    at = 0
    while at < len(words):
        end, digits = at, ""
        while end < len(words):
            part = _digits_at(words, end)
            if part is None and digits and words[end] in _BETWEEN_DIGITS:
                part = _digits_at(words, end + 1) if end + 1 < len(words) else None
            if part is None:
                break
            end, digits = part[0], digits + part[1]
        if digits:
            found.append(FoundNumber(at, end, digits))
        at = end if digits else at + 1
    return found


def _digits_at(words: Sequence[str], at: int) -> tuple[int, str] | None:
    if words[at].isdecimal() and words[at].isascii():
        return at + 1, words[at]
    hit = _below_thousand(words, at)
    return (hit[0], str(hit[1])) if hit and words[at] not in ("un", "una") else None


# --- times of day -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Clock:
    hour: int
    minute: int = 0
    certain: bool = False
    marked: bool = True


def in_part_of_day(hour: int, part: str) -> int:
    """The hour on the clock of 24 hours that "ocho" and "tarde" mean."""
    if hour > 12 or part in ("manana", "madrugada"):
        return hour % 12 if hour == 12 else hour
    if part == "noche" and (hour == 12 or hour < 6):
        return hour % 12
    return hour % 12 + 12


PARTS_OF_DAY = frozenset({"manana", "mediodia", "tarde", "noche", "madrugada"})


def _before(context: object, hour: _Clock, minutes: int) -> _Clock | None:
    if hour.minute or not 0 < minutes < 60:
        return None
    return _Clock((hour.hour - 1) % 24 or 12, 60 - minutes, hour.certain)


CLOCK_ROWS: tuple[Row, ...] = (
    ("clock", "a? las|la? <moment>", lambda c, moment: moment),
    ("moment", "<hour>", lambda c, hour: hour),
    ("moment", "<hour> y media", lambda c, hour: _Clock(hour.hour, 30, hour.certain)),
    ("moment", "<hour> y cuarto", lambda c, hour: _Clock(hour.hour, 15, hour.certain)),
    ("moment", "<hour> menos cuarto", lambda c, hour: _before(c, hour, 15)),
    ("moment", "<hour> menos <minutes>", _before),
    ("moment", "<hour> y <minutes>", lambda c, hour, minute: _Clock(hour.hour, minute, hour.certain)),
    ("moment", "<hour> <minutes>", lambda c, hour, minute: _Clock(hour.hour, minute, hour.certain, False)),
    ("clock", "<clock> en punto", lambda c, clock: _Clock(clock.hour, clock.minute, clock.certain)),
    ("clock", "<clock> horas|h", lambda c, clock: _Clock(clock.hour, clock.minute, clock.certain)),
    (
        "clock",
        "<clock> de|por la <part>",
        lambda c, clock, part: _Clock(in_part_of_day(clock.hour, part), clock.minute, True),
    ),
    ("clock", "mediodia", lambda c: _Clock(12, 0, True)),
    ("clock", "medianoche", lambda c: _Clock(0, 0, True)),
    ("moment", "<figures>", lambda c, moment: moment),
)
"""How a time of day is said."""

_FIGURES = re.compile(r"(\d{1,2})[:.](\d{2})")


def _read_hour(words: Sequence[str], at: int, context: object) -> Iterator[tuple[int, _Clock]]:
    hit = _below_hundred(words, at) if not words[at].isdecimal() else (at + 1, int(words[at][:3]))
    if hit and hit[1] <= 24:
        yield hit[0], _Clock(hit[1] % 24, 0, hit[1] > 12, False)


def _read_minutes(words: Sequence[str], at: int, context: object) -> Iterator[tuple[int, int]]:
    hit = _below_hundred(words, at)
    if hit and 0 < hit[1] < 60:
        yield hit


def _read_figures(words: Sequence[str], at: int, context: object) -> Iterator[tuple[int, _Clock]]:
    match = _FIGURES.fullmatch(words[at])
    if match and int(match[1]) < 24 and int(match[2]) < 60:
        yield at + 1, _Clock(int(match[1]), int(match[2]), int(match[1]) > 12)


def _read_part(words: Sequence[str], at: int, context: object) -> Iterator[tuple[int, str]]:
    if words[at] in PARTS_OF_DAY:
        yield at + 1, words[at]


_CLOCK = Grammar(
    CLOCK_ROWS, {"hour": _read_hour, "minutes": _read_minutes, "figures": _read_figures, "part": _read_part}
)


def time_at(words: Sequence[str], at: int) -> ClockTime | None:
    """The time of day that begins at a token. A bare number that could be one counts too (not ``marked``)."""
    hit = _CLOCK.match("clock", words, at, None)
    if hit is None:
        return None
    end, clock = hit
    marked = clock.marked or words[at] in ("a", "las", "la")
    return ClockTime(at, end, clock.hour, clock.minute, clock.certain, marked)


def figures(text: str) -> list[Figure]:
    """Every number and time of day of a text, in order."""
    words = tokens(text)
    found: list[Figure] = []
    at = 0
    while at < len(words):
        clock, number = time_at(words, at), cardinal_at(words, at)
        if clock and clock.marked:
            halves = {clock.hour} if clock.certain else {clock.hour, (clock.hour + 12) % 24}
            found.append(Figure(at, clock.end, frozenset(f"t:{hour:02}{clock.minute:02}" for hour in halves)))
            at = clock.end
        elif number and words[at] not in _ARTICLES:
            found.append(Figure(at, number[0], frozenset({f"n:{number[1]}"})))
            at = number[0]
        elif words[at] in ORDINALS:
            found.append(Figure(at, at + 1, frozenset({f"n:{ORDINALS[words[at]]}"})))
            at += 1
        else:
            at += 1
    return found


def say_cardinal(number: int) -> str:
    """A whole number from 0 to 999,999 in words."""
    if number < 30:
        return _SMALL[number]
    if number < 100:
        tens, unit = divmod(number, 10)
        return _TENS[tens - 3] + (f" y {_SMALL[unit]}" if unit else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return "cien" if number == 100 else _HUNDREDS[hundreds - 1] + (f" {say_cardinal(rest)}" if rest else "")
    thousands, rest = divmod(number, 1000)
    head = "mil" if thousands == 1 else f"{_before_noun(thousands)} mil"
    return head + (f" {say_cardinal(rest)}" if rest else "")


def _before_noun(number: int) -> str:
    """ "veintiún mil", not "veintiuno mil"."""
    said = say_cardinal(number)
    if said.endswith("veintiuno"):
        return f"{said[:-3]}ún"
    return said[:-1] if said.endswith("uno") else said
