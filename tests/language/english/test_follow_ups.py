"""What a line stands for after what was said before, and the questions of one sentence."""

import pytest

from appliance.language.english import follow_ups
from appliance.language.parts import Topic

PHARMACY = Topic("when is the pharmacy open", "where is the pharmacy", "the pharmacy")
COFFEE = Topic("how much is a large coffee", "how much is a coffee", "the coffee")
FINES = Topic("where do i pay a fine", "where do i pay a fine", "the fine", place="the cash desk")
CHEN = Topic("who is the heart doctor", "which doctor is for the heart", "", "Doctor Chen")


@pytest.mark.parametrize(
    ("questions", "statement", "thing"),
    [
        (("where is the pharmacy",), "The pharmacy is in the main hall.", "the pharmacy"),
        (("when is the cafe open",), "", "the cafe"),
        (("is there a flower shop",), "", "the flower shop"),
        (("how much is a coffee",), "", "the coffee"),
        (("can I park here",), "The car park is behind the hospital.", "the car park"),
        (("where is x-ray", "which floor is x-ray on"), "X-ray is on the first floor.", "X-ray"),
        (("which bus goes to the station",), "Bus number 12 stops at the main entrance.", "Bus number 12"),
        (("can I borrow a wheelchair", "do you have wheelchairs"), "You can borrow one.", "the wheelchair"),
        (("where is the lab", "where is the laboratory", "where is the lab"), "", "the lab"),
        (("hello",), "Hello.", ""),
    ],
)
def test_what_questions_are_about(questions: tuple[str, ...], statement: str, thing: str) -> None:
    assert follow_ups.thing(questions, statement) == thing


@pytest.mark.parametrize(
    ("statement", "person"),
    [
        ("For the heart, please see Doctor Chen. She is here from Monday to Thursday.", "Doctor Chen"),
        ("The social worker is Helen Brooks. You find her in room 33.", "Helen Brooks"),
        ("The director of the hospital is Doctor Margaret Stone.", "Doctor Margaret Stone"),
        ("The address is 48 Garden Street.", ""),
        ("Ask Doctor Chen or Doctor Patel.", ""),
        ("The wireless network is called Oak Guest.", ""),
        ("", ""),
    ],
)
def test_who_is_named(statement: str, person: str) -> None:
    assert follow_ups.person(statement) == person


@pytest.mark.parametrize(
    ("line", "topic", "whole"),
    [
        ("is it open on sunday", PHARMACY, "is the pharmacy open on sunday"),
        ("when is it open", PHARMACY, "when is the pharmacy open"),
        ("how do i get to it", PHARMACY, "how do i get to the pharmacy"),
        ("what floor is that on", PHARMACY, "what floor is the pharmacy on"),
        ("and is that far", PHARMACY, "is the pharmacy far"),
        ("and on sundays", PHARMACY, "when is the pharmacy open on sundays"),
        ("and tomorrow", PHARMACY, "when is the pharmacy open tomorrow"),
        ("what about the weekend", PHARMACY, "when is the pharmacy open the weekend"),
        ("and the cafe", PHARMACY, "when is the cafe open"),
        ("what about the flower shop", PHARMACY, "when is the flower shop open"),
        ("and where is it", PHARMACY, "where is the pharmacy"),
        ("no i want to know where it is", PHARMACY, "where is the pharmacy"),
        ("in intensive care too", Topic("can i bring flowers"), "can i bring flowers in intensive care"),
        ("on the ward as well", Topic("can i use my phone"), "can i use my phone on the ward"),
        ("how much", COFFEE, "how much is the coffee"),
        ("and a small one", COFFEE, "how much is a small coffee"),
        ("which floor", PHARMACY, "which floor is the pharmacy on"),
        ("until when", PHARMACY, "until when is the pharmacy open"),
        ("can i get one", COFFEE, "can i get the coffee"),
        ("when is she in", CHEN, "when is Doctor Chen in"),
        ("and is he here on friday", CHEN, "is Doctor Chen here on friday"),
        ("where is her office", CHEN, "where is Doctor Chen's office"),
        ("can i park there", PHARMACY, "can i park at the pharmacy"),
        ("no i mean the cafe", PHARMACY, "when is the cafe open"),
        ("how much for my son", COFFEE, "how much is the coffee for my son"),
        ("is it open now", FINES, "is the cash desk open now"),
        ("until when", FINES, "until when is the cash desk open"),
        ("and tomorrow", FINES, "when is the cash desk open tomorrow"),
        ("where is it", FINES, "where is the fine"),
        ("and where's that", PHARMACY, "where is the pharmacy"),
        ("what's their number", PHARMACY, "what is the number of the pharmacy"),
        ("what is its address", PHARMACY, "what is the address of the pharmacy"),
        ("what do they cost", COFFEE, "what do the coffee cost"),
        (
            "and for my kids",
            Topic("is it cheaper for students", "is it cheaper for students"),
            "is it cheaper for my kids",
        ),
        ("until when can i do that", Topic("how do i vote by mail"), "until when can i vote by mail"),
    ],
)
def test_a_line_is_completed(line: str, topic: Topic, whole: str) -> None:
    assert whole in [completed.question for completed in follow_ups.complete(line, topic)]


@pytest.mark.parametrize(
    "line", ["what time is it", "where is the cafe", "hello", "", "is there a pharmacy", "i need a doctor"]
)
def test_a_line_that_refers_to_nothing_is_left(line: str) -> None:
    assert follow_ups.complete(line, PHARMACY) == []
    assert follow_ups.complete(line, Topic()) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "where is the pharmacy and when does it close today",
            ["where is the pharmacy", "when does it close today"],
        ),
        (
            "where is x-ray and do i need an appointment for the blood test",
            ["where is x-ray", "do i need an appointment for the blood test"],
        ),
        ("can i bring flowers and my dog", ["can i bring flowers", "can i bring my dog"]),
        ("where is the cafe and the pharmacy", ["where is the cafe", "where is the pharmacy"]),
        ("where do i check in? and also what do i bring?", ["where do i check in", "what do i bring"]),
        ("hello, where is the lift, and how do i get upstairs", ["where is the lift", "how do i get upstairs"]),
        ("where is the pharmacy", ["where is the pharmacy"]),
        ("i would like flowers and a card", ["i would like flowers and a card"]),
        ("when do you open and close", ["when do you open and close"]),
        ("when can i come and see my mom", ["when can i come and see my mom"]),
        ("", [""]),
        (
            "where are the pharmacy and the cafe and when do they close",
            ["where are the pharmacy", "where are the cafe", "when do the pharmacy close", "when do the cafe close"],
        ),
        (
            "where is the chapel the cash machine and the flower shop",
            ["where is the chapel", "where is the cash machine", "where is the flower shop"],
        ),
        (
            "where are the toilets, the lifts and the desk",
            ["where are the toilets", "where are the lifts", "where are the desk"],
        ),
        ("i need a wheelchair and a taxi", ["i need a wheelchair", "i need a taxi"]),
        ("i need to see a doctor and a nurse", ["i need to see a doctor and a nurse"]),
        ("where is the end of the hall", ["where is the end of the hall"]),
        # two times of one question
        ("does the cafe close at five or six on sunday", ["does the cafe close at five or six on sunday"]),
        ("does the lab open at half past seven or eight", ["does the lab open at half past seven or eight"]),
        (
            "does the cafe close at five or six and where is it",
            ["does the cafe close at five or six", "where is it"],
        ),
        ("can i come at ten and a friend", ["can i come at ten", "can i come at a friend"]),
    ],
)
def test_two_questions_of_one_sentence(text: str, parts: list[str]) -> None:
    assert follow_ups.split(text) == parts


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("are the cafe and the pharmacy open on sunday", ["the cafe", "the pharmacy"]),
        ("is the cafe or the pharmacy open on sunday", ["the cafe", "the pharmacy"]),
        ("when do the cafe, the lab and the pharmacy close", ["the cafe", "the lab", "the pharmacy"]),
        ("are both the cafe and pharmacy open now", ["the cafe", "the pharmacy"]),
        ("is the pharmacy open on saturday and is the cafe", ["the pharmacy", "the cafe"]),
        ("is the lab open on friday and the billing office too", ["the lab", "the billing office"]),
        ("is the cafe or the pharmacy open longer", []),
        ("is the pharmacy near the cafe open", []),
        ("is the lab open in the morning and the afternoon", []),
        ("is there a day the pharmacy is closed", []),
        ("do you open and close on sunday", []),
        ("where are the cafe and the pharmacy", []),
        ("is the pharmacy open on saturday and sunday", []),
    ],
)
def test_places_of_one_question(text: str, places: list[str]) -> None:
    assert [asked.place for asked in follow_ups.places(text)] == places


def test_each_place_has_its_question() -> None:
    found = follow_ups.places("is the pharmacy open on saturday and is the cafe")
    assert [asked.question for asked in found] == ["is the pharmacy open on saturday", "is the cafe open on saturday"]


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        (
            "is the pharmacy open on sunday and the cafe on monday",
            ["is the pharmacy open on sunday", "is the cafe open on monday"],
        ),
        (
            "how late is the pharmacy open on friday and is the cafe on saturday",
            ["how late is the pharmacy open on friday", "how late is the cafe open on saturday"],
        ),
        (
            "on sunday is the pharmacy open and on monday the cafe",
            ["is the pharmacy open on sunday", "is the cafe open on monday"],
        ),
        (
            "what are the hours of the pharmacy tomorrow and of the lab on tuesday and wednesday",
            ["when is the pharmacy open tomorrow", "when is the lab open on tuesday and wednesday"],
        ),
        (
            "is the pharmacy open sunday, the lab and the cafe monday",
            ["is the pharmacy open sunday", "is the lab open monday", "is the cafe open monday"],
        ),
    ],
)
def test_each_place_has_the_day_that_is_said_of_it(text: str, questions: list[str]) -> None:
    assert [asked.question for asked in follow_ups.places(text)] == questions


@pytest.mark.parametrize(
    ("text", "nothing"),
    [
        *(
            (text, True)
            for text in ("where is the nearest one then", "okay and where can I find one", "is there one here")
        ),
        *((text, False) for text in ("where is the nearest toilet then", "where is it", "is there one with milk")),
    ],
)
def test_a_question_for_one_names_nothing(text: str, nothing: bool) -> None:
    assert follow_ups.names_nothing(text) is nothing


@pytest.mark.parametrize(
    ("line", "asks"),
    [
        ("is she here on friday", True),
        ("and will he be in tomorrow", True),
        ("is she in", True),
        ("is she in pain", False),
        ("is it open on friday", False),
        ("is she married", False),
    ],
)
def test_whether_someone_is_there(line: str, asks: bool) -> None:
    assert follow_ups.asks_presence(line) == asks
