"""Patterns of the languages on lines that once took minutes: each such line must be read as fast as any other."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from appliance.language.english import ENGLISH, answers, remarks, words
from appliance.language.english.tokens import tokens
from appliance.language.found import Shift

NOW = datetime(2026, 11, 18, 14, 45)


@pytest.mark.parametrize(
    "line",
    [
        "let me check " + "the one for " * 40 + "mother's",
        *(f"{row} " * 40 + "zq!" for row in ("would prefer", "rather have", "want to", "not you", "you to", "find")),
        "again please " * 40 + "zq!",
        "bye bye " * 40 + "zq!",
        "hm" * 60 + " zq!",
        "at ten it " + "it" * 60 + "!",
    ],
)
def test_a_line_of_many_equal_words_is_read(line: str) -> None:
    intents, tasks = ENGLISH.intents, ENGLISH.tasks
    assert not tasks.asks_for_time(line) or line.startswith("let me check")
    assert not intents.wants_person(line)
    assert not intents.refuses_person(line)
    ENGLISH.recall.asks_again(line)
    assert words.commoner(line)
    assert not answers.HESITATES.match(line)
    remarks.in_remark(tokens(line), 0, 1)


@pytest.mark.parametrize(
    "said", ["9999999 weeks later", "the day after 12/31/9999", "after december thirty first 9999", "in 999 months"]
)
def test_a_day_that_no_calendar_reaches_is_none(said: str) -> None:
    ENGLISH.dates.scan_dates(tokens(said), NOW, True)
    ENGLISH.day_windows.find_window(tokens(said), NOW)
    for shift in ENGLISH.shifts.find_shifts(tokens(said)):
        shift.day(date(9999, 12, 31))


def test_a_month_later_is_the_same_day_of_the_next_month() -> None:
    assert Shift(0, 1, "month", 1).day(date(2026, 12, 3)) == date(2027, 1, 3)
    assert Shift(0, 1, "month", 3).day(date(2026, 11, 30)) == date(2027, 2, 28)
