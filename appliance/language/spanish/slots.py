"""Spanish around the values of a form: what excludes one, takes one back, calls one by its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

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
NUMBER_OF = frozenset({"numero", "referencia", "cita", "codigo"})
NUMBER_IS = frozenset({("numero", "es")})
NAME_TAKEN_BACK = frozenset(
    """no perdon espera mejor es mi nombre el me llamo soy digo quise decir sino a de que eh em pues y esta
    mal""".split()
)
SAYS_ANEW = frozenset("no perdon mejor digo nombre llamo soy sino".split())
AFTER_NO = frozenset("problema idea gracias hay se importa".split())
FOR_ANOTHER = re.compile(r"^(?:.* )?(?:para|es) mi \w+$")
GIVEN_NAME = frozenset({"pila"})
MIDDLE_NAME: frozenset[str] = frozenset()
FAMILY_NAME = frozenset({"apellido", "apellidos"})
OFFERS_TO_SPELL = re.compile(r"\b(?:puedo|quiere|lo|se lo|te lo|se la)(?: \w+){0,4} (?:deletre\w+|deletrear\w*)\b")
NOT = frozenset({"no"})

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
