"""What a reply may say."""

import time

import pytest

from appliance.brain.grounding.coverage import covers
from appliance.brain.grounding.loops import degenerate
from appliance.brain.grounding.sources import Sources, ungrounded
from appliance.language.english import ENGLISH
from appliance.language.english.sentences import sentences

FACT = "The pharmacy is on the second floor, opposite room 12. It is open until half past six and costs $3.50."
SOURCES = Sources.of([FACT, "where is the pharmacy"], ENGLISH)


@pytest.mark.parametrize(
    "clause",
    [
        "The pharmacy is on the second floor.",
        "You can find the pharmacy opposite room twelve,",
        "it is open until 6:30",
        "it costs three dollars fifty.",
        "Sure, the pharmacy is on floor 2.",
    ],
)
def test_grounded(clause: str) -> None:
    assert ungrounded(clause, SOURCES) == []


@pytest.mark.parametrize(
    ("clause", "what"),
    [
        ("The pharmacy is on the third floor.", "third"),
        ("It is behind room 12.", "behind"),
        ("It is in the garden.", "garden"),
        ("It is open until seven.", "seven"),
        ("It costs four dollars.", "four dollars"),
        ("Ask Doctor Miller.", "miller"),
        ("The pharmacy is not open.", "not"),
        ("It is open on sunday.", "sunday"),
        ("Follow the red line.", "red"),
    ],
)
def test_ungrounded(clause: str, what: str) -> None:
    assert what in ungrounded(clause, SOURCES)


def test_a_reply_covers_a_fact() -> None:
    fact = "The chapel is at the end of the east wing, in room 3."
    assert covers("you can find the chapel in room three, at the end of the east wing", fact, ENGLISH)
    assert not covers("the chapel is in the east wing", fact, ENGLISH)
    assert not covers("the end of room 3", fact, ENGLISH)


def test_what_the_visitor_said_need_not_be_repeated() -> None:
    assert covers(
        "It is in the basement.", "The swimming pool is in the basement.", ENGLISH, "where is the swimming pool"
    )


def test_loops() -> None:
    assert degenerate("in the main hall in the main hall in the main hall", ENGLISH)
    assert degenerate("it is is is is open", ENGLISH)
    assert not degenerate(FACT, ENGLISH)


def test_sentences() -> None:
    assert sentences("Dr. Lee is in. It costs $3.50 a day! Come at 10.") == [
        "Dr. Lee is in.",
        "It costs $3.50 a day!",
        "Come at 10.",
    ]


PARKING = Sources.of(["The car park costs two dollars an hour. The first thirty minutes are free."], ENGLISH)
PHARMACY = Sources.of(["The pharmacy is in the main hall, beside the flower shop."], ENGLISH)


@pytest.mark.parametrize(
    "clause",
    [
        "It costs two euros an hour.",
        "It costs €2 an hour.",
        "It costs two pounds an hour.",
        "It costs 2% an hour.",
        "It costs two percent an hour.",
        "It costs two per cent an hour.",
        "The car park costs thirty dollars an hour.",
        "The first two minutes are free.",
        "The first thirty hours are free.",
        "The first thirty dollars are free.",
        "It costs two cents an hour.",
    ],
)
def test_a_figure_keeps_its_unit(clause: str) -> None:
    assert ungrounded(clause, PARKING)


@pytest.mark.parametrize(
    "clause",
    [
        "It costs two dollars an hour.",
        "It costs $2 an hour.",
        "The first 30 minutes are free.",
        "The first thirty are free.",
    ],
)
def test_the_same_unit_in_other_words_is_the_same(clause: str) -> None:
    assert not ungrounded(clause, PARKING)


@pytest.mark.parametrize(
    "clause",
    [
        "Аптека закрыта.",
        "The pharmacy is in the main hall 在三楼 beside the flower shop.",
        "The pharmacy is in the main hall \U0001f600.",
        "The pharmacy is in the **main hall**.",
        "# The pharmacy is in the main hall.",
        "<main hall>",
        "Yes, the pharmacy is in the main hall.",
        "The pharmacy is in the main hall, صيدلية.",
        "The phármacy is in the main hall.",
    ],
)
def test_other_scripts_and_marks_are_ungrounded(clause: str) -> None:
    assert ungrounded(clause, PHARMACY)


def test_what_the_site_writes_may_be_said() -> None:
    assert not ungrounded("José García is in the Café.", Sources.of(["Ask José García in the Café."], ENGLISH))
    assert ungrounded("José García", Sources.of(["Ask Josè Garcia."], ENGLISH))


def test_a_page_of_abbreviations_is_cut_in_linear_time() -> None:
    """The bound is CPU time, with room for a slow machine. These texts once took 20 s and more."""
    begun = time.process_time()
    assert sentences("Dr. " * 15_000 + "Chen. She is in.") == ["Dr. " * 15_000 + "Chen.", "She is in."]
    assert len(sentences("It is open. " * 5_000)) == 5_000
    assert not degenerate(" ".join(f"w{n}" for n in range(10_000)), ENGLISH)
    assert time.process_time() - begun < 8


@pytest.mark.parametrize(
    ("word", "follows"), [("st", "Chen"), ("Dr", "Chen"), ("mr", "Chen"), ("approx", "10"), ("No", "7")]
)
def test_an_abbreviation_ends_no_sentence(word: str, follows: str) -> None:
    assert sentences(f"See {word}. {follows}. Go.") == [f"See {word}. {follows}.", "Go."]
    assert sentences(f"See the x{word}. {follows}.") == [f"See the x{word}.", f"{follows}."]


def test_the_word_no_is_a_sentence_unless_a_number_follows() -> None:
    assert sentences("Is it open? No. Come tomorrow.") == ["Is it open?", "No.", "Come tomorrow."]
