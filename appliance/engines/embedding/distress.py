"""Judges by its meaning whether a sentence comes from a person who needs help at once: the ``Distress`` port.

MiniLM's layers were trained on what people in need say, and what others say with the same words, in English
(``models/recipes/distress``). The mean of their states goes through a softmax regression over no distress and its
kinds, whose weights stand in a field of the network's file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from appliance.core.ports import Distress, PortError
from appliance.engines.embedding.minilm import Encoder, WrongEncoder
from appliance.language import Language

LANGUAGE = "en"
"""language of what it learnt from"""
FIELD = "cloister.distress"
"""field of the file: JSON with ``kinds``, ``bias`` and ``weights``"""

_UNSPOKEN = str.maketrans("’", "'", '.,;:!?"…')
"""marks of a typed sentence, which what it was trained on does not have"""


class DistressNetwork:
    """The ``Distress`` port. Calls from several threads take turns."""

    def __init__(self, model: Path, threads: int = 1) -> None:
        """Load the model that the settings name. Raises PortError."""
        if not model.is_file():
            raise PortError(f"distress: {model} does not exist; correct `brain.distress`, or leave it out")
        try:
            self._encoder = Encoder(model, threads)
            field = self._encoder.field(FIELD)
        except WrongEncoder:
            field = None
        if field is None:
            raise PortError(f"distress: {model} is not a model that judges it; models/starter/distress has one")
        table = json.loads(field)
        self._kinds: list[str] = table["kinds"]
        self._bias = np.array(table["bias"])
        """shape (1 + kinds,); the first is that of no emergency"""
        self._weights = np.array(table["weights"])
        """shape (1 + kinds, dimensions)"""

    def kinds(self, sentence: str) -> Mapping[str, float]:
        scores = self._weights @ self._encoder.pooled(self._encoder.tokens(as_spoken(sentence))) + self._bias
        raised = np.exp(scores - scores.max())
        return dict(zip(self._kinds, (raised / raised.sum())[1:].tolist(), strict=True))


def as_spoken(sentence: str) -> str:
    """A sentence as the network reads it: lower case, without punctuation marks."""
    return " ".join(sentence.lower().translate(_UNSPOKEN).split())


def open_distress(model: Path | None, language: Language) -> Distress | None:
    """The judgement that the settings name, if they name one, for a language that it learnt. Raises PortError."""
    return DistressNetwork(model) if model and language.tag.startswith(LANGUAGE) else None
