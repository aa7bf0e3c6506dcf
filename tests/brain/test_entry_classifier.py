"""The classifier of a site's sentences."""

import numpy as np
import pytest

from appliance.brain.entry_classifier import FLOOR, fit


def test_the_component_that_separates_the_classes_is_learnt() -> None:
    # Both classes share a large first component and differ in a small second one. The nearest neighbour of the probe by
    # angle is of the wrong class.
    chance = np.random.default_rng(1)
    vectors = np.zeros((40, 8), dtype=np.float32)
    owners = np.arange(40) % 2
    vectors[:, 0] = 1.0
    vectors[:, 1] = np.where(owners == 1, 0.2, -0.2)
    vectors[:, 2:] = chance.normal(0, 0.5, (40, 6))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    learnt = fit(vectors, owners, 2)
    probe = np.array([1.0, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], dtype=np.float32)
    found = learnt.log_probabilities(probe / np.linalg.norm(probe))
    assert found[1] > found[0]
    assert np.exp(found).sum() == pytest.approx(1.0)


def test_the_number_of_sentences_of_a_class_does_not_change_its_weight() -> None:
    vectors = np.array([[1, 0.1], *[[1, -0.1]] * 30], dtype=np.float32)
    learnt = fit(vectors, np.array([0] + [1] * 30), 2)
    rare, frequent = np.exp(learnt.log_probabilities(vectors[0]))
    assert rare > 0.9 and frequent < 0.1


def test_log_probabilities_have_a_floor() -> None:
    vectors = np.eye(3, dtype=np.float32)
    learnt = fit(vectors, np.arange(3), 3)
    assert learnt.log_probabilities(vectors[0] * 100).min() == FLOOR


def test_one_class_is_certain() -> None:
    learnt = fit(np.eye(2, dtype=np.float32), np.zeros(2, dtype=np.int64), 1)
    assert learnt.log_probabilities(np.array([1, 0], dtype=np.float32)) == pytest.approx([0.0])
