"""How the voice speaks with a visitor."""

from hypothesis import given
from hypothesis import strategies as st

from appliance.core.manner import PLAIN, Manner, MannerWish

WISHES: tuple[MannerWish, ...] = ("louder", "quieter", "slower", "faster")


def test_wishes_are_met_a_step_at_a_time_and_taken_back() -> None:
    assert PLAIN.changed({"louder"}) == Manner(gain_db=4.0)
    assert PLAIN.changed({"louder"}).changed({"quieter"}) == PLAIN
    assert PLAIN.changed({"slower"}) == Manner(pace=0.85)
    assert PLAIN.changed({"slower"}).changed({"faster"}) == PLAIN
    assert PLAIN.changed({"slower", "louder"}) == Manner(4.0, 0.85)
    assert PLAIN.changed(()) == PLAIN


@given(st.lists(st.frozensets(st.sampled_from(WISHES)), max_size=12))
def test_no_wish_makes_the_voice_too_loud_or_too_slow(wishes: list[frozenset[MannerWish]]) -> None:
    manner = PLAIN
    for wish in wishes:
        manner = manner.changed(wish)
    assert -8 <= manner.gain_db <= 8 and 0.6 <= manner.pace <= 1.4
