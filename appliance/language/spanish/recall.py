"""Spanish questions about the conversation itself, and about now. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from appliance.core.manner import MannerWish
from appliance.language.parts import Again, ClockQuestion, Simpler
from appliance.language.spanish.dates import say_day, say_time
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


def asks_clock(text: str) -> ClockQuestion | None:
    """Whether the visitor asks what time or day it is now."""
    said = plain(text)
    if _TIME.fullmatch(said):
        return "time"
    return "day" if _DAY.fullmatch(said) else None


def say_clock(asked: ClockQuestion, now: datetime) -> str:
    """ "Son las tres menos cuarto de la tarde." """
    moment = now.time().replace(second=0, microsecond=0, tzinfo=None)
    said = say_time(moment, True)
    time = f"{'Son' if said.startswith('las') else 'Es'} {said}."
    day = f"Hoy es {say_day(now.date())}."
    return {"time": time, "day": day, "both": f"{day} {time}"}[asked]


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
