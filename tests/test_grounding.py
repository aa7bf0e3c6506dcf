"""What a reply may say."""

import time

import pytest

from appliance import grounding
from appliance.grounding import Sources, covers, degenerate, sentences, ungrounded

FACT = "The pharmacy is on the second floor, opposite room 12. It is open until half past six and costs $3.50."
SOURCES = Sources.of([FACT, "where is the pharmacy"])


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
    assert covers("you can find the chapel in room three, at the end of the east wing", fact)
    assert not covers("the chapel is in the east wing", fact)
    assert not covers("the end of room 3", fact)


def test_what_the_visitor_said_need_not_be_repeated() -> None:
    assert covers("It is in the basement.", "The swimming pool is in the basement.", "where is the swimming pool")


def test_loops() -> None:
    assert degenerate("in the main hall in the main hall in the main hall")
    assert degenerate("it is is is is open")
    assert not degenerate(FACT)


def test_sentences() -> None:
    assert sentences("Dr. Lee is in. It costs $3.50 a day! Come at 10.") == [
        "Dr. Lee is in.",
        "It costs $3.50 a day!",
        "Come at 10.",
    ]


def test_a_page_of_abbreviations_is_cut_in_linear_time() -> None:
    """Counted in CPU time, with room for a slow machine: these took 20 s and more."""
    begun = time.process_time()
    assert grounding.sentences("Dr. " * 15_000 + "Chen. She is in.") == ["Dr. " * 15_000 + "Chen.", "She is in."]
    assert len(grounding.sentences("It is open. " * 5_000)) == 5_000
    assert not grounding.degenerate(" ".join(f"w{n}" for n in range(10_000)))
    assert time.process_time() - begun < 8


@pytest.mark.parametrize("word", ["st", "Dr", "mr", "approx", "No"])
def test_an_abbreviation_ends_no_sentence(word: str) -> None:
    assert grounding.sentences(f"See {word}. Chen. Go.") == [f"See {word}. Chen.", "Go."]
    assert grounding.sentences(f"See the x{word}. Chen.") == [f"See the x{word}.", "Chen."]
