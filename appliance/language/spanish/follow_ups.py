"""What a Spanish line means that only makes sense after what was said before. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from appliance.language.parts import Completed, PlaceAsked, Topic
from appliance.language.spanish.tokens import plain

OF_ANYTHING = frozenset("mucho largo larga grande lejos cerca alto alta caro cara barato barata piso planta".split())

_SAID_OF = re.compile(r"^((?:El|La|Los|Las) [\w' -]+?) (?:es|está|están|abre|cuesta|cuestan|tiene|se)\b")
_TITLED = re.compile(r"\b((?:[Dd]octora?|[Ss]eñora?|[Dd]on|[Dd]oña) [A-ZÁÉÍÓÚÑ]\w+)")
_PRONOUN = re.compile(r"^(?P<verb>esta|estan|abre|abren|cierra|cierran|cuesta)\b(?P<rest>.*)$")
_LEAD = re.compile(r"^(?:(?:y|pero|entonces|bueno|vale) )+(?=\S)")
_DAY = re.compile(
    r"^(?:el|los|por) (?:lunes|martes|miercoles|jueves|viernes|sabados?|domingos?|la \w+)$|^manana$|^hoy$"
)
_THING = re.compile(r"^(?:el|la|los|las) \w+(?: de \w+)?$")
_BEGINS = r"(?:donde|cuando|cuanto|cuantos|que|quien|como|cual|hay|puedo|tienen|a que|hasta cuando)\b"
_JOINT = re.compile(rf"(?:,? (?:y|o)(?: tambien)?|,|\?|;) (?={_BEGINS})")


def thing(questions: Sequence[str], statement: str) -> str:
    """What a statement is about, as in "la farmacia"; empty where it does not show."""
    said = _SAID_OF.match(statement)
    return said[1][:1].lower() + said[1][1:] if said else ""


def person(statement: str) -> str:
    """The one person whom a statement names, as in "doctora Ruiz"; empty where it names none or several."""
    names = set(_TITLED.findall(statement))
    return names.pop() if len(names) == 1 else ""


def complete(text: str, topic: Topic) -> list[Completed]:
    """Whole questions that a line may stand for, best first: "¿está abierta el domingo?" of "la farmacia"."""
    said = plain(text)
    line = _LEAD.sub("", said)
    if not topic.thing:
        return []
    pronoun = _PRONOUN.match(line)
    if pronoun:
        return [Completed(f"{pronoun['verb']} {topic.thing}{pronoun['rest']}", about=topic.thing)]
    if line != said and _DAY.match(line):
        return [Completed(f"cuando abre {topic.thing} {line}")]
    core = plain(topic.thing)
    if line != said and _THING.match(line) and core in plain(topic.question):
        return [Completed(plain(topic.question).replace(core, line), True)]
    return []


_PRESENCE = re.compile(
    r"(?:y )?(?:el |ella )?(?:esta|estara|viene|trabaja)(?: aqui)? (?:el|los|la|hoy|manana|tambien)\b.*"
)


def asks_presence(text: str) -> bool:
    """Whether it is asked if the one who was spoken of is there at some time: "está el viernes"."""
    return _PRESENCE.fullmatch(plain(text)) is not None


def of_staff(text: str) -> bool:
    """Whether it is asked what those who work at a place accept."""
    return re.match(r"^(?:y )?(?:aceptan|admiten)\b", plain(text)) is not None


_ANY_ONE = re.compile(
    r"donde (?:esta|hay|queda|encuentro|puedo encontrar) (?:(?:el|la) (?:mas cercan[oa]|proxim[oa])|"
    r"un[oa]|otr[oa]|algun[oa])"
    r"(?: (?:aqui|por aqui|cerca))*|hay (?:un[oa]|algun[oa]|otr[oa])(?: (?:aqui|por aqui|cerca))*"
)


def names_nothing(text: str) -> bool:
    """Whether a question asks for one of what was spoken of, and names nothing itself: "¿dónde está la más cerca?"."""
    line = re.sub(r" entonces$", "", _LEAD.sub("", plain(text)))
    return _ANY_ONE.fullmatch(line) is not None


def split(text: str) -> list[str]:
    """The questions of a sentence, in order; the sentence alone where it asks one."""
    parts = [part.strip(" ,") for part in _JOINT.split(plain(text))]
    whole = [part for part in parts if len(part.split()) > 1]
    return whole if len(whole) > 1 else [text]


_PLACE = r"(?:el|la|los|las) \w+(?: de \w+)?"
_PLACES = re.compile(
    rf"^(?P<ask>(?:cuando |a que hora |hasta cuando )?(?:estan|abren|cierran)(?: abiert[oa]s| cerrad[oa]s)?) "
    rf"(?P<places>{_PLACE}(?:,? (?:y|o) {_PLACE})+)(?P<rest>.*)$"
)


def places(text: str) -> list[PlaceAsked]:
    """The places of a question about the opening hours of several, with the question for each; empty for other
    questions."""
    found = _PLACES.match(_LEAD.sub("", plain(text)))
    if not found:
        return []
    named = re.split(r",? (?:y|o) ", found["places"])
    return [PlaceAsked(name, f"{found['ask']} {name}{found['rest']}") for name in named]
