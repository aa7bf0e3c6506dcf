"""Finds the entry that the visitor's words mean, alone or as a continuation of what was said before. Pure but for the
search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from appliance.brain.knowledge import Entry, Hit
from appliance.brain.request import Request
from appliance.brain.state import ResponderState


@dataclass(frozen=True, slots=True)
class Meaning:
    """What words mean, in the retrieval's judgement."""

    question: str
    """the complete question that they stand for"""
    hits: Sequence[Hit]
    """entries that answer it, best first; at least one"""

    @property
    def entry(self) -> Entry:
        return self.hits[0].entry

    @property
    def probability(self) -> float:
        return self.hits[0].probability

    def guess(self) -> Hit | None:
        """The most probable entry that can be asked about. It is never asked whether small talk was meant."""
        return next((hit for hit in self.hits if hit.entry.asks and hit.entry.kind != "talk"), None)

    def alternative(self, guess: Hit, least: float) -> Entry | None:
        """The entry that was probably meant if it was not ``guess``; ``least`` is the probability that it needs."""
        for hit in self.hits:
            if hit.entry is not guess.entry and hit.entry.asks and hit.entry.kind != "talk":
                return hit.entry if hit.probability >= least * (1 - guess.probability) else None
        return None


def understood(request: Request, state: ResponderState, text: str) -> Meaning | None:
    """What the words mean: the first reading that the retrieval is sure of, or the one that it holds most probable.
    None where it finds nothing."""
    found: list[Meaning] = []
    for reading in _readings(request, state, text):
        hits = tuple(request.search(reading))
        if not hits:
            continue
        meaning = Meaning(reading, hits)
        if meaning.probability >= request.thresholds.accept:
            return meaning
        found.append(meaning)
    return max(found, key=lambda meaning: meaning.probability, default=None)


def _readings(request: Request, state: ResponderState, text: str) -> Iterator[str]:
    """Yield the questions that the words may stand for, in the order in which they are tried."""
    language, topic = request.site.language, state.topic
    whole = language.follow_ups.complete(text, topic)
    # "It" refers to the last topic, even where the other words alone would find another entry.
    yield from whole
    yield text
    if not whole and topic.example and language.intents.follows_up(text):
        yield f"{topic.example} {text}"


def has_content(request: Request, text: str) -> bool:
    """Whether the visitor said more than yes, no or "I don't know"."""
    words = request.site.language.words
    empty = words.ANSWERING | words.PHRASING | words.NEGATIONS
    return any(word not in empty for word in words.content_words(text))
