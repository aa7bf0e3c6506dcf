"""Makes probabilities of a model's opinions: a straight line through log odds, fitted to cases with known answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_PRIOR = 1.0
"""Weight of the belief that an opinion counts for little, in cases: it keeps the fit of separable cases finite."""
_STEPS = 50


@dataclass(frozen=True, slots=True)
class Calibration:
    """Log odds ``bias + weight · opinion``. With a weight of zero the opinion counts for nothing."""

    weight: float = 0.0
    bias: float = 0.0

    def log_odds(self, opinion: float) -> float:
        """Calibrated natural log odds."""
        return self.bias + self.weight * opinion

    def probability(self, opinion: float) -> float:
        """Calibrated probability, 0..1."""
        return 0.5 + 0.5 * math.tanh(self.log_odds(opinion) / 2)


def separation(right: Sequence[float], wrong: Sequence[float]) -> float:
    """Share of the pairs in which the opinion of a right case is the greater one (the area under the ROC curve): 0.5
    for opinions that tell nothing, 1 for those that tell everything. Half a pair for equal opinions."""
    above = np.subtract.outer(np.asarray(right, float), np.asarray(wrong, float))
    return float((above > 0).mean() + 0.5 * (above == 0).mean())


def fit(right: Sequence[float], wrong: Sequence[float]) -> Calibration:
    """The calibration that makes the answers to the cases most probable (logistic regression by Newton's method), for a
    world in which half of the cases are right, however many of each are given."""
    opinions = np.concatenate([right, wrong]).astype(float)
    answers = np.repeat([1.0, 0.0], [len(right), len(wrong)])
    shares = np.repeat([0.5 / len(right), 0.5 / len(wrong)], [len(right), len(wrong)]) * len(opinions)
    middle, spread = opinions.mean(), opinions.std() or 1.0
    cues = np.stack([np.ones_like(opinions), (opinions - middle) / spread], axis=1)
    line = np.zeros(2)
    for _ in range(_STEPS):
        p = 0.5 + 0.5 * np.tanh(cues @ line / 2)
        slope = cues.T @ (shares * (answers - p)) - _PRIOR * np.array([0.0, line[1]])
        bend = (cues * (shares * p * (1 - p))[:, None]).T @ cues + np.diag([1e-9, _PRIOR])
        line += np.linalg.solve(bend, slope)
    weight = float(line[1] / spread)
    return Calibration(weight, float(line[0] - weight * middle))


def log_sum(logarithms: Sequence[float]) -> float:
    """Logarithm of the sum of numbers whose logarithms are given."""
    most = max(logarithms)
    return most + math.log(sum(math.exp(one - most) for one in logarithms))
