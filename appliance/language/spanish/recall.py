"""Spanish questions about the conversation itself, and about now. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from appliance.core.manner import MannerWish
from appliance.language.parts import Again, ClockQuestion, OwnQuestion, Simpler
from appliance.language.spanish.dates import WEEKDAYS, day_of, say_day, say_time
from appliance.language.spanish.tokens import plain

_LEAD = r"(?:(?:eh|perdon|perdone|disculpe|oiga|no|si|por favor|lo siento) )*"
_TAIL = r"(?: (?:por favor|otra vez|de nuevo|gracias|un poco))*"
_AGAIN = re.compile(
    rf"{_LEAD}(?:(?:puede|puedes|podria|me lo puede|lo puede|me puede) "
    r"(?:repetir|repetirlo|repetirmelo|decirlo)(?: eso)?|"
    r"(?:repita|repite|repitalo|repitelo|repitamelo|digalo|dilo)(?: eso)?|otra vez|de nuevo|como|que|como dice|"
    r"que (?:ha dicho|has dicho|dice|dijo)|no (?:le |te |lo )?(?:he )?(?:oido|entendido|entiendo|oigo)(?: bien)?|"
    r"(?:(?:hable|habla|puede hablar|puedes hablar|digalo|dilo|repitalo) )?(?:un poco )?"
    r"(?:mas (?:alto|bajo|despacio|deprisa|rapido|fuerte|lento|suave)|despacio)|"
    r"(?:no )?(?:habla |hable )?(?:tan|demasiado|muy) (?:alto|bajo|despacio|deprisa|rapido|fuerte|lento)|"
    r"(?:suba|sube|baje|baja) (?:el volumen|la voz)|no (?:le |te )?oigo(?: bien)?|perdon|disculpe)"
    rf"{_TAIL}"
)
_TOO = r"(?:tan|demasiado|muy)"
_WISHES: Mapping[MannerWish, re.Pattern[str]] = {
    "louder": re.compile(rf"\bmas (?:alto|fuerte)\b|\b{_TOO} bajo\b|\bsub[ae] (?:el|la)|\bno (?:le |te )?oigo\b"),
    "quieter": re.compile(rf"\bmas (?:bajo|suave)\b|\b{_TOO} (?:alto|fuerte)\b|\bbaj[ae] (?:el|la)\b"),
    "slower": re.compile(rf"(?<!tan )(?<!muy )(?<!demasiado )\bdespacio\b|\bmas lento\b|\b{_TOO} (?:rapido|deprisa)\b"),
    "faster": re.compile(rf"\bmas (?:rapido|deprisa)\b|\b{_TOO} (?:lento|despacio)\b"),
}
_FIGURE = r"\d|\b(?:cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez)\b"
_PARTS = {
    "planta": r"\bplanta\b",
    "sala": r"\bsala\b",
    "numero": _FIGURE,
    "dia": r"\b(?:lunes|martes|miércoles|jueves|viernes|sábado|domingo|hoy|mañana)\b",
    "hora": r"\b(?:las|mediodía|medianoche)\b",
}
_PART = re.compile(
    rf"{_LEAD}(?:que|cual) (?P<part>{'|'.join(_PARTS)}) (?:era|ha dicho|dijo|es ese|era ese|era esa){_TAIL}"
)
_OWN = re.compile(
    rf"{_LEAD}(?:que (?:le |te )?he preguntado(?P<first> (?:primero|al principio))?|que (?:le |te )?pregunte"
    rf"(?P<first2> (?:primero|al principio))?|cual (?:era|ha sido|"
    rf"fue) mi (?P<first3>primera )?(?:ultima )?pregunta){_TAIL}"
)
_TIME = re.compile(rf"{_LEAD}(?:(?:me )?puede decirme )?(?:que hora es|la hora){_TAIL}(?: ahora)?")
_DAY = re.compile(rf"{_LEAD}(?:que (?:dia|fecha) es(?: hoy)?|a que (?:dia )?estamos(?: hoy)?){_TAIL}")


def asks_again(text: str) -> Again | None:
    """Whether the visitor wants to hear the last reply once more, or a part of it."""
    said = plain(text)
    part = _PART.fullmatch(said)
    if part:
        return Again(_PARTS[part["part"]])
    if not _AGAIN.fullmatch(said):
        return None
    return Again(wishes=frozenset(wish for wish, pattern in _WISHES.items() if pattern.search(said)))


def asks_own(text: str) -> OwnQuestion | None:
    """Which of their own questions the visitor wants to be told."""
    own = _OWN.fullmatch(plain(text))
    if own is None:
        return None
    return "first" if own["first"] or own["first2"] or own["first3"] else "last"


_YEAR = re.compile(rf"{_LEAD}(?:en )?que ano (?:es|estamos)(?: este)?{_TAIL}")
_MONTH = re.compile(rf"{_LEAD}(?:en )?que mes (?:es|estamos)(?: este)?{_TAIL}")
_DAY_OF = re.compile(rf"{_LEAD}(?:en )?que (?:dia|fecha)(?: de la semana)? (?:es|fue|era|sera|cae) (?P<day>.+?){_TAIL}")
_IS_DAY = re.compile(
    rf"{_LEAD}(?:es (?P<first>hoy|manana) |(?P<second>hoy|manana) es )(?P<weekday>{'|'.join(WEEKDAYS)}){_TAIL}"
)
_ANY_DAY = datetime(2026, 1, 1)
"""a day on which it is tried whether words name one"""


def asks_clock(text: str) -> ClockQuestion | None:
    """Whether the visitor asks what the clock or the calendar shows."""
    said = plain(text)
    if _TIME.fullmatch(said):
        return ClockQuestion("time")
    if _DAY.fullmatch(said):
        return ClockQuestion("day")
    if _YEAR.fullmatch(said):
        return ClockQuestion("year")
    if _MONTH.fullmatch(said):
        return ClockQuestion("month")
    if is_day := _IS_DAY.fullmatch(said):
        weekday = tuple(WEEKDAYS).index(is_day["weekday"])
        return ClockQuestion("is day", is_day["first"] or is_day["second"], weekday)
    about = _DAY_OF.fullmatch(said)
    return ClockQuestion("day of", about["day"]) if about and day_of(about["day"], _ANY_DAY) else None


def say_clock(asked: ClockQuestion, now: datetime) -> str:
    """ "Son las tres menos cuarto de la tarde." """
    moment = now.time().replace(second=0, microsecond=0, tzinfo=None)
    said = say_time(moment, True)
    time = f"{'Son' if said.startswith('las') else 'Es'} {said}."
    today = f"Hoy es {say_day(now.date())}."
    if asked.kind == "both":
        return f"{today} {time}"
    if asked.kind == "year":
        return f"Es el año {now.year}."
    if asked.kind == "month":
        return f"Es {say_day(now.date()).split()[-1]}."
    day = day_of(asked.about, now) if asked.about else None
    if day and asked.kind == "is day":
        words = _say_that_day(day, now.date())
        return f"{'Sí' if day.weekday() == asked.weekday else 'No'}, {words[:1].lower()}{words[1:]}"
    if day:
        return _say_that_day(day, now.date())
    return today if asked.kind == "day" else time


def _say_that_day(day: date, today: date) -> str:
    named = {today: "Hoy es", today + timedelta(1): "Mañana es", today - timedelta(1): "Ayer fue"}
    return f"{named.get(day, 'Ese día es' if day > today else 'Ese día fue')} {say_day(day)}."


_SIMPLER_RE = re.compile(
    r"(?:y |perdon |por favor )*(?:(?:puede|puedes|me lo puede) (?:decirlo|explicarlo|explicar|decir)|digalo|"
    r"explicalo)? ?(?:de forma |con palabras |en palabras )?mas (?:sencill[oa]s?|simples?|faciles|facil)"
    r"(?: por favor)?|que significa eso|que quiere decir eso"
)
_SHORTER_RE = re.compile(
    r"(?:y |perdon |por favor )*(?:(?:puede|puedes) (?:decirlo|ser)|digalo)? ?(?:mas (?:corto|breve)|en pocas palabras|"
    r"en una frase|resumido)(?: por favor)?"
)


def asks_simpler(text: str) -> Simpler | None:
    """Whether the visitor wants the last reply in simpler or in fewer words."""
    said = plain(text)
    if _SHORTER_RE.fullmatch(said):
        return "shorter"
    return "simpler" if _SIMPLER_RE.fullmatch(said) else None
