"""What the answer to a yes-or-no question means. Pure.

Something with an effect is done only for ``agree``. An utterance agrees only when every word of it belongs to a phrase
that agrees, to a courtesy, or to a value that was read back. One other word ("absolutely *not*", "yes *but where is
it*", "okay *never mind*", a new day) makes it another decision. So the list of agreeing phrases is closed, and after an
utterance on no list the appliance asks again, which costs a moment. To take such an utterance for agreement might cost
an appointment.

Words tell the other decisions apart, in this order: giving up, a correction, a question, doubt, a refusal. These differ
in what is said next, and have no effect.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Literal

from appliance.language import Language
from appliance.language import templates as phrases

Decision = Literal["agree", "refuse", "doubt", "ask", "correct", "give_up", "other"]

SAME, OTHER = "=", "#"
"""stand in place of words: for a value as it was read back, and for another value"""

_LONGEST_AGREEMENT = 16
"""words of the longest agreement; a longer sentence says something else as well"""


@functools.lru_cache(maxsize=64)
def _agreements(
    verbs: frozenset[str], language: Language
) -> tuple[frozenset[tuple[str, ...]], frozenset[tuple[str, ...]]]:
    """Phrases that agree, and courtesies, for a question about these verbs."""
    known = language.answers
    lists = {**known.LISTS, "verb": tuple(sorted({word for verb in verbs for word in known.VERBS.get(verb, (verb,))}))}
    agreeing, courtesies = list(known.AGREEING), list(known.COURTESIES)
    if verbs:
        agreeing += [*known.TASK_AGREEING, *known.VERB_AGREEING]
    if verbs and "cancel" not in verbs:
        # "Cancel" alone may also mean that the visitor wants to be left in peace.
        agreeing += known.SAFE_VERB_AGREEING
        courtesies += known.SAFE_VERB_COURTESIES
    if "call" in verbs:
        agreeing += known.CALL_AGREEING
    return frozenset(_expanded(agreeing, lists)), frozenset(_expanded(courtesies, lists))


def _expanded(templates: Iterable[str], lists: phrases.Lists) -> Iterator[tuple[str, ...]]:
    for template in templates:
        for sentence in phrases.expand(f"({template})", lists):
            yield tuple(sentence.split())


def _agrees(words: Sequence[str], verbs: frozenset[str], language: Language) -> bool:
    """Whether the words are agreeing phrases and courtesies from end to end, with at least one of the first."""
    known = language.answers
    start = next((n for n, word in enumerate(words) if word not in known.HESITATION), len(words))
    # A hesitation may be the first half of an answer: "uh huh".
    rest = tuple(words[start - 1 :] if set(words[start : start + 1]) & known.SECOND_HALVES else words[start:])
    while closing := next((end for end in known.CLOSING if len(rest) > 1 and rest[-len(end) :] == end), None):
        rest = rest[: -len(closing)]
    if not rest:
        return False
    if rest in known.AGREEING_ALONE:
        return True
    if len(rest) > _LONGEST_AGREEMENT or rest in known.NOT_PLAIN:
        return False
    if rest[-1] in known.TAGS and rest[-2:-1] == (SAME,) and rest[0] not in known.TAGS:
        # "On tuesday right" asks.
        return False
    agreeing, courtesies = _agreements(verbs, language)
    # For each place that can be reached: whether an agreeing phrase was met on some way there.
    reached: dict[int, bool] = {0: False}
    for at in range(len(rest)):
        if at not in reached:
            continue
        for end in range(at + 1, min(at + 8, len(rest)) + 1):
            phrase = rest[at:end]
            if phrase in agreeing:
                reached[end] = True
            elif phrase in courtesies:
                reached[end] = reached.get(end, False) or reached[at]
    return reached.get(len(rest), False)


def _gives_up(plain: str, asked: frozenset[str], language: Language) -> Decision | None:
    """Whether the task is given up. What may be given up later is not given up yet: "can I cancel later", "what if I
    change my mind"."""
    known = language.answers
    if known.ABOUT_LATER.search(plain):
        return None
    if known.NOT_WANTED.search(plain):
        # "I don't need it any more" leaves no cancelling, and is no plain yes to it either.
        return "other" if "cancel" in asked else "give_up"
    if known.MOVE in asked and known.KEEPS_OLD.search(plain):
        return "give_up"
    if known.GIVES_UP.search(plain) or ("cancel" not in asked and known.CANCELS.search(plain)):
        return "give_up"
    return None


def decide(text: str | Sequence[str], language: Language, verbs: Collection[str] = ()) -> Decision:
    """What an utterance answers to a yes-or-no question.

    ``text`` is the utterance, or its words with ``SAME`` and ``OTHER`` in place of the values of a form. ``verbs`` are
    what was asked about ("book", "move", "cancel", "call"). To repeat one agrees ("book it"). "Cancel it" gives up
    anything but a cancelling.
    """
    known = language.answers
    if isinstance(text, str):
        words = language.full_words(text)
    else:
        words = language.expanded(word for word in text if word not in ".,;:!")
    asked = frozenset(verbs)
    if not words:
        return "other"
    said = " ".join(words)
    if "?" not in words and _agrees(words, asked, language):
        return "agree"
    plain = " ".join(word for word in words if word != "?")
    if known.SAYS_INSTEAD.search(plain):
        return "correct"
    if known.NO_REFUSAL.search(plain):
        return "other"
    given_up = _gives_up(plain, asked, language)
    if given_up:
        return given_up
    if OTHER in words:
        return "ask" if known.ASKS_ABOUT.search(plain) else "correct"
    turns = known.TURNS_TO_YES.search(plain) and known.REFUSES.search(plain)
    if plain in known.UNDECIDED or turns:
        return "doubt"
    if known.REFUSES_FIRST.search(plain) or ("cancel" in asked and known.KEEPS.search(plain)):
        return "refuse"
    if known.CORRECTS.search(plain) and SAME not in words and not known.ASKS_ABOUT.search(plain):
        return "correct"
    if known.ASKS.search(said) or (len(words) == 2 and said.endswith("?")):
        return "ask"
    if known.HESITATES.match(plain) or known.DOUBTS.search(plain):
        return "doubt"
    if known.REFUSES.search(plain) and not ("cancel" in asked and known.BARRED.search(plain)):
        return "refuse"
    return "other"
