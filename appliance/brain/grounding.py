"""Checks that a reply says only what its sources say, so that a language model of any size may phrase it.

A clause is *grounded* when every figure, weekday, month, colour, direction and name in it, and every other word with
content, occurs in the sources: the facts used, a tool's result, the visitor's own words. Figures and times are
compared by meaning ("half past ten" and 10:30), words by their stems. A handful of words that only phrase
("located", "costs") need no source. A refusal that the facts do not contain ("not", "no") is as serious as a figure,
and so is its opposite ("yes"). A figure keeps its unit: "two dollars" is neither "two euros" nor "two minutes". A word
in another script, and a mark that is read aloud, is said only if a source writes it.

Clauses are checked one by one, so a reply can be spoken while it is still being written. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
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
                measured |= {(key, unit) for key in figure.keys for unit in _units(said, figure, language)}
            words.update(said)
            written.update(_foreign(text))
        stems = frozenset(language.words.stem(word) for word in words)
        return cls(language, frozenset(keys), frozenset(words), stems, frozenset(measured), frozenset(written))


def _units(words: Sequence[str], figure: Figure, language: Language) -> set[str]:
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


def _foreign(text: str) -> list[str]:
    """Words with letters that plain English does not use, and marks that it does not use, in lower case."""
    words = [word.casefold() for word in _LETTERS.findall(text) if not word.isascii()]
    marks = [mark for mark in text if not mark.isalnum() and mark not in _PLAIN_MARKS]
    return words + marks


def ungrounded(clause: str, sources: Sources) -> list[str]:
    """The parts of a clause that have no source. The list is empty when the clause may be said."""
    language = sources.language
    vocabulary, words = language.words, language.tokens(clause)
    missing: list[str] = [word for word in _foreign(clause) if word not in sources.written]
    covered: set[int] = set()
    for figure in language.numbers.figures(clause):
        covered.update(range(figure.start, figure.end))
        said = words[figure.start : figure.end]
        pronoun = said == ["one"] and words[figure.start - 1 : figure.start] in (["no"], ["that"], ["this"], ["which"])
        if pronoun:
            continue
        known = figure.keys & sources.figures
        units = _units(words, figure, language)
        if not known or any(not {(key, unit) for key in known} & sources.measured for unit in units):
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


def covers(reply: str, fact: str, language: Language, asked: str = "", least: float = 0.6) -> bool:
    """Whether a reply says what the fact says: all its figures, and at least the share ``least`` of those of its
    content words that the visitor did not say already."""
    words, said = language.words, Sources.of([reply], language)
    if any(not figure.keys & said.figures for figure in language.numbers.figures(fact)):
        return False
    asked_stems = {words.stem(word) for word in words.content_words(asked)}
    wanted = [words.stem(word) for word in words.content_words(fact)]
    new = [word for word in wanted if word not in asked_stems] or wanted
    critical = [word for word in words.content_words(fact) if word in words.CRITICAL]
    if any(word not in said.words for word in critical):
        return False
    if not new:
        return True
    return sum(word in said.stems for word in new) >= least * len(new)


def degenerate(text: str, language: Language) -> bool:
    """Whether a text loops: the same three words three times, or one word four times running."""
    words = language.tokens(text)
    triples = Counter(tuple(words[at : at + 3]) for at in range(len(words) - 2))
    if any(count > 2 for count in triples.values()):
        return True
    return any(len(set(words[at : at + 4])) == 1 for at in range(len(words) - 3))
