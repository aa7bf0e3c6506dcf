"""What visitors say about a task under way and about what they have booked."""

import pytest

from appliance.language.english import tasks


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        *(
            (text, True)
            for text in ("hold on", "one moment", "wait a minute", "let me look for it", "just a second please")
        ),
        *(
            (text, True)
            for text in ("hang on someone is calling me", "bear with me", "wait a second i need to get my glasses")
        ),
        *(
            (text, True)
            for text in ("could you hold on", "let me think", "give me a minute i have to check my calendar")
        ),
        *((text, False) for text in ("wait a minute there is a fire", "i want to see doctor chen")),
        *(
            (text, False)
            for text in ("tuesday", "in a minute", "how long do i wait", "wait no wednesday", "a moment ago")
        ),
    ],
)
def test_a_moment_is_asked_for(text: str, asks: bool) -> None:
    assert tasks.asks_for_time(text) is asks


@pytest.mark.parametrize(
    ("text", "what"),
    [
        *(
            (text, "day")
            for text in ("another day", "could we make it another day", "let's do it another day", "wrong day")
        ),
        *(
            (text, "day")
            for text in ("go back i want a different day", "take me back to the day", "could we change the day")
        ),
        *((text, "day") for text in ("the day is wrong", "i'd prefer a different day please", "no change the day")),
        *((text, "time") for text in ("wait can i change the time", "go back to the time", "i want to come later")),
        *((text, "time") for text in ("a bit earlier please", "some other time")),
        *(
            (text, "doctor")
            for text in ("different doctor please", "can we do another doctor", "back to the doctor please")
        ),
        *(
            (text, "")
            for text in ("change the day to wednesday", "every other day i work", "what day is it", "the day")
        ),
        *((text, "") for text in ("i will come back another day", "is there another doctor here today")),
        *((text, "") for text in ("my other hip hurts", "see you later", "can i cancel later")),
    ],
)
def test_what_is_to_be_given_anew(text: str, what: str) -> None:
    assert tasks.changed(text) == what


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        *(
            (text, True)
            for text in ("which times are free", "what's available", "what times do you have", "what times are left")
        ),
        *(
            (text, True)
            for text in ("what do you have", "which days are there", "what are my options", "when is she free")
        ),
        *((text, False) for text in ("what time is it", "is parking free", "what is the time", "which floor is it")),
    ],
)
def test_what_can_be_had_is_asked_for(text: str, asks: bool) -> None:
    assert tasks.asks_free(text) is asks


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        *(
            (text, "")
            for text in ("i have an appointment with doctor miller at three", "i already have an appointment")
        ),
        *(
            (text, "")
            for text in ("we have an appointment with doctor patel for our son", "i'm late for my appointment")
        ),
        *((text, "") for text in ("hello i've got an appointment", "my daughter has an appointment today")),
        ("my wife has an appointment with doctor chen where can i wait", "where can i wait"),
        ("my appointment with doctor chen is at three which floor", "which floor"),
        ("i have an appointment with doctor chen tomorrow but i can't come", "but i can not come"),
        *((text, None) for text in ("i want an appointment", "can i have an appointment", "do i have an appointment")),
        *((text, None) for text in ("i don't have an appointment", "i have an appointment and i want another one")),
        *(
            (text, None)
            for text in ("when is my appointment", "i have to make an appointment", "i need an appointment")
        ),
        *(
            (text, None)
            for text in ("i want to cancel my appointment", "i have a headache", "i have an appointment card")
        ),
    ],
)
def test_something_is_booked(text: str, beside: str | None) -> None:
    assert tasks.beside_own(text) == beside


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        *(
            (text, True)
            for text in ("i don't have an appointment", "do i need an appointment", "i have no appointment")
        ),
        *((text, True) for text in ("i don't have an appointment can i still come", "must i have an appointment")),
        *((text, False) for text in ("do i have an appointment", "do you have an appointment free tomorrow")),
        *((text, False) for text in ("i need an appointment", "i don't need an appointment any more i am well")),
        *(
            (text, False)
            for text in ("i don't have an appointment can i get one", "i don't have one yet i want to book one")
        ),
    ],
)
def test_nothing_is_booked(text: str, lacks: bool) -> None:
    assert tasks.lacks_one(text) is lacks


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        *((text, True) for text in ("say the number again slowly", "i didn't catch the number", "what was my number")),
        *((text, True) for text in ("can you repeat the number please", "what is my appointment number")),
        *((text, False) for text in ("what is the number of the billing office", "what is your phone number")),
    ],
)
def test_the_number_is_asked_for(text: str, asks: bool) -> None:
    assert tasks.asks_number(text) is asks


@pytest.mark.parametrize(
    ("text", "another"),
    [
        *((text, True) for text in ("can i get another one for thursday", "and one for my wife at half past ten")),
        *((text, True) for text in ("i need another appointment", "the same again for my husband")),
        *(
            (text, False)
            for text in ("another day", "where is another toilet", "is there one for children", "thursday")
        ),
    ],
)
def test_one_more_is_wanted(text: str, another: bool) -> None:
    assert tasks.wants_another(text) is another


@pytest.mark.parametrize(
    ("text", "about"),
    [
        *((text, True) for text in ("can i bring my dog to the appointment", "may i eat before my appointment")),
        *((text, False) for text in ("can i have an appointment", "can i come to my appointment later")),
    ],
)
def test_a_question_about_the_visit(text: str, about: bool) -> None:
    assert tasks.asks_about_visit(text) is about


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        *(
            (text, "without a screen")
            for text in (
                "we don't need a screen",
                "no",
                "without",
                "no we won't need one",
                "no screen thanks",
                "no need for it",
            )
        ),
        *(
            (text, "with a screen")
            for text in ("yes please", "screen please", "with", "we need one", "yes we'll show slides")
        ),
        *(
            (text, None)
            for text in (
                "no wait friday",
                "is the screen big",
                "what does a desk cost",
                "yes but how big is it",
                "yes or no",
            )
        ),
    ],
)
def test_one_of_two_opposites(text: str, chosen: str | None) -> None:
    assert tasks.of_opposites(text, ("with a screen", "without a screen")) == chosen


def test_other_choices_are_no_opposites() -> None:
    assert tasks.of_opposites("no", ("Doctor Chen", "Doctor Patel")) is None
    assert tasks.of_opposites("yes", ("with a screen", "without a desk")) is None


@pytest.mark.parametrize(
    ("text", "barred"),
    [
        *(
            (text, True)
            for text in ("and need it later that day", "but my car broke down", "but i'm ill", "i need another day")
        ),
        *((text, False) for text in ("and where do i wait", "but i'm late", "can i come in earlier to wait inside")),
    ],
)
def test_what_is_booked_cannot_be_kept(text: str, barred: bool) -> None:
    assert tasks.is_barred(text) == barred


@pytest.mark.parametrize(
    ("text", "which"),
    [
        *(
            (text, True)
            for text in ("what time was it again", "is it the one on tuesday", "when is that", "who is it with")
        ),
        *(
            (text, False)
            for text in ("what time is it now in london", "is there a fee", "when are you open", "yes that one")
        ),
    ],
)
def test_which_one_it_is(text: str, which: bool) -> None:
    assert tasks.asks_which(text) == which


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("i've got an appointment number four seven one two and can't make it", "number four seven one two"),
        ("i have an appointment and can't come", ""),
        ("number two please", ""),
    ],
)
def test_the_number_that_is_said(text: str, number: str) -> None:
    assert tasks.numbered(text) == number


@pytest.mark.parametrize(
    ("text", "withdraws"),
    [
        *(
            (text, True)
            for text in ("never mind", "i don't need it after all", "that was a mistake", "i changed my mind")
        ),
        *((text, True) for text in ("i'd rather not go", "on second thoughts no", "we no longer need it", "leave it")),
        *(
            (text, False)
            for text in ("no", "no thanks", "never mind the number", "i don't need a receipt", "i want that")
        ),
        *(
            (text, False)
            for text in ("i don't want to be late", "forget the cafe", "was that a mistake", "i'd rather walk")
        ),
    ],
)
def test_what_was_done_is_withdrawn(text: str, withdraws: bool) -> None:
    assert tasks.withdraws(text) is withdraws


@pytest.mark.parametrize(
    ("text", "adds"),
    [
        *(
            (text, True)
            for text in ("yes and one for mary at eleven", "and another for my wife", "and the same for my son")
        ),
        *((text, True) for text in ("perfect and also one on thursday", "yes and my husband needs one too")),
        *(
            (text, False)
            for text in ("yes and thank you", "and one o'clock", "yes and at one", "no another day please")
        ),
        *(
            (text, False)
            for text in ("another one on thursday", "no and one for my wife instead", "yes the one on tuesday")
        ),
        *(
            (text, False)
            for text in ("and what does it cost", "yes and where do i go", "and make it one for both of us")
        ),
    ],
)
def test_another_one_is_wanted_beside_the_first(text: str, adds: bool) -> None:
    assert tasks.adds_another(text) is adds
