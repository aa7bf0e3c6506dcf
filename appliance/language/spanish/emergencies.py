"""Spanish that tells that a person needs help at once, without accents. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from appliance.language.parts import EmergencyKind, Sign
from appliance.language.spanish.tokens import full_words

_ROWS: Mapping[EmergencyKind, Sequence[str]] = {
    "breathing": (r"no (?:puedo|puede|pueden) respirar", r"no respira", r"se (?:esta ahogando|ahoga)", r"me ahogo"),
    "choking": (r"se (?:esta )?atragant\w+", r"atragantad[oa]"),
    "heart": (
        r"(?:infarto|ataque a el corazon|parada cardiaca)",
        r"(?:dolor|duele) \w* ?\w* ?pecho",
        r"no tiene pulso",
    ),
    "stroke": (r"(?:un ictus|derrame cerebral)", r"no puede mover (?:el brazo|la pierna|media cara)"),
    "bleeding": (r"(?:sangra|sangrando|desangra\w*) (?:mucho|muchisimo|sin parar)", r"hay sangre por todas partes"),
    "collapse": (r"(?:se ha desmayado|se desmayo|inconsciente|ha perdido el conocimiento|no reacciona|no se mueve)",),
    "seizure": (r"(?:convulsiones|convulsionando|ataque epileptico)",),
    "fire": (r"hay (?:fuego|un incendio|humo|llamas)", r"se (?:quema|esta quemando|incendia)"),
    "violence": (r"(?:tiene|lleva) (?:una pistola|un cuchillo|un arma|una bomba)", r"me (?:ataca|pega|quiere matar)"),
    "self harm": (r"(?:quiero morir\w*|me quiero matar|suicid\w+)", r"ha tomado (?:demasiadas|muchas) pastillas"),
    "help": (r"(?:llame\w*|llama\w*|necesito|manden|pidan) \w* ?(?:una ambulancia|la policia|los bomberos|a el 112)",),
}
_WHOLE: Mapping[EmergencyKind, Sequence[str]] = {
    "help": (r"^(?:ayuda|socorro|auxilio|emergencia|es una emergencia|ayudeme|ayudenme|por favor ayuda)+$",),
}

SIGNS: Sequence[Sign] = tuple(
    Sign(kind, re.compile(rf"\b(?:{pattern})\b" if not whole else pattern), whole)
    for table, whole in ((_ROWS, False), (_WHOLE, True))
    for kind, patterns in table.items()
    for pattern in patterns
)
GENERAL = re.compile(r"^(?:que (?:hago|hay que hacer|pasa) si|si (?:hay|alguien)|en caso de|donde esta|como se)\b")
NOT_REAL = re.compile(r"\b(?:de risa|de hambre|de broma|pelicula|simulacro|salida de emergencia|urgencias estan)\b")
BEFORE_NOW = re.compile(r"\b(?:ayer|el ano pasado|hace (?:un|una|dos|tres|muchos|unos|anos)|antes|la semana pasada)\b")
PAST = re.compile(r"\b(?:estaba|tenia|tuvo|fue|habia|podia|pudo|encontr(?:amos|aron|o))\b")
DENIED = re.compile(r"\b(?:no|nunca|sin|tampoco)(?: (?:hay|es|tengo|tiene|necesito|hace falta|que|una|un))*$")
MINOR = re.compile(
    r"\b(?:me he|se ha) (?:roto|torcido|cortado) (?:un|una|el|la) (?:poco|brazo|dedo|tobillo|muneca|pie)\b"
)
CRY = re.compile(r"\b(?:ay )?dios mio\b|\bay no\b|\b(?:socorro|auxilio|ayuda)\b")
STATES = re.compile(r"\bno (?:respira|reacciona|se mueve|pued|tiene)")
DISTRESS = re.compile(
    r"\b(?:ayuda|socorro|sangre|inconsciente|dolor|duele|miedo|ambulancia|fuego|humo|panico|herid[oa])\b"
)


def told(text: str) -> list[str]:
    """Words without accents, and question marks."""
    return full_words(text)
