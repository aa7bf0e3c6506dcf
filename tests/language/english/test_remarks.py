"""Days, times and people that are no wish, as tables, on Wednesday, 18 November 2026."""

from __future__ import annotations

from datetime import datetime

import pytest

from appliance.language.english.dates import find_dates, find_times
from appliance.language.english.remarks import in_remark, of_other_person, of_record, without_from_to
from appliance.language.english.tokens import tokens

NOW = datetime(2026, 11, 18, 14, 45)


def values(said: str) -> list[tuple[list[str], int, int]]:
    words = tokens(said)
    days = find_dates(words, NOW, True)
    return [(words, hit.start, hit.end) for hit in days or find_times(without_from_to(words), True, NOW)]


@pytest.mark.parametrize(
    "said",
    [
        *("i've got the dentist on monday", "my son has school on tuesday", "on tuesday i'm at my mother's"),
        *("i'm at work on monday and tuesday", "i usually play golf on tuesdays", "i have to leave on monday"),
        *("wednesday is my busy day", "my birthday is the third of december", "i have had this since monday"),
        *("i have a meeting at ten", "i have to pick up my kids at three", "ten is when i eat breakfast"),
        *("the wedding is on saturday", "monday is a holiday", "i called on monday", "school starts on monday"),
        *("i'm off on thursdays", "wednesdays i'm off", "we're closed on mondays", "something came up on tuesday"),
        *("tomorrow i will know", "i will find out on monday", "on friday i'll ask my wife", "tomorrow i'll tell him"),
        *("the shop is closed on thursdays", "i work mondays to wednesdays"),
        *("my bus leaves at half past nine", "i was there on monday", "there's a strike on monday"),
    ],
)
def test_a_remark_is_no_wish(said: str) -> None:
    found = values(said)
    assert found and all(in_remark(*value) for value in found)


@pytest.mark.parametrize(
    "said",
    [
        *("i need an appointment on tuesday", "i'm free on monday and tuesday", "tuesday is my day off"),
        *("tuesday is when i can come", "i have to see the doctor on tuesday", "my best day is tuesday"),
        *("my wife is free on tuesday", "i have time on tuesday", "i was hoping for tuesday", "i'm in on tuesday"),
        *(
            "i have a fever can i come tomorrow",
            "my son has a fever tomorrow please",
            "my husband can drive me on friday",
        ),
        *("the doctor told me to come on thursday", "i can be there at ten", "ten works for me i have to work later"),
        *("my wife is off on wednesdays so that would suit", "i'm off on thursdays so that works"),
        *("i'm off work on thursday", "i'm free on thursday"),
        *("i get there at ten", "monday my name is john smith", "i'd like tuesday i have a question"),
        *("can my wife come with me on tuesday", "my husband should see her on tuesday"),
    ],
)
def test_a_wish_is_no_remark(said: str) -> None:
    found = values(said)
    assert found and not any(in_remark(*value) for value in found)


@pytest.mark.parametrize(
    ("said", "of_it"),
    [
        ("move it from tuesday to wednesday", [True, False]),
        ("move my tuesday appointment to thursday", [True, False]),
        ("my appointment on tuesday to wednesday", [True, False]),
        ("reschedule my appointment of november twenty fourth to december first", [True, False]),
        ("it's on tuesday now and i'd like wednesday", [True, False]),
        ("move my ten o'clock appointment to eleven", [True, False]),
        ("from ten to eleven", [True, False]),
        ("move my appointment to tuesday", [False]),
        ("an appointment on tuesday instead", [False]),
        ("it should be on tuesday", [False]),
    ],
)
def test_what_is_to_be_moved(said: str, of_it: list[bool]) -> None:
    assert [of_record(*value) for value in values(said)] == of_it


@pytest.mark.parametrize(
    ("said", "other"),
    [
        ("doctor patel sent me", True),
        ("my wife goes to doctor patel", True),
        ("is doctor patel a man", True),
        ("doctor patel is my father", True),
        ("is doctor patel free on tuesday", False),
        ("does doctor patel have anything", False),
        ("doctor patel please", False),
        ("my sister recommended doctor patel", False),
    ],
)
def test_a_person_who_is_only_spoken_of(said: str, other: bool) -> None:
    words = tokens(said)
    at = words.index("doctor")
    assert of_other_person(words, at, at + 2) is other
