"""The time of conversations where the clocks change: in Berlin on 29 March and 25 October 2026."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from appliance.config.site import OpeningHours, Persona, Site
from appliance.conversation import opening_hours
from appliance.language.english import ENGLISH
from appliance.runtime.clock import local_clock
from appliance.tools.appointments import AppointmentBook

BERLIN = ZoneInfo("Europe/Berlin")
SITE = Site("Praxis", Persona("Ada", "a voice", "Hello."), time_zone="Europe/Berlin")


def shown(utc: str, zone: ZoneInfo | None = BERLIN) -> datetime:
    """What the clock shows at a time in UTC."""
    return local_clock(zone, lambda: datetime.fromisoformat(utc).replace(tzinfo=UTC))()


@pytest.mark.parametrize(
    ("utc", "local"),
    [
        ("2026-01-15T12:00", "2026-01-15T13:00"),
        ("2026-07-15T12:00", "2026-07-15T14:00"),
        ("2026-07-15T23:30", "2026-07-16T01:30"),  # tomorrow begins before it does in UTC
        ("2026-03-29T00:59", "2026-03-29T01:59"),
        ("2026-03-29T01:00", "2026-03-29T03:00"),  # the hour from two to three is left out
        ("2026-10-25T00:30", "2026-10-25T02:30"),
        ("2026-10-25T01:30", "2026-10-25T02:30"),  # and is repeated in autumn
        ("2026-10-25T02:00", "2026-10-25T03:00"),
    ],
)
def test_the_clock_on_the_wall(utc: str, local: str) -> None:
    assert shown(utc) == datetime.fromisoformat(local)
    assert shown(utc).tzinfo is None and shown(utc).fold == 0


def test_a_site_without_a_time_zone_has_that_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Site("Clinic", Persona("Ada", "a voice", "Hello.")).zone is None
    assert SITE.zone == BERLIN
    system = datetime.fromisoformat("2026-07-15T12:00").replace(tzinfo=UTC).astimezone().replace(tzinfo=None)
    assert shown("2026-07-15T12:00", None) == system


@pytest.mark.parametrize(
    ("utc", "tomorrow"),
    [
        ("2026-03-28T22:30", date(2026, 3, 29)),
        ("2026-03-28T23:30", date(2026, 3, 30)),  # it is already the day of the change
        ("2026-10-24T22:30", date(2026, 10, 26)),
    ],
)
def test_tomorrow_on_the_days_when_the_clocks_change(utc: str, tomorrow: date) -> None:
    (found,) = ENGLISH.dates.find_dates(["tomorrow"], shown(utc))
    assert found.day == tomorrow


@pytest.mark.parametrize(
    ("utc", "is_open"),
    [
        ("2026-03-29T07:30", True),  # 09:30 in summer time
        ("2026-03-29T06:30", False),
        ("2026-10-25T08:30", True),  # 09:30 in winter time
        ("2026-10-25T07:30", False),
    ],
)
def test_opening_hours_on_the_days_when_the_clocks_change(utc: str, is_open: bool) -> None:
    hours = OpeningHours("the pharmacy", {"sunday": "09:00-12:00"})
    said = opening_hours.answer(hours, "is the pharmacy open now", shown(utc), ENGLISH)
    assert said and said.startswith("Yes" if is_open else "No")


def test_appointments_on_the_day_when_the_clocks_change(tmp_path: Path) -> None:
    doctors = {"doctors": [{"name": "Doctor Chen", "hours": {"sunday": "09:00-11:00"}}]}
    book = AppointmentBook(doctors, tmp_path, lambda: shown("2026-03-29T07:10"))
    listed = book.call("free", {"doctor": "Doctor Chen", "date": "2026-03-29"}).data["alternatives"]
    assert isinstance(listed, list) and [offer["time"] for offer in listed] == ["09:30", "10:00", "10:30"]
    assert time(9, 10) == shown("2026-03-29T07:10").time()
