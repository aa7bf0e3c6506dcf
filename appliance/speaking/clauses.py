"""Splits a reply's text into clauses to speak.

The voice starts after the first clause, so that one ends at the first comma. Later ones are longer, because a voice
sounds better when it sees more of a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from appliance.language import Language

_STRONG = re.compile(r"(?<![.!?…])[.!?…]++[\"')\]]*+(?=\s|$)")
_ANYTHING = re.compile(r"\S")
_WEAK = re.compile(r"[,;:](?=\s|$)|[–—](?=\s(?![A-Z\d])|$)")
"""A dash before a figure or a name may be one of a range: "9 a.m. – 5 p.m."."""
_TWO_WORDS = re.compile(r"\s*\S+\s+\S")

_FIRST_WORDS = 3
"""Words of the shortest first clause. A shorter one would be over before the next is ready."""

_LONGEST_WORDS = 24
"""Words from which a later clause is cut at a comma, so that an interruption wastes little synthesis."""


def split(pieces: Iterable[str], language: Language) -> Iterator[str]:
    """Clauses of a stream of text pieces, as early as they are certain. White space is normalised."""
    buffer = ""
    first = True
    for piece in pieces:
        buffer += piece
        while (cut := _cut(buffer, first, language, final=False)) is not None:
            clause, buffer = buffer[:cut], buffer[cut:]
            yield _tidy(clause)
            first = False
    while (cut := _cut(buffer, first, language, final=True)) is not None:
        clause, buffer = buffer[:cut], buffer[cut:]
        yield _tidy(clause)
        first = False
    if _tidy(buffer):
        yield _tidy(buffer)


def _cut(text: str, first: bool, language: Language, *, final: bool) -> int | None:
    """Where the first clause of ``text`` ends; None while that is not certain."""
    for match in _STRONG.finditer(text):
        # A full stop is only certain when something follows: "3." may become "3.50", "dr." a name.
        if not final and not _ANYTHING.search(text, match.end()):
            return None
        if language.sentences.ends_sentence(text, match.end()):
            weak = _weak(text, match.start(), first)
            return weak if weak is not None else match.end()
    return _weak(text, len(text), first)


def _weak(text: str, end: int, first: bool) -> int | None:
    least = _FIRST_WORDS if first else _LONGEST_WORDS
    words, at = 0, 0
    for match in _WEAK.finditer(text, 0, end):
        words += len(text[at : match.end()].split())
        at = match.end()
        # What remains must be worth a clause of its own.
        if words >= least and at < end and _TWO_WORDS.match(text, at, end):
            return at
    return None


def _tidy(text: str) -> str:
    return " ".join(text.split())
