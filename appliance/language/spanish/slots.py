"""Spanish around the values of a form: what excludes one, takes one back, calls one by its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from appliance.language.found import FoundNumber
from appliance.language.spanish.dates import WEEKDAYS
from appliance.language.spanish.numbers import CARDINALS

ALLOWED = re.compile(r"¿(?:quiere que )?(?:la |lo |le )?(\w+)")
CALLED_NUMBER = frozenset({"numero", "referencia"})
TITLES = frozenset("doctor doctora dr dra senor senora senorita don dona".split())
TAKEN_BACK = frozenset("no perdon mejor digo sino espera quiero quise prefiero".split())
SLOT_WORDS: Mapping[str, frozenset[str]] = {
    "date": frozenset({"dia", "fecha"}),
    "time": frozenset({"hora"}),
    "name": frozenset({"nombre"}),
    "reference": frozenset({"numero"}),
}
HOW_MANY = re.compile(r"\bcuant[oa]s\b")
LENGTH = frozenset({"tiempo", "duracion"})
TIME_UNITS = frozenset("hora horas minuto minutos dia dias noche noches semana semanas mes meses ano anos".split())
MIDDLE = frozenset({"medio"})
NUMBERED = frozenset({"numero", "opcion"})
PLACES: Mapping[str, int] = {
    **dict.fromkeys(("primero", "primera"), 0),
    **dict.fromkeys(("segundo", "segunda"), 1),
    **dict.fromkeys(("tercero", "tercera"), 2),
    **dict.fromkeys(("ultimo", "ultima"), -1),
}
BEFORE_PLACE = frozenset({"el", "la"})
AFTER_PLACE = frozenset({"", "por", ".", "esta", "me", "opcion", "hora"})
NO_VALUES = re.compile(r"\bun (?:momento|segundo|minuto|rato)\b|\bcien por cien\b|\buna (?:cosa|pregunta)\b")
BEFORE_A_TIME = frozenset({"a", "las", "la", "sobre", "hasta", "desde"})
AT_A_TIME = frozenset({"las"})
NUMBER_OF = frozenset({"numero", "referencia", "cita", "codigo"})
NUMBER_IS = frozenset({("numero", "es")})
NAME_TAKEN_BACK = frozenset(
    """no perdon espera mejor es mi nombre el me llamo soy digo quise decir sino a de que eh em pues y esta
    mal""".split()
)
SAYS_ANEW = frozenset("no perdon mejor digo nombre llamo soy sino".split())
AFTER_NO = frozenset("problema idea gracias hay se importa".split())
FOR_ANOTHER = re.compile(r"^(?:.* )?(?:para|es) mi \w+$")
NOT_FOR_ME = re.compile(
    r"^(?:.* )?(?:para|a nombre de) mi (?:hij[oa]|mujer|esposa|marido|esposo|madre|padre|herman[oa]|niet[oa]|novi[oa]|"
    r"prim[oa]|sobrin[oa]|ti[oa]|amig[oa]|pareja)$"
)
CALL_ME = re.compile(r"\bllameme \w+$")
NO_TEXT_YET = re.compile(r"^(?:(?:eh|pues|bueno) )*(?:aun |todavia )?no se (?:aun |todavia )?que (?:decir|poner)$")
ALL_OF_IT = re.compile(r"^(?:(?:no|pues) )*todo(?: (?:eso|por favor))*$")
MAKES: frozenset[tuple[str, ...]] = frozenset()
RIGHT = re.compile(r"^(?:es|esta) (?:bien|correct[oa])\b")
WRONG = re.compile(r"^(?:(?:es|esta) (?:mal|equivocad[oa]|incorrect[oa])|no (?:es|esta))\b")
GIVEN_NAME = frozenset({"pila"})
MIDDLE_NAME: frozenset[str] = frozenset()
FAMILY_NAME = frozenset({"apellido", "apellidos"})
OFFERS_TO_SPELL = re.compile(r"\b(?:puedo|quiere|lo|se lo|te lo|se la)(?: \w+){0,4} (?:deletre\w+|deletrear\w*)\b")
NOT = frozenset({"no"})
BUT = "pero"
SAME_AS_BEFORE: Mapping[str, re.Pattern[str]] = {
    "date": re.compile(r"\b(?:el )?mismo dia\b|\bsolo la hora\b"),
    "time": re.compile(r"\b(?:a )?(?:la )?misma hora\b|\bsolo el dia\b"),
}
BOTH = re.compile(
    r"\b(?:las dos|los dos|ambas|ambos|cualquiera)(?: de \w+)? (?:me )?(?:va|van|viene|vienen|esta|estan) bien\b"
)
AROUND_A_VALUE = NAME_TAKEN_BACK | frozenset("a las la el por favor prefiero quiero mejor entonces".split())
CHANGING = frozenset("mal equivocado cambiar otro otra".split())

JOINING = frozenset("y e o u ni ,".split())
AMONG = JOINING | frozenset("el la los las a con por en".split())
CHANGES_TO = frozenset("al para cambiar pasar mover mejor quiero quisiera prefiero puedo".split())

_NEGATING = frozenset({"no", "menos", "excepto", "salvo", "nunca", "ni"})
_BOUNDARIES = frozenset(". , ; : ! ? perdon mejor sino pero si quiero digo prefiero".split())
_COMPLETE = frozenset({"", ",", ".", "esta", "es", "bien", "correcto", "perdon", "mejor"})
"""words after "no" that complete a sentence. What follows is another one: "no, el miercoles" """
_BAD_AFTER = re.compile(
    r"^(?:(?:por la|de la) \w+ )?"
    r"(?:no (?:puedo|me viene|me va|quiero|es|esta|tengo)|imposible|me viene mal|mal|tampoco)\b"
)


def excludes(words: Sequence[str], start: int, end: int) -> bool:
    """Whether a value is one that the visitor does not want: "el martes no puedo", "cualquier dia menos el martes"."""
    if _BAD_AFTER.match(" ".join(words[end : end + 5])):
        return True
    for at in range(start - 1, max(-1, start - 6), -1):
        word = words[at]
        if word in _BOUNDARIES or word in WEEKDAYS or word in CARDINALS:
            return False
        if word in _NEGATING:
            following = words[at + 1] if at + 1 < len(words) else ""
            # "Las diez menos cuarto" excludes nothing.
            return following not in _COMPLETE and not (word == "no" and at == 0 and following in ("el", "la", "a"))
    return False


_EVENT = (
    r"(?:dentista|reunion|clase|clases|examen|boda|vuelo|tren|cita|colegio|trabajo|partido|fiesta|cumpleanos|viaje)"
)
_REMARK = re.compile(
    rf"\b(?:tengo|tenemos|tiene|hay) (?!que (?:ver|venir)\b)(?:(?:un|una|el|la|otra?|mi) )?{_EVENT}(?: (?!pero|"
    rf"asi|puedo|"
    r"quiero|mejor)[a-z]+){0,3} $|\b(?:estoy|estamos|estare|esta) (?:de viaje|de vacaciones|trabajando|"
    r"ocupad[oa]|fuera)"
    r"(?: (?:el|la|los|las|a|en|hasta))* $|\bmi \w+ (?:es|sale|llega|empieza|viene)(?: (?:el|la|a|las))* $"
)
_HELD = re.compile(r"\b(?:mi|la) (?:cita|reserva)(?: (?:es|era|de|del|el|la|las|a|dia|para))* $")
_FROM = re.compile(r"\b(?:del|de las|de la|desde el)(?: dia)? $")
_TO = re.compile(r"^(?:de \w+ )?(?:al|a las|a la|para)\b")
_SENT_BY = re.compile(r"^me (?:ha )?(?:envi\w+|mand\w+|dij\w+|recomend\w+)\b")
_KNOWN = re.compile(r"\bsoy paciente (?:de|del|de la) (?:doctora? )?$")


def counted(words: Sequence[str], found: Sequence[FoundNumber]) -> list[FoundNumber]:
    """How many people there are. Less than one and parts of one are no count."""
    return [hit for hit in found if hit.text.isdecimal() and int(hit.text) > 0]


def recounted(words: Sequence[str], numbers: Sequence[FoundNumber], before: int) -> list[FoundNumber] | None:
    """How many people there are in place of the number ``before``: "una persona mas", "somos seis"."""
    for hit in numbers:
        lead, after = " ".join(words[: hit.start]), " ".join(words[hit.end :])
        if hit.text.isdecimal() and int(hit.text) > 0 and re.search(r"\b(?:somos|seremos)$", lead) and not after:
            return [hit]
        change = re.match(r"(?:personas? )?(?P<more>mas|menos)(?: por favor)?$", after) if before else None
        if change and hit.text.isdecimal():
            total = before + int(hit.text) * (1 if change["more"] == "mas" else -1)
            return [FoundNumber(hit.start, len(words), str(total))] if total > 0 else []
    return None


def in_remark(words: Sequence[str], start: int, end: int) -> bool:
    """Whether a day or a time belongs to a remark: "el lunes" of "tengo dentista el lunes"."""
    return bool(_REMARK.search(_before(words, start)))


def of_other_person(words: Sequence[str], start: int, end: int) -> bool:
    """Whether a person is only spoken of: "el doctor Ruiz me ha enviado"."""
    return bool(_SENT_BY.match(" ".join(words[end:])))


def knows_person(words: Sequence[str], start: int) -> bool:
    """Whether a person is one whom the visitor knows: "soy paciente del doctor Ruiz"."""
    return bool(_KNOWN.search(_before(words, start)))


def of_record(words: Sequence[str], start: int, end: int) -> bool:
    """Whether a day or a time is that of what the visitor wants to move: "del lunes" of "del lunes al martes"."""
    before, after = _before(words, start), " ".join(words[end:])
    return bool(_HELD.search(before) or (_FROM.search(before) and _TO.match(after)))


def without_from_to(words: Sequence[str]) -> list[str]:
    """The words as they are: no time is said with "a" between its parts."""
    return list(words)


def _before(words: Sequence[str], start: int) -> str:
    return " ".join(words[:start]) + " "
