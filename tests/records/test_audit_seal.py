"""Seals over the audit log, against root with today's key, and against power cuts, full disks and clocks."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.core.ports import PortError
from appliance.records import audit_seal, keys
from appliance.records.audit_log import AuditFault, AuditLog
from appliance.records.audit_record import records
from appliance.records.audit_seal import Sealing, verify
from appliance.records.audit_verify import verify as verify_chain
from tests.conftest import CHECKOUT
from tests.records.test_audit_log import KEY, on_a_small_disk, rechain

EPOCHS = 6


def sealed(folder: Path, epochs: int = EPOCHS) -> keys.PublicKey:
    """Make a log of three records per epoch, with its seals. Returns the key to keep off the box."""
    log = AuditLog(folder, KEY)
    pinned = audit_seal.first_key(folder)
    assert pinned is not None
    for _ in range(epochs):
        for _ in range(3):
            log.append("replied", kind="answer")
        log.checkpoint()
    log.close()
    return pinned


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, keys.PublicKey]:
    folder = tmp_path_factory.mktemp("made") / "audit"
    return folder, sealed(folder)


@pytest.fixture
def box(made: tuple[Path, keys.PublicKey], tmp_path: Path) -> tuple[Path, keys.PublicKey]:
    """A log of six epochs, and the key that was pinned."""
    shutil.copytree(made[0], tmp_path / "audit")
    return tmp_path / "audit", made[1]


def look(folder: Path, pinned: keys.PublicKey | None = None, nonce: str = "") -> Sealing:
    return verify(folder / "audit.jsonl", folder / "seals.jsonl", pinned, nonce)


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def put(path: Path, content: list[bytes]) -> None:
    path.write_bytes(b"".join(line + b"\n" for line in content))


def text_of(seal: bytes) -> dict[str, object]:
    fields: dict[str, object] = json.loads(keys.open_signed(seal.decode()).text)
    return fields


def root_of_today(folder: Path) -> keys.SigningKey:
    """The one key that an attacker who may read everything finds."""
    content = (folder / "seal-key").read_bytes()
    seeds = [content[place + 8 : place + 40] for place in (0, 4096)]
    (seed,) = [seed for seed in seeds if any(seed)]
    return keys.SigningKey.from_seed(seed)


def resealed(folder: Path, forged: list[bytes], key: keys.SigningKey, first: int = 0) -> None:
    """Write a forged log, and seal it as well as an attacker with one key can. Each seal from ``first`` on is made anew
    with that key and names it as the next."""
    put(folder / "audit.jsonl", forged)
    kept = lines(folder / "seals.jsonl")
    made = kept[:first]
    for old in kept[first:]:
        fields = text_of(old)
        number = min(int(str(fields["count"])), len(forged))
        head = hashlib.sha256(forged[number - 1]).hexdigest()
        before = hashlib.sha256(made[-1]).hexdigest() if made else "0" * 64
        fields |= {"count": number, "head": head, "previous": before, "next": key.public.fingerprint}
        made.append(key.sign(json.dumps(fields)).encode())
    put(folder / "seals.jsonl", made)


def test_an_untouched_log_is_sealed_from_the_pinned_key_on(box: tuple[Path, keys.PublicKey]) -> None:
    folder, pinned = box
    found = look(folder, pinned)
    assert (found.problems, found.seals, found.covered) == ([], EPOCHS, 1 + 3 * EPOCHS)
    assert found.first == pinned.fingerprint and not found.fresh
    first = next(records(folder / "audit.jsonl"))
    assert first["seal"] == pinned.fingerprint, "the log itself says where the seals begin"


def test_only_todays_key_is_left(box: tuple[Path, keys.PublicKey]) -> None:
    folder, _ = box
    last = text_of(lines(folder / "seals.jsonl")[-1])
    assert root_of_today(folder).public.fingerprint == last["next"]
    assert (folder / "seal-key").stat().st_mode & 0o777 == 0o600


# --- root rewrites the past ---------------------------------------------------------------------------------------

FORGERIES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "edited": lambda x: [*x[:4], x[4].replace(b"answer", b"nothing"), *x[5:]],
    "deleted": lambda x: [*x[:4], *x[5:]],
    "put in": lambda x: [*x[:4], x[2], *x[4:]],
    "swapped": lambda x: [*x[:4], x[5].replace(b"answer", b"nothing"), x[4], *x[6:]],
    "cut off": lambda x: x[:10],
    "begun later": lambda x: x[3:],
    "all written anew": lambda x: [line.replace(b"answer", b"nothing") for line in x],
}
"""the change to the records before the chain is made anew"""


@pytest.mark.parametrize("how", FORGERIES)
@pytest.mark.parametrize("first", [0, 1, 4, EPOCHS - 1])
def test_root_with_todays_key_cannot_rewrite_the_past(how: str, first: int, box: tuple[Path, keys.PublicKey]) -> None:
    """The attacker makes the chain of records, the checkpoints and the seals from one on anew, with every key on
    the box. The auditor has no export, only the first public key."""
    folder, pinned = box
    forged = rechain(FORGERIES[how](lines(folder / "audit.jsonl")))
    resealed(folder, forged, root_of_today(folder), first)
    put(folder / "checkpoints.jsonl", [])
    assert verify_chain(folder / "audit.jsonl", []).problems == [], "the chain alone shows nothing"
    assert look(folder, pinned).problems


@pytest.mark.parametrize("how", FORGERIES)
def test_seals_left_as_they_are_show_the_forgery(how: str, box: tuple[Path, keys.PublicKey]) -> None:
    folder, pinned = box
    put(folder / "audit.jsonl", rechain(FORGERIES[how](lines(folder / "audit.jsonl"))))
    assert look(folder, pinned).problems


@pytest.mark.parametrize(
    "cut",
    [
        lambda x: x[1:],
        lambda x: [*x[:2], *x[3:]],
        lambda x: [*x[:2], x[3], x[2], *x[4:]],
        lambda x: [*x, x[-1]],
        lambda x: x[::-1],
        lambda x: [*x[:3], x[3].replace(b"head", b"tail"), *x[4:]],
        lambda x: [],
    ],
    ids=["first", "middle", "swapped", "repeated", "reversed", "changed", "all"],
)
def test_seals_that_are_missing_or_moved_are_found(
    cut: Callable[[list[bytes]], list[bytes]], box: tuple[Path, keys.PublicKey]
) -> None:
    folder, pinned = box
    put(folder / "seals.jsonl", cut(lines(folder / "seals.jsonl")))
    assert look(folder, pinned).problems


@pytest.mark.parametrize("kept", range(1, EPOCHS))
def test_cut_seals_cannot_answer_an_auditor(kept: int, box: tuple[Path, keys.PublicKey]) -> None:
    """The sealing of journald failed here. Log and seals are cut at the same place and agree, so nothing on this disk
    shows it. The box then continues, or root answers the auditor's nonce with the key of today."""
    folder, pinned = box
    good = audit_seal.exported(folder, "auditor 17")
    (folder / "exported.jsonl").write_bytes(good)
    assert verify(folder / "audit.jsonl", folder / "exported.jsonl", pinned, "auditor 17").fresh, "control"
    today = root_of_today(folder)
    put(folder / "seals.jsonl", lines(folder / "seals.jsonl")[:kept])
    put(folder / "audit.jsonl", lines(folder / "audit.jsonl")[: 1 + 3 * kept])
    assert look(folder, pinned).problems == [], "the cut alone does not show"
    with pytest.raises(PortError, match="is gone"):
        audit_seal.exported(folder, "auditor 18")
    last = lines(folder / "seals.jsonl")[-1]
    fields = text_of(good.splitlines()[-1]) | {k: text_of(last)[k] for k in ("count", "head")}
    fields |= {"epoch": kept, "previous": hashlib.sha256(last).hexdigest(), "nonce": "auditor 18"}
    answer = folder / "answer.jsonl"
    put(answer, [*lines(folder / "seals.jsonl"), today.sign(json.dumps(fields)).encode()])
    found = verify(folder / "audit.jsonl", answer, pinned, "auditor 18")
    assert not found.fresh and any("seals between them are missing" in problem for problem in found.problems)
    # The running box goes on with a new key and records that. Its log never verifies as clean again.
    log = AuditLog(folder, KEY)
    log.append("replied")
    log.checkpoint()
    log.close()
    assert list(records(folder / "audit.jsonl"))[-2]["event"] == "sealing begun"
    assert any("begun anew" in problem for problem in look(folder, pinned).problems)


def test_an_answer_to_another_nonce_is_not_fresh(box: tuple[Path, keys.PublicKey]) -> None:
    folder, pinned = box
    old = folder / "old.jsonl"
    old.write_bytes(audit_seal.exported(folder, "auditor 17"))
    found = verify(folder / "audit.jsonl", old, pinned, "auditor 18")
    assert not found.fresh and "does not answer the nonce" in found.problems[0]
    with pytest.raises(PortError, match="at most 200"):
        audit_seal.exported(folder, "x" * 201)


def test_the_current_epoch_can_be_rewritten(box: tuple[Path, keys.PublicKey]) -> None:
    """The control of the tests above, as the pages say: the holder of today's key can forge today."""
    folder, pinned = box
    log = AuditLog(folder, KEY)
    log.append("break-in")
    log.close()
    there = lines(folder / "audit.jsonl")
    put(folder / "audit.jsonl", rechain([*there[:-1], there[-1].replace(b"break-in", b"replied!")]))
    log = AuditLog(folder, KEY)
    log.checkpoint()
    log.close()
    (folder / "exported.jsonl").write_bytes(audit_seal.exported(folder, "auditor 17"))
    found = verify(folder / "audit.jsonl", folder / "exported.jsonl", pinned, "auditor 17")
    assert found.problems == [] and found.fresh and found.seals == EPOCHS + 1


def test_a_copied_key_forges_only_later_epochs(box: tuple[Path, keys.PublicKey]) -> None:
    """Root with a copied key can make all that follows that day, and nothing before it."""
    folder, pinned = box
    stolen = folder.parent / "stolen"
    shutil.copytree(folder, stolen)
    log = AuditLog(folder, KEY)
    log.append("after the break-in")
    log.checkpoint()
    log.close()
    log = AuditLog(stolen, KEY)
    log.append("another story")
    log.checkpoint()
    log.close()
    assert look(stolen, pinned).problems == [] == look(folder, pinned).problems
    # An export from in between shows which of the two logs is forged.
    assert verify(stolen / "audit.jsonl", folder / "seals.jsonl", pinned).problems


def test_seals_of_another_box_or_log_are_refused(box: tuple[Path, keys.PublicKey], tmp_path: Path) -> None:
    folder, pinned = box
    other = tmp_path / "other"
    theirs = sealed(other)
    assert verify(folder / "audit.jsonl", other / "seals.jsonl", theirs).problems
    shutil.copy(other / "audit.jsonl", folder)
    shutil.copy(other / "seals.jsonl", folder)
    assert look(folder, theirs).problems == [], "control"
    assert any("from the commissioning" in problem for problem in look(folder, pinned).problems)


def test_a_key_pinned_later_protects_the_whole_log(box: tuple[Path, keys.PublicKey]) -> None:
    folder, _ = box
    third = keys.open_signed(lines(folder / "seals.jsonl")[3].decode()).key
    assert look(folder, third).problems == []
    forged = rechain(FORGERIES["edited"](lines(folder / "audit.jsonl")))
    resealed(folder, forged, root_of_today(folder))
    assert look(folder, third).problems


def test_openssl_and_sha256sum_verify_a_seal_without_our_tools(
    box: tuple[Path, keys.PublicKey], tmp_path: Path
) -> None:
    """The test verifies a seal with openssl, and the key that it names with sha256sum."""
    folder, pinned = box
    (tmp_path / "first.pem").write_text(pinned.pem)
    first, second = (json.loads(line) for line in lines(folder / "seals.jsonl")[:2])
    (tmp_path / "text").write_text(first["signed"])
    (tmp_path / "signature").write_bytes(base64.b64decode(first["signature"]))
    (tmp_path / "second.pem").write_text(second["public"])
    command = "openssl pkeyutl -verify -pubin -inkey first.pem -rawin -in text -sigfile signature".split()
    assert subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode == 0
    shown = subprocess.run(
        "openssl pkey -pubin -in second.pem -outform DER | tail -c 32 | sha256sum",
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()[0]
    assert json.loads(first["signed"])["next"] == "SHA256:" + shown


# --- bombs --------------------------------------------------------------------------------------------------------

BOMBS: dict[str, object] = {
    "infinite": float("inf"),
    "negative": -1,
    "huge": 10**400,
    "true": True,
    "text": "7",
    "nothing": None,
    "nested": [[]],
}


@pytest.mark.parametrize("value", BOMBS)
@pytest.mark.parametrize("name", ["epoch", "count", "head", "next", "previous", "log", "at", "format"])
def test_a_signed_bomb_gets_a_verdict(name: str, value: str, box: tuple[Path, keys.PublicKey]) -> None:
    """The line is signed by the right key, since root may write anything today."""
    folder, pinned = box
    fields = text_of(lines(folder / "seals.jsonl")[-1]) | {"epoch": EPOCHS, name: BOMBS[value]}
    with (folder / "seals.jsonl").open("ab") as file:
        file.write(root_of_today(folder).sign(json.dumps(fields)).encode() + b"\n")
    assert look(folder, pinned).problems
    audit_seal.begin(folder)


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"signed": 5, "signature": "", "public": ""}',
        b'{"signed": "' + b"[" * 3000 + b'", "signature": "AA==", "public": "x"}',
        b"\xff\xfe}",
        b"{}",
        b"null}",
    ],
)
def test_a_line_that_is_not_a_seal_gets_a_verdict(line: bytes, box: tuple[Path, keys.PublicKey]) -> None:
    folder, pinned = box
    with (folder / "seals.jsonl").open("ab") as file:
        file.write(line + b"\n")
    assert look(folder, pinned).problems
    assert audit_seal.begin(folder) is None, "the seal before it is found"


@pytest.mark.parametrize("name", ["seals.jsonl", "audit.jsonl"])
def test_a_line_without_end_takes_no_memory(name: str, box: tuple[Path, keys.PublicKey]) -> None:
    folder, pinned = box
    with (folder / name).open("ab") as file:
        file.truncate(2**26)  # a hole, which takes no space on the disk
    tracemalloc.start()
    found = look(folder, pinned, "n")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.problems and peak < 2**23


@settings(max_examples=150)
@given(position=st.floats(0, 1), bit=st.integers(0, 7), where=st.sampled_from(["seals.jsonl", "audit.jsonl"]))
def test_no_flipped_bit_goes_unnoticed(
    position: float, bit: int, where: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "flipped"
    if not folder.exists():
        sealed(folder, 3)
    (folder / "whole.jsonl").write_bytes(audit_seal.exported(folder, "n"))
    pinned = audit_seal.first_key(folder)
    log, seals = folder / "audit.jsonl", folder / "whole.jsonl"
    assert verify(log, seals, pinned, "n").fresh
    path = seals if where == "seals.jsonl" else log
    content = bytearray(path.read_bytes())
    content[min(int(position * len(content)), len(content) - 1)] ^= 1 << bit
    changed = folder / "changed.jsonl"
    changed.write_bytes(content)
    if path is seals:
        found = verify(log, changed, pinned, "n")
        # What is not signed (the name of the key, a blank) may differ in the last line, which no other names.
        assert found.problems or text_of(lines(changed)[-1]) == text_of(lines(seals)[-1])
    else:
        assert verify(changed, seals, pinned, "n").problems or verify_chain(changed, []).problems


# --- crashes, disks, clocks ---------------------------------------------------------------------------------------

WRITER = """
import sys, pathlib
from appliance.records import keys
from appliance.records.audit_log import AuditLog
log = AuditLog(pathlib.Path(sys.argv[1]), keys.SigningKey.from_pem(pathlib.Path(sys.argv[2]).read_text()))
for _ in range(3):
    log.append("replied")
    log.checkpoint()
log.close()
"""

CHANGES = "write,writev,pwrite64,pwritev,pwritev2,ftruncate,rename,renameat2,unlink,unlinkat,fsync,fdatasync,fchown"

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace: apt-get install strace")


def run_writer(folder: Path, *strace: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["strace", "-qq", *strace, sys.executable, "-B", folder.parent / "writer.py", folder, folder.parent / "key"],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@needs_strace
@pytest.mark.slow
@pytest.mark.parametrize("prepared", [0, 2], ids=["a new log", "a log with seals"])
def test_killed_at_every_change(prepared: int, tmp_path: Path) -> None:
    """After a kill at any change, the seals verify, one key is left, and the next start continues the same chain."""
    (tmp_path / "writer.py").write_text(WRITER)
    keys.write_new(tmp_path / "key", keys.generate("box-key"))
    before, folder = tmp_path / "before", tmp_path / "audit"
    before.mkdir()
    pinned = sealed(before, prepared) if prepared else None

    def fresh() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(before, folder)

    fresh()
    run_writer(folder, "-e", f"trace={CHANGES}", "-o", str(tmp_path / "log"))
    counts = Counter(line.split("(")[0] for line in (tmp_path / "log").read_text().splitlines() if "(" in line)
    killed = 0
    for call, times in counts.items():
        for number in range(1, times + 1):
            fresh()
            done = run_writer(folder, "-e", f"inject={call}:signal=SIGKILL:when={number}", "-o", "/dev/null")
            assert done.returncode == -signal.SIGKILL, f"{call} {number} was not reached: {done.stderr}"
            killed += 1
            made = len(lines(folder / "seals.jsonl")) if (folder / "seals.jsonl").exists() else 0
            begun = audit_seal.first_key(folder)
            log = AuditLog(folder, KEY)
            log.append("replied")
            log.checkpoint()
            log.close()
            expected = pinned or begun or audit_seal.first_key(folder)
            found = look(folder, expected)
            assert found.problems == [], f"killed at {call} {number}"
            assert found.seals >= made + 1
            root_of_today(folder)  # one key, no more
            (folder / "exported.jsonl").write_bytes(audit_seal.exported(folder, "n"))
            assert verify(folder / "audit.jsonl", folder / "exported.jsonl", expected, "n").fresh
    print(f"killed at each of {killed} changes")


@needs_strace
def test_each_step_is_on_the_disk_before_the_next(tmp_path: Path) -> None:
    """SIGKILL loses nothing that was written, but a power cut may. So the next key, the seal that names it, and the
    overwriting of the old key are each forced to the disk before the next one begins."""
    (tmp_path / "writer.py").write_text(WRITER)
    keys.write_new(tmp_path / "key", keys.generate("box-key"))
    run_writer(
        tmp_path / "audit", "-y", "-e", "trace=pwrite64,pwritev,pwritev2,write,fsync,fdatasync", "-o", f"{tmp_path}/log"
    )
    steps = re.findall(r"^(\w+)\(\d+<[^>]*/(seal-key|seals\.jsonl)>", (tmp_path / "log").read_text(), re.MULTILINE)
    a_key = [("pwritev2", "seal-key"), ("fdatasync", "seal-key")]
    an_epoch = [*a_key, ("write", "seals.jsonl"), ("fsync", "seals.jsonl"), *a_key]
    assert steps == a_key + 3 * an_epoch


def test_a_seal_torn_at_any_byte_is_made_again(tmp_path: Path) -> None:
    """The seal did not reach the disk as a whole, so the old key was not overwritten, and both keys are there."""
    folder, torn = tmp_path / "audit", tmp_path / "torn"
    pinned = sealed(folder, 2)
    key = (folder / "seal-key").read_bytes()
    log = AuditLog(folder, KEY)
    log.append("replied")
    log.checkpoint()
    log.close()
    both = bytearray((folder / "seal-key").read_bytes())
    both[:4096] = key[:4096]  # epoch 2 has the first place, epoch 3 the second
    seals = (folder / "seals.jsonl").read_bytes()
    last = seals.rindex(b"\n", 0, -1) + 1
    for cut in (*range(last, len(seals), 37), len(seals) - 1):
        shutil.rmtree(torn, ignore_errors=True)
        shutil.copytree(folder, torn)
        (torn / "seals.jsonl").write_bytes(seals[:cut])
        (torn / "seal-key").write_bytes(both)
        log = AuditLog(torn, KEY)
        log.append("replied")
        log.checkpoint()
        log.close()
        found = look(torn, pinned)
        assert (found.problems, found.covered) == ([], len(lines(torn / "audit.jsonl"))), cut
        root_of_today(torn)


@pytest.mark.parametrize("garbage", [b"\xff" * 4096, os.urandom(4096), b"\0" * 4096])
def test_a_next_key_that_was_half_written_is_replaced(garbage: bytes, tmp_path: Path) -> None:
    pinned = sealed(tmp_path, 2)
    content = bytearray((tmp_path / "seal-key").read_bytes().ljust(8192, b"\0"))
    content[4096:] = garbage  # epoch 2 has the first place
    (tmp_path / "seal-key").write_bytes(content)
    log = AuditLog(tmp_path, KEY)
    log.append("replied")
    log.checkpoint()
    log.close()
    assert (look(tmp_path, pinned).problems, look(tmp_path).seals) == ([], 3)
    root_of_today(tmp_path)


@pytest.mark.parametrize("lost", ["seal-key", "seals.jsonl", "both", "overwritten"])
def test_a_lost_seal_state_is_reported_and_sealing_goes_on(lost: str, box: tuple[Path, keys.PublicKey]) -> None:
    """The appliance goes on and seals with a new key. The log and the verification report it."""
    folder, pinned = box
    for name in ("seal-key", "seals.jsonl") if lost == "both" else (lost,):
        if lost == "overwritten":
            (folder / "seal-key").write_bytes(os.urandom(8192))
        else:
            (folder / name).unlink()
    log = AuditLog(folder, KEY)
    log.append("replied")
    log.checkpoint()
    log.append("replied")
    log.checkpoint()
    log.close()
    assert look(folder, pinned).problems
    assert look(folder).covered == len(lines(folder / "audit.jsonl")), "what comes after is sealed"
    events = [record["event"] for record in records(folder / "audit.jsonl")]
    assert ("sealing begun" in events) == (lost != "seals.jsonl"), "without its seals, the key still shows its epoch"


def test_a_key_that_is_lost_while_the_appliance_runs(box: tuple[Path, keys.PublicKey]) -> None:
    folder, pinned = box
    log = AuditLog(folder, KEY)
    (folder / "seal-key").unlink()
    log.append("replied")
    log.checkpoint()
    log.close()
    assert any("begun anew" in problem for problem in look(folder, pinned).problems)


def test_a_log_from_before_there_were_seals_is_sealed_from_its_beginning(box: tuple[Path, keys.PublicKey]) -> None:
    folder, _ = box
    (folder / "seal-key").unlink()
    (folder / "seals.jsonl").unlink()
    log = AuditLog(folder, KEY)
    log.checkpoint()
    log.close()
    found = look(folder, audit_seal.first_key(folder))
    assert (found.problems, found.covered) == ([], 1 + 3 * EPOCHS + 1)


def test_an_epoch_does_not_end_without_a_new_record(box: tuple[Path, keys.PublicKey]) -> None:
    folder, pinned = box
    for _ in range(3):
        log = AuditLog(folder, KEY)
        log.checkpoint()
        log.checkpoint()
        log.close()
    assert (look(folder, pinned).seals, look(folder, pinned).problems) == (EPOCHS, [])


def test_setting_the_clock_does_not_change_the_seals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Jumping(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(days=next(days))

    days = iter((0, 400, -400, -20_000, 3) * 9)
    monkeypatch.setattr(audit_seal, "datetime", Jumping)
    pinned = sealed(tmp_path, 20)
    assert (look(tmp_path, pinned).problems, look(tmp_path, pinned).seals) == ([], 20)


FULL = """
import os, pathlib, sys
from appliance.records import audit_seal; from appliance.records import keys
from appliance.records.audit_log import AuditFault, AuditLog
key = keys.SigningKey.from_pem(keys.generate("box-key"))
disk = pathlib.Path(sys.argv[1])
log = AuditLog(disk / "audit", key)
pinned = audit_seal.first_key(disk / "audit")
def fill():
    with (disk / "filler").open("ab", buffering=0) as file:
        try:
            while True: file.write(bytes(512))
        except OSError: pass
fill()
os.truncate(disk / "filler", (disk / "filler").stat().st_size - 40_000)
faults = sealed = 0
for _ in range(40):
    log.append("replied")
    try:
        log.checkpoint()
        sealed += 1
    except AuditFault as fault:
        faults += 1
        print("fault:", fault)
assert faults and sealed, (faults, sealed)
(disk / "filler").unlink()
log.append("replied")
log.checkpoint()
log.close()
found = audit_seal.verify(disk / "audit/audit.jsonl", disk / "audit/seals.jsonl", pinned)
assert found.problems == [] and found.covered == 42, found
print("sealed", found.seals)
"""


def test_a_full_disk_loses_no_seal(tmp_path: Path) -> None:
    """On a real file system of four megabytes, asking for a checkpoint is an error, and the chain goes on later."""
    done = on_a_small_disk(FULL, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "No space left on device" in done.stdout


def test_a_folder_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"of somebody else")
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "seal-key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AuditFault, match="symbolic links"):
        AuditLog(tmp_path / "audit", KEY)
    assert (tmp_path / "elsewhere").read_bytes() == b"of somebody else"


@pytest.mark.skipif(os.getuid() != 0, reason="only root makes files of others")
def test_files_made_by_root_belong_to_the_service(tmp_path: Path) -> None:
    folder = tmp_path / "audit"
    folder.mkdir()
    os.chown(folder, 4711, 4712)
    audit_seal.begin(folder)
    for name in ("seal-key", "seals.jsonl"):
        assert ((folder / name).stat().st_uid, (folder / name).stat().st_gid) == (4711, 4712)


# --- the process's own memory -------------------------------------------------------------------------------------

MEMORY = """
import pathlib, sys
from appliance.records import keys
from appliance.records.audit_log import AuditLog
folder = pathlib.Path(sys.argv[1])
log = AuditLog(folder, keys.SigningKey.from_pem(keys.generate("box-key")))
print("begun", flush=True)
sys.stdin.readline()
for _ in range(2):
    log.append("replied")
    log.checkpoint()
print("sealed", flush=True)
sys.stdin.readline()
"""


def copies(pid: int, wanted: bytes) -> int:
    """How often some bytes are in a process's memory."""
    found = 0
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            ends, rights = line.split()[:2]
            start, end = (int(part, 16) for part in ends.split("-"))
            if "w" not in rights or "[v" in line:
                continue
            try:
                memory.seek(start)
                found += memory.read(end - start).count(wanted)
            except (OSError, ValueError):
                continue
    return found


@pytest.mark.skipif(os.getuid() != 0, reason="only root reads another process's memory")
def test_an_old_key_is_not_left_in_memory(tmp_path: Path) -> None:
    """The file does not hold it either, since both places in it were used again."""
    writer = subprocess.Popen(
        [sys.executable, "-c", MEMORY, tmp_path / "audit"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
    )
    assert writer.stdin is not None and writer.stdout is not None
    assert writer.stdout.readline() == "begun\n"
    seed = (tmp_path / "audit" / "seal-key").read_bytes()[8:40]
    writer.stdin.write("on\n")
    writer.stdin.flush()
    assert writer.stdout.readline() == "sealed\n"
    assert copies(writer.pid, b"SHA256:") > 0, "control: what is there is found"
    assert copies(writer.pid, seed) == 0
    assert seed not in (tmp_path / "audit" / "seal-key").read_bytes()
    writer.communicate("end\n")


@pytest.mark.slow
def test_what_a_seal_costs(tmp_path: Path) -> None:
    """Figures for the page (`-s -m slow -k costs`) with generous bounds. The work must only not grow."""
    log = AuditLog(tmp_path / "audit", KEY)
    taken: dict[str, list[float]] = {"record": [], "checkpoint and seal": []}
    for _ in range(200):
        for kind, work in (("record", lambda: log.append("replied")), ("checkpoint and seal", log.checkpoint)):
            begun = time.perf_counter()
            work()
            taken[kind].append(time.perf_counter() - begun)
    log.close()
    for kind, times in taken.items():
        print(f"{kind}: median {sorted(times)[100] * 1000:.2f} ms")
    size = (tmp_path / "audit" / "seals.jsonl").stat().st_size
    begun = time.perf_counter()
    found = look(tmp_path / "audit")
    print(f"seals: {size / 200:.0f} bytes each, verified in {(time.perf_counter() - begun) / 200 * 1000:.2f} ms each")
    assert found.seals == 200 and size / 200 < 1000
