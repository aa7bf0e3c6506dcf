"""Finds the entry that the visitor's words mean, alone or as a continuation of the last answer. Pure but for the
search."""

from __future__ import annotations

from appliance.brain.knowledge import Entry, Hit
from appliance.brain.request import Request
from appliance.brain.state import ResponderState


def best(request: Request, state: ResponderState, text: str) -> Hit | None:
    """The entry that was most probably meant, by the words alone or as a continuation of the last answer."""
    language, accept = request.site.language, request.thresholds.accept
    hits = list(request.search(text))[:1]
    if not state.topic or not language.intents.follows_up(text):
        return max(hits, key=lambda hit: hit.probability, default=None)
    full = language.questions.with_subject(text, state.subject)
    if full is not None:
        # "It" refers to the last topic, even where the other words alone would find another entry.
        named = list(request.search(full))[:1]
        if named and named[0].probability >= accept:
            return named[0]
        hits += named
    elif hits and hits[0].probability >= accept and not language.intents.goes_on(text):
        return hits[0]
    hits += list(request.search(f"{state.topic} {text}"))[:1]
    return max(hits, key=lambda hit: hit.probability, default=None)


def alternative(request: Request, hit: Hit, text: str) -> Entry | None:
    """The entry that was probably meant if it was not that of ``hit``."""
    needed = request.thresholds.ask_alternative * (1 - hit.probability)
    for other in request.search(text):
        if other.entry is not hit.entry and other.entry.asks:
            return other.entry if other.probability >= needed else None
    return None


def has_content(request: Request, text: str) -> bool:
    """Whether the visitor said more than yes, no or "I don't know"."""
    words = request.site.language.words
    empty = words.ANSWERING | words.PHRASING | words.NEGATIONS
    return any(word not in empty for word in words.content_words(text))
