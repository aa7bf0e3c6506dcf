import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.clauses import split

TABLE = [
    ("The pharmacy is on the ground floor.", ["The pharmacy is on the ground floor."]),
    (
        "The pharmacy is on the ground floor, next to the main entrance.",
        ["The pharmacy is on the ground floor,", "next to the main entrance."],
    ),
    ("Yes, it is open now.", ["Yes, it is open now."]),
    ("Dr. Lee is in room 214. Take the lift.", ["Dr. Lee is in room 214.", "Take the lift."]),
    ("It costs 3.50 per hour. Please pay at the desk.", ["It costs 3.50 per hour.", "Please pay at the desk."]),
    ("Is that right?", ["Is that right?"]),
    ("no punctuation at all", ["no punctuation at all"]),
    ("  spaces   and\nnew lines. ", ["spaces and new lines."]),
    ("", []),
]


@pytest.mark.parametrize(("text", "clauses"), TABLE)
def test_whole_texts(text, clauses):
    assert list(split([text])) == clauses


@pytest.mark.parametrize(("text", "clauses"), TABLE)
def test_the_same_character_by_character(text, clauses):
    assert list(split(text)) == clauses


def test_the_first_clause_comes_before_the_text_is_complete():
    def pieces():
        yield "The pharmacy is on the ground floor, next to"
        raise AssertionError("asked for more text before giving the first clause")

    assert next(split(pieces())) == "The pharmacy is on the ground floor,"


def test_a_number_is_not_cut_at_its_point():
    assert list(split(["It costs 3.", "50 per hour."])) == ["It costs 3.50 per hour."]


@given(st.text(alphabet="ab .,;!?\n", max_size=200))
def test_no_word_is_lost_or_added(text):
    assert " ".join(split(text)).split() == text.split()
