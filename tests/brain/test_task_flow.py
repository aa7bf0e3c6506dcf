"""Tasks that go on: left only when given up, changed in their middle, gone over to another, corrected afterwards."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.brain.test_responder import Conversation

BOOKING = "an appointment with doctor chen on tuesday at ten"
NAME = "What is your name, please?"
READ_BACK = "Doctor Chen, Tuesday, November twenty-fourth at ten o'clock, for John Smith. Shall I book it?"
LEFT = "All right, I won't do that. Is there anything else?"
LATER = "You can tell me so later."
WHICH_DOCTOR = "Which doctor would you like to see: Doctor Chen, Doctor Patel or Doctor Miller?"
NOT_CHANGED = "I can't change that from here."


@pytest.fixture
def talk(tmp_path: Path) -> Conversation:
    return Conversation(tmp_path)


def at_reading_back(talk: Conversation) -> None:
    for text in (BOOKING, "john smith"):
        talk.say(text)


def at_cancelling(talk: Conversation, task: str = "please cancel my appointment") -> str:
    """The number of the appointment that is to be cancelled."""
    book = talk.tools["appointments"]
    booked = {"doctor": "Doctor Chen", "date": "2026-11-24", "time": "10:00", "name": "Tom King"}
    reference = str(book.call("book", booked).data["reference"])
    for text in (task, " ".join(reference), "tom king"):
        talk.say(text)
    return reference


@pytest.mark.parametrize("text", ["why is the sky blue", "can you do my shopping", "will i get a parking ticket"])
def test_a_question_that_nothing_answers_does_not_count_as_misheard(talk: Conversation, text: str) -> None:
    talk.say("i want an appointment with doctor chen")
    assert talk.say(text)[0] == "I don't know that. Now, on which day?"
    assert talk.say("on tuesday")[0] == "At what time?"


@pytest.mark.parametrize(
    "text", ["where do i have to go", "do i have to go to desk two", "i have to go to the toilet first"]
)
def test_a_visitor_who_has_to_go_somewhere_does_not_leave_the_task(talk: Conversation, text: str) -> None:
    at_reading_back(talk)
    talk.say(text)
    assert talk.state.form is not None


@pytest.mark.parametrize(
    "text", ["i have to go", "no wait i don't want this", "i don't want this appointment", "hang up"]
)
def test_a_task_is_left(talk: Conversation, text: str) -> None:
    talk.say(BOOKING)
    assert talk.say(text)[0] == LEFT


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("another day", "On which day?"),
        ("go back i want a different day", "On which day?"),
        ("could we change the day", "On which day?"),
        ("wait can i change the time", "At what time?"),
        ("the time is wrong", "At what time?"),
    ],
)
def test_a_value_is_given_anew_in_the_middle(talk: Conversation, text: str, reply: str) -> None:
    talk.say(BOOKING)
    assert talk.say(text)[0] == reply
    talk.say("wednesday at eleven")
    assert talk.say("john smith")[0].endswith("for John Smith. Shall I book it?")


def test_what_is_taken_back_for_another_value_is_no_giving_up(talk: Conversation) -> None:
    at_reading_back(talk)
    assert talk.say("cancel that i want wednesday")[0].startswith(
        "Doctor Chen, Wednesday, November twenty-fifth at ten"
    )


@pytest.mark.parametrize(
    "text",
    ["can i cancel my booking later", "what if i need to cancel", "will i be able to move it", "how do i cancel it"],
)
def test_a_question_about_later_leaves_no_task(talk: Conversation, text: str) -> None:
    talk.say(BOOKING)
    assert talk.say(text)[0] == f"{LATER} Now, what is your name, please?"
    assert talk.say("john smith")[0] == READ_BACK


def test_a_look_up_in_the_middle_goes_back_to_the_task(talk: Conversation) -> None:
    talk.say("an appointment with doctor chen on tuesday")
    reply, outcome = talk.say("what times do you have")
    assert reply.startswith("Doctor Chen is free on Tuesday") and reply.endswith("Now, at what time?")
    assert outcome.tools == ("appointments.free",)
    assert talk.say("at ten")[0] == NAME


def test_without_a_day_the_first_that_is_free_is_told(talk: Conversation) -> None:
    talk.say("an appointment with doctor chen")
    assert (
        talk.say("which days are free")[0]
        == "The first that is free: Doctor Chen, today, three o'clock. Now, on which day?"
    )


def test_a_look_up_within_a_moving_knows_the_doctor(talk: Conversation) -> None:
    at_cancelling(talk, "please move my appointment")
    talk.say("to wednesday")
    reply, _ = talk.say("what times are available")
    assert reply.startswith("Doctor Chen is free on Wednesday") and reply.endswith("Now, and at what time?")


@pytest.mark.parametrize("text", ["i'd rather move it", "can i move it instead", "i want to move it not cancel it"])
def test_a_cancelling_becomes_a_moving(talk: Conversation, text: str) -> None:
    at_cancelling(talk)
    assert talk.say(text)[0] == "To which day?"
    assert "on Tuesday" in talk.tools["appointments"].call("free", {"doctor": "Doctor Chen", "date": "2026-11-24"}).say


def test_a_moving_becomes_a_cancelling_that_is_asked_about(talk: Conversation) -> None:
    reference = at_cancelling(talk, "please move my appointment")
    reply, outcome = talk.say("actually cancel it")
    assert reply.startswith("Shall I cancel appointment") and outcome.kind == "confirm"
    assert talk.tools["appointments"].call("look_up", {"reference": reference, "name": "Tom King"}).ok
    assert talk.say("yes")[1].kind == "done"


@pytest.mark.parametrize(
    "text", ["yes sorry", "unfortunately yes", "i'm afraid so", "could you cancel it please", "remove it"]
)
def test_a_cancelling_is_agreed_to(talk: Conversation, text: str) -> None:
    at_cancelling(talk)
    assert talk.say(text)[1].kind == "done"


@pytest.mark.parametrize("text", ["i no longer want the appointment", "i'm afraid not", "what if i move it", "sorry"])
def test_no_cancelling_without_a_plain_yes(talk: Conversation, text: str) -> None:
    reference = at_cancelling(talk)
    talk.say(text)
    assert talk.tools["appointments"].call("look_up", {"reference": reference, "name": "Tom King"}).ok


@pytest.mark.parametrize("text", ["hold on", "one moment", "wait a minute", "let me look for it"])
def test_a_moment_is_given(talk: Conversation, text: str) -> None:
    talk.say(BOOKING)
    assert talk.say(text)[0] == "Take your time."
    assert talk.say("john smith")[0] == READ_BACK


@pytest.mark.parametrize(
    "text",
    ["i have an appointment with doctor miller at three", "i'm late for my appointment", "i don't have an appointment"],
)
def test_what_is_booked_already_is_not_booked_again(talk: Conversation, text: str) -> None:
    talk.say(text)
    assert talk.state.form is None


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("i have to cancel my appointment with doctor chen", "cancel"),
        ("i want to move my appointment with doctor chen", "move"),
        ("book chen thursday ten ann lee", "book"),
        ("doctor chen please", "book"),
        ("put me down for thursday at ten with doctor chen", "book"),
        ("book doctor chen for tomorrow at eleven for tom baker please", "book"),
        ("set up an appointment with doctor patel for wednesday at nine in the name of anna berg", "book"),
        ("does doctor chen have time for me on monday at nine", "book"),
        ("could you put me down for tuesday at three with doctor miller the name's grace kelly", "book"),
        ("could doctor chen see me on monday", "book"),
        ("can you squeeze me in with doctor chen on monday at nine", "book"),
        ("my mother has to see doctor chen on monday", "book"),
        ("i want an appointment with doctor chen on tuesday unless he is away", "book"),
    ],
)
def test_a_task_is_begun_by_what_was_said(talk: Conversation, text: str, intent: str) -> None:
    talk.say(text)
    assert talk.state.form is not None and talk.state.form.settings.intent == intent


@pytest.mark.parametrize(
    "text",
    [
        "i'd like to thank doctor chen",
        "doctor chen is nice",
        "where is doctor chen",
        "my mother had doctor chen on monday",
    ],
)
def test_a_name_alone_begins_no_task(talk: Conversation, text: str) -> None:
    talk.say(text)
    assert talk.state.form is None


def booked(talk: Conversation) -> str:
    at_reading_back(talk)
    return talk.say("yes")[0]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("sorry i meant wednesday", "Wednesday, November twenty-fifth at ten o'clock"),
        ("no i said eleven", "Tuesday, November twenty-fourth at eleven o'clock"),
    ],
)
def test_what_was_booked_is_corrected(talk: Conversation, text: str, day: str) -> None:
    booked(talk)
    reply, outcome = talk.say(text)
    assert reply.startswith("I will move appointment") and reply.endswith(f"to {day}. Is that right?")
    assert outcome.kind == "confirm"


@pytest.mark.parametrize("text", ["sorry where is the operation", "no thanks", "who is the director on wednesday"])
def test_what_was_booked_stays(talk: Conversation, text: str) -> None:
    booked(talk)
    talk.say(text)
    assert talk.state.form is None


def test_another_one_is_booked_with_the_same_doctor(talk: Conversation) -> None:
    booked(talk)
    assert talk.say("and one for my wife at half past ten")[0] == NAME
    assert talk.say("mary smith")[0].startswith(
        "Doctor Chen, Tuesday, November twenty-fourth at half past ten, for Mary"
    )


@pytest.mark.parametrize("text", ["say the number again slowly", "i didn't catch the number"])
def test_the_number_is_said_once_more(talk: Conversation, text: str) -> None:
    number = booked(talk).split("Its number is ")[1]
    assert talk.say(text)[0] == f"Its number is {number}"


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("hm maybe put it on thursday at nine", "I will move appointment"),
        ("could i have it on wednesday instead", "And at what time?"),
        ("can i have a later one instead", "To which day?"),
        ("or can you put it on another day", "To which day?"),
        ("i might be able to come on thursday instead", "And at what time?"),
        ("maybe thursday would be better", "And at what time?"),
        ("perhaps you could push it back a little", "To which day?"),
    ],
)
def test_a_hedged_wish_for_another_day_leaves_a_cancelling(talk: Conversation, text: str, reply: str) -> None:
    reference = at_cancelling(talk)
    assert talk.say(text)[0].startswith(reply)
    assert talk.state.form is not None and talk.state.form.values["reference"].value == reference


@pytest.mark.parametrize(
    ("task", "day", "time"),
    [
        ("push my appointment back thirty minutes", "Tuesday, November twenty-fourth", "half past ten"),
        ("please move my appointment an hour later", "Tuesday, November twenty-fourth", "eleven o'clock"),
        ("i want to move my appointment half an hour earlier", "Tuesday, November twenty-fourth", "half past nine"),
        ("move my appointment an hour earlier and one day later", "Wednesday, November twenty-fifth", "nine o'clock"),
        ("i'd like to move my appointment to the same time on thursday", "tomorrow, Thursday", "ten o'clock"),
        ("please move my appointment to thursday an hour earlier", "tomorrow, Thursday", "nine o'clock"),
        ("could we postpone my appointment by a week", "Tuesday, December first", None),
        ("please move my appointment to the day after", "Wednesday, November twenty-fifth", None),
    ],
)
def test_a_distance_waits_until_the_record_is_open(talk: Conversation, task: str, day: str, time: str | None) -> None:
    reference = at_cancelling(talk, task)
    reply = talk.history[-1].content
    if time is None:
        assert reply == "And at what time?"
        reply = talk.say("the same time")[0]
        time = "ten o'clock"
    assert reply.startswith("I will move appointment") and day in reply and time in reply, reply
    assert talk.say("yes")[1].kind == "done" and talk.state.form is None
    assert reference


def test_a_day_that_does_not_suit_is_not_kept(talk: Conversation) -> None:
    at_cancelling(talk, "i can't come on that day please move my appointment")
    assert talk.history[-1].content == "To which day?"


def test_another_day_replaces_a_distance(talk: Conversation) -> None:
    book = talk.tools["appointments"]
    booked = {"doctor": "Doctor Chen", "date": "2026-11-24", "time": "10:00", "name": "Tom King"}
    reference = str(book.call("book", booked).data["reference"])
    talk.say("push my appointment back thirty minutes")
    talk.say(" ".join(reference))
    talk.say("to wednesday at nine please")
    reply = talk.say("tom king")[0]
    assert "Wednesday, November twenty-fifth at nine" in reply, reply


@pytest.mark.parametrize(
    "text", ["no forget it just cancel it", "actually cancel the whole thing", "never mind cancel it"]
)
def test_a_moving_that_was_read_back_becomes_a_cancelling(talk: Conversation, text: str) -> None:
    at_cancelling(talk, "please move my appointment")
    talk.say("to wednesday at eleven")
    reply, outcome = talk.say(text)
    assert reply.startswith("Shall I cancel appointment") and outcome.kind == "confirm"


@pytest.mark.parametrize(
    "text",
    [
        "yes and then i'd like a new one with doctor chen",
        "no wait yes",
        "i'd hate to but yes",
        "i feel bad about it but i can't make it",
        "will there be a fee",
        "it would be better to cancel it",
        "yes i can't come",
        "yes i would like to make a new one later",
    ],
)
def test_a_cancelling_waits_for_a_plain_yes(talk: Conversation, text: str) -> None:
    reference = at_cancelling(talk)
    assert talk.say(text)[0].startswith("Shall I cancel appointment")
    assert talk.state.form is not None and talk.state.form.settings.intent == "cancel"
    assert talk.tools["appointments"].call("look_up", {"reference": reference, "name": "Tom King"}).ok


@pytest.mark.parametrize("text", ["i will come after all", "i can still make it", "no don't cancel it"])
def test_a_visitor_who_comes_cancels_nothing(talk: Conversation, text: str) -> None:
    at_cancelling(talk)
    assert talk.say(text)[0] == LEFT


@pytest.mark.parametrize(
    "text",
    ["is that the one with doctor chen", "what time was it again", "what day was that again", "is it on tuesday"],
)
def test_the_visitor_hears_what_is_to_be_cancelled(talk: Conversation, text: str) -> None:
    at_cancelling(talk)
    reply, _ = talk.say(text)
    assert reply.startswith("Doctor Chen, Tuesday, November twenty-fourth, ten o'clock. Shall I cancel appointment")
    assert talk.say("yes")[1].kind == "done"


@pytest.mark.parametrize("text", ["can you make that ten thirty", "actually could you make it half past ten"])
def test_a_question_for_a_change_of_what_was_booked(talk: Conversation, text: str) -> None:
    booked(talk)
    assert talk.say(text)[0].endswith("at half past ten. Is that right?")


@pytest.mark.parametrize(
    "text", ["oh dear i meant doctor patel", "that should have been for ruth smith", "it should be doctor miller"]
)
def test_a_person_is_offered_for_what_no_form_changes(talk: Conversation, text: str) -> None:
    booked(talk)
    assert talk.say(text)[1].kind == "unknown" and talk.state.offered_person


def test_what_was_booked_is_undone(talk: Conversation) -> None:
    booked(talk)
    assert talk.say("undo that")[0].startswith("Shall I cancel appointment")


def test_what_was_booked_is_told(talk: Conversation) -> None:
    told = booked(talk)
    assert talk.say("what did i just book")[0] == told


def test_the_old_one_is_not_the_one_just_booked(talk: Conversation) -> None:
    booked(talk)
    assert talk.say("i have to cancel my old appointment")[0] == "What is the number of your appointment?"


@pytest.mark.parametrize(
    "text", ["could you also book my husband in right after", "and another one for my wife on the same day"]
)
def test_another_one_on_the_same_day(talk: Conversation, text: str) -> None:
    booked(talk)
    assert talk.say(text)[0] == "At what time?"


@pytest.mark.parametrize(
    "text",
    [
        "can i see doctor chen sometime on monday afternoon",
        "could i see doctor chen on monday in the afternoon",
        "may i get something with doctor chen on monday afternoon",
    ],
)
def test_who_asks_to_see_somebody_wishes_for_it(talk: Conversation, text: str) -> None:
    assert talk.say(text)[0] == f"The first that is free: one o'clock. {NAME}"


def test_what_is_free_is_listed_in_the_part_of_the_day(talk: Conversation) -> None:
    told = talk.say("what is free with doctor chen on tuesday afternoon")[0]
    assert "o'clock" in told and not any(hour in told for hour in ("nine", "ten", "eleven"))


@pytest.mark.parametrize("text", ["where is the nearest one then", "where can i find one", "is there one nearby"])
def test_what_is_not_known_is_not_guessed_at_when_it_is_asked_for_again(talk: Conversation, text: str) -> None:
    assert talk.say("why is the sky blue")[1].kind == "unknown"
    assert talk.say(text)[1].kind in ("unknown", "repair")


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("the next day", "And at what time?"),
        ("one day earlier and an hour later", "to Monday, November twenty-third at eleven o'clock. Is that right?"),
        *((text, "And at what time?") for text in ("only the time", "keep the day but make it later")),
        ("only the day", "To which day?"),
    ],
)
def test_a_moving_goes_by_the_record(talk: Conversation, text: str, reply: str) -> None:
    at_cancelling(talk, "please move my appointment")
    assert talk.say(text)[0].endswith(reply)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("just before noon", "The last that is free: half past eleven."),
        ("shortly before eleven", "The last that is free: half past ten."),
        *((text, "The last that is free: half past three.") for text in ("as late as possible", "the latest you have")),
        ("first thing", "The first that is free: nine o'clock."),
        ("the last one of the day please", "The last that is free: half past three."),
        ("what's the earliest you have", "The first that is free: nine o'clock."),
    ],
)
def test_the_last_time_of_a_day(talk: Conversation, text: str, found: str) -> None:
    talk.say("an appointment with doctor chen on tuesday")
    assert talk.say(text)[0] == f"{found} {NAME}"


@pytest.mark.parametrize("text", ["i hope that is not too late", "tomorrow i will know", "on friday i'll ask my wife"])
def test_a_judgement_or_a_remark_changes_nothing(talk: Conversation, text: str) -> None:
    at_reading_back(talk)
    assert talk.say(text)[0] == READ_BACK


KEEPS = "I can move it only to another day or time. For Doctor Miller, please cancel it and book a new one."


@pytest.mark.parametrize(
    "text",
    ["i want doctor miller instead", "i need it to be with doctor miller", "can you change it to doctor miller"],
)
def test_a_moving_keeps_the_doctor(talk: Conversation, text: str) -> None:
    at_cancelling(talk, "please move my appointment")
    assert talk.say(text)[0] == f"{KEEPS} Now, to which day?"
    talk.say("wednesday at eleven")
    assert talk.say("i'd rather see doctor miller")[0].startswith(f"{KEEPS} I will move appointment")


def test_another_doctor_at_the_beginning_of_a_moving(talk: Conversation) -> None:
    assert talk.say("could you change my appointment from doctor chen to doctor miller")[0].startswith(KEEPS)


@pytest.mark.parametrize("text", ["i want it with doctor chen on thursday at ten", "is doctor miller nice"])
def test_the_same_doctor_is_no_other_one(talk: Conversation, text: str) -> None:
    at_cancelling(talk, "please move my appointment")
    assert KEEPS not in talk.say(text)[0]


@pytest.mark.parametrize("said", ["{} tom king", "tom king {}", "it's {} tom king", "{}, tom king please"])
def test_a_name_beside_the_number(talk: Conversation, said: str) -> None:
    reference = at_cancelling(talk)
    talk.say("no")
    talk.say("please cancel my appointment")
    assert talk.say(said.format(" ".join(reference)))[0].startswith("Shall I cancel appointment")


@pytest.mark.parametrize("said", ["{} i think", "{} thank you", "{} is my number", "the number is {}"])
def test_no_name_beside_the_number(talk: Conversation, said: str) -> None:
    talk.say("please cancel my appointment")
    assert talk.say(said.format("1 2 3 4 5 6 7"))[0] == "And what is your name, please?"


@pytest.mark.parametrize("text", ["what day is it on now", "when is it at the moment", "what day was that again"])
def test_the_visitor_hears_what_is_to_be_moved(talk: Conversation, text: str) -> None:
    at_cancelling(talk, "please move my appointment")
    expected = "Doctor Chen, Tuesday, November twenty-fourth, ten o'clock. Now, to which day?"
    assert talk.say(text)[0] == expected


@pytest.mark.parametrize(
    "text", ["is there still a chance to move it", "would it be possible to move it to another day instead"]
)
def test_a_question_for_a_chance_to_move_leaves_a_cancelling(talk: Conversation, text: str) -> None:
    at_cancelling(talk)
    assert talk.say(text)[0] == "To which day?"


@pytest.mark.parametrize(
    "text", ["oh no i need it after all", "wait can you put it back", "please restore it", "i want it back after all"]
)
def test_what_was_cancelled_is_booked_anew(talk: Conversation, text: str) -> None:
    at_cancelling(talk)
    talk.say("yes")
    assert talk.say(text)[0].startswith("I can't bring it back, but I can book a new one. Which doctor")
    assert talk.state.form is not None and talk.state.form.values["name"].value == "Tom King"


@pytest.mark.parametrize("text", ["put it back please", "undo that", "can you change it back to the way it was"])
def test_what_was_moved_is_moved_back_after_a_yes(talk: Conversation, text: str) -> None:
    at_cancelling(talk, "please move my appointment")
    talk.say("wednesday at eleven")
    talk.say("yes")
    reply, outcome = talk.say(text)
    assert reply.endswith("to Tuesday, November twenty-fourth at ten o'clock. Is that right?")
    assert outcome.kind == "confirm"


def test_a_number_that_was_wrong_is_asked_for_again(talk: Conversation) -> None:
    talk.say("please cancel my appointment")
    talk.say("1 2 3 4 5 6 7")
    assert talk.say("no sorry the last digit is wrong")[0] == "What is the number of your appointment?"


@pytest.mark.parametrize("text", ["i lost my number", "i can't find the letter", "i've mislaid the number"])
def test_a_person_is_offered_where_the_number_is_lost(talk: Conversation, text: str) -> None:
    talk.say("please cancel my appointment")
    assert talk.say(text)[1].kind == "unknown"


def test_a_booking_is_left_for_the_cancelling_of_another(talk: Conversation) -> None:
    talk.say("an appointment with doctor chen on tuesday")
    assert talk.say("no i want to cancel an appointment")[0] == "What is the number of your appointment?"


@pytest.mark.parametrize("text", ["cancel the appointment", "i don't want an appointment"])
def test_a_booking_is_left_for_nothing(talk: Conversation, text: str) -> None:
    talk.say("an appointment with doctor chen on tuesday")
    assert talk.say(text)[0] == LEFT


@pytest.mark.parametrize(
    "text", ["which day did i say", "what time did you put me down for", "with whom am i booked", "when is it again"]
)
def test_the_visitor_hears_what_is_being_booked(talk: Conversation, text: str) -> None:
    talk.say(BOOKING)
    assert (
        talk.say(text)[0]
        == f"Doctor Chen, Tuesday, November twenty-fourth, ten o'clock. Now, {NAME[0].lower()}{NAME[1:]}"
    )


@pytest.mark.parametrize(
    "text",
    ["is that in the morning", "could you remind me what day that was", "who is it with", "is it with doctor miller"],
)
def test_the_visitor_hears_once_more_what_was_booked(talk: Conversation, text: str) -> None:
    reply = booked(talk)
    assert talk.say(text)[0] == reply
    assert talk.state.form is None


@pytest.mark.parametrize(
    "text", ["what time is it", "where is the operation", "is it on the ground floor", "who is that"]
)
def test_another_question_after_a_booking_is_not_about_it(talk: Conversation, text: str) -> None:
    reply = booked(talk)
    assert talk.say(text)[0] != reply


@pytest.mark.parametrize("text", ["and can i change it later", "how do i cancel it if i can't come"])
def test_a_question_about_later_begins_nothing_after_a_booking(talk: Conversation, text: str) -> None:
    booked(talk)
    assert talk.say(text)[0] == LATER
    assert talk.state.form is None


@pytest.mark.parametrize("text", ["is doctor patel a woman", "is it with doctor miller", "their names are tim and tom"])
def test_what_asks_for_no_times_looks_up_none(talk: Conversation, text: str) -> None:
    talk.say("i want an appointment")
    talk.say(text)
    assert talk.state.form is not None and talk.state.form.settings.intent == "book"


def test_a_weekday_lies_in_the_week_after_the_next(talk: Conversation) -> None:
    talk.say("i want an appointment with doctor chen")
    talk.say("not next week the one after on tuesday")
    talk.say("ten")
    assert talk.say("john smith")[0].startswith("Doctor Chen, Tuesday, December first at ten")


@pytest.mark.parametrize(
    "text",
    [
        *("sorry i don't want it after all", "oh i don't need it any more", "sorry i changed my mind", "forget it"),
        *("never mind", "i'd rather not have it", "actually i don't want that", "hmm no that was a mistake"),
        *(
            "actually no",
            "i booked that by mistake cancel it",
            "no wait i don't need the appointment",
            "drop it please",
        ),
    ],
)
def test_what_was_just_booked_is_not_wanted(talk: Conversation, text: str) -> None:
    booked(talk)
    assert talk.say(text)[0].startswith("Shall I cancel appointment")
    assert talk.say("no")[0] == LEFT


@pytest.mark.parametrize("text", ["no", "no thanks", "no that's fine", "thanks never mind the number", "that was all"])
def test_a_courtesy_after_a_task_cancels_nothing(talk: Conversation, text: str) -> None:
    booked(talk)
    talk.say(text)
    assert talk.state.form is None


def test_never_mind_is_about_what_was_said_last(talk: Conversation) -> None:
    booked(talk)
    talk.say("where is the cafe")
    assert not talk.say("never mind")[0].startswith("Shall I cancel")


def test_what_was_cancelled_only_a_person_brings_back(talk: Conversation) -> None:
    at_cancelling(talk)
    talk.say("yes")
    assert talk.say("sorry i changed my mind")[0] == f"{NOT_CHANGED} Shall I call someone who can help you?"


def test_cancel_it_is_no_answer_to_a_question_about_something_else(talk: Conversation) -> None:
    booked(talk)
    talk.state = replace(talk.state, offered_person=True)
    assert talk.say("cancel it")[0].startswith("Shall I cancel appointment")


def test_a_visitor_who_wants_something_else_is_asked_what(talk: Conversation) -> None:
    talk.say(BOOKING)
    assert talk.say("forget it")[0] == LEFT
    assert talk.say("yes")[0] == "What can I do for you?"


@pytest.mark.parametrize(
    "text",
    [
        *("yes and another for my wife at half past nine", "yes and my wife needs one too at eleven"),
        *("yes and one for mary at eleven", "yes and also one on thursday for mary smith"),
        *("yes and after that one with doctor miller", "great and my husband would like one as well"),
        *("okay and then another at eleven please", "yes and could i also have one for my son on wednesday"),
    ],
)
def test_another_one_waits_until_the_first_is_booked(talk: Conversation, text: str) -> None:
    at_reading_back(talk)
    assert talk.say(text)[0] == f"One after the other, please. {READ_BACK}"
    assert talk.say("yes")[1].kind == "done"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("and on thursday instead", {"date": "2026-11-19"}),
        ("yes but one o'clock would be better", {"time": "13:00"}),
        ("a different one on thursday", {"date": "2026-11-19"}),
        ("and make it one for both of us", {"time": "13:00"}),
        ("on second thought make it eleven", {"time": "11:00"}),
        ("second thoughts doctor miller please", {"doctor": "Doctor Miller"}),
        ("i changed my mind make it thursday", {"date": "2026-11-19"}),
        ("it was supposed to be thursday", {"date": "2026-11-19"}),
        ("second question is there a cafe", {}),
        ("no second opinion needed", {}),
        ("no changes", {}),
        ("on second thought tuesday is fine", {}),
        ("yes and my wife would like to know where to park", {}),
        ("yes and also tell me where the cafe is", {}),
        ("all correct but i'm jon smythe", {"name": "Jon Smythe"}),
        ("hmm it's for my daughter really emma smith", {"name": "Emma Smith"}),
        ("no it's for my husband peter brown", {"name": "Peter Brown"}),
        ("it should be jon smythe not john smith", {"name": "Jon Smythe"}),
        ("change the first name to jonathan", {"name": "Jonathan Smith"}),
        ("yes but call me jonathan", {"name": "Jonathan Smith"}),
        ("actually my mother's name is mary smith book it for her", {"name": "Mary Smith"}),
        ("that's my wife's birthday", {}),
        ("the second please", {"date": "2026-12-02"}),
    ],
)
def test_what_a_correction_changes(talk: Conversation, text: str, values: dict[str, str]) -> None:
    at_reading_back(talk)
    before = talk.state.form
    talk.say(text)
    after = talk.state.form
    assert before is not None and after is not None
    assert {name: value.value for name, value in after.values.items() if value != before.values[name]} == values


@pytest.mark.parametrize("text", ["on second thought friday", "on second thoughts make it wednesday"])
def test_a_second_thought_with_a_value_leaves_no_task(talk: Conversation, text: str) -> None:
    talk.say(BOOKING)
    talk.say(text)
    assert talk.state.form is not None


@pytest.mark.parametrize("text", ["on second thoughts no", "on second thought", "second thoughts no"])
def test_a_second_thought_without_one_leaves_it(talk: Conversation, text: str) -> None:
    at_reading_back(talk)
    assert talk.say(text)[0] == LEFT


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("yes the day is right but the time is wrong", "At what time?"),
        ("the time is fine but not the day", "On which day?"),
        ("the time's wrong", "At what time?"),
        ("the name is right the doctor is wrong", WHICH_DOCTOR),
        ("yes but put it under my wife's name", f"{NAME} You can also spell it."),
        ("no i'm booking for my mother", f"{NAME} You can also spell it."),
        ("yes as long as i can cancel it later", f"{LATER} {READ_BACK}"),
    ],
)
def test_what_is_wrong_is_asked_for(talk: Conversation, text: str, reply: str) -> None:
    at_reading_back(talk)
    assert talk.say(text)[0] == reply


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("the time", "At what time?"),
        ("the date", "On which day?"),
        ("the person", f"{NAME} You can also spell it."),
        ("not for me for my wife", f"{NAME} You can also spell it."),
        ("everything", WHICH_DOCTOR),
        *((text, READ_BACK) for text in ("no need to change anything", "nothing to change", "nothing wrong with that")),
        *((text, LEFT) for text in ("nothing i just don't want it", "i don't need it after all")),
    ],
)
def test_what_is_to_be_changed(talk: Conversation, text: str, reply: str) -> None:
    at_reading_back(talk)
    assert talk.say("no")[0] == "What shall I change?"
    assert talk.say(text)[0] == reply


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("tom baker but make it three", {"name": "Tom Baker", "time": "15:00"}),
        ("hold on could it be eleven instead", {"time": "11:00"}),
        ("sorry did i say ten i meant eleven", {"time": "11:00"}),
        ("wait what about thursday", {"date": "2026-11-19"}),
        ("sorry it's tom not tim", {"name": "Tom"}),
        ("tim no tom", {"name": "Tom"}),
        ("baker is the last name tom the first", {"name": "Tom Baker"}),
        ("john smith the third", {"name": "John Smith"}),
    ],
)
def test_an_answer_with_a_correction_where_a_name_was_asked_for(
    talk: Conversation, text: str, values: dict[str, str]
) -> None:
    talk.say(BOOKING)
    talk.say(text)
    form = talk.state.form
    assert form is not None
    held = {"doctor": "Doctor Chen", "date": "2026-11-24", "time": "10:00"}
    assert {name: value.value for name, value in form.values.items()} == held | values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        *((text, {"doctor"}) for text in ("the first one please", "the first", "the first one", "the last one")),
        ("the first available", {"doctor", "date", "time"}),
        ("first time here", set()),
    ],
)
def test_a_choice_by_its_place_gives_no_day(talk: Conversation, text: str, values: set[str]) -> None:
    talk.say("i need an appointment")
    talk.say(text)
    assert talk.state.form is not None and set(talk.state.form.values) == values


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("no the same time as before", "tomorrow, Thursday at ten o'clock. Is that right?"),
        ("that's worse than before keep the old one", LEFT),
        ("leave it as it was", LEFT),
        ("second thoughts no", LEFT),
        ("no changes please", "tomorrow, Thursday at nine o'clock. Is that right?"),
        ("keep the old time but on wednesday", "Wednesday, November twenty-fifth at nine o'clock. Is that right?"),
    ],
)
def test_the_old_day_and_time_at_a_moving(talk: Conversation, text: str, reply: str) -> None:
    at_cancelling(talk, "please move my appointment")
    talk.say("thursday at nine")
    assert talk.say(text)[0].endswith(reply)


@pytest.mark.parametrize("text", ["i have no choice", "no changes", "does it cost anything if i cancel"])
def test_a_cancelling_is_asked_about_again(talk: Conversation, text: str) -> None:
    at_cancelling(talk)
    assert talk.say(text)[0].startswith("Shall I cancel appointment")


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("wednesday would be better", "Wednesday, November twenty-fifth at ten o'clock. Is that right?"),
        ("half past eleven suits me better", "Tuesday, November twenty-fourth at half past eleven. Is that right?"),
        ("ten is too early", "And at what time?"),
        ("make it earlier", "And at what time?"),
        ("that's the wrong day", "To which day?"),
        *(
            (text, f"{NOT_CHANGED} Shall I call someone who can help you?")
            for text in (
                *("it should be jon smythe not john smith", "that's the wrong name", "doctor miller would be better"),
                *("it should have been doctor miller", "the name is misspelled"),
            )
        ),
    ],
)
def test_what_was_booked_is_wanted_otherwise(talk: Conversation, text: str, reply: str) -> None:
    booked(talk)
    assert talk.say(text)[0].endswith(reply)


@pytest.mark.parametrize("text", ["the cafe would be better", "the coffee is too hot", "is the doctor late"])
def test_what_is_said_of_something_else_changes_nothing(talk: Conversation, text: str) -> None:
    booked(talk)
    talk.say(text)
    assert talk.state.form is None


def test_another_one_for_somebody_who_is_named(talk: Conversation) -> None:
    booked(talk)
    reply, _ = talk.say("and please also one for my wife mary smith at ten thirty")
    assert reply.endswith("at half past ten, for Mary Smith. Shall I book it?")


def test_the_same_again_on_another_day(talk: Conversation) -> None:
    booked(talk)
    reply, _ = talk.say("the same again in two weeks")
    assert reply == "Doctor Chen, Wednesday, December second at ten o'clock, for John Smith. Shall I book it?"
