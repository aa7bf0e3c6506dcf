"""Questions about opening hours in Spanish, and the sentences that answer them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta

from appliance.language.spanish.dates import WEEKDAYS, say_date, say_list, say_time, say_weekday

YES_OR_NO = re.compile(r"^(?:[¿]|(?:y|pero|hola|perdon) )*(?:esta|estan|estara|abre|abren|estais)\b")
CLOSED = re.compile(r"\bcerrad[oa]s?\b")
STATE = re.compile(r"\b(?:abiert[oa]s?|cerrad[oa]s?|abren?|cierran?)\b")
ALWAYS = re.compile(r"\b(?:siempre|todos|todas|cada)\b")
CLOSES = re.compile(r"\b(?:cuando|a que hora|hasta (?:cuando|que hora))\b.*\b(?:cierran?|abiert[oa]s?)\b")
OPENS = re.compile(r"\b(?:cuando|a que hora)\b.*\babren?\b")
UNTIL = re.compile(r"\bhasta\b")
HOLIDAYS = re.compile(r"\b(?:festivos?|fiestas|vacaciones)\b")
AT_NIGHT = re.compile(r"\bnoches?\b")
WEEKEND = frozenset({"finde"})
CURRENT = frozenset({"ahora", "ya", "todavia", "aun"})
NIGHT = frozenset({"noche"})
NOT = frozenset({"no"})
TAKEN_BACK = frozenset({"no", "perdon", "digo", "mejor", "sino"})

DAY_NAMES: Mapping[str, int] = {form: day for name, day in WEEKDAYS.items() for form in (name, name[:3])}
NAMED_DAYS: Mapping[str, Sequence[int]] = {"laborables": (0, 1, 2, 3, 4), "diario": (0, 1, 2, 3, 4, 5, 6)}
SPAN_WORDS = frozenset({"-", "a", "hasta"})
SHUT = frozenset({"cerrado", "cerrada"})
ROUND_THE_CLOCK = re.compile(r"(?:24 horas|dia y noche)\b")
AROUND_HOURS = frozenset("abierto abierta horario horas de a y las el los la desde".split())

NOW = "ahora"
ALL_DAY = "día y noche"


def say_span(opens: time, closes: time) -> str:
    """ "de las ocho de la mañana a las seis de la tarde"."""
    return f"de {say_time(opens, True)} a {say_time(closes, True)}"


def say_until(closes: time, on: str = "") -> str:
    """ "hasta las seis de la tarde"."""
    return f"hasta {say_time(closes, True)}" + (f" {_of(on)}" if on else "")


def say_at(on: str, moment: time) -> str:
    """ "el viernes a las seis de la tarde"."""
    return f"{on} a {say_time(moment, True)}"


def say_on(day: date, today: date, name: str, near: bool) -> str:
    """ "hoy", "el viernes", "el viernes, cuatro de diciembre"."""
    called = f", {name}" if name else ""
    if day == today:
        return f"hoy{called}"
    if day == today + timedelta(1):
        return f"mañana{called}"
    return f"el {say_weekday(day.weekday())}" if near and not name else f"el {say_date(day, today)}{called}"


def say_whether(what: str, is_open: bool, asked_closed: bool, when: str, until: str = "") -> str:
    """ "Sí, la farmacia está abierta ahora, hasta las seis"."""
    agree = "Sí" if is_open != asked_closed else "No"
    if is_open:
        return f"{agree}, {_is(what)} {_open(what)} {when}, {until}."
    return f"{agree}, {_is(what)} {_closed(what)} {when}."


def say_fits(what: str, fits: bool, on: str, until: str) -> str:
    """ "No, la farmacia está abierta el viernes hasta las seis"."""
    return f"{'Sí' if fits else 'No'}, {_is(what)} {_open(what)} {on} {until}."


def say_open_now(what: str, until: str) -> str:
    """ "La farmacia está abierta ahora, hasta las seis."."""
    return f"{_capital(_is(what))} {_open(what)} ahora, {until}."


def say_always_open(what: str) -> str:
    """ "La farmacia está abierta día y noche."."""
    return f"{_capital(_is(what))} {_open(what)} {ALL_DAY}."


def say_closed(what: str, *, today: bool = False) -> str:
    """ "La farmacia está cerrada hoy."."""
    return f"{_capital(_is(what))} {_closed(what)}{' hoy' if today else ''}."


def say_opens(what: str, on: str, opens: time, *, pronoun: bool) -> str:
    """ "La farmacia abre el viernes a las ocho de la mañana", or "Abre …"."""
    verb = "abren" if _plural(what) else "abre"
    return f"{_capital(verb if pronoun else f'{what} {verb}')} {say_at(on, opens)}."


def say_closes(what: str, closes: time, *, today: bool) -> str:
    """ "La farmacia cierra hoy a las seis de la tarde."."""
    verb = "cierran" if _plural(what) else "cierra"
    return f"{_capital(what)} {verb} {'hoy ' if today else ''}a {say_time(closes, True)}."


def say_day(what: str, on: str, spans: Sequence[str]) -> str:
    """ "El viernes, la farmacia está abierta de las ocho de la mañana a mediodía."."""
    state = f"{_open(what)} {say_list(spans)}" if spans else _closed(what)
    return f"{_capital(on)}, {_is(what)} {state}."


def say_days(what: str, name: str, first: date, last: date, today: date, spans: Sequence[str]) -> str:
    """ "Vacaciones, del lunes, seis de julio al viernes, diez de julio, la farmacia está cerrada."."""
    begins = f"{name}, del" if name else "del"
    state = f"{_open(what)} {say_list(spans)}" if spans else _closed(what)
    return f"{_capital(begins)} {say_date(first, today)} al {say_date(last, today)}, {_is(what)} {state}."


def say_week(what: str, opened: Sequence[tuple[Sequence[int], Sequence[str]]], closed: Sequence[Sequence[int]]) -> str:
    """ "La farmacia está abierta de lunes a viernes de las ocho de la mañana a las seis de la tarde. Cierra …"."""
    if not opened:
        return say_closed(what)
    said = say_list([f"{_days(days)} {say_list(spans)}" if days else say_list(spans) for days, spans in opened])
    text = f"{_capital(_is(what))} {_open(what)} {said}."
    verb = "Cierran" if _plural(what) else "Cierra"
    return text + (f" {verb} {say_list([_days(days) for days in closed])}." if closed else "")


def _days(days: Sequence[int]) -> str:
    if len(days) == 7:
        return "todos los días"
    if len(days) > 2:
        return f"de {say_weekday(days[0])} a {say_weekday(days[-1])}"
    return say_list([_each(day) for day in days])


def _each(day: int) -> str:
    name = say_weekday(day)
    return f"los {name if name.endswith('s') else f'{name}s'}"


def _of(on: str) -> str:
    return on.replace("el ", "del ", 1) if on.startswith("el ") else f"de {on}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _plural(what: str) -> bool:
    return what.lower().startswith(("los ", "las "))


def _is(what: str) -> str:
    return f"{what} {'están' if _plural(what) else 'está'}"


def _open(what: str) -> str:
    return "abiert" + _gender(what)


def _closed(what: str) -> str:
    return "cerrad" + _gender(what)


def _gender(what: str) -> str:
    return ("a" if what.lower().startswith(("la ", "las ")) else "o") + ("s" if _plural(what) else "")
