"""Judges one reply of a conversation by what the sheet accepts. Pure.

A reply is compared in plain words: lower-case, without marks. Patterns are regular expressions that must match whole
words. A reply that wants to be right must rest on the entries of the sheet (``Outcome.facts``) *and* hold their words,
so neither words that occur by chance nor an entry that was found but not said are enough.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from appliance.bench.workbench.conversation_sheet import Comparison, Difference, Line, Want
from appliance.core.facts import Outcome
from appliance.language.words import plain_words

Grade = Literal["right", "partly", "wrong", "asked back", "refused"]

GRADES: tuple[Grade, ...] = ("right", "partly", "wrong", "asked back", "refused")

_BEST_FIRST: tuple[Grade, ...] = ("right", "partly", "asked back", "refused", "wrong")
"""Of several things that are acceptable, the one counts that the reply comes closest to."""

SAYS_ENTRY = 0.5
"""Share of an entry's words that a reply must hold to say it, where the sheet demands no words."""

REPEATS = 0.9
"""Share of the last reply's words, in their order, that a reply must hold to repeat it."""

REPEATS_PART = 0.5
"""The same share, to repeat a part of it."""

SHORT = 0.7
"""Longest a short reply may be, as a share of the entry's words."""

_DIMENSIONS: Mapping[str, tuple[str, str]] = {
    "cheaper": ("cheaper|cheapest|less|least", "dearer|more|most"),
    "dearer": ("dearer|more|most", "cheaper|cheapest|less|least"),
    "earlier": ("earlier|earliest|first|before|sooner", "later|latest|last|after|longer"),
    "later": ("later|latest|last|after|longer", "earlier|earliest|first|before|sooner"),
    "longer": ("longer|longest|later|more|slower", "shorter|shortest|earlier|less|faster|quicker"),
    "faster": ("faster|fastest|quicker|quickest|sooner|less|shorter", "slower|longer|more"),
    "more": ("more|most|longer", "fewer|fewest|less|least"),
    "higher": ("higher|highest|above", "lower|lowest|below"),
}
"""By dimension, the words of which the subject is the winner, and those of which it is the loser."""

_SYNONYMS = (("less expensive", "cheaper"), ("least expensive", "cheapest"), ("more expensive", "dearer"))
_FREE = ("conversation", "appliance")
"""Kinds of lines that a reply may answer without an entry of the site. Its words decide."""

_NEGATED = r"not|no|n't|isn't|doesn't|neither|nor|than both"
_YES, _NO = "yes|yeah|yep", "no|nope"


@dataclass(frozen=True, slots=True)
class Given:
    """A reply, and what it was given in."""

    said: str
    outcome: Outcome
    expecting: str | None = None
    """kind of the slot that the reply asked for"""
    form_before: bool = False
    """whether a form was being filled in when the visitor spoke"""
    last: str = ""
    """the reply before it"""

    @property
    def suggests(self) -> tuple[str, ...]:
        """The entries of which the reply asks whether they are meant."""
        return self.outcome.facts if self.outcome.kind == "confirm" else ()


def judge(line: Line, given: Given, entries: Mapping[str, str]) -> Grade:
    """Grade a reply to a line. ``entries`` holds what the site's entries say, by identifier."""
    grades = [_judge(want, line, given, entries) for want in line.wants]
    return min(grades, key=_BEST_FIRST.index)


def _judge(want: Want, line: Line, given: Given, entries: Mapping[str, str]) -> Grade:
    kind = given.outcome.kind
    if given.suggests:
        return "right" if set(given.suggests) <= set(want.asks) else "asked back"
    if kind == "reprompt":
        return "asked back"
    if any(_holds(given.said, pattern) for pattern in want.never):
        return "wrong"
    if want.act is not None:
        return _act(want, want.act, given)
    if kind in ("unknown", "handover"):
        return "refused"
    if kind in ("goodbye", "emergency"):
        return "wrong"
    return _answer(want, line, given, entries)


# --- replies that are no answers ----------------------------------------------------------------------------------


def _act(want: Want, act: str, given: Given) -> Grade:
    kind, facts = given.outcome.kind, given.outcome.facts
    if act == "unknown":
        return "right" if kind in ("unknown", "handover") else "wrong"
    if act == "person":
        return "right" if kind == "handover" else "partly" if kind == "unknown" else "wrong"
    if kind in ("unknown", "handover"):
        return "refused"
    says = all(_holds(given.said, pattern) for pattern in want.say)
    if act == "repeat":
        return _repeats(given)
    if act.startswith("ask "):
        return _asks(act.removeprefix("ask "), given, says)
    if act == "done":
        if kind in ("ask", "confirm"):
            return "asked back"
        return "right" if kind == "done" and says else "wrong"
    if act == "dropped":
        stopped = given.expecting is None and not given.outcome.tools and not facts
        return "right" if stopped and kind in ("smalltalk", "answer", "goodbye") else "wrong"
    about_site = any(entry.startswith(("fact:", "hours:", "form:")) for entry in facts)
    kinds = {"goodbye": ("goodbye",), "itself": ("answer", "smalltalk")}.get(act, ("smalltalk", "answer"))
    if about_site or kind not in kinds:
        return "wrong"
    if act == "small talk" and kind == "answer" and not facts:
        # Such as the time of day, or the last reply once more.
        return "wrong"
    return "right" if says else "wrong"


def _asks(slot: str, given: Given, says: bool) -> Grade:
    kind = given.outcome.kind
    if kind not in ("ask", "confirm") or given.expecting is None:
        return "wrong"
    if given.expecting == slot:
        return "right" if says else "wrong"
    # A question for something that comes later means that a value was taken for granted.
    return "wrong" if given.expecting == "confirm" else "asked back"


def _repeats(given: Given) -> Grade:
    before, now = plain_words(given.last), plain_words(given.said)
    same = sum(block.size for block in SequenceMatcher(None, before, now, autojunk=False).get_matching_blocks())
    share = same / max(1, len(before))
    return "right" if share >= REPEATS else "partly" if share >= REPEATS_PART else "wrong"


# --- answers ------------------------------------------------------------------------------------------------------


def _answer(want: Want, line: Line, given: Given, entries: Mapping[str, str]) -> Grade:
    # A part of an earlier reply keeps the entries of the last one.
    earlier = line.kind == "conversation" and given.outcome.route == "conversation"
    facts = set() if earlier else set(given.outcome.facts)
    free = line.kind in _FREE and given.outcome.kind in ("answer", "smalltalk")
    if not facts and not free:
        # In a form, a question that was not understood is taken for a wrong value.
        return "asked back" if given.form_before and given.outcome.kind in ("ask", "confirm", "refused") else "wrong"
    needed = set(want.rests)
    hit = facts & needed if needed else facts & set(want.any)
    if facts and not hit:
        return "wrong"
    if want.answer is not None and _begins(given.said, _NO if want.answer == "yes" else _YES):
        return "wrong"
    whole = hit >= needed and facts <= {*needed, *want.any, *want.also} if facts else True
    if want.compare is not None:
        return _compared(want.compare, want.answer, given.said, whole)
    held = sum(_holds(given.said, pattern) for pattern in want.say)
    if want.say and held < len(want.say):
        # Both facts of a comparison without their comparison let the visitor compare.
        return "partly" if held or line.kind == "comparison" else "wrong"
    if not want.say and not all(_says(given.said, entries[entry]) for entry in hit):
        return "wrong"
    if want.differs is not None and not _differs(want.differs, given, [entries[entry] for entry in hit]):
        return "partly"
    return "right" if whole else "partly"


def _says(said: str, entry: str) -> bool:
    words = set(plain_words(entry))
    return len(words & set(plain_words(said))) >= SAYS_ENTRY * len(words)


def _differs(how: Difference, given: Given, says: list[str]) -> bool:
    now, before = plain_words(given.said), plain_words(given.last)
    if how == "changed":
        return now != before
    if how == "shorter":
        return len(now) < len(before)
    return len(now) <= SHORT * len(plain_words(" ".join(says)))


def _compared(want: Comparison, answer: str | None, said: str, whole: bool) -> Grade:
    verdicts = {verdict for sentence in re.split(r"[.!?;]", said) if (verdict := _verdict(want, sentence)) is not None}
    if False in verdicts:
        return "wrong"
    if True in verdicts or (answer is not None and _begins(said, _YES if answer == "yes" else _NO)):
        return "right"
    names_winner_alone = _holds(said, want.winner) and not _holds(said, want.loser)
    return "right" if whole and names_winner_alone else "partly"


def _verdict(want: Comparison, sentence: str) -> bool | None:
    """Whether a sentence compares rightly. None where it does not compare."""
    words = _plain(sentence)
    for phrase, word in _SYNONYMS:
        words = words.replace(phrase, word)
    for_winner, for_loser = _DIMENSIONS[want.dimension]
    cue = re.search(rf"\b(?:(?P<winner>{for_winner})|(?:{for_loser}))\b", words)
    names = [(found.start(), True) for found in re.finditer(rf"\b(?:{want.winner})\b", words)]
    names += [(found.start(), False) for found in re.finditer(rf"\b(?:{want.loser})\b", words)]
    if cue is None or not names or re.search(rf"\b(?:{_NEGATED})\b", words):
        return None
    # The subject stands before the word that compares, or else after it ("cheaper is the coffee").
    before = [name for name in names if name[0] < cue.start()]
    subject_wins = max(before)[1] if before else min(names)[1]
    return subject_wins == (cue["winner"] is not None)


# --- words --------------------------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    return " ".join(plain_words(text))


def _holds(said: str, pattern: str) -> bool:
    return re.search(rf"\b(?:{pattern})\b", _plain(said)) is not None


def _begins(said: str, pattern: str) -> bool:
    return re.match(rf"(?:{pattern})\b", _plain(said)) is not None
