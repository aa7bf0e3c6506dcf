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
