"""Where a Spanish sentence ends. Pure."""

from __future__ import annotations

import re

_ABBREVIATIONS = frozenset(
    "sr. sra. srta. d. dña. dr. dra. prof. avda. av. c. n. núm. pág. tel. ud. uds. etc. aprox.".split()
)
_GAP = re.compile(r"(?<=[.!?…])\s+")
_LOOK_BACK = 60
"""most characters of a text that are looked at before a mark"""


def ends_sentence(text: str, end: int) -> bool:
    """Whether the full stop, or other strong mark, before ``end`` ends a sentence. An abbreviation's does not, but at
    the end of the text."""
    if not text[end:].strip():
        return True
    word = (text[max(0, end - _LOOK_BACK) : end].split() or [""])[-1].lstrip("(¿¡\"'")
    return word.lower() not in _ABBREVIATIONS and not re.fullmatch(r"[A-ZÁÉÍÓÚÑ]\.", word)


def sentences(text: str) -> list[str]:
    """A text cut into its sentences."""
    text = text.strip()
    found: list[str] = []
    begin = 0
    for gap in _GAP.finditer(text):
        if ends_sentence(text, gap.start()):
            found.append(text[begin : gap.start()])
            begin = gap.end()
    return [*found, text[begin:]]
