"""What kind of answer a question wants (a place, a time, a price, a person), and what is left of it when the visitor
corrected themselves in it. Pure.

Sentence embeddings hardly tell "where is the pharmacy" from "when is the pharmacy open"; the question word does.
"""

from __future__ import annotations

import re

from appliance.language.english import follow_ups
from appliance.language.parts import Topic

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
    """The kinds without which a statement is no answer: "who is …" wants a person, whatever else is known."""
    return frozenset(kind for kind, pattern in _DEMANDED_RE.items() if pattern.search(question.lower()))


def given_by(statement: str) -> frozenset[str]:
    """Kinds of answer that a statement holds."""
    kinds = {kind for kind, pattern in _SAID_RE.items() if pattern.search(statement.lower())}
    return frozenset(kinds | ({"person"} if _FULL_NAME.search(statement) else set()))


# --- corrections ------------------------------------------------------------------------------------------------------

_TAKEN_BACK = re.compile(
    r"[,.]? (?:(?:oh|uh|um) )?(?:(?:no|wait|sorry|oops|actually|rather|or rather|scratch that|correction|i mean|"
    r"i meant|"
    r"i'm sorry|excuse me|i wanted to say|i should say|not that|make that|let me start again)[, ]+)+(?=\S)"
)
_STRONG = re.compile(
    r"\b(?:no wait|wait no|no sorry|sorry no|no no|i mean|i meant|or rather|scratch that|correction|no actually|"
    r"actually no|"
    r"make that|sorry|oops|i wanted to say|i should say|no)\b"
)
_NOTHING_SAID = re.compile(r"(?:(?:no|oh|sorry|wait|um|uh|and|but|well)[, ]*)+")
_DETERMINER = r"(?:the|a|an|my|your|our|this|that|doctor|room|desk|floor|bus)"
_NOT_THIS = re.compile(
    rf"^(?:no )?(?:i (?:do not|don't) (?:mean|want|need)|not) (?P<wrong>{_DETERMINER} \w+(?: (?!{_DETERMINER}\b|"
    rf"where|when|what|how|but|i\b)\w+)?),? "
    rf"(?:but |i (?:mean|want|need) )?(?P<right>{_DETERMINER} .+)$"
)
_NOT_THAT = re.compile(
    rf"^(?P<right>(?:where|when|how|what|is|are|who|which)\b.*?),? (?:and )?not (?:to )?{_DETERMINER} \w+(?: \w+)?$"
)
_TRAILING_QUESTION = re.compile(
    r"^(?P<what>.+?),? (?P<ask>where|when|who|what|how much) (?P<verb>is|are|does|do) (?:it|they|that|he|"
    r"she)(?P<rest> .*)?$"
)


def corrected(question: str) -> str:
    """The question that is left when the visitor took part of it back: "where is the pharmacy no wait i mean the cafe"
    asks where the cafe is."""
    text = question
    denied = _NOT_THIS.match(text.lower())
    if denied:
        text = denied["right"]
        turned = _TRAILING_QUESTION.match(text)
        return f"{turned['ask']} {turned['verb']} {turned['what']}{turned['rest'] or ''}" if turned else text
    contrasted = _NOT_THAT.match(text.lower())
    if contrasted:
        return contrasted["right"]
    last = None
    for found in _TAKEN_BACK.finditer(text.lower()):
        if found.start() and _STRONG.search(found.group()):
            last = found
    if last is None:
        return text
    before, after = text[: last.start()].strip(" ,."), text[last.end() :].strip(" ,.")
    if _NOTHING_SAID.fullmatch(before.lower()):
        # What is taken back was said before: "no i mean the pharmacy".
        return text
    if re.match(r"(?:where|when|what|who|which|how|is|are|do|does|can|could|may|i|is there)\b", after.lower()):
        whole = follow_ups.complete(after, Topic(thing=follow_ups.thing([before], "")))
        return whole[0].question if whole else after
    return _replaced(corrected(before), after)


_LEADS = ("on", "at", "in", "for", "to", "with", "from", "by", "until")


def _replaced(before: str, after: str) -> str:
    """``before`` with its last phrase of the same kind replaced by ``after``."""
    words, new = before.split(), after.lower().split()
    starts = [n for n, word in enumerate(words) if word.lower() == new[0]]
    if new[0] in _LEADS and starts:
        return " ".join([*words[: starts[-1]], after])
    determiners = [n for n, word in enumerate(words) if n and re.fullmatch(_DETERMINER, word.lower())]
    if re.fullmatch(_DETERMINER, new[0]) and determiners:
        at = determiners[-1]
        return " ".join([*words[:at], after, *_after_phrase(words, at)])
    if len(words) > 1 and not re.fullmatch(_DETERMINER, new[0]):
        return " ".join([*words[: -len(new)], after]) if len(words) > len(new) else after
    return after


_AFTER_A_PHRASE = frozenset("open closed close free cost costs today tomorrow now on at in and please".split())


def _after_phrase(words: list[str], at: int) -> list[str]:
    """What follows a noun phrase that begins at ``at`` and is probably not of it: "is the pharmacy *open now*"."""
    end = next((n for n in range(at + 2, len(words)) if words[n].lower() in _AFTER_A_PHRASE), len(words))
    return words[end:]
