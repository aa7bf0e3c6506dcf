"""The unit file: known keys only, no network, and as little exposure as a service with sound can have."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).resolve().parents[2] / "systemd" / "cloister.service"


def settings(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", text, re.M):
        found.setdefault(key, []).append(value)
    return found


@pytest.fixture
def analyze(tmp_path: Path) -> Path:
    """The unit with a program that exists here, where systemd's own checker can be run."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze: apt-get install systemd")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/cloister/current/venv/bin/python3", "/bin/true"))
    return unit


@pytest.fixture(params=["cloister.service", "cloister-bundle.service", "cloister-prepare.service"])
def each(request: pytest.FixtureRequest, analyze: Path) -> Path:
    """Each unit in turn, beside the others."""
    for unit in UNIT.parent.glob("*.service"):
        text = re.sub(r"/opt/cloister/\w+/venv/bin/python3", "/bin/true", unit.read_text())
        analyze.with_name(unit.name).write_text(text)
    return analyze.with_name(request.param)


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *command], capture_output=True, text=True, check=False)


def test_every_key_is_known(each: Path) -> None:
    checked = run("verify", "--recursive-errors=yes", each)
    assert checked.returncode == 0, checked.stderr
    each.write_text(each.read_text().replace("PrivateNetwork=", "PrivateNetwerk="))
    assert run("verify", "--recursive-errors=yes", each).returncode != 0, "control: a wrong key is found"


def test_the_helpers_have_no_network_and_little_else(each: Path) -> None:
    """The one that prepares is as shut in as the appliance; the one that takes back must write what belongs to root."""
    most = {"cloister.service": 8, "cloister-prepare.service": 8, "cloister-bundle.service": 25}[each.name]
    checked = run("security", "--offline=true", f"--threshold={most}", each)
    assert checked.returncode == 0, checked.stdout[-200:]


def test_every_key_of_the_graphics_card_s_drop_in_is_known(analyze: Path) -> None:
    drop_in = analyze.with_name(f"{analyze.name}.d") / "gpu.conf"
    drop_in.parent.mkdir()
    drop_in.write_text(UNIT.with_name("cloister-gpu.conf").read_text())
    checked = run("verify", "--recursive-errors=yes", analyze)
    assert checked.returncode == 0, checked.stderr
    drop_in.write_text(drop_in.read_text().replace("DeviceAllow=", "DeviceAlow="))
    assert run("verify", "--recursive-errors=yes", analyze).returncode != 0, "control: the drop-in is read"


def test_the_exposure_is_that_of_a_service_without_a_network(analyze: Path) -> None:
    checked = run("security", "--offline=true", "--threshold=8", analyze)
    assert checked.returncode == 0, checked.stdout[-200:]
    analyze.write_text(analyze.read_text().replace("PrivateNetwork=yes\n", ""))
    assert run("security", "--offline=true", "--threshold=8", analyze).returncode != 0, "control"


def test_what_the_score_does_not_see() -> None:
    found = settings(UNIT.read_text())
    assert found["SystemCallFilter"] == ["@system-service seccomp", "~@aio @privileged @resources"], (
        "io_uring is shut, and the process may add its own filter"
    )
    assert "PrivateDevices" not in found, "it would hide the sound card"
    assert "ProcSubset" not in found, "it would hide /proc/cpuinfo from onnxruntime"
    assert found["Type"] == ["notify"] and int(found["WatchdogSec"][0]) >= 5
