"""The appointment book, on Wednesday, 18 November 2026, at 14:45."""

import re
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from appliance.core.facts import ToolResult
from appliance.core.ports import PortError
from appliance.language.english import ENGLISH
from appliance.tools import appointments
from appliance.tools.appointment_store import postgresql as postgresql_store
from appliance.tools.appointment_store.opening import store_of
from appliance.tools.appointments import AppointmentBook

OPTIONS: dict[str, object] = {
    "minutes": 30,
    "doctors": [
        {"name": "Doctor Chen", "hours": {"monday-thursday": "09:00-12:00"}},
        {"name": "Doctor Miller", "hours": {"friday": "10:00-11:00"}},
    ],
}


def now() -> datetime:
    return datetime(2026, 11, 18, 14, 45)


@pytest.fixture
def options(book_options: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """The options of a book in each kind of store. What is kept must be the same."""
    # The tests have a calendar of their own, and the server that of this machine.
    monkeypatch.setattr(postgresql_store, "_CLOCKS_APART", timedelta(10_000))
    return {**OPTIONS, **book_options}


@pytest.fixture
def book(tmp_path: Path, options: dict[str, object]) -> AppointmentBook:
    return AppointmentBook(options, tmp_path, now)


def booked(book: AppointmentBook, day: str = "2026-11-19", time: str = "10:00", name: str = "Ann Hill") -> ToolResult:
    return book.call("book", {"doctor": "Doctor Chen", "date": day, "time": time, "name": name})


def test_book_look_up_move_cancel(book: AppointmentBook) -> None:
    result = booked(book)
    assert result.ok
    assert result.say.startswith("Your appointment with Doctor Chen is tomorrow, Thursday at ten o'clock.")
    reference = {"reference": str(result.data["reference"]), "name": "Ann Hill"}
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
def test_an_unavailable_time_is_refused_with_its_slot(
    book: AppointmentBook, function: str, day: str, time: str, slot: str
) -> None:
    result = book.call(function, {"doctor": "Doctor Chen", "date": day, "time": time, "name": "Ann Hill"})
    assert not result.ok
    assert result.data["slots"] == [slot]


def test_moving_to_its_own_time_is_no_clash(book: AppointmentBook) -> None:
    reference = str(booked(book).data["reference"])
    assert book.call("check", {"reference": reference, "name": "Ann Hill", "date": "2026-11-19", "time": "10:00"}).ok


def test_free_times(book: AppointmentBook) -> None:
    booked(book)
    free = book.call("free", {"doctor": "Doctor Chen", "date": "2026-11-19"})
    assert free.ok
    times = [offer["time"] for offer in free.data["alternatives"]]  # type: ignore[attr-defined]
    assert times == ["09:00", "09:30", "11:00", "11:30", "10:30"]
    assert free.data["told"] == 4, "those that are said come first, since a visitor picks one by its place"


def test_appointments_survive_a_restart(options: dict[str, object], book: AppointmentBook, tmp_path: Path) -> None:
    reference = str(booked(book).data["reference"])
    again = AppointmentBook(options, tmp_path, now)
    assert again.call("look_up", {"reference": reference, "name": "Ann Hill"}).ok
    assert not booked(again, name="Tom King").ok


def test_two_books_never_book_the_same_time_twice_and_offer_others(options: dict[str, object], tmp_path: Path) -> None:
    books = [AppointmentBook(options, tmp_path, now) for _ in range(2)]
    results: list[ToolResult] = []
    gate = threading.Barrier(2)

    def race(book: AppointmentBook) -> None:
        for _ in range(5):
            gate.wait()
            results.append(booked(book))

    threads = [threading.Thread(target=race, args=(book,)) for book in books]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 10
    assert [result.ok for result in results].count(True) == 1
    assert all(result.data["slots"] == ["time"] for result in results if not result.ok)


@pytest.mark.parametrize("function", ["book", "reschedule"])
def test_the_loser_of_a_race_is_offered_other_times(
    options: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    one, other = (AppointmentBook(options, tmp_path, now) for _ in range(2))
    mine = str(booked(one, time="11:00", name="Tom King").data["reference"])
    free = one._is_free

    def too_late(place: object) -> bool:
        """The other book is quicker: it books between our look and our entry."""
        was_free = free(place)  # type: ignore[arg-type]
        booked(other)
        return was_free

    monkeypatch.setattr(one, "_is_free", too_late)
    asked = {"doctor": "Doctor Chen", "date": "2026-11-19", "time": "10:00", "name": "Tom King", "reference": mine}
    lost = one.call(function, asked)
    assert not lost.ok
    assert "09:30" in str(lost.data["alternatives"])


@pytest.mark.parametrize(
    ("said", "kept", "same"),
    [
        *(("shawn thomson", "Sean Thompson", True), ("kathryn riley", "Catherine Reilly", True)),
        *(("cate maier", "Kate Meyer", True), ("zoey win", "Zoe Nguyen", True), ("john brown", "John Braun", True)),
        *(("tom king", "Ann Hill", False), ("tom king", "Tim Kim", False), ("anna wood", "Anna Ward", False)),
        *(("peter smart", "Peter Smith", False), ("mary young", "Mary King", False), ("ann", "Ann Hill", False)),
    ],
)
def test_a_name_is_the_same_in_another_spelling(said: str, kept: str, same: bool) -> None:
    assert appointments.same_name(said, kept, ENGLISH) is same


@pytest.mark.parametrize("said", ["Ann Hill", "ann hill", "Hill", "Anne Hill", "Ann Mary Hill"])
def test_a_record_is_opened_by_number_and_name(book: AppointmentBook, said: str) -> None:
    reference = str(booked(book).data["reference"])
    assert book.call("look_up", {"reference": reference, "name": said}).ok


@pytest.mark.parametrize("function", ["look_up", "cancel", "reschedule", "check"])
@pytest.mark.parametrize("more", [{"name": "Tom King"}, {"name": "Ann"}, {"booked_for": "2026-11-24"}, {"name": ""}])
def test_a_record_is_not_opened_by_number_and_another_name(
    book: AppointmentBook, function: str, more: dict[str, str]
) -> None:
    reference = str(booked(book).data["reference"])
    asked = {"reference": reference, "date": "2026-11-23", "time": "10:00", **more}
    wrong = book.call(function, asked)
    assert not wrong.ok
    assert wrong.data == {"slots": sorted(["reference", *more])}
    # The answer does not show whether there is such a number.
    never = book.call(function, {**asked, "reference": "1111111"})
    spoken = {number: " ".join(number[:3]) + ", " + " ".join(number[3:]) for number in (reference, "1111111")}
    assert wrong.say.replace(spoken[reference], "N") == never.say.replace(spoken["1111111"], "N")
    assert book.call("look_up", {"reference": reference, "name": "Ann Hill"}).ok


@pytest.mark.parametrize("function", ["look_up", "cancel"])
def test_the_number_alone_opens_no_record(book: AppointmentBook, function: str) -> None:
    reference = str(booked(book).data["reference"])
    assert not book.call(function, {"reference": reference}).ok
    assert book.call("check", {"reference": reference}) == book.call("check", {"reference": "1111111"})


def test_number_and_day_open_a_record_without_the_name(book: AppointmentBook) -> None:
    reference = str(booked(book).data["reference"])
    assert book.call("look_up", {"reference": reference, "booked_for": "2026-11-19"}).ok
    both = {"reference": reference, "booked_for": "2026-11-19", "name": "Tom King"}
    assert not book.call("look_up", both).ok


def test_a_number_is_locked_after_five_wrong_tries_whether_it_exists_or_not(
    options: dict[str, object], tmp_path: Path
) -> None:
    clock = [now()]
    book = AppointmentBook(options, tmp_path, lambda: clock[0])
    reference = str(booked(book).data["reference"])
    for number in (reference, "1111111"):
        tries = [book.call("look_up", {"reference": number, "name": f"Name {n}"}).say for n in range(6)]
        assert not any("locked" in said for said in tries[:5])
        assert "locked" in tries[5]
    right = {"reference": reference, "name": "Ann Hill"}
    assert not book.call("cancel", right).ok, "also for whoever knows the name: they may have guessed it by now"
    clock[0] += timedelta(minutes=61)
    assert book.call("look_up", right).ok


def test_the_memory_for_wrong_tries_is_bounded(book: AppointmentBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appointments, "_REMEMBERED", 5)
    for number in range(20):
        book.call("look_up", {"reference": f"{number:07}", "name": "Ann Hill"})
    assert len(book._tries) == 5


def test_numbers_are_long_and_hold_no_zero(book: AppointmentBook) -> None:
    numbers = {str(booked(book, time=time).data["reference"]) for time in ("09:00", "09:30", "10:00", "10:30")}
    assert len(numbers) == 4
    assert all(re.fullmatch("[1-9]{7}", number) for number in numbers)


def test_a_number_that_is_taken_is_drawn_again_and_a_full_book_is_an_error(
    book: AppointmentBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter(["1111111", "1111111", "2222222"])
    monkeypatch.setattr(appointments, "_draw_reference", lambda: next(drawn))
    assert booked(book).data["reference"] == "1111111"
    assert booked(book, time="11:00").data["reference"] == "2222222"
    monkeypatch.setattr(appointments, "_draw_reference", lambda: "1111111")
    with pytest.raises(PortError, match="no number is free"):
        booked(book, time="11:30")
    assert booked(book, time="11:00").data["slots"] == ["time"], "and the book is not locked by that"


class Days:
    """A calendar that a test advances."""

    def __init__(self) -> None:
        self.today = now()

    def __call__(self) -> datetime:
        return self.today

    def pass_by(self, days: int, book: AppointmentBook) -> int:
        """Let days go by, each of which the book sees. Returns the records that were forgotten."""
        forgotten: list[int] = []
        for _ in range(days):
            self.today += timedelta(1)
            book.forget(forgotten.append)
        return sum(forgotten)


def test_past_appointments_are_forgotten_after_the_days_that_the_site_keeps_them(
    options: dict[str, object], tmp_path: Path
) -> None:
    calendar = Days()
    book = AppointmentBook({**options, "days": 10}, tmp_path, calendar)
    booked(book, "2026-11-19")
    booked(book, "2026-11-24")
    book.forget(lambda _: None)
    assert calendar.pass_by(11, book) == 0, "10 days after the first"
    assert calendar.pass_by(1, book) == 1
    assert calendar.pass_by(10, book) == 1
    with store_of(options, tmp_path) as store:
        assert store.everything() == []
    assert b"Ann Hill" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_after_a_calendar_jump_nothing_is_forgotten_for_a_day(options: dict[str, object], tmp_path: Path) -> None:
    calendar = Days()
    book = AppointmentBook({**options, "days": 10}, tmp_path, calendar)
    booked(book)
    book.forget(lambda _: None)
    for jump in (400, -400, 400, 3):
        calendar.today += timedelta(jump)
        book.forget(lambda _: pytest.fail("forgotten at a jump of the calendar"))
    assert calendar.pass_by(1, book) == 1


def test_an_appointment_is_not_forgotten_if_that_cannot_be_recorded(options: dict[str, object], tmp_path: Path) -> None:
    calendar = Days()
    book = AppointmentBook({**options, "days": 0}, tmp_path, calendar)
    booked(book)
    book.forget(lambda _: None)
    calendar.pass_by(1, book)
    calendar.today += timedelta(1)

    def refuse(number: int) -> None:
        raise PortError("the disk is full")

    with pytest.raises(PortError):
        book.forget(refuse)
    told: list[int] = []
    book.forget(told.append)
    assert told == [1]


def test_a_past_appointment_cannot_be_looked_up(options: dict[str, object], tmp_path: Path) -> None:
    calendar = Days()
    book = AppointmentBook(options, tmp_path, calendar)
    right = {"reference": str(booked(book).data["reference"]), "name": "Ann Hill"}
    calendar.today += timedelta(2)
    assert not book.call("look_up", right).ok


def test_every_offered_day_can_be_booked(options: dict[str, object], tmp_path: Path) -> None:
    book = AppointmentBook({**options, "weeks": 1}, tmp_path, now)
    refused = book.call("check", {"doctor": "Doctor Miller", "date": "2026-11-25"})
    offered = [offer["date"] for offer in refused.data["alternatives"]]  # type: ignore[attr-defined]
    assert offered == ["2026-11-20"]
    assert book.call("check", {"doctor": "Doctor Miller", "date": "2026-11-27"}).say == (
        "I can only book up to one week ahead."
    )


def test_a_past_day_is_named_as_past(book: AppointmentBook) -> None:
    assert book.call("check", {"doctor": "Doctor Chen", "date": "2026-11-16"}).say == "That day has passed."


def test_free_times_before_and_after_midnight(options: dict[str, object], tmp_path: Path) -> None:
    doctors = [{"name": "Doctor Night", "hours": {"thursday": "22:00-01:00"}}]
    book = AppointmentBook({**options, "doctors": doctors}, tmp_path, now)
    times = {}
    for day in ("2026-11-19", "2026-11-20"):
        free = book.call("free", {"doctor": "Doctor Night", "date": day})
        times[day] = [offer["time"] for offer in free.data["alternatives"]]  # type: ignore[attr-defined]
    assert times == {"2026-11-19": ["22:00", "22:30", "23:00", "23:30"], "2026-11-20": ["00:00", "00:30"]}


def test_an_unknown_number(book: AppointmentBook) -> None:
    result = book.call("cancel", {"reference": "1234567", "name": "Ann Hill"})
    assert not result.ok
    assert result.say == "I find no appointment with the number 1 2 3, 4 5 6 7 and that name."
    assert result.data["slots"] == ["name", "reference"]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({}, "doctors"),
        ({"doctors": [{"name": "A"}]}, "hours"),
        ({"doctors": [{"name": "A", "hours": {"moonday": "09:00-10:00"}}]}, "moonday"),
        ({"doctors": [{"name": "A", "hours": {"monday": "09:00-10:00"}}], "minutes": 0}, "minutes"),
        ({"doctors": [{"name": "A", "hours": {"monday": "09:00-10:00"}}], "days": -1}, "days"),
        ({"doctors": [{"name": "A", "hours": {"monday": "09:00-10:00"}}], "minuets": 10}, "minuets"),
        ({"doctors": [{"name": "A", "hours": {"monday": "09:00-11:00, 10:00-12:00"}}]}, "overlap"),
        ({"doctors": [{"name": "A", "hours": {"monday": "09:00-10:00"}}] * 2}, "two doctors"),
    ],
)
def test_bad_options_are_named(options: dict[str, object], word: str, tmp_path: Path) -> None:
    with pytest.raises(PortError, match=word):
        AppointmentBook(options, tmp_path)


def test_an_unknown_function_is_named(book: AppointmentBook) -> None:
    with pytest.raises(PortError, match="burn"):
        book.call("burn", {})


def test_the_first_free_times_of_what_is_left_open(book: AppointmentBook) -> None:
    def first(**given: str) -> dict[str, str]:
        listed = book.call("first_free", given).data["alternatives"]
        assert isinstance(listed, list)
        return listed[0] if listed else {}

    assert first() == {"doctor": "Doctor Chen", "date": "2026-11-19", "time": "09:00"}
    assert first(doctor="Doctor Miller") == {"doctor": "Doctor Miller", "date": "2026-11-20", "time": "10:00"}
    assert first(date="2026-11-20")["doctor"] == "Doctor Miller"
    assert first(time="10:30") == {"doctor": "Doctor Chen", "date": "2026-11-19", "time": "10:30"}
    booked(book, "2026-11-19", "10:30")
    assert first(time="10:30") == {"doctor": "Doctor Miller", "date": "2026-11-20", "time": "10:30"}
    assert first(doctor="Doctor Chen", time="10:30")["date"] == "2026-11-23"


def test_the_first_free_times_of_a_span_of_the_day(book: AppointmentBook) -> None:
    def times(**given: str) -> list[str]:
        listed = book.call("first_free", {"doctor": "Doctor Chen", "date": "2026-11-19", **given}).data["alternatives"]
        assert isinstance(listed, list)
        return [offer["time"] for offer in listed]

    assert times(earliest="10:10") == ["10:30"]
    assert times(latest="11:59") == ["09:00"]
    refused = book.call("first_free", {"doctor": "Doctor Chen", "date": "2026-11-19", "earliest": "20:00"})
    assert not refused.ok and "nearest free times" in refused.say


def test_the_first_free_times_of_a_span_of_days(book: AppointmentBook) -> None:
    def days(**given: str) -> list[str]:
        listed = book.call("first_free", {"doctor": "Doctor Chen", **given}).data["alternatives"]
        assert isinstance(listed, list)
        return [offer["date"] for offer in listed]

    assert days(first_day="2026-11-24")[0] == "2026-11-24"
    assert days(first_day="2026-11-20", last_day="2026-11-23") == ["2026-11-23"]
    assert not book.call("first_free", {"first_day": "2026-11-21", "last_day": "2026-11-22"}).ok


def test_a_check_gives_the_record_of_a_visitor_who_has_shown_that_it_is_theirs(book: AppointmentBook) -> None:
    reference = str(booked(book).data["reference"])
    assert "record" not in book.call("check", {"reference": reference}).data
    assert "record" not in book.call("check", {"reference": reference, "name": "Tom King"}).data
    checked = book.call("check", {"reference": reference, "name": "Ann Hill"})
    assert checked.data["record"] == {"doctor": "Doctor Chen", "date": "2026-11-19", "time": "10:00"}


def test_nothing_is_free(book: AppointmentBook) -> None:
    refused = book.call("first_free", {"date": "2026-11-20", "time": "09:00"})
    assert not refused.ok and refused.data["slots"] == ["date", "time"]
    assert refused.say == "Nothing is free then. The nearest free times are ten o'clock and half past ten."
    assert not book.call("first_free", {"date": "2026-11-21"}).ok
    assert book.call("first_free", {"date": "2026-11-21"}).data["alternatives"] == []
    assert not book.call("first_free", {"reference": "1234567", "name": "Ann Hill"}).ok


def test_the_first_free_time_for_an_appointment_that_is_moved(book: AppointmentBook) -> None:
    reference = str(booked(book).data["reference"])
    listed = book.call("first_free", {"reference": reference, "name": "Ann Hill"}).data["alternatives"]
    assert isinstance(listed, list) and {offer["doctor"] for offer in listed} == {"Doctor Chen"}
