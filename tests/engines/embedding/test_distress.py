"""Judging distress by the vector of a sentence."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest

from appliance.core.audio import Samples
from appliance.engines.embedding.distress import WEIGHTS, LearntDistress, as_spoken, open_distress
from appliance.engines.embedding.minilm import DIMENSIONS
from appliance.language.english import ENGLISH
from appliance.language.parts import EMERGENCIES
from appliance.language.spanish import SPANISH


class Fixed:
    """An embedder with one vector for all sentences."""

    def __init__(self, vector: Samples) -> None:
        self._vector = vector
        self.sentences: list[str] = []

    def embed(self, sentences: Sequence[str]) -> Samples:
        self.sentences += sentences
        return np.tile(self._vector, (len(sentences), 1))


def towards(row: int) -> Samples:
    """The unit vector that the weights of a row fit best."""
    weights = np.array(json.loads(WEIGHTS.read_text(encoding="utf-8"))["weights"])[row]
    unit: Samples = (weights / np.linalg.norm(weights)).astype(np.float32)
    return unit


def test_the_weights_are_for_every_kind() -> None:
    table = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    assert tuple(table["kinds"]) == EMERGENCIES
    assert np.array(table["weights"]).shape == (1 + len(EMERGENCIES), DIMENSIONS)
    assert np.array(table["bias"]).shape == (1 + len(EMERGENCIES),)


@pytest.mark.parametrize("kind", EMERGENCIES)
def test_the_likeliest_kind_is_that_of_the_nearest_weights(kind: str) -> None:
    kinds = LearntDistress(Fixed(towards(1 + EMERGENCIES.index(kind)))).kinds("x")
    assert max(kinds, key=lambda name: kinds[name]) == kind
    assert 0.5 < sum(kinds.values()) <= 1.0


def test_the_rest_is_no_emergency() -> None:
    assert sum(LearntDistress(Fixed(towards(0))).kinds("x").values()) < 0.1


def test_a_typed_sentence_is_judged_as_a_spoken_one() -> None:
    embedder = Fixed(towards(0))
    LearntDistress(embedder).kinds("He’s  NOT breathing!")
    assert embedder.sentences == [as_spoken("he's not breathing")] == ["he's not breathing"]


def test_a_language_without_weights_has_no_judgement() -> None:
    assert open_distress(Fixed(towards(0)), ENGLISH) is not None
    assert open_distress(Fixed(towards(0)), SPANISH) is None
