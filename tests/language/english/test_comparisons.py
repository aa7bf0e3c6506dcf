"""Questions that compare two things."""

import pytest

from appliance.language.english import comparisons
from appliance.language.parts import Comparison, Counted, Topic


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("which is cheaper the soup or a large coffee", Comparison("price", False, "the soup", "a large coffee")),
        ("what is more expensive, soup or cake?", Comparison("price", True, "soup", "cake")),
        ("which costs more the cake or a coffee", Comparison("price", True, "the cake", "a coffee")),
        ("is the soup cheaper than the cake", Comparison("price", False, "the soup", "the cake", "", True)),
        (
            "on saturdays which closes first the cafe or the pharmacy",
            Comparison("closes", False, "the cafe", "the pharmacy", "on saturdays"),
        ),
        (
            "which one closes later the cafe or the pharmacy on sunday",
            Comparison("closes", True, "the cafe", "the pharmacy", "on sunday"),
        ),
        ("what opens earlier the lab or the cafe", Comparison("opens", False, "the lab", "the cafe")),
        (
            "does the pharmacy close before the cafe",
            Comparison("closes", False, "the pharmacy", "the cafe", "", True),
        ),
        ("is the cafe or the shop open longer", Comparison("closes", True, "the cafe", "the shop")),
        (
            "are the eye clinic and x-ray on the same floor",
            Comparison("floor", False, "the eye clinic", "x-ray", "", True),
        ),
        ("is the lab on the same floor as the cafe", Comparison("floor", False, "the lab", "the cafe", "", True)),
        ("what's cheaper the bus or the train", Comparison("price", False, "the bus", "the train")),
        ("is it faster to take the bus or by taxi", Comparison("duration", False, "the bus", "taxi")),
        ("the pool or the sauna which one closes later", Comparison("closes", True, "the pool", "the sauna")),
        ("of the bus and the taxi which is cheaper", Comparison("price", False, "the bus", "the taxi")),
        ("would a taxi be quicker than the bus", Comparison("duration", False, "a taxi", "the bus", "", True)),
        ("how much more is a suite than a double", Comparison("price", True, "a suite", "a double")),
        ("what's the price difference between a suite and a double", Comparison("price", True, "a suite", "a double")),
        (
            "which one opens first on saturday the pool or the gym",
            Comparison("opens", False, "the pool", "the gym", "on saturday"),
        ),
        ("do the soup and the cake cost the same", Comparison("price", True, "the soup", "the cake", "", True, True)),
        ("is the soup as expensive as the cake", Comparison("price", True, "the soup", "the cake", "", True, True)),
        ("is the lab as nice as the cafe", None),
        ("what is the fastest way to the station", None),
        ("where is the cafe or the shop", None),
        ("is the bank closer than the cafe", Comparison("distance", False, "the bank", "the cafe", "", True)),
        ("which is further away the bank or the cafe", Comparison("distance", True, "the bank", "the cafe")),
        ("is there a cheaper coffee", None),
        ("which floor is the lab on", None),
        ("", None),
    ],
)
def test_what_is_compared(text: str, compared: Comparison | None) -> None:
    assert comparisons.compares(text, Topic()) == compared


@pytest.mark.parametrize(
    "text", ["which opens earlier the lab the cafe or the pharmacy", "which closes first, the lab, the cafe or the bar"]
)
def test_three_things_are_not_two(text: str) -> None:
    assert comparisons.compares(text, Topic()) is None


def test_a_thing_may_be_named_by_another() -> None:
    compared = comparisons.compares("which is cheaper the table by the window or the room", Topic())
    assert compared and compared.first == "the table by the window"


@pytest.mark.parametrize(
    ("text", "judges"),
    [
        ("which doctor is better chen or miller", True),
        ("is the soup better or the cake", True),
        ("who is the best doctor here", True),
        ("what is the best way to the station", False),
        ("where is the better coffee machine located today", False),
        ("which doctor is for the heart", False),
        ("who's the nicest doctor here", True),
        ("which restaurant is the best in town", True),
        ("what is the best time to call", False),
        ("is the suite worth the money", True),
        ("is the food here good", True),
        ("how good is doctor patel", True),
        ("would you go to doctor miller or doctor chen", True),
        ("what do you recommend", True),
        ("is the cafe open now", False),
        ("is the water good to drink", False),
    ],
)
def test_an_opinion_is_asked_for(text: str, judges: bool) -> None:
    assert comparisons.judges(text) == judges


@pytest.mark.parametrize(
    ("compared", "order", "said"),
    [
        (Comparison("price", False, "the soup", "a coffee"), 1, "A coffee is cheaper."),
        (Comparison("price", False, "the soup", "a coffee"), -1, "The soup is cheaper."),
        (Comparison("price", True, "your soup", "a coffee"), 1, "The soup is more expensive."),
        (Comparison("price", True, "the soup", "a coffee"), 0, "Both cost the same."),
        (Comparison("price", False, "the soup", "a coffee", "", True), 1, "No."),
        (Comparison("price", True, "the soup", "a coffee", "", True, same=True), 0, "Yes."),
        (Comparison("price", True, "the soup", "a tea", "", True, same=True), -1, "No. A tea is more expensive."),
        (Comparison("closes", False, "the cafe", "the shop"), -1, "The cafe closes first."),
        (Comparison("closes", True, "the cafe", "the shop"), -1, "The shop is open longer."),
        (Comparison("floor", False, "the cafe", "the shop", "", True), 0, "Yes."),
        (Comparison("floor", False, "the cafe", "the shop", "", True), 1, "No."),
    ],
)
def test_the_answer(compared: Comparison, order: int, said: str) -> None:
    assert comparisons.say_comparison(compared, order) == said


@pytest.mark.parametrize(
    ("statement", "floor"),
    [
        ("X-ray is on the first floor.", "first"),
        ("The gym is in the basement.", "basement"),
        ("Take the stairs from the first floor to the second floor.", ""),
        ("The cafe is in the hall.", ""),
    ],
)
def test_the_floor_of_a_statement(statement: str, floor: str) -> None:
    assert comparisons.floor(statement) == floor


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("and which one is cheaper", Comparison("price", False, "the shuttle", "the taxi")),
        ("so which of the two is faster then", Comparison("duration", False, "the shuttle", "the taxi")),
        ("and on saturday which closes earlier", Comparison("closes", False, "the shuttle", "the taxi", "on saturday")),
        ("are they on the same floor", Comparison("floor", False, "the shuttle", "the taxi", "", True)),
        ("so what is the cheaper one", Comparison("price", False, "the shuttle", "the taxi")),
        ("are they open", None),
    ],
)
def test_what_is_compared_may_have_been_named_before(text: str, compared: Comparison | None) -> None:
    assert comparisons.compares(text, Topic(thing="the taxi", other="the shuttle")) == compared
    assert comparisons.compares(text, Topic(thing="the taxi")) is None


def test_a_pronoun_is_the_thing_that_was_talked_about() -> None:
    compared = comparisons.compares("is that faster than the bus", Topic(thing="the taxi"))
    assert compared == Comparison("duration", False, "the taxi", "the bus", "", True)


@pytest.mark.parametrize(
    ("item", "amount"),
    [
        ("four adult tickets", Counted(4, "adult tickets")),
        ("two slices of cake", Counted(2, "slices of cake")),
        ("a couple of coffees", Counted(2, "coffees")),
        ("a dozen eggs", Counted(12, "eggs")),
        ("3 audio guides", Counted(3, "audio guides")),
        ("one soup", Counted(1, "soup")),
        ("a family ticket", Counted(1, "a family ticket")),
        ("the soup", Counted(1, "the soup")),
        ("large coffees", Counted(1, "large coffees")),
        ("a day pass", Counted(1, "a day pass")),
        ("two hours parking", Counted(1, "parking", uncountable=True)),
        ("a day of television", Counted(1, "television", uncountable=True)),
        ("parking for a day", Counted(1, "parking", uncountable=True)),
        ("a coffee and a cake", Counted(1, "a coffee and a cake", uncountable=True)),
    ],
)
def test_how_much_of_a_thing_is_meant(item: str, amount: Counted) -> None:
    assert comparisons.counted(item) == amount


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("which floor is higher intensive care or surgery", Comparison("height", True, "intensive care", "surgery")),
        ("is the lab above the cafe", Comparison("height", True, "the lab", "the cafe", "", True)),
        ("is the lab lower than the cafe", Comparison("height", False, "the lab", "the cafe", "", True)),
        (
            "how much are a coffee and a piece of cake together",
            Comparison("price", False, "a coffee", "a piece of cake", together=True),
        ),
        ("how much is a coffee and where is the cafe", None),
    ],
)
def test_heights_and_sums(text: str, compared: Comparison | None) -> None:
    assert comparisons.compares(text, Topic()) == compared


@pytest.mark.parametrize(
    ("compared", "order", "said"),
    [
        (Comparison("price", False, "three audio guides", "a ticket"), -1, "Three audio guides are cheaper."),
        (Comparison("price", True, "a soup", "two coffees"), -1, "Two coffees are more expensive."),
        (Comparison("price", False, "one soup", "two coffees"), -1, "One soup is cheaper."),
        (Comparison("height", True, "the lab", "the cafe"), 1, "The lab is higher up."),
        (Comparison("height", True, "the lab", "the cafe"), 0, "Both are on the same floor."),
    ],
)
def test_the_answer_for_several_things_and_heights(compared: Comparison, order: int, said: str) -> None:
    assert comparisons.say_comparison(compared, order) == said
