"""Whether a reply rests on what is known: the check that makes a language model of any size safe to listen to.

A clause is *grounded* when every figure, weekday, month, colour, direction and name in it, and every other word with
content, occurs in the sources: the facts used, a tool's result, the visitor's own words. Figures and times are
compared by meaning ("half past ten" and 10:30), words by their stems. A handful of words that only phrase
("located", "costs") need no source. A refusal that the facts do not contain ("not", "no") is as serious as a figure.

Clauses are checked one by one, so a reply can be spoken while it is still being written. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from appliance.config import DAYS
from appliance.numerals import CARDINALS, ORDINALS, figures, tokens
from appliance.when import MONTHS

FUNCTION_WORDS = frozenset(
    """a about above after all also am an and any are as at be because been before being both but by can could did do
    does doing down each for from further had has have he her here hers him his how i if in into is it its just may
    me might more most must my of off on once or other our out over own same shall she should so some such than that
    the their them then there these they this those through to too under until up upon us very was we were what when
    where which while who whom whose why will with within would yes you your yours i'm i'd i'll i've you'll you're
    you've it's that's there's we're we'll he's she's they're what's where's who's let's let o'clock oclock s ll re ve
    d m t o per via""".split()
)
"""Words without content of their own."""

PHRASING = frozenset(
    """ask call called certainly come cost costs course currently dear exactly find found free get give glad go got
    happy hear hello hi know known like look located made make means name named need number of okay open opening ok
    please pleasure price reach right say see situated sorry speak still sure take takes tell thank thanks time today
    told want way welcome well help""".split()
)
"""Words that phrase an answer and state nothing that could be wrong on its own."""

_ASSERTING = PHRASING & {"free", "open", "today", "right", "still", "takes", "take", "number", "call"}
"""Phrasing words that still need a source, since they can be wrong."""

NEGATIONS = frozenset(
    """no not never none nothing nobody without cannot can't don't doesn't isn't aren't won't wasn't weren't didn't
    couldn't shouldn't unable closed except only""".split()
)

CLOSED_CLASSES = (
    frozenset(DAYS) | {"weekday", "weekdays", "weekend", "weekends", "tomorrow", "yesterday", "tonight", "daily"},
    frozenset(MONTHS) - {"may"},
    frozenset({"red", "yellow", "green", "blue", "orange", "white", "black", "purple", "brown", "grey", "pink"}),
    frozenset(
        """left right behind opposite beside between above below upstairs downstairs ground basement north south east
        west inside outside front back first second third fourth fifth sixth near beyond""".split()
    ),
    NEGATIONS,
)
"""Words that change an answer; each must occur in the sources as it is."""

_CRITICAL = frozenset().union(*CLOSED_CLASSES)


def stem(word: str) -> str:
    """A crude stem: enough for "closes", "closed" and "closing" to meet."""
    word = word.removesuffix("'s")
    for ending, least in (
        ("ings", 3),
        ("ing", 3),
        ("ies", 2),
        ("ied", 2),
        ("es", 3),
        ("ed", 3),
        ("s", 2),
        ("e", 3),
        ("y", 3),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= least and not word.endswith("ss"):
            return word[: -len(ending)]
    return word


def content_words(text: str) -> list[str]:
    """Words that carry meaning: no function words, figures or marks."""
    return [
        word
        for word in tokens(text)
        if word[0].isalpha()
        and word not in FUNCTION_WORDS
        and word not in CARDINALS
        and word not in ORDINALS
        and word not in ("hundred", "am", "pm")
    ]


@dataclass(frozen=True)
class Sources:
    """What a reply may rest on."""

    figures: frozenset[str]
    words: frozenset[str]
    """every word as it stands"""
    stems: frozenset[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Sources:
        keys: set[str] = set()
        words: set[str] = set()
        for text in texts:
            keys.update(*(figure.keys for figure in figures(text)))
            words.update(tokens(text))
        return cls(frozenset(keys), frozenset(words), frozenset(stem(word) for word in words))


def ungrounded(clause: str, sources: Sources) -> list[str]:
    """What in a clause has no source; empty when the clause may be said."""
    words = tokens(clause)
    missing: list[str] = []
    covered: set[int] = set()
    for figure in figures(clause):
        covered.update(range(figure.start, figure.end))
        said = words[figure.start : figure.end]
        pronoun = said == ["one"] and words[figure.start - 1 : figure.start] in (["no"], ["that"], ["this"], ["which"])
        if not figure.keys & sources.figures and not pronoun:
            missing.append(" ".join(said))
    for at, word in enumerate(words):
        if at in covered or not word[0].isalpha() or word in sources.words:
            continue
        if word in _CRITICAL:
            missing.append(word)
        elif word in FUNCTION_WORDS or (word in PHRASING and word not in _ASSERTING):
            continue
        elif stem(word) not in sources.stems:
            missing.append(word)
    return missing


def covers(reply: str, fact: str, asked: str = "", least: float = 0.6) -> bool:
    """Whether a reply says what the fact says: its figures, and at least a share of those of its content words that
    the visitor did not say already."""
    said = Sources.of([reply])
    if any(not figure.keys & said.figures for figure in figures(fact)):
        return False
    asked_stems = {stem(word) for word in content_words(asked)}
    wanted = [stem(word) for word in content_words(fact)]
    new = [word for word in wanted if word not in asked_stems] or wanted
    critical = [word for word in content_words(fact) if word in _CRITICAL]
    if any(word not in said.words for word in critical):
        return False
    if not new:
        return True
    return sum(word in said.stems for word in new) >= least * len(new)


def degenerate(text: str) -> bool:
    """Whether a text loops: the same three words three times, or one word four times running."""
    words = tokens(text)
    triples = Counter(tuple(words[at : at + 3]) for at in range(len(words) - 2))
    if any(count > 2 for count in triples.values()):
        return True
    return any(len(set(words[at : at + 4])) == 1 for at in range(len(words) - 3))


_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_LONGEST_ABBREVIATION = len(" approx.")
_ABBREVIATED = re.compile(r"\b(?:st|dr|mr|mrs|ms|no|approx)\.$", re.IGNORECASE)


def sentences(text: str) -> list[str]:
    """A fact cut into its sentences."""
    found: list[list[str]] = []
    for part in _SENTENCE_END.split(text.strip()):
        # Only the end is looked at: in a page of abbreviations, what came before would be read again for each.
        if found and _ABBREVIATED.search(found[-1][-1][-_LONGEST_ABBREVIATION:]):
            found[-1].append(part)
        else:
            found.append([part])
    return [" ".join(parts) for parts in found]
