"""Attestations of real processes: one daemon is sealed as it should be, the other has no restriction."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.attestation.checks import CHECKS
from appliance.attestation.reading import read_report
from appliance.attestation.report import Report
from appliance.records import keys
from tests.sealed_daemon import cloister, configure, serving

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


def read(path: Path) -> Report:
    return read_report(keys.open_signed(path.read_text()).text)


def verdicts(report: Report) -> dict[str, str]:
    return {line.id: line.verdict for line in report.lines}


def test_a_running_sealed_daemon_passes_every_check(taken: Path) -> None:
    found = verdicts(read(taken))
    kept = [
        *("daemon", "seccomp", "probe", "sockets", "cores", "executable memory", "telemetry", "configuration", "data"),
        *("retention", "environment"),
    ]
    assert {name: found[name] for name in kept} == dict.fromkeys(kept, "ok")
    assert found["audit log"] == "warn", "whole, and exported nowhere"
    assert "fail" not in found.values()


def test_the_probe_succeeds_outside_the_seal(taken: Path) -> None:
    (probe,) = [line for line in read(taken).lines if line.id == "probe"]
    assert {"AF_INET", "AF_INET6", "io_uring_setup"} <= set(probe.evidence["refused inside"])
    assert {"AF_INET", "io_uring_setup"} <= set(probe.evidence["succeeds outside (control)"])


def test_a_daemon_without_a_seal_fails_the_report(tmp_path: Path) -> None:
    """The control of the whole report: this daemon is not sealed and has a network socket open."""
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


def test_the_commands_in_the_report_show_the_same_evidence(taken: Path, box: Path) -> None:
    """The test runs the commands in the report as they stand, and they show the evidence."""
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
"""The commands that change nothing and need neither a debugger nor a medium"""


def test_the_command_of_every_line_is_a_command_and_shows_something(taken: Path) -> None:
    lines = {line.id: line.by_hand for line in read(taken).lines}
    for name, command in lines.items():
        assert subprocess.run(["bash", "-n", "-c", command], check=False).returncode == 0, name
    for name in TYPED_WHERE_THERE_IS_NO_SYSTEMD:
        typed = subprocess.run(["bash", "-c", lines[name]], capture_output=True, text=True, check=False, timeout=60)
        assert typed.stdout and not typed.stderr, f"{name}: {lines[name]}: {typed.stderr}"


def test_a_change_since_the_start_is_reported(box: Path, taken: Path) -> None:
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


def read_again(box: Path) -> Report:
    done = cloister(box, "attest", "--json")
    return read_report(keys.open_signed(done.stdout).text)


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


def test_an_attestation_is_recorded_in_the_audit_log(taken: Path, box: Path) -> None:
    shown = cloister(box, "audit", "show").stdout
    assert "operator  user=root command=evidence" in shown


def test_without_a_daemon_attest_prints_one_clear_line(tmp_path: Path) -> None:
    config = configure(tmp_path)
    (tmp_path / "state").mkdir()
    cloister(config, "keys", "make", "box-key")
    done = cloister(config, "attest")
    assert done.returncode == 3
    assert "is `cloister run` running" in done.stderr and len(done.stderr.splitlines()) == 1


def test_every_line_of_a_report_is_made_by_the_check_of_its_name(taken: Path) -> None:
    assert [line.id for line in read(taken).lines] == list(CHECKS)
