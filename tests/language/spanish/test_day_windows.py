"""Spans of days and distances in Spanish, as tables, on Wednesday, 18 November 2026."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from appliance.language.spanish.day_windows import find_window
from appliance.language.spanish.shifts import find_shifts
from appliance.language.spanish.slots import in_remark, of_record
from appliance.language.spanish.tokens import tokens

NOW = datetime(2026, 11, 18, 14, 45)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("la semana que viene", "11/23-11/29"),
        ("en diciembre", "12/01-12/31"),
        ("a principios de diciembre", "12/01-12/10"),
        ("después del lunes", "11/24-"),
        ("a partir del lunes", "11/23-"),
        ("antes del viernes", "-11/19"),
        ("el martes", None),
        ("la semana pasada", None),
    ],
)
def test_a_span_of_days(said: str, wanted: str | None) -> None:
    found = find_window(tokens(said), NOW)
    ends = [f"{day:%m/%d}" if day else "" for day in (found.first, found.last)] if found else []
    assert (found and "-".join(ends)) == wanted


@pytest.mark.parametrize(
    ("said", "day", "moment"),
    [
        ("una semana más tarde", date(2026, 12, 1), None),
        ("al día siguiente", date(2026, 11, 25), None),
        ("media hora antes", None, time(9, 30)),
        ("dos horas después", None, time(12)),
    ],
)
def test_a_distance(said: str, day: date | None, moment: time | None) -> None:
    (shift,) = find_shifts(tokens(said))
    assert (shift.day(date(2026, 11, 24)), shift.time(time(10))) == (day, moment)


def test_a_day_that_is_no_wish() -> None:
    words = tokens("tengo dentista el lunes")
    assert in_remark(words, 3, 4)
    words = tokens("del lunes al martes")
    at = words.index("lunes")
    assert of_record(words, at, at + 1)
    assert not of_record(words, words.index("martes"), words.index("martes") + 1)
