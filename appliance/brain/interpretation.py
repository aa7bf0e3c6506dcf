"""Asks the language model what the words mean, where neither the rules nor the retrieval are sure. Pure but for the
calls.

What the model writes is only searched for, and its judgement only adds to the retrieval's. So nothing that it says is
heard, and where it finds nothing the reply is the one that it would be without it. A model that is too slow here, or no
good at it, is not asked (``Interpreter.costs``).
"""

from __future__ import annotations

import math
from dataclasses import replace

from appliance.brain.knowledge import Entry, Hit
from appliance.brain.meaning import Meaning, is_about_subject
from appliance.brain.request import Request
from appliance.brain.state import ResponderState
from appliance.core.calibration import log_sum

CANDIDATES = 3
"""entries among which the model chooses"""

_SHORT = 6
"""most words of a line that may leave out what it is about"""

_LEAST = 1e-6
"""smallest probability that is reckoned with"""


def interpreted(request: Request, state: ResponderState, text: str, meant: Meaning | None) -> Meaning | None:
    """What words mean, with the help of the language model where ``meant`` is not sure."""
    if meant and meant.probability >= request.thresholds.accept:
        return meant
    judged = _judged(request, text, meant)
    if judged and judged.probability >= request.thresholds.accept:
        # A judgement is quicker than a completed line, and chooses among what the site has.
        return judged
    completed = _rewritten(request, state, text)
    contradicts = completed and judged is not meant and completed.entry in _others(judged)
    return judged if completed is None or contradicts else completed


def _others(judged: Meaning | None) -> list[Entry]:
    """The entries that a judgement put behind another. A completed line that means one of them contradicts it, and the
    visitor is asked."""
    return [hit.entry for hit in judged.hits[1:]] if judged else []


def _rewritten(request: Request, state: ResponderState, text: str) -> Meaning | None:
    """What a line means that the model completed, where the retrieval is then sure of it. Only a line that goes on with
    what was said before is completed: a model that is asked to complete a statement invents."""
    language = request.site.language
    goes_on = language.intents.follows_up(text) or len(text.split()) <= _SHORT
    if not state.topic.example or not goes_on:
        return None
    question = request.rewrite(text)
    if question is None or not _named_before(request, state, question):
        return None
    hits = tuple(request.search(question))
    if not hits or hits[0].probability < request.thresholds.accept:
        return None
    return Meaning(question, hits) if is_about_subject(request, state, text, hits[0].entry) else None


def _named_before(request: Request, state: ResponderState, question: str) -> bool:
    """Whether all that a question names was said in the last exchange or asks for its topic."""
    words = request.site.language.words
    said = [request.text, state.topic.question, state.topic.example, state.topic.thing, state.said]
    said += [message.content for message in request.history[-2:]]
    known = {words.stem(word) for text in said for word in words.content_words(text)}
    return {words.stem(word) for word in words.content_words(question)} <= known | {
        words.stem(word) for word in words.PHRASING
    }


def _judged(request: Request, text: str, meant: Meaning | None) -> Meaning | None:
    """The meaning with the probabilities of the retrieval and of the model together, where the retrieval would ask
    back."""
    guess = meant.guess() if meant else None
    if meant is None or guess is None or guess.probability < request.thresholds.ask:
        return meant
    among = meant.guesses[:CANDIDATES]
    opinion = request.judge(text, [hit.entry.asks[0] for hit in among])
    if not opinion:
        return meant
    rest = 1 - sum(hit.probability for hit in among)
    logs = [math.log(max(_LEAST, p)) for p in (*(hit.probability for hit in among), rest)]
    joint = [log + told for log, told in zip(logs, opinion, strict=True)]
    whole = log_sum(joint)
    weighed = [Hit(hit.entry, math.exp(log - whole)) for hit, log in zip(among, joint, strict=False)]
    return replace(meant, hits=tuple(sorted(weighed, key=lambda hit: -hit.probability)))
