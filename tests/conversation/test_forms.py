"""Forms, as tables of the visitor's words and the step that follows, on Wednesday, 18 November 2026."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config.site import FormSettings, SlotSettings
from appliance.conversation import forms, slots
from appliance.conversation.forms import Ask, Call, Change, Confirm, Form, FormAnswer, Stopped, Stuck, Value
from appliance.language.english import ENGLISH

NOW = datetime(2026, 11, 18, 14, 45)
DOCTORS = {"doctor": ("Doctor Chen", "Doctor Patel", "Doctor Miller")}
BOOK = FormSettings(
    intent="book",
    tool="appointments",
    function="book",
    ask=("an appointment",),
    slots=(
        SlotSettings("doctor", "Which doctor?", "choice", ("@doctors",)),
        SlotSettings("date", "On which day?", "date"),
        SlotSettings("time", "At what time?", "time"),
        SlotSettings("name", "What is your name?", "name"),
    ),
    confirm="{doctor}, {date} at {time}, for {name}?",
)
LOOK_UP = FormSettings(
    "look_up", "appointments", "look_up", ("when",), (SlotSettings("reference", "Number?", "reference"),)
)


def talk(settings: FormSettings, *said: str) -> tuple[Form, forms.Step]:
    """The form after some utterances, the first of which begins it."""
    form = Form(settings)
    step: forms.Step = Stuck()
    for number, text in enumerate(said):
        heard = slots.hear(text, form, DOCTORS, NOW, ENGLISH)
        form, step = forms.step(form, heard if number else FormAnswer(values=heard.values))
    return form, step


def values(form: Form) -> dict[str, str]:
    return {name: value.value for name, value in form.values.items()}


WHOLE = {"doctor": "Doctor Chen", "date": "2026-11-24", "time": "10:00", "name": "Maria Lopez"}


@pytest.mark.parametrize(
    "said",
    [
        ("an appointment", "doctor chen", "on tuesday", "at ten", "my name is maria lopez"),
        ("an appointment with doctor chen", "tuesday at ten", "maria lopez"),
        ("an appointment with doctor chen on tuesday at ten for maria lopez",),
        ("an appointment on tuesday", "with chen at ten in the morning", "it's maria lopez"),
        ("my name is maria lopez i need an appointment", "chan", "the twenty fourth", "ten o'clock"),
        (
            "an appointment with doctor miller no with doctor chen",
            "monday no tuesday",
            "at nine i mean ten",
            "maria lopez",
        ),
        ("not doctor miller but doctor chen please", "on tuesday", "ten", "maria lopez"),
        ("an appointment", "ten o'clock on tuesday", "doctor chen", "maria lopez"),
    ],
)
def test_different_words_for_the_same_appointment(said: tuple[str, ...]) -> None:
    form, step = talk(BOOK, *said)
    assert values(form) == WHOLE
    assert step == Confirm("Doctor Chen, Tuesday, November twenty-fourth at ten o'clock, for Maria Lopez?")


FULL = ("an appointment with doctor chen on tuesday at ten", "maria lopez")


@pytest.mark.parametrize(
    ("said", "changed"),
    [
        (("no at eleven",), {"time": "11:00"}),
        (("no", "on wednesday"), {"date": "2026-11-25"}),
        (("no with doctor miller on friday",), {"doctor": "Doctor Miller", "date": "2026-11-20"}),
        (("the name is wrong", "anna lopez"), {"name": "Anna Lopez"}),
        (("no the day is wrong", "thursday"), {"date": "2026-11-19"}),
    ],
)
def test_corrections_are_read_back(said: tuple[str, ...], changed: Mapping[str, str]) -> None:
    form, step = talk(BOOK, *FULL, *said)
    assert values(form) == {**WHOLE, **changed}
    assert isinstance(step, Confirm)


def test_nothing_happens_without_a_yes() -> None:
    assert isinstance(talk(BOOK, *FULL)[1], Confirm)
    assert isinstance(talk(BOOK, *FULL, "hmm")[1], Confirm)
    assert isinstance(talk(BOOK, *FULL, "no")[1], Change)
    assert talk(BOOK, *FULL, "yes please")[1] == Call(WHOLE)
    assert isinstance(talk(BOOK, *FULL, "yes but at eleven")[1], Confirm)


def test_a_look_up_needs_no_confirmation() -> None:
    assert talk(LOOK_UP, "when is it", "four seven one two")[1] == Call({"reference": "4712"})
    assert talk(LOOK_UP, "when is number forty seven twelve")[1] == Call({"reference": "4712"})


@pytest.mark.parametrize("text", ["never mind", "forget it", "i changed my mind"])
def test_a_form_is_given_up(text: str) -> None:
    assert isinstance(talk(BOOK, "an appointment", text)[1], Stopped)


def test_a_person_is_offered_when_a_form_makes_no_progress() -> None:
    assert isinstance(talk(LOOK_UP, "when is it", "i don't know")[1], Stuck)
    assert isinstance(talk(BOOK, "an appointment", "blah", "uh", "well")[1], Stuck)


def test_an_unclear_answer_is_asked_again() -> None:
    step = talk(BOOK, "an appointment", "blah")[1]
    assert isinstance(step, Ask)
    assert step.again


def test_a_visitor_may_be_called_like_a_doctor() -> None:
    form, _ = talk(BOOK, "an appointment with doctor chen on tuesday at ten", "susan miller")
    assert values(form) == {**WHOLE, "name": "Susan Miller"}


def offers(*times: str) -> list[dict[str, Value]]:
    return [{"date": Value("2026-11-24", ""), "time": Value(t, "")} for t in times]


@pytest.mark.parametrize(
    ("said", "time"),
    [
        ("half past nine", "09:30"),
        ("the second one", "10:30"),
        ("the first please", "09:30"),
        ("the last one", "10:30"),
        ("either", "09:30"),
        ("either one", "09:30"),
        ("number two", "10:30"),
        ("both are fine", "09:30"),
    ],
)
def test_an_offer_is_taken(said: str, time: str) -> None:
    form, _ = talk(BOOK, *FULL)
    form = forms.refuse(form, ["time"], offers("09:30", "10:30"))
    form, step = forms.step(form, slots.hear(said, form, DOCTORS, NOW, ENGLISH))
    assert values(form)["time"] == time
    assert isinstance(step, Confirm)


def test_yes_takes_the_only_offer() -> None:
    form, _ = talk(BOOK, *FULL)
    form = forms.refuse(form, ["time"], offers("10:30"))
    form, _ = forms.step(form, slots.hear("yes", form, DOCTORS, NOW, ENGLISH))
    assert values(form)["time"] == "10:30"


def test_an_offer_is_counted_among_those_that_were_told() -> None:
    form, _ = talk(BOOK, *FULL)
    form = replace(forms.refuse(form, ["time"], offers("09:00", "11:00", "10:00")), told=2)
    last, _ = forms.step(form, slots.hear("the last one", form, DOCTORS, NOW, ENGLISH))
    assert values(last)["time"] == "11:00"
    ten, _ = forms.step(form, slots.hear("at ten", form, DOCTORS, NOW, ENGLISH))
    assert values(ten)["time"] == "10:00"


@pytest.mark.parametrize(
    ("said", "changed"),
    [
        ("eleven", {"time": "11:00"}),
        ("make it eleven", {"time": "11:00"}),
        ("i said eleven not ten", {"time": "11:00"}),
        ("no not chen i said miller", {"doctor": "Doctor Miller"}),
        ("sorry wrong doctor i wanted miller", {"doctor": "Doctor Miller"}),
        ("the week after", {"date": "2026-12-01"}),
        ("thomas ten", {}),
    ],
)
def test_an_earlier_value_is_corrected_where_a_name_was_asked_for(said: str, changed: Mapping[str, str]) -> None:
    form, step = talk(BOOK, "an appointment with doctor chen on tuesday at ten", said)
    assert {**WHOLE, **values(form), "name": ""} == {**WHOLE, **changed, "name": ""}
    assert isinstance(step, Ask | Confirm)


def test_a_slot_that_is_called_wrong_where_a_name_was_asked_for_is_asked_for_again() -> None:
    _, step = talk(BOOK, "an appointment with doctor chen on tuesday at ten", "i need to change the doctor")
    assert isinstance(step, Ask) and step.slot.name == "doctor"


@pytest.mark.parametrize("said", ["i'd like a different one", "i already have one", "can i have another one"])
def test_one_in_place_of_a_thing_is_no_time(said: str) -> None:
    form, step = talk(BOOK, *FULL, said)
    assert values(form) == WHOLE
    assert not isinstance(step, Call)


@given(
    st.lists(st.sampled_from(["yes", "no", "friday", "at ten", "doctor chen", "maria lopez", "uh", "what"]), max_size=8)
)
def test_the_tool_is_never_called_with_a_slot_missing(said: list[str]) -> None:
    form, step = Form(BOOK), None
    for text in said:
        form, step = forms.step(form, slots.hear(text, form, DOCTORS, NOW, ENGLISH))
        if isinstance(step, Call):
            assert set(step.arguments) == {"doctor", "date", "time", "name"}
            break


@given(st.text())
def test_any_words_are_heard_as_values_of_the_form_s_slots(text: str) -> None:
    form, _ = talk(BOOK, "an appointment")
    assert set(slots.hear(text, form, DOCTORS, NOW, ENGLISH).values) <= {slot.name for slot in BOOK.slots}


# --- nothing without consent ------------------------------------------------------------------------------------------

MOVE = FormSettings(
    intent="move",
    tool="appointments",
    function="reschedule",
    ask=("move",),
    slots=(
        SlotSettings("reference", "Number?", "reference"),
        SlotSettings("date", "To which day?", "date"),
        SlotSettings("time", "At what time?", "time"),
    ),
    confirm="I will move appointment {reference} to {date} at {time}. Is that right?",
)
CANCEL = FormSettings(
    intent="cancel",
    tool="appointments",
    function="cancel",
    ask=("cancel",),
    slots=(SlotSettings("reference", "Number?", "reference"),),
    confirm="Shall I cancel appointment {reference}?",
)


@pytest.mark.parametrize(
    "said",
    [
        *("absolutely not", "of course not", "i'm not sure", "yes no", "yes please don't", "i cannot do that"),
        *("i can't come on tuesday", "ten is too early", "is that tuesday at ten", "did you say tuesday"),
        *("what day is tuesday", "i never said tuesday", "hold on let me check tuesday", "maybe tuesday"),
        *("cancel tuesday", "i am not sure about tuesday", "is doctor chen a woman", "how long does doctor chen take"),
        *("who is maria lopez", "okay never mind", "ok stop", "yes cancel it", "okay cancel", "not on tuesday"),
        *("any day but tuesday", "yes tuesday but where", "tuesday at ten", "doctor chen", "on tuesday right"),
        *("is doctor chen nice yes or no", "yes wednesday", "yes but not at ten", "no", "no problem but not tuesday"),
    ],
)
def test_no_booking_without_a_plain_yes(said: str) -> None:
    assert not isinstance(talk(BOOK, *FULL, said)[1], Call)


@pytest.mark.parametrize(
    "said",
    [
        "yes",
        "ok book me in",
        "please book",
        "yes tuesday at ten",
        "yes for maria lopez please",
        "i don't mind",
        "book it",
        "yes but hurry",
    ],
)
def test_a_plain_yes_books(said: str) -> None:
    assert talk(BOOK, *FULL, said)[1] == Call(WHOLE)


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("not on tuesday", "date"),
        ("i can't come on tuesday", "date"),
        ("any day but tuesday", "date"),
        ("tuesday is bad for me", "date"),
        ("i never said tuesday", "date"),
        ("ten is too early", "time"),
        ("not with doctor chen", "doctor"),
    ],
)
def test_a_refused_value_is_asked_for_again(said: str, asked: str) -> None:
    form, step = talk(BOOK, *FULL, said)
    assert isinstance(step, Ask) and step.slot.name == asked
    assert asked not in form.values


@pytest.mark.parametrize(
    ("said", "changed"),
    [
        (("not tuesday wednesday",), {"date": "2026-11-25"}),
        (("tuesday doesn't work wednesday is fine",), {"date": "2026-11-25"}),
        (("i don't want tuesday i want wednesday",), {"date": "2026-11-25"}),
        (("wednesday instead of tuesday",), {"date": "2026-11-25"}),
        (("no sorry james lopez",), {"name": "James Lopez"}),
        (("i said wilson",), {"name": "Maria Wilson"}),
        (("no mary",), {"name": "Mary Lopez"}),
        (("it's not lopez it's lobo",), {"name": "Maria Lobo"}),
        (("not maria martha",), {"name": "Martha Lopez"}),
        (("not doctor chen doctor miller",), {"doctor": "Doctor Miller"}),
        (("yes but make it eleven",), {"time": "11:00"}),
        (("is wednesday possible",), {"date": "2026-11-25"}),
        (("a week later please",), {"date": "2026-12-01"}),
        (("the following tuesday",), {"date": "2026-12-01"}),
        (("no not this tuesday next tuesday",), {"date": "2026-12-01"}),
        (("not tuesday the week after",), {"date": "2026-12-01"}),
        (("can it be a day earlier",), {"date": "2026-11-23"}),
        (("an hour later",), {"time": "11:00"}),
        (("no half past",), {"time": "10:30"}),
        (("same day but at two",), {"time": "14:00"}),
    ],
)
def test_a_correction_of_any_slot_wins(said: tuple[str, ...], changed: Mapping[str, str]) -> None:
    form, step = talk(BOOK, *FULL, *said)
    assert values(form) == {**WHOLE, **changed}
    assert isinstance(step, Confirm)


@pytest.mark.parametrize(
    "said",
    [
        *(
            "wonderful weather today",
            "can you hold it until tomorrow",
            "today is a nice day",
            "it's cold today",
            "is there much traffic today",
        ),
        *(
            "great that gives me time to get a second opinion first",
            "i'll let you know tomorrow",
            "we are four by the way",
        ),
        *("one last question does it cost anything", "five stars", "you're the best one", "one appointment is enough"),
    ],
)
def test_a_remark_about_something_else_changes_nothing(said: str) -> None:
    form, step = talk(BOOK, *FULL, said)
    assert values(form) == WHOLE
    assert not isinstance(step, Call)


@pytest.mark.parametrize("said", ["did you say wednesday", "is doctor miller a woman", "what is on thursday"])
def test_a_question_about_another_value_changes_nothing(said: str) -> None:
    form, step = talk(BOOK, *FULL, said)
    assert values(form) == WHOLE
    assert isinstance(step, Confirm)


@pytest.mark.parametrize(
    "said",
    [
        *("not on monday please", "any day but tuesday", "except monday", "not on a friday"),
        *("not on tuesday and not on wednesday", "neither tuesday nor wednesday", "not monday not tuesday"),
        *("no mondays and no tuesdays please", "monday and tuesday don't work", "i can't make tuesday"),
        *("i can't make it on tuesday", "i'm off on thursdays", "we're closed on mondays"),
        *("tuesday is no good and wednesday neither", "i've got the dentist on monday", "on tuesday i'm at work"),
    ],
)
def test_an_excluded_day_is_not_taken(said: str) -> None:
    form, step = talk(BOOK, "an appointment with doctor chen", said)
    assert isinstance(step, Ask) and step.slot.name == "date" and not step.again
    assert "date" not in form.values


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("tuesday make that wednesday", "2026-11-25"),
        ("tuesday sorry wednesday", "2026-11-25"),
        ("tuesday doesn't work wednesday is fine", "2026-11-25"),
        ("why not tuesday", "2026-11-24"),
        ("i don't mind tuesday", "2026-11-24"),
        ("tuesday not wednesday", "2026-11-24"),
        ("not monday and not tuesday but wednesday", "2026-11-25"),
        ("i come back on monday so tuesday would be good", "2026-11-24"),
        ("i was there on monday and she told me to come back on thursday", "2026-11-19"),
        ("monday sorry i meant the monday after", "2026-11-30"),
        ("monday the week after", "2026-11-30"),
        ("not this monday but the one after", "2026-11-30"),
        ("i don't think i can do monday but tuesday is fine", "2026-11-24"),
    ],
)
def test_which_day_is_meant(said: str, day: str) -> None:
    assert talk(BOOK, "an appointment with doctor chen", said)[0].values["date"].value == day


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("john smith no sorry james smith", "James Smith"),
        ("mary no wait martha", "Martha"),
        ("my name is john smith no james smith", "James Smith"),
        ("no wait make that wednesday", None),
        ("i don't want to give my name", None),
        ("i'd rather not say", None),
        ("you already know my name", None),
        ("guess", None),
        ("repeat", None),
    ],
)
def test_which_name_is_meant(said: str, name: str | None) -> None:
    form, _ = talk(BOOK, "an appointment with doctor chen on tuesday at ten", said)
    assert (form.values["name"].value if "name" in form.values else None) == name


@pytest.mark.parametrize(
    "said",
    [
        "cancel",
        "quit",
        "exit",
        "stop",
        "stop please",
        "cancel the booking",
        "i want to cancel",
        "no thanks",
        "never mind",
    ],
)
@pytest.mark.parametrize("before", [("an appointment",), ("an appointment with doctor chen on tuesday at ten",), FULL])
def test_a_form_can_be_left_at_any_step(before: tuple[str, ...], said: str) -> None:
    assert isinstance(talk(BOOK, *before, said)[1], Stopped)


def test_going_back_a_step_and_starting_again() -> None:
    form, step = talk(BOOK, *FULL, "go back")
    assert isinstance(step, Ask) and step.slot.name == "name"
    form, step = talk(BOOK, "an appointment with doctor chen on tuesday", "go back")
    assert isinstance(step, Ask) and step.slot.name == "date" and set(form.values) == {"doctor"}
    assert isinstance(talk(BOOK, "an appointment", "go back")[1], Stopped)
    form, step = talk(BOOK, *FULL, "start again")
    assert isinstance(step, Ask) and not form.values


@pytest.mark.parametrize(
    ("said", "changed"),
    [
        ("move it from tuesday to wednesday", {"date": "2026-11-25"}),
        ("move my tuesday appointment to thursday", {"date": "2026-11-19"}),
        ("i have an appointment on tuesday but i have to work can we do wednesday instead", {"date": "2026-11-25"}),
        ("move my ten o'clock appointment to eleven", {"time": "11:00"}),
        ("from ten to half past eleven", {"time": "11:30"}),
        ("my appointment is on tuesday", {}),
        ("to quarter to eleven", {"time": "10:45"}),
        ("the same time a week later", {"date": "2026-12-01", "time": "10:00"}),
        ("the same day at three", {"date": "2026-11-24", "time": "15:00"}),
        ("an hour earlier", {"date": "2026-11-24", "time": "09:00"}),
        ("push it back thirty minutes", {"date": "2026-11-24", "time": "10:30"}),
        ("something came up on tuesday can we put it off by a week", {"date": "2026-12-01"}),
        ("i can't make it on tuesday", {}),
        ("i can't make it tuesday would be better", {"date": "2026-11-24"}),
        ("an hour later on wednesday", {"date": "2026-11-25", "time": "11:00"}),
    ],
)
def test_what_a_record_is_changed_to(said: str, changed: Mapping[str, str]) -> None:
    record = {"date": Value("2026-11-24", ""), "time": Value("10:00", "")}
    form = Form(MOVE, {"reference": Value("471347", "")}, record=record)
    form, _ = forms.step(form, slots.hear(said, form, {}, NOW, ENGLISH))
    assert values(form) == {"reference": "471347", **changed}


@pytest.mark.parametrize(
    ("said", "number"),
    [
        (("four seven one. two three five six.",), "4712356"),
        (("four seven one", "two three five six"), "4712356"),
        (("four seven one", "no four seven two"), "472"),
        (("four seven one two three five six", "four seven one two three five seven"), "4712357"),
    ],
)
def test_a_number_that_is_said_in_groups(said: tuple[str, ...], number: str) -> None:
    named = replace(MOVE, slots=(MOVE.slots[0], SlotSettings("name", "Name?", "name"), *MOVE.slots[1:]))
    assert values(talk(named, "move it", *said)[0])["reference"] == number


@pytest.mark.parametrize(
    ("said", "step"),
    [
        ("yes", Call),
        ("yes cancel it", Call),
        ("cancel it please", Call),
        ("okay cancel", Confirm),
        ("cancel", Confirm),
        ("absolutely not", Stopped),
        ("of course not", Stopped),
        ("i'm not sure", Confirm),
        ("okay never mind", Stopped),
        ("don't cancel it", Stopped),
        ("book it", Confirm),
        ("what", Confirm),
    ],
)
def test_the_confirmation_of_a_cancelling(said: str, step: type) -> None:
    assert isinstance(talk(CANCEL, "cancel", "four seven one three four seven", said)[1], step)


@pytest.mark.parametrize(
    ("said", "time"),
    [("ten thirty", "10:30"), ("three thirty please", "15:30"), ("eleven thirty", "11:30"), ("at eleven", "11:00")],
)
def test_a_time_of_day_is_not_an_appointment_number(said: str, time: str) -> None:
    form = Form(MOVE, values={"reference": Value("471347", "")})
    form, _ = forms.step(form, FormAnswer(values=slots.hear("move it to thursday", form, {}, NOW, ENGLISH).values))
    form, step = forms.step(form, slots.hear(said, form, {}, NOW, ENGLISH))
    assert values(form) == {"reference": "471347", "date": "2026-11-19", "time": time}
    assert isinstance(step, Confirm)


def test_a_year_is_not_an_appointment_number() -> None:
    form = Form(MOVE, values={"reference": Value("471347", "")}, asked="date")
    heard = slots.hear("to december third twenty twenty six", form, {}, NOW, ENGLISH)
    assert "reference" not in heard.values


def test_an_offer_that_is_not_wanted_is_not_taken() -> None:
    form, _ = talk(BOOK, *FULL)
    days = [{"date": Value(day, "")} for day in ("2026-11-24", "2026-11-26")]
    form = forms.refuse(form, ["date"], days)
    form, _ = forms.step(form, slots.hear("any day but tuesday", form, DOCTORS, NOW, ENGLISH))
    assert form.values["date"].value == "2026-11-26"


@given(
    st.lists(
        st.sampled_from(
            [
                "absolutely not",
                "tuesday",
                "okay never mind",
                "is that ten",
                "i said wilson",
                "maybe",
                "cancel",
                "uh",
                "what",
            ]
        ),
        max_size=8,
    )
)
def test_the_tool_is_never_called_without_a_yes(said: list[str]) -> None:
    form, _ = talk(BOOK, *FULL)
    for text in said:
        form, step = forms.step(form, slots.hear(text, form, DOCTORS, NOW, ENGLISH))
        assert not isinstance(step, Call)


def test_a_time_is_read_with_the_day_beside_it() -> None:
    form, _ = talk(BOOK, "an appointment with doctor chen tomorrow night at nine")
    assert values(form) == {"doctor": "Doctor Chen", "date": "2026-11-19", "time": "21:00"}
