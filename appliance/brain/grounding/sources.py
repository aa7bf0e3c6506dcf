"""Checks that every word of a text has a source. Pure.

A text is *grounded* when every figure, weekday, month, colour, direction and name in it, and every other word with
content, occurs in the sources. Figures and times are
compared by meaning ("half past ten" and 10:30), words by their stems. A handful of words that only phrase
("located", "costs") need no source. A refusal that the facts do not contain ("not", "no") is as serious as a figure,
and so is its opposite ("yes"). A figure keeps its unit: "two dollars" is neither "two euros" nor "two minutes". A word
in another script, and a mark that is read aloud, is said only if a source writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from appliance.language import Language
from appliance.language.found import Figure


@dataclass(frozen=True)
class Sources:
    """The words and figures that a reply may use."""

    language: Language
    figures: frozenset[str]
    words: frozenset[str]
    """every word as it stands"""
    stems: frozenset[str]
    measured: frozenset[tuple[str, str]] = frozenset()
    """keys of figures with their units"""
    written: frozenset[str] = field(default_factory=frozenset)
    """words and marks beyond plain English letters, as they are written"""

    @classmethod
    def of(cls, texts: Iterable[str], language: Language) -> Sources:
        keys: set[str] = set()
        words: set[str] = set()
        measured: set[tuple[str, str]] = set()
        written: set[str] = set()
        for text in texts:
            said = language.tokens(text)
            for figure in language.numbers.figures(text):
                keys |= figure.keys
                measured |= {(key, unit) for key in figure.keys for unit in units(said, figure, language)}
            words.update(said)
            written.update(foreign(text, language))
        stems = frozenset(language.words.stem(word) for word in words)
        return cls(language, frozenset(keys), frozenset(words), stems, frozenset(measured), frozenset(written))


def units(words: Sequence[str], figure: Figure, language: Language) -> set[str]:
    """Units of a figure: a sign before it, a word within or after it ("two dollars fifty", "5 %", "ten per cent")."""
    before = words[figure.start - 1] if figure.start else ""
    within = [before] if before in ("$", "€", "£") else []
    # "Two dollars fifty" is one figure, and "second" one without a unit.
    within += [word for word in words[figure.start : figure.end] if word != "second"]
    after = list(words[figure.end : figure.end + 2])
    if after == ["per", "cent"]:
        return {"percent"}
    measures = language.words.MEASURES
    return {measures[word] for word in (*within, *after[:1]) if word in measures}


_PLAIN_MARKS = frozenset(".,;:!?'\"’‘“”()-–—/&$€£% \t\n\u00a0")
_LETTERS = re.compile(r"[^\W\d_]+")


def foreign(text: str, language: Language) -> list[str]:
    """Words with letters that the language does not use, and marks that it does not use, in lower case."""
    own = language.statements.LETTERS
    words = [
        word for word in map(str.casefold, _LETTERS.findall(text)) if not all(c.isascii() or c in own for c in word)
    ]
    marks = [mark for mark in text if not mark.isalnum() and mark not in _PLAIN_MARKS and mark not in own]
    return words + marks


def ungrounded(clause: str, sources: Sources) -> list[str]:
    """The parts of a clause that have no source. The list is empty when the clause may be said."""
    language = sources.language
    vocabulary, words = language.words, language.tokens(clause)
    missing: list[str] = [word for word in foreign(clause, language) if word not in sources.written]
    covered: set[int] = set()
    for figure in language.numbers.figures(clause):
        covered.update(range(figure.start, figure.end))
        said = words[figure.start : figure.end]
        pronoun = said == ["one"] and words[figure.start - 1 : figure.start] in (["no"], ["that"], ["this"], ["which"])
        if pronoun:
            continue
        known = figure.keys & sources.figures
        measures = units(words, figure, language)
        if not known or any(not {(key, unit) for key in known} & sources.measured for unit in measures):
            missing.append(" ".join(said))
    for at, word in enumerate(words):
        if at in covered or not word[0].isalpha() or word in sources.words:
            continue
        if word in vocabulary.CRITICAL or word in vocabulary.AFFIRMING:
            missing.append(word)
        elif word in vocabulary.FUNCTION_WORDS or (word in vocabulary.PHRASING and word not in vocabulary.ASSERTING):
            continue
        elif vocabulary.stem(word) not in sources.stems:
            missing.append(word)
    return missing
