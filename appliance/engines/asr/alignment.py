"""Finds when each word of a known text was said, from the probabilities of its letters: CTC forced alignment.

Of all ways to spell the text along the steps, the likeliest one is taken (Viterbi). A step is a letter, the blank
between two letters of a word, or the gap between two words, in which the blank and the space are alike: so a long
silence may hold several spaces, and words that were run together hold none. Graves et al., "Connectionist Temporal
Classification", 2006.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from appliance.core.audio import Samples

_BLANK = 0


@dataclass(frozen=True, slots=True)
class Span:
    """The steps of a word."""

    first: int
    """step at which its first letter begins"""
    last: int
    """step at which its last letter ends"""


def spans(log_probs: Samples, words: Sequence[Sequence[int]], space: int) -> tuple[Span, ...]:
    """The steps of each of ``words``, which are symbols of the columns of ``log_probs``: natural logarithms of shape
    ``(steps, symbols)``, the blank first. A word may hold ``space`` where it is said as several.

    A word without symbols lies between its neighbours. Empty where the text does not fit into the steps.
    """
    if not len(log_probs):
        return ()
    letters = [(symbol, number) for number, word in enumerate(words) for symbol in (space, *word)]
    path = _likeliest(log_probs, [symbol for symbol, _ in letters], space)
    if path is None:
        return ()
    owners = np.array([number for symbol, number in letters if symbol != space], np.int64)
    # Of the places between two, before and behind letters, the odd ones are the letters.
    steps = np.flatnonzero(path % 2)
    owner = owners[path[steps] // 2]
    found: list[Span] = []
    for number in range(len(words)):
        own = steps[owner == number]
        if len(own):
            found.append(Span(int(own[0]), int(own[-1])))
        else:
            end = found[-1].last if found else int(steps[0]) if len(steps) else 0
            found.append(Span(end, end))
    return tuple(found)


def _likeliest(log_probs: Samples, text: Sequence[int], space: int) -> npt.NDArray[np.int64] | None:
    """The place in the text at each step: ``2 n + 1`` for its letter ``n``, counted without spaces, and ``2 n`` for
    what is before it. None where there are fewer steps than the text needs."""
    letters: list[int] = []
    gap = log_probs.shape[1]
    between = [_BLANK]
    for symbol in text:
        if symbol == space:
            between[-1] = gap
        else:
            letters.append(symbol)
            between.append(_BLANK)
    between[-1] = gap
    symbols = np.empty(2 * len(letters) + 1, np.int64)
    symbols[::2], symbols[1::2] = between, letters
    either = np.logaddexp(log_probs[:, _BLANK], log_probs[:, space])
    likely = np.column_stack([log_probs, either]).astype(np.float64)[:, symbols]
    # Two equal letters need something between them, or they would be one.
    may_follow = np.zeros(len(symbols), bool)
    may_follow[3::2] = symbols[3::2] != symbols[1:-2:2]
    return _path(likely, may_follow)


def _path(likely: npt.NDArray[np.float64], may_follow: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64] | None:
    """The likeliest way through places in order, whose log probabilities at each step are ``likely``. A step goes on,
    to the next place, or over one to a place that ``may_follow``."""
    steps, places = likely.shape
    came_from = np.zeros((steps, places), np.int8)
    ways = np.full((3, places), -np.inf)
    score = np.full(places, -np.inf)
    score[:2] = likely[0, :2]
    for step in range(1, steps):
        ways[0] = score
        ways[1, 1:] = score[:-1]
        ways[2, 2:] = np.where(may_follow[2:], score[:-2], -np.inf)
        came_from[step] = ways.argmax(axis=0)
        score = ways.max(axis=0) + likely[step]
    end = places - 1 - int(places > 1 and score[-2] > score[-1])
    if score[end] == -np.inf:
        return None
    path = np.empty(steps, np.int64)
    for step in range(steps - 1, -1, -1):
        path[step] = end
        end -= int(came_from[step, end])
    return path
