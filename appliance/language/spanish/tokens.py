"""Spanish words to compare, without accents. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from appliance.language.words import Tokens, fold, words_and_questions

tokens = Tokens(ordinal="[ºª]")
"""Cuts a text; "está" and "esta" are one."""

_CONTRACTED = {"al": "a el", "del": "de el"}
_FILLERS = re.compile(r"^(?:(?:eh|ehm|em|mm|pues|bueno)\b[, ]*)+", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")


def full_words(text: str) -> list[str]:
    """Lower-case words and question marks of a text, without accents; "al" is "a el"."""
    return expanded(words_and_questions(text))


def plain(text: str) -> str:
    """The full words of a text without question marks, with single spaces."""
    return " ".join(word for word in full_words(text) if word != "?")


def expanded(words: Iterable[str]) -> list[str]:
    """Words without accents, "al" and "del" written out."""
    return [part for word in words for part in _CONTRACTED.get(fold(word), fold(word)).split()]


def text_value(text: str) -> str:
    """A free answer as it was said, without fillers before it; an e-mail address alone where one is written."""
    text = _FILLERS.sub("", " ".join(text.split()))
    found = _ADDRESS.search(text)
    return found[0].rstrip(".") if found else text
