"""The sentences of facts, and the parts of a reply that may rest on one of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.brain.grounding.reading import Reading, Term
from appliance.language import Language


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of a fact."""

    fact: int
    """number of the fact"""
    reading: Reading
    about: frozenset[str]
    """stems of what the fact is about: the words that begin its sentences, and names in the others"""
    elsewhere: frozenset[str] = frozenset()
    """stems of the other words of the fact"""


def statements(facts: Sequence[str], language: Language) -> list[Statement]:
    """The sentences of facts, in order."""
    found: list[Statement] = []
    for number, fact in enumerate(facts):
        readings = [Reading.of(sentence, language) for sentence in language.sentences.sentences(fact) if sentence]
        topics = frozenset[str]().union(*(reading.topic for reading in readings))
        for reading in readings:
            names = (other.names for other in readings if other is not reading)
            others = frozenset(
                term.stem for other in readings if other is not reading for term in other.terms if not term.critical
            )
            found.append(Statement(number, reading, topics.union(*names), others))
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """Parts ``start`` to ``end`` (exclusive) of a reply's sentence."""

    reading: Reading
    start: int
    end: int

    @property
    def terms(self) -> tuple[Term, ...]:
        return tuple(term for term in self.reading.terms if self.start <= term.part < self.end)

    @property
    def modals(self) -> frozenset[str]:
        return frozenset[str]().union(*(part.modals for part in self.reading.parts[self.start : self.end]))

    @property
    def limits(self) -> frozenset[str]:
        return frozenset[str]().union(*(part.limits for part in self.reading.parts[self.start : self.end]))

    @property
    def negations(self) -> bool:
        return any(part.negations for part in self.reading.parts[self.start : self.end])
