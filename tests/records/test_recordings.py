"""Recordings: encrypted, whole or refused, kept no longer than they may be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.core.ports import PortError
from appliance.records import keys, recordings, retention
from appliance.records.recordings import Archive
from tests.conftest import CHECKOUT

KEY = keys.WrappingKey(bytes(range(32)))
CANARY = b"the purple elephant dances on thursday"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path, KEY, days=30)


def record(archive: Archive, pieces: int = 5) -> str:
    recording = archive.begin("room")
    for number in range(pieces):
        recording.add("words", b"%d " % number + CANARY)
        recording.add("audio", bytes(3200))
    recording.end()
    return recording.id


def test_a_recording_is_read_with_the_key_only(archive: Archive, tmp_path: Path) -> None:
    identity = record(archive)
    found = list(recordings.pieces(tmp_path, identity, KEY))
    assert [kind for kind, _ in found] == ["words", "audio"] * 5
    assert found[2] == ("words", b"1 " + CANARY)
    with pytest.raises(PortError, match="wrapped by another recording key"):
        list(recordings.pieces(tmp_path, identity, keys.WrappingKey(bytes(32))))


def test_a_recording_is_encrypted_on_the_disk(archive: Archive, tmp_path: Path) -> None:
    record(archive)
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert CANARY not in content and b"elephant" not in content
    assert bytes(64) not in content, "nor silence"
    (tmp_path / "control").write_bytes(CANARY)
    assert CANARY in b"".join(path.read_bytes() for path in tmp_path.iterdir()), "the search finds what is there"


def test_two_recordings_share_no_key(archive: Archive, tmp_path: Path) -> None:
    first, second = record(archive), record(archive)
    (tmp_path / f"{first}.key").write_bytes((tmp_path / f"{second}.key").read_bytes())
    with pytest.raises(PortError, match="piece 1 is not what was recorded"):
        list(recordings.pieces(tmp_path, first, KEY))


def test_a_changed_recording_is_refused_at_every_byte(archive: Archive, tmp_path: Path) -> None:
    identity = record(archive, pieces=2)
    path = tmp_path / f"{identity}.rec"
    whole = path.read_bytes()
    assert len(list(recordings.pieces(tmp_path, identity, KEY))) == 4
    for position in range(0, len(whole), 37):
        changed = bytearray(whole)
        changed[position] ^= 1
        path.write_bytes(changed)
        with pytest.raises(PortError, match=identity):
            list(recordings.pieces(tmp_path, identity, KEY))


def test_a_shortened_or_reordered_recording_is_refused(archive: Archive, tmp_path: Path) -> None:
    identity = record(archive, pieces=2)
    path = tmp_path / f"{identity}.rec"
    whole = path.read_bytes()
    head = whole.index(b"\n") + 1
    first = head + 4 + int.from_bytes(whole[head : head + 4], "big")
    second = first + 4 + int.from_bytes(whole[first : first + 4], "big")
    for cut in (first, second, len(whole) - 1, len(whole) - 21):
        path.write_bytes(whole[:cut])
        with pytest.raises(PortError, match=r"cut off|not what was recorded"):
            list(recordings.pieces(tmp_path, identity, KEY))
    path.write_bytes(whole[:head] + whole[first:second] + whole[head:first] + whole[second:])
    with pytest.raises(PortError, match="piece 1 is not what was recorded"):
        list(recordings.pieces(tmp_path, identity, KEY))


def test_wiping_destroys_the_key(archive: Archive, tmp_path: Path) -> None:
    identity = record(archive)
    copy = (tmp_path / f"{identity}.rec").read_bytes()
    recordings.wipe(tmp_path, identity)
    assert [path.name for path in tmp_path.iterdir()] == ["clock.json"]
    (tmp_path / f"{identity}.rec").write_bytes(copy)
    with pytest.raises(PortError, match="No such file"):
        list(recordings.pieces(tmp_path, identity, KEY))


def test_a_key_is_overwritten_before_it_is_removed(tmp_path: Path) -> None:
    secret = bytes(range(40))
    (tmp_path / "x.key").write_bytes(secret)
    (tmp_path / "same file").hardlink_to(tmp_path / "x.key")
    keys.destroy(tmp_path / "x.key")
    left = (tmp_path / "same file").read_bytes()
    assert len(left) == 40 and left != secret


class Clocks:
    """Both clocks of a made-up box, which a test may set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self.up_s = 100.0
        self.boots = 0
        monkeypatch.setattr("appliance.records.retention.clocks", lambda: (self.now, self.up_s))
        monkeypatch.setattr("appliance.records.retention.boot", lambda: f"boot {self.boots}")

    def run(self, days: float) -> None:
        self.now += timedelta(days=days)
        self.up_s += days * 86_400

    def set(self, days: float) -> None:
        self.now += timedelta(days=days)

    def restart(self, off_days: float) -> None:
        self.now += timedelta(days=off_days, seconds=20)
        self.up_s = 20.0
        self.boots += 1


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


def test_expiry_removes_due_recordings_and_not_those_on_hold(time: Clocks, archive: Archive, tmp_path: Path) -> None:
    due, held = record(archive), record(archive)
    time.run(2)
    young = record(archive)
    time.run(28.1)
    recordings.hold(tmp_path, held, "case 17 of the legal department")
    writing = archive.begin("room").id
    assert archive.expire() == [due]
    assert {kept.id for kept in recordings.listed(tmp_path)} == {held, young, writing}
    recordings.release(tmp_path, held)
    assert archive.expire() == [held]


@pytest.mark.parametrize("text", [b"", b"\xff\xfe"])
def test_a_hold_whose_reason_cannot_be_read_is_a_hold(
    text: bytes, time: Clocks, archive: Archive, tmp_path: Path
) -> None:
    identity = record(archive)
    (tmp_path / f"{identity}.hold").write_bytes(text)
    time.run(31)
    assert archive.expire() == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become another user")
def test_a_hold_by_root_counts_for_a_daemon_that_may_not_read_it(tmp_path: Path) -> None:
    """The command makes the file with mode 0600, and the service's user owns the folder."""
    code = """
    import os, pathlib, sys
    from appliance.records import keys; from appliance.records import recordings
    os.mkdir(sys.argv[1])
    os.chdir(sys.argv[1])  # what is above it need not be open to that user
    folder = pathlib.Path(".")
    archive = recordings.Archive(folder, keys.WrappingKey(bytes(32)), days=-1)
    recording = archive.begin("room")
    recording.end()
    identity = recording.id
    recordings.hold(folder, identity, "case 17 of the legal department")
    for path in folder.iterdir():
        if path.suffix != ".hold": os.chown(path, 4711, 4711)
    os.chown(folder, 4711, 4711)
    os.setgid(4711); os.setuid(4711)
    print(archive.expire(), [kept.held for kept in recordings.listed(folder)])
    (folder / f"{identity}.hold").unlink()
    print(len(archive.expire()))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), tmp_path / "recordings"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "[] ['']\n1\n", done.stderr


# --- time ---------------------------------------------------------------------------------------------------------


def seven_years(folder: Path) -> Archive:
    return Archive(folder, KEY, days=2557)


def test_one_look_at_a_calendar_ten_years_ahead_destroys_nothing(time: Clocks, tmp_path: Path) -> None:
    archive = seven_years(tmp_path)
    for _ in range(3):
        record(archive)
        time.run(1)
    assert archive.calendar_ahead_s() == 0
    time.set(3652)
    assert archive.expire() == []
    assert archive.calendar_ahead_s() / 86_400 == pytest.approx(3651)
    time.restart(0.01)
    assert seven_years(tmp_path).expire() == [], "nor after a restart"
    time.set(-3652)
    assert archive.expire() == [] and archive.calendar_ahead_s() == 0


def test_repeated_small_clock_steps_expire_nothing(time: Clocks, tmp_path: Path) -> None:
    """The clock steps by less than a day before every look."""
    archive = Archive(tmp_path, KEY, days=30)
    record(archive)
    for _ in range(100):
        time.set(0.9)
        time.up_s += 60
        assert archive.expire() == []
    assert archive.calendar_ahead_s() > 80 * 86_400


@pytest.mark.parametrize("torn", [b"", b"{", b"[]", b'{"format": "cloister-retention-1", "time_s": Infinity}', None])
def test_a_lost_clock_file_expires_recordings_a_day_early_at_most(
    torn: bytes | None, time: Clocks, tmp_path: Path
) -> None:
    archive = seven_years(tmp_path)
    record(archive)
    time.run(2500)
    record(archive)
    if torn is None:
        (tmp_path / "clock.json").unlink()
    else:
        (tmp_path / "clock.json").write_bytes(torn)
    time.set(3652)
    assert archive.expire() == []
    assert len(list(tmp_path.glob("*.key"))) == 2


def test_recordings_from_before_there_was_a_clock_file(time: Clocks, tmp_path: Path) -> None:
    archive = Archive(tmp_path, KEY, days=30)
    old, young = record(archive), record(archive)
    for identity, days in ((old, 31), (young, 5)):
        path = tmp_path / f"{identity}.rec"
        rest = path.read_bytes().split(b"\n", 1)[1]
        begun = (time.now - timedelta(days=days)).isoformat()
        path.write_bytes(json.dumps({"id": identity, "begun": begun}).encode() + b"\n" + rest)
    (tmp_path / "clock.json").unlink()
    time.set(3652)
    assert archive.expire() == [], "the calendar is not believed at the first look either"
    time.set(-3652)
    time.run(24)
    assert archive.expire() == [old]
    time.run(5)
    assert archive.expire() == [young]


def test_a_box_that_is_off_at_night_expires_recordings_in_time(time: Clocks, tmp_path: Path) -> None:
    archive = Archive(tmp_path, KEY, days=30)
    identity = record(archive)
    days = 0
    while not archive.expire():
        time.restart(0.6)
        time.run(0.4)
        days += 1
    assert days in (30, 31)
    assert not (tmp_path / f"{identity}.rec").exists()


def test_after_a_holiday_an_operator_confirms_the_calendar(time: Clocks, tmp_path: Path) -> None:
    archive = Archive(tmp_path, KEY, days=30)
    identity = record(archive)
    time.restart(40)
    assert archive.expire() == []
    assert archive.calendar_ahead_s() / 86_400 == pytest.approx(39, abs=0.1)
    retention.catch_up(tmp_path)
    assert archive.calendar_ahead_s() == 0
    assert archive.expire() == [identity]


def test_a_calendar_that_goes_back_does_not_stop_expiry(time: Clocks, tmp_path: Path) -> None:
    archive = Archive(tmp_path, KEY, days=30)
    identity = record(archive)
    time.set(-20_000)
    time.run(31)
    assert archive.expire() == [identity]


def test_a_box_whose_calendar_began_at_1970(time: Clocks, tmp_path: Path) -> None:
    """The battery is empty, so recordings begin before NTP sets the calendar."""
    archive = Archive(tmp_path, KEY, days=30)
    time.set(-20_000)
    first = record(archive)
    time.set(20_000)
    second = record(archive)
    assert archive.expire() == []
    time.run(31)
    assert set(archive.expire()) == {first, second}
    assert record(archive) and archive.calendar_ahead_s() == 0, "with nothing kept, the calendar is taken as it is"


def test_an_operator_cannot_wipe_a_recording_on_hold(archive: Archive, tmp_path: Path) -> None:
    identity = record(archive)
    recordings.hold(tmp_path, identity, "case 17 of the legal department")
    with pytest.raises(PortError, match="there is one already"):
        recordings.hold(tmp_path, identity, "again")
    with pytest.raises(PortError, match="is on hold"):
        recordings.wipe(tmp_path, identity)
    assert [kept.held for kept in recordings.listed(tmp_path)] == ["case 17 of the legal department"]
    recordings.release(tmp_path, identity)
    with pytest.raises(PortError, match="is not on hold"):
        recordings.release(tmp_path, identity)
    recordings.wipe(tmp_path, identity)


def test_a_recording_in_progress_is_not_wiped(archive: Archive, tmp_path: Path) -> None:
    recording = archive.begin("room")
    assert [kept.open for kept in recordings.listed(tmp_path)] == [True]
    with pytest.raises(PortError, match="is being made"):
        recordings.wipe(tmp_path, recording.id)
    recording.end()
    assert [kept.open for kept in recordings.listed(tmp_path)] == [False]


def test_two_lines_are_recorded_at_once(archive: Archive, tmp_path: Path) -> None:
    writers = {line: archive.begin(line) for line in ("room", "wyoming-2")}
    for number in range(3):
        for line, writer in writers.items():
            writer.add("words", f"{line} {number}".encode())
    writers["room"].end()
    writers["wyoming-2"].add("words", b"wyoming-2 3")
    writers["wyoming-2"].end()
    assert {kept.id: kept.line for kept in recordings.listed(tmp_path)} == {w.id: line for line, w in writers.items()}
    for line, writer in writers.items():
        said = [piece.decode() for _, piece in recordings.pieces(tmp_path, writer.id, KEY)]
        assert said == [f"{line} {number}" for number in range(3 + (line == "wyoming-2"))]


@pytest.mark.parametrize("identity", ["../../etc/passwd", "20260101T000000Z-abcdef", ""])
def test_an_id_outside_the_folder_is_unknown(archive: Archive, tmp_path: Path, identity: str) -> None:
    with pytest.raises(PortError, match="there is none"):
        recordings.wipe(tmp_path, identity)
