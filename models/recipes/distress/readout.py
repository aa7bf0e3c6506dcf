"""Fits what tells the kinds of distress from the pooled vector of the exported network: a softmax regression.

A head that is trained along with the layers has hardly begun to tell the kinds apart when these are done. Once the
layers stand still, the best weights are found in seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from appliance.brain.entry_classifier import softmax_regression
from appliance.engines.embedding.minilm import Encoder
from appliance.language.parts import EMERGENCIES

from .utterances import Utterance

DECAY = 1e-3
"""Weight decay, on vectors of which each dimension has variance 1; the biases have none"""


def readout(model: Path, said: Sequence[Utterance]) -> dict[str, Any]:
    """The field of the file ``model``, as ``engines.embedding.distress`` reads it."""
    encoder = Encoder(model)
    vectors = np.array([encoder.pooled(encoder.tokens(one.text)) for one in said], dtype=np.float64)
    kinds, share = np.array([one.kind for one in said]), np.array([one.weight for one in said])
    middle, spread = vectors.mean(axis=0), vectors.std(axis=0) + 1e-9
    inputs = np.hstack([(vectors - middle) / spread, np.ones((len(vectors), 1))])
    decay = np.full((inputs.shape[1], 1), DECAY)
    decay[-1] = 0.0
    weights = softmax_regression(inputs, kinds, share / share.sum(), 1 + len(EMERGENCIES), decay)
    steep = weights[:-1].T / spread
    return {
        "kinds": EMERGENCIES,
        "bias": [float(f"{value:.6g}") for value in weights[-1] - steep @ middle],
        "weights": [[float(f"{value:.6g}") for value in row] for row in steep],
    }
