"""The audit log against crashes, full disks and forgers."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.ports import PortError
from appliance.services import keys
from appliance.services.audit import AuditFault, AuditLog, records, verify
from tests.conftest import CHECKOUT

KEY = keys.SigningKey.from_pem(keys.generate("box-key"))


def begin(folder: Path, count: int = 10, export: Path | None = None) -> AuditLog:
    log = AuditLog(folder, KEY, export)
    while log.head.count < count:
        log.append("replied", turn=log.head.count, kind="answer")
    return log


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Path, Path]:
    """A log of ten records and its checkpoint on another medium, which covers all of them; then two records more."""
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
    """What a forger does after a change: number and link everything anew."""
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
"""what is done to the lines, what `verify` says, and whether the chain alone shows it"""


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
    """The forger makes everything anew, checkpoints included, with the right key: what was exported tells."""
    _, exported = kept
    forged = begin(tmp_path / "forged", 12)
    forged.checkpoint()
    forged.close()
    there = tmp_path / "forged" / "audit.jsonl"
    assert verify(there, [tmp_path / "forged" / "checkpoints.jsonl"], KEY.public).problems == []
    (problem,) = verify(there, [exported], KEY.public).problems
    assert "another log" in problem.what


def test_a_tail_cut_off_with_its_checkpoints_shows_only_outside(kept: tuple[Path, Path]) -> None:
    """journald's sealing failed at this. The checkpoints beside the log are cut with it and agree."""
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


def test_a_clock_that_was_set_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time since boot does not move with the time of day."""

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(minutes=-7)

    log = begin(tmp_path, 4)
    monkeypatch.setattr("appliance.services.audit.datetime", Later)
    log.append("replied")
    log.append("replied")
    log.close()
    monkeypatch.undo()
    found = verify(tmp_path / "audit.jsonl", [])
    assert found.problems == []
    (step,) = found.clock_set
    assert step.startswith("by -420.0 s before record 5")


def test_an_auditor_needs_no_tool_of_ours(kept: tuple[Path, Path], tmp_path: Path) -> None:
    """The commands of the documentation, by hand: sed and sha256sum for a link, openssl for a checkpoint."""
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
    """The last record is cut at every fourth byte and the last ones; the others survive, and a record says so."""
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
        # Of a record that lacks only its line end nothing was lost.
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


def test_debris_in_the_middle_is_no_crash(tmp_path: Path) -> None:
    begin(tmp_path, 6).close()
    lines = (tmp_path / "audit.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "audit.jsonl").write_bytes(b"".join([*lines[:3], b"something\n", *lines[3:]]))
    (problem,) = verify(tmp_path / "audit.jsonl", []).problems
    assert "9 bytes before it are no record" in problem.what


WRITER = """
import sys, pathlib
from appliance.services import keys
from appliance.services.audit import AuditLog
key = keys.SigningKey.from_pem(pathlib.Path(sys.argv[2]).read_text())
log = AuditLog(pathlib.Path(sys.argv[1]), key)
while True:
    log.append("replied", text="x" * 300)
    print(log.head.count, flush=True)
"""


def test_a_killed_writer_loses_nothing_that_it_was_told_is_kept(tmp_path: Path) -> None:
    """SIGKILL at random moments of a busy writer, again and again over one log."""
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


def test_there_is_one_writer(tmp_path: Path) -> None:
    first = begin(tmp_path)
    with pytest.raises(PortError, match="another cloister writes it"):
        AuditLog(tmp_path, KEY)
    first.close()
    AuditLog(tmp_path, KEY).close()


# --- full disks ---------------------------------------------------------------------------------------------------

FULL = """
import os, pathlib, sys
from appliance.ports import PortError
from appliance.services import keys
from appliance.services.audit import AuditFault, AuditLog, verify
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
    """On a real file system of four megabytes: the log says that it is full while it can still write, keeps five
    hundred more records, refuses to be opened, and goes on once there is room."""
    done = on_a_small_disk(FULL, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "No space left on device; make room" in done.stdout
    assert "refused: audit log" in done.stdout
    assert "kept" in done.stdout


def test_a_full_medium_or_none_is_recorded_once_and_caught_up(tmp_path: Path) -> None:
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


def test_a_fault_is_told_to_whoever_appends(tmp_path: Path) -> None:
    """A limit on the size of files stands for any failure of a write."""
    code = """
    import resource, sys, pathlib
    from appliance.services import keys
    from appliance.services.audit import AuditFault, AuditLog
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
