"""Recordings: encrypted, whole or refused, kept no longer than they may be."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.ports import PortError
from appliance.services import keys, recordings
from appliance.services.recordings import Archive

KEY = keys.WrappingKey(bytes(range(32)))
CANARY = b"the purple elephant dances on thursday"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path, KEY, days=30)


def record(archive: Archive, pieces: int = 5) -> str:
    identity = archive.begin()
    for number in range(pieces):
        archive.add("words", b"%d " % number + CANARY)
        archive.add("audio", bytes(3200))
    archive.end()
    return identity


def test_what_was_recorded_comes_back_with_the_key_alone(archive: Archive, tmp_path: Path) -> None:
    identity = record(archive)
    found = list(recordings.pieces(tmp_path, identity, KEY))
    assert [kind for kind, _ in found] == ["words", "audio"] * 5
    assert found[2] == ("words", b"1 " + CANARY)
    with pytest.raises(PortError, match="wrapped by another recording key"):
        list(recordings.pieces(tmp_path, identity, keys.WrappingKey(bytes(32))))


def test_nothing_of_it_is_on_the_disk_in_clear(archive: Archive, tmp_path: Path) -> None:
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
    assert list(tmp_path.iterdir()) == []
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


def age(folder: Path, identity: str, days: float) -> None:
    path = folder / f"{identity}.rec"
    head, rest = path.read_bytes().split(b"\n", 1)
    begun = datetime.now(UTC) - timedelta(days=days)
    path.write_bytes(json.dumps({**json.loads(head), "begun": begun.isoformat()}).encode() + b"\n" + rest)


def test_expiry_takes_what_is_due_and_not_what_is_on_hold(archive: Archive, tmp_path: Path) -> None:
    due, held, young = record(archive), record(archive), record(archive)
    age(tmp_path, due, 31)
    age(tmp_path, held, 31)
    age(tmp_path, young, 29)
    recordings.hold(tmp_path, held, "case 17 of the legal department")
    writing = archive.begin()
    assert archive.expire() == [due]
    assert {kept.id for kept in recordings.listed(tmp_path)} == {held, young, writing}
    recordings.release(tmp_path, held)
    assert archive.expire() == [held]


def test_a_hold_is_kept_against_the_operator(archive: Archive, tmp_path: Path) -> None:
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


def test_one_that_is_being_made_is_left_alone(archive: Archive, tmp_path: Path) -> None:
    identity = archive.begin()
    assert [kept.open for kept in recordings.listed(tmp_path)] == [True]
    with pytest.raises(PortError, match="is being made"):
        recordings.wipe(tmp_path, identity)
    archive.end()
    assert [kept.open for kept in recordings.listed(tmp_path)] == [False]


@pytest.mark.parametrize("identity", ["../../etc/passwd", "20260101T000000Z-abcdef", ""])
def test_there_is_nothing_outside_the_folder(archive: Archive, tmp_path: Path, identity: str) -> None:
    with pytest.raises(PortError, match="there is none"):
        recordings.wipe(tmp_path, identity)
