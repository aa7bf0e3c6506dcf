"""Spans of the day in English, as a table of what is said and what is meant, on Wednesday, 18 November 2026."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from appliance.language.english.time_windows import find_window
from appliance.language.english.tokens import tokens

NOW = datetime(2026, 11, 18, 14, 45)


def window(said: str) -> str | None:
    found = find_window(tokens(said), NOW)
    if found is None:
        return None
    ends = (f"{moment:%H:%M}" if isinstance(moment, time) else "" for moment in (found.earliest, found.latest))
    return found.than or "-".join(ends) + " last" * found.last


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        *((text, "12:00-17:00") for text in ("in the afternoon", "tuesday afternoon", "afternoons", "this afternoon")),
        *((text, "-11:59") for text in ("morning is better", "tomorrow morning", "before lunch", "i prefer mornings")),
        *((text, "17:00-") for text in ("in the evening", "tonight", "after work", "after i finish work")),
        ("late afternoon", "15:00-"),
        ("later in the day", "15:00-"),
        ("at the end of the day", "15:00-"),
        ("first thing in the morning", "-10:00"),
        ("early on tuesday morning", "-10:00"),
        ("early please", "-10:00"),
        ("after lunch", "13:00-"),
        ("over lunch", "12:00-14:00"),
        ("after the kids come home from school", "15:00-"),
        ("not too early", "later"),
        ("nothing too late please", "earlier"),
        ("i sleep until ten", "10:00-"),
        ("no in the morning", "-11:59"),
        ("no mornings please", "12:00-"),
        ("mornings are bad", "12:00-"),
        ("the morning doesn't work for me", "12:00-"),
        ("i can't do mornings", "12:00-"),
        ("not in the afternoon", "-11:59"),
        ("any time but not the evening", "-16:59"),
        ("after three", "15:00-"),
        ("any time after half past two", "14:30-"),
        ("not before ten", "10:00-"),
        ("i can't come before ten", "10:00-"),
        ("no later than eleven", "-11:00"),
        ("before noon", "-12:00"),
        ("by five", "-17:00"),
        ("three or later", "15:00-"),
        ("ten at the latest", "-10:00"),
        ("between two and four", "14:00-16:00"),
        ("from two to four", "14:00-16:00"),
        ("after ten in the morning", "10:00-"),
        ("i'm working until four", "16:00-"),
        ("i get off at five so after that", "17:00-"),
        ("no i start work at nine so something after that", "09:00-"),
        ("i pick up my son at three so anything before that", "-15:00"),
        *((text, "-13:00") for text in ("i must be back at work at one", "i have to be home by one")),
        *((text, "-11:00") for text in ("i have to leave by eleven", "we need to go home at eleven")),
        *((text, "-11:59 last") for text in ("just before noon", "shortly before twelve")),
        ("right before half past ten please", "-10:29 last"),
        *((text, "- last") for text in ("as late as possible", "the latest you have", "the last one of the day")),
        *((text, "- last") for text in ("the last appointment you have", "the latest possible", "the last available")),
        ("as late as possible in the morning", "-11:59 last"),
        *((text, "11:15-12:00") for text in ("just before lunch", "shortly before my lunch break")),
        *(
            (text, "later")
            for text in ("later", "do you have anything later", "a bit later please", "that's too early")
        ),
        *((text, "earlier") for text in ("something earlier", "an hour earlier", "that is too late for me")),
    ],
)
def test_a_span_of_the_day(said: str, wanted: str) -> None:
    assert window(said) == wanted


@pytest.mark.parametrize(
    "said",
    [
        *("at ten", "at ten in the morning", "eight tonight", "half past two", "ten past three", "quarter after three"),
        *("good morning", "good evening i need an appointment", "later in the week", "an earlier day"),
        *("i have to be there at ten", "i have to see the doctor at ten"),
        *("i hope that is not too late", "that's not too early", "it is not too late is it", "the last one"),
        *("what is the last bus", "the latest news", "the last day", "before i forget", "just before we go on"),
        *("can i cancel later", "see you later", "my name is early", "the day after tomorrow"),
    ],
)
def test_no_span_of_the_day(said: str) -> None:
    assert window(said) is None
