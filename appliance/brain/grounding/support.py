"""Whether one sentence of one fact says what a part of a reply says. Pure."""

from __future__ import annotations

from collections import Counter

from appliance.brain.grounding.reading import Reading, Term
from appliance.brain.grounding.rules import RULES, Claim
from appliance.brain.grounding.statement import Said, Statement


def fault(said: Said, statement: Statement, question: Reading) -> str:
    """The rule that a part of a reply breaks if it rests on a sentence; empty for none. Besides those of ``rules``: the
    *source* of each term is in the sentence as it is said, or names what the sentence is about, and something of it is
    *new*."""
    asked = {term.stem for term in question.terms}
    sources = {term: [own for own in statement.reading.terms if term.says(own)] for term in said.terms}
    parts = Counter(owns[0].part for owns in sources.values() if len(owns) == 1)
    matched: list[tuple[Term, Term]] = []
    for term, owns in sources.items():
        if owns:
            # Of a word that the sentence holds several times, the one beside the other words is meant.
            matched.append((term, max(owns, key=lambda own: parts[own.part])))
        elif term.critical or term.relation or not (term.phrasing or _names_topic(term, statement, asked)):
            return "source"
    new = tuple((term, own) for term, own in matched if own.stem not in statement.about and not own.phrasing)
    if not new and len(matched) < len(statement.reading.terms):
        return "new"
    claim = Claim(said, statement, question, frozenset(own for _, own in matched), new)
    return next((name for name, holds in RULES.items() if not holds(claim)), "")


def _names_topic(term: Term, statement: Statement, asked: set[str]) -> bool:
    """Whether a word only says what the sentence is about: the fact begins with it, or holds it and the visitor asked
    with it."""
    return term.stem in statement.about or (term.stem in statement.elsewhere and term.stem in asked)
