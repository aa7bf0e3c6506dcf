"""Numbers, prices and times mean the same however they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.numerals import figures, say_cardinal, say_ordinal, time_at, tokens


def keys(text: str) -> list[frozenset[str]]:
    return [figure.keys for figure in figures(text)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("half past ten", "10:30"),
        ("ten thirty", "10:30"),
        ("a quarter to three", "2:45"),
        ("twenty past four", "4:20"),
        ("$3.50", "three dollars fifty"),
        ("$3.5", "three fifty"),
        ("four dollars", "$4.00"),
        ("the 2nd", "two"),
        ("second floor", "floor 2"),
        ("two", "2 p.m."),
        ("noon", "12 pm"),
        ("8:30 p.m.", "half past eight in the evening"),
        ("555 0170", "five five five oh one seven zero"),
        ("two hundred and five", "205"),
        ("twenty-third", "23rd"),
        ("eight o'clock", "8"),
        ("14:00", "two in the afternoon"),
    ],
)
def test_the_same(one: str, other: str) -> None:
    assert len(keys(one)) == len(keys(other)) == 1
    assert keys(one)[0] & keys(other)[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2 am", "2 pm"),
        ("eight in the morning", "20:00"),
        ("two dollars eighty", "three dollars eighty"),
        ("half past ten", "10:45"),
        ("room 14", "room 40"),
        ("555 0170", "555 0171"),
        ("third", "fourth"),
    ],
)
def test_not_the_same(one: str, other: str) -> None:
    assert not any(a & b for a in keys(one) for b in keys(other))


def test_numbers_in_a_sentence_stay_apart() -> None:
    assert len(figures("from nine to five, on 3 floors")) == 3


def test_british_half() -> None:
    moment = time_at(tokens("half ten"), 0)
    assert moment is not None
    assert (moment.hour, moment.minute) == (10, 30)


@given(st.integers(1, 99))
def test_words_and_figures_meet(number: int) -> None:
    assert keys(say_cardinal(number))[0] & keys(str(number))[0]
    assert keys(say_ordinal(number))[0] & keys(str(number))[0]


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    figures(text)
