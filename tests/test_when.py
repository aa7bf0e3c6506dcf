"""Dates and times in a visitor's words, on Wednesday, 18 November 2026."""

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.numerals import tokens
from appliance.when import find_dates, find_times, say_date, say_list, say_time

NOW = datetime(2026, 11, 18, 10, 0)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2026-11-18"),
        ("tomorrow at nine", "2026-11-19"),
        ("the day after tomorrow", "2026-11-20"),
        ("on friday", "2026-11-20"),
        ("this friday", "2026-11-20"),
        ("next friday", "2026-11-27"),
        ("wednesday", "2026-11-25"),
        ("monday next week", "2026-11-23"),
        ("next week on tuesday", "2026-11-24"),
        ("a week from monday", "2026-11-30"),
        ("in three days", "2026-11-21"),
        ("in two weeks", "2026-12-02"),
        ("december first", "2026-12-01"),
        ("the third of december", "2026-12-03"),
        ("on the twelfth", "2026-12-12"),
        ("the twenty third", "2026-11-23"),
        ("monday the thirtieth", "2026-11-30"),
        ("january 5th", "2027-01-05"),
        ("twenty second of november", "2026-11-22"),
    ],
)
def test_dates(text: str, day: str) -> None:
    assert [found.day for found in find_dates(tokens(text), NOW)] == [date.fromisoformat(day)]


@pytest.mark.parametrize("text", ["the second floor", "the first one", "two people", "i may come", "at three"])
def test_no_date(text: str) -> None:
    assert find_dates(tokens(text), NOW) == []


def test_a_misheard_weekday_counts_only_when_a_day_was_asked_for() -> None:
    assert find_dates(tokens("wensday"), NOW) == []
    assert [found.day.isoformat() for found in find_dates(tokens("wensday"), NOW, expected=True)] == ["2026-11-25"]


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("at three", "15:00"),
        ("half past two", "14:30"),
        ("quarter to four", "15:45"),
        ("nine a m", "09:00"),
        ("nine oh five", "09:05"),
        ("ten thirty", "10:30"),
        ("two thirty please", "14:30"),
        ("eleven o'clock", "11:00"),
        ("noon", "12:00"),
        ("at seven in the evening", "19:00"),
        ("14:15", "14:15"),
    ],
)
def test_times(text: str, clock: str) -> None:
    assert [found.time for found in find_times(tokens(text))] == [time.fromisoformat(clock)]


@pytest.mark.parametrize("text", ["two people", "twelve", "the second one", "for three visitors"])
def test_no_time(text: str) -> None:
    assert find_times(tokens(text)) == []


def test_a_bare_number_is_a_time_when_one_was_asked_for() -> None:
    assert [found.time for found in find_times(tokens("two"), expected=True)] == [time(14)]


@given(st.dates(date(2026, 11, 19), date(2027, 11, 17)))
def test_a_date_that_was_said_is_understood(day: date) -> None:
    said = tokens(say_date(day, NOW.date()))
    assert {found.day for found in find_dates(said, NOW)} == {day}


@given(st.integers(7, 18), st.sampled_from([0, 5, 10, 15, 20, 30, 40, 45, 55]))
def test_a_time_that_was_said_is_understood(hour: int, minute: int) -> None:
    moment = time(hour, minute)
    assert [found.time for found in find_times(tokens("at " + say_time(moment, part_of_day=True)))] == [moment]


def test_lists() -> None:
    assert say_list(["a", "b", "c"]) == "a, b and c"
