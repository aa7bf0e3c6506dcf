"""Words of any script: "Müller", "Núñez" and "人" are words. Pure.

``plain_words`` are what a recogniser would write. ``Tokens`` are what rules compare: words without case and accents
that remember how they were written, figures and marks. What a language writes in its own way ("p.m.", "2nd") it says
to ``Tokens``; everything else is the same for all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ´`′", "'"))
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_WORD_OR_QUESTION_MARK = re.compile(rf"{_WORD.pattern}|[?？]")


def plain_words(text: str) -> list[str]:
    """Lower-case words and digits of a text, with inner apostrophes; everything else divides."""
    return _WORD.findall(text.lower().translate(_APOSTROPHES))


def words_and_questions(text: str) -> list[str]:
    """The same, with "?" wherever a question ends."""
    return [
        "?" if word == "？" else word for word in _WORD_OR_QUESTION_MARK.findall(text.lower().translate(_APOSTROPHES))
    ]


# --- words to compare -------------------------------------------------------------------------------------------------

_ACCENTS = re.compile("[\u0300-\u036f]")
_TWO_LETTERS = {ord(k): v for k, v in {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe"}.items()}
_TWO_LETTERS |= {ord("þ"): "th", ord("ı"): "i"}


class Word(str):
    """A word as it is compared, which remembers how it was written: "nunez", written "Núñez"."""

    __slots__ = ("written",)
    written: str

    def __new__(cls, compared: str, written: str) -> Word:
        word = super().__new__(cls, compared)
        word.written = written
        return word


def written(word: str) -> str:
    """How a token was written."""
    return word.written if isinstance(word, Word) else word


def fold(word: str) -> str:
    """A word in lower case and without accents, to compare with."""
    word = word.lower()
    if word.isascii():
        return word
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", word.translate(_TWO_LETTERS)))
    return unicodedata.normalize("NFC", plain).replace(" ", "") or word


_VULGAR = {"½": "1/2", "¼": "1/4", "¾": "3/4"}


class _Plain(dict[int, str]):
    """For ``str.translate``: letters of every script, currency signs and decimal digits stay, the rest is a blank."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if code < 128 or char in "€£" or char.isalpha() or unicodedata.category(char)[0] == "M":
            kept = char
        elif char in _VULGAR:
            kept = f" {_VULGAR[char]} "
        elif char in "’ʼ‘`´":
            kept = "'"
        elif char == "−":
            kept = "-"
        elif char.isdecimal():
            kept = str(unicodedata.decimal(char))
        else:
            kept = " "
        self[code] = kept
        return kept


_PLAIN = _Plain({ord(char): "'" for char in "’ʼ‘´"})

_LETTER = "[A-Za-zªµºÀ-₫₭-\U0010ffff]"
"""Every letter: ``_Plain`` has removed what is beyond ASCII and no letter, but for the signs of currencies."""

Rewriting = tuple[re.Pattern[str], str]
"""What a language writes in its own way, and how it is compared"""


class Tokens:
    """Cuts a text of one language into words to compare, figures, currency signs and marks."""

    def __init__(self, rewritten: Sequence[Rewriting] = (), ordinal: str = "") -> None:
        """``ordinal``: a pattern of what follows the figures of an ordinal number, as in "2nd"."""
        self._rewritten = tuple(rewritten)
        ordinals = rf"\d+(?:{ordinal})\b|" if ordinal else ""
        self._token = re.compile(
            r"\d{4}-\d{2}-\d{2}(?!\d)|\d{4}/\d{1,2}/\d{1,2}(?!\d)|\d{1,2}/\d{1,2}(?:/(?:\d{4}|\d{2}))?(?![\d/])|"
            r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|"
            rf"{ordinals}\d+(?:[:.]\d+)*|{_LETTER}+(?:'{_LETTER}+)*|[$€£%]|[.,;:!?]",
            re.IGNORECASE,
        )

    def __call__(self, text: str) -> list[str]:
        """What was written otherwise than it is compared is a ``Word``; one that a hyphen joins to the next keeps it
        (``written``)."""
        if not text.isascii():
            text = unicodedata.normalize("NFC", text).translate(_PLAIN)
        for pattern, replacement in self._rewritten:
            text = pattern.sub(replacement, text)
        found: list[str] = []
        for match in self._token.finditer(text):
            word = match[0]
            compared = fold(word)
            end = match.end()
            if word[0].isalpha() and text[end : end + 1] == "-" and text[end + 1 : end + 2].isalpha():
                word += "-"
            found.append(compared if compared == word else Word(compared, word))
        return found
