"""Loudness as distance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.proximity import Proximity


def followed(gate_db=15.0, turns=((-25.0, True),)):
    proximity = Proximity(gate_db)
    for level, understood in turns:
        for step in range(30):
            proximity.hear(level - step % 3 * 10)  # vowels, consonants and pauses
        proximity.turn_ended(understood)
    return proximity


@pytest.mark.parametrize(
    ("turns", "level", "far"),
    [
        ([(-25.0, True)], -41.0, True),
        ([(-25.0, True)], -39.0, False),
        ([], -60.0, False),  # nobody is known yet
        ([(-25.0, False)], -60.0, False),  # a noise is nobody
        ([(-25.0, True), (-38.0, True)], -41.0, True),  # the visitor turned away for a moment
        ([(-25.0, True)] + [(-38.0, True)] * 4, -41.0, False),  # and for good
    ],
)
def test_speech_far_below_the_visitor_is_somebody_elses(turns, level, far):
    assert followed(turns=turns).is_far(level) is far


def test_the_next_visitor_is_somebody_else():
    proximity = followed()
    proximity.open()
    assert not proximity.is_far(-60.0)


@given(st.lists(st.tuples(st.floats(-60, -10), st.booleans()), max_size=6), st.floats(-90, 0))
def test_the_gate_can_be_off(turns, level):
    assert not followed(gate_db=0.0, turns=turns).is_far(level)


@pytest.mark.parametrize(
    ("level", "rising", "aside"),
    [(-26.0, False, False), (-36.0, False, False), (-38.0, False, True), (-38.0, True, False), (-50.0, True, True)],
)
def test_speech_much_quieter_than_the_visitors_is_an_aside_with_the_gate_off(level, rising, aside):
    proximity = followed(gate_db=0.0)
    assert proximity.is_aside(level, rising=rising) is aside
    assert not proximity.is_far(level)


def test_asides_are_not_learned_from():
    proximity = followed(gate_db=0.0)
    for _ in range(10):
        proximity.hear(-42.0)
        proximity.turn_ended(True, aside=True)
    assert proximity.is_aside(-42.0)


def test_without_a_visitor_nothing_is_an_aside():
    assert not followed(turns=()).is_aside(-60.0)
