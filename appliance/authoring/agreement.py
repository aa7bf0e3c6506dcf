"""Compares the facts of a draft: what is said twice, and where two sources give other figures for the same. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from appliance.authoring.draft import FactDraft
from appliance.language import Language

SAME = 0.7
"""Share of content words, figures aside, that two facts have in common where they say the same thing."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two facts that say the same thing, or that contradict each other."""

    kind: Literal["duplicate", "contradiction"]
    first: FactDraft
    second: FactDraft

    def __str__(self) -> str:
        verb = "says the same as" if self.kind == "duplicate" else "contradicts"
        return f"{self.second.sources[0]} {verb} {self.first.sources[0]}: {self.second.say!r} and {self.first.say!r}"


def pairs(facts: Sequence[FactDraft], language: Language) -> Iterator[Pair]:
    """Every pair of facts that say the same thing. They contradict each other where the figures differ, or what changes
    an answer (a negation, a day, a colour, a direction)."""
    read = [(fact, *_read(fact.say, language)) for fact in facts]
    for (first, words, decisive), (second, other_words, other_decisive) in itertools.combinations(read, 2):
        if not words or not other_words:
            continue
        common = len(words & other_words) / len(words | other_words)
        if common >= SAME:
            yield Pair("duplicate" if decisive == other_decisive else "contradiction", first, second)


def _read(say: str, language: Language) -> tuple[frozenset[str], frozenset[str]]:
    """Stems of the content words of a fact, and what decides an answer: its figures and critical words."""
    vocabulary, tokens = language.words, language.tokens(say)
    figures = language.numbers.figures(say)
    within = {at for figure in figures for at in range(figure.start, figure.end)}
    content = {
        word
        for at, word in enumerate(tokens)
        if at not in within and word[0].isalpha() and word not in vocabulary.FUNCTION_WORDS
    }
    critical = {word for word in tokens if word in vocabulary.CRITICAL}
    measures = {word for word in content if word in vocabulary.MEASURES}
    stems = frozenset(vocabulary.stem(word) for word in content - critical - measures)
    decisive = {min(figure.keys) for figure in figures if figure.keys} | critical
    return stems, frozenset(decisive)
