"""Questions that a statement answers, and sentences of tables."""

from __future__ import annotations

import pytest

from appliance.language.english import drafts


@pytest.mark.parametrize(
    ("statement", "question"),
    [
        ("The sauna is on the roof.", "where is the sauna"),
        ("The sauna is on the roof.", "which floor is the sauna on"),
        ("The children's room is on the first floor.", "where is the children's room"),
        ("The toilets are beside the stairs.", "where are the toilets"),
        ("There is a safe in every wardrobe.", "is there a safe"),
        ("There is no lifeguard.", "is there a lifeguard"),
        ("A tent costs eighteen dollars a night.", "how much is a tent"),
        ("Life jackets are free.", "how much are life jackets"),
        ("The garage is below the house. It costs nine dollars.", "how much is the garage"),
        ("Breakfast is served from seven to ten in the garden room and costs $14.", "how much is breakfast"),
        ("Breakfast is served from seven to ten in the garden room and costs $14.", "when is breakfast"),
        ("Yoga is on Mondays at seven.", "when is yoga"),
        ("The water slide is open from 2 pm to 6 pm.", "when is the water slide open"),
        ("The shuttle leaves every hour from the door.", "how often does the shuttle leave"),
        ("You can borrow a bicycle for six dollars.", "can i borrow a bicycle for six dollars"),
        ("You may use a gas grill on your place.", "can i use a gas grill on my place"),
        ("Please do not take photos.", "may i take photos"),
        ("Please bring the yellow booklet.", "do i have to bring the yellow booklet"),
        ("Order your rolls the evening before.", "do i have to order my rolls the evening"),
        ("We sell maps and cards.", "do you sell maps"),
        ("The shop beside the gate sells bread, milk and gas.", "where can i get milk"),
        ("Goggles and towels are sold at the desk.", "do you sell towels"),
        ("Dogs are not allowed.", "can i bring dogs"),
        ("Running is forbidden.", "can i run"),
        ("Swimming caps are not required.", "do i need swimming caps"),
        ("Children under eight must be accompanied.", "do children under eight have to be accompanied"),
        ("The network is called Mill Guest.", "what is the network called"),
        ("If you have lost your key, ask at the desk.", "i have lost my key"),
        ("When you are ill you can pause your membership.", "can i pause my membership when i am ill"),
        ("Doctor Osman treats rabbits.", "who treats rabbits"),
        ("Hamlet is played by Daniel Reed.", "who played hamlet"),
        ("The pool has 82 degrees.", "how warm is the pool"),
        ("Call the desk on 555 0123.", "what is the phone number"),
        ("Children under four swim for free.", "what about children under four swim for free"),
    ],
)
def test_the_form_of_a_statement_shows_what_it_answers(statement: str, question: str) -> None:
    assert question in drafts.of_form(statement)


@pytest.mark.parametrize(
    ("statement", "question"),
    [
        ("The restrooms are in the basement.", "i need the restroom"),
        ("You can park behind the house.", "where do i leave my car"),
        ("The password of the wireless network is on the card.", "how do i get online"),
        ("Dogs stay on the leash.", "can i bring my dog"),
    ],
)
def test_everyday_things_are_asked_for_as_everywhere(statement: str, question: str) -> None:
    assert question in drafts.of_subjects(statement)
    assert question in drafts.everyday()


def test_a_statement_of_nothing_everyday_is_asked_for_by_its_form_alone() -> None:
    assert drafts.of_subjects("The bones of the whale hang in hall two.") == []


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (("Adult", "Ticket", "Price", "$6"), "The adult ticket costs $6."),
        (("Child (4 to 15)", "Ticket", "Price", "$3"), "The child ticket (4 to 15) costs $3."),
        (("Family ticket", "Ticket", "Price", "$16"), "The family ticket costs $16."),
        (("Towels", "Item", "Price", "$2"), "Towels cost $2."),
        (("Entry", "", "Price", "free"), "The entry is free."),
        (("Bicycle", "What", "Per day", "$6"), "The bicycle costs $6 per day."),
        (("Dr. Chen", "Doctor", "Room", "12"), "Dr. Chen is in room 12."),
        (("Registration", "", "Desk", "3"), "The registration is at desk 3."),
        (("Laboratory", "", "Floor", "second"), "The laboratory is on the second floor."),
        (("Radiology", "", "Phone", "555 0100"), "The phone number of Radiology is 555 0100."),
        (("Soup", "", "Allergens", "celery"), "The allergens of Soup are celery."),
    ],
)
def test_a_cell_of_a_table_is_a_sentence(cells: tuple[str, str, str, str], said: str) -> None:
    assert drafts.say_cell(*cells) == said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Phone", "555 0123", "The phone number is 555 0123."),
        ("Address", "12 Mill Lane", "The address is 12 Mill Lane."),
        ("Coffee", "$2", "Coffee costs $2."),
        ("Entry", "free", "Entry is free."),
    ],
)
def test_a_pair_is_a_sentence(name: str, value: str, said: str) -> None:
    assert drafts.say_pair(name, value) == said


@pytest.mark.parametrize(
    ("heading", "called"),
    [("Riverside Swimming Pool", "the pool"), ("Opening hours", ""), ("Library opening times", "the library")],
)
def test_a_place_is_called_by_its_heading(heading: str, called: str) -> None:
    assert drafts.called(heading) == called
