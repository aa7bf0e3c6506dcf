"""Every store of appointments: what is kept, what is refused, and what happens when several processes use it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from appliance.core.ports import PortError
from appliance.tools.appointment_store.opening import store_of
from appliance.tools.appointment_store.store import Appointment, Away, Place, Store, TimeTaken
from appliance.tools.appointments import AppointmentBook
from tests.conftest import CHECKOUT
from tests.postgresql import PostgresServer

TODAY = date.today()
NINE, TEN = time(9), time(10)
FIRST = Appointment("1111111", Place("Doctor Chen", TODAY, NINE), "Ann Hill")
SECOND = Appointment("2222222", Place("Doctor Chen", TODAY, TEN), "José Núñez; DROP TABLE appointments")


@pytest.fixture
def made(book_options: dict[str, object], tmp_path: Path) -> Store:
    """A store that is ready for use."""
    store = store_of(book_options, tmp_path)
    store.prepare()
    return store


@pytest.fixture
def store(made: Store) -> Iterator[Store]:
    """A store in use, which holds two appointments."""
    with made:
        assert made.add(FIRST) and made.add(SECOND)
        yield made


def test_what_was_added_is_found_again(store: Store, book_options: dict[str, object], tmp_path: Path) -> None:
    assert store.find(FIRST.reference) == FIRST
    assert store.find(SECOND.reference) == SECOND
    assert store.find("3333333") is None
    assert store.everything() == [FIRST, SECOND]
    assert store.taken("Doctor Chen") == {(TODAY, NINE), (TODAY, TEN)}
    assert store.taken("Doctor Who") == set()
    with store_of(book_options, tmp_path) as again:
        assert again.everything() == [FIRST, SECOND]


def test_no_two_appointments_have_one_number_or_one_time(store: Store) -> None:
    assert not store.add(replace(FIRST, place=Place("Doctor Who", TODAY, NINE)))
    assert not store.add(replace(FIRST, reference="3333333", name="Tom King"))
    with pytest.raises(TimeTaken):
        store.move(SECOND, TODAY, NINE)
    assert store.everything() == [FIRST, SECOND]


def test_an_appointment_is_moved_and_removed_once(store: Store) -> None:
    assert store.move(FIRST, TODAY + timedelta(1), NINE)
    assert store.move(FIRST, TODAY + timedelta(1), NINE), "to its own time"
    moved = replace(FIRST, place=replace(FIRST.place, day=TODAY + timedelta(1)))
    assert store.everything() == [SECOND, moved]
    assert not store.move(replace(FIRST, name="Tom King"), TODAY, NINE)
    assert not store.remove(replace(moved, name="Tom King"))
    assert store.remove(moved)
    assert not store.remove(moved)
    assert not store.move(moved, TODAY, NINE)
    assert store.everything() == [SECOND]


def test_what_is_due_is_forgotten_on_the_day_after_the_last_look_and_by_one_process(
    store: Store, book_options: dict[str, object], tmp_path: Path
) -> None:
    due: list[int] = []
    tomorrow = TODAY + timedelta(1)
    store.forget(TODAY, tomorrow, due.append)
    assert due == [], "the first look"
    with pytest.raises(ZeroDivisionError):
        store.forget(tomorrow, tomorrow, lambda number: due.append(number // 0))
    assert store.everything() == [FIRST, SECOND], "what cannot be recorded is kept"
    with store_of(book_options, tmp_path) as other:
        other.forget(tomorrow, tomorrow, due.append)
        store.forget(tomorrow, tomorrow, due.append)
        assert due == [2]
        assert store.everything() == other.everything() == []


def test_it_is_prepared_as_often_as_processes_start(
    store: Store, book_options: dict[str, object], tmp_path: Path
) -> None:
    store_of(book_options, tmp_path).prepare()
    assert store.everything() == [FIRST, SECOND]


@pytest.mark.parametrize("name", ["Ann\0Hill", "\ud800Hill", "x" * 100_000, "ünï\n", "%s :name ? $1"])
def test_a_name_is_kept_as_it_is_or_refused_without_being_repeated(store: Store, name: str) -> None:
    odd = Appointment("3333333", Place("Doctor Chen", TODAY, time(11)), name)
    try:
        assert store.add(odd) and store.find("3333333") == odd and store.remove(odd)
    except UnicodeEncodeError:
        assert name.startswith("\ud800")
    except PortError as error:
        told = str(error)
        assert "\0" in name and "Hill" not in told
    assert store.everything() == [FIRST, SECOND], "and the connection is usable"


# --- several processes ----------------------------------------------------------------------------------------------

DAY = TODAY + timedelta(1)
DOCTORS = [{"name": "Doctor Chen", "hours": {"monday-sunday": "08:00-18:00"}}]
TIMES = [f"{hour:02}:{minute}" for hour in range(8, 18) for minute in ("00", "30")]
RACER = """
import sys
from pathlib import Path
from appliance.isolation.seal import Needs, probe, seal
seal(Needs(database=True))
from appliance.tools.appointments import AppointmentBook
options, state, day, times = {options!r}, Path({state!r}), {day!r}, {times!r}
book = AppointmentBook(options, state)
print("ready", flush=True)
sys.stdin.readline()
won = [at for at in times if book.call("book", dict(doctor="Doctor Chen", date=day, time=at, name=sys.argv[1])).ok]
assert all(probe().values())
print(*won)
"""


def test_of_two_sealed_processes_exactly_one_gets_each_time(
    made: Store, book_options: dict[str, object], tmp_path: Path
) -> None:
    options = {**book_options, "doctors": DOCTORS}
    code = RACER.format(options=options, state=str(tmp_path), day=DAY.isoformat(), times=TIMES)
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", code, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
        )
        for name in ("Ann Hill", "Tom King")
    ]
    for racer in racers:
        assert racer.stdout is not None and racer.stdout.readline() == "ready\n"
    won = []
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("\n")
        racer.stdin.flush()
    for racer in racers:
        won += racer.communicate(timeout=120)[0].split()
        assert racer.returncode == 0
    assert sorted(won) == TIMES
    with made:
        assert [one.place.time.strftime("%H:%M") for one in made.everything()] == TIMES


# --- what only a server can do ----------------------------------------------------------------------------------------


def book_at(server: PostgresServer, folder: Path, **more: object) -> AppointmentBook:
    return AppointmentBook({"doctors": DOCTORS, "postgresql": {**server.options, **more}}, folder)


WANTED = {"doctor": "Doctor Chen", "date": DAY.isoformat(), "time": "09:00", "name": "Ann Hill"}


def test_a_server_that_goes_and_comes_back(
    postgresql: PostgresServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = book_at(postgresql, tmp_path)
    postgresql.stop()
    try:
        started_without = book_at(postgresql, tmp_path)
        assert "cannot be reached: No such file or directory" in caplog.text
        for book in (before, started_without):
            with pytest.raises(Away, match="cannot be reached"):
                book.call("book", WANTED)
            with pytest.raises(Away):
                book.forget(lambda _: None)
            assert book.call("doctors", {}).ok, "what needs no server is answered"
    finally:
        postgresql.start()
    assert before.call("book", WANTED).ok
    assert not started_without.call("book", WANTED).ok


def test_a_connection_that_the_server_cuts_is_an_error_and_the_next_call_has_a_new_one(
    postgresql: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = book_at(postgresql, tmp_path)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cloister'"
    free = book._is_free

    def cut_before(place: Place) -> bool:
        was_free = free(place)
        postgresql.run(cut)
        return was_free

    with monkeypatch.context() as patch:
        patch.setattr(book, "_is_free", cut_before)
        with pytest.raises(PortError) as told:
            book.call("book", WANTED)
    assert "Ann" not in str(told.value) and str(told.value).isprintable()
    assert book.call("book", WANTED).ok


@pytest.mark.parametrize(
    ("given", "taken", "words"),
    [
        ("ALTER ROLE cloister SUPERUSER", "ALTER ROLE cloister NOSUPERUSER", "may do everything"),
        ("ALTER ROLE cloister CREATEROLE", "ALTER ROLE cloister NOCREATEROLE", "may make roles"),
        ("ALTER ROLE cloister REPLICATION", "ALTER ROLE cloister NOREPLICATION", "may copy the whole server"),
        (
            "GRANT pg_execute_server_program TO cloister",
            "REVOKE pg_execute_server_program FROM cloister",
            "may be pg_execute_server_program",
        ),
    ],
)
def test_a_role_that_could_have_the_server_act_for_it_is_refused(
    postgresql: PostgresServer, tmp_path: Path, given: str, taken: str, words: str
) -> None:
    postgresql.run(given)
    try:
        with pytest.raises(PortError, match=f"its role cloister {words}"):
            book_at(postgresql, tmp_path)
    finally:
        postgresql.run(taken)


def test_the_right_role_cannot_start_a_program_on_the_server(postgresql: PostgresServer) -> None:
    """This is what the refusals are for, tried with the role that is accepted."""
    store = store_of({"postgresql": postgresql.options}, Path("/"))
    store.prepare()
    with store, pytest.raises(PortError, match="must be superuser"):
        store._run("COPY appointments TO PROGRAM 'cat'", {})


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"user": "stranger"}, 'role "stranger" does not exist'),
        ({"database": "elsewhere"}, 'database "elsewhere" does not exist'),
        ({"port": "5432"}, "must be {database"),
        ({"host": "db.example"}, "must be {database"),
    ],
)
def test_a_wrong_option_stops_the_start_with_one_line(
    postgresql: PostgresServer, tmp_path: Path, option: dict[str, object], words: str
) -> None:
    with pytest.raises(PortError, match=words) as told:
        book_at(postgresql, tmp_path, **option)
    assert not isinstance(told.value, Away) and str(told.value).isprintable()


def test_a_box_with_a_wrong_calendar_makes_nobody_forget(postgresql: PostgresServer, tmp_path: Path) -> None:
    clock = [datetime.now()]
    book = AppointmentBook(
        {"doctors": DOCTORS, "days": 0, "postgresql": postgresql.options}, tmp_path, lambda: clock[0]
    )
    assert book.call("book", WANTED).ok
    for jump in (400, 401):
        clock[0] = datetime.now() + timedelta(jump)
        with pytest.raises(PortError, match="forgets nothing"):
            book.forget(lambda _: pytest.fail("it forgot"))


def test_a_sealed_process_without_the_need_is_told_what_is_missing(postgresql: PostgresServer, tmp_path: Path) -> None:
    code = RACER.format(
        options={"doctors": DOCTORS, "postgresql": postgresql.options}, state=str(tmp_path), day="", times=[]
    ).replace("Needs(database=True)", "Needs()")
    done = subprocess.run(
        [sys.executable, "-c", code, ""],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        env={name: value for name, value in os.environ.items() if name != "CLOISTER_DATABASE"},
        check=False,
    )
    assert "CLOISTER_DATABASE" in done.stderr
