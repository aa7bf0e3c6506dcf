"""The appointment book, on Wednesday, 18 November 2026, at 14:45."""

import threading
from datetime import datetime
from pathlib import Path

import pytest

from appliance.messages import ToolResult
from appliance.ports import PortError
from appliance.services.appointments import AppointmentBook

OPTIONS = {
    "minutes": 30,
    "doctors": [
        {"name": "Doctor Chen", "hours": {"monday-thursday": "09:00-12:00"}},
        {"name": "Doctor Miller", "hours": {"friday": "10:00-11:00"}},
    ],
}


def now() -> datetime:
    return datetime(2026, 11, 18, 14, 45)


@pytest.fixture
def book(tmp_path: Path) -> AppointmentBook:
    return AppointmentBook(OPTIONS, tmp_path, now)


def booked(book: AppointmentBook, day: str = "2026-11-19", time: str = "10:00", name: str = "Ann Hill") -> ToolResult:
    return book.call("book", {"doctor": "Doctor Chen", "date": day, "time": time, "name": name})


def test_book_look_up_move_cancel(book: AppointmentBook) -> None:
    result = booked(book)
    assert result.ok
    assert result.say.startswith("Your appointment with Doctor Chen is tomorrow, Thursday at ten o'clock.")
    reference = {"reference": str(result.data["reference"])}
    assert book.call("look_up", reference).data["time"] == "10:00"
    moved = book.call("reschedule", {**reference, "date": "2026-11-24", "time": "09:30"})
    assert moved.say == "Your appointment with Doctor Chen is now on Tuesday, November twenty-fourth at half past nine."
    assert book.call("cancel", reference).ok
    assert not book.call("look_up", reference).ok
    assert booked(book, "2026-11-24", "09:30").ok


def test_a_clash_is_refused_with_the_nearest_times(book: AppointmentBook) -> None:
    assert booked(book).ok
    clash = booked(book, name="Tom King")
    assert not clash.ok
    assert clash.data["slots"] == ["time"]
    assert [offer["time"] for offer in clash.data["alternatives"]] == ["09:30", "10:30"]  # type: ignore[attr-defined]
    assert "half past nine and half past ten" in clash.say


@pytest.mark.parametrize("function", ["book", "check"])
@pytest.mark.parametrize(
    ("day", "time", "slot"),
    [
        ("2026-11-20", "10:00", "date"),  # Friday: not here
        ("2026-11-19", "13:00", "time"),  # outside of hours
        ("2026-11-19", "10:10", "time"),  # between two appointments
        ("2026-11-18", "10:00", "date"),  # past, and nothing left today
        ("2027-11-18", "10:00", "date"),  # too far ahead
    ],
)
def test_what_cannot_be_had(book: AppointmentBook, function: str, day: str, time: str, slot: str) -> None:
    result = book.call(function, {"doctor": "Doctor Chen", "date": day, "time": time, "name": "Ann Hill"})
    assert not result.ok
    assert result.data["slots"] == [slot]


def test_moving_to_its_own_time_is_no_clash(book: AppointmentBook) -> None:
    reference = str(booked(book).data["reference"])
    assert book.call("check", {"reference": reference, "date": "2026-11-19", "time": "10:00"}).ok


def test_free_times(book: AppointmentBook) -> None:
    booked(book)
    free = book.call("free", {"doctor": "Doctor Chen", "date": "2026-11-19"})
    assert free.ok
    times = [offer["time"] for offer in free.data["alternatives"]]  # type: ignore[attr-defined]
    assert times == ["09:00", "09:30", "10:30", "11:00", "11:30"]


def test_it_survives_a_restart(book: AppointmentBook, tmp_path: Path) -> None:
    reference = str(booked(book).data["reference"])
    again = AppointmentBook(OPTIONS, tmp_path, now)
    assert again.call("look_up", {"reference": reference}).ok
    assert not booked(again, name="Tom King").ok


def test_two_books_never_give_the_same_time_twice(tmp_path: Path) -> None:
    books = [AppointmentBook(OPTIONS, tmp_path, now) for _ in range(2)]
    results: list[bool] = []
    gate = threading.Barrier(2)

    def race(book: AppointmentBook) -> None:
        for _ in range(5):
            gate.wait()
            try:
                results.append(booked(book).ok)
            except PortError:
                results.append(False)

    threads = [threading.Thread(target=race, args=(book,)) for book in books]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(True) == 1


def test_an_unknown_number(book: AppointmentBook) -> None:
    result = book.call("cancel", {"reference": "1234"})
    assert not result.ok
    assert result.data["slots"] == ["reference"]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({}, "doctors"),
        ({"doctors": [{"name": "A"}]}, "hours"),
        ({"doctors": [{"name": "A", "hours": {"moonday": "09:00-10:00"}}]}, "moonday"),
        ({"doctors": [{"name": "A", "hours": {"monday": "09:00-10:00"}}], "minutes": 0}, "minutes"),
    ],
)
def test_bad_options_are_named(options: dict[str, object], word: str, tmp_path: Path) -> None:
    with pytest.raises(PortError, match=word):
        AppointmentBook(options, tmp_path)


def test_an_unknown_function_is_named(book: AppointmentBook) -> None:
    with pytest.raises(PortError, match="burn"):
        book.call("burn", {})
