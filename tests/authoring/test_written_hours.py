"""Opening hours as houses write them."""

from __future__ import annotations

import pytest

from appliance.authoring.written_hours import as_week, read_hours
from appliance.config.hours import parse_week
from appliance.language.english import ENGLISH
from appliance.language.spanish import SPANISH

WEEKDAYS = {"monday-friday": "09:00-17:00", "saturday-sunday": "closed"}


@pytest.mark.parametrize(
    ("text", "week"),
    [
        ("Mon-Fri 9-17", WEEKDAYS),
        ("Monday to Friday 9 am - 5 pm", WEEKDAYS),
        ("Monday – Friday: 9:00 – 17:00", WEEKDAYS),
        ("Weekdays 9am-5pm", WEEKDAYS),
        ("Opening hours: Mon.-Fri. 9.00-17.00 h", WEEKDAYS),
        ("We are open Monday to Friday from nine in the morning to five in the afternoon.", WEEKDAYS),
        ("Mon, Tue, Wed, Thu & Fri 9 to 5", WEEKDAYS),
        (
            "Mon-Thu 9-17, Fri 9-13",
            {"monday-thursday": "09:00-17:00", "friday": "09:00-13:00", "saturday-sunday": "closed"},
        ),
        ("daily 8-12, 13-18", {"monday-sunday": "08:00-12:00, 13:00-18:00"}),
        ("Daily 24 hours", {"monday-sunday": "00:00-24:00"}),
        ("Saturday noon to midnight", {"monday-friday": "closed", "saturday": "12:00-24:00", "sunday": "closed"}),
        ("Fri 8 pm - 2 am", {"monday-thursday": "closed", "friday": "20:00-02:00", "saturday-sunday": "closed"}),
        ("Fri 20:00-02:00", {"monday-thursday": "closed", "friday": "20:00-02:00", "saturday-sunday": "closed"}),
        ("Sun 2-6 pm", {"monday-saturday": "closed", "sunday": "14:00-18:00"}),
        ("weekend 10:00-16:00", {"monday-friday": "closed", "saturday-sunday": "10:00-16:00"}),
    ],
)
def test_hours_are_read(text: str, week: dict[str, str]) -> None:
    read = read_hours(text, ENGLISH)
    assert read is not None and read.what == ""
    assert as_week(read.days) == week
    parse_week(as_week(read.days))


def test_what_has_the_hours_is_named() -> None:
    read = read_hours("Sauna: Wednesday to Sunday 2 pm to 8 pm", ENGLISH)
    assert read is not None and (read.what, read.days[2], read.days.get(0)) == ("Sauna", "14:00-20:00", None)
    assert read_hours("Monday: closed", ENGLISH) is not None


@pytest.mark.parametrize(
    "text",
    [
        "Ages 4 to 15",
        "9 to 5",
        "The water slide is open from 2 pm to 6 pm.",
        "Swimming lessons for children are on Tuesdays at 4 pm.",
        "Room 12",
        "Call us on Monday.",
        "The pool is closed.",
        "Open Mon-Fri 9-17 but please ring the bell at the side door of the old house",
        "",
    ],
)
def test_what_says_anything_else_is_no_opening_hours(text: str) -> None:
    assert read_hours(text, ENGLISH) is None


def test_hours_are_read_in_another_language() -> None:
    read = read_hours("lunes a viernes 9:00-14:00", SPANISH)
    assert read is not None
    assert as_week(read.days) == {"monday-friday": "09:00-14:00", "saturday-sunday": "closed"}
