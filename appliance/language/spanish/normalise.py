"""How a written Spanish text is said. Pure."""

from __future__ import annotations

import re

from appliance.language.spanish.numbers import say_cardinal

MEASURED = "El veloz murciélago hindú comía feliz cardillo y kiwi, y la cigüeña tocaba el saxofón detrás del palenque."
"""Gives a voice its gain; all common sounds of Spanish occur in it."""

_SHORT = {
    **{"sr.": "señor", "sra.": "señora", "srta.": "señorita", "dr.": "doctor", "dra.": "doctora", "avda.": "avenida"},
    **{"núm.": "número", "tel.": "teléfono", "ud.": "usted", "etc.": "etcétera", "pág.": "página"},
    **{"€": "euros", "%": "por ciento", "&": "y", "+": "más", "=": "igual a", "°": "grados"},
}
_TIME = re.compile(r"(\d{1,2})[:.](\d{2})")
_PRICE = re.compile(r"(\d{1,6})(?:,(\d{2}))? ?€")
_NUMBER = re.compile(r"\d{1,6}")
_MARKS = re.compile(r"^([(\"'¿¡]*)(.*?)([)\"',;:!?…]*)$", re.DOTALL)


def spoken(text: str) -> list[tuple[str, str]]:
    """Pairs of (written word, its spoken form) of ``text`` split at white space, in order."""
    return [(word, _said(word)) for word in text.split()]


def _said(word: str) -> str:
    if word.lower() in _SHORT:
        return _SHORT[word.lower()]
    match = _MARKS.match(word)
    before, core, after = match.groups() if match else ("", word, "")
    stop = "." if core.endswith(".") and core.lower() not in _SHORT else ""
    return before + _core(core.removesuffix(stop)) + stop + after


def _core(core: str) -> str:
    if core.lower() in _SHORT:
        return _SHORT[core.lower()]
    time = _TIME.fullmatch(core)
    if time and int(time[1]) < 24 and int(time[2]) < 60:
        minutes = int(time[2])
        return say_cardinal(int(time[1])) + (f" y {say_cardinal(minutes)}" if minutes else "")
    price = _PRICE.fullmatch(core)
    if price:
        cents = f" con {say_cardinal(int(price[2]))}" if price[2] and int(price[2]) else ""
        return f"{say_cardinal(int(price[1]))} euros{cents}"
    if _NUMBER.fullmatch(core):
        return say_cardinal(int(core))
    return core


def spelled_out(text: str) -> str:
    """A text as an ear hears it, numbers in words."""
    said = " ".join(form for _, form in spoken(text))
    return _NUMBER.sub(lambda digits: f" {say_cardinal(int(digits[0]))} ", said)
