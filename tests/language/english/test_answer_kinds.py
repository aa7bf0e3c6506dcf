"""The kind of answer that a question asks for."""

import pytest

from appliance.language.english import answer_kinds
from appliance.language.english.answer_kinds import asked_for, demands, given_by


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("where is the pharmacy", "place"),
        ("until when is the pharmacy open", "time"),
        ("how much is a coffee", "price"),
        ("who is the director", "person"),
        ("what is the phone number", "number"),
        ("how long does it take", "duration"),
        ("can i bring my dog", "permission"),
    ],
)
def test_kinds_asked_for_by_a_question(question: str, kind: str) -> None:
    assert kind in asked_for(question)


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("The chapel is on the second floor.", "place"),
        ("It costs two dollars.", "price"),
        ("The social worker is Helen Brooks.", "person"),
        ("Call 555 0142.", "number"),
    ],
)
def test_kinds_given_by_a_statement(statement: str, kind: str) -> None:
    assert kind in given_by(statement)


def test_only_a_plain_question_word_demands_a_kind() -> None:
    assert demands("who is the director") == {"person"}
    assert demands("when does it open") == {"time"}
    assert demands("i would like to know something") == frozenset()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("where is the pharmacy no wait i mean the cafe", "where is the cafe"),
        ("where is the pharmacy sorry the cafe", "where is the cafe"),
        ("not the pharmacy the cafe where is it", "where is the cafe"),
        ("where is the eye clinic no sorry the heart clinic", "where is the heart clinic"),
        ("is the pharmacy open on saturday no on sunday", "is the pharmacy open on sunday"),
        ("is the pharmacy open on saturday sorry sunday", "is the pharmacy open on sunday"),
        ("is the pharmacy no the cafe open now", "is the cafe open now"),
        ("where is the pharmacy i mean when is it open", "when is the pharmacy open"),
        ("where is the pharmacy no sorry where is the cafe", "where is the cafe"),
        ("where is the cafe not the pharmacy", "where is the cafe"),
        ("where is the pharmacy actually never mind where is the exit", "where is the exit"),
        ("when is the pharmacy open forget it where is the lab", "where is the lab"),
        ("is the cafe open oh no forget that how much is parking", "how much is parking"),
        ("where is the toilet never mind", "where is the toilet never mind"),
        ("never mind", "never mind"),
        ("where is the pharmacy", "where is the pharmacy"),
        ("sorry where is the pharmacy", "sorry where is the pharmacy"),
        ("no", "no"),
        ("", ""),
    ],
)
def test_what_is_left_after_a_correction(said: str, meant: str) -> None:
    assert answer_kinds.corrected(said) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("the heart clinic not the eye clinic", "the heart clinic"),
        ("the shop not the restaurant", "the shop"),
        ("i want the lifts not the stairs", "the lifts"),
        ("i said the pharmacy not the cafe", "the pharmacy"),
        ("it was the red line not the blue line", "the red line"),
        *((text, text) for text in ("the lab is not the cafe", "the cafe not open yet", "tuesday not wednesday")),
        *((text, text) for text in ("there's no toilet paper", "i have no money", "i've got no card where can i pay")),
    ],
)
def test_one_thing_and_not_the_other(said: str, meant: str) -> None:
    assert answer_kinds.corrected(said) == meant


LIFTS = "The lifts are in the main hall. where is the elevator i cannot climb stairs"
COFFEE = "A regular coffee is two dollars eighty. how much is a coffee"
EMERGENCY = "The emergency department is on the ground floor. where is the emergency room"
TOILETS = "The toilets are next to the lifts. where is the men's room where is the ladies' room"
SOCIAL = "The social worker is Helen Brooks. You find her in room 33. where is helen brooks"
LOST = "Lost things are kept at the desk. i lost my bag where is the lost and found how long are lost things kept"


@pytest.mark.parametrize(
    ("question", "known", "can"),
    [
        *(
            (text, LIFTS, False)
            for text in ("the lift is out of order", "is the lift broken", "your lifts are filthy", "the lift stinks")
        ),
        *(
            (text, LIFTS, False)
            for text in ("the lift does not work", "there's no toilet paper", "the lift won't move")
        ),
        *((text, LIFTS, True) for text in ("where is the lift", "my leg is broken", "i cannot climb stairs")),
        *((text, LIFTS, True) for text in ("the wifi is not working", "the doctor is stuck", "is the lift far")),
        ("the lift is broken", "Please report broken lifts at the desk.", True),
        *(
            (text, COFFEE, False)
            for text in ("how much is a tea", "what does a cup of tea cost", "how much are the beers")
        ),
        *(
            (text, COFFEE, True)
            for text in (
                "how much is a coffee",
                "how much is a large coffee",
                "where can i get a tea",
                "how much is coffees",
            )
        ),
        *((text, EMERGENCY, False) for text in ("how do i get to the emergency exit", "where is the fire exit")),
        ("where is the emergency room", EMERGENCY, True),
        ("where is the emergency exit", "The fire exits are green.", True),
        ("how old is doctor chen", "For the heart, please see Doctor Chen.", False),
        ("how old is the house", "The house was built in 1880.", True),
        ("how old do i have to be", "Children pay half.", True),
        ("how deep did the submarine dive", "The submarine lies at the pier.", False),
        ("how deep did the submarine dive", "The submarine dived three hundred meters.", True),
        *((text, LOST, False) for text in ("i lost my way", "i am lost", "i lost my wife in the building")),
        *((text, LOST, True) for text in ("i lost my bag", "i lost my wife's bag", "can't find my keys")),
        *(
            (text, TOILETS, False)
            for text in (
                "what room is john smith in",
                "which room is mrs brown in",
                "where is my husband's room",
                "in which room is my grandmother",
                "which ward is linda on",
                "what is my mother's room number",
                "can you tell me the room of mister jones",
                "which room did they put my dad in",
                "where is john smith",
                "is peter hall here",
                "where can i find my wife",
            )
        ),
        *(
            (text, TOILETS, True)
            for text in ("where is the men's room", "where is the ladies' room", "where is a room")
        ),
        *((text, SOCIAL, True) for text in ("where is helen brooks", "which room is helen brooks in")),
        ("where is mary jones", SOCIAL, False),
        ("where is my wife", "The maternity ward is upstairs. my wife is having a baby where do i go", False),
        ("where is my wife having her baby", "The maternity ward is upstairs. my wife is having a baby", True),
        ("what room is john smith in", "Please ask at the desk. where is a patient", True),
        ("where is my son", "The children's ward is upstairs.", True),
        ("which room is doctor chen in", "The heart clinic is in room 205.", True),
    ],
)
def test_what_can_answer_a_question_at_all(question: str, known: str, can: bool) -> None:
    assert answer_kinds.can_answer(question, known) is can
