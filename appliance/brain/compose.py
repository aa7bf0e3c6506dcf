"""Puts a fact into the model's own words where these pass the check, and otherwise gives the fact as it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from appliance.brain import grounding
from appliance.brain.request import Answer
from appliance.core.facts import Message, Outcome
from appliance.core.ports import Session
from appliance.core.turn import Turn
from appliance.language import Language
from appliance.speaking import clauses

_MAX_TOKENS = 120
"""The most tokens that the model may write to put a fact into other words."""


def compose(
    answer: Answer,
    model: Session,
    before: Sequence[Message],
    language: Language,
    turn: Turn,
) -> Iterator[str | Outcome]:
    """Yield pieces of the answer as soon as they are checked, and last its ``Outcome``. ``before`` is the system prompt
    and the conversation so far. The iterator ends early, without an outcome, once ``turn`` is cancelled."""
    fact, question = answer.text, answer.question or ""
    prompt = [*before, Message("user", question), Message("facts", f"fact: {fact}")]
    sources = grounding.Sources.of((fact, question), language)
    unsaid = language.sentences.sentences(fact)
    pending: list[str] = []
    said: list[str] = []
    for clause in clauses.split(model.generate(prompt, turn, max_tokens=_MAX_TOKENS), language):
        if turn.cancelled:
            return
        pending.append(clause)
        if grounding.ungrounded(clause, sources) or grounding.degenerate(" ".join((*said, *pending)), language):
            break
        # The wording is held back until it says at least one sentence of the fact, because half an answer misleads.
        covered = [s for s in unsaid if grounding.covers(" ".join(pending), s, language, question)]
        if covered:
            unsaid = [s for s in unsaid if s not in covered]
            piece = spoken_case(" ".join(pending), fact, language)
            said, pending = [*said, *pending], []
            yield f"{piece} "
    if turn.cancelled:
        return
    if unsaid:
        yield " ".join(unsaid)
    if answer.then:
        yield answer.then
    yield Outcome(facts=answer.outcome.facts, replaced=bool(unsaid))


def spoken_case(clause: str, fact: str, language: Language) -> str:
    """Give the words of a clause the capitals that they have in the fact. A small model writes lower case, and logs,
    screens and the voice need the capitals."""
    inner = [word.strip(".,;:!?") for sentence in language.sentences.sentences(fact) for word in sentence.split()[1:]]
    capitals = {word.lower(): word for word in inner if word != word.lower()}
    words = [
        capitals[bare] + word[len(bare) :] if (bare := word.strip(".,;:!?")) and bare in capitals else word
        for word in clause.split()
    ]
    spoken = " ".join(words)
    return spoken[:1].upper() + spoken[1:]
