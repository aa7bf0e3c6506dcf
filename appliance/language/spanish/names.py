"""A person's name in Spanish words. Pure.

A name is what is left of an answer when nothing in it does anything else. Words are compared without accents and said
as they were written.
"""

from __future__ import annotations

from collections.abc import Sequence

from appliance.language.found import FoundName
from appliance.language.spanish.dates import MONTHS, WEEKDAYS
from appliance.language.spanish.numbers import CARDINALS
from appliance.language.words import written

_LEADS = (
    *("me llamo", "mi nombre es", "el nombre es", "a nombre de", "al nombre de", "soy", "se llama", "llamame"),
    *("para", "es para", "que sea para"),
)
_SURE_LEADS = frozenset(_LEADS[:8])
"""introduce a name also where none was asked for"""

_PARTICLES = frozenset("de del la las los y da do van von".split())
_TITLES = frozenset("doctor doctora don dona senor senora senorita".split())

_NO_NAME = (
    frozenset(WEEKDAYS)
    | frozenset(MONTHS)
    | frozenset(CARDINALS)
    | frozenset(
        """a el ella en es un una unos que quien como donde cuando cual por para con sin si no se mi su lo le me te ya
        al hoy manana tarde noche cita citas hora horas dia semana quiero quisiera gustaria puede puedo favor gracias
        hola bueno buenos buenas vale claro perfecto bien eh em mm pues nombre apellido llamo llama soy este esta
        perdon espera mejor otra otro nada nadie ayuda persona gente numero doctor doctora nuevo nueva igual correcto
        exacto cancelar cambiar mover dejalo olvidalo repetir repita adios hasta luego""".split()
    )
)
_LETTERS = {
    **{letter: letter for letter in "abcdefghijklmnopqrstuvwxyz"},
    **dict(
        zip(
            "be ce de efe ge hache jota ka ele eme ene pe cu erre ere ese te uve equis ye zeta".split(),
            "bcdfghjklmnpqrrstvxyz",
            strict=True,
        )
    ),
}
"""letters and their names"""
_SHORTEST_SPELLED = 3

_TAKES_BACK = frozenset({"no", "perdon", "espera", "mejor", "digo", "sino"})
_LONGEST = 6


def holds_day(words: Sequence[str]) -> bool:
    """No Spanish name holds a weekday, but for "Domingo", which is a name as it stands."""
    return False


def names_two(words: Sequence[str]) -> bool:
    """Whether an answer is the names of two people. "Y" may also stand within one Spanish name."""
    return False


def tells_no_name(words: Sequence[str]) -> bool:
    """Whether words tell what a day or a time is, and give no name in place of another: "no, es mi cumpleaños"."""
    at = next((n for n, word in enumerate(words) if word in ("es", "era")), len(words))
    own = ("mi", "nuestro", "nuestra", "el", "la", "un", "una")
    return words[at + 1 : at + 2] != [] and words[at + 1] in own and "nombre" not in words and "apellido" not in words


def find_name(words: Sequence[str], expected: bool) -> FoundName | None:
    """The name in tokens, the last where a correction stands between."""
    joined, places = _joined(words)
    found: FoundName | None = None
    for hit in _names(joined, expected):
        if found is None or _TAKES_BACK & set(joined[found.end : hit.start]):
            found = hit
    return found and FoundName(places[found.start][0], places[found.end - 1][1], found.name)


def _letter(word: str) -> str:
    """The letter that a word names; empty for none."""
    return "ñ" if written(word).lower() in ("ñ", "eñe") else _LETTERS.get(word, "")


def _joined(words: Sequence[str]) -> tuple[list[str], list[tuple[int, int]]]:
    """The words with spelled ones put together, and the first and last (exclusive) of the words that each comes
    from."""
    kept: list[str] = []
    places: list[tuple[int, int]] = []
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and _letter(words[end]):
            end += 1
        spelled = end - at >= _SHORTEST_SPELLED
        end = end if spelled else at + 1
        kept.append("".join(map(_letter, words[at:end])) if spelled else words[at])
        places.append((at, end))
        at = end
    return kept, places


def _names(words: Sequence[str], expected: bool) -> list[FoundName]:
    led: list[FoundName] = []
    for at in range(len(words)):
        for lead in _LEADS:
            length = len(lead.split())
            if " ".join(words[at : at + length]) == lead and (expected or lead in _SURE_LEADS):
                hit = _name_from(words, at + length)
                led += [hit] if hit and (not led or hit.start >= led[-1].end) else []
    if led or not expected:
        return led
    alone: list[FoundName] = []
    at = 0
    while at < len(words):
        hit = _name_from(words, at)
        alone += [hit] if hit else []
        at = hit.end if hit else at + 1
    return alone


def _name_from(words: Sequence[str], start: int) -> FoundName | None:
    end = start
    while end < min(len(words), start + _LONGEST):
        word = words[end]
        if word in _TITLES and end == start:
            start = end = end + 1
            continue
        particle = end > start and word in _PARTICLES and end + 1 < len(words) and words[end + 1] not in _NO_NAME
        if not word[0].isalpha() or (word in _NO_NAME and not particle):
            break
        if word in _PARTICLES and not particle:
            break
        end += 1
    if end == start:
        return None
    return FoundName(start, end, " ".join(_said(word) for word in words[start:end]))


def _said(word: str) -> str:
    said = written(word).rstrip("-")
    return said if said != said.lower() or word in _PARTICLES else said[:1].upper() + said[1:]
