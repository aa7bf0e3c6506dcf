"""Which entry the visitor's words mean, alone or after what was answered last. Pure up to the search."""

from __future__ import annotations

from appliance.brain.knowledge import Entry, Hit
from appliance.brain.request import Request
from appliance.brain.state import ResponderState


def best(request: Request, state: ResponderState, text: str) -> Hit | None:
    """What was most probably meant, alone or as a continuation of what was answered last."""
    language, accept = request.site.language, request.thresholds.accept
    hits = list(request.search(text))[:1]
    if not state.topic or not language.intents.follows_up(text):
        return max(hits, key=lambda hit: hit.probability, default=None)
    full = language.questions.with_subject(text, state.subject)
    if full is not None:
        # "It" is what was talked about, whatever else the rest of the words would find.
        named = list(request.search(full))[:1]
        if named and named[0].probability >= accept:
            return named[0]
        hits += named
    elif hits and hits[0].probability >= accept and not language.intents.goes_on(text):
        return hits[0]
    hits += list(request.search(f"{state.topic} {text}"))[:1]
    return max(hits, key=lambda hit: hit.probability, default=None)


def alternative(request: Request, hit: Hit, text: str) -> Entry | None:
    """What is likely to be meant once ``hit`` turned out not to be."""
    needed = request.thresholds.ask_alternative * (1 - hit.probability)
    for other in request.search(text):
        if other.entry is not hit.entry and other.entry.asks:
            return other.entry if other.probability >= needed else None
    return None


def has_content(request: Request, text: str) -> bool:
    """Whether more was said than yes or no, or that one does not know."""
    words = request.site.language.words
    empty = words.ANSWERING | words.PHRASING | words.NEGATIONS
    return any(word not in empty for word in words.content_words(text))
