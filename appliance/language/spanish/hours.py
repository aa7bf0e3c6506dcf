"""Questions about opening hours in Spanish, and the sentences that answer them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta

from appliance.language.parts import HoursDoubt, HoursKind, HoursRelation
from appliance.language.spanish.dates import WEEKDAYS, say_date, say_list, say_time, say_weekday

YES_OR_NO = re.compile(
    r"^(?:[¿]|(?:y|pero|hola|perdon) )*(?:esta|estan|estara|estaran|estaba|estaban|estuvo|abre|abren|abriran?|abrio|"
    r"cierra|cierran|cerro|estais|puedo|podemos|hay|sigue|siguen)\b"
)
CLOSED = re.compile(r"\bcerrad[oa]s?\b")
STATE = re.compile(r"\b(?:abiert[oa]s?|cerrad[oa]s?|abren?|cierran?)\b")
ALWAYS = re.compile(r"\b(?:siempre|todos|todas|cada|algun dia|(?:esta|la proxima) semana|semana que viene)\b")
CLOSES = re.compile(
    r"\b(?:cuando|a que hora|hasta (?:cuando|que hora)|cuanto (?:falta|tiempo))\b.*"
    r"\b(?:cierran?|cierre|abiert[oa]s?)\b|"
    r"^(?:y )?hasta (?:cuando|que hora)$|\bhora de cierre\b"
)
LASTS = re.compile(
    r"\bcuanto (?:falta|tiempo)\b.*\bpara (?:que )?(?:cierr\w+|cerrar)$|"
    r"\bhasta (?:cuando|que hora)\b.*\babiert[oa]s?$"
)
OPENS_AND_CLOSES = re.compile(r"\babren?\b.*\by\b.*\bcierran?\b|\bcierran?\b.*\by\b.*\babren?\b")
UNTIL_OPEN = re.compile(
    r"\bcuanto (?:falta|tiempo)\b.*\bpara (?:que )?(?:abr[ae]n?|abrir)\b|\bcuanto tiempo\b.*\bcerrad[oa]s?\b"
)
OPENS = re.compile(r"\b(?:cuando|a que hora)\b.*\babren?\b")
REOPENS = re.compile(r"\b(?:reabren?|vuelven? a abrir)\b")
PAUSES = re.compile(r"\bcierran? (?:a mediodia|para comer|al mediodia)\b")
TOO_LATE = re.compile(r"\b(?:demasiado tarde para|tiempo de llegar a) (?P<place>(?:el|la|los|las) \w+)$")
VERB = re.compile(
    r"^(?:[¿]|(?:y|pero) )*(?:abren?|cierran?)$|^(?:[¿]|(?:y|pero) )*(?:abre|cierra)n? (?:la|el|los|las) \w+$"
)
CLOSING_VERB = re.compile(r"\bcierra")
PAST = re.compile(r"\b(?:estaba|estaban|estuvo|estuvieron|abrio|abrieron|cerro|cerraron)\b|\bfinde pasado\b")
HOLIDAYS = re.compile(r"\b(?:festivos?|fiestas|vacaciones)\b")
AT_NIGHT = re.compile(r"\bnoches?\b")
AROUND_THE_CLOCK = re.compile(r"\b(?:24|veinticuatro) horas\b|\btoda la noche\b|\bdia y noche\b")
WEEKEND = frozenset({"finde"})
CURRENT = frozenset({"ahora", "ya", "todavia", "aun"})
THIS_WEEKEND = re.compile(r"\beste finde\b")
NEXT_WEEKEND = re.compile(r"\bproximo finde\b")
NIGHT = frozenset({"noche"})
NOT = frozenset({"no"})
OR = frozenset({"o"})
EITHER = re.compile(r"# o (?:(?:a|hasta) )?(?:las? )?#")
TAKEN_BACK = frozenset({"no", "perdon", "digo", "mejor", "sino"})
SPECIAL_DAY = re.compile(
    r"\b(?:navidad(?:es)?|nochebuena|nochevieja|ano nuevo|reyes|semana santa|(?:viernes|jueves) santo|@ santo|pascua|"
    r"carnaval|cumpleanos|todos los santos|dia de la (?:constitucion|hispanidad|madre)|dia del (?:trabajo|padre))\b"
)
_WHAT = r"(?P<what>[a-z]\w*(?: [a-z]\w*){0,3})"
UNREAD = re.compile(
    rf"\b(?:durante|hasta|antes de|despues de|entre|desde) (?!(?:cuando|que|ahora|alli|aqui|todo)\b){_WHAT}|"
    r"(?<= )(?:cuando|mientras) (?P<then>\w+)"
)
UNREAD_DAY = re.compile(rf"\b(?:durante|el dia de) {_WHAT}")
PLACES = frozenset("planta piso sala entrada edificio hospital calle puerta pasillo hotel museo".split())
BETWEEN = re.compile(r"\b(?:entre|de|desde) (?:las? )?# (?:y|a|hasta) (?:las? )?#")
RELATIONS: Sequence[tuple[HoursRelation, re.Pattern[str]]] = (
    ("closes before", re.compile(r"\bcierran?\b.*\bantes de (?:las? )?#")),
    ("closes after", re.compile(r"\bcierran?\b.*\bdespues de (?:las? )?#")),
    ("before", re.compile(r"\bantes de (?:las? )?#")),
    ("from", re.compile(r"\b(?:despues de|a partir de|desde) (?:las? )?#")),
    ("until", re.compile(r"\bhasta (?:las? )?#")),
    ("opens", re.compile(r"\babren?\b.*\ba (?:las? )?#")),
    ("closes", re.compile(r"\bcierran?\b.*\ba (?:las? )?#")),
)
_WHEN_ENDS = r"(?=$| (?:#|@|~|ahora|hoy|el|los|a|al|por|hasta|en)(?: |$))"
ALL_OPEN = re.compile(rf"^(?:y )?(?:que|hay algo) (?:esta |sigue |hay )?(?:abierto|(?P<closed>cerrado)){_WHEN_ENDS}")
FIRST_OR_LAST = re.compile(
    r"^(?:y )?que (?:(?P<opens>abre)|cierra) (?:(?P<first>antes|primero)|(?:el )?ultimo|mas tarde)(?: @)?"
    r"(?: ?,? (?P<places>(?:el|la|los|las) .+?))?(?: @)?$"
)
NEXT_PLACE = re.compile(r" ?,? [oy] | ?, | (?=(?:el|la|los|las) )")
NAMES_PLACE = re.compile(
    r"^(?:[¿]|(?:y|pero) )*(?:(?:hasta )?(?:cuando|que hora) )?(?:esta|estan|abren?|cierran?) "
    r"(?P<place>(?:el|la|los|las) \w+(?: (?:de )?\w+){0,2}?)(?: (?:abiert[oa]s?|cerrad[oa]s?|hoy|@|#)\b.*)?$"
)
ALL_CLOSING = re.compile(rf"^(?:y )?que cierra{_WHEN_ENDS}")
LEADING = frozenset("no y pero o vale bueno entonces tambien".split())
GOING_ON = LEADING | frozenset(
    """esta estan abre abren abierto abierta abiertos abiertas cierra cierran cerrado cerrada el la los las a al en de
    del por para desde hasta entre antes despues que cuando hora es""".split()
)
THEN = "entonces"
SAME_TIME = re.compile(r"\b(?:a )?la misma hora\b|\ba esa hora\b")
CONCLUDES = "entonces"
CONCLUDING = frozenset("no puedo podemos ir venir tengo volver".split())
ARTICLES = frozenset({"el", "la", "los", "las"})
THAN_A_TIME = re.compile(r"\bmas tarde de (?:las? )?#")
BARE_KINDS: Mapping[str, HoursKind] = {
    **dict.fromkeys(("cierra", "cierran"), "closes"),
    **dict.fromkeys(("abre", "abren", "cuando"), "opens"),
}


def untangled(words: Sequence[str]) -> list[str]:
    """Words in which the ends of a span of time are two times."""
    return list(words)


DAY_NAMES: Mapping[str, int] = {form: day for name, day in WEEKDAYS.items() for form in (name, name[:3])}
NAMED_DAYS: Mapping[str, Sequence[int]] = {"laborables": (0, 1, 2, 3, 4), "diario": (0, 1, 2, 3, 4, 5, 6)}
SPAN_WORDS = frozenset({"-", "a", "hasta"})
SHUT = frozenset({"cerrado", "cerrada"})
ROUND_THE_CLOCK = re.compile(r"(?:24 horas|dia y noche)\b")
AROUND_HOURS = frozenset("abierto abierta horario horas de a y las el los la desde".split())

NOW = "ahora"
ALL_DAY = "día y noche"
YES, NO, PARTLY = "Sí.", "No.", "No todo ese tiempo."
DOUBTS: Mapping[HoursDoubt, str] = {
    "over": "Ese día ya ha pasado.",
    "no such day": "Ese día no existe.",
    "unknown day": "No sé el horario de ese día.",
    "unknown time": "No sé el horario de ese momento.",
    "holidays": "No sé el horario de los días festivos.",
}


_HOLIDAYS = frozenset({(1, 1), (1, 6), (5, 1), (8, 15), (10, 12), (11, 1), (12, 6), (12, 8), (12, 25)})
"""months and days of the holidays of all of Spain that have a date of their own"""


def closes_places(day: date) -> bool:
    """Whether a day is a holiday on which most places keep other hours."""
    return (day.month, day.day) in _HOLIDAYS


def say_usually(week: str) -> str:
    """ "Normalmente, la farmacia está abierta …", from the sentence about the week."""
    return f"Normalmente, {week[:1].lower()}{week[1:]}"


def say_places(places: Sequence[str], is_open: bool, when: str) -> str:
    """ "La farmacia está abierta el domingo."; several are listed."""
    if not places:
        return f"Que yo sepa, no hay nada {'abierto' if is_open else 'cerrado'} {when}."
    if len(places) == 1:
        state = _open(places[0]) if is_open else _closed(places[0])
        return f"{_capital(_is(places[0]))} {state} {when}."
    return f"{'Abiertos' if is_open else 'Cerrados'} {when}: {say_list(places)}."


def say_closing_places(places: Sequence[str], on: str, closes: time) -> str:
    """ "La farmacia cierra hoy a las seis de la tarde."; several are listed."""
    if not places:
        return f"Que yo sepa, nada cierra {say_at(on, closes)}."
    verb = "cierran" if len(places) > 1 or _plural(places[0]) else "cierra"
    return f"{_capital(say_list(places))} {verb} {say_at(on, closes)}."


def say_opening_places(places: Sequence[str], on: str, opens: time) -> str:
    """ "El laboratorio abre mañana a las siete de la mañana."; several are listed."""
    verb = "abren" if len(places) > 1 or _plural(places[0]) else "abre"
    return f"{_capital(say_list(places))} {verb} {say_at(on, opens)}."


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
