"""The attestation of the appliance as its unit runs it on a booted machine, and of a weakened unit."""

from __future__ import annotations

import json
import shutil

import pytest

from appliance.attestation.reading import read_report
from appliance.attestation.report import Report
from appliance.records import keys
from tests.systemd.kiosk import Kiosk

pytestmark = pytest.mark.slow

CLOISTER = "/opt/cloister/current/venv/bin/cloister"
DROP_IN = "/etc/systemd/system/cloister.service.d/weaker.conf"
SOUND = "/etc/systemd/system/cloister.service.d/test-sound.conf"

WEAKER = """[Service]
PrivateNetwork=no
MemoryDenyWriteExecute=no
Environment=LD_PRELOAD=/usr/local/lib/evil.so
ExecStartPre=+/bin/true
BindPaths=/root:/mnt
NoExecPaths=
IPAddressDeny=
SystemCallFilter=@mount
"""
"""The changes that a red team made, and also the machine's network and memory that code can be written to."""


def taken(box: Kiosk) -> Report:
    """A report, taken by root on the machine."""
    box.machine.shell(
        f"rm -f /var/tmp/report.*; {CLOISTER} attest -o /var/tmp/report.json > /var/tmp/report.txt || true"
    )
    signed = (box.machine.root / "var/tmp/report.json").read_text()
    return read_report(keys.open_signed(signed).text)


def test_the_service_passes_every_check_that_a_container_allows(box: Kiosk, told: list[str]) -> None:
    lines = {line.id: line for line in taken(box).lines}
    told.append(", ".join(f"{name}: {line.verdict}" for name, line in lines.items()))
    kept = [
        *("daemon", "seccomp", "probe", "network namespace", "sockets", "privileges", "environment", "cores", "swap"),
        *("executable memory", "writing", "telemetry", "configuration", "data", "retention"),
    ]
    wrong = {name: (lines[name].verdict, lines[name].evidence) for name in kept if lines[name].verdict != "ok"}
    assert not wrong
    # The drop-in that gives this machine its sound is not signed. Only its own settings deviate.
    unit = lines["unit"]
    foreign = unit.evidence["drop-ins that nobody signed"]
    assert set(foreign) <= {SOUND} and unit.verdict == ("warn" if foreign else "ok")
    assert set(unit.evidence["deviates from the signed unit"]) <= {"Environment", "SupplementaryGroups"}
    assert lines["network namespace"].evidence["interfaces"] == ["lo"]
    assert lines["network namespace"].evidence["bytes carried"] == 0
    assert not [line.id for line in lines.values() if line.verdict == "fail"]


def test_the_auditors_commands_on_the_machine_give_the_same_result(box: Kiosk) -> None:
    lines = {line.id: line for line in taken(box).lines}
    seccomp = box.machine.shell(lines["seccomp"].by_hand).splitlines()
    assert len(seccomp) >= 2 * lines["seccomp"].evidence["threads"] - 2
    assert all(line.endswith(("Seccomp:\t2", "NoNewPrivs:\t1")) for line in seccomp)
    own, *_ = reversed(box.machine.shell(lines["network namespace"].by_hand).split("\n")[:2])
    assert own == lines["network namespace"].evidence["own"]
    shown = box.machine.shell(lines["unit"].by_hand.split(";")[0])
    assert "PrivateNetwork=yes" in shown and f"MainPID={box.pid}" in shown
    assert lines["code"].evidence["code"] in box.machine.shell(lines["code"].by_hand)


def test_a_weakened_unit_is_found_out(box: Kiosk) -> None:
    """A drop-in undoes the restrictions of the unit and makes the loader load a library."""
    libraries = box.machine.root / "usr/local/lib"
    libc = next((box.machine.root / "usr/lib").glob("*/libutil.so.1")).resolve()
    shutil.copy(libc, libraries / "evil.so")
    (box.machine.root / DROP_IN.lstrip("/")).write_text(WEAKER)
    before = box.pid
    try:
        box.machine.run("systemctl", "daemon-reload")
        box.machine.run("systemctl", "restart", "--no-block", "cloister")
        box.must_be_another_than(before)
        lines = {line.id: line for line in taken(box).lines}
        unit = lines["unit"]
        assert unit.verdict == "fail" and DROP_IN in unit.evidence["drop-ins that nobody signed"]
        named = {line.partition("=")[0] for line in WEAKER.splitlines()[1:]}
        assert set(unit.evidence["deviates from the signed unit"]) - {"SupplementaryGroups"} == named
        assert lines["environment"].verdict == "fail"
        assert lines["environment"].evidence["change which code is run"] == ["LD_PRELOAD"]
        assert lines["executable memory"].verdict == "fail"
        assert lines["executable memory"].evidence["from elsewhere"] == ["/usr/local/lib/evil.so"]
        assert "/mnt" in lines["writing"].evidence["that should not be"] and lines["writing"].verdict == "fail"
        assert lines["network namespace"].evidence["own"] == lines["network namespace"].evidence["of the box"]
        assert lines["probe"].verdict == "ok", "the appliance's own seal still holds"
    finally:
        (libraries / "evil.so").unlink()
        (box.machine.root / DROP_IN.lstrip("/")).unlink()
        weak = box.pid
        box.machine.run("systemctl", "daemon-reload")
        box.machine.run("systemctl", "restart", "--no-block", "cloister")
        box.must_be_another_than(weak)


def test_the_log_in_the_state_folder_survives_restarts(box: Kiosk) -> None:
    shown = box.machine.shell(f"{CLOISTER} audit verify --json")
    found = json.loads(shown)
    assert found["verdict"] == "ok" and found["count"] > 3
