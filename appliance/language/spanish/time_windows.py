"""Spans of the day in Spanish: "por la tarde", "después de las tres", "no muy temprano", "algo más tarde". Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time

from appliance.language.found import TimeWindow
from appliance.language.marked_words import AT
from appliance.language.spanish.dates import find_times
from appliance.language.time_windows import WindowRules
from appliance.language.time_windows import find_window as _find

_NOON, _BEFORE_NOON, _EVENING = time(12), time(11, 59), time(20)
_AT = rf"(?:las |la |el )?{AT}"
_OF_DAY = r"(?:(?:por|en|de|a) la )"
_MERELY = r"(?:quiero |quisiera |necesito |mejor |algo |por favor )*"
_SUITS = r"(?: por favor| si (?:puede ser|es posible))*"

ASKS_FOR = re.compile(r"\b(?:tiene[ns]?|hay|algo|nada|posible|libre|hueco|puede ser)\b")
RULES = WindowRules(
    between=rf"(?:entre|de|desde) {_AT} (?:y|a|hasta) {_AT}",
    just_before=rf"(?:justo|poco) antes de (?:la |las )?{AT}",
    last=r"lo mas tarde (?:posible|que pueda|que tenga)|"
    r"la ultima (?:hora |cita )?(?:del dia|libre|posible|que (?:tenga|haya))",
    bounds=(
        ("from", rf"(?:trabajo|trabajando|ocupad[oa]|salgo) (?:hasta|a) {_AT}"),
        ("from", rf"(?:despues de|a partir de|desde|pasadas) {_AT}"),
        ("until", rf"(?:antes de|hasta|como muy tarde a) {_AT}"),
        ("from", rf"{_AT} (?:o (?:mas tarde|despues)|como (?:muy )?pronto|en adelante)\b"),
        ("until", rf"{_AT} (?:o (?:mas temprano|antes)|como (?:muy )?tarde)\b"),
    ),
    parts=(
        (r"a primera hora(?: de la manana)?|temprano por la manana", None, time(10)),
        (r"a ultima hora de la manana", time(10, 30), _BEFORE_NOON),
        (r"antes de(?:l trabajo| trabajar|l colegio)", None, time(9)),
        (r"antes de comer", None, time(14)),
        (r"despues de comer|a primera hora de la tarde", time(14), time(17)),
        (r"a ultima hora(?: de la tarde| del dia)?", time(17), None),
        (r"despues del (?:trabajo|colegio)|despues de trabajar", time(17), None),
        (r"(?:al|a) (?:mediodia|medio dia)", _NOON, time(15)),
        (rf"{_OF_DAY}manana|las mananas", None, _BEFORE_NOON),
        (rf"{_OF_DAY}tarde|las tardes", _NOON, _EVENING),
        (rf"{_OF_DAY}noche|las noches|esta noche", _EVENING, None),
    ),
    vague=(
        (r"no (?:muy|tan|demasiado) (?:temprano|pronto)", "later", time(10)),
        (r"no (?:muy|tan|demasiado) tarde", "earlier", time(17)),
    ),
    denied=r"(?:(?:no|nunca|excepto|menos|sin)(?: (?:puedo|puede ser|quiero|nada|ir|venir|por))* )",
    unsuited=r" (?:no (?:puedo|me viene bien|es posible|me va bien)|me (?:viene|va|vienen|van) mal)\b",
    alone=((rf"{_MERELY}(?:temprano|pronto){_SUITS}", None, time(10)), (rf"{_MERELY}tarde{_SUITS}", time(17), None)),
    than=(
        ("later", r"(?:algo |un poco |mucho )?mas tarde|(?<!no )(?:demasiado|muy) (?:temprano|pronto)"),
        ("earlier", r"(?:algo |un poco |mucho )?mas (?:temprano|pronto)|(?<!no )(?:demasiado|muy) tarde"),
    ),
)


def find_window(words: Sequence[str], now: datetime) -> TimeWindow | None:
    """The span of the day that tokens name, or None; of several, what they have in common."""
    return _find(words, find_times(words, True, now), RULES)
