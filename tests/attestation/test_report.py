"""Attestations of real processes: one as it should be, one with every freedom, and one that somebody meddled with."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.attestation import report as attest
from appliance.attestation.proc import Process
from appliance.config.box import load_settings
from appliance.core.plain_text import show, unprintable
from appliance.engines.model_files import model_files
from appliance.isolation.seal import WAYS, probe_in_child
from appliance.records import keys
from tests.conftest import CHECKOUT
from tests.sealed_daemon import Done, cloister, configure, serving

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root may look into a process that is not dumpable")


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The configuration of a running box."""
    config = configure(tmp_path_factory.mktemp("box"))
    with serving(config):
        yield config


@pytest.fixture(scope="module")
def taken(box: Path) -> Path:
    """A signed report of it."""
    path = box.parent / "report.json"
    done = cloister(box, "attest", "-o", path, "--nonce", "auditor 17")
    assert done.returncode == 0, done.stdout + done.stderr
    return path


def read(path: Path) -> attest.Report:
    return attest.read_report(keys.open_signed(path.read_text()).text)


def verdicts(report: attest.Report) -> dict[str, str]:
    return {line.id: line.verdict for line in report.lines}


def test_the_running_daemon_keeps_its_promises(taken: Path) -> None:
    found = verdicts(read(taken))
    kept = [
        *("daemon", "seccomp", "probe", "sockets", "cores", "executable memory", "telemetry", "configuration", "data"),
        *("retention", "environment"),
    ]
    assert {name: found[name] for name in kept} == dict.fromkeys(kept, "ok")
    assert found["audit log"] == "warn", "whole, and exported nowhere"
    assert "fail" not in found.values()


def test_the_probe_has_its_control(taken: Path) -> None:
    (probe,) = [line for line in read(taken).lines if line.id == "probe"]
    assert {"AF_INET", "AF_INET6", "io_uring_setup"} <= set(probe.evidence["refused inside"])
    assert {"AF_INET", "io_uring_setup"} <= set(probe.evidence["succeeds outside (control)"])


def test_a_daemon_with_every_freedom_is_found_out(tmp_path: Path) -> None:
    """The control of the whole report: not sealed, with a network socket open."""
    config = configure(tmp_path)
    with serving(config, "unsealed"):
        done = cloister(config, "attest", "-o", tmp_path / "report.json")
        assert done.returncode == 1
        report = read(tmp_path / "report.json")
        found = verdicts(report)
        failed = ("seccomp", "probe", "sockets", "cores")
        assert {name: found[name] for name in failed} == dict.fromkeys(failed, "fail")
        (sockets,) = [line for line in report.lines if line.id == "sockets"]
        assert sockets.evidence["other"] == ["tcp"] or sockets.evidence["other"] == ["unknown"]


def test_an_auditor_gets_the_same_by_hand(taken: Path, box: Path) -> None:
    """The commands in the report are typed as they stand, and show the evidence."""
    lines = {line.id: line for line in read(taken).lines}

    def typed(identifier: str) -> str:
        return subprocess.run(
            ["bash", "-c", lines[identifier].by_hand], capture_output=True, text=True, check=False, timeout=60
        ).stdout

    assert typed("code").split()[0] == lines["code"].evidence["code"]
    assert lines["configuration"].evidence["site"] in typed("configuration")
    hashes = {name: shown.split()[0] for name, shown in lines["models"].evidence.items() if name.startswith("/")}
    printed = {name: shown for shown, name in (line.split("  ", 1) for line in typed("models").splitlines())}
    assert len(printed) == 3 and printed == hashes
    threads = typed("seccomp").splitlines()
    assert len(threads) >= 2 * 6 and all(line.endswith(("Seccomp:\t2", "NoNewPrivs:\t1")) for line in threads)
    assert "Max core file size        0                    0" in typed("cores")
    assert "lo:" in typed("network namespace")
    assert len(typed("audit log").split()[-2]) == 64


TYPED_WHERE_THERE_IS_NO_SYSTEMD = (
    *("daemon", "seccomp", "network namespace", "sockets", "privileges", "environment", "cores", "executable memory"),
    *("swap", "writing", "code", "models", "configuration", "data", "disposal"),
)
"""those that change nothing, and need neither a debugger nor a medium"""


def test_the_command_of_every_line_is_a_command_and_shows_something(taken: Path) -> None:
    lines = {line.id: line.by_hand for line in read(taken).lines}
    for name, command in lines.items():
        assert subprocess.run(["bash", "-n", "-c", command], check=False).returncode == 0, name
    for name in TYPED_WHERE_THERE_IS_NO_SYSTEMD:
        typed = subprocess.run(["bash", "-c", lines[name]], capture_output=True, text=True, check=False, timeout=60)
        assert typed.stdout and not typed.stderr, f"{name}: {lines[name]}: {typed.stderr}"


def test_what_was_changed_since_the_start_is_seen(box: Path, taken: Path) -> None:
    site = box.parent / "site.yaml"
    before = site.read_text()
    log = box.parent / "state" / "audit" / "audit.jsonl"
    logged = log.read_bytes()
    site.write_text(before + "# harmless\n")
    log.write_bytes(logged.replace(b'"event": "started"', b'"event": "stopped"'))
    try:
        found = verdicts(read_again(box))
        assert found["configuration"] == "warn"
        assert found["audit log"] == "fail"
    finally:
        site.write_text(before)
        log.write_bytes(logged)


def read_again(box: Path) -> attest.Report:
    done = cloister(box, "attest", "--json")
    return attest.read_report(keys.open_signed(done.stdout).text)


def test_a_report_is_verified_by_signature_key_and_nonce(taken: Path, box: Path, tmp_path: Path) -> None:
    pem, other = tmp_path / "box.pem", tmp_path / "other.pem"
    assert cloister(box, "keys", "public", "-o", pem).returncode == 0
    other.write_text(keys.SigningKey.from_pem(keys.generate("box-key")).public.pem)
    assert cloister(box, "attest", "verify", taken, "--key", pem, "--nonce", "auditor 17").returncode == 0
    for wrong in (["--key", other], ["--nonce", "another"]):
        assert cloister(box, "attest", "verify", taken, *wrong).returncode == 1
    forged = tmp_path / "forged.json"
    document = json.loads(taken.read_text())
    document["signed"] = document["signed"].replace('"verdict": "warn"', '"verdict": "ok"')
    forged.write_text(json.dumps(document))
    done = cloister(box, "attest", "verify", forged)
    assert done.returncode == 1 and "signature is wrong" in done.stdout
    forged.write_text("{}")
    assert cloister(box, "attest", "verify", forged).returncode == 1


def test_the_evidence_is_taken_on_the_record(taken: Path, box: Path) -> None:
    shown = cloister(box, "audit", "show").stdout
    assert "operator  user=root command=evidence" in shown


def test_without_a_daemon_there_is_one_clear_line(tmp_path: Path) -> None:
    config = configure(tmp_path)
    (tmp_path / "state").mkdir()
    cloister(config, "keys", "make", "box-key")
    done = cloister(config, "attest")
    assert done.returncode == 3
    assert "is `cloister run` running" in done.stderr and len(done.stderr.splitlines()) == 1


# --- many boxes ---------------------------------------------------------------------------------------------------


FLEET_NONCE = "drawn for this look"


def box_report(
    folder: Path,
    host: str,
    *,
    nonce: str = FLEET_NONCE,
    at: str = "2026-11-22T12:00:00+00:00",
    key: keys.SigningKey | None = None,
    change: Callable[[dict[str, Any]], None] = lambda fields: None,
    signed_as_it_stands: str | None = None,
    **changed: object,
) -> Path:
    """A signed report of a made-up box, with some evidence changed; its key is pinned."""
    key = key or keys.SigningKey.from_pem(keys.generate("box-key"))
    lines = {name: attest.Line(name, "as it should be", "ok", "grep") for name in attest.CHECKS}
    evidence = {"configuration": "aa", "site": "5173", **changed}
    lines["configuration"] = dataclasses.replace(lines["configuration"], evidence=evidence)
    lines["code"] = dataclasses.replace(lines["code"], evidence={"code": changed.get("code", "c0de")})
    models = {"/models/a.onnx": "aa  ear", "/models/b.onnx": changed.get("b", "bb  ear")}
    lines["models"] = dataclasses.replace(lines["models"], evidence=models)
    if changed.get("verdict"):
        lines["seccomp"] = dataclasses.replace(lines["seccomp"], verdict="fail")
    named = {"host": host, "machine": "m", "key": key.public.fingerprint}
    fields = json.loads(attest.as_json(attest.Report(named, at, nonce, "0.1.0", tuple(lines.values()))))
    change(fields)
    folder.mkdir(exist_ok=True)
    (folder / f"{host}.pem").write_text(key.public.pem)
    path = folder / f"{host}.json"
    path.write_text(key.sign(json.dumps(fields) if signed_as_it_stands is None else signed_as_it_stands))
    return path


def fleet(starter: Path, *files: Path, keys: Path | None = None, nonce: str | None = FLEET_NONCE) -> Done:
    """`cloister fleet report`, with the pinned keys of the first file's folder."""
    asked = ("--nonce", nonce) if nonce else ()
    return cloister(starter, "fleet", "report", *files, "--keys", keys or files[0].parent, *asked)


def test_the_fleet_report_says_which_box_differs_and_how(tmp_path: Path, starter: Path) -> None:
    alike = [box_report(tmp_path, f"box{n}") for n in range(3)]
    done = fleet(starter, *alike)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("  -") == 3
    odd = box_report(tmp_path, "box9", code="bad0")
    done = fleet(starter, *alike, odd)
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if line.startswith("box9") and line.endswith("code")]
    assert '"code": "bad0"' in done.stdout and '"code": "c0de"' in done.stdout
    found = json.loads(cloister(starter, "fleet", "report", *alike, odd, "--json", "--nonce", FLEET_NONCE).stdout)
    assert [(d["line"], d["odd"]) for d in found["differences"]] == [("code", ["box9"])]


def test_one_model_file_that_differs_is_seen(tmp_path: Path, starter: Path) -> None:
    """The second of two that have one use."""
    alike = [box_report(tmp_path, f"box{n}") for n in range(3)]
    done = fleet(starter, *alike, box_report(tmp_path, "box9", b="b0  ear"))
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if line.startswith("box9") and line.endswith("models")]


def test_the_fleet_report_trusts_pinned_keys_alone(tmp_path: Path, starter: Path) -> None:
    good, forged = box_report(tmp_path, "one"), box_report(tmp_path, "two")
    (tmp_path / "two.pem").write_text((tmp_path / "one.pem").read_text())
    done = fleet(starter, good, forged)
    assert done.returncode == 1 and "was signed by" in done.stdout
    (tmp_path / "two.pem").unlink()
    assert "two.pem" in fleet(starter, good, forged).stdout, "no key is no trust"
    failing = box_report(tmp_path, "three", verdict="fail")
    done = fleet(starter, good, failing)
    assert done.returncode == 1 and "FAIL three: seccomp" in done.stdout


def test_two_boxes_of_one_name_are_two_rows(tmp_path: Path, starter: Path) -> None:
    """Three folders, one name: the failing one used to be overwritten by the last."""
    good = box_report(tmp_path / "a", "kiosk")
    failing = box_report(tmp_path / "b", "kiosk", verdict="fail")
    another = box_report(tmp_path / "c", "kiosk")
    for files in ((good, failing, another), (failing, good, another), (good, another, failing)):
        done = cloister(starter, "fleet", "report", *files, "--nonce", FLEET_NONCE)
        rows = [line for line in done.stdout.splitlines() if re.match(r"\S+  2026", line)]
        assert [row.split()[0] for row in rows] == [str(file) for file in files]
        assert done.returncode == 1 and f"FAIL {failing}: seccomp" in done.stdout
    done = fleet(starter, good, failing, keys=good.parent)
    assert done.returncode == 1 and f"FAIL {failing}: was signed by" in done.stdout


def test_the_same_file_twice_and_a_box_that_is_named_as_another_s_file(tmp_path: Path, starter: Path) -> None:
    one = box_report(tmp_path, "one")
    (tmp_path / "two.json").write_text(one.read_text())
    (tmp_path / "two.pem").write_text((tmp_path / "one.pem").read_text())
    done = fleet(starter, one, tmp_path / "two.json")
    assert done.returncode == 1
    assert "two.json: is the report of one; it must lie in a file of that name" in done.stdout


def test_two_names_with_one_key_are_not_believed(tmp_path: Path, starter: Path) -> None:
    key = keys.SigningKey.from_pem(keys.generate("box-key"))
    done = fleet(starter, *(box_report(tmp_path, name, key=key) for name in ("one", "two")))
    assert done.returncode == 1 and done.stdout.count("its key is that of several boxes: one, two") == 2


def test_an_old_report_is_not_believed(tmp_path: Path, starter: Path) -> None:
    now = datetime.now(UTC)
    fresh = box_report(tmp_path, "fresh", at=(now - timedelta(hours=2)).isoformat())
    old = box_report(tmp_path, "old", at=(now - timedelta(hours=30)).isoformat())
    future = box_report(tmp_path, "future", at=(now + timedelta(hours=30)).isoformat())
    assert fleet(starter, fresh, nonce=None).returncode == 0
    done = fleet(starter, fresh, old, future, nonce=None)
    assert done.returncode == 1
    assert "FAIL " + str(old) + ": was taken 30 hours ago" in done.stdout and "in the future" in done.stdout
    assert cloister(starter, "fleet", "report", old, "--max-age", "31").returncode == 0
    asked = box_report(tmp_path, "asked", nonce="another word")
    done = fleet(starter, old, asked)
    assert done.returncode == 1 and "carries the nonce 'another word'" in done.stdout
    assert "old" in [line.split()[0] for line in done.stdout.splitlines()[1:2]], "a nonce shows that it is fresh"


def test_keys_of_boxes_that_handed_in_nothing_are_named(tmp_path: Path, starter: Path) -> None:
    one, _ = box_report(tmp_path, "one"), box_report(tmp_path, "two")
    assert "no reports of: two" in fleet(starter, one).stdout


def without(name: str) -> Callable[[dict[str, Any]], None]:
    def change(fields: dict[str, Any]) -> None:
        fields["lines"] = [line for line in fields["lines"] if line["id"] != name]

    return change


def setting(*path: str | int, to: object) -> Callable[[dict[str, Any]], None]:
    def change(fields: dict[str, Any]) -> None:
        at: Any = fields
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = to

    return change


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


NO_WORDS: tuple[object, ...] = (None, [], {})

ODD: dict[str, Callable[[dict[str, Any]], None]] = {
    **{f"host {host!r}": setting("box", "host", to=host) for host in ("../evil", "a/b", "..", ".", "", "x\0y", "a..b")},
    **{
        f"host {host!r}": setting("box", "host", to=host) for host in (["one"], None, 7, "\ud800", "\x1b[2J", "x" * 999)
    },
    **{
        f"verdict {verdict!r}": setting("lines", 3, "verdict", to=verdict)
        for verdict in (*("great", "OK", ""), *NO_WORDS)
    },
    "no line": setting("lines", to=[]),
    "lines are a number": setting("lines", to=3),
    "lines are texts": setting("lines", to=["ok"]),
    "a line twice": lambda fields: fields["lines"].append(fields["lines"][0]),
    "a line without its seccomp": without("seccomp"),
    "an evidence that is a list": setting("lines", 3, "evidence", to=[1]),
    "an evidence that is deep": setting("lines", 3, "evidence", to={"x": nested(500)}),
    "an id that is a list": setting("lines", 3, "id", to=["seccomp"]),
    "a line with more fields": setting("lines", 3, "more", to=1),
    "a report with more fields": setting("more", to=1),
    "a box with more fields": setting("box", "more", to="x"),
    "a box that is a text": setting("box", to="one"),
    "a time that is none": setting("at", to="yesterday"),
    "a time without a zone": setting("at", to="2026-11-22T12:00:00"),
    "a nonce that is a number": setting("nonce", to=5),
    "another format": setting("format", to="cloister-attestation-9"),
    "infinity": setting("lines", 3, "evidence", to={"x": float("inf")}),
}


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_report_is_a_row_that_is_not_believed(odd: str, tmp_path: Path, starter: Path) -> None:
    good, bad = box_report(tmp_path, "good"), box_report(tmp_path, "bad", change=ODD[odd])
    (tmp_path.parent / "evil.pem").write_text((tmp_path / "bad.pem").read_text())
    done = fleet(starter, good, bad)
    assert done.returncode == 1 and done.stderr == ""
    assert [line for line in done.stdout.splitlines() if line.startswith("bad ") and "NOT BELIEVED" in line]
    (told,) = [line for line in done.stdout.splitlines() if line.startswith(f"FAIL {bad}:")]
    assert len(told) - len(str(bad)) < 330, "of what is wrong, whatever the folder is called"
    assert [line for line in done.stdout.splitlines() if line.startswith("good ") and line.endswith("  -")]


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 50_000, "null", "[]", "3", '"x"', "NaN", "", '{"format": "x", "format": "y"}']
)
def test_a_signed_text_that_is_no_report(text: str, tmp_path: Path, starter: Path) -> None:
    bad = box_report(tmp_path, "bad", signed_as_it_stands=text)
    done = fleet(starter, bad)
    assert done.returncode == 1 and f"FAIL {bad}: is no attestation" in done.stdout
    assert cloister(starter, "attest", "verify", bad).returncode == 1


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"{}", b"[" * 100_000, b"null", b'{"signed": "\\ud800"}'])
def test_a_file_that_is_no_report_is_a_row(content: bytes, tmp_path: Path, starter: Path) -> None:
    good = box_report(tmp_path, "good")
    (tmp_path / "bad.json").write_bytes(content)
    done = fleet(starter, good, tmp_path / "bad.json", tmp_path / "absent.json", tmp_path)
    assert done.returncode == 1
    assert sum("NOT BELIEVED" in line for line in done.stdout.splitlines()) == 3


def test_what_a_box_writes_into_its_report_does_not_reach_the_terminal(tmp_path: Path, starter: Path) -> None:
    hostile = "\x1b[2J\x1b]0;x\x07\x9b1m \u202e \ud800 \u2028 x\nFAIL forged"

    def change(fields: dict[str, Any]) -> None:
        fields["version"] = fields["nonce"] = hostile
        fields["lines"][3] |= {"claim": hostile, "by_hand": hostile, "verdict": "fail", "evidence": {hostile: hostile}}

    bad = box_report(tmp_path, "bad", change=change)
    for done in (
        cloister(starter, "attest", "verify", bad),
        cloister(starter, "attest", "verify", bad, "--json"),
        fleet(starter, bad, nonce=hostile),
        fleet(starter, bad),
        cloister(starter, "fleet", "report", bad, "--json"),
    ):
        text = done.stdout + done.stderr
        assert text and not [line for line in text.splitlines() if unprintable(line) or line.startswith("FAIL forged")]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_report_gets_a_verdict(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One field anywhere is replaced by anything."""
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters(codec=None)),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    )

    def change(fields: dict[str, Any]) -> None:
        at: Any = fields
        while True:
            step = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
            if not isinstance(at[step], (dict, list)) or not at[step] or data.draw(st.booleans()):
                at[step] = data.draw(values)
                return
            at = at[step]

    folder = tmp_path_factory.mktemp("fuzzed")
    text = json.loads(box_report(folder, "one", change=change).read_text())["signed"]
    try:
        report = attest.read_report(text)
    except ValueError:
        return
    list(report.text())
    rows = [attest.Row(folder / "one.json", "one", report), attest.Row(folder / "two.json", "two", report)]
    show(*attest.table(rows), to=io.StringIO())
    json.dumps(dataclasses.asdict(report))
    assert all(line.verdict in ("ok", "warn", "fail", "unknown") for line in report.lines)


def test_every_line_of_a_report_is_made_by_the_check_of_its_name(taken: Path) -> None:
    assert [line.id for line in read(taken).lines] == list(attest.CHECKS)


# --- /proc --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "kind", "table"),
    [
        (socket.AF_INET, socket.SOCK_STREAM, "tcp"),
        (socket.AF_INET, socket.SOCK_DGRAM, "udp"),
        (socket.AF_INET6, socket.SOCK_DGRAM, "udp6"),
        (socket.AF_NETLINK, socket.SOCK_RAW, "netlink"),
        (socket.AF_PACKET, socket.SOCK_RAW, "packet"),
        (socket.AF_UNIX, socket.SOCK_STREAM, "unix"),
    ],
)
def test_every_kind_of_socket_is_seen(family: int, kind: int, table: str, tmp_path: Path) -> None:
    with socket.socket(family, kind) as opened:
        if family in (socket.AF_INET, socket.AF_INET6):
            opened.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        if table == "netlink":
            opened.bind((0, 0))
        if table == "tcp":
            opened.listen()
        sockets = Process(os.getpid()).sockets()
        assert sockets is not None
        assert sockets[str(os.fstat(opened.fileno()).st_ino)] == table


def test_a_socket_of_nowhere_is_not_taken_for_harmless() -> None:
    """A TCP socket that is neither bound nor connected is in no table of the kernel."""
    with socket.socket(socket.AF_INET) as opened:
        sockets = Process(os.getpid()).sockets()
        assert sockets is not None and sockets[str(os.fstat(opened.fileno()).st_ino)] == "unknown"


# --- single lines, of real processes ------------------------------------------------------------------------------


def look(pid: int, **changed: Any) -> attest.Look:
    starter_settings = load_settings(CHECKOUT / "models" / "starter" / "cloister.yaml")
    fields = {"answer": {}, "statement": {}, "inside": dict.fromkeys(WAYS, True), "config": Path()}
    return attest.Look(Process(pid), **{**fields, "settings": starter_settings, "catalog": Path("/absent"), **changed})


@contextmanager
def child(code: str, **environment: str) -> Iterator[int]:
    """A Python of its own, which has done what ``code`` says."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", f"{code}\nprint(flush=True)\nimport time; time.sleep(600)"],
        env={"PATH": "/usr/bin", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    "name",
    [
        *("LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "GLIBC_TUNABLES"),
        *("OPENSSL_CONF", "GCONV_PATH", "SSLKEYLOGFILE", "MALLOC_TRACE"),
    ],
)
def test_a_variable_that_changes_the_code_is_a_fault(name: str) -> None:
    with child("", **{name: "/dev/null" if name == "LD_PRELOAD" else "x"}) as pid:
        line = attest.CHECKS["environment"](look(pid))
        assert (line.verdict, line.evidence["change which code is run"]) == ("fail", [name])


def test_a_variable_that_nobody_knows_is_told() -> None:
    with child("", HTTPS_PROXY="x", PULSE_SERVER="unix:/run/x") as pid:
        line = attest.CHECKS["environment"](look(pid))
        assert (line.verdict, line.evidence["not on the list of what may be there"]) == ("warn", ["HTTPS_PROXY"])
    with child("", PULSE_SERVER="unix:/run/x") as pid:
        assert attest.CHECKS["environment"](look(pid)).verdict == "ok"


EXECUTABLE = """
import ctypes, mmap, os, shutil, sys
source = next(line.split()[5] for line in open("/proc/self/maps") if "/libc.so" in line or "/libc-" in line)
path = {path!r}
{prepare}
mapped = mmap.mmap(fd, 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)
{after}
"""


@pytest.mark.parametrize(
    ("how", "prepare", "after", "where"),
    [
        ("elsewhere", "shutil.copy(source, path); fd = os.open(path, os.O_RDONLY)", "", "from elsewhere"),
        (
            "deleted",
            "shutil.copy(source, path); fd = os.open(path, os.O_RDONLY)",
            "os.unlink(path)",
            "deleted, or only in memory",
        ),
        (
            "memory file",
            "fd = os.memfd_create('evil'); os.write(fd, bytes(4096))",
            "",
            "deleted, or only in memory",
        ),
        (
            "memory file that is called as libffi's",
            "fd = os.memfd_create('libffi2'); os.write(fd, bytes(4096))",
            "",
            "deleted, or only in memory",
        ),
        ("anonymous", "fd = -1", "", "not from a file"),
    ],
)
def test_code_that_comes_from_elsewhere_is_a_fault(how: str, prepare: str, after: str, where: str) -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        code = EXECUTABLE.format(path=f"{folder}/evil.so", prepare=prepare, after=after)
        if how == "anonymous":
            code = code.replace("mmap.MAP_PRIVATE", "mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS")
        with child(code) as pid:
            line = attest.CHECKS["executable memory"](look(pid))
            assert line.verdict == "fail" and line.evidence[where], line.evidence
        with child("") as pid:
            assert attest.CHECKS["executable memory"](look(pid)).verdict == "ok", "control"


def test_code_that_others_than_root_can_change_is_told() -> None:
    own = CHECKOUT / "build" / "loose.so"
    own.parent.mkdir(exist_ok=True)
    try:
        code = EXECUTABLE.format(
            path=str(own), prepare="shutil.copy(source, path); os.chmod(path, 0o666); fd = os.open(path, 0)", after=""
        )
        with child(code) as pid:
            line = attest.CHECKS["executable memory"](look(pid))
            assert line.evidence["can be changed by others than root"] == [str(own)]
            assert line.verdict == "warn", "a checkout; in a slot it is a fault"
    finally:
        own.unlink(missing_ok=True)


def test_every_model_file_has_a_line_of_its_own(tmp_path: Path) -> None:
    """Two files with one use, and one file with two."""
    starter_settings = load_settings(CHECKOUT / "models" / "starter" / "cloister.yaml")
    files = list(dict.fromkeys(str(path) for _, path, _ in model_files(starter_settings)))
    uses = [what for what, _, _ in model_files(starter_settings)]
    assert len(files) > len(set(uses)), "there are files that share a use, or this shows nothing"
    line = attest.CHECKS["models"](look(os.getpid()))
    told = [name for name in line.evidence if name.startswith("/")] + list(line.evidence["missing"])
    assert sorted(told) == sorted(files)
    assert sorted(shlex.split(line.by_hand)[1:]) == sorted(files)


def test_one_bit_of_any_model_file_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [tmp_path / name for name in ("a", "b", "c", "d")]
    for path in names:
        path.write_bytes(bytes(64))
    uses = [("ear", names[0], ""), ("ear", names[1], ""), ("end of turn", names[2], ""), ("end of turn", names[3], "")]
    monkeypatch.setattr(attest, "model_files", lambda settings: iter(uses))

    def report() -> attest.Report:
        line = attest.CHECKS["models"](look(os.getpid()))
        return attest.Report({"host": "x", "machine": "m", "key": "k"}, "", "", "", (line,))

    before = report()
    for path in names:
        path.write_bytes(bytes(63) + b"\1")
        assert attest.compare({"one": before, "two": report()}), path
        path.write_bytes(bytes(64))
    assert not attest.compare({"one": before, "two": report()}), "control"


@pytest.mark.parametrize("way", WAYS)
def test_a_way_that_was_not_tried_is_a_fault(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attest, "probe_in_child", lambda: dict.fromkeys(WAYS, False))  # outside nothing is refused
    inside = dict.fromkeys(WAYS, True)
    assert attest.CHECKS["probe"](look(os.getpid(), inside=inside)).verdict == "ok"
    del inside[way]
    line = attest.CHECKS["probe"](look(os.getpid(), inside=inside))
    assert (line.verdict, line.evidence["not tried inside"]) == ("fail", [way])


def test_the_probe_runs_nothing_out_of_the_current_folder_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json.py", "ctypes.py", "appliance.py", "sitecustomize.py", "usercustomize.py"):
        (tmp_path / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = probe_in_child()
    assert set(found) == set(WAYS) and not (tmp_path / "ran").exists()
    done = subprocess.run([sys.executable, "-c", "import json"], check=False, capture_output=True)
    assert (tmp_path / "ran").exists(), f"control: {done.stderr.decode()}"
