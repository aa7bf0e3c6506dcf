"""Spanish dates and times of day in tokens, and how to say them. Pure: the present moment is an argument.

What reads as a day stands in ``DAY_ROWS``, one row a rule (see ``grammar``). "El doce" is the next twelfth, today
included; "el próximo viernes" the one that comes. A time of day without its part lies within the hours of an office.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from rapidfuzz import fuzz

from appliance.language.found import FoundDate, FoundTime, NamedDays, RefusedDate
from appliance.language.grammar import IMPOSSIBLE, Grammar, Row
from appliance.language.spanish.numbers import (
    PARTS_OF_DAY,
    cardinal_at,
    in_part_of_day,
    say_cardinal,
    time_at,
)
from appliance.language.spanish.tokens import tokens
from appliance.language.words import fold

_WEEKDAYS_SAID = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_MONTHS_SAID = tuple("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split())
WEEKDAYS: Mapping[str, int] = {fold(name): n for n, name in enumerate(_WEEKDAYS_SAID)}
MONTHS: Mapping[str, int] = {name: n for n, name in enumerate(_MONTHS_SAID, 1)} | {"setiembre": 9}

_OFFICE_OPENS = 7
"""hour; an earlier one without a part of the day is one after noon"""

_MISHEARD = 80
"""likeness, of 100, from which a word is a weekday where a date was asked for"""


@dataclass(frozen=True, slots=True)
class _Moment:
    today: date
    expected: bool
    named: Mapping[tuple[str, ...], date]


def _coming(today: date, weekday: int) -> date:
    return today + timedelta((weekday - today.weekday()) % 7)


def _after(day: date, count: int, unit: str) -> date | None:
    if unit == "month":
        month = day.month - 1 + count
        try:
            return day.replace(year=day.year + month // 12, month=month % 12 + 1)
        except ValueError:
            return None
    return day + timedelta(count * {"day": 1, "week": 7}[unit])


def _dated(c: _Moment, day: int, month: int | None = None, year: int | None = None) -> Any:
    """The next such day; ``IMPOSSIBLE`` where there is none."""
    for ahead in range(49 if month is None else 9):
        of_year = year or c.today.year + (ahead if month else (c.today.month - 1 + ahead) // 12)
        of_month = month or (c.today.month - 1 + ahead) % 12 + 1
        try:
            found = date(of_year, of_month, day)
        except ValueError:
            if month and day <= (29 if month == 2 else 30):
                continue
            if month:
                return IMPOSSIBLE
            continue
        if found >= c.today or year:
            return found
    return IMPOSSIBLE


def _on_weekday(c: _Moment, weekday: int, day: Any) -> Any:
    """ "Jueves tres" is no day where the third is no thursday."""
    return day if day is IMPOSSIBLE or day.weekday() == weekday else IMPOSSIBLE


DAY_ROWS: tuple[Row, ...] = (
    ("day", "hoy", lambda c: c.today),
    ("day", "esta manana|tarde|noche", lambda c: c.today),
    ("day", "manana", lambda c: c.today + timedelta(1)),
    ("day", "pasado manana", lambda c: c.today + timedelta(2)),
    ("day", "ayer", lambda c: c.today - timedelta(1)),
    ("day", "el? <weekday> pasado", lambda c, weekday: _coming(c.today, weekday) - timedelta(7)),
    ("day", "en|dentro de? <count> <unit>", lambda c, count, unit: _after(c.today, count, unit)),
    ("day", "el|este? <weekday>", lambda c, weekday: _coming(c.today, weekday)),
    ("day", "el? proximo <weekday>", lambda c, weekday: _coming(c.today, weekday)),
    ("day", "el? <weekday> que viene", lambda c, weekday: _coming(c.today, weekday)),
    ("day", "el? <weekday> de la semana que viene", lambda c, weekday: _next_week(c, weekday)),
    ("day", "el? <weekday> de la proxima semana", lambda c, weekday: _next_week(c, weekday)),
    ("day", "<dated>", lambda c, day: day),
    ("day", "el? <weekday> ,? <dated>", _on_weekday),
    ("day", "<written>", lambda c, day: day),
    ("day", "<named>", lambda c, day: day),
    ("dated", "el? dia? <number> de <month>", lambda c, day, month: _dated(c, day, month)),
    ("dated", "el? dia? <number> de <month> de|del <year>", lambda c, day, month, year: _dated(c, day, month, year)),
    ("dated", "el dia? <number>", lambda c, day: _dated(c, day)),
    ("dated", "dia <number>", lambda c, day: _dated(c, day)),
)
"""How a day is said."""


def _next_week(c: _Moment, weekday: int) -> date:
    return c.today + timedelta(7 - c.today.weekday() + weekday)


_UNITS = {
    **dict.fromkeys(("dia", "dias"), "day"),
    **dict.fromkeys(("semana", "semanas"), "week"),
    **dict.fromkeys(("mes", "meses"), "month"),
}
_MOST = 500
"""most units that a visitor may count"""


def _read_unit(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, str]]:
    if words[at] in _UNITS:
        yield at + 1, _UNITS[words[at]]


def _read_count(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, int]]:
    hit = cardinal_at(words, at)
    if hit and hit[1] <= _MOST:
        yield hit


def _read_weekday(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, int]]:
    word = words[at]
    if word in WEEKDAYS:
        yield at + 1, WEEKDAYS[word]
    elif c.expected and len(word) >= 5:
        likest = max(WEEKDAYS, key=lambda name: fuzz.ratio(word, name))
        if fuzz.ratio(word, likest) >= _MISHEARD:
            yield at + 1, WEEKDAYS[likest]


def _read_month(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, int]]:
    if words[at] in MONTHS:
        yield at + 1, MONTHS[words[at]]


def _read_number(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, int]]:
    if words[at] in ("primero", "1o"):
        yield at + 1, 1
    hit = cardinal_at(words, at)
    if hit and 1 <= hit[1] <= 31:
        yield hit


def _read_year(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, int]]:
    hit = cardinal_at(words, at)
    if hit and 2000 <= hit[1] < 2200:
        yield hit


def _read_written(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, Any]]:
    """2026-12-03; 3/12 and 3/12/2026, the day first."""
    if "/" not in words[at] and words[at].count("-") != 2:
        return
    parts = [int(part) for part in words[at].replace("-", "/").split("/") if part.isdecimal()]
    if "-" in words[at] or (parts and parts[0] > 31):
        parts = parts[::-1]
    if len(parts) == 3:
        year = parts[2] + (2000 if parts[2] < 100 else 0)
        yield at + 1, _dated(c, parts[0], parts[1], year)
    elif len(parts) == 2:
        yield at + 1, _dated(c, parts[0], parts[1]) if 1 <= parts[1] <= 12 else IMPOSSIBLE


def _read_named(words: Sequence[str], at: int, c: _Moment) -> Iterator[tuple[int, date]]:
    for name, day in c.named.items():
        if tuple(words[at : at + len(name)]) == name:
            yield at + len(name), day


_DAYS = Grammar(
    DAY_ROWS,
    {
        "unit": _read_unit,
        "count": _read_count,
        "weekday": _read_weekday,
        "month": _read_month,
        "number": _read_number,
        "year": _read_year,
        "written": _read_written,
        "named": _read_named,
    },
)


def day_of(text: str, now: datetime) -> date | None:
    """The day that a text names, over or not; None where it names none, or says anything besides."""
    words = tokens(text)
    hit = _DAYS.match("day", words, 0, _Moment(now.date(), True, {})) if words else None
    return hit[1] if hit and hit[0] == len(words) and isinstance(hit[1], date) else None


def find_dates(
    words: Sequence[str], now: datetime, expected: bool = False, named: NamedDays | None = None
) -> list[FoundDate]:
    """Dates in tokens, in order, none of them over."""
    return [hit for hit in scan_dates(words, now, expected, named) if isinstance(hit, FoundDate)]


def scan_dates(
    words: Sequence[str], now: datetime, expected: bool = False, named: NamedDays | None = None
) -> list[FoundDate | RefusedDate]:
    """Every day that is named in tokens, in order."""
    names = {tuple(tokens(name)): day for name, day in (named or {}).items() if name.strip()}
    moment = _Moment(now.date(), expected, names)
    found: list[FoundDate | RefusedDate] = []
    at = 0
    while at < len(words):
        part_of_day = words[at] == "manana" and words[at - 1 : at] == ["la"]
        hit = None if part_of_day else _DAYS.match("day", words, at, moment)
        # "El cinco" may be the fifth; "el cinco por ciento" is not.
        if hit and hit[1] is IMPOSSIBLE:
            found.append(RefusedDate(at, hit[0], "no such day"))
        elif hit and hit[1] < moment.today:
            found.append(RefusedDate(at, hit[0], "over"))
        elif hit:
            found.append(FoundDate(at, hit[0], hit[1]))
        at = hit[0] if hit else at + 1
    return found


# --- times of day -------------------------------------------------------------------------------------------------


def find_times(words: Sequence[str], expected: bool = False, now: datetime | None = None) -> list[FoundTime]:
    """Times of day in tokens, in order. Without ``expected`` a bare number counts for none. With ``now``, "dentro de
    dos horas" is one as well."""
    found: list[FoundTime] = []
    at = 0
    while at < len(words):
        later = _in_a_while(words, at, now) if now else None
        if later:
            found.append(FoundTime(at, later[0], later[1], True))
            at = later[0]
            continue
        hit = time_at(words, at)
        if hit is None or not (hit.marked or (expected and 1 <= hit.hour <= 23)):
            number = cardinal_at(words, at)
            at = number[0] if number else at + 1
            continue
        part = None if hit.certain else _part_beside(words, hit.start, hit.end)
        hour = in_part_of_day(hit.hour, part) if part else hit.hour
        if not hit.certain and part is None and 1 <= hour < _OFFICE_OPENS:
            hour += 12
        found.append(FoundTime(hit.start, hit.end, time(hour % 24, hit.minute), hit.certain or part is not None))
        at = hit.end
    return found


_SHORT_UNITS = {"minuto": 1, "minutos": 1, "hora": 60, "horas": 60}


def _in_a_while(words: Sequence[str], at: int, now: datetime) -> tuple[int, time] | None:
    if tuple(words[at : at + 2]) != ("dentro", "de"):
        return None
    hit = cardinal_at(words, at + 2)
    if not hit or hit[0] >= len(words) or words[hit[0]] not in _SHORT_UNITS or hit[1] > 24 * 60:
        return None
    moment = now + timedelta(minutes=hit[1] * _SHORT_UNITS[words[hit[0]]])
    return hit[0] + 1, moment.time().replace(second=0, microsecond=0, tzinfo=None)


def _part_beside(words: Sequence[str], start: int, end: int) -> str | None:
    """The part of the day before or behind a time: "mañana por la tarde a las cinco", "a las cinco el lunes por la
    tarde"."""
    for at in (*range(start - 1, max(-1, start - 6), -1), *range(end, min(len(words), end + 6))):
        if words[at] in PARTS_OF_DAY and words[at - 1 : at] in (["la"], ["esta"]):
            return str(words[at])
    return None


# --- the other way round ------------------------------------------------------------------------------------------


def _hour_said(hour: int) -> str:
    return "la una" if hour == 1 else f"las {say_cardinal(hour)}"


def say_time(moment: time, part_of_day: bool = False) -> str:
    """ "las diez y media", "la una menos cuarto", or with the part of the day "las cinco de la tarde". The part is
    always told where the time would be heard as another one without it."""
    if (moment.hour, moment.minute) in ((12, 0), (0, 0)):
        return "mediodía" if moment.hour else "medianoche"
    part_of_day = part_of_day or not _OFFICE_OPENS <= moment.hour < _OFFICE_OPENS + 12
    behind = moment.minute > 30 and moment.minute % 5 == 0
    hour = (moment.hour + behind) % 12 or 12
    minutes = 60 - moment.minute if behind else moment.minute
    said = {0: "", 15: "cuarto", 30: "media"}.get(minutes, say_cardinal(minutes))
    words = _hour_said(hour) + (f" {'menos' if behind else 'y'} {said}" if said else "")
    if part_of_day:
        words += " de la " + ("mañana" if moment.hour < 12 else "tarde" if moment.hour < 20 else "noche")
    return words


def say_date(day: date, today: date) -> str:
    """ "hoy", "mañana, jueves", "lunes, siete de diciembre"."""
    weekday = _WEEKDAYS_SAID[day.weekday()]
    if day == today:
        return "hoy"
    if day == today + timedelta(1):
        return f"mañana, {weekday}"
    return say_day(day)


def say_day(day: date) -> str:
    """ "lunes, siete de diciembre"."""
    number = "primero" if day.day == 1 else say_cardinal(day.day)
    return f"{_WEEKDAYS_SAID[day.weekday()]}, {number} de {_MONTHS_SAID[day.month - 1]}"


def say_weekday(weekday: int) -> str:
    """ "miércoles", of 2."""
    return _WEEKDAYS_SAID[weekday]


def say_list(items: Sequence[str]) -> str:
    """ "a", "a y b", "a, b y c"; "e" before the sound of i."""
    if len(items) < 2:
        return "".join(items)
    last = fold(items[-1])
    word = "e" if last.startswith(("i", "hi")) and not last.startswith("hie") else "y"
    return f"{', '.join(items[:-1])} {word} {items[-1]}"
