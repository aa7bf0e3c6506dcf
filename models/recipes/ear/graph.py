"""A site's word graph for the evaluation: word bigrams, spelled, over CTC's blanks and repeats, as one FST.

Input label = token id + 1 (0 is epsilon), output label = word id, weights = -log probability, as sherpa-onnx's
``ctc_graph`` wants it. The appliance makes its own graph from the site file when it loads; this one measures the ear
without it.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import kaldifst

from .model import SYMBOLS

_IDS = {symbol: number for number, symbol in enumerate(SYMBOLS)}
_END = "</s>"


def write_graph(texts: Iterable[str], path: Path, scale: float) -> int:
    """Write the graph of the sentences' word bigrams, weighed by ``scale``; returns the number of words."""
    bigrams: dict[str, Counter[str]] = defaultdict(Counter)
    for sentence in texts:
        words = ["", *sentence.split(), _END]
        for left, right in itertools.pairwise(words):
            bigrams[left][right] += 1
    vocabulary = sorted({word for word in bigrams if word})
    numbers = {word: i for i, word in enumerate(vocabulary, 1)}
    fst = kaldifst.StdVectorFst()
    state = fst.add_state

    def arc(source: int, symbol: str, output: int, cost: float, target: int) -> None:
        fst.add_arc(source, kaldifst.StdArc(_IDS[symbol] + 1, output, cost, target))

    start = state()
    fst.start = start
    arc(start, "<blk>", 0, 0.0, start)
    # after a word: the state that repeats its blank token, and the one that repeats <blk>
    after = {word: (state(), state()) for word in vocabulary}
    for space, blank in after.values():
        arc(space, " ", 0, 0.0, space)
        arc(space, "<blk>", 0, 0.0, blank)
        arc(blank, "<blk>", 0, 0.0, blank)
    for left, followers in bigrams.items():
        total = sum(followers.values())
        sources = list(after[left]) if left else [start]
        for right, count in followers.items():
            cost = -math.log(count / total) * scale
            if right == _END:
                for source in sources:
                    fst.set_final(source, cost)
                continue
            reached, last = sources, ""
            for position, letter in enumerate(right):
                on, off = state(), state()
                for index, source in enumerate(reached):
                    # a doubled letter must pass through a blank
                    if not (position and index == 0 and letter == last):
                        arc(source, letter, 0 if position else numbers[right], 0.0 if position else cost, on)
                arc(on, letter, 0, 0.0, on)
                arc(on, "<blk>", 0, 0.0, off)
                arc(off, "<blk>", 0, 0.0, off)
                reached, last = [on, off], letter
            ends = bigrams[right].get(_END, 0) / sum(bigrams[right].values())
            for source in reached:
                arc(source, " ", 0, 0.0, after[right][0])
                if ends:
                    fst.set_final(source, -math.log(ends) * scale)
    fst.write(str(path))
    return len(vocabulary)
