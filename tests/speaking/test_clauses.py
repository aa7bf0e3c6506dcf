import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.language.english import ENGLISH
from appliance.speaking.clauses import split

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
    # an abbreviation may end a sentence
    ("We open at 9 a.m. The cafe opens at ten.", ["We open at 9 a.m.", "The cafe opens at ten."]),
    ("Turn left on Elm St. It is there.", ["Turn left on Elm St.", "It is there."]),
    ("It takes 5 min. Please wait.", ["It takes 5 min.", "Please wait."]),
    ("He lives in the U.S. She lives here.", ["He lives in the U.S.", "She lives here."]),
    ("The art is modern art. It is nice.", ["The art is modern art.", "It is nice."]),
    ("At 9 a.m. Theodore opens.", ["At 9 a.m. Theodore opens."]),
    # the dash of a range divides nothing
    ("We open from 9 a.m. – 5 p.m. every day.", ["We open from 9 a.m. – 5 p.m. every day."]),
    ("Open on days Mon – Fri all year.", ["Open on days Mon – Fri all year."]),
    ("We are open now – come in soon.", ["We are open now –", "come in soon."]),
]


@pytest.mark.parametrize(("text", "clauses"), TABLE)
def test_whole_texts(text, clauses):
    assert list(split([text], ENGLISH)) == clauses


@pytest.mark.parametrize(("text", "clauses"), TABLE)
def test_the_same_character_by_character(text, clauses):
    assert list(split(text, ENGLISH)) == clauses


def test_the_first_clause_comes_before_the_text_is_complete():
    def pieces():
        yield "The pharmacy is on the ground floor, next to"
        raise AssertionError("asked for more text before giving the first clause")

    assert next(split(pieces(), ENGLISH)) == "The pharmacy is on the ground floor,"


def test_a_number_is_not_cut_at_its_point():
    assert list(split(["It costs 3.", "50 per hour."], ENGLISH)) == ["It costs 3.50 per hour."]


@given(st.text(alphabet="ab .,;!?\n", max_size=200))
def test_no_word_is_lost_or_added(text):
    assert " ".join(split(text, ENGLISH)).split() == text.split()


@pytest.mark.parametrize(
    "sentence",
    [
        *("It is on Dec. 25.", "Go to Rm. 205 now.", "Write to P.O. Box 12.", "Ask at the U.S. embassy."),
        *("J. R. Smith is in.", "Martin King Jr. is in.", "Mt. Sinai is near.", "It is 12 Oak Ave. near the park."),
        *(
            "Dial ext. 1204 now.",
            "Ask Lt. Col. Brown or Cpl. Jones.",
            "Take 1 tsp. before meals.",
            "It takes max. 5 min. by car.",
            "Room 12 is on the 3rd fl. of the house.",
            "It is 3.5 km. from here by a 3 mi. run.",
            "See art. 7 or ch. 4 of the guide.",
            "The temp. is high in Bldg. 4.",
            "Ask the asst. manager or the mgr. on duty.",
            "Open Mon.-Fri. 9-5 all year.",
            "From Mon. to Fri. it is open.",
            "It is bus no. 7 from here.",
            "It is 5 in. wide here.",
        ),
        *("Prof. Lee is in.", "Wait approx. 5 min. at the desk."),
    ],
)
def test_an_abbreviation_never_ends_a_clause(sentence):
    for pieces in ([f"{sentence} Then wait."], f"{sentence} Then wait."):
        assert list(split(pieces, ENGLISH)) == [sentence, "Then wait."]


@pytest.mark.parametrize(
    "text",
    ["Please come in. Then wait.", "I said no. Then I went.", "It is in room B. Then wait.", "It sat. Then it rose."],
)
def test_words_that_look_like_abbreviations_end_one(text):
    assert len(list(split([text], ENGLISH))) == 2
    assert list(split(text, ENGLISH)) == list(split([text], ENGLISH))


@pytest.mark.parametrize(
    "text", ["!" * 60_000 + "a", "." + '"' * 60_000 + "a", "Dr. " * 15_000, "It is open. " * 5_000, "a, " * 20_000]
)
def test_a_page_of_marks_is_cut_in_linear_time(text: str) -> None:
    """The bound is CPU time, with room for a slow machine. The marks once took most of a minute."""
    begun = time.process_time()
    assert " ".join(split([text], ENGLISH)) == " ".join(text.split())
    assert time.process_time() - begun < 8
