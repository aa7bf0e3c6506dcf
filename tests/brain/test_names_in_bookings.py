"""Names in bookings: misheard, corrected and spelled, in dialogues with the real responder."""

from pathlib import Path

import pytest

from tests.brain.test_responder import Conversation

BOOKING = "an appointment with doctor chen on tuesday at ten"
NAME = "What is your name, please?"
SPELL = f"{NAME} You can also spell it."
AGAIN = f"Sorry, I did not get that. {SPELL}"
PERSON = "Sorry, I did not get that. Shall I call someone who can help you?"


@pytest.fixture
def talk(tmp_path: Path) -> Conversation:
    return Conversation(tmp_path)


def read_back(name: str) -> str:
    return f"Doctor Chen, Tuesday, November twenty-fourth at ten o'clock, for {name}. Shall I book it?"


def spoken(talk: Conversation, *texts: str) -> str:
    """The last reply."""
    reply = ""
    for text in (BOOKING, *texts):
        reply, _ = talk.say(text)
    return reply


@pytest.mark.parametrize(
    ("said", "name"),
    [
        *(
            (said, "John Wilson")
            for said in ("no, wilson", "no wilson", "wilson", "i said wilson", "not nelson wilson")
        ),
        *(
            (said, "John Wilson")
            for said in ("my name is not nelson it is wilson", "wilson not nelson", "sorry wilson")
        ),
        *((said, "John Wilson") for said in ("no it's w i l s o n", "it's spelled w i l s o n", "no w i l s o n")),
        *(
            (said, "John Wilson")
            for said in ("no my last name is wilson", "the last name is wilson", "no wilson please")
        ),
        *(
            (said, "James Wilson")
            for said in ("no my name is james wilson", "no sorry james wilson", "no james wilson")
        ),
        *((said, "Jim Nelson") for said in ("my first name is jim", "no my first name is jim", "not john jim")),
        *(
            (said, "Joan Nelson")
            for said in ("my name isn't john it's joan", "it isn't john it's joan", "no joan nelson")
        ),
        *(
            (said, "John Nelsen")
            for said in ("it's nelsen with an e", "it's pronounced nelsen", "you got my name wrong it's nelsen")
        ),
        ("and my middle name is paul", "John Paul Nelson"),
        ("forget the name i gave it's jack wilson", "Jack Wilson"),
        *((said, "John Nilsen") for said in ("no nilsen", "n i l s e n", "no n i l s e n", "it is n i l s e n")),
    ],
)
def test_a_name_is_corrected_at_the_reading_back(talk: Conversation, said: str, name: str) -> None:
    assert spoken(talk, "john nelson", said) == read_back(name)
    assert talk.say("yes")[1].kind == "done"


@pytest.mark.parametrize(
    "said",
    [
        *("under no circumstances", "not quite", "no rush", "no comment", "no ma'am", "not bad", "under protest"),
        *("for goodness sake", "not convenient", "neither works for me either", "under no condition"),
        *("oh no that's my birthday", "no that's my sister's wedding", "no that's our exam", "no that's market day"),
    ],
)
def test_words_that_are_no_name_change_none(talk: Conversation, said: str) -> None:
    spoken(talk, "john nelson", said)
    assert talk.state.form is not None
    assert talk.state.form.values["name"].value == "John Nelson"


@pytest.mark.parametrize(("said", "name"), [("jack wilson", "Jack Wilson"), ("for my daughter emma", "Emma")])
def test_a_name_without_a_word_of_correction_is_asked_about(talk: Conversation, said: str, name: str) -> None:
    assert spoken(talk, "john nelson", said) == f"Do you mean {name}?"
    assert talk.say("yes")[0] == read_back(name)


def test_a_name_that_is_a_weekday(talk: Conversation) -> None:
    assert spoken(talk, "wednesday addams") == read_back("Wednesday Addams")
    assert talk.say("yes")[1].kind == "done"


@pytest.mark.parametrize(
    "said", ["no i mean james wilson", "no james wilson", "my name is james wilson", "james wilson"]
)
def test_a_name_that_was_half_of_one_is_completed(talk: Conversation, said: str) -> None:
    assert spoken(talk, "wilson", said) == read_back("James Wilson")


@pytest.mark.parametrize("said", ["yes wilson", "yes for wilson"])
def test_a_name_may_be_repeated_with_the_yes(talk: Conversation, said: str) -> None:
    assert spoken(talk, "wilson") == read_back("Wilson")
    assert talk.say(said)[1].kind == "done"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("w i l s o n", "Wilson"),
        ("john wilson w i l s o n", "John Wilson"),
        ("john wilsen that's w i l s o n", "John Wilson"),
        ("s m y t h e smythe", "Smythe"),
        ("first name john last name s m y t h e", "John Smythe"),
        ("double l o y d", "Lloyd"),
        ("w as in william a r d", "Ward"),
    ],
)
def test_a_name_is_spelled(talk: Conversation, said: str, name: str) -> None:
    assert spoken(talk, said) == read_back(name)


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        (("hmm",), AGAIN),
        (("hmm", "uh"), PERSON),
        (("i don't want to give my name", "i said no"), PERSON),
        (("hmm", "john smith"), read_back("John Smith")),
        (("hmm", "john nelson", "that's not my name"), PERSON),
        (("john nelson", "that's not my name"), SPELL),
        (("john nelson", "no the name is wrong", "john milton", "no the name is wrong"), PERSON),
        (("john nelson", "no the name is wrong", "john w i l s o n"), read_back("John Wilson")),
        (("john nelson", "no", "the name", "hmm"), PERSON),
        (("john nelson", "no wilson", "no milton"), read_back("John Milton")),
        (("john nelson", "no wilson", "no milton", "no wilson"), PERSON),
        (("hmm", "uh", "john smith", "no smythe"), read_back("John Smythe")),
        (("hmm", "uh", "john smith", "no smythe", "no smith"), PERSON),
        (("can i spell it",), SPELL),
        (("can i spell it", "w i l s o n"), read_back("Wilson")),
        (("john nelson", "shall i spell my name"), SPELL),
        (("where do i leave the car", "john smith"), read_back("John Smith")),
    ],
)
def test_after_two_failures_at_a_name_a_person_is_offered(
    talk: Conversation,
    said: tuple[str, ...],
    reply: str,
) -> None:
    assert spoken(talk, *said) == reply


def test_the_person_who_was_offered_is_called(talk: Conversation) -> None:
    assert spoken(talk, "hmm", "uh", "yes please").startswith("Please ask at the information desk")


def test_a_name_that_is_given_after_all(talk: Conversation) -> None:
    assert spoken(talk, "hmm", "uh", "john smith") == read_back("John Smith")


def test_a_changed_day_is_no_failure_at_the_name(talk: Conversation) -> None:
    replies = spoken(talk, "john smith", "no on wednesday", "no on thursday", "no on monday", "no on tuesday")
    assert replies == read_back("John Smith")
