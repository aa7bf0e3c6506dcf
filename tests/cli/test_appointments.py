"""``cloister appointments``, on a real book, a real audit log and a real control socket."""

from __future__ import annotations

import csv
import io
import json
import stat
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from appliance.cli import appointments
from appliance.cli.main import main
from appliance.config.site import load_site
from appliance.control.server import ControlSocket
from appliance.records import keys
from appliance.records.audit_log import AuditLog
from appliance.records.audit_record import records
from appliance.tools.appointment_store.opening import store_of
from appliance.tools.appointment_store.sqlite import FILE
from appliance.tools.appointment_store.store import Appointment, Place
from appliance.tools.appointments import AppointmentBook
from tests.control.test_server import FakeAppliance
from tests.postgresql import PostgresServer
from tests.test_mistakes import BOX, SITE

MONDAY = date.today() + timedelta(days=(7 - date.today().weekday()) % 7 or 7)
"""the next one, on which Doctor Chen is in"""


@pytest.fixture
def box(tmp_path: Path, book_options: dict[str, object]) -> Path:
    """The configuration of a box whose book holds three appointments."""
    more = "".join(f"{name}: {json.dumps(value)}, " for name, value in book_options.items())
    (tmp_path / "site.yaml").write_text(SITE.replace("options: {doctors", f"options: {{{more}minutes: 20, doctors"))
    (tmp_path / "cloister.yaml").write_text(BOX.replace("state: state", f"state: {tmp_path}/state"))
    state = tmp_path / "state"
    keys.write_new(state / "keys" / "box-key", keys.generate("box-key"))
    (_, tool) = load_site(tmp_path / "site.yaml").tools
    book = AppointmentBook(tool.options, state)
    for at, name, day in (("09:00", "Ann Hill", MONDAY), ("09:20", "José Núñez", MONDAY), ("09:00", "=cmd", MONDAY)):
        day = day + timedelta(7) if name == "=cmd" else day
        wanted = {"doctor": "Doctor Chen", "date": day.isoformat(), "time": at, "name": name}
        assert book.call("book", wanted).ok
    return tmp_path / "cloister.yaml"


def run(box: Path, *arguments: str) -> int:
    return main(["appointments", *arguments, "--config", str(box)])


def events(box: Path) -> list[tuple[object, object]]:
    log = records(box.parent / "state" / "audit" / "audit.jsonl")
    return [(record["event"], record.get("appointment")) for record in log if "appointment" in str(record["event"])]


def kept(box: Path) -> list[Appointment]:
    """What is in the book."""
    (_, tool) = load_site(box.parent / "site.yaml").tools
    with store_of(tool.options, box.parent / "state") as store:
        return store.everything()


def number_of(box: Path, name: str) -> str:
    return next(one.reference for one in kept(box) if one.name == name)


def test_the_desk_lists_appointments_and_the_listing_is_recorded(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(box, "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[3] for line in lines] == ["Ann Hill", "José Núñez", "=cmd"]
    assert lines[0].startswith(f"{MONDAY}  09:00  Doctor Chen  Ann Hill")
    assert run(box, "list", "--json", "--to", MONDAY.isoformat()) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in listed] == ["Ann Hill", "José Núñez"]
    assert listed[0]["number"] == number_of(box, "Ann Hill")
    assert run(box, "list", "--doctor", "Doctor Who") == 0
    assert capsys.readouterr().out == "no appointments\n"
    assert events(box) == [("appointments listed", "")] * 3


def test_the_desk_cancels_by_the_number(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    number = number_of(box, "Ann Hill")
    assert run(box, "cancel", f"{number[:3]} {number[3:]}") == 0
    assert "Ann Hill" in capsys.readouterr().out
    assert [one.name for one in kept(box)] == ["José Núñez", "=cmd"]
    assert events(box) == [("appointment cancelled", number)]
    assert run(box, "cancel", number) == 3
    assert "there is no appointment with the number" in capsys.readouterr().err
    assert events(box) == [("appointment cancelled", number)], "nothing was done, and nothing is recorded"


@pytest.mark.parametrize("number", [(), ("",), ("12a",), ("²",)])
def test_an_unknown_number_is_refused(box: Path, number: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(box, "cancel", *number) == 2
    assert "needs the number" in capsys.readouterr().err


def test_an_exported_table_holds_no_formula_for_a_spreadsheet(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = box.parent / "week.csv"
    assert run(box, "export", "-o", str(target)) == 0
    assert "3 appointments" in capsys.readouterr().out
    rows = list(csv.DictReader(io.StringIO(target.read_text("utf-8"))))
    assert [row["name"] for row in rows] == ["Ann Hill", "José Núñez", "'=cmd"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert events(box) == [("appointments exported", "")]
    assert run(box, "export", "-o", str(target)) == 3, "what is there stays"
    assert "nothing is overwritten" in capsys.readouterr().err


def test_an_export_follows_no_link(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (box.parent / "week.csv").symlink_to(box.parent / "elsewhere")
    assert run(box, "export", "-o", str(box.parent / "week.csv")) == 3
    assert not (box.parent / "elsewhere").exists()


def test_a_calendar_is_printed_where_no_file_is_named(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(box, "export", "--format", "ics") == 0
    text = capsys.readouterr().out
    assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") == 3
    assert f"DTSTART:{MONDAY:%Y%m%d}T092000" in text and f"DTEND:{MONDAY:%Y%m%d}T094000" in text


def test_a_calendar_line_is_folded_between_characters_and_escaped() -> None:
    name = "Žofie; " * 20 + "\\, end\nEND:VCALENDAR"
    place = Place("Doctor Chen", date(2026, 12, 31), time(23, 50))
    text = appointments.as_calendar([Appointment("1234567", place, name)], 20, datetime(2026, 11, 18, tzinfo=UTC))
    lines = text.split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    assert lines.count("END:VCALENDAR") == 1, "a name begins no line of its own"
    unfolded = text.replace("\r\n ", "")
    assert "SUMMARY:" + "Žofie\\; " * 20 + "\\\\\\, end\\\\u000aEND:VCALENDAR with Doctor Chen" in unfolded
    assert "DTEND:20270101T001000" in unfolded


@pytest.mark.parametrize(
    ("arguments", "words", "status"),
    [
        (("list", "--from", "tomorrow"), "--from must be a day", 2),
        (("list", "--to", "2026-13-01"), "--to must be a day", 2),
        (("list", "--from", "2027-02-02", "--to", "2027-01-01"), "before the first day", 2),
        (("list", "1234567"), "takes no number", 2),
        (("export", "-o", "/nowhere/at/all.csv"), "No such file", 3),
    ],
)
def test_a_wrong_argument_is_one_clear_line(
    box: Path, arguments: tuple[str, ...], words: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(box, *arguments) == status
    said = capsys.readouterr().err
    assert words in said and len(said.splitlines()) == 1


ONLY_A_FILE = pytest.mark.parametrize("book_options", [{}], ids=["sqlite"])


def test_a_database_without_a_book_and_a_server_that_is_away(
    tmp_path: Path, postgresql: PostgresServer, capsys: pytest.CaptureFixture[str]
) -> None:
    options = f"options: {{postgresql: {json.dumps(postgresql.options)}, doctors"
    (tmp_path / "site.yaml").write_text(SITE.replace("options: {doctors", options))
    (tmp_path / "cloister.yaml").write_text(BOX.replace("state: state", f"state: {tmp_path}/state"))
    assert run(tmp_path / "cloister.yaml", "list") == 3
    assert "there is no appointment book yet" in capsys.readouterr().err
    postgresql.stop()
    try:
        assert run(tmp_path / "cloister.yaml", "list") == 3
    finally:
        postgresql.start()
    said = capsys.readouterr().err
    assert "cannot be reached: No such file or directory" in said and len(said.splitlines()) == 1


@ONLY_A_FILE
def test_a_box_without_a_book(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (box.parent / "state" / FILE).unlink()
    assert run(box, "list") == 3
    assert "there is no appointment book yet" in capsys.readouterr().err
    (box.parent / "site.yaml").write_text("name: A\npersona: {name: A, role: a, greeting: Hi.}\n")
    assert run(box, "list") == 3
    assert "has no appointment book" in capsys.readouterr().err
    assert not (box.parent / "state" / FILE).exists(), "a look makes no book"


@ONLY_A_FILE
def test_a_file_that_is_not_a_book_is_refused(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for suffix in ("", "-wal", "-shm"):
        (box.parent / "state" / f"{FILE}{suffix}").unlink(missing_ok=True)
    (box.parent / "state" / FILE).write_bytes(b"no database" * 100)
    assert run(box, "list") == 3
    assert "cannot be read" in capsys.readouterr().err


def test_a_command_that_cannot_be_recorded_does_nothing(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    number = number_of(box, "Ann Hill")
    state = box.parent / "state"
    # Another process writes the log, and there is no socket to ask it.
    log = AuditLog(state / "audit", keys.load_box_key(state))
    assert run(box, "cancel", number) == 3
    assert run(box, "list") == 3
    log.close()
    assert "Ann Hill" not in capsys.readouterr().out
    assert len(kept(box)) == 3


def test_a_running_daemon_records_the_cancellation(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = box.parent / "state"
    path = box.parent / "control"
    box.write_text(box.read_text() + f"control_socket: {path}\n")
    log = AuditLog(state / "audit", keys.load_box_key(state))
    socket = ControlSocket(path, FakeAppliance(), words=False, ledger=log)
    socket.start()
    try:
        number = number_of(box, "Ann Hill")
        assert run(box, "list") == 0
        assert run(box, "cancel", number) == 0
    finally:
        socket.stop()
        log.close()
    assert events(box) == [("appointments listed", ""), ("appointment cancelled", number)]


def test_the_tool_is_called_as_sites_call_it() -> None:
    assert f"{AppointmentBook.__module__}:{AppointmentBook.__qualname__}" == appointments.BOOK
