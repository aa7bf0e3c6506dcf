"""Finds the sentence of a site's language that fits the probabilities of letters best: CTC along words and n-grams.

Each n-gram context has a copy of the words that lead to it, spelled letter by letter. All letters of all copies are
scored at every step, which numpy does in a fifth of a millisecond for a site of two thousand words, so nothing that
might have won is pruned. Each subject of the site has words of its own, as in ``graph``.

Beside the words there is a way for *other speech*: any letters at all, at a price for each. A sentence that the site
does not expect takes this way, wholly or in part. The letters as they are read without any language come with the
result, so that it can be told how much of them the words are.

Scores are natural logarithms as whole numbers, whose low bits carry the step at which a word began. So the greater of
two scores brings its own beginning along.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from appliance.core.audio import Samples
from appliance.engines.asr.site.ngram import END, START, BackoffModel, NGram, histories

_Scores = npt.NDArray[np.int64]
_Indices = npt.NDArray[np.int64]

_STEP_BITS = 14
"""Bits for the step at which a word began: 16,384 steps, more than six minutes"""
_UNIT = 512 << _STEP_BITS
"""One natural logarithm"""
_STEP_MASK = (1 << _STEP_BITS) - 1
_IMPOSSIBLE = -(1 << 58)
_LN10 = math.log(10)

OTHER = "…"
"""A stretch of other speech, in the words of a result"""


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
class Found:
    """The likeliest way through the language."""

    words: tuple[str, ...]
    """with ``OTHER`` for each stretch of other speech"""
    subject: str
    fit: float
    """log probability of the letters of the way and their language"""
    read: str
    """the same sound as letters, without any language"""


class SiteSearch:
    """The search in one site's language. It has no state of an utterance, so several threads may use it."""

    def __init__(self, languages: Mapping[str, BackoffModel], letters: str, costs: SearchCosts | None = None) -> None:
        """``letters`` are the symbols of the probabilities after the blank, which is symbol 0. Words that they cannot
        spell are left out."""
        self._costs = costs or SearchCosts()
        self._letters = letters
        self._symbols = {letter: number for number, letter in enumerate(letters, 1)}
        self._space = self._symbols[" "]
        self._subjects = tuple(languages)
        builder = _Builder(self._symbols, self._costs)
        for number, language in enumerate(languages.values()):
            builder.add(number, language)
        self._net = builder.built()

    def best(self, log_probs: Samples) -> Found:
        """The likeliest way through ``log_probs``, natural logarithms of shape ``(steps, symbols)``."""
        steps = _Steps(self._net, self._costs, _condensed(log_probs), self._space)
        return steps.found(self._subjects, self._read(log_probs))

    def _read(self, log_probs: Samples) -> str:
        """The likeliest symbol of each step as letters."""
        likeliest = log_probs.argmax(axis=1)
        fresh = likeliest[np.diff(likeliest, prepend=0) != 0]
        return " ".join("".join(self._letters[symbol - 1] for symbol in fresh if symbol).split())


@dataclass(frozen=True, slots=True)
class _Net:
    """The words of all subjects, letter by letter, and the places between them. A place is a history of n-grams."""

    words: tuple[str, ...]
    """of each copy"""
    subject_of: _Indices
    """subject of each copy"""
    letter: _Indices
    """symbol of each letter. A copy's letters follow one another; its last is the space"""
    first: _Indices
    """index of each copy's first letter"""
    last: _Indices
    """index of each copy's space"""
    repeats: _Indices
    """letters that are equal to the one before them in their copy"""
    place_of: _Indices
    """place behind each copy. The copies are in the order of their places"""
    reached: _Indices
    """places that some copy leads to"""
    reached_at: _Indices
    """the first copy that leads to each of them"""
    ending: _Scores
    """of the end of the utterance after each copy"""
    shorter: _Indices
    """place that each place backs off to, -1 where there is none"""
    back_off: _Scores
    """of that"""
    levels: tuple[tuple[_Indices, _Indices, _Indices], ...]
    """the way back from the longest histories on: places, the first of them for each shorter place, the shorter"""
    arc_place: _Indices
    arc_score: _Scores
    arc_first: _Indices
    """the first arc into each copy. The arcs are in the order of the copies"""
    starts: _Indices
    """place at which each subject's sentences begin"""
    anywhere: _Indices
    """place of each subject without a history"""
    subject_at: _Indices
    """the first place of each subject. The places are in the order of the subjects"""
    places: int


def _score(log: float) -> int:
    return round(log * _UNIT) & ~_STEP_MASK if log > -1e6 else _IMPOSSIBLE


class _Builder:
    """Collects the copies, places and arcs of a net."""

    def __init__(self, symbols: Mapping[str, int], costs: SearchCosts) -> None:
        self._symbols, self._costs = symbols, costs
        self._places: dict[tuple[int, NGram], int] = {}
        self._copies: dict[tuple[int, str, NGram], int] = {}
        self._arcs: list[tuple[int, int, int]] = []
        self._back: list[tuple[int, int, int]] = []
        self._ending: list[int] = []
        self._first_place: list[int] = []

    def add(self, subject: int, language: BackoffModel) -> None:
        """Add the language of one subject."""
        weight = self._costs.language * _LN10
        words = {word for word in language.words if all(letter in self._symbols for letter in word)}
        self._first_place.append(len(self._places))
        known = [h for h in histories(language) if all(word in words or word == START for word in h)]
        for history in known:
            self._places[subject, history] = len(self._places)
        for history in known:
            if history:
                shorter = next(
                    history[i:] for i in range(1, len(history) + 1) if (subject, history[i:]) in self._places
                )
                self._back.append(
                    (
                        self._places[subject, history],
                        self._places[subject, shorter],
                        _score(language.backoffs[history] * weight),
                    )
                )
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
                    self._ending.append(_score(language.log10((*reached, END)) * weight))
                self._arcs.append((self._copies[key], place, _score(log10 * weight - self._costs.word)))

    def built(self) -> _Net:
        """The net of all that was added."""
        keys = list(self._copies)
        order = sorted(range(len(keys)), key=lambda i: self._places[keys[i][0], keys[i][2]])
        renumbered = {old: new for new, old in enumerate(order)}
        keys = [keys[i] for i in order]
        place_of = np.array([self._places[subject, reached] for subject, _, reached in keys], np.int64)
        reached, reached_at = np.unique(place_of, return_index=True)
        spelled = [[*(self._symbols[letter] for letter in word), self._symbols[" "]] for _, word, _ in keys]
        lengths = np.array([len(letters) for letters in spelled], np.int64)
        first = np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int64)
        letter = np.array([symbol for letters in spelled for symbol in letters], np.int64)
        same = np.flatnonzero(letter[1:] == letter[:-1]) + 1
        arcs = sorted((renumbered[copy], place, score) for copy, place, score in self._arcs)
        into = np.array([copy for copy, _, _ in arcs], np.int64)
        subjects = range(len(self._first_place))
        shorter = np.full(len(self._places), -1, np.int64)
        back_off = np.zeros(len(self._places), np.int64)
        for place, short, score in self._back:
            shorter[place], back_off[place] = short, score
        return _Net(
            words=tuple(word for _, word, _ in keys),
            subject_of=np.array([subject for subject, _, _ in keys], np.int64),
            letter=letter,
            first=first,
            last=first + lengths - 1,
            repeats=same[~np.isin(same, first)],
            place_of=place_of,
            reached=reached,
            reached_at=reached_at.astype(np.int64),
            ending=np.array([self._ending[i] for i in order], np.int64),
            shorter=shorter,
            back_off=back_off,
            levels=self._levels(shorter),
            arc_place=np.array([place for _, place, _ in arcs], np.int64),
            arc_score=np.array([score for _, _, score in arcs], np.int64),
            arc_first=np.flatnonzero(np.diff(into, prepend=-1)),
            starts=np.array([self._places.get((s, (START,)), self._places[s, ()]) for s in subjects], np.int64),
            anywhere=np.array([self._places[s, ()] for s in subjects], np.int64),
            subject_at=np.array(self._first_place, np.int64),
            places=len(self._places),
        )

    def _levels(self, shorter: _Indices) -> tuple[tuple[_Indices, _Indices, _Indices], ...]:
        lengths = np.array([len(history) for _, history in self._places])
        found = []
        for length in sorted(set(lengths[shorter >= 0].tolist()), reverse=True):
            places = np.flatnonzero((lengths == length) & (shorter >= 0))
            places = places[np.argsort(shorter[places], kind="stable")]
            shorts, first = np.unique(shorter[places], return_index=True)
            found.append((places, first.astype(np.int64), shorts))
        return tuple(found)


def _condensed(log_probs: Samples, sure: float = 0.02) -> Samples:
    """The steps without the second and later of successive steps that are surely blank, in which nothing happens."""
    blank = log_probs[:, 0] > -sure
    kept = ~(blank & np.concatenate(([False], blank[:-1])))
    found: Samples = log_probs[kept]
    return found


class _Steps:
    """One utterance on its way through the net."""

    def __init__(self, net: _Net, costs: SearchCosts, log_probs: Samples, space: int) -> None:
        self._net, self._costs = net, costs
        self._seen = (np.maximum(log_probs, -30.0) * _UNIT).astype(np.int64) & ~_STEP_MASK
        likeliest = self._seen.argmax(axis=1)
        fresh = (likeliest != 0) & (likeliest != space) & (np.diff(likeliest, prepend=0) != 0)
        self._other = self._seen.max(axis=1) - fresh * _score(costs.other_letter)
        """score of other speech at each step: of the likeliest symbol, less the price of each letter"""
        self._exits: list[_Scores] = []
        self._between: list[_Scores] = []
        self._other_exits: list[_Scores] = []
        self._run()

    def _run(self) -> None:
        net = self._net
        joined, begin_other = _score(self._costs.joined), _score(self._costs.other)
        count, subjects = len(net.letter), len(net.starts)
        on = np.full(count, _IMPOSSIBLE, np.int64)
        off = np.full(count, _IMPOSSIBLE, np.int64)
        other = np.full(subjects, _IMPOSSIBLE, np.int64)
        before = np.full(net.places, _IMPOSSIBLE, np.int64)
        before[net.starts] = 0
        silence = 0
        came = np.empty(count, np.int64)
        for step, (seen, free) in enumerate(zip(self._seen, self._other, strict=True)):
            between = self._backed_off(before)
            self._between.append(between)
            entering = np.maximum.reduceat(between[net.arc_place] + net.arc_score, net.arc_first) & ~_STEP_MASK | step
            # A letter comes from itself, from the blank after the letter before, or from that letter if it is another.
            came[0] = _IMPOSSIBLE
            np.maximum(on[:-1], off[:-1], out=came[1:])
            came[net.repeats] = off[net.repeats - 1]
            came[net.first] = entering
            np.maximum(off, on, out=off)
            off += seen[0]
            np.maximum(on, came, out=on)
            on += seen[net.letter]
            best_place = np.maximum.reduceat(between, net.subject_at)
            other = np.maximum(other, (best_place - begin_other) & ~_STEP_MASK | step) + free
            ended = np.maximum(on[net.last], off[net.last])
            exits = np.maximum(ended, np.maximum(on[net.last - 1], off[net.last - 1]) - joined)
            self._exits.append(exits)
            self._other_exits.append(other)
            before = np.full(net.places, _IMPOSSIBLE, np.int64)
            before[net.reached] = np.maximum.reduceat(exits, net.reached_at) & ~_STEP_MASK
            score = other & ~_STEP_MASK
            before[net.anywhere] = np.maximum(before[net.anywhere], score)
            silence += int(seen[0])
            before[net.starts] = np.maximum(before[net.starts], np.maximum(score, silence))
        self._final = (
            np.maximum(
                np.maximum(np.maximum(on[net.last], off[net.last]), np.maximum(on[net.last - 1], off[net.last - 1]))
                + net.ending,
                _IMPOSSIBLE,
            )
            if len(self._seen)
            else np.full(len(net.words), _IMPOSSIBLE, np.int64)
        )

    def _backed_off(self, before: _Scores) -> _Scores:
        between = before.copy()
        for places, first, shorts in self._net.levels:
            backed_off = between[places] + self._net.back_off[places]
            between[shorts] = np.maximum(between[shorts], np.maximum.reduceat(backed_off, first))
        return between & ~_STEP_MASK

    def found(self, subjects: Sequence[str], read: str) -> Found:
        """Trace the best way back."""
        net = self._net
        if not len(self._seen):
            return Found((), subjects[0], 0.0, read)
        copy = int(self._final.argmax())
        other = int(self._other_exits[-1].argmax())
        if self._final[copy] >= self._other_exits[-1][other]:
            score, subject = int(self._final[copy]), int(net.subject_of[copy])
            words, at = [net.words[copy]], score & _STEP_MASK
        else:
            score, subject = int(self._other_exits[-1][other]), other
            words, at, copy = [OTHER], score & _STEP_MASK, -1
        while True:
            # ``at`` is the step at which the last of ``words`` began; which place did it come from?
            between = self._between[at]
            if copy >= 0:
                begin = net.arc_first[copy]
                end = net.arc_first[copy + 1] if copy + 1 < len(net.arc_first) else len(net.arc_place)
                place = int(
                    net.arc_place[begin + int((between[net.arc_place[begin:end]] + net.arc_score[begin:end]).argmax())]
                )
            else:
                begin = net.subject_at[subject]
                end = net.subject_at[subject + 1] if subject + 1 < len(net.subject_at) else net.places
                place = int(begin + between[begin:end].argmax())
            if at == 0:
                break
            step = self._before(place, int(between[place]), at - 1, subject)
            if step is None:
                break
            copy, at = step
            words.append(net.words[copy] if copy >= 0 else OTHER)
        words.reverse()
        return Found(tuple(words), subjects[subject], score / _UNIT, read)

    def _before(self, place: int, score: int, step: int, subject: int) -> tuple[int, int] | None:
        """Which copy (or -1 for other speech) led to a place with that score, and the step at which it began. None for
        the silence before the first word."""
        net = self._net
        places = [(place, score)]
        while places:
            place, score = places.pop()
            copies = np.flatnonzero(net.place_of == place)
            exits = self._exits[step][copies]
            for copy, value in zip(copies.tolist(), exits.tolist(), strict=True):
                if value & ~_STEP_MASK == score:
                    return copy, value & _STEP_MASK
            value = int(self._other_exits[step][subject])
            if value & ~_STEP_MASK == score and place in (net.anywhere[subject], net.starts[subject]):
                return -1, value & _STEP_MASK
            between = self._between[step + 1]
            for longer in np.flatnonzero(net.shorter == place).tolist():
                if between[longer] + net.back_off[longer] == score:
                    places.append((longer, int(between[longer])))
        return None
