"""Has a language model of the workstation draft what rules cannot: paraphrases, and facts in simpler words.

Nothing that the model writes is taken as it comes. A question may hold no figure that the fact does not hold, and a
simpler sentence must state all of the fact's figures and nothing that the fact does not say (``grounding``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from appliance.authoring.draft import Draft, FactDraft, questions, unambiguous, visible
from appliance.brain.grounding.coverage import covers
from appliance.brain.grounding.sources import Sources, ungrounded
from appliance.config.reader import Spoken
from appliance.core.facts import Message
from appliance.core.ports import Session
from appliance.core.turn import Turn
from appliance.language import Language

QUESTIONS = 6
"""paraphrases that are asked for"""

_TOKENS = 160

_ROLE = Message("system", "You help to write the knowledge of a reception desk. You answer briefly and in plain words.")
_ASK = (
    "A visitor is told: “{say}”\n"
    "Write {count} short questions, in different everyday words, to which this is the answer. One per line, "
    "nothing else."
)
_SIMPLER = (
    "Say this in simpler words for somebody who knows little of the language. Keep every figure, and add nothing. "
    "One short sentence, nothing else.\n“{say}”"
)
_NUMBERING = re.compile(r"^\s*(?:[-*•]|\d+[.):])?\s*[\"“']?|[\"”'?!.\s]+$")


@dataclass(frozen=True, slots=True)
class Refused:
    """What the model wrote and was not taken."""

    questions: int
    sentences: int


def enriched(
    draft: Draft, model: Session, language: Language, step: Callable[[str], None] = lambda _: None
) -> tuple[Draft, Refused]:
    """The draft with the model's paraphrases and simpler sentences, as far as they hold. ``step`` is told which fact is
    next."""
    facts = []
    refused_questions = refused_sentences = 0
    for number, fact in enumerate(draft.facts, 1):
        step(f"fact {number} of {len(draft.facts)}")
        lines = _written(model, _ASK, fact.say).splitlines()
        asked = [clean for line in lines if (clean := visible(_NUMBERING.sub("", line)))]
        held = [question for question in asked if asks_only(question, fact.say, language)]
        simple = visible(_written(model, _SIMPLER, fact.say).strip("“” \n"))
        holds = states_the_same(simple, fact.say, language)
        refused_questions += len(asked) - len(held)
        refused_sentences += not holds
        facts.append(_with(fact, held, simple if holds else ""))
    return unambiguous(replace(draft, facts=tuple(facts))), Refused(refused_questions, refused_sentences)


def asks_only(question: str, say: str, language: Language) -> bool:
    """Whether a question is short, wants no kind of answer (a time, a price) that the fact does not give, and holds no
    figure that the fact does not hold."""
    words = language.tokens(question)
    if not 2 <= len(words) <= 14 or re.search(r"[()\[\]{}|:“”\"]", question):
        return False
    if language.questions.demands(question.lower()) - language.questions.given_by(say):
        return False
    known = Sources.of([say], language).figures
    return all(figure.keys & known or words[figure.start] == "one" for figure in language.numbers.figures(question))


def states_the_same(simple: str, say: str, language: Language) -> bool:
    """Whether a sentence says nothing beyond the fact, and is not the fact itself."""
    if Spoken().wrong(simple) or simple.lower() == say.lower() or len(simple) > len(say) * 1.2:
        return False
    sources = Sources.of([say], language)
    return not ungrounded(simple, sources) and covers(simple, say, language, least=0.5)


def _with(fact: FactDraft, held: Sequence[str], simple: str) -> FactDraft:
    return replace(fact, ask=questions([*fact.ask, *held]), simple=simple)


def _written(model: Session, prompt: str, say: str) -> str:
    messages = [_ROLE, Message("user", prompt.format(say=say, count=QUESTIONS))]
    return "".join(model.generate(messages, Turn(0), max_tokens=_TOKENS))
