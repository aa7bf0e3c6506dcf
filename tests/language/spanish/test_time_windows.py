"""Spans of the day in Spanish, as a table of what is said and what is meant."""

from __future__ import annotations

from datetime import datetime

import pytest

from appliance.language.spanish.time_windows import find_window
from appliance.language.spanish.tokens import tokens


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("por la tarde", "12:00-20:00"),
        ("mañana por la mañana", "-11:59"),
        ("por la mañana no puedo", "12:00-"),
        ("después de las tres", "15:00-"),
        ("no antes de las diez", "10:00-"),
        ("entre las dos y las cuatro", "14:00-16:00"),
        ("hasta las cinco", "-17:00"),
        ("no muy temprano", "later"),
        ("más tarde", "later"),
        ("mañana", None),
        ("a las tres de la tarde", None),
    ],
)
def test_a_span_of_the_day(said: str, wanted: str | None) -> None:
    found = find_window(tokens(said), datetime(2026, 11, 18, 14, 45))
    ends = [f"{moment:%H:%M}" if moment else "" for moment in (found.earliest, found.latest)] if found else []
    assert (found and (found.than or "-".join(ends))) == wanted
