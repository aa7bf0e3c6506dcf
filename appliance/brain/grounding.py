"""Whether a reply rests on what is known: the check that makes a language model of any size safe to listen to.

A clause is *grounded* when every figure, weekday, month, colour, direction and name in it, and every other word with
content, occurs in the sources: the facts used, a tool's result, the visitor's own words. Figures and times are
compared by meaning ("half past ten" and 10:30), words by their stems. A handful of words that only phrase
("located", "costs") need no source. A refusal that the facts do not contain ("not", "no") is as serious as a figure,
and so is its opposite ("yes"). A figure keeps its unit: "two dollars" is neither "two euros" nor "two minutes". What no
source writes in another script, or as a mark that is read aloud, is never said.

Clauses are checked one by one, so a reply can be spoken while it is still being written. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from appliance.config.box import DAYS
from appliance.language.english.dates import MONTHS
from appliance.language.english.numbers import CARDINALS, ORDINALS, Figure, figures, tokens
from appliance.speaking.clauses import ends_sentence

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
    measured: frozenset[tuple[str, str]] = frozenset()
    """keys of figures with their units"""
    written: frozenset[str] = field(default_factory=frozenset)
    """words and marks beyond plain English letters, as they are written"""

    @classmethod
    def of(cls, texts: Iterable[str]) -> Sources:
        keys: set[str] = set()
        words: set[str] = set()
        measured: set[tuple[str, str]] = set()
        written: set[str] = set()
        for text in texts:
            said = tokens(text)
            for figure in figures(text):
                keys |= figure.keys
                measured |= {(key, unit) for key in figure.keys for unit in _units(said, figure)}
            words.update(said)
            written.update(_foreign(text))
        stems = frozenset(stem(word) for word in words)
        return cls(frozenset(keys), frozenset(words), stems, frozenset(measured), frozenset(written))


_UNITS = {
    **dict.fromkeys(("$", "dollar", "dollars", "buck", "bucks"), "dollar"),
    **dict.fromkeys(("€", "euro", "euros"), "euro"),
    **dict.fromkeys(("£", "pound", "pounds", "quid"), "pound"),
    **dict.fromkeys(("cent", "cents", "pence", "penny"), "cent"),
    **dict.fromkeys(("%", "percent", "percentage"), "percent"),
    **dict.fromkeys(("second", "seconds", "sec", "secs"), "second"),
    **dict.fromkeys(("minute", "minutes", "min", "mins"), "minute"),
    **dict.fromkeys(("hour", "hours", "hr", "hrs"), "hour"),
    **dict.fromkeys(("day", "days"), "day"),
    **dict.fromkeys(("week", "weeks"), "week"),
    **dict.fromkeys(("month", "months"), "month"),
    **dict.fromkeys(("year", "years"), "year"),
    **dict.fromkeys(("meter", "meters", "metre", "metres", "m"), "meter"),
    **dict.fromkeys(("kilometer", "kilometers", "kilometre", "kilometres", "km"), "kilometer"),
    **dict.fromkeys(("mile", "miles"), "mile"),
    **dict.fromkeys(("foot", "feet", "ft"), "foot"),
    **dict.fromkeys(("inch", "inches"), "inch"),
    **dict.fromkeys(("gram", "grams", "g"), "gram"),
    **dict.fromkeys(("milligram", "milligrams", "mg"), "milligram"),
    **dict.fromkeys(("kilogram", "kilograms", "kilo", "kilos", "kg"), "kilogram"),
    **dict.fromkeys(("liter", "liters", "litre", "litres"), "liter"),
    **dict.fromkeys(("milliliter", "milliliters", "millilitre", "millilitres", "ml"), "milliliter"),
    **dict.fromkeys(("degree", "degrees"), "degree"),
    **dict.fromkeys(("yen", "franc", "francs", "rupee", "rupees", "peso", "pesos", "crown", "crowns", "yuan"), "other"),
}
"""what a figure counts or measures, in the spellings that mean the same"""


def _units(words: Sequence[str], figure: Figure) -> set[str]:
    """Units of a figure: a sign before it, a word within or after it ("two dollars fifty", "5 %", "ten per cent")."""
    before = words[figure.start - 1] if figure.start else ""
    within = [before] if before in ("$", "€", "£") else []
    # "Two dollars fifty" is one figure, and "second" one without a unit.
    within += [word for word in words[figure.start : figure.end] if word != "second"]
    after = list(words[figure.end : figure.end + 2])
    if after == ["per", "cent"]:
        return {"percent"}
    return {_UNITS[word] for word in (*within, *after[:1]) if word in _UNITS}


_PLAIN_MARKS = frozenset(".,;:!?'\"’‘“”()-–—/&$€£% \t\n\u00a0")
_LETTERS = re.compile(r"[^\W\d_]+")


def _foreign(text: str) -> list[str]:
    """Words with letters, and marks, that plain English is not written with; upper and lower case alike."""
    words = [word.casefold() for word in _LETTERS.findall(text) if not word.isascii()]
    marks = [mark for mark in text if not mark.isalnum() and mark not in _PLAIN_MARKS]
    return words + marks


_AFFIRMING = frozenset({"yes", "yeah", "yep"})


def ungrounded(clause: str, sources: Sources) -> list[str]:
    """What in a clause has no source; empty when the clause may be said."""
    words = tokens(clause)
    missing: list[str] = [word for word in _foreign(clause) if word not in sources.written]
    covered: set[int] = set()
    for figure in figures(clause):
        covered.update(range(figure.start, figure.end))
        said = words[figure.start : figure.end]
        pronoun = said == ["one"] and words[figure.start - 1 : figure.start] in (["no"], ["that"], ["this"], ["which"])
        if pronoun:
            continue
        known = figure.keys & sources.figures
        units = _units(words, figure)
        if not known or any(not {(key, unit) for key in known} & sources.measured for unit in units):
            missing.append(" ".join(said))
    for at, word in enumerate(words):
        if at in covered or not word[0].isalpha() or word in sources.words:
            continue
        if word in _CRITICAL or word in _AFFIRMING:
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


def sentences(text: str) -> list[str]:
    """A fact cut into its sentences."""
    text = text.strip()
    found: list[str] = []
    begin = 0
    for gap in _SENTENCE_END.finditer(text):
        if ends_sentence(text, gap.start()):
            found.append(text[begin : gap.start()])
            begin = gap.end()
    return [*found, text[begin:]]
