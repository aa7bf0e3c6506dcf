"""Finds the sentence of a site's language that fits the probabilities of letters best: CTC along words and n-grams.

Each n-gram context has a copy of the words that lead to it, spelled letter by letter (``net``). Before the search each
word is looked for by itself, anywhere in the sound, and words that fit nowhere better than other speech are left out.
All letters of all copies that are left are scored at every step, so nothing else that might have won is pruned. Each
subject of the site has words of its own, as in ``graph``.

Beside the words there is a way for *other speech*: any letters at all, at a price for each. A sentence that the site
does not expect takes this way, wholly or in part. The letters as they are read without any language come with the
result, so that it can be told how much of them the words are.

Scores are natural logarithms as whole numbers, whose low bits carry the step at which a word began. So the greater of
two scores brings its own beginning along.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from appliance.core.audio import Samples
from appliance.engines.asr.site.net import (
    IMPOSSIBLE,
    STEP_MASK,
    UNIT,
    Chosen,
    Net,
    NetBuilder,
    Scores,
    SearchCosts,
    Spelling,
    as_score,
)
from appliance.engines.asr.site.ngram import BackoffModel

_SPARE, _FEWEST = 0.85, 20
"""A word that costs more than this share of what other speech of its length costs is left out, but for so many of the
cheapest. In 94 recordings, clean and in noise at 15 and 6 dB, 0.85 found the same words as a search among all, in a
third of the time; 0.7 found others in two of the 282, in a quarter."""

OTHER = "…"
"""A stretch of other speech, in the words of a result"""


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

    def __init__(
        self, languages: Mapping[str, BackoffModel], symbols: Mapping[str, int], costs: SearchCosts | None = None
    ) -> None:
        """``symbols`` are the columns of the letters in the probabilities; the blank is column 0. Words that they
        cannot spell are left out."""
        self._costs = costs or SearchCosts()
        self._letters = {symbol: letter for letter, symbol in symbols.items()}
        self._space = symbols[" "]
        self._subjects = tuple(languages)
        builder = NetBuilder(symbols, self._costs)
        for number, language in enumerate(languages.values()):
            builder.add(number, language)
        self._net = builder.built()
        self._spelling = builder.spelling()
        self._cost_of_other = _SPARE * (self._costs.other + self._costs.other_letter * self._spelling.lengths)

    def best(self, log_probs: Samples) -> Found:
        """The likeliest way through ``log_probs``, natural logarithms of shape ``(steps, symbols)``."""
        condensed = _condensed(log_probs)
        net = self._net.only(self._audible(condensed)) if len(condensed) else self._net
        return _Steps(net, self._costs, condensed, self._space).found(self._subjects, self._read(log_probs))

    def _audible(self, log_probs: Samples) -> Chosen:
        """The words that fit somewhere in the sound better than other speech may, and a few where none does."""
        cost = -best_fits(self._spelling, log_probs)
        chosen: Chosen = cost <= np.maximum(self._cost_of_other, np.sort(cost)[:_FEWEST][-1])
        return chosen

    def _read(self, log_probs: Samples) -> str:
        """The likeliest symbol of each step as letters."""
        likeliest = log_probs.argmax(axis=1)
        fresh = likeliest[np.diff(likeliest, prepend=0) != 0]
        return " ".join("".join(self._letters[symbol] for symbol in fresh.tolist() if symbol).split())


def best_fits(spelling: Spelling, log_probs: Samples) -> Samples:
    """How well each word fits where it fits best, as natural logarithms relative to the likeliest symbols there."""
    relative = log_probs - log_probs.max(axis=1, keepdims=True)
    first, last, repeats = spelling.first, spelling.last, spelling.repeats
    on = np.full(len(spelling.letter), -np.inf, np.float32)
    off, came = on.copy(), on.copy()
    best = np.full(len(spelling.lengths), -np.inf, np.float32)
    for seen in relative:
        np.maximum(on[:-1], off[:-1], out=came[1:])
        came[repeats] = off[repeats - 1]
        came[first] = 0.0
        np.maximum(off, on, out=off)
        off += seen[0]
        np.maximum(on, came, out=on)
        on += seen[spelling.letter]
        np.maximum(best, on[last], out=best)
    return best


def _condensed(log_probs: Samples, sure: float = 0.02) -> Samples:
    """The steps without the second and later of successive steps that are surely blank, in which nothing happens."""
    blank = log_probs[:, 0] > -sure
    kept = ~(blank & np.concatenate(([False], blank[:-1])))
    found: Samples = log_probs[kept]
    return found


class _Steps:
    """One utterance on its way through the net."""

    def __init__(self, net: Net, costs: SearchCosts, log_probs: Samples, space: int) -> None:
        self._net, self._costs = net, costs
        self._levels = tuple(net.levels)
        self._seen = (np.maximum(log_probs, -30.0) * UNIT).astype(np.int64) & ~STEP_MASK
        likeliest = self._seen.argmax(axis=1)
        fresh = (likeliest != 0) & (likeliest != space) & (np.diff(likeliest, prepend=0) != 0)
        self._other = self._seen.max(axis=1) - fresh * as_score(costs.other_letter)
        """score of other speech at each step: of the likeliest symbol, less the price of each letter"""
        self._exits: list[Scores] = []
        self._between: list[Scores] = []
        self._other_exits: list[Scores] = []
        self._run()

    def _run(self) -> None:
        net = self._net
        joined, begin_other = as_score(self._costs.joined), as_score(self._costs.other)
        spelling = net.spelling
        letter, first, last, repeats = spelling.letter, spelling.first, spelling.last, spelling.repeats
        reached, reached_at = net.reached
        arc_first = net.arc_first
        count, subjects = len(letter), len(net.starts)
        on = np.full(count, IMPOSSIBLE, np.int64)
        off = np.full(count, IMPOSSIBLE, np.int64)
        other = np.full(subjects, IMPOSSIBLE, np.int64)
        before = np.full(net.places, IMPOSSIBLE, np.int64)
        before[net.starts] = 0
        silence = 0
        came = np.empty(count, np.int64)
        for step, (seen, free) in enumerate(zip(self._seen, self._other, strict=True)):
            between = self._backed_off(before)
            self._between.append(between)
            entering = np.maximum.reduceat(between[net.arc_place] + net.arc_score, arc_first) & ~STEP_MASK | step
            # A letter comes from itself, from the blank after the letter before, or from that letter if it is another.
            came[0] = IMPOSSIBLE
            np.maximum(on[:-1], off[:-1], out=came[1:])
            came[repeats] = off[repeats - 1]
            came[first] = entering
            np.maximum(off, on, out=off)
            off += seen[0]
            np.maximum(on, came, out=on)
            on += seen[letter]
            best_place = np.maximum.reduceat(between, net.subject_at)
            other = np.maximum(other, (best_place - begin_other) & ~STEP_MASK | step) + free
            ended = np.maximum(on[last], off[last])
            exits = np.maximum(ended, np.maximum(on[last - 1], off[last - 1]) - joined)
            self._exits.append(exits)
            self._other_exits.append(other)
            before = np.full(net.places, IMPOSSIBLE, np.int64)
            before[reached] = np.maximum.reduceat(exits, reached_at) & ~STEP_MASK
            score = other & ~STEP_MASK
            before[net.anywhere] = np.maximum(before[net.anywhere], score)
            silence += int(seen[0])
            before[net.starts] = np.maximum(before[net.starts], np.maximum(score, silence))
        self._final = (
            np.maximum(
                np.maximum(np.maximum(on[last], off[last]), np.maximum(on[last - 1], off[last - 1])) + net.ending,
                IMPOSSIBLE,
            )
            if len(self._seen)
            else np.full(len(net.word_of), IMPOSSIBLE, np.int64)
        )

    def _backed_off(self, before: Scores) -> Scores:
        between = before.copy()
        for places, first, shorts in self._levels:
            backed_off = between[places] + self._net.back_off[places]
            between[shorts] = np.maximum(between[shorts], np.maximum.reduceat(backed_off, first))
        return between & ~STEP_MASK

    def found(self, subjects: Sequence[str], read: str) -> Found:
        """Trace the best way back."""
        net, arc_first = self._net, self._net.arc_first
        if not len(self._seen):
            return Found((), subjects[0], 0.0, read)
        copy = int(self._final.argmax())
        other = int(self._other_exits[-1].argmax())
        if self._final[copy] >= self._other_exits[-1][other]:
            score, subject = int(self._final[copy]), int(net.subject_of[copy])
            words, at = [net.vocabulary[net.word_of[copy]]], score & STEP_MASK
        else:
            score, subject = int(self._other_exits[-1][other]), other
            words, at, copy = [OTHER], score & STEP_MASK, -1
        while True:
            # ``at`` is the step at which the last of ``words`` began; which place did it come from?
            between = self._between[at]
            if copy >= 0:
                begin = arc_first[copy]
                end = arc_first[copy + 1] if copy + 1 < len(arc_first) else len(net.arc_place)
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
            words.append(net.vocabulary[net.word_of[copy]] if copy >= 0 else OTHER)
        words.reverse()
        return Found(tuple(words), subjects[subject], score / UNIT, read)

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
                if value & ~STEP_MASK == score:
                    return copy, value & STEP_MASK
            value = int(self._other_exits[step][subject])
            if value & ~STEP_MASK == score and place in (net.anywhere[subject], net.starts[subject]):
                return -1, value & STEP_MASK
            between = self._between[step + 1]
            for longer in np.flatnonzero(net.shorter == place).tolist():
                if between[longer] + net.back_off[longer] == score:
                    places.append((longer, int(between[longer])))
        return None
