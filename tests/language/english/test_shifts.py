"""Days and times that are said by their distance from another, as a table."""

from __future__ import annotations

from datetime import date, time

import pytest

from appliance.language.english.shifts import find_shifts
from appliance.language.english.tokens import tokens

TUESDAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        *(
            (text, "12-01")
            for text in ("a week later please", "the week after", "the following week", "one week after")
        ),
        *((text, "12-01") for text in ("the tuesday after", "the following tuesday", "no make it a week later")),
        *((text, "11-25") for text in ("one day later", "the day after", "the day after that would be better")),
        *((text, "11-23") for text in ("the day before", "can it be a day earlier", "the monday before")),
        *((text, "12-08") for text in ("two weeks later", "a fortnight later", "a couple of weeks later")),
        ("the one after", "12-01"),
        ("the friday after", "11-27"),
        *(
            (text, "12-01")
            for text in ("move it a week", "can we put my appointment off by a week", "postpone it a week")
        ),
        *((text, "11-25") for text in ("make it the morning after", "push it back a day", "delay it by one day")),
        ("something came up on tuesday can we put it off by a week", "12-01"),
        ("can you bring my appointment forward by a day", "11-23"),
    ],
)
def test_a_day_at_a_distance(said: str, day: str) -> None:
    (shift,) = find_shifts(tokens(said))
    assert shift.day(TUESDAY) == date.fromisoformat(f"2026-{day}")
    assert shift.time(time(10)) is None


@pytest.mark.parametrize(
    ("said", "base", "moment"),
    [
        ("an hour later", "10:00", "11:00"),
        ("half an hour earlier", "10:00", "09:30"),
        ("two hours before that", "10:00", "08:00"),
        ("twenty minutes later please", "10:00", "10:20"),
        ("no half past", "10:00", "10:30"),
        ("no quarter past", "14:45", "15:15"),
        ("quarter to", "10:00", "09:45"),
        ("three hours later", "22:00", None),
        ("push my appointment back thirty minutes", "10:00", "10:30"),
        ("can you push it back an hour", "10:00", "11:00"),
        ("bring it forward by half an hour please", "10:00", "09:30"),
        ("move it up an hour", "10:00", "09:00"),
        ("push it back another half hour", "10:00", "10:30"),
        ("could you push my appointment by twenty minutes", "10:00", "10:20"),
        ("can my appointment with doctor chen be pushed back an hour", "10:00", "11:00"),
        ("could it be moved up an hour", "10:00", "09:00"),
        ("my bus gets in at ten twenty so half past", "10:20", "10:30"),
    ],
)
def test_a_time_at_a_distance(said: str, base: str, moment: str | None) -> None:
    (shift,) = find_shifts(tokens(said))
    assert shift.time(time.fromisoformat(base)) == (time.fromisoformat(moment) if moment else None)
    assert shift.day(TUESDAY) is None


@pytest.mark.parametrize(
    ("said", "day", "moment"),
    [
        ("make it one hour later and one day earlier", "11-23", "11:00"),
        ("one day earlier and an hour later", "11-23", "11:00"),
        ("could we do it a week later but half an hour earlier", "12-01", "09:30"),
        ("two days later and two hours earlier please", "11-26", "08:00"),
        ("move my appointment an hour earlier and one day later", "11-25", "09:00"),
    ],
)
def test_a_day_and_a_time_at_a_distance(said: str, day: str, moment: str) -> None:
    shifts = find_shifts(tokens(said))
    assert [f"{found:%m-%d}" for shift in shifts if (found := shift.day(TUESDAY))] == [day]
    assert [f"{at:%H:%M}" for shift in shifts if (at := shift.time(time(10)))] == [moment]


@pytest.mark.parametrize(
    "said",
    [
        *("ten and not a minute later", "tuesday and not a day later", "not an hour earlier"),
        *("should i come half an hour earlier", "i'll bring my wife the day before", "can i cancel a day before"),
        *("half past ten", "later", "a bit later", "i was here a week before the operation", "how long after that"),
        *("did you push it back a week ago", "i put it off for a week", "move it to a week day"),
        *("do you send a reminder the day before", "the week after next", "a week before my birthday"),
        *("we moved here a week later", "i pushed back a day of work", "it was moved up a floor"),
    ],
)
def test_no_distance(said: str) -> None:
    assert find_shifts(tokens(said)) == []
