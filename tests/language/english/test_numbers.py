"""Numbers, prices and times have the same meaning in every spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.language.english.normalise import cardinal as spoken_cardinal
from appliance.language.english.numbers import (
    cardinal_at,
    figures,
    find_digits,
    find_numbers,
    say_cardinal,
    say_ordinal,
    time_at,
)
from appliance.language.english.tokens import tokens
from appliance.language.words import written


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
def test_different_spellings_have_the_same_meaning(one: str, other: str) -> None:
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
def test_different_values_have_different_meanings(one: str, other: str) -> None:
    assert not any(a & b for a in keys(one) for b in keys(other))


def test_numbers_in_a_sentence_stay_apart() -> None:
    assert len(figures("from nine to five, on 3 floors")) == 3


def test_half_ten_is_half_past_ten() -> None:
    moment = time_at(tokens("half ten"), 0)
    assert moment is not None
    assert (moment.hour, moment.minute) == (10, 30)


@given(st.integers(1, 99))
def test_words_and_figures_share_a_key(number: int) -> None:
    assert keys(say_cardinal(number))[0] & keys(str(number))[0]
    assert keys(say_ordinal(number))[0] & keys(str(number))[0]


@given(st.text())
def test_reading_the_figures_of_any_text_raises_nothing(text: str) -> None:
    figures(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3.5", "3.5"),
        ("0.5", "0.5"),
        ("1,250", "1250"),
        ("12,000", "12000"),
        ("2,500.75", "2500.75"),
        ("-5", "-5"),
        ("−5", "-5"),
        ("minus two", "-2"),
        ("two million", "2000000"),
        ("three and a half million", "3500000"),
        ("a hundred", "100"),
        ("a hundred and one", "101"),
        ("three point five", "3.5"),
        ("point two five", "0.25"),
        ("two hundred three thousand", "203000"),
        ("twelve hundred and six", "1206"),
        ("a dozen", "12"),
        ("half a dozen", "6"),
        ("a couple", "2"),
        ("two and a half", "2.5"),
        ("half a million", "500000"),
        ("a quarter of a million", "250000"),
        ("one and half", "1.5"),
        ("5 1/2", "5.5"),
        ("1½", "1.5"),
        ("hundred and five", "105"),
        ("two fifty", "250"),
        ("1 250", "1250"),
        ("ninety-nine", "99"),
        ("zero", "0"),
        ("one five oh", "150"),
        ("the twenty first", "21"),
        ("٣٤", "34"),
        ("one half", "0.5"),
        ("half a hundred", "50"),
        ("a dozen and a half", "18"),
        ("ten k", "10000"),
        ("1.5k", "1500"),
        ("five hundred grand", "500000"),
        ("fourty two", "42"),
        ("twenty dollars fifty", "20.5"),
        ("twenty dollars and five cents", "20.05"),
        ("twenty dollars", "20"),
    ],
)
def test_numbers_keep_their_point_sign_and_size(text: str, number: str) -> None:
    assert [found.text for found in find_numbers(tokens(text), expected=True)] == [number]


@pytest.mark.parametrize("text", ["a third", "two thirds", "no one", "none", "lots", "2,5"])
def test_text_without_a_number_has_none(text: str) -> None:
    assert find_numbers(tokens(text), expected=True) == []


def test_a_number_that_was_not_asked_for_must_count_something() -> None:
    def found(text: str) -> list[str]:
        return [number.text for number in find_numbers(tokens(text))]

    assert found("four of us") == ["4"]
    assert found("the second floor") == []
    assert found("that one is fine") == []
    assert found("number four") == []
    assert found("three dollars two people") == ["3", "2"]
    assert found("one half of them") == ["0.5"]


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("four double seven two", "4772"),
        ("triple five one", "5551"),
        ("oh four seven one", "0471"),
        ("nought four seven one", "0471"),
        ("it's four seven, uh, one two", "4712"),
        ("forty seven twelve", "4712"),
        ("four thousand seven hundred and twelve", "4712"),
        ("twelve", "12"),
        ("four sevens", "7777"),
        ("0170 555 0142", "01705550142"),
        ("47-12", "4712"),
        ("one three three seven two two five oh and it's tom king", "1337225"),
        ("four seven one oh my name is tom", "471"),
        ("four seven one oh", "4710"),
        ("four seven one oh please", "4710"),
        ("four oh um two", "402"),
    ],
)
def test_rows_of_digits(text: str, digits: str) -> None:
    assert [found.text for found in find_digits(tokens(text))] == [digits]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("not four seven one three four seven one two", ["4713", "4712"]),
        ("not five five five oh one four three five five five oh one four two", ["5550143", "5550142"]),
        ("four seven one three four seven one two", ["47134712"]),
        ("not four seven four seven", ["4747"]),
        ("not five five five oh one four two nine", ["55501429"]),
        ("four seven one three no four seven one two", ["4713", "4712"]),
    ],
)
def test_a_row_that_is_not_meant_stands_before_the_one_that_is(text: str, rows: list[str]) -> None:
    assert [found.text for found in find_digits(tokens(text))] == rows


def test_letters_with_accents_are_letters() -> None:
    assert tokens("José García, Müller, Nguyễn, Łódź, Straße") == [
        *("jose", "garcia", ",", "muller", ",", "nguyen", ",", "lodz", ",", "strasse")
    ]
    assert [written(word) for word in tokens("Doctor Núñez")] == ["Doctor", "Núñez"]
    assert tokens("北京 Привет") == ["北京", "привет"]


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert tokens("Mu\u0308ller") == tokens("Müller") == ["muller"]


@given(st.integers(0, 999_999))
def test_whole_numbers_are_read_as_they_are_said(number: int) -> None:
    assert cardinal_at(tokens(spoken_cardinal(number)), 0) == (len(tokens(spoken_cardinal(number))), number)


@given(st.text())
def test_numbers_and_digits_of_any_text_are_read(text: str) -> None:
    words = tokens(text)
    assert all(words)
    for hit in (*find_numbers(words, True), *find_digits(words)):
        assert 0 <= hit.start < hit.end <= len(words)


def test_a_numeral_of_five_thousand_digits_is_read() -> None:
    text = "9" * 5000
    assert figures(text)
    assert find_digits(tokens(text))[0].text == text
    assert find_numbers(tokens(text), True) == []
