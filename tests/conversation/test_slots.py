"""What a form takes from an utterance, on Wednesday, 18 November 2026."""

from dataclasses import replace
from datetime import datetime

import pytest

from appliance.config.site import FormSettings, SlotSettings
from appliance.conversation import slots
from appliance.conversation.forms import Form, Value
from appliance.language.english import ENGLISH

NOW = datetime(2026, 11, 18, 14, 45)


def one(kind: str, text: str, asked: bool = True, choices: tuple[str, ...] = ()) -> str | None:
    """What a form with one slot takes from a text."""
    slot = SlotSettings("it", "?", kind, ("@them",) if choices else ())  # type: ignore[arg-type]  # a kind of slot
    form = Form(FormSettings("task", "tool", "do", (), (slot,)), asked="it" if asked else None)
    value = slots.hear(text, form, {"it": choices}, NOW, ENGLISH).values.get("it")
    return value.value if value else None


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("date", "november eighteenth", "2026-11-18"),
        ("date", "february thirtieth", None),
        ("date", "the thirty first", "2026-12-31"),
        ("time", "in two hours", "16:45"),
        ("time", "tonight at eight", "20:00"),
        ("number", "1,250", "1250"),
        ("number", "-5", "-5"),
        ("number", "for 10 people at 06:00PM", "10"),
        ("reference", "four double seven two", "4772"),
        ("number", "½", "0.5"),
        ("number", "about twenty", "20"),
        ("number", "fifteen hundred and fifty", "1550"),
        ("reference", "ten thirty", "1030"),
        ("reference", "the first one is 4712", "4712"),
        ("reference", "it was on tuesday at ten", None),
        ("name", "José García", "José García"),
        ("name", "i don't want to give my name", None),
        ("text", "john@example.com", "john@example.com"),
        ("text", "-5 degrees", "-5 degrees"),
    ],
)
def test_a_value_that_was_asked_for(kind: str, text: str, value: str | None) -> None:
    assert one(kind, text) == value


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("ten", "10"),
        ("six adults and two children", "8"),
        ("me and three others", "4"),
        ("just me", "1"),
        ("no more than ten", "10"),
        ("for two hours", None),
        ("ninety minutes for six people", "6"),
        ("half an hour", None),
        ("two or three", "2"),
        ("three plus a visitor", "4"),
        ("two adults and a child", "3"),
        ("five and our new trainee", "6"),
        ("four and a screen", "4"),
        ("six and two of them are vegetarians", "6"),
        ("there will be four of us", "4"),
        *((text, "2") for text in ("my wife and i", "just me and my husband", "the two of us")),
        *((text, None) for text in ("at ten", "no at ten", "my name and i")),
        ("about ten", "10"),
        ("four people no five", "5"),
        ("we are six", "6"),
        *((text, None) for text in ("minus three", "-5", "zero", "twelve and a half", "2,5")),
    ],
)
def test_how_many(text: str, people: str | None) -> None:
    slot = SlotSettings("it", "For how many people?", "number")
    form = Form(FormSettings("task", "tool", "do", (), (slot,)), asked="it")
    value = slots.hear(text, form, {}, NOW, ENGLISH).values.get("it")
    assert (value.value if value else None) == people


@pytest.mark.parametrize(
    ("text", "people"),
    [
        *((text, "6") for text in ("one more person", "one more please", "no we are six", "there will be six of us")),
        ("two fewer", "3"),
        ("four people no six", "6"),
        *((text, None) for text in ("one more question", "one more time", "at ten", "five fewer")),
    ],
)
def test_how_many_at_the_reading_back(text: str, people: str | None) -> None:
    slot = SlotSettings("it", "For how many people?", "number")
    form = Form(FormSettings("task", "tool", "do", (), (slot,)), values={"it": Value("5", "5")}, confirming=True)
    value = slots.hear(text, form, {}, NOW, ENGLISH).values.get("it")
    assert (value.value if value else None) == people


@pytest.mark.parametrize(
    ("text", "screen"),
    [
        ("with a screen please", "with a screen"),
        ("can we have one with a screen", "with a screen"),
        *((text, None) for text in ("do we pay for the screen", "how big is the screen", "what does a screen cost")),
    ],
)
def test_a_question_about_a_choice_chooses_nothing(text: str, screen: str | None) -> None:
    assert one("choice", text, choices=("with a screen", "without a screen")) == screen


def test_how_long() -> None:
    slot = SlotSettings("it", "For how long, in hours?", "number")
    form = Form(FormSettings("task", "tool", "do", (), (slot,)), asked="it")
    assert slots.hear("two hours", form, {}, NOW, ENGLISH).values["it"].value == "2"


@pytest.mark.parametrize(
    ("text", "doctor"),
    [
        ("the first one", "Doctor Chen"),
        ("number two", "Doctor Patel"),
        ("the middle one please", "Doctor Patel"),
        ("the last one you said", "Doctor Miller"),
        ("first of all what does it cost", None),
    ],
)
def test_a_choice_is_picked_by_its_place_in_the_question(text: str, doctor: str | None) -> None:
    slot = SlotSettings("it", "Doctor Chen, Doctor Patel or Doctor Miller?", "choice", ("@them",))
    form = Form(FormSettings("task", "tool", "do", (), (slot,)), asked="it")
    listed = {"it": ("Doctor Miller", "Doctor Chen", "Doctor Patel")}
    value = slots.hear(text, form, listed, NOW, ENGLISH).values.get("it")
    assert (value.value if value else None) == doctor


@pytest.mark.parametrize(
    "text", ["ten thirty", "three thirty please", "to december third twenty twenty six", "at 1030", "in 2027"]
)
def test_a_time_or_a_year_is_no_reference(text: str) -> None:
    assert one("reference", text, asked=False) is None


def test_a_reference_that_was_not_asked_for() -> None:
    assert one("reference", "move four seven one two to ten thirty", asked=False) == "4712"


def test_a_choice_is_found_without_its_accents_and_said_with_them() -> None:
    doctors = ("Doctor Núñez", "Doctor Müller")
    assert one("choice", "doctor nunez", choices=doctors) == "Doctor Núñez"
    assert one("choice", "Doctor Núñez", choices=doctors) == "Doctor Núñez"
    assert one("choice", "muller please", choices=doctors) == "Doctor Müller"


def test_what_was_asked_for_is_heard_before_the_number_of_an_appointment() -> None:
    asked = (SlotSettings("reference", "?", "reference"), SlotSettings("time", "?", "time"))
    form = Form(FormSettings("move", "tool", "move", (), asked), {"reference": Value("2353", "2 3 5 3")}, asked="time")
    assert {n: v.value for n, v in slots.hear("eleven thirty", form, {}, NOW, ENGLISH).values.items()} == {
        "time": "11:30"
    }


DOCTORS = ("Doctor Chen", "Doctor Patel", "Doctor Miller", "Doctor Nguyen")


def doctor(text: str, asked: bool = True, doctors: tuple[str, ...] = DOCTORS) -> tuple[str | None, str | None]:
    """The doctor that a form takes from a text, and the one it asks about."""
    slot = SlotSettings("it", "?", "choice", ("@them",))
    form = Form(FormSettings("task", "tool", "do", (), (slot,)), asked="it" if asked else None)
    heard = slots.hear(text, form, {"it": doctors}, NOW, ENGLISH)
    taken = heard.values.get("it")
    return taken.value if taken else None, heard.unsure[1].value if heard.unsure else None


@pytest.mark.parametrize(
    ("text", "taken", "unsure"),
    [
        *((text, "Doctor Nguyen", None) for text in ("doctor win", "Doctor Winn", "doctor new yen please", "win")),
        *((text, "Doctor Chen", None) for text in ("doctor shen", "with dr jen", "chan please")),
        ("doctor patil on tuesday", "Doctor Patel", None),
        ("not doctor chen doctor muller", "Doctor Miller", None),
        *((text, None, "Doctor Miller") for text in ("doctor meyer", "meyer", "doctor meyer on tuesday", "a tyler")),
        ("doctor gwen", None, "Doctor Nguyen"),
        ("doctor hotel please", None, "Doctor Patel"),
        *((text, None, None) for text in ("doctor wilson", "the pharmacy", "on tuesday at ten", "i have a question")),
        *((text, None, None) for text in ("i want to know where the meyer building is", "yes please", "never mind")),
    ],
)
def test_a_doctor_is_known_by_the_sound_of_the_name(text: str, taken: str | None, unsure: str | None) -> None:
    assert doctor(text) == (taken, unsure)


def test_a_doctor_who_was_not_asked_for_needs_a_title() -> None:
    assert doctor("an appointment with doctor win", asked=False) == ("Doctor Nguyen", None)
    assert doctor("i want to win", asked=False) == (None, None)


def test_of_two_doctors_that_sound_alike_none_is_taken() -> None:
    assert doctor("doctor win", doctors=("Doctor Winn", "Doctor Wynn")) == (None, "Doctor Winn")
    assert doctor("doctor chan", doctors=("Doctor Chen", "Doctor Chan"))[0] == "Doctor Chan"


def test_a_doctor_with_two_names_is_known_by_the_last() -> None:
    assert doctor("doctor stone", doctors=("Doctor Margaret Stone", "Doctor Chen")) == ("Doctor Margaret Stone", None)


def message(text: str, confirming: bool = False, changing: bool = False) -> dict[str, str]:
    """What a form for a message takes from a text, where it asks for the message or read it back."""
    name, words = SlotSettings("name", "Who is it from?", "name"), SlotSettings("text", "What is the message?", "text")
    held = {"name": Value("Anna Clark", "Anna Clark")}
    if confirming or changing:
        held["text"] = Value("the report is late", "the report is late")
    form = Form(FormSettings("message", "tool", "leave", (), (name, words)), held)
    form = replace(form, asked=None if "text" in held else "text", confirming=confirming, changing=changing)
    heard = slots.hear(text, form, {}, NOW, ENGLISH)
    return {name: value.value for name, value in heard.values.items()}


@pytest.mark.parametrize(
    "text",
    [
        *("no parking tomorrow", "when are you coming back", "i don't know when i will be back"),
        *("please tell john i said hello", "no meeting today please"),
    ],
)
def test_all_of_an_answer_is_a_text(text: str) -> None:
    assert message(text) == {"text": text}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("what kind of message can i leave", {}),
        ("i don't know yet what to say", {}),
        ("what should i say", {}),
        ("no i meant anna hall", {"name": "Anna Hall"}),
    ],
)
def test_words_about_a_text_are_none(text: str, values: dict[str, str]) -> None:
    assert message(text) == values


def test_a_text_is_changed() -> None:
    assert message("please call me back at nine", changing=True) == {"text": "please call me back at nine"}
    assert message("the message", changing=True) == message("everything", changing=True) == {}
    assert message("please call me back at nine", confirming=True) == {}


def test_a_text_is_asked_for_anew() -> None:
    words = SlotSettings("text", "What is the message?", "text")
    held = {"text": Value("the report is late", "the report is late")}
    form = Form(FormSettings("message", "tool", "leave", (), (words,)), held, confirming=True)
    for text in ("change the message", "no the message is wrong"):
        assert slots.hear(text, form, {}, NOW, ENGLISH).wrong == "text"
