"""The intent of words in a conversation."""

import pytest

from appliance.language.english import intents


@pytest.mark.parametrize(
    "text", ["goodbye", "thank you goodbye", "okay bye bye", "no that's all thank you", "have a nice day"]
)
def test_goodbye(text: str) -> None:
    assert intents.says_goodbye(text)


@pytest.mark.parametrize(
    "text", ["that's all i know about the parking fee", "i would like an appointment", "bye the way where is the cafe"]
)
def test_no_goodbye(text: str) -> None:
    assert not intents.says_goodbye(text)


@pytest.mark.parametrize(
    "text",
    [
        "can i talk to a real person",
        "i want to speak to someone",
        "call a nurse or call somebody",
        "i'd rather talk with a human",
    ],
)
def test_person(text: str) -> None:
    assert intents.wants_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "are you a real person",
        "which doctor treats people",
        "can i speak to a priest",
    ],
)
def test_no_person(text: str) -> None:
    assert not intents.wants_person(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("thank you very much", "thanks"),
        ("hello", "greeting"),
        ("hi how are you", "how_are_you"),
        ("hello where is the cafe", None),
    ],
)
def test_small_talk(text: str, kind: str | None) -> None:
    assert intents.courtesy(text) == kind


@pytest.mark.parametrize(
    ("text", "unfinished"),
    [("i would like an appointment with", True), ("where is the", True), ("where is the pharmacy", False), ("", False)],
)
def test_unfinished_sentences(text: str, unfinished: bool) -> None:
    assert intents.sounds_unfinished(text) is unfinished


def test_follow_ups() -> None:
    assert intents.follows_up("and when does it open")
    assert intents.follows_up("what about sunday")
    assert not intents.follows_up("is there a pharmacy")
    assert not intents.follows_up("what time is it")


def test_phrases_allow_a_misheard_word() -> None:
    assert intents.says_phrase("i want to speak to a parson", ["speak to a person"])
    assert not intents.says_phrase("i want to speak", ["speak to a person"])


@pytest.mark.parametrize(
    ("text", "dictating"),
    [
        ("my number is five five", True),
        ("oh seven nine", True),
        ("b as in bravo", False),
        ("it is j r", True),
        ("anna dot", False),
        ("anna at example dot", False),
        ("can we meet at one", False),
        ("can i", False),
        ("seven", False),
        ("", False),
    ],
)
def test_dictation_is_told_from_sentences(text, dictating):
    assert intents.dictates(text) == dictating


@pytest.mark.parametrize(
    "text",
    [
        "that's all wrong",
        "is there nothing else",
        "is that all",
        "that's all i wanted to know about parking where is it",
    ],
)
def test_more_words_that_are_no_goodbye(text: str) -> None:
    assert not intents.says_goodbye(text)


@pytest.mark.parametrize("text", ["how do you do an x-ray", "thank you but i asked for the cafe", "thanks where is it"])
def test_words_that_are_no_small_talk(text: str) -> None:
    assert intents.courtesy(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "don't call someone",
        "please don’t call a member of staff",
        "i don't want to talk to a person",
        "no need to call anyone",
        "i'd rather not talk to a human",
        "never call a nurse",
    ],
)
def test_no_person_is_wanted(text: str) -> None:
    assert intents.refuses_person(text)
    assert not intents.wants_person(text, ["call someone", "member of staff", "call a nurse"])


@pytest.mark.parametrize(
    "text",
    [
        "why can't i talk to a real person",
        "i don't want a machine, i want to talk to a person",
        "can't you call someone",
        "call a nurse",
        "why don't you call someone",
    ],
)
def test_a_person_is_wanted(text: str) -> None:
    assert not intents.refuses_person(text)
    assert intents.wants_person(text, ["call someone", "member of staff", "call a nurse"])


@pytest.mark.parametrize(
    ("text", "leap"),
    [
        ("go back", "back"),
        ("can we go back please", "back"),
        ("start again", "start_again"),
        ("let's start over", "start_again"),
        ("from the beginning", "start_again"),
        ("back to the start please", "start_again"),
        ("sure start again", "start_again"),
        ("when does she come back", None),
        ("i'd like my money back", None),
        ("does the tour start again at three", None),
    ],
)
def test_leaps_to_another_subject(text: str, leap: str | None) -> None:
    assert intents.leap(text) == leap


def test_more_follow_ups() -> None:
    assert intents.follows_up("is it open on sunday")
    assert intents.follows_up("are they open")
    assert intents.goes_on("and on friday") and not intents.goes_on("is it free")


@pytest.mark.parametrize("phrase", ["", " ", "...", "?"])
def test_a_phrase_without_words_is_never_said(phrase: str) -> None:
    assert not intents.says_phrase("where is the pharmacy", [phrase])
    assert not intents.says_phrase("", [phrase])


@pytest.mark.parametrize(
    ("text", "left"),
    [
        *(
            (text, "choice")
            for text in ("whoever is free", "whoever's available please", "any doctor", "anyone", "anybody")
        ),
        *((text, "choice") for text in ("either doctor is fine", "no matter who", "whoever")),
        *((text, "asked") for text in ("i have no preference", "it doesn't matter", "i don't mind", "you choose")),
        *(
            (text, "asked")
            for text in ("any of them", "any one", "whichever", "whatever you have", "up to you", "either one")
        ),
        *((text, "asked") for text in ("it's all the same to me", "i don't care", "makes no difference to me")),
        *((text, "soonest") for text in ("as soon as possible", "the earliest one", "the earliest you have", "asap")),
        *((text, "soonest") for text in ("the first available", "the next free appointment", "as early as you can")),
        *((text, "soonest") for text in ("the next one you have", "your earliest please", "the sooner the better")),
        *(
            (text, "soonest")
            for text in ("immediately", "right now please", "at once", "it's urgent", "today if possible")
        ),
        *((text, "") for text in ("not right now", "i'm outside right now", "is it urgent")),
        *((text, "date") for text in ("any day is fine", "any day", "any day of the week")),
        *((text, "time") for text in ("any time", "anytime", "any hour is fine", "whatever time")),
        *((text, "choice") for text in ("it doesn't matter which doctor", "i don't care who", "i do not mind who")),
        *(
            (text, "choice")
            for text in ("it does not matter to me which doctor", "i have no preference for which doctor")
        ),
        ("it doesn't matter what time", "time"),
        ("i don't mind which day", "date"),
        ("whenever", "date time"),
        ("the next available doctor", "choice soonest"),
        ("whoever is free as soon as possible", "choice soonest"),
        ("any doctor on any day", "choice date"),
        *((text, "") for text in ("i do not want anyone", "who is free", "whoever told you that was wrong", "monday")),
        *(
            (text, "")
            for text in ("is anyone there", "next tuesday", "the first", "the first of december", "doctor chen")
        ),
        *(
            (text, "")
            for text in ("not just any doctor", "my first appointment", "i need an appointment", "the next week")
        ),
        *((text, "") for text in ("do you have any other day", "neither", "an appointment with a doctor for my son")),
    ],
)
def test_what_is_left_to_the_appliance(text: str, left: str) -> None:
    assert intents.leaves_open(text) == set(left.split())


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        *((text, "") for text in ("i don't want an appointment", "I do not need any appointment today, thank you.")),
        *((text, "") for text in ("my husband doesn't want an appointment", "nobody asked for an appointment")),
        *((text, "") for text in ("i don't think i need an appointment", "i'm not here to book anything")),
        *((text, "") for text in ("please don't cancel my appointment", "i would rather not book it")),
        *((text, "") for text in ("i don't want you to move it", "i never asked for an appointment")),
        ("i don't want an appointment just tell me where the cafe is", "just tell me where the cafe is"),
        ("no i don't want to cancel it i want to move it", "i want to move it"),
        ("i don't want an appointment on tuesday can i come on monday", "can i come on monday"),
        *((text, None) for text in ("i don't need my appointment any more", "i don't want to come to my appointment")),
        *((text, None) for text in ("i can't come to my appointment", "i don't have an appointment")),
        *((text, None) for text in ("i want an appointment", "i don't know when my appointment is")),
        *((text, None) for text in ("don't i need an appointment", "i don't need an appointment any more")),
        *((text, None) for text in ("what if i don't want an appointment", "i don't want to wait so long")),
    ],
)
def test_a_task_that_is_not_wanted(text: str, beside: str | None) -> None:
    assert intents.beside_refusal(text) == beside


@pytest.mark.parametrize(
    ("text", "back"),
    [
        *((text, True) for text in ("can you call a nurse no wait don't", "i want to speak to a person never mind")),
        *((text, True) for text in ("book an appointment no wait don't", "call someone no not now thanks")),
        *((text, True) for text in ("cancel my appointment no wait leave it", "i want a person i changed my mind")),
        *(
            (text, False)
            for text in ("never mind", "no don't", "where is the pharmacy", "i don't know if i do or do not")
        ),
        *((text, False) for text in ("friday no thursday", "not tomorrow no", "where can i leave it")),
    ],
)
def test_what_was_said_is_taken_back(text: str, back: bool) -> None:
    assert intents.takes_back(text) is back
    assert not back or not intents.wants_person(text)
