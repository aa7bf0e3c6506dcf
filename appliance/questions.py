"""What kind of answer a question wants: a place, a time, a price, a person. Pure.

Sentence embeddings hardly tell "where is the pharmacy" from "when is the pharmacy open"; the question word does.
"""

from __future__ import annotations

import re

_ASKED = {
    "place": r"\bwhere|which (?:way|floor|room|street|hall|direction|pier|door)|what (?:floor|room|street|hall)|"
    r"how (?:do|can|would|could) i (?:get|go|come|reach|find)|looking for|point me|show me|direct me",
    "time": r"\bwhen\b|what time|which time|how late|until|what hours|opening|\bhours\b|\bopen\b|\bclose[sd]?\b|"
    r"what days?|which days?",
    "price": r"how much|\bcosts?\b|\bprice|\bpay\b|\bcharge\b|\bfee\b|for free|expensive|cheap|admission",
    "person": r"\bwho\b|whose|name of|which doctor|\bwho's\b",
    "number": r"number|\bcall\b|\bring\b|\bphone\b|\bdial\b|\breach\b",
    "duration": r"how long|how many (?:days|minutes|hours)|how much longer|how soon|how often",
    "permission": r"\b(?:can|may|could) (?:i|we|my|children|kids|parents|visitors|the)\b|allowed|permitted|okay to|"
    r"all right to|\bis it okay|forbidden",
    "existence": r"\bis there|are there|do you (?:have|take|sell|offer|serve)|\bany\b",
}
_SAID = {
    "place": r"\b(?:floor|room|hall|beside|next to|opposite|behind|street|wing|basement|line|desk|entrance|corridor|"
    r"yard|roof|pier|stairs)\b",
    "time": r"\b(?:day|monday|tuesday|wednesday|thursday|friday|saturday|sunday|morning|afternoon|evening|noon|every|"
    r"night)\b",
    "price": r"\b(?:dollars?|euros?|pounds?|free|nothing|charge|cents)\b|[$€£]",
    "person": r"\b(?:doctor|captain|mr|mrs)\b",
    "number": r"\d{3}",
    "duration": r"\b(?:minutes|hours|days|weeks)\b",
    "permission": r"\b(?:may|can|allowed|welcome|only|please|except)\b",
}
_DEMANDED = {
    "time": r"^(?:and |so |but )?(?:when|what time|at what time|until when|how late|from when)\b(?!.*\bwhere\b)",
    "price": r"^(?:and |so |but )?(?:how much (?:is|are|does|do)|what do(?:es)? .* cost|what is the price)\b",
    "person": r"^(?:and |so |but )?(?:who(?:'s| is| are| runs| leads| treats)|which doctor|what is the name of)\b",
    "number": r"\b(?:phone|telephone|fax) number\b",
}
_ASKED_RE = {kind: re.compile(pattern) for kind, pattern in _ASKED.items()}
_SAID_RE = {kind: re.compile(pattern) for kind, pattern in _SAID.items()}
_DEMANDED_RE = {kind: re.compile(pattern) for kind, pattern in _DEMANDED.items()}
_FULL_NAME = re.compile(r"\b[A-Z][a-z]+ [A-Z][a-z]+\b")


def asked_for(question: str) -> frozenset[str]:
    """Kinds of answer that a question's words ask for; empty when they do not show it."""
    return frozenset(kind for kind, pattern in _ASKED_RE.items() if pattern.search(question.lower()))


def demands(question: str) -> frozenset[str]:
    """The kinds without which nothing is an answer: "who is …" wants a person, whatever else is known."""
    return frozenset(kind for kind, pattern in _DEMANDED_RE.items() if pattern.search(question.lower()))


def given_by(statement: str) -> frozenset[str]:
    """Kinds of answer that a statement holds."""
    kinds = {kind for kind, pattern in _SAID_RE.items() if pattern.search(statement.lower())}
    return frozenset(kinds | ({"person"} if _FULL_NAME.search(statement) else set()))
