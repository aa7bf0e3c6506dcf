"""The last reply once more, or a part of it."""

import pytest

from appliance.conversation.recall import said_again
from appliance.language.english import ENGLISH
from appliance.language.english.recall import asks_again

REPLIES = [
    "You can ask for a copy in room 9. Bring your card.",
    "The pharmacy is on the first floor. It costs two dollars. Doctor Chen is there on Monday at ten.",
]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pardon", REPLIES[1]),
        ("which floor was that", "The pharmacy is on the first floor."),
        ("which room was that again", "You can ask for a copy in room 9."),
        ("which doctor was that", "Doctor Chen is there on Monday at ten."),
        ("what day was that", "Doctor Chen is there on Monday at ten."),
        ("how much was that", "It costs two dollars."),
        ("which desk was that", REPLIES[1]),
        ("sorry which floor did you say", "The pharmacy is on the first floor."),
        ("what was the last part", "Doctor Chen is there on Monday at ten."),
        ("sorry can you repeat the last bit please", "Doctor Chen is there on Monday at ten."),
        ("say the first sentence again", "The pharmacy is on the first floor."),
        ("what was the last thing you said", "Doctor Chen is there on Monday at ten."),
        ("what was the last question", REPLIES[1]),
        ("can i have the room number again", "You can ask for a copy in room 9."),
        ("i didn't catch the floor", "The pharmacy is on the first floor."),
        ("what did you tell me about the price", "It costs two dollars."),
        ("what was the first thing you said", REPLIES[0]),
    ],
)
def test_the_last_reply_or_its_part(text: str, said: str) -> None:
    again = asks_again(text)
    assert again is not None
    assert said_again(again, REPLIES, ENGLISH) == said
    assert said_again(again, [], ENGLISH) is None


def test_what_was_said_about_a_thing_is_found_in_earlier_replies() -> None:
    replies = [*REPLIES, "Did you mean: where is the pharmacy?", "I don't know that."]
    asked = asks_again("what did you say about the pharmacy")
    assert asked and said_again(asked, replies, ENGLISH) == "The pharmacy is on the first floor."
    asked = asks_again("what did you say about the yeti")
    assert asked and said_again(asked, replies, ENGLISH) is None


@pytest.mark.parametrize(
    ("text", "reply", "said"),
    [
        ("what was the room number", "The eye clinic is in room 118. It is open.", "The eye clinic is in room 118."),
        ("what was the number of the room", "The lab is in room four. It is open.", "The lab is in room four."),
        ("what's the number", "Taxis wait here. Call one on 555 0170.", "Call one on 555 0170."),
        ("what is the phone number", "Its number is 555 0142.", "Its number is 555 0142."),
        ("what's the number", "Bus number 12 stops here. It is free.", "Bus number 12 stops here."),
        # no number to call
        ("what's the number", "The eye clinic is in room 118.", None),
        ("what is the phone number", "You are welcome.", None),
    ],
)
def test_a_number_of_the_last_reply(text: str, reply: str, said: str | None) -> None:
    again = asks_again(text)
    assert again is not None
    assert said_again(again, ["Call us on 555 0100.", reply], ENGLISH) == said


@pytest.mark.parametrize("text", ["what is your number", "what is the number of the billing office"])
def test_a_number_that_is_named_is_no_repetition(text: str) -> None:
    assert asks_again(text) is None
