"""Yes and no at the beginning of an answer. Pure.

A model begins most answers with yes or no, whether or not the facts say so. So the word is cut off, and what follows is
checked alone, unless the fact states the answer: the question holds nothing that the fact does not, and the fact then
says it without a limit, or denies it.
"""

from __future__ import annotations

import re
from typing import Literal

from appliance.brain.grounding.reading import Reading
from appliance.brain.grounding.statement import Said, Statement
from appliance.language import Language

Polarity = Literal["yes", "no"]

_LEAD = re.compile(r"\s*([^,.!;:–—]{1,24})[,.!;:–—]+(?:\s+|$)")


def cut(sentence: str, language: Language) -> tuple[Polarity | None, str, str]:
    """The answer that a sentence begins with, the words of it, and what follows."""
    lead = _LEAD.match(sentence)
    words = language.tokens(lead[1]) if lead else []
    table = language.statements
    for polarity, known in (("yes", table.AGREEING), ("no", table.REFUSING)):
        if lead and words and all(word.strip("¡") in known for word in words):
            return polarity, sentence[: lead.end()].strip(), sentence[lead.end() :].strip()  # type: ignore[return-value]  # the literals of the tuple
    return None, "", sentence


def stated(polarity: Polarity, said: Said, statement: Statement, question: Reading) -> bool:
    """Whether a sentence of a fact, on which ``said`` rests, answers a question with yes or with no."""
    if not question.terms or any(part.negations for part in question.parts):
        return False
    known = {term.stem for term in statement.reading.terms} | statement.about | statement.elsewhere
    figures = frozenset[str]().union(*(term.keys for term in statement.reading.terms))
    for term in question.terms:
        if term.keys and not term.keys & figures:
            return False
        if not term.keys and not term.phrasing and term.stem not in known:
            return False
    if polarity == "no":
        return any(term.denied for term in said.terms) and not said.limits
    leading = {term.stem for term in statement.reading.leading[0]}
    if leading and not leading & {term.stem for term in question.terms}:
        return False  # "the first thirty minutes are free" is no yes to "is the car park free"
    parts = statement.reading.parts
    return not any(part.limits or part.negations for part in parts) and not said.negations
