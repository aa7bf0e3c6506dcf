"""Spanish questions that compare two things, and the sentences that answer them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from appliance.language.parts import Comparison, Counted, Measure, Topic
from appliance.language.spanish.numbers import CARDINALS
from appliance.language.spanish.tokens import plain

_ITEM = r"(?P<{}>(?:el|la|los|las|un|una|dos|tres|cuatro|cinco|seis|diez|\d+) [\w ]+?)"
_PAIR = rf"{_ITEM.format('first')} o {_ITEM.format('second')}$"
_ASKS: dict[str, tuple[Measure, bool]] = {
    r"que es mas barat[oa]": ("price", False),
    r"que (?:es mas car[oa]|cuesta mas)": ("price", True),
    r"que (?:cierra antes|cierra primero)": ("closes", False),
    r"que cierra (?:mas tarde|despues)": ("closes", True),
    r"que abre (?:antes|primero)": ("opens", False),
    r"que esta mas cerca": ("distance", False),
    r"que esta mas lejos": ("distance", True),
    r"que tarda menos": ("duration", False),
    r"que tarda mas": ("duration", True),
    r"que abre (?:mas tarde|despues)": ("opens", True),
    r"que esta mas (?:alto|arriba)": ("height", True),
    r"que esta mas (?:bajo|abajo)": ("height", False),
}
_PATTERNS = {re.compile(rf"^{asks},? {_PAIR}"): kind for asks, kind in _ASKS.items()}
_SAME = re.compile(rf"^estan {_ITEM.format('first')} y {_ITEM.format('second')} en la misma planta$")
_JUDGES = re.compile(r"\b(?:mejor|peor|mas simpatic[oa])\b.*(?:\bo\b|medico|doctora?)|(?:medico|doctora?) es mejor")
_ASKING = {
    "price": "cuanto cuesta {}",
    "duration": "cuanto tarda {}",
    "closes": "cuando cierra {}",
    "opens": "cuando abre {}",
    "floor": "en que planta esta {}",
    "height": "en que planta esta {}",
    "distance": "donde esta {}",
}
_FLOOR = re.compile(r"\b(planta baja|primera|segunda|tercera|cuarta|quinta|sexta|sotano)\b")
JOINTS = frozenset({",", ";", ".", "y", "pero", "o"})
LASTING = frozenset({"tard", "dur"})
STOREYS: Mapping[str, int] = {
    "sotano": -1,
    "planta baja": 0,
    **{word: at for at, word in enumerate("primera segunda tercera cuarta quinta sexta".split(), 1)},
}
_RESULTS = {
    ("price", False): "{} cuesta menos.",
    ("price", True): "{} cuesta más.",
    ("duration", False): "{} tarda menos.",
    ("duration", True): "{} tarda más.",
    ("closes", False): "{} cierra antes.",
    ("closes", True): "{} cierra más tarde.",
    ("opens", False): "{} abre antes.",
    ("opens", True): "{} abre más tarde.",
    ("height", True): "{} está más arriba.",
    ("height", False): "{} está más abajo.",
}
_EQUAL = {
    "price": "Cuestan lo mismo.",
    "duration": "Tardan lo mismo.",
    "closes": "Cierran a la misma hora.",
    "opens": "Abren a la misma hora.",
    "height": "Están en la misma planta.",
}


def compares(text: str, topic: Topic) -> Comparison | None:
    """What a question compares; None where it compares nothing that can be calculated. Both things must be named."""
    said = plain(text)
    same = _SAME.match(said)
    if same:
        return Comparison("floor", False, same["first"], same["second"], "", True)
    for pattern, (measure, more) in _PATTERNS.items():
        found = pattern.match(said)
        if found:
            return Comparison(measure, more, found["first"], found["second"])
    return None


_TIMED = re.compile(
    r"^(?:un|una|[a-z]+|\d+) (?:hora|dia|semana|mes|noche)(?:s|es)? de (?P<of>.+)|"
    r"(?P<thing>.+?) (?:por|durante) (?:un|una|[a-z]+|\d+) (?:hora|dia|semana|mes|noche)(?:s|es)?$"
)


def counted(item: str) -> Counted:
    """How much of a thing an item of a comparison is: "cuatro entradas", "dos horas de aparcamiento"."""
    timed = _TIMED.match(item)
    if timed:
        return Counted(1, timed["of"] or timed["thing"], uncountable=True)
    if re.search(r"\b(?:y|con|mas)\b", item):
        return Counted(1, item, uncountable=True)
    first, _, thing = item.partition(" ")
    number = int(first) if first.isdigit() else CARDINALS.get(first, 0)
    return Counted(number, thing) if thing and number > 1 else Counted(1, item)


def judges(text: str) -> bool:
    """Whether a question asks for an opinion."""
    return bool(_JUDGES.search(plain(text)))


def asking(comparison: Comparison, item: str) -> list[str]:
    """Questions for what is compared of one of the two things, best first."""
    return [_ASKING[comparison.measure].format(item)]


def floor(statement: str) -> str:
    """The floor that a statement names; empty where it names none or several."""
    named = set(_FLOOR.findall(plain(statement)))
    return named.pop() if len(named) == 1 else ""


def say_comparison(comparison: Comparison, order: int) -> str:
    """The answer. ``order`` is below 0 where the value of the first thing is the smaller one, and 0 where they are
    equal."""
    if comparison.measure == "floor":
        return "Sí." if order == 0 else "No."
    if order == 0:
        return _EQUAL[comparison.measure]
    winner = comparison.first if (order > 0) == comparison.more else comparison.second
    result = _RESULTS[comparison.measure, comparison.more].format(winner[:1].upper() + winner[1:])
    return result.replace(" cuesta ", " cuestan ") if counted(winner).number > 1 else result
