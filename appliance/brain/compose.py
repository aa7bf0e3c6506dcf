"""The composed route: a language model words the facts that were found, and each of its sentences is checked.

A sentence that passes is spoken at once. At the first that does not pass, the model is stopped, as early as its words
show it, and the sentences of the facts that were not said yet are said as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from appliance.brain.grounding.check import Check
from appliance.brain.request import Answer
from appliance.config.site import Site
from appliance.core.facts import Message, Outcome
from appliance.core.ports import Session
from appliance.core.turn import Turn
from appliance.language import Language

COMPOSED_ROUTE = "composed"
"""route of a reply that holds words of the model's"""

_MAX_TOKENS = 120
"""The most tokens that the model may write to put facts into other words."""

_STRONG = re.compile(r"[.!?…]+[\"')\]]*(?=\s)")


def compose(
    answer: Answer,
    model: Session,
    before: Sequence[Message],
    site: Site,
    turn: Turn,
) -> Iterator[str | Outcome]:
    """Yield sentences of the answer as soon as they are checked, and last its ``Outcome``. ``before`` is the system
    prompt and the conversation so far. The iterator ends early, without an outcome, once ``turn`` is cancelled."""
    language, question = site.language, answer.question or ""
    facts = answer.facts or (answer.text,)
    check = Check(facts, question, names(site), language)
    prompt = [*before, Message("user", question), Message("facts", "\n".join(f"fact: {fact}" for fact in facts))]
    route, failed = answer.outcome.route, False
    for sentence, whole in written(model.generate(prompt, turn, max_tokens=_MAX_TOKENS), check, language):
        if turn.cancelled:
            return
        # What is not whole was stopped, or ran into the limit.
        checked = check.sentence(spoken_case(sentence, " ".join(facts), language)) if whole else None
        if checked is None or checked.fault:
            failed = True
            break
        if checked.spoken:
            route = COMPOSED_ROUTE
            yield f"{_ended(checked.spoken)} "
    if turn.cancelled:
        return
    unsaid = check.unsaid(failed=failed)
    if unsaid:
        yield " ".join(unsaid)
    if answer.then:
        yield answer.then
    yield replace(answer.outcome, route=route, replaced=bool(unsaid))


def names(site: Site) -> tuple[str, ...]:
    """What a reply may say of the site and of itself without a fact."""
    return site.name, site.persona.name, site.persona.role


def written(pieces: Iterable[str], check: Check, language: Language) -> Iterator[tuple[str, bool]]:
    """Sentences of a stream of pieces, as early as they are certain, and whether each is whole. The first that cannot
    pass whatever follows is given as far as it was written, and the stream is left."""
    begun, count = "", 0
    for piece in pieces:
        begun, count = begun + piece, count + 1
        while (end := _end(begun, language)) is not None:
            yield begun[:end].strip(), True
            begun = begun[end:]
        if check.hopeless(begun):
            yield begun.strip(), False
            return
    if begun.strip():
        yield begun.strip(), count < _MAX_TOKENS or begun.rstrip()[-1] in ".!?"


def _end(text: str, language: Language) -> int | None:
    """Where the first sentence ends; None while that is not certain."""
    for mark in _STRONG.finditer(text):
        if not text[mark.end() :].strip():
            return None
        if language.sentences.ends_sentence(text, mark.end()):
            return mark.end()
    return None


def _ended(sentence: str) -> str:
    return f"{sentence}." if sentence[-1].isalnum() else sentence


def spoken_case(sentence: str, fact: str, language: Language) -> str:
    """Give the words of a sentence the capitals that they have in the fact. A small model writes lower case, and logs,
    screens and the voice need the capitals."""
    inner = [word.strip(".,;:!?") for sentence in language.sentences.sentences(fact) for word in sentence.split()[1:]]
    capitals = {word.lower(): word for word in inner if word != word.lower()}
    words = [
        capitals[bare] + word[len(bare) :] if (bare := word.strip(".,;:!?")) and bare in capitals else word
        for word in sentence.split()
    ]
    spoken = " ".join(words)
    return spoken[:1].upper() + spoken[1:]
