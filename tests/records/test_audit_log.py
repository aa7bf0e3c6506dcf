"""The audit log against crashes, full disks and forgers."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import textwrap
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.core.ports import PortError
from appliance.records import keys
from appliance.records.audit_log import AuditFault, AuditLog
from appliance.records.audit_record import records
from appliance.records.audit_verify import verify
from tests.conftest import CHECKOUT

KEY = keys.SigningKey.from_pem(keys.generate("box-key"))


def begin(folder: Path, count: int = 10, export: Path | None = None) -> AuditLog:
    log = AuditLog(folder, KEY, export)
    while log.head.count < count:
        log.append("replied", turn=log.head.count, kind="answer")
    return log


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Path, Path]:
    """A log of ten records, with a checkpoint of all of them on another medium, and then two more records."""
    medium = tmp_path / "medium"
    medium.mkdir()
    log = begin(tmp_path / "audit", 10, medium)
    log.checkpoint()
    log.append("replied", turn=11)
    log.append("replied", turn=12)
    log.close()
    (exported,) = medium.iterdir()
    return tmp_path / "audit" / "audit.jsonl", exported


def rechain(lines: list[bytes]) -> list[bytes]:
    """Number and link all records anew, as a forger does after a change."""
    made: list[bytes] = []
    for number, line in enumerate(lines, 1):
        record = json.loads(line)
        before = hashlib.sha256(made[-1]).hexdigest() if made else "0" * 64
        made.append(json.dumps({**record, "n": number, "previous": before}).encode())
    return made


def edited(lines: list[bytes]) -> list[bytes]:
    return [*lines[:4], lines[4].replace(b"answer", b"nothing"), *lines[5:]]


FORGERIES: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str, bool]] = {
    "a record is edited": (edited, "the record before it was changed", True),
    "a record is deleted": (lambda x: [*x[:4], *x[5:]], "1 records before it were deleted", True),
    "the beginning is deleted": (lambda x: x[3:], "3 records before it were deleted", True),
    "two records are swapped": (lambda x: [*x[:4], x[5], x[4], *x[6:]], "were moved or put in", True),
    "a record is repeated": (lambda x: [*x[:5], *x[4:]], "were moved or put in", True),
    "the last record is edited": (
        lambda x: [*x[:9], x[9].replace(b"answer", b"nothing")],
        "saw another record",
        False,
    ),
    "the tail is cut off": (lambda x: x[:7], "3 are cut off", False),
    "an edited log is chained anew": (lambda x: rechain(edited(x)), "written anew", False),
    "a log with a deleted record is chained anew": (lambda x: rechain([*x[:4], *x[5:]]), "written anew", False),
    "all is deleted": (lambda x: [], "no record at all", True),
}
"""the change to the lines, the message of `verify`, and whether the chain alone shows it"""


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_is_found(forgery: str, kept: tuple[Path, Path]) -> None:
    log, exported = kept
    assert verify(log, [exported], KEY.public).problems == []
    forge, expected, alone = FORGERIES[forgery]
    forged = forge(log.read_bytes().splitlines())
    log.write_bytes(b"".join(line + b"\n" for line in forged))
    found = verify(log, [exported], KEY.public)
    assert any(expected in problem.what for problem in found.problems), found.problems
    assert bool(verify(log, []).problems) is alone, "the bare chain shows just what the documentation says"


def test_a_new_log_signed_with_the_stolen_key_is_found(kept: tuple[Path, Path], tmp_path: Path) -> None:
    """The forger makes everything anew with the right key, checkpoints included. The exported checkpoints show it."""
    _, exported = kept
    forged = begin(tmp_path / "forged", 12)
    forged.checkpoint()
    forged.close()
    there = tmp_path / "forged" / "audit.jsonl"
    assert verify(there, [tmp_path / "forged" / "checkpoints.jsonl"], KEY.public).problems == []
    (problem,) = verify(there, [exported], KEY.public).problems
    assert "another log" in problem.what


def test_a_tail_cut_off_with_its_checkpoints_shows_only_in_exports(kept: tuple[Path, Path]) -> None:
    """The sealing of journald failed here. The checkpoints beside the log are cut with it and agree."""
    log, exported = kept
    local = log.parent / "checkpoints.jsonl"
    writer = AuditLog(log.parent, KEY)
    writer.checkpoint()
    writer.close()
    local.write_bytes(local.read_bytes().splitlines(keepends=True)[0])
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:10]))
    assert verify(log, [local], KEY.public).problems == [], "nothing on this disk tells"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:9]))
    assert verify(log, [exported], KEY.public).verdict == "fail"


def test_a_forged_checkpoint_is_refused(kept: tuple[Path, Path]) -> None:
    log, exported = kept
    good = exported.read_text()
    other = keys.SigningKey.from_pem(keys.generate("box-key"))
    exported.write_text(other.sign(keys.open_signed(good.splitlines()[0]).text) + "\n")
    assert "was signed by" in verify(log, [exported], KEY.public).problems[0].what
    document = json.loads(good.splitlines()[0])
    exported.write_text(json.dumps({**document, "signed": document["signed"].replace('"count": 10', '"count": 1')}))
    assert "its signature is wrong" in verify(log, [exported], KEY.public).problems[0].what
    exported.write_text("")
    assert "holds no checkpoint" in verify(log, [exported], KEY.public).problems[0].what


@settings(max_examples=60)
@given(position=st.floats(0, 1), bit=st.integers(0, 7))
def test_no_flipped_bit_goes_unnoticed(position: float, bit: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / "flipped"
    if not folder.exists():
        log = begin(folder, 6)
        log.checkpoint()
        log.close()
    original = (folder / "audit.jsonl").read_bytes()
    changed = bytearray(original)
    changed[min(int(position * len(changed)), len(changed) - 1)] ^= 1 << bit
    copy = folder / "changed.jsonl"
    copy.write_bytes(changed)
    found = verify(copy, [folder / "checkpoints.jsonl"], KEY.public)
    assert found.problems or found.torn_bytes
    assert verify(folder / "audit.jsonl", [folder / "checkpoints.jsonl"], KEY.public).problems == []


# --- clocks -------------------------------------------------------------------------------------------------------


class Clocks:
    """Both clocks of a made-up box, which a test may set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self.up_s = 100.0
        self.boot = "first"
        monkeypatch.setattr("appliance.records.audit_log.clocks", lambda: (self.now, self.up_s))
        monkeypatch.setattr("appliance.records.audit_log.boot", lambda: self.boot)

    def run(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.up_s += seconds

    def set(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def restart(self, off_s: float, boot: str = "second") -> None:
        self.now += timedelta(seconds=off_s + 20)
        self.up_s, self.boot = 20.0, boot


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


def clock_told(folder: Path) -> list[str]:
    found = verify(folder / "audit.jsonl", [])
    assert found.problems == []
    return found.clock_set


def test_an_untouched_clock_is_not_reported(tmp_path: Path, time: Clocks) -> None:
    for off_s in (5, 3600, 80_000):
        for _ in range(3):
            log = AuditLog(tmp_path, KEY)
            for _ in range(3):
                time.run(1000.3)
                log.append("replied")
            log.close()
        time.restart(off_s, f"after {off_s}")
    assert clock_told(tmp_path) == []


def test_a_clock_that_was_set_is_reported(tmp_path: Path, time: Clocks) -> None:
    """The time since boot does not move with the time of day."""
    log = begin(tmp_path, 4)
    time.set(-420)
    log.append("replied")
    log.append("replied")
    log.close()
    (step,) = clock_told(tmp_path)
    assert step.startswith("by -420.0 s before record 5")


@pytest.mark.parametrize("step_s", [0.9, -0.9, 0.3, -0.05])
def test_many_small_steps_of_the_clock_are_reported(step_s: float, tmp_path: Path, time: Clocks) -> None:
    """Each step alone is too small to be reported."""
    log = begin(tmp_path, 2)
    for _ in range(200):
        time.run(60)
        time.set(step_s)
        log.append("replied")
    log.close()
    told = clock_told(tmp_path)
    assert all("in smaller steps" in step for step in told)
    moved = sum(float(re.findall(r"by ([-+][0-9.]+) s", step)[0]) for step in told)
    assert abs(moved - 200 * step_s) <= 1 + 0.05 * len(told)


def test_small_steps_add_up_over_the_writers_of_one_boot(tmp_path: Path, time: Clocks) -> None:
    for _ in range(4):
        time.set(-0.6)
        log = AuditLog(tmp_path, KEY)
        log.append("replied")
        log.close()
    assert len(clock_told(tmp_path)) == 1


def test_a_clock_that_went_back_during_a_restart_is_reported(tmp_path: Path, time: Clocks) -> None:
    begin(tmp_path, 3).close()
    time.restart(60 - 30 * 86_400)
    log = AuditLog(tmp_path, KEY)
    log.append("started")
    log.close()
    (step,) = clock_told(tmp_path)
    assert step == "back by 2591940.0 s or more while the box restarted, before record 4"


def test_a_long_time_off_may_be_a_clock_set_ahead(tmp_path: Path, time: Clocks) -> None:
    begin(tmp_path, 3).close()
    time.restart(400 * 86_400)
    log = AuditLog(tmp_path, KEY)
    log.append("started")
    time.run(5)
    time.set(-400 * 86_400)
    log.append("replied")
    log.close()
    ahead, back = clock_told(tmp_path)
    assert ahead.startswith("ahead, or the box was off for 400.0 days, before record 4")
    assert back.startswith("by -34560000.0 s before record 5")


def test_a_boot_is_told_from_a_shorter_one_before_it(tmp_path: Path, time: Clocks) -> None:
    """The second boot's first record is further from its boot than the first boot's last one."""
    begin(tmp_path, 3).close()
    time.restart(10)
    time.run(50_000)
    time.set(-60_000)
    log = AuditLog(tmp_path, KEY)
    log.append("started")
    log.close()
    assert [step.split(" by ")[0] for step in clock_told(tmp_path)] == ["back"]


def test_a_log_from_before_boots_were_named_is_read(tmp_path: Path, time: Clocks) -> None:
    log = begin(tmp_path, 3)
    time.set(77)
    log.append("replied")
    log.close()
    path = tmp_path / "audit.jsonl"
    stripped = [re.sub(rb'"boot": "first", ', b"", line) for line in path.read_bytes().splitlines()]
    path.write_bytes(b"".join(line + b"\n" for line in rechain(stripped)))
    assert [step.split(" before")[0] for step in clock_told(tmp_path)] == ["by +77.0 s"]
    time.run(5)
    AuditLog(tmp_path, KEY).close()
    time.restart(5)
    log = AuditLog(tmp_path, KEY)
    log.append("started")
    log.close()
    assert len(clock_told(tmp_path)) == 1


def test_the_real_clocks_are_read_together(tmp_path: Path) -> None:
    log = begin(tmp_path, 30)
    log.close()
    assert clock_told(tmp_path) == []
    found = list(records(tmp_path / "audit.jsonl"))
    assert [bool(record.get("boot")) for record in found] == [True] + 29 * [False]


# --- checkpoints on their own -------------------------------------------------------------------------------------


@pytest.fixture
def checkpointed(tmp_path: Path) -> tuple[Path, Path, list[bytes]]:
    """A log with six checkpoints; the log, the exported file and its lines."""
    (tmp_path / "medium").mkdir()
    log = AuditLog(tmp_path / "audit", KEY, tmp_path / "medium")
    for _ in range(6):
        log.append("replied")
        log.checkpoint()
    log.close()
    (exported,) = (tmp_path / "medium").iterdir()
    return tmp_path / "audit" / "audit.jsonl", exported, exported.read_bytes().splitlines()


TAKEN: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "one is taken out": (lambda x: [*x[:2], *x[3:]], "is number 4 and follows number 2: 1 are missing"),
    "some are taken out": (lambda x: [x[0], *x[4:]], "is number 5 and follows number 1: 3 are missing"),
    "the first is gone": (lambda x: x[1:], "is number 2: the 1 before it are missing"),
    "only the last is left": (lambda x: x[5:], "is number 6: the 5 before it are missing"),
    "they are reversed": (lambda x: x[::-1], "were moved or made anew"),
    "two are swapped": (lambda x: [x[0], x[2], x[1], *x[3:]], "were moved or made anew"),
    "one comes again later": (lambda x: [*x, x[2]], "were moved or made anew"),
    "one is damaged": (lambda x: [*x[:2], x[2][:-9] + b"}", *x[3:]], "is no signed document"),
    "one is blanked": (lambda x: [*x[:2], b"", *x[3:]], "1 are missing"),
}


@pytest.mark.parametrize("how", TAKEN)
def test_an_exported_checkpoint_that_is_missing_or_moved_is_found(
    how: str, checkpointed: tuple[Path, Path, list[bytes]]
) -> None:
    log, exported, lines = checkpointed
    found = verify(log, [exported], KEY.public)
    assert (found.problems, found.checkpoints, found.last_checkpoint) == ([], 6, 6)
    take, expected = TAKEN[how]
    exported.write_bytes(b"".join(line + b"\n" for line in take(lines)))
    found = verify(log, [exported], KEY.public)
    assert any(expected in problem.what for problem in found.problems), found.problems


@pytest.mark.parametrize("how", ["unnumbered", "unnumbered, one missing"])
def test_checkpoints_from_before_they_were_numbered_are_linked(
    how: str, checkpointed: tuple[Path, Path, list[bytes]]
) -> None:
    """The box goes on counting from how many there are."""
    log, exported, lines = checkpointed
    made: list[bytes] = []
    for line in lines:
        fields = json.loads(keys.open_signed(line.decode()).text)
        del fields["number"]
        fields["previous"] = hashlib.sha256(made[-1]).hexdigest() if made else "0" * 64
        made.append(KEY.sign(json.dumps(fields)).encode())
    (log.parent / "checkpoints.jsonl").write_bytes(b"".join(line + b"\n" for line in made))
    exported.unlink()
    writer = AuditLog(log.parent, KEY, exported.parent)
    writer.append("replied")
    writer.checkpoint()
    writer.close()
    if how == "unnumbered":
        found = verify(log, [exported], KEY.public)
        assert (found.problems, found.checkpoints, found.last_checkpoint) == ([], 7, 7)
        return
    there = exported.read_bytes().splitlines()
    for gone in range(len(there) - 1):
        exported.write_bytes(b"".join(line + b"\n" for line in [*there[:gone], *there[gone + 1 :]]))
        assert verify(log, [exported], KEY.public).problems, gone


def test_the_next_export_does_not_fill_a_gap_in_the_middle(
    checkpointed: tuple[Path, Path, list[bytes]],
) -> None:
    log, exported, lines = checkpointed
    writer = AuditLog(log.parent, KEY, exported.parent)
    for kept, mended in ((lines[:3], True), ([], True), ([*lines[:2], *lines[3:]], False)):
        exported.write_bytes(b"".join(line + b"\n" for line in kept))
        writer.append("replied")
        writer.checkpoint()
        assert (verify(log, [exported], KEY.public).problems == []) is mended
    writer.close()


def test_a_checkpoint_that_was_torn_on_the_medium_or_the_box_is_no_gap(
    checkpointed: tuple[Path, Path, list[bytes]],
) -> None:
    log, exported, _ = checkpointed
    own = log.parent / "checkpoints.jsonl"
    for path in (exported, own, exported):
        with path.open("ab") as file:
            file.write(b'{"signed": "{\\"form')
        writer = AuditLog(log.parent, KEY, exported.parent)
        for _ in range(2):
            writer.append("replied")
            writer.checkpoint()
        writer.close()
        for checked in (exported, own):
            found = verify(log, [checked], KEY.public)
            assert found.problems == [] and found.last_checkpoint == found.checkpoints


# --- malformed lines ----------------------------------------------------------------------------------------------

BOMBS = {
    "infinity": "Infinity",
    "an exponent": "1e400",
    "not a number": "NaN",
    "digits": "9" * 4000,
    "more digits than Python reads": "9" * 5000,
    "deep": "[" * 100_000 + "]" * 100_000,
    "deep and not closed": "[" * 100_000,
    "an object": '{"a": 1}',
    "a list": "[1]",
    "null": "null",
    "true": "true",
    "below zero": "-1",
    "a half": "0.5",
    "a text": '"3"',
    "a surrogate": '"\\ud800"',
    "not UTF-8": "\udcff",
    "nothing": "",
}


POINT = ("format", "log", "number", "count", "head", "at", "previous")
RECORD = ("n", "at", "up_s", "event", "previous", "boot", "log")


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_signed_checkpoint_with_a_bomb_gets_a_verdict(bomb: str, kept: tuple[Path, Path]) -> None:
    log, exported = kept
    good = json.loads(keys.open_signed(exported.read_text().splitlines()[0]).text)
    raw = BOMBS[bomb].encode("utf-8", "surrogateescape").decode("latin-1")
    texts = {name: json.dumps({**good, name: "HERE"}).replace('"HERE"', raw) for name in POINT} | {"": raw}
    if bomb == "null":
        del texts["number"]  # as it was before checkpoints were numbered
    for name, text in texts.items():
        exported.write_text(KEY.sign(text) + "\n")
        assert verify(log, [exported], KEY.public).verdict == "fail", name


@pytest.mark.parametrize("name", sorted(set(POINT) - {"number"}))
def test_a_signed_checkpoint_that_lacks_or_repeats_a_field_gets_a_verdict(name: str, kept: tuple[Path, Path]) -> None:
    log, exported = kept
    good = json.loads(keys.open_signed(exported.read_text().splitlines()[0]).text)
    lacking = json.dumps({key: value for key, value in good.items() if key != name})
    repeated = json.dumps(good)[:-1] + f', "{name}": {json.dumps(good[name])}}}'
    for text in (lacking, repeated):
        exported.write_text(KEY.sign(text) + "\n")
        assert "is signed and no checkpoint" in verify(log, [exported], KEY.public).problems[0].what


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_record_with_a_bomb_gets_a_verdict(bomb: str, kept: tuple[Path, Path]) -> None:
    log, exported = kept
    lines = log.read_bytes().splitlines()
    raw = BOMBS[bomb].encode("utf-8", "surrogateescape")
    record = json.loads(lines[4])
    bombs = [json.dumps({**record, name: "HERE"}).encode().replace(b'"HERE"', raw) for name in RECORD]
    for line in (*bombs, raw):
        log.write_bytes(b"".join(line + b"\n" for line in [*lines[:4], line, *lines[5:]]))
        assert verify(log, [exported], KEY.public).verdict == "fail"
        list(records(log))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters(codec=None), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
LINES = st.one_of(
    st.binary(max_size=60),
    st.dictionaries(st.sampled_from(["n", "at", "up_s", "event", "previous", "boot", "log", "x"]), VALUES).map(
        lambda fields: json.dumps(fields).encode()
    ),
)


@settings(max_examples=100, deadline=None)
@given(lines=st.lists(LINES, max_size=6), ends=st.sampled_from([b"\n", b"\r\n", b"", b"\0\n"]), at=st.integers(0, 12))
def test_any_log_gets_a_verdict(
    lines: list[bytes], ends: bytes, at: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "fuzzed"
    if not folder.exists():
        begin(folder, 12).close()
    original = (folder / "audit.jsonl").read_bytes().splitlines(keepends=True)
    fuzzed = folder / "fuzzed.jsonl"
    fuzzed.write_bytes(b"".join([*original[:at], *(line + ends for line in lines), *original[at:]]))
    assert verify(fuzzed, []).verdict in ("ok", "fail")
    list(records(fuzzed))


@settings(max_examples=100, deadline=None)
@given(
    fields=st.dictionaries(
        st.sampled_from(["format", "log", "number", "count", "head", "at", "previous"]), VALUES, max_size=7
    ),
    raw=st.binary(max_size=40),
)
def test_any_checkpoint_gets_a_verdict(
    fields: dict[str, object], raw: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "pointed"
    if not folder.exists():
        log = begin(folder, 3)
        log.checkpoint()
        log.close()
    good = json.loads(keys.open_signed((folder / "checkpoints.jsonl").read_text()).text)
    fuzzed = folder / "fuzzed"
    unsigned = json.dumps({"signed": fields.get("head"), "signature": fields.get("at"), "public": fields.get("log")})
    fuzzed.write_bytes(
        KEY.sign(json.dumps({**good, **fields})).encode() + b"\n" + raw + b"\n{" + raw + b"}\n" + unsigned.encode()
    )
    found = verify(folder / "audit.jsonl", [fuzzed], KEY.public)
    assert found.verdict == "fail"


def test_a_log_takes_no_memory_for_its_length(tmp_path: Path) -> None:
    """The log has forty megabytes of records, then a line of three megabytes, then a line without an end."""
    log = begin(tmp_path, 3)
    log.checkpoint()
    log.close()
    path = tmp_path / "audit.jsonl"
    previous = hashlib.sha256(path.read_bytes().splitlines()[-1]).hexdigest()
    with path.open("ab") as file:
        for number in range(4, 4004):
            line = json.dumps({"n": number, "event": "replied", "text": 10_000 * "x", "previous": previous}).encode()
            file.write(line + b"\n")
            previous = hashlib.sha256(line).hexdigest()
        file.write(3 * 2**20 * b"y" + b"\n" + 3 * 2**20 * b"z")
    tracemalloc.start()
    found = verify(path, [tmp_path / "checkpoints.jsonl"], KEY.public)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found.count, found.covered) == (4003, 3)
    assert peak < 8 * 2**20


def test_text_of_others_is_kept_with_control_characters_escaped(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, KEY)
    log.append("operator", claims_to_be="x\n     3  glass broken \x1b[2J \u202e \ud800 é", level=float("inf"))
    log.close()
    content = (tmp_path / "audit.jsonl").read_bytes()
    assert verify(tmp_path / "audit.jsonl", []).problems == []
    (record,) = [record for record in records(tmp_path / "audit.jsonl") if record["event"] == "operator"]
    assert record["claims_to_be"] == "x\\u000a     3  glass broken \\u001b[2J \\u202e \\ud800 é"
    assert record["level"] == "inf" and b"\\n" not in content


def test_the_documented_commands_verify_without_our_tools(kept: tuple[Path, Path], tmp_path: Path) -> None:
    """The test runs the commands of the documentation: sed and sha256sum for a link, openssl for a checkpoint."""
    log, exported = kept
    link = subprocess.run(
        f"sed -n 5p {log} | tr -d '\\n' | sha256sum", shell=True, capture_output=True, text=True, check=True
    ).stdout.split()[0]
    assert json.loads(log.read_text().splitlines()[5])["previous"] == link
    document = json.loads(exported.read_text().splitlines()[-1])
    (tmp_path / "text").write_text(document["signed"])
    (tmp_path / "signature").write_bytes(base64.b64decode(document["signature"]))
    (tmp_path / "key.pem").write_text(KEY.public.pem)
    command = "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in text -sigfile signature".split()
    assert subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode == 0
    (tmp_path / "text").write_text(document["signed"] + " ")
    assert subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode != 0, "control"


# --- crashes ------------------------------------------------------------------------------------------------------


def test_a_write_torn_at_any_byte_is_mended(tmp_path: Path) -> None:
    """The last record is cut at every fourth byte and the last ones. The others survive, and a record reports it."""
    log = begin(tmp_path / "whole", 4)
    log.close()
    whole = (tmp_path / "whole" / "audit.jsonl").read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for cut in (*range(last + 1, len(whole) - 3, 4), *range(len(whole) - 3, len(whole))):
        folder = tmp_path / f"cut{cut}"
        folder.mkdir()
        (folder / "audit.jsonl").write_bytes(whole[:cut])
        before = verify(folder / "audit.jsonl", [])
        assert before.verdict == "ok" and before.torn_bytes == cut - last
        log = begin(folder)
        log.append("started")
        log.close()
        assert (folder / "audit.jsonl").read_bytes().startswith(whole[:cut]), "nothing is ever taken away"
        assert verify(folder / "audit.jsonl", []).problems == []
        events = [record["event"] for record in records(folder / "audit.jsonl")]
        # A record that lacks only its line end is complete.
        assert events.index("repaired") == (4 if cut == len(whole) - 1 else 3)


@pytest.mark.parametrize("debris", [b"\0" * 300, b'{"n": 5, "at"', b"\0\0\n\0", b"\n\n", b"{}\n{}"])
def test_what_a_power_cut_may_leave_is_mended(debris: bytes, tmp_path: Path) -> None:
    begin(tmp_path, 4).close()
    with (tmp_path / "audit.jsonl").open("ab") as file:
        file.write(debris)
    begin(tmp_path, 8).close()
    with (tmp_path / "audit.jsonl").open("ab") as file:
        file.write(debris)
    begin(tmp_path, 12).close()
    found = verify(tmp_path / "audit.jsonl", [])
    assert (found.problems, found.count) == ([], 12)
    assert [record["event"] for record in records(tmp_path / "audit.jsonl")].count("repaired") == 2


@pytest.mark.parametrize("left", [b"", b"{", b"\0" * 9])
def test_a_crash_in_the_very_first_record(left: bytes, tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").write_bytes(left)
    log = begin(tmp_path, 3)
    log.checkpoint()
    log.close()
    assert verify(tmp_path / "audit.jsonl", [tmp_path / "checkpoints.jsonl"]).problems == []


def test_damage_in_the_middle_is_not_taken_for_a_crash(tmp_path: Path) -> None:
    begin(tmp_path, 6).close()
    lines = (tmp_path / "audit.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "audit.jsonl").write_bytes(b"".join([*lines[:3], b"something\n", *lines[3:]]))
    (problem,) = verify(tmp_path / "audit.jsonl", []).problems
    assert "9 bytes before it are no record" in problem.what


WRITER = """
import sys, pathlib
from appliance.records import keys
from appliance.records.audit_log import AuditLog
key = keys.SigningKey.from_pem(pathlib.Path(sys.argv[2]).read_text())
log = AuditLog(pathlib.Path(sys.argv[1]), key)
while True:
    log.append("replied", text="x" * 300)
    print(log.head.count, flush=True)
"""


def test_a_killed_writer_loses_no_acknowledged_record(tmp_path: Path) -> None:
    """SIGKILL hits a busy writer at random moments, many times over one log."""
    keys.write_new(tmp_path / "key", keys.generate("box-key"))
    acknowledged = 0
    for kill in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, tmp_path / "audit", tmp_path / "key"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
        )
        assert writer.stdout is not None
        for _ in range(3 + 17 * kill):
            acknowledged = int(writer.stdout.readline())
        writer.kill()
        for line in writer.stdout:
            acknowledged = int(line) if line.endswith("\n") else acknowledged
        writer.wait()
        found = verify(tmp_path / "audit" / "audit.jsonl", [])
        assert found.problems == [] and found.count >= acknowledged


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    first = begin(tmp_path)
    with pytest.raises(PortError, match="another cloister writes it"):
        AuditLog(tmp_path, KEY)
    first.close()
    AuditLog(tmp_path, KEY).close()


# --- full disks ---------------------------------------------------------------------------------------------------

FULL = """
import os, pathlib, sys
from appliance.core.ports import PortError
from appliance.records import keys
from appliance.records.audit_log import AuditFault, AuditLog
from appliance.records.audit_verify import verify
key = keys.SigningKey.from_pem(keys.generate("box-key"))
disk = pathlib.Path(sys.argv[1])
log = AuditLog(disk / "audit", key)
written = 0
def fill():
    with (disk / "filler").open("ab", buffering=0) as file:
        try:
            while True: file.write(bytes(4096))
        except OSError: pass
fill()
try:
    while True:
        log.append("replied", text="x" * 400)
        written += 1
except AuditFault as fault:
    print("fault:", fault)
    written += 1
after = 0
for _ in range(500):                      # what is under way while the appliance stops
    try: log.append("conversation closed")
    except AuditFault: after += 1
log.close()
found = verify(disk / "audit" / "audit.jsonl", [])
assert found.problems == [] and found.torn_bytes == 0, found
assert found.count == 1 + written + after, (found.count, written, after)
try: AuditLog(disk / "audit", key)
except PortError as error: print("refused:", error)
(disk / "filler").unlink()
log = AuditLog(disk / "audit", key)
log.append("started")
assert log.fault is None
log.close()
assert verify(disk / "audit" / "audit.jsonl", []).problems == []
print("kept", found.count, "of", 1 + written + after)
"""


def on_a_small_disk(code: str, folder: Path, size: str = "4m") -> subprocess.CompletedProcess[str]:
    """Run Python with ``folder`` on a file system of its own."""
    unshare = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("may not make mount namespaces here")
    (folder / "code.py").write_text(textwrap.dedent(code))
    (folder / "disk").mkdir()
    script = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && shift 2 && exec "$@"'
    return subprocess.run(
        [
            *unshare,
            "sh",
            "-c",
            script,
            "sh",
            size,
            folder / "disk",
            sys.executable,
            folder / "code.py",
            folder / "disk",
        ],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_full_disk_loses_no_record(tmp_path: Path) -> None:
    """On a real file system of four megabytes, the log reports that it is full while it can still write. It keeps five
    hundred more records, refuses to be opened, and goes on once there is room."""
    done = on_a_small_disk(FULL, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "No space left on device; make room" in done.stdout
    assert "refused: audit log" in done.stdout
    assert "kept" in done.stdout


def test_a_full_or_missing_medium_is_recorded_once_and_caught_up(tmp_path: Path) -> None:
    medium = tmp_path / "medium"
    log = begin(tmp_path / "audit", 3, medium)
    for _ in range(3):
        log.append("replied")
        log.checkpoint()
    medium.mkdir()
    log.append("replied")
    log.checkpoint()
    log.close()
    events = [record["event"] for record in records(tmp_path / "audit" / "audit.jsonl")]
    assert events.count("checkpoints not exported") == 1
    assert events.count("checkpoints exported again") == 1
    (exported,) = medium.iterdir()
    assert exported.read_bytes() == (tmp_path / "audit" / "checkpoints.jsonl").read_bytes()
    assert verify(tmp_path / "audit" / "audit.jsonl", [exported]).checkpoints == 4


def test_a_write_fault_is_raised_to_the_caller(tmp_path: Path) -> None:
    """A limit on the size of files stands for any failure of a write."""
    code = """
    import resource, sys, pathlib
    from appliance.records import keys
    from appliance.records.audit_log import AuditFault, AuditLog
    log = AuditLog(pathlib.Path(sys.argv[1]) / "audit", keys.SigningKey.from_pem(keys.generate("box-key")))
    resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))
    try:
        for _ in range(9): log.append("replied", text="x" * 100)
    except AuditFault as fault: print(fault)
    """
    (tmp_path / "code.py").write_text(textwrap.dedent(code))
    done = subprocess.run(
        [sys.executable, tmp_path / "code.py", tmp_path],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "File too large" in done.stdout, done.stderr
    assert issubclass(AuditFault, PortError)
