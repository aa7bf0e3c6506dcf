"""What kind of answer a Spanish question wants, and what is left of it after a correction. Pure."""

from __future__ import annotations

import re

from appliance.language.spanish.numbers import CARDINALS
from appliance.language.spanish.tokens import plain
from appliance.language.spanish.words import COLORS

_ASKED = {
    "place": r"\b(?:a?donde|que (?:planta|sala|puerta)|como (?:se llega|llego|voy)|busco|por donde)\b",
    "time": r"\b(?:cuando|a que hora|hasta que hora|horarios?|abre|abren|cierra|cierran|abiert[ao]s?|que dias?)\b",
    "price": r"\b(?:cuanto (?:cuesta|cuestan|vale|valen|es)|precios?|gratis|hay que pagar)\b",
    "person": r"\b(?:quien|quienes|que (?:medico|doctor|doctora))\b",
    "number": r"\b(?:numero|telefono|llamar)\b",
    "duration": r"\bcuanto (?:tiempo|tarda|dura)|cuantos? (?:dias|minutos|horas)\b",
    "permission": r"\b(?:puedo|se puede|pueden|esta permitido)\b",
    "existence": r"\b(?:hay|tienen)\b",
}
_SAID = {
    "place": r"\b(?:planta|sala|junto a|enfrente|detras|calle|sotano|mostrador|entrada|pasillo|ascensor)\b",
    "time": r"\b(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo|manana|tarde|noche|mediodia|cada dia)\b",
    "price": r"\b(?:euros?|centimos|gratis|gratuito)\b|€",
    "person": r"\b(?:doctora?|senora?|directora?)\b",
    "number": r"\d{3}",
    "duration": r"\b(?:minutos|horas|dias|semanas)\b",
    "permission": r"\b(?:puede|pueden|permitido|solo|por favor)\b",
}
_DEMANDED = {
    "time": r"^(?:y |pero )?(?:cuando|a que hora|hasta cuando|hasta que hora)\b",
    "price": r"^(?:y |pero )?cuanto (?:cuesta|cuestan|vale|valen)\b",
    "person": r"^(?:y |pero )?quien(?:es)?\b",
    "number": r"\bnumero de telefono\b",
}
_ASKED_RE, _SAID_RE, _DEMANDED_RE = (
    {kind: re.compile(pattern) for kind, pattern in table.items()} for table in (_ASKED, _SAID, _DEMANDED)
)


def asked_for(question: str) -> frozenset[str]:
    """Kinds of answer that a question's words ask for."""
    return frozenset(kind for kind, pattern in _ASKED_RE.items() if pattern.search(plain(question)))


def demands(question: str) -> frozenset[str]:
    """The kinds without which a statement is no answer."""
    return frozenset(kind for kind, pattern in _DEMANDED_RE.items() if pattern.search(plain(question)))


_COMPLAINS = re.compile(
    r"^(?:(?:hola|perdone|oiga|es que) )*(?:el|la|los|las|su|sus) (?:\w+ ){1,4}?(?:(?:esta|estan) (?:muy "
    r")?(?:rot[ao]s?|"
    r"averiad[ao]s?|estropead[ao]s?|suci[ao]s?|atascad[ao]s?|fuera de servicio)|no (?:funciona|funcionan|va|van)\b)|"
    r"\bno hay (?:papel|jabon|luz)\b"
)
_ON_FAULTS = re.compile(r"\b(?:rot[ao]s?|averia\w*|suci[ao]s?|quejas?|reclamaci\w+|no funciona)\b")


def can_answer(question: str, known: str) -> bool:
    """Whether an entry can answer a question at all, by what it says and is asked for (``known``)."""
    return not _COMPLAINS.search(plain(question)) or bool(_ON_FAULTS.search(plain(known)))


def given_by(statement: str) -> frozenset[str]:
    """Kinds of answer that a statement holds."""
    said = plain(statement) + (" €" if "€" in statement else "")
    return frozenset(kind for kind, pattern in _SAID_RE.items() if pattern.search(said))


_NUMBER = rf"(?:\d+|{'|'.join(CARDINALS)})"
_PLACE = (
    rf"(?:sala|habitacion|puerta|mostrador|consulta|ventanilla|linea|anden) (?:numero )?{_NUMBER}(?: {_NUMBER}){{0,3}}|"
    rf"(?:linea|puerta) (?:{'|'.join(COLORS)})"
)
_PLACE_ASKED = re.compile(
    rf"(?:(?:y|hola|perdone|oiga) )*(?:donde esta |que hay en |a donde (?:va|lleva) |en )?(?:la |"
    rf"el )?(?P<place>{_PLACE})"
)


def place_asked(question: str) -> str:
    """The place, named by its number or colour, of which it is asked where it is or what is there."""
    found = _PLACE_ASKED.fullmatch(plain(question))
    return found["place"] if found else ""


_TAKEN_BACK = re.compile(
    r"^(?P<before>.+?)[,.]? (?:no,? )?(?:perd[oó]n|digo|mejor dicho|quiero decir|quise decir)[, ]+(?P<after>.+)$"
)
_PHRASE = re.compile(r"(?:el|la|los|las|un|una|mi) \w+$")


def corrected(question: str) -> str:
    """The question that is left when the visitor took part of it back: "dónde está la farmacia, perdón, la
    cafetería" asks where the cafe is."""
    found = _TAKEN_BACK.match(question.lower().strip(" ?¿"))
    if not found:
        return question
    before, after = found["before"], found["after"]
    return _PHRASE.sub(after, before) if _PHRASE.search(before) else after
