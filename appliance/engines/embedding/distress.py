"""Judges by a sentence's vector whether a person needs help at once: the ``Distress`` port.

A softmax regression on sentence vectors, over the kinds of emergency and none. Its weights are in ``distress.json``,
which ``python -m appliance.bench.workbench.fit_distress`` makes for the embedder all-MiniLM-L6-v2 and for English.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from appliance.core.ports import Distress, Embedder
from appliance.language import Language

WEIGHTS = Path(__file__).with_name("distress.json")

_UNSPOKEN = str.maketrans("’", "'", '.,;:!?"…')
"""marks of a typed sentence, which the sentences of the fit do not have"""


class LearntDistress:
    """The fitted judgement."""

    def __init__(self, embedder: Embedder) -> None:
        table = json.loads(WEIGHTS.read_text(encoding="utf-8"))
        self._embedder = embedder
        self._kinds: list[str] = table["kinds"]
        self._bias = np.array(table["bias"])
        """shape (1 + kinds,); the first is that of no emergency"""
        self._weights = np.array(table["weights"])
        """shape (1 + kinds, dimensions)"""

    def kinds(self, sentence: str) -> Mapping[str, float]:
        vector = self._embedder.embed([as_spoken(sentence)])[0]
        scores = self._weights @ vector + self._bias
        raised = np.exp(scores - scores.max())
        return dict(zip(self._kinds, (raised / raised.sum())[1:].tolist(), strict=True))


def as_spoken(sentence: str) -> str:
    """A sentence as its vector is made: lower case, without punctuation marks."""
    return " ".join(sentence.lower().translate(_UNSPOKEN).split())


def open_distress(embedder: Embedder, language: Language) -> Distress | None:
    """The judgement for a language; None where none was fitted."""
    return LearntDistress(embedder) if language.tag.startswith("en") else None
