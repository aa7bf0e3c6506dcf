"""The judge of conversations, with replies of every grade made by hand."""

from __future__ import annotations

import pytest

from appliance.bench.workbench.conversation_judge import Given, Grade, judge
from appliance.bench.workbench.conversation_sheet import Comparison, Kind, Line, Want
from appliance.core.facts import Outcome

ENTRIES = {
    "fact:pharmacy": "The pharmacy is in the main hall, beside the flower shop.",
    "fact:parking": "The car park costs two dollars an hour. The first thirty minutes are free.",
    "fact:soup": "The soup of the day is tomato soup with bread, for four dollars fifty.",
    "fact:coffee": "A large coffee is three dollars forty.",
    "fact:assistant": "I am a computer. Nothing you say leaves this building.",
    "hours:pharmacy": "The pharmacy is open from eight to half past six.",
    "hours:cafe": "The cafe is open from nine to five.",
}
PHARMACY, PARKING, SOUP, COFFEE = (ENTRIES[f"fact:{name}"] for name in ("pharmacy", "parking", "soup", "coffee"))
UNKNOWN = Outcome(kind="unknown")


def on(*entries: str, route: str = "fact") -> Outcome:
    return Outcome(facts=entries, route=route)


def graded(kind: Kind, want: Want | tuple[Want, ...], given: Given) -> Grade:
    return judge(Line(kind, "", want if isinstance(want, tuple) else (want,)), given, ENTRIES)


PLACE = Want(rests=("fact:pharmacy",))
PLACE_SAID = Want(rests=("fact:pharmacy",), say=("main hall",))
BOTH = Want(rests=("fact:pharmacy", "hours:pharmacy"), say=("main hall", "half past six"))
CARD = Want(rests=("fact:parking",), say=("first thirty minutes|free",), answer="no")
EITHER = Want(any=("fact:soup", "fact:coffee"))


@pytest.mark.parametrize(
    ("want", "said", "outcome", "grade"),
    [
        (PLACE, PHARMACY, on("fact:pharmacy"), "right"),
        # The right entry was found and its words were not said.
        (PLACE, "The flower shop.", on("fact:pharmacy"), "wrong"),
        (PLACE_SAID, "In the main hall.", on("fact:pharmacy"), "right"),
        (PLACE_SAID, "It is beside the flower shop.", on("fact:pharmacy"), "wrong"),
        # The words were said by chance.
        (PLACE_SAID, "The cafe is in the main hall.", on("fact:cafe_place"), "wrong"),
        (PLACE_SAID, "Welcome to the main hall.", Outcome(kind="smalltalk"), "wrong"),
        (PLACE_SAID, "I don't know that.", UNKNOWN, "refused"),
        (PLACE_SAID, "Please ask at the desk.", Outcome("hand_over", "handover"), "refused"),
        (PLACE_SAID, "Sorry, I did not catch that.", Outcome(kind="reprompt"), "asked back"),
        (PLACE_SAID, "Did you mean: where is the cafe?", Outcome(kind="confirm", facts=("fact:cafe",)), "asked back"),
        (PLACE_SAID, "Goodbye.", Outcome("close", "goodbye"), "wrong"),
        # Everything that is known about everything is not an answer to one question.
        (PLACE_SAID, f"{PHARMACY} {PARKING} {SOUP}", on("fact:pharmacy", "fact:parking", "fact:soup"), "partly"),
        (BOTH, f"{PHARMACY} It closes at half past six.", on("fact:pharmacy", "hours:pharmacy"), "right"),
        (BOTH, PHARMACY, on("fact:pharmacy"), "partly"),
        (BOTH, PHARMACY, on("fact:pharmacy", "hours:pharmacy"), "partly"),
        (BOTH, PARKING, on("fact:parking"), "wrong"),
        (EITHER, COFFEE, on("fact:coffee"), "right"),
        (EITHER, PARKING, on("fact:parking"), "wrong"),
        (CARD, "No, the first thirty minutes are free.", on("fact:parking"), "right"),
        (CARD, "The first thirty minutes are free.", on("fact:parking"), "right"),
        (CARD, "Yes, the first thirty minutes are free.", on("fact:parking"), "wrong"),
        (Want(rests=("fact:coffee",), never=("two dollars",)), "Two dollars forty.", on("fact:coffee"), "wrong"),
        # In two sentences, with hyphens and digits, in capitals.
        (Want(rests=("fact:soup",), say=("twenty five",)), "TWENTY-FIVE.", on("fact:soup"), "right"),
        (Want(rests=("fact:soup",), say=("four",)), "Fourteen dollars.", on("fact:soup"), "wrong"),
    ],
)
def test_an_answer_rests_on_the_right_entries_and_says_them(
    want: Want, said: str, outcome: Outcome, grade: Grade
) -> None:
    assert graded("opening", want, Given(said, outcome)) == grade


CHEAPER = Want(rests=("fact:coffee", "fact:soup"), compare=Comparison("cheaper", "coffee", "soup"))
IS_CHEAPER = Want(rests=("fact:coffee", "fact:soup"), compare=Comparison("cheaper", "coffee", "soup"), answer="yes")
FIRST = Want(rests=("hours:cafe", "hours:pharmacy"), compare=Comparison("earlier", "cafe", "pharmacy"))
SAME = Want(rests=("fact:coffee", "fact:soup"), say=("yes|same|both",), answer="yes")


@pytest.mark.parametrize(
    ("want", "said", "grade"),
    [
        (CHEAPER, "The large coffee is cheaper.", "right"),
        (CHEAPER, "The coffee is cheaper than the soup.", "right"),
        (CHEAPER, "Of the soup and the coffee, the coffee costs less.", "right"),
        (CHEAPER, "The soup is more expensive.", "right"),
        (CHEAPER, "The soup is more expensive than the coffee.", "right"),
        (CHEAPER, "Cheaper is the coffee.", "right"),
        (CHEAPER, "A large coffee, for three dollars forty.", "right"),
        (CHEAPER, "The soup is cheaper.", "wrong"),
        (CHEAPER, "The soup is cheaper than a large coffee.", "wrong"),
        (CHEAPER, "The soup is less expensive than the coffee.", "wrong"),
        (CHEAPER, f"{COFFEE} {SOUP} So the soup is cheaper.", "wrong"),
        # The visitor can compare, but was not told.
        (CHEAPER, f"{COFFEE} {SOUP}", "partly"),
        (CHEAPER, SOUP, "partly"),
        (CHEAPER, "The soup is not cheaper.", "partly"),
        (IS_CHEAPER, f"Yes. {COFFEE} {SOUP}", "right"),
        (IS_CHEAPER, f"No. {COFFEE} {SOUP}", "wrong"),
        (FIRST, "The cafe closes first, at five.", "right"),
        (FIRST, "The pharmacy closes later.", "right"),
        (FIRST, "The pharmacy closes first, at half past six.", "wrong"),
        (SAME, "Both are warm.", "right"),
        (SAME, f"{COFFEE} {SOUP}", "partly"),
        (SAME, f"No. {COFFEE} {SOUP}", "wrong"),
    ],
)
def test_a_comparison_must_come_to_the_right_end(want: Want, said: str, grade: Grade) -> None:
    assert graded("comparison", want, Given(said, on(*want.rests))) == grade


def test_a_comparison_with_one_of_the_two_is_half_an_answer() -> None:
    assert graded("comparison", CHEAPER, Given(COFFEE, on("fact:coffee"))) == "partly"
    assert graded("comparison", CHEAPER, Given("I don't know that.", UNKNOWN)) == "refused"
    assert graded("comparison", CHEAPER, Given(PARKING, on("fact:parking"))) == "wrong"


TALK = Outcome(kind="smalltalk")
ASK = Outcome(kind="ask")
CONFIRM = Outcome(kind="confirm")
LOOK = "Doctor Chen, Monday at ten, for Tom King. Shall I book it?"


@pytest.mark.parametrize(
    ("want", "given", "grade"),
    [
        (Want(act="unknown"), Given("I don't know that.", UNKNOWN), "right"),
        (Want(act="unknown"), Given("Please ask at the desk.", Outcome("hand_over", "handover")), "right"),
        (Want(act="unknown"), Given(PARKING, on("fact:parking")), "wrong"),
        (Want(act="unknown"), Given("I am fine, thank you.", TALK), "wrong"),
        (Want(act="unknown"), Given("Did you mean …?", Outcome(kind="confirm", facts=("fact:soup",))), "asked back"),
        (Want(act="person"), Given("Please ask at the desk.", Outcome("hand_over", "handover")), "right"),
        (Want(act="person"), Given("I don't know that. Shall I call someone?", UNKNOWN), "partly"),
        (Want(act="small talk"), Given("Hello.", TALK), "right"),
        (Want(act="small talk"), Given("A joke.", Outcome(facts=("talk:joke",))), "right"),
        (Want(act="small talk", say=("welcome",)), Given("Hello.", TALK), "wrong"),
        (Want(act="small talk"), Given("I don't know that.", UNKNOWN), "refused"),
        (Want(act="small talk"), Given("It is a quarter to three.", Outcome(route="clock")), "wrong"),
        (Want(act="small talk"), Given(SOUP, on("fact:soup")), "wrong"),
        (Want(act="goodbye"), Given("Goodbye.", Outcome("close", "goodbye")), "right"),
        (Want(act="goodbye"), Given("Hello.", TALK), "wrong"),
        (Want(act="itself", say=("computer",)), Given("I am a computer.", Outcome()), "right"),
        (Want(act="itself", say=("computer",)), Given("I am a voice.", Outcome()), "wrong"),
        (Want(act="itself", say=("computer",)), Given("A computer is in room 3.", on("fact:room")), "wrong"),
        (Want(act="repeat"), Given(PARKING, on("fact:parking"), last=PARKING), "right"),
        (Want(act="repeat"), Given(f"I said: {PARKING}", Outcome(), last=PARKING), "right"),
        (
            Want(act="repeat"),
            Given("The car park costs two dollars an hour.", on("fact:parking"), last=PARKING),
            "partly",
        ),
        (Want(act="repeat"), Given(SOUP, on("fact:soup"), last=PARKING), "wrong"),
        (Want(act="repeat"), Given("I don't know that.", UNKNOWN, last=PARKING), "refused"),
        (Want(act="ask date"), Given("On which day?", ASK, "date"), "right"),
        (Want(act="ask time"), Given("On which day?", ASK, "date"), "asked back"),
        (Want(act="ask name"), Given(LOOK, CONFIRM, "confirm"), "wrong"),
        (Want(act="ask date"), Given("I don't know that.", UNKNOWN, "confirm"), "refused"),
        (Want(act="ask date"), Given(PARKING, on("fact:parking"), "date"), "wrong"),
        (Want(act="ask confirm", say=("chen", "ten", "king")), Given(LOOK, CONFIRM, "confirm"), "right"),
        (Want(act="ask confirm", say=("chen", "eleven", "king")), Given(LOOK, CONFIRM, "confirm"), "wrong"),
        (Want(act="done"), Given("It is booked.", Outcome(kind="done", tools=("a.book",))), "right"),
        (Want(act="done"), Given(LOOK, CONFIRM, "confirm"), "asked back"),
        (Want(act="done"), Given("I have left it.", TALK), "wrong"),
        (Want(act="dropped"), Given("I have left it.", TALK), "right"),
        (Want(act="dropped"), Given("On which day?", ASK, "date"), "wrong"),
        (Want(act="dropped"), Given("It is booked.", Outcome(kind="done", tools=("a.book",))), "wrong"),
    ],
)
def test_a_reply_that_is_no_answer_does_what_is_wanted(want: Want, given: Given, grade: Grade) -> None:
    assert graded("booking", want, given) == grade


def test_a_question_within_a_form_that_is_taken_for_a_value_was_asked_back() -> None:
    said = "Sorry, I did not get that. At what time?"
    assert graded("booking", PLACE_SAID, Given(said, ASK, "time", form_before=True)) == "asked back"
    # Without a form, the question began a booking that was not wanted.
    assert graded("opening", PLACE_SAID, Given("On which day?", ASK, "date")) == "wrong"
    answered = Given(f"{PHARMACY} Now, at what time?", on("fact:pharmacy"), "time", form_before=True)
    assert graded("booking", PLACE_SAID, answered) == "right"


SIMPLER = Want(rests=("fact:parking",), say=("free",), differs="changed")
SHORTER = Want(rests=("fact:parking",), say=("free",), differs="shorter")


@pytest.mark.parametrize(
    ("want", "said", "outcome", "grade"),
    [
        (SIMPLER, "Half an hour is free. Then you pay.", on("fact:parking"), "right"),
        (SIMPLER, PARKING, on("fact:parking"), "partly"),
        (SIMPLER, "You must pay.", on("fact:parking"), "wrong"),
        (SHORTER, "The first thirty minutes are free.", on("fact:parking"), "right"),
        (SHORTER, PARKING, on("fact:parking"), "partly"),
        # A part of an earlier reply may come without an entry, or with that of the last one. Its words decide.
        (SHORTER, "The first thirty minutes are free.", Outcome(route="conversation"), "right"),
        (SHORTER, "The first thirty minutes are free.", on("fact:soup", route="conversation"), "right"),
        (SHORTER, "The soup is warm.", on("fact:soup", route="conversation"), "wrong"),
        (SHORTER, "The soup is free.", on("fact:soup"), "wrong"),
        (SHORTER, "I don't know that.", Outcome(kind="unknown", route="conversation"), "refused"),
    ],
)
def test_what_is_said_about_the_last_reply_is_new_and_true(
    want: Want, said: str, outcome: Outcome, grade: Grade
) -> None:
    assert graded("conversation", want, Given(said, outcome, last=PARKING)) == grade


def test_an_opening_takes_no_words_without_an_entry() -> None:
    assert graded("opening", SHORTER, Given("It is free.", Outcome(), last=PARKING)) == "wrong"


def test_what_comes_closest_counts_where_several_things_are_acceptable() -> None:
    wants = (Want(act="unknown"), Want(rests=("fact:soup", "fact:coffee"), say=("soup", "coffee"), never=("better",)))
    assert graded("judgement", wants, Given("I don't know that.", UNKNOWN)) == "right"
    assert graded("judgement", wants, Given(f"{SOUP} {COFFEE}", on("fact:soup", "fact:coffee"))) == "right"
    assert graded("judgement", wants, Given(SOUP, on("fact:soup"))) == "partly"
    assert graded("judgement", wants, Given(f"Better: {SOUP} {COFFEE}", on("fact:soup", "fact:coffee"))) == "wrong"


def test_a_question_back_may_be_what_is_wanted() -> None:
    want = (Want(act="unknown"), Want(asks=("fact:soup", "fact:coffee")))
    back = Given("Did you mean …?", Outcome(kind="confirm", facts=("fact:soup",)))
    assert graded("indirect", want, back) == "right"
    assert graded("indirect", want, Given("…?", Outcome(kind="confirm", facts=("fact:parking",)))) == "asked back"
