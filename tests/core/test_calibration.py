"""Probabilities made of a model's opinions."""

import math

import numpy as np
import pytest

from appliance.core.calibration import Calibration, fit, log_sum, separation


def test_without_a_weight_every_answer_is_as_likely_as_the_other():
    assert {Calibration().probability(opinion) for opinion in (-20.0, 0.0, 3.0)} == {0.5}


def test_a_calibrated_probability_is_right_as_often_as_it_says():
    random = np.random.default_rng(1)
    truth = random.random(4000) < 0.5
    opinions = np.where(truth, 1.0, -1.0) * 0.5 + random.normal(0, 1, 4000) * 2 - 9  # log odds 0.25 · (opinion + 9)
    found = fit(list(opinions[truth]), list(opinions[~truth]))
    assert found.weight == pytest.approx(0.25, abs=0.03)
    assert found.probability(-9.0) == pytest.approx(0.5, abs=0.02)
    assert found.probability(1e9) == 1.0 and found.probability(-1e9) == 0.0


def test_the_number_of_cases_of_a_kind_is_no_evidence():
    """A visitor is not more likely to have finished because more whole sentences were measured."""
    few, many = fit([1.0, 3.0], [-1.0, 1.0]), fit([1.0, 3.0] * 9, [-1.0, 1.0] * 9)
    uneven = fit([1.0, 3.0] * 9, [-1.0, 1.0])
    assert uneven.probability(1.0) == pytest.approx(0.5, abs=0.01)
    assert few.weight < many.weight, "few cases are believed less"


def test_cases_that_are_told_apart_without_an_error_give_no_infinity():
    found = fit([5.0, 6.0], [-5.0, -6.0])
    assert 0.5 < found.probability(5.0) < 1.0 and math.isfinite(found.weight)
    same = fit([1.0, 1.0], [1.0, 1.0])
    assert same.probability(1.0) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("right", "wrong", "share"),
    [([3.0, 2.0], [1.0], 1.0), ([1.0], [2.0], 0.0), ([1.0], [1.0], 0.5), ([1.0, 3.0], [2.0], 0.5)],
)
def test_separation(right, wrong, share):
    assert separation(right, wrong) == share


def test_log_sum():
    assert log_sum([math.log(0.25), math.log(0.5)]) == pytest.approx(math.log(0.75))
    assert log_sum([-1000.0, -1000.0]) == pytest.approx(-1000 + math.log(2))
