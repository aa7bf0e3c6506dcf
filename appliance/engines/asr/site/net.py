"""The words of a site's language, letter by letter, and the places between them, as arrays.

A *place* is a history of n-grams, of one subject. Each word has a *copy* for each place that it leads to. Scores are
natural logarithms as whole numbers, whose low bits are free for the step at which a word began.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from appliance.engines.asr.site.ngram import END, START, BackoffModel, NGram, histories

Scores = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int64]
Chosen = npt.NDArray[np.bool_]

STEP_BITS = 14
"""Bits for the step at which a word began: 16,384 steps, more than six minutes"""
UNIT = 512 << STEP_BITS
"""One natural logarithm"""
STEP_MASK = (1 << STEP_BITS) - 1
IMPOSSIBLE = -(1 << 58)
_LN10 = math.log(10)


@dataclass(frozen=True, slots=True)
class SearchCosts:
    """What the ways through a site's language cost, as natural logarithms."""

    language: float = 1.0
    """weight of the language model relative to the letters"""
    word: float = 0.0
    """of each word"""
    joined: float = 2.5
    """of no space between two words"""
    other: float = 10.0
    """of the beginning of other speech"""
    other_letter: float = 2.6
    """of each letter of other speech"""


@dataclass(frozen=True, slots=True)
class Spelling:
    """Words, letter by letter, one after the other."""

    letter: Indices
    """symbol of each letter"""
    lengths: Indices
    """of the words, in letters"""

    @property
    def first(self) -> Indices:
        """Index of each word's first letter."""
        return np.cumsum(self.lengths) - self.lengths

    @property
    def last(self) -> Indices:
        """Index of each word's last letter."""
        return np.cumsum(self.lengths) - 1

    @property
    def repeats(self) -> Indices:
        """Letters that are equal to the one before them in their word."""
        same = self.letter[1:] == self.letter[:-1]
        same[self.first[1:] - 1] = False
        return np.flatnonzero(same) + 1

    def only(self, words: Chosen) -> Spelling:
        """The spelling of some of the words."""
        return Spelling(self.letter[np.repeat(words, self.lengths)], self.lengths[words])


@dataclass(frozen=True, slots=True)
class Net:
    """The copies, the places, and the arcs from places into copies."""

    vocabulary: tuple[str, ...]
    """the words"""
    word_of: Indices
    """word of each copy. The copies are in the order of the places that they lead to"""
    subject_of: Indices
    """subject of each copy"""
    spelling: Spelling
    """of the copies, each with a space at its end"""
    place_of: Indices
    """place that each copy leads to"""
    ending: Scores
    """of the end of the utterance after each copy"""
    history: Indices
    """words of each place, shape ``(places, longest history)``, -1 where there is none"""
    depth: Indices
    """number of words of each place, the start of a sentence counted as one"""
    shorter: Indices
    """place that each place backs off to, -1 where there is none"""
    back_off: Scores
    """of that"""
    arc_copy: Indices
    """The arcs are in the order of the copies"""
    arc_place: Indices
    arc_score: Scores
    starts: Indices
    """place at which each subject's sentences begin"""
    anywhere: Indices
    """place of each subject without a history"""
    subject_at: Indices
    """the first place of each subject. The places are in the order of the subjects"""

    @property
    def places(self) -> int:
        return len(self.shorter)

    @property
    def reached(self) -> tuple[Indices, Indices]:
        """Places that some copy leads to, and the first copy that leads to each of them."""
        first = np.flatnonzero(np.diff(self.place_of, prepend=-1))
        return self.place_of[first], first

    @property
    def arc_first(self) -> Indices:
        """The first arc into each copy."""
        return np.flatnonzero(np.diff(self.arc_copy, prepend=-1))

    @property
    def levels(self) -> Iterator[tuple[Indices, Indices, Indices]]:
        """The way back from the longest histories on: places, the first of them for each shorter place, the shorter."""
        for depth in range(int(self.depth.max()), 0, -1):
            places = np.flatnonzero((self.depth == depth) & (self.shorter >= 0))
            if len(places):
                places = places[np.argsort(self.shorter[places], kind="stable")]
                first = np.flatnonzero(np.diff(self.shorter[places], prepend=-1))
                yield places, first, self.shorter[places][first]

    def only(self, words: Chosen) -> Net:
        """The net with some of the vocabulary, which must not be empty."""
        place: Chosen = np.all((self.history < 0) | words[self.history], axis=1)
        arc = words[self.word_of[self.arc_copy]] & place[self.arc_place] & place[self.place_of[self.arc_copy]]
        copy = np.zeros(len(self.word_of), np.bool_)
        copy[self.arc_copy[arc]] = True
        place_number, copy_number = np.cumsum(place) - 1, np.cumsum(copy) - 1
        shorter = self.shorter[place]
        return replace(
            self,
            word_of=self.word_of[copy],
            subject_of=self.subject_of[copy],
            spelling=self.spelling.only(copy),
            place_of=place_number[self.place_of[copy]],
            ending=self.ending[copy],
            history=self.history[place],
            depth=self.depth[place],
            shorter=np.where(shorter < 0, -1, place_number[shorter]),
            back_off=self.back_off[place],
            arc_copy=copy_number[self.arc_copy[arc]],
            arc_place=place_number[self.arc_place[arc]],
            arc_score=self.arc_score[arc],
            starts=place_number[self.starts],
            anywhere=place_number[self.anywhere],
            subject_at=np.array([int(place[:at].sum()) for at in self.subject_at.tolist()], np.int64),
        )


def as_score(log: float) -> int:
    """A natural logarithm as a score."""
    return round(log * UNIT) & ~STEP_MASK if log > -1e6 else IMPOSSIBLE


class NetBuilder:
    """Collects the copies, places and arcs of a net."""

    def __init__(self, symbols: Mapping[str, int], costs: SearchCosts) -> None:
        self._symbols, self._costs = symbols, costs
        self._words: dict[str, int] = {}
        self._places: dict[tuple[int, NGram], int] = {}
        self._copies: dict[tuple[int, str, NGram], int] = {}
        self._arcs: list[tuple[int, int, int]] = []
        self._back: list[tuple[int, int, int]] = []
        self._ending: list[int] = []
        self._first_place: list[int] = []

    def add(self, subject: int, language: BackoffModel) -> None:
        """Add the language of one subject. Words that the letters cannot spell are left out."""
        weight = self._costs.language * _LN10
        words = {word for word in language.words if all(letter in self._symbols for letter in word)}
        for word in sorted(words):
            self._words.setdefault(word, len(self._words))
        self._first_place.append(len(self._places))
        known = [h for h in histories(language) if all(word in words or word == START for word in h)]
        for history in known:
            self._places[subject, history] = len(self._places)
        for history in known:
            if history:
                shorter = next(
                    history[i:] for i in range(1, len(history) + 1) if (subject, history[i:]) in self._places
                )
                back_off = as_score(language.backoffs[history] * weight)
                self._back.append((self._places[subject, history], self._places[subject, shorter], back_off))
        for grams in language.orders:
            for gram, log10 in grams.items():
                history, word = gram[:-1], gram[-1]
                place = self._places.get((subject, history))
                if place is None or word not in words:
                    continue
                reached = next(gram[i:] for i in range(len(gram) + 1) if (subject, gram[i:]) in self._places)
                key = (subject, word, reached)
                if key not in self._copies:
                    self._copies[key] = len(self._copies)
                    self._ending.append(as_score(language.log10((*reached, END)) * weight))
                self._arcs.append((self._copies[key], place, as_score(log10 * weight - self._costs.word)))

    def spelling(self) -> Spelling:
        """The spelling of the vocabulary."""
        letters = [[self._symbols[letter] for letter in word] for word in self._words]
        return _spelling(letters)

    def built(self) -> Net:
        """The net of all that was added."""
        keys = list(self._copies)
        order = sorted(range(len(keys)), key=lambda i: self._places[keys[i][0], keys[i][2]])
        renumbered = {old: new for new, old in enumerate(order)}
        keys = [keys[i] for i in order]
        arcs = sorted((renumbered[copy], place, value) for copy, place, value in self._arcs)
        shorter = np.full(len(self._places), -1, np.int64)
        back_off = np.zeros(len(self._places), np.int64)
        for place, short, value in self._back:
            shorter[place], back_off[place] = short, value
        depth = np.array([len(history) for _, history in self._places], np.int64)
        history = np.full((len(self._places), max(1, int(depth.max()))), -1, np.int64)
        for number, (_, words) in enumerate(self._places):
            history[number, : len(words)] = [self._words.get(word, -1) for word in words]
        subjects = range(len(self._first_place))
        return Net(
            vocabulary=tuple(self._words),
            word_of=np.array([self._words[word] for _, word, _ in keys], np.int64),
            subject_of=np.array([subject for subject, _, _ in keys], np.int64),
            spelling=_spelling(
                [[*(self._symbols[letter] for letter in word), self._symbols[" "]] for _, word, _ in keys]
            ),
            place_of=np.array([self._places[subject, reached] for subject, _, reached in keys], np.int64),
            ending=np.array([self._ending[i] for i in order], np.int64),
            history=history,
            depth=depth,
            shorter=shorter,
            back_off=back_off,
            arc_copy=np.array([copy for copy, _, _ in arcs], np.int64),
            arc_place=np.array([place for _, place, _ in arcs], np.int64),
            arc_score=np.array([value for _, _, value in arcs], np.int64),
            starts=np.array([self._places.get((s, (START,)), self._places[s, ()]) for s in subjects], np.int64),
            anywhere=np.array([self._places[s, ()] for s in subjects], np.int64),
            subject_at=np.array(self._first_place, np.int64),
        )


def _spelling(words: list[list[int]]) -> Spelling:
    letter = np.array([symbol for letters in words for symbol in letters], np.int64)
    return Spelling(letter, np.array([len(letters) for letters in words], np.int64))
