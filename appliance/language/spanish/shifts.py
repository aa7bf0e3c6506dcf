"""Days and times that Spanish says by their distance from another one: "una semana más tarde", "media hora antes", "al
día siguiente". Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from appliance.language.found import Shift
from appliance.language.spanish.numbers import CARDINALS

_PATTERN = re.compile(
    r"(?<!\S)(?:(?P<count>un|una|media|\w+) (?P<unit>dias?|semanas?|horas?|minutos?) "
    r"(?:(?P<later>mas tarde|despues(?! de))|(?P<earlier>mas temprano|antes(?! de)))|"
    r"(?:el|al) (?P<next>dia) siguiente|la (?P<following>semana) siguiente)(?!\S)"
)
_Unit = Literal["day", "week", "month", "weekday", "minute", "past"]
_UNITS: dict[str, tuple[_Unit, int]] = {
    "dia": ("day", 1),
    "semana": ("week", 1),
    "hora": ("minute", 60),
    "minuto": ("minute", 1),
}


def find_shifts(words: Sequence[str]) -> list[Shift]:
    """Distances from a day or a time that was named before, in order."""
    said = " ".join(words)
    found = []
    for match in _PATTERN.finditer(said):
        start = said.count(" ", 0, match.start())
        unit, times = _UNITS[(match["unit"] or match["next"] or match["following"]).removesuffix("s")]
        counted = match["count"] or "un"
        count = 1 if counted in ("un", "una") else CARDINALS.get(counted, 0)
        minutes = 30 if counted == "media" and times == 60 else count * times
        if minutes:
            end = start + len(match.group().split())
            found.append(Shift(start, end, unit, -minutes if match["earlier"] else minutes))
    return found
