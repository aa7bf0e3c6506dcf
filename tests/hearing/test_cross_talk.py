"""Loudness as distance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.hearing.cross_talk import Proximity, whose


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
        ([], -60.0, False),  # no visitor is known yet
        ([(-25.0, False)], -60.0, False),  # a noise is not a visitor
        ([(-25.0, True), (-38.0, True)], -41.0, True),  # the visitor turned away for a moment
        ([(-25.0, True)] + [(-38.0, True)] * 4, -41.0, False),  # and for good
    ],
)
def test_speech_far_below_the_visitors_level_is_from_afar(turns, level, far):
    assert followed(turns=turns).is_far(level) is far


def test_the_level_of_a_visitor_is_forgotten_for_the_next():
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


# --- voices -------------------------------------------------------------------------------------------------------


def voice(angle):
    """A unit vector so many degrees from the visitor's."""
    return np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))], np.float32)


def spoken(proximity, level, angle):
    """Feed the beginning of a turn."""
    for step in range(30):
        proximity.hear(level - step % 3 * 10)
    proximity.recognize(voice(angle))
    return proximity


def known(level=-25.0, angle=0.0):
    """The visitor has spoken once."""
    proximity = spoken(Proximity(0.0), level, angle)
    proximity.turn_ended(True)
    return proximity


@pytest.mark.parametrize(
    ("similarity", "level_db", "is_whose"),
    [
        (0.9, 0.0, "visitor"),
        (0.9, -30.0, "visitor"),
        (0.76, -15.0, "visitor"),
        (0.74, -15.0, None),
        (0.65, -15.0, None),
        (0.65, 0.0, None),
        (0.55, -6.0, "another"),
        (0.1, -16.0, "another"),
        (0.55, -4.0, None),
        (0.1, 0.0, None),
        (0.1, 10.0, None),
    ],
)
def test_the_rule_of_voice_and_loudness(similarity, level_db, is_whose):
    assert whose(similarity, level_db) == is_whose


@pytest.mark.parametrize(
    ("level", "angle", "another", "aside_at"),
    [
        # level and voice of the turn; whether it is another person's; a level that is an aside, or None
        (-45.0, 10, False, None),
        (-33.0, 80, True, -26.0),
        (-27.0, 80, False, -38.0),
        (-45.0, 47, False, -38.0),
    ],
)
def test_the_voice_changes_the_level_of_asides(level, angle, another, aside_at):
    proximity = spoken(known(), level, angle)
    assert proximity.is_another is another
    assert proximity.is_aside(-80.0) is (aside_at is not None)
    if aside_at is not None:
        assert proximity.is_aside(aside_at) and not proximity.is_aside(aside_at + 2.0)


def test_a_child_who_speaks_as_loudly_is_learned_and_then_heard_from_afar():
    proximity = spoken(known(), -25.0, 80)
    assert not proximity.is_another
    proximity.turn_ended(True)
    assert not spoken(proximity, -33.0, 80).is_another


def test_an_aside_teaches_no_voice():
    proximity = spoken(known(), -33.0, 80)
    proximity.turn_ended(True, aside=True)
    assert spoken(proximity, -33.0, 80).is_another


def test_each_turn_is_judged_by_its_own_voice():
    proximity = spoken(known(), -33.0, 80)
    proximity.turn_ended(True, aside=True)
    assert not proximity.is_another and not proximity.is_aside(-36.0)


def test_a_voice_that_changes_within_a_turn_is_judged_by_all_of_it():
    proximity = spoken(known(), -33.0, 80)
    for _ in range(4):
        proximity.recognize(voice(0))
    assert not proximity.is_another


@pytest.mark.parametrize("end", [Proximity.open, Proximity.close])
def test_the_visitors_voice_is_forgotten(end):
    proximity = known()
    end(proximity)
    assert not spoken(proximity, -33.0, 80).is_another
    assert not proximity.is_aside(-80.0)


def test_no_voice_is_learned_between_two_conversations():
    proximity = Proximity(0.0)
    proximity.close()
    spoken(proximity, -25.0, 0).turn_ended(True)
    assert not spoken(proximity, -33.0, 80).is_another
    proximity.turn_ended(False)
    proximity.open()
    spoken(proximity, -25.0, 0).turn_ended(True)
    assert spoken(proximity, -33.0, 80).is_another
