"""Fits what tells the kinds of distress from the pooled vector of the exported network: a softmax regression.

A head that is trained along with the layers has hardly begun to tell the kinds apart when these are done. Once the
layers stand still, the best weights are found in seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from appliance.engines.embedding.minilm import Encoder
from appliance.language.parts import EMERGENCIES

from .utterances import Utterance

DECAY, ROUNDS, RATE = 1e-3, 250, 0.03
"""Weight decay, steps of Adam and its learning rate, on vectors of which each dimension has variance 1"""

Array = npt.NDArray[np.float64]


def readout(model: Path, said: Sequence[Utterance]) -> dict[str, Any]:
    """The field of the file ``model``, as ``engines.embedding.distress`` reads it."""
    encoder = Encoder(model)
    vectors = np.array([encoder.pooled(encoder.tokens(one.text)) for one in said], dtype=np.float64)
    kinds, shares = np.array([one.kind for one in said]), np.array([one.weight for one in said])
    middle, spread = vectors.mean(axis=0), vectors.std(axis=0) + 1e-9
    weights = fit((vectors - middle) / spread, kinds, shares)
    steep = weights[:-1].T / spread
    return {
        "kinds": EMERGENCIES,
        "bias": [float(f"{value:.6g}") for value in weights[-1] - steep @ middle],
        "weights": [[float(f"{value:.6g}") for value in row] for row in steep],
    }


def fit(vectors: Array, kinds: npt.NDArray[np.int64], shares: Array) -> Array:
    """Fit by maximum likelihood with weight decay, using Adam: weights, and the biases in the last row, shape
    (dimensions + 1, 1 + kinds)."""
    inputs = np.hstack([vectors, np.ones((len(vectors), 1))])
    share = (shares / shares.sum())[:, None]
    weights = np.zeros((inputs.shape[1], 1 + len(EMERGENCIES)))
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    decay = np.full((len(weights), 1), DECAY)
    decay[-1] = 0.0
    for step in range(1, ROUNDS + 1):
        error = inputs @ weights
        error = np.exp(error - error.max(axis=1, keepdims=True))
        error /= error.sum(axis=1, keepdims=True)
        error[np.arange(len(kinds)), kinds] -= 1
        gradient = inputs.T @ (error * share) + decay * weights
        first = 0.9 * first + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient**2
        weights -= RATE * first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.99**step)) + 1e-9)
    return weights
