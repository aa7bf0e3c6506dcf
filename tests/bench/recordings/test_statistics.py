"""Intervals and the paired test, on distributions whose answers are known."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.bench.recordings.statistics import LEVEL, difference, rate, sign_flip_p

small = st.lists(st.integers(-6, 6), min_size=1, max_size=9)


def by_hand(differences: list[int]) -> float:
    """p by going through all signs."""
    found = abs(sum(differences))
    signs = list(itertools.product((1, -1), repeat=len(differences)))
    return sum(abs(sum(s * d for s, d in zip(way, differences, strict=True))) >= found for way in signs) / len(signs)


@given(small)
def test_p_is_what_going_through_all_signs_gives(differences: list[int]) -> None:
    assert sign_flip_p(differences) == pytest.approx(by_hand(differences), abs=1e-9)


@given(st.integers(0, 60), st.integers(0, 60))
def test_p_of_ones_is_that_of_the_sign_test(better: int, worse: int) -> None:
    """McNemar's exact test."""
    n, tail = better + worse, max(better, worse)
    expected = min(1.0, 2 * sum(math.comb(n, k) for k in range(tail, n + 1)) / 2**n) if n else 1.0
    assert sign_flip_p([-1] * better + [1] * worse) == pytest.approx(expected, abs=1e-9)


@given(small)
def test_p_does_not_depend_on_which_system_comes_first(differences: list[int]) -> None:
    assert sign_flip_p(differences) == pytest.approx(sign_flip_p([-d for d in differences]), abs=1e-9)
    assert sign_flip_p(differences) == pytest.approx(sign_flip_p([0, *reversed(differences), 0]), abs=1e-9)
    assert 0.0 <= sign_flip_p(differences) <= 1.0


def test_two_equal_systems_differ_as_seldom_as_the_level_says() -> None:
    chance = np.random.default_rng(5)
    runs = 400
    false_alarms = sum(
        sign_flip_p((chance.poisson(1.0, 80) - chance.poisson(1.0, 80)).tolist()) <= LEVEL for _ in range(runs)
    )
    # The binomial distribution of 400 runs at 5 % has 99.9 % of its weight up to 35.
    assert false_alarms <= 35


def test_a_large_sample_is_exact_too() -> None:
    """Twenty thousand units: by the normal approximation, whose error is known to be small there."""
    differences = [3] * 5_100 + [-3] * 4_900 + [1] * 5_050 + [-1] * 4_950
    z = abs(sum(differences)) / math.sqrt(sum(d * d for d in differences))
    assert sign_flip_p(differences) == pytest.approx(math.erfc(z / math.sqrt(2)), rel=0.02)


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    chance = np.random.default_rng(6)
    held = 0
    runs = 200
    for _ in range(runs):
        words = chance.integers(4, 12, 100)
        errors = chance.binomial(words, 0.2)
        found = rate(errors.tolist(), words.tolist())
        assert found is not None
        held += found.low <= 0.2 <= found.high
    # 95 % of 200 are 190; the binomial distribution has 99.9 % of its weight from 179 on.
    assert held >= 179


def test_words_of_one_speaker_are_drawn_together() -> None:
    """Ten speakers, each always right or always wrong: their hundred utterances are no hundred observations."""
    wrong = [int(speaker < 5) for speaker in range(10) for _ in range(10)]
    units = [speaker for speaker in range(10) for _ in range(10)]
    alone, together = rate(wrong, [1] * 100), rate(wrong, [1] * 100, units)
    assert alone is not None and together is not None
    assert together.value == alone.value == 0.5
    assert together.high - together.low > 2 * (alone.high - alone.low)


@pytest.mark.parametrize("n", [1, 10, 300])
def test_no_error_at_all_is_no_proof_of_none(n: int) -> None:
    none, all_wrong = rate([0] * n, [1] * n), rate([1] * n, [1] * n)
    assert none is not None and all_wrong is not None
    assert (none.value, none.low) == (0.0, 0.0) and (1 - none.high) ** n == pytest.approx(0.025)
    assert (all_wrong.value, all_wrong.high) == (1.0, 1.0) and all_wrong.low**n == pytest.approx(0.025)


def test_one_unit_says_nothing_about_others() -> None:
    one, garbled = rate([3, 1], [10, 10], ["a", "a"]), rate([30], [10])
    assert one is not None and (one.value, one.low, one.high) == (0.2, 0.0, 1.0)
    assert garbled is not None and (garbled.value, garbled.low, garbled.high) == (3.0, 0.0, 3.0)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=20))
def test_a_difference_is_the_difference_of_the_rates(rows: list[tuple[int, int, int]]) -> None:
    first, second, totals = (list(column) for column in zip(*rows, strict=True))
    found, one, other = difference(first, second, totals), rate(first, totals), rate(second, totals)
    assert found is not None and one is not None and other is not None
    assert found.value == pytest.approx(one.value - other.value)
    assert found.low <= found.value + 1e-9 and found.value - 1e-9 <= found.high
    assert found.better + found.worse <= found.units == len(rows)
    again = difference(first, second, totals)
    assert again == found, "the draws are seeded"


def test_nothing_to_count_has_no_rate() -> None:
    assert rate([], []) is None and rate([0], [0]) is None and difference([], [], []) is None
