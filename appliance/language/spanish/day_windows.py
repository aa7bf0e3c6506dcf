"""Spans of days in Spanish: "la semana que viene", "en diciembre", "después del lunes". Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from appliance.language.day_windows import Rule, Span, SpanMatch, month, month_ahead, third, week
from appliance.language.day_windows import find_window as _find
from appliance.language.found import DayWindow
from appliance.language.marked_words import AT
from appliance.language.spanish.dates import MONTHS, find_dates

_MONTH = rf"(?P<month>{'|'.join(MONTHS)})"
_PERIOD = (
    r"(?P<period>(?:(?:esta|la proxima|la siguiente) semana|la semana (?:que viene|proxima|siguiente)|"
    r"(?:este|el proximo) mes|el mes (?:que viene|proximo)))"
)
_PART = r"(?P<part>(?:a )?(?:principios|comienzos|mediados|finales) de )?"
_THIRDS = {"principios": 0, "comienzos": 0, "mediados": 1, "finales": 2}


def _period(hit: SpanMatch) -> Span:
    named = hit.match.groupdict()
    period = named.get("period") or ""
    if name := named.get("month"):
        whole = month(hit.today, MONTHS[name])
    elif "mes" in period.split():
        whole = month_ahead(hit.today, int("este" not in period))
    else:
        whole = week(hit.today, int("esta" not in period))
    part = (named.get("part") or "").removeprefix("a ").split()
    return third(whole, _THIRDS[part[0]]) if part else whole


_OF = r"(?:de |del )(?:el )?"
_THE = r"(?:el |del )?"
RULES: tuple[Rule, ...] = (
    (rf"entre {_THE}{AT} y {_THE}{AT}", lambda hit: (min(hit.days), max(hit.days))),
    (rf"no antes {_OF}{AT}|(?:a partir {_OF}|desde {_THE}){AT}", lambda hit: (hit.days[0], None)),
    (rf"despues {_OF}{AT}", lambda hit: (hit.days[0] + timedelta(1), None)),
    (rf"antes {_OF}{AT}", lambda hit: (None, hit.days[0] - timedelta(1))),
    (rf"hasta {_THE}{AT}", lambda hit: (None, hit.days[0])),
    (rf"{_PART}(?:en |de )?{_PERIOD}", _period),
    (rf"(?:{_PART}|(?:en|durante) ){_MONTH}", _period),
)
_DENIED = r"(?:(?:no|menos|excepto|salvo)(?: (?:puedo|puede|ser|en|quiero))* )"
_UNSUITED = r" (?:no (?:puedo|me viene bien|es posible)|me viene mal|estoy (?:fuera|de viaje|de vacaciones))\b"
_OPEN = re.compile(r"\b(?:cualquier dia|cuando sea|algun dia)\b")


def find_window(words: Sequence[str], now: datetime) -> DayWindow | None:
    """The span of days that tokens name, or None."""
    return _find(words, find_dates(words, now), now.date(), RULES, _DENIED, _UNSUITED)


def leaves_open(words: Sequence[str]) -> bool:
    """Whether any day of a span will do."""
    return bool(_OPEN.search(" ".join(words)))
