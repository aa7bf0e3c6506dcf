"""N-gram language models with back-off, which can be estimated, mixed, read and written as ARPA files.

Recognisers read ARPA files, and the word graph of a CTC ear is made from the same model. This module depends on no
recogniser.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

START, END = "<s>", "</s>"
NGram = tuple[str, ...]

_NEVER = -99.0
"""log10 probability of a word that cannot follow, by the custom of ARPA files"""


class BackoffModel:
    """log10 probabilities of n-grams, and back-off weights of their histories."""

    def __init__(self, orders: Sequence[Mapping[NGram, float]], backoffs: Mapping[NGram, float]) -> None:
        self.orders = orders
        """log10 P(last word | the words before) by n-gram, for each order from 1"""
        self.backoffs = backoffs
        """history to log10 of its back-off weight, the factor on the shorter history's probability of an unseen word"""

    @property
    def words(self) -> frozenset[str]:
        """The vocabulary, without the sentence marks."""
        return frozenset(word for (word,) in self.orders[0]) - {START, END}

    def log10(self, ngram: NGram) -> float:
        """log10 P(last word | the words before), with back-off, or minus 99 for an unknown word."""
        weight = 0.0
        for start in range(max(0, len(ngram) - len(self.orders)), len(ngram)):
            tail = ngram[start:]
            if (known := self.orders[len(tail) - 1].get(tail)) is not None:
                return weight + known
            weight += self.backoffs.get(tail[:-1], 0.0)
        return _NEVER

    def unseen(self, words: Sequence[str]) -> int:
        """Count the n-grams of the highest order in a sentence that the model does not list.

        The end of the sentence does not count, because people break off, and noise after the last word sounds like one
        more "and".
        """
        order = len(self.orders)
        marked = (START, *words)
        grams = (marked[max(0, i - order + 1) : i + 1] for i in range(1, len(marked)))
        return sum(gram not in self.orders[len(gram) - 1] for gram in grams)

    def write(self, path: Path) -> None:
        """Write an ARPA file."""
        with path.open("w", encoding="utf-8") as file:
            file.write("\\data\\\n")
            file.writelines(f"ngram {n}={len(known)}\n" for n, known in enumerate(self.orders, 1))
            for n, known in enumerate(self.orders, 1):
                file.write(f"\n\\{n}-grams:\n")
                for ngram in sorted(known):
                    file.write(f"{known[ngram]:.4f} {' '.join(ngram)}")
                    backoff = self.backoffs.get(ngram)
                    file.write("\n" if backoff is None or n == len(self.orders) else f" {backoff:.4f}\n")
            file.write("\n\\end\\\n")


def read_arpa(lines: Iterable[str]) -> BackoffModel:
    """Read the lines of an ARPA file."""
    orders: list[dict[NGram, float]] = []
    backoffs: dict[NGram, float] = {}
    order = 0
    for line in lines:
        if line.startswith("\\"):
            heading = line.strip().strip("\\:")
            order = int(heading.removesuffix("-grams")) if heading.endswith("-grams") else 0
            if order:
                orders.append({})
        elif order and (parts := line.split()):
            ngram = tuple(parts[1 : order + 1])
            orders[-1][ngram] = float(parts[0])
            if len(parts) > order + 1:
                backoffs[ngram] = float(parts[order + 1])
    return BackoffModel(orders, backoffs)


def estimate(sentences: Iterable[tuple[Sequence[str], float]], *, order: int = 3, unseen: float = 0.02) -> BackoffModel:
    """Estimate a model from weighted sentences. ``unseen`` is the probability that each history leaves to shorter ones.

    The share is fixed, not estimated from counts. The sentences are samples of templates, so their counts say how often
    a template was drawn, and nothing about what visitors say beside the templates.
    """
    counts: list[dict[NGram, float]] = [defaultdict(float) for _ in range(order)]
    for words, weight in sentences:
        marked = (START, *words, END)
        for i in range(1, len(marked)):
            for n in range(min(order, i + 1)):
                counts[n][marked[i - n : i + 1]] += weight
    total = sum(counts[0].values())
    known: list[dict[NGram, float]] = [{gram: count / total for gram, count in counts[0].items()}]
    known[0][(START,)] = 0.0
    backoffs: dict[NGram, float] = {}
    for longer in counts[1:]:
        shorter = _Lower(known, backoffs)
        known.append(
            {
                gram: (1 - unseen) * count / total + unseen * shorter(gram[1:])
                for history, followers in _by_history(longer).items()
                for total in (sum(count for _, count in followers),)
                for gram, count in followers
                if history
            }
        )
        _set_backoffs(known, backoffs)
    return _logarithmic(known, backoffs)


def mix(special: BackoffModel, general: BackoffModel, share: float) -> BackoffModel:
    """Interpolate two models. The special one has the weight ``share`` after histories that it knows, 0 after others.

    The probabilities after histories that only the general model knows stay as they are, back-off weights included.
    There are hundreds of thousands, and nearly nothing in them would change.
    """
    known: list[dict[NGram, float]] = []
    backoffs: dict[NGram, float] = {}
    untouched: list[dict[NGram, float]] = []
    for n in range(1, max(len(special.orders), len(general.orders)) + 1):
        grams: set[NGram] = set()
        rest: dict[NGram, float] = {}
        if n <= len(special.orders):
            grams.update(special.orders[n - 1])
        if n <= len(general.orders):
            for gram, log10 in general.orders[n - 1].items():
                if n == 1 or gram[:-1] in special.backoffs:
                    grams.add(gram)
                else:
                    rest[gram] = log10
        known.append(
            {gram: share * 10 ** special.log10(gram) + (1 - share) * 10 ** general.log10(gram) for gram in grams}
        )
        known[0][(START,)] = 0.0
        untouched.append(rest)
        if n > 1:
            _set_backoffs(known, backoffs)
    mixed = _logarithmic(known, backoffs)
    return BackoffModel(
        [{**rest, **level} for rest, level in zip(untouched, mixed.orders, strict=True)],
        {**general.backoffs, **mixed.backoffs},
    )


class _Lower:
    """Probabilities by the orders that are estimated so far."""

    def __init__(self, known: Sequence[Mapping[NGram, float]], backoffs: Mapping[NGram, float]) -> None:
        self._known, self._backoffs = known, backoffs

    def __call__(self, gram: NGram) -> float:
        weight = 1.0
        for start in range(max(0, len(gram) - len(self._known)), len(gram)):
            tail = gram[start:]
            if (probability := self._known[len(tail) - 1].get(tail)) is not None:
                return weight * probability
            weight *= self._backoffs.get(tail[:-1], 1.0)
        return 0.0


def _by_history(grams: Mapping[NGram, float]) -> dict[NGram, list[tuple[NGram, float]]]:
    followers: dict[NGram, list[tuple[NGram, float]]] = defaultdict(list)
    for gram, value in grams.items():
        followers[gram[:-1]].append((gram, value))
    return followers


def _set_backoffs(known: Sequence[Mapping[NGram, float]], backoffs: dict[NGram, float]) -> None:
    """Set the back-off weights of the histories of the highest order, so that each history's probabilities add up to
    one."""
    lower = _Lower(known[:-1], backoffs)
    weights = {}
    for history, followers in _by_history(known[-1]).items():
        left = 1 - sum(probability for _, probability in followers)
        left_below = 1 - sum(lower(gram[1:]) for gram, _ in followers)
        # Where every word that can follow is listed, only a rounding error is left, on either side of nothing.
        weights[history] = max(left, 1e-9) / max(left_below, 1e-6)
    backoffs.update(weights)


def _logarithmic(known: Sequence[Mapping[NGram, float]], backoffs: Mapping[NGram, float]) -> BackoffModel:
    def log10(value: float) -> float:
        return math.log10(value) if value > 0 else _NEVER

    return BackoffModel(
        [{gram: log10(probability) for gram, probability in level.items()} for level in known],
        {history: log10(weight) for history, weight in backoffs.items()},
    )


def histories(model: BackoffModel) -> Iterator[NGram]:
    """Every history that has followers of its own, the empty one first."""
    yield ()
    yield from sorted(model.backoffs, key=lambda history: (len(history), history))
