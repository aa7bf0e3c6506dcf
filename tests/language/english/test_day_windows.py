"""Spans of days in English, as a table of what is said and what is meant, on Wednesday, 18 November 2026."""

from __future__ import annotations

from datetime import datetime

import pytest

from appliance.language.english.day_windows import find_window
from appliance.language.english.tokens import tokens

NOW = datetime(2026, 11, 18, 14, 45)


def window(said: str, now: datetime = NOW) -> str | None:
    """The first and the last day that are wanted, and behind "not" those that are not."""
    found = find_window(tokens(said), now)
    if found is None:
        return None
    spans = [(found.first, found.last), *found.unwanted]
    wanted, *unwanted = ("-".join(f"{day:%m/%d}" if day else "" for day in span) for span in spans)
    return " not ".join([*([wanted] if found.first or found.last else [""]), *unwanted]).strip()


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        *(
            (text, "11/23-11/29")
            for text in ("next week", "some time next week", "any day next week", "in the next week")
        ),
        ("the beginning of next week", "11/23-11/24"),
        ("at the end of the month", "11/26-11/30"),
        ("later this week", "11/19-11/22"),
        ("this weekend", "11/21-11/22"),
        ("the week after next", "11/30-12/06"),
        ("next week or the week after next", "11/23-12/06"),
        *((text, "12/01-12/31") for text in ("next month", "any day in december", "december", "in december please")),
        ("early december", "12/01-12/10"),
        *((text, "12/07-12/13") for text in ("the week of the seventh of december", "in the week of december ninth")),
        *((text, "11/30-12/06") for text in ("the week of november thirtieth", "the week beginning the thirtieth")),
        ("the week of christmas", "12/21-12/27"),
        ("the week after christmas", "12/28-01/03"),
        ("the week of today", "11/18-11/22"),
        *((text, "11/30-12/06") for text in ("not next week the one after", "i'm away next week so the week after")),
        ("not next week but the week after that", "11/30-12/06"),
        ("mid december", "12/11-12/20"),
        ("in the first week of december", "12/01-12/07"),
        ("in the next two weeks", "11/18-12/02"),
        ("in the next few days", "11/18-11/23"),
        ("within three days", "11/18-11/21"),
        ("after monday", "11/24-"),
        ("before friday", "-11/19"),
        ("by friday", "-11/20"),
        ("from monday on", "11/23-"),
        ("not before monday", "11/23-"),
        ("monday or later", "11/23-"),
        ("monday at the latest", "-11/23"),
        ("between monday and thursday", "11/23-11/26"),
        ("after next week", "11/30-"),
        ("not until december", "12/01-"),
        ("from december on", "12/01-"),
        ("before next week", "-11/22"),
        ("by the end of next week", "-11/29"),
        ("not this week", "not 11/18-11/22"),
        ("i can't do next week", "not 11/23-11/29"),
        ("next week doesn't work", "not 11/23-11/29"),
        ("not this week but next week", "11/23-11/29 not 11/18-11/22"),
    ],
)
def test_a_span_of_days(said: str, wanted: str) -> None:
    assert window(said) == wanted


@pytest.mark.parametrize(
    ("day", "said", "wanted"),
    [
        # Monday
        *((16, said, "11/21-11/22") for said in ("this weekend", "at the weekend", "the coming weekend")),
        (16, "next weekend", "11/28-11/29"),
        (16, "after the weekend", "11/23-"),
        (16, "before the weekend", "-11/20"),
        # Friday
        *((20, said, "11/21-11/22") for said in ("this weekend", "at the weekend")),
        (20, "next weekend", "11/28-11/29"),
        # Saturday
        *((21, said, "11/21-11/22") for said in ("this weekend", "at the weekend")),
        (21, "next weekend", "11/28-11/29"),
        # Sunday
        (22, "this weekend", "11/22-11/22"),
        (22, "at the weekend", "11/28-11/29"),
        (22, "next weekend", "11/28-11/29"),
        (22, "after the weekend", "11/23-"),
        (22, "after this weekend", "11/23-"),
        (22, "after next weekend", "11/30-"),
        (22, "not this weekend", "not 11/22-11/22"),
    ],
)
def test_a_weekend(day: int, said: str, wanted: str) -> None:
    assert window(said, datetime(2026, 11, day, 14, 45)) == wanted


@pytest.mark.parametrize(
    "said",
    [
        *("tuesday next week", "next tuesday", "the day after tomorrow", "in two weeks", "two weeks from monday"),
        *("december third", "the first of december", "every week", "once a week", "last week", "may i come tomorrow"),
        *("the thirtieth of february", "the thirty first of november", "the third of november", "a week of work"),
        *("after ten", "before noon", "a week later", "the week after", "march in", "my name is april may"),
    ],
)
def test_no_span_of_days(said: str) -> None:
    assert window(said) is None
