"""Questions in Spanish that a statement answers, and sentences of tables, drafted by rules. Pure."""

from __future__ import annotations

import re

_IS = re.compile(r"^(?P<what>(?:el|la|los|las) [\w' -]+?) (?:está|están) (?P<rest>.+)$")
_COSTS = re.compile(r"^(?P<what>[\w' -]+?) (?P<verb>cuesta|cuestan) .+$")
_CAN = re.compile(r"^(?:usted )?(?:puede|pueden) (?P<what>.+)$")
_OPENS = re.compile(r"^(?P<what>(?:el|la|los|las) [\w' -]+?) (?P<verb>abre|empieza|cierra) .+$")
_GOES_ON = re.compile(r"^(?:también|después|entonces|por favor|pregunte|traiga|llame|espere|pida)\b", re.IGNORECASE)
_GREETS = re.compile(r"^(?:bienvenid|hola|gracias|estimad)", re.IGNORECASE)
_VERB = re.compile(
    r"\b(?:es|son|está|están|hay|cuesta|cuestan|puede|pueden|abre|abren|cierra|cierran|tiene|tienen|se|debe|deben|"
    r"empieza|dura|vale)\b",
    re.IGNORECASE,
)


def of_form(statement: str) -> list[str]:
    """Questions that the form of its sentences shows: "dónde está la farmacia"."""
    found: list[str] = []
    for sentence in re.split(r"(?<=[.!])\s+", statement.lower()):
        said = sentence.strip(" .!")
        if match := _IS.match(said):
            found += [f"dónde está {match['what']}", f"cómo llego a {match['what']}"]
        if match := _COSTS.match(said):
            found += [f"cuánto {match['verb']} {match['what']}", f"qué precio tiene {match['what']}"]
        if match := _OPENS.match(said):
            found += [f"cuándo {match['verb']} {match['what']}", f"a qué hora {match['verb']} {match['what']}"]
        if match := _CAN.match(said):
            found += [f"puedo {match['what']}", f"se puede {match['what']}"]
    return list(dict.fromkeys(found))


def of_subjects(statement: str) -> list[str]:
    """What people ask everywhere of everyday things: no table yet."""
    del statement
    return []


def everyday() -> list[str]:
    """All that ``of_subjects`` may give."""
    return []


def of_hours(what: str) -> list[str]:
    """Questions for the opening hours of ``what``."""
    return [f"cuándo abre {what}", f"qué horario tiene {what}", f"a qué hora cierra {what}", f"está abierto {what}"]


def of_house_hours() -> list[str]:
    """Questions for the opening hours of the house itself."""
    return ["cuándo abren", "qué horario tienen", "a qué hora cierran", "está abierto ahora"]


def say_cell(row: str, row_header: str, header: str, value: str) -> str:
    """A cell of a table as a sentence."""
    del row_header
    value = value.rstrip(".")
    if header.lower() in ("precio", "precios", "tarifa"):
        return f"{row} cuesta {value}."
    return f"{header} de {row}: {value}." if header else f"{row}: {value}."


def say_pair(name: str, value: str) -> str:
    """What a line such as "Teléfono: 555 0123" says."""
    return f"{name}: {value.rstrip('.')}."


def goes_on(sentence: str) -> bool:
    """Whether a sentence speaks of what the one before it speaks of."""
    return bool(_GOES_ON.match(sentence))


def states(sentence: str) -> bool:
    """Whether a sentence tells a visitor something."""
    return len(sentence.split()) >= 3 and bool(_VERB.search(sentence)) and not _GREETS.match(sentence)


def called(heading: str) -> str:
    """A place as visitors call it, by a heading."""
    words = [word for word in heading.lower().split() if word not in ("horario", "horarios", "de", "del", "apertura")]
    return " ".join(words)
