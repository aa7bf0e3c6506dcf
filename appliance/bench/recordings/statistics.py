"""Intervals by the bootstrap, and the exact paired test. Pure but for numpy's generator, which is seeded.

*Interval*: units (utterances, or all utterances of one speaker together) are drawn with replacement as often as there
are units, ``DRAWS`` times. The interval holds the middle 95 % of the rates of the draws (Bisani & Ney, "Bootstrap
estimates for confidence intervals in ASR performance evaluation", ICASSP 2004). Where no unit has an error, the upper
end is the exact one for the share of units with an error (Clopper & Pearson 1934), and likewise where all are wrong.
Of one unit alone, the interval holds everything.

*Paired test*: two systems heard the same units. If neither is better, each unit's difference might as well have had the
other sign. The test's ``p`` is the probability, over all choices of signs, of a sum at least as far from nothing as the
one that was found (Fisher's randomisation test; for right and wrong alone it is the sign test, which is McNemar's exact
test). It is computed exactly, for any number of units: the sum of independent differences ±d has the characteristic
function Π cos(d·t), whose inverse discrete Fourier transform is its distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

DRAWS = 2000
CONFIDENCE = 0.95
SEED = 11

LEVEL = 0.05
"""p from which downwards a difference counts as one"""

_AT_ONCE = 4_000_000
"""Numbers of draws that are in memory at once"""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its interval."""

    value: float
    low: float
    high: float
    n: int
    """what the share is of: words, characters, terms, questions"""


@dataclass(frozen=True, slots=True)
class Difference:
    """How far the first of two systems is from the second, on the same units."""

    value: float
    """rate of the first less rate of the second"""
    low: float
    high: float
    p: float
    """of the paired test, two-sided"""
    units: int
    """units that both systems heard"""
    better: int
    """units in which the first is lower"""
    worse: int
    """units in which the first is higher"""

    @property
    def sure(self) -> bool:
        """Whether chance alone would hardly give such a difference."""
        return self.p <= LEVEL


def rate(counts: Sequence[int], totals: Sequence[int], units: Sequence[object] | None = None) -> Rate | None:
    """The share of ``counts`` in ``totals``, with its interval. Items with the same entry in ``units`` are drawn
    together. None where the totals are nothing."""
    if not sum(totals):
        return None
    part, whole = _pooled(counts, units), _pooled(totals, units)
    low, high = _interval(_drawn(part, whole))
    value, units_known = float(part.sum() / whole.sum()), np.count_nonzero(whole)
    # Where no unit has an error, or nothing but errors, every draw is the same, and tells nothing about the next unit.
    beyond = ((1 - CONFIDENCE) / 2) ** (1 / units_known)
    if not part.any():
        high = float(1 - beyond)
    elif (part == whole).all():
        low = float(beyond)
    elif units_known == 1:
        low, high = 0.0, max(1.0, value)
    return Rate(value, low, high, int(whole.sum()))


def difference(
    first: Sequence[int], second: Sequence[int], totals: Sequence[int], units: Sequence[object] | None = None
) -> Difference | None:
    """Compare the counts of two systems in the same items. None where the totals are nothing."""
    if not sum(totals):
        return None
    gained = _pooled(np.subtract(first, second).tolist(), units)
    whole = _pooled(totals, units)
    low, high = _interval(_drawn(gained, whole))
    return Difference(
        float(gained.sum() / whole.sum()),
        low,
        high,
        sign_flip_p([round(d) for d in gained]),
        len(gained),
        int((gained < 0).sum()),
        int((gained > 0).sum()),
    )


def sign_flip_p(differences: Sequence[int]) -> float:
    """Exact two-sided p of the paired test (see the module) for whole differences. 1 where all are nothing."""
    sizes = np.abs(np.asarray(differences, dtype=np.int64))
    span = int(sizes.sum())
    if not span:
        return 1.0
    # All sums have the parity of the largest one, so half of the places are enough: s = 2 k - span.
    length = span + 1
    turns = 2 * np.pi * np.arange(length) / length
    # Σ_k P(k) e^(i turns k) with k = (s + span) / 2 is Π (1 + e^(i turns d)) / 2.
    spectrum = np.ones(length, dtype=np.complex128)
    for size, times in zip(*np.unique(sizes[sizes > 0], return_counts=True), strict=True):
        spectrum *= ((1 + np.exp(1j * turns * int(size))) / 2) ** int(times)
    probabilities = np.fft.fft(spectrum).real / length
    found = abs(int(np.sum(differences)))
    sums = np.abs(2 * np.arange(length) - span)
    return float(np.clip(probabilities[sums >= found].sum(), 0.0, 1.0))


def _pooled(values: Sequence[int], units: Sequence[object] | None) -> Array:
    """The sums of the values of each unit."""
    if units is None:
        return np.asarray(values, dtype=np.float64)
    places = {unit: place for place, unit in enumerate(dict.fromkeys(units))}
    pooled = np.zeros(len(places))
    np.add.at(pooled, [places[unit] for unit in units], np.asarray(values, dtype=np.float64))
    return pooled


def _drawn(part: Array, whole: Array) -> Array:
    """The rates of ``DRAWS`` samples of the units."""
    chance = np.random.default_rng(SEED)
    count = len(part)
    rows = max(1, _AT_ONCE // count)
    rates = []
    for begun in range(0, DRAWS, rows):
        drawn = chance.integers(count, size=(min(rows, DRAWS - begun), count))
        wholes = whole[drawn].sum(axis=1)
        rates.append(np.divide(part[drawn].sum(axis=1), wholes, out=np.full(len(wholes), np.nan), where=wholes > 0))
    return np.concatenate(rates)


def _interval(rates: Array) -> tuple[float, float]:
    outside = (1 - CONFIDENCE) / 2
    low, high = np.nanquantile(rates, [outside, 1 - outside])
    return float(low), float(high)
