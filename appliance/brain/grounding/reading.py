"""Reads a sentence for what it states: its words and figures with what binds them. Pure.

No parser is needed, because facts for visitors are short sentences. A *part* of a sentence ends at a comma or at "and".
A *term* is a word with content, a figure, or a word that changes an answer. What is known of a term, besides its part:
whether it is denied, which place word stands before it ("behind the hospital"), which end of a range it is ("until
six"), and the words beside a figure ("eight people", "room 14").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from appliance.brain.grounding.sources import units
from appliance.language import Language
from appliance.language.words import written

_NEAR = 3
"""How many terms behind a figure may be what it counts"""

_MARKS = frozenset(",;:")


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a figure that states something."""

    at: int
    """its first token"""
    word: str
    stem: str
    part: int
    keys: frozenset[str] = frozenset()
    """of a figure (see ``Figure``)"""
    units: frozenset[str] = frozenset()
    critical: bool = False
    """whether another word in its place changes the answer"""
    phrasing: bool = False
    """whether it states nothing that could be wrong on its own"""
    idle: bool = False
    """whether it may be left out: it phrases, or is the word "number" """
    prices: bool = False
    """whether it says that a figure is an amount of money"""
    narrows: bool = False
    """whether it narrows down the word before it, as "under" does"""
    denied: int = 0
    """how many words deny it: "not", "except" """
    relation: str = ""
    """the place word that it stands behind"""
    end: str = ""
    """ "from" or "to": the end of a range that it names"""
    beside: frozenset[str] = frozenset()
    """stems of the words that may say what a figure counts"""
    rate: str = ""
    """stem of what a figure is for each of, as in "two dollars an hour" """
    counts: str = ""
    """stem of the word right behind a figure, or the word before it as in "room 14" """
    numbers: str = ""
    """stem of the word that a figure tells apart from others of its kind, as in "room 14" """

    def repeats(self, own: Term) -> bool:
        """Whether this term of a reply is the same word, or the same figure of the same, as one of a fact."""
        if self.keys or own.keys:
            counts_same = not self.counts or self.counts in own.beside
            return _same_figure(self.keys, own.keys) and not self.units - own.units and counts_same
        return self.stem == own.stem and self.critical == own.critical

    def says(self, own: Term) -> bool:
        """Whether it repeats a term of a fact, and is denied, placed and bounded as that."""
        ends = {self.end, own.end}
        bounded = "to" not in ends or len(ends) == 1
        return self.repeats(own) and self.denied == own.denied and self.relation == own.relation and bounded


def _same_figure(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two figures mean the same. Bare numbers do by their number alone: "eight" may be 20:00, and so may
    "twenty"."""
    numbers, others = ({key for key in keys if key.startswith("n:")} for keys in (one, other))
    return bool(numbers & others if numbers and others else one & other)


@dataclass(frozen=True, slots=True)
class Part:
    """What lies between two commas or "and"."""

    opened: tuple[str, ...] = ()
    """the commas and words that divide it from the part before"""
    negations: bool = False
    limits: frozenset[str] = frozenset()
    modals: frozenset[str] = frozenset()
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence as it is compared."""

    text: str
    terms: tuple[Term, ...]
    parts: tuple[Part, ...]
    topic: frozenset[str]
    """stems of the words before the first that places, measures or denies: what the sentence is about"""
    names: frozenset[str] = frozenset()
    """stems of the words with a capital, but for the first"""
    leading: tuple[tuple[Term, ...], ...] = ()
    """for each part, the terms that it begins with, up to the first function word; empty where that is a pronoun"""

    @classmethod
    def of(cls, text: str, language: Language) -> Reading:
        return _Reader(text, language).read()


class _Reader:
    """Reads one sentence from left to right."""

    def __init__(self, text: str, language: Language) -> None:
        self._text = text
        self._words = language.words
        self._table = language.statements
        self._tokens = language.tokens(text)
        self._figures = {
            figure.start: figure
            for figure in language.numbers.figures(text)
            if not _is_pronoun(self._tokens, figure.start, figure.end, language)
        }
        self._units = {start: frozenset(units(self._tokens, f, language)) for start, f in self._figures.items()}

    def read(self) -> Reading:
        terms: list[Term] = []
        parts: list[Part] = []
        opened: list[str] = []
        begun = self._begin(0, ())
        denied, relation, placed = 0, "", 0
        in_topic = self._begins_with_topic()
        topic: set[str] = set()
        at = 0
        while at < len(self._tokens):
            word = self._tokens[at]
            if self._divides(at):
                opened.append(word)
                at += 1
                continue
            if not word[0].isalnum() and at not in self._figures:
                at += 1
                continue
            if opened and any(term.part == len(parts) for term in terms):
                parts.append(begun)
                begun = self._begin(at, tuple(opened))
                # "Do not eat, and drink only water" denies the first part alone, "do not eat, drink or smoke" all.
                denied = denied if len(opened) == 1 and opened[0] not in self._table.EXCEPTING else 0
                relation, in_topic = "", False
            opened = []
            part = len(parts)
            if word in self._table.NEGATING or word in self._table.EXCEPTING:
                denied, in_topic = denied + 1, False
                begun = replace(begun, negations=True)
            if word in self._table.LIMITING:
                begun = replace(begun, limits=begun.limits | {word})
            if word in self._table.MODALS:
                begun = replace(begun, modals=begun.modals | {self._table.MODALS[word]})
                in_topic = False
            figure = self._figures.get(at)
            if word in self._table.RELATIONS and figure is None:
                relation, placed, in_topic = word, len(terms) + 1, False
            elif relation and self._ends_phrase(word) and len(terms) > placed:
                relation = ""
            end = at + 1 if figure is None else figure.end
            if figure is not None:
                terms.append(self._figure(at, end, figure.keys, part, denied, relation))
                in_topic = in_topic and at > 0 and self._tokens[at - 1] in self._words.NUMBERED
                end = self._behind_unit(end)
            elif self._states(word):
                term = self._word(at, word, part, denied, relation)
                terms.append(term)
                if in_topic and not term.critical and not term.phrasing:
                    topic.add(term.stem)
            elif word not in self._table.JOINING and terms:
                in_topic = False
            at = end
        parts.append(begun)
        whole = tuple(self._beside(terms))
        names = frozenset(term.stem for term in whole if term.at and not term.critical and self._is_name(term.at))
        leading = tuple(self._leading([t for t in whole if t.part == part]) for part in range(len(parts)))
        return Reading(self._text, whole, tuple(parts), frozenset(topic), names, leading)

    def _is_name(self, at: int) -> bool:
        return written(self._tokens[at])[:1].isupper()

    def _leading(self, terms: Sequence[Term]) -> tuple[Term, ...]:
        """The terms that a part begins with, up to the first function word behind them."""
        found: list[Term] = []
        if terms and terms[0].part == 0:
            begins = next((word for word in self._tokens if word not in self._table.JOINING), "")
            if begins in self._table.PRONOUNS:
                return ()
        for term in terms:
            between = self._tokens[found[-1].at + 1 : term.at] if found else ()
            if any(self._ends_name(word) or word in _MARKS for word in between):
                break
            found.append(term)
        return tuple(found)

    def _begins_with_topic(self) -> bool:
        """Whether a sentence begins with what it is about, and not with a pronoun or a demand ("follow the line")."""
        first, second = (*self._tokens[:2], "", "")[:2]
        demands = first not in self._words.FUNCTION_WORDS and second in self._table.ARTICLES
        return not demands and first not in self._table.PRONOUNS and first not in self._words.PHRASING

    def _divides(self, at: int) -> bool:
        word = self._tokens[at]
        if word in self._table.EXCEPTING and word in self._table.DIVIDING:
            # "everywhere but in hall 7" goes on; ", but not there" begins a new part.
            return at > 0 and self._tokens[at - 1] in _MARKS
        return word in _MARKS or word in self._table.DIVIDING

    def _begin(self, at: int, opened: tuple[str, ...]) -> Part:
        following = [word for word in self._tokens[at : at + 2] if word[0].isalpha()]
        first = following[0] if following else ""
        excepting = frozenset(opened) & self._table.EXCEPTING & self._table.LIMITING
        return Part(
            opened,
            limits=excepting,
            conditional=first in self._table.CONDITIONS,
        )

    def _ends_phrase(self, word: str) -> bool:
        """Whether a word ends what stands behind a place word: "behind the house for free"."""
        return word in self._words.FUNCTION_WORDS - self._table.ARTICLES - self._table.OF

    def _ends_name(self, word: str) -> bool:
        """Whether a word ends the name of a thing: "the doctor for children is"."""
        return word in self._words.FUNCTION_WORDS and word not in self._table.JOINING

    def _stem(self, word: str) -> str:
        return self._words.stem(self._table.SAME.get(word, word))

    def _states(self, word: str) -> bool:
        words = self._words
        if word in self._table.NOTHING:
            return True
        if word in self._table.NEGATING or word in self._table.LIMITING or word in self._table.MODALS:
            return False
        if word in self._table.PRONOUNS:
            return False
        if word in words.CRITICAL or word in self._table.STATING:
            return True
        return word[0].isalpha() and word not in words.FUNCTION_WORDS and word not in self._table.UNDER_NEGATION

    def _word(self, at: int, word: str, part: int, denied: int, relation: str) -> Term:
        words = self._words
        critical = word in words.CRITICAL or word in self._table.STATING or word in self._table.NOTHING
        phrasing = word in words.PHRASING and word not in words.ASSERTING and not critical
        own = "" if word in self._table.RELATIONS else relation
        return Term(
            at,
            word,
            self._stem(word),
            part,
            critical=critical,
            phrasing=phrasing,
            idle=word in words.PHRASING,
            prices=word in self._table.PRICING,
            narrows=word in self._table.NARROWING,
            denied=denied,
            relation=own,
            end=self._range(at),
        )

    def _figure(self, at: int, end: int, keys: Iterable[str], part: int, denied: int, relation: str) -> Term:
        said = self._tokens[at:end]
        before = self._tokens[at - 1] if at else ""
        behind = self._tokens[end] if end < len(self._tokens) else ""
        counts = numbers = ""
        # "room 14", but not "the green room twenty"
        if before in self._words.NUMBERED and self._tokens[max(0, at - 2)] not in self._words.CRITICAL:
            counts = numbers = self._stem(before)
        elif end not in self._figures and self._counts(behind):
            counts = self._stem(behind)
        return Term(
            at,
            " ".join(said),
            " ".join(said),
            part,
            keys=frozenset(keys),
            units=self._units[at],
            critical=True,
            denied=denied,
            relation=relation,
            end=self._range(at),
            rate=self._rate(end),
            counts=counts,
            numbers=numbers,
        )

    def _behind_unit(self, end: int) -> int:
        """The first token behind a figure's unit, which is read with the figure."""
        return end + (self._tokens[end : end + 1] != [] and self._tokens[end] in self._words.MEASURES)

    def _rate(self, end: int) -> str:
        following = self._tokens[self._behind_unit(end) :][:2]
        if len(following) == 2 and following[0] in self._table.RATES and following[1][0].isalpha():
            return self._stem(following[1])
        return ""

    def _counts(self, behind: str) -> bool:
        """Whether the word behind a figure is what it counts."""
        return behind[:1].isalpha() and self._states(behind) and behind not in self._words.MEASURES

    def _range(self, at: int) -> str:
        """The end of a range that the words right before a term name."""
        for before in reversed(self._tokens[max(0, at - 2) : at]):
            if before in self._table.RANGES:
                return self._table.RANGES[before]
            if before not in self._table.JOINING:
                break
        return ""

    def _beside(self, terms: Sequence[Term]) -> Iterable[Term]:
        """Give figures the words beside them: in a fact, what they count need not stand right behind them."""
        for number, term in enumerate(terms):
            if not term.keys:
                yield term
                continue
            behind = [t.stem for t in terms[number + 1 : number + 1 + _NEAR] if t.part == term.part]
            before = [
                self._stem(word) for word in self._tokens[max(0, term.at - 2) : term.at] if word in self._words.NUMBERED
            ]
            # "The blue room holds eight people and the green room twenty": people as well.
            same = [t.counts for t in terms[:number] if t.part < term.part and t.units == term.units and not t.numbers]
            yield replace(term, beside=frozenset([*behind, *before, *(same if not behind else ())]))


def _is_pronoun(tokens: Sequence[str], start: int, end: int, language: Language) -> bool:
    """Whether "one" stands for a thing, as in "a large one"."""
    if tokens[start:end] != ["one"]:
        return False
    behind = tokens[end] if end < len(tokens) else ""
    before = tokens[start - 1] if start else ""
    counts = behind[:1].isalpha() and behind not in language.words.FUNCTION_WORDS
    return not counts and before not in language.words.NUMBERED
