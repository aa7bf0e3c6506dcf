"""The unit file: known keys only, no network, and as little exposure as a service with sound can have."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from appliance.telephone.settings import TelephoneSettings

UNIT = Path(__file__).resolve().parents[2] / "systemd" / "cloister.service"


def settings(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", text, re.M):
        found.setdefault(key, []).append(value)
    return found


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *command], capture_output=True, text=True, check=False)


@pytest.fixture
def analyze(tmp_path: Path) -> Path:
    """The unit with a program that exists here, where systemd's own checker can be run."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze: apt-get install systemd")
    for unit in (*UNIT.parent.glob("*.service"), *UNIT.parent.glob("*.socket")):
        # A template as one of its instances.
        name = unit.name.replace("@.", "@pager.")
        text = re.sub(r"/opt/cloister/\w+/venv/bin/\w+", "/bin/true", unit.read_text())
        (tmp_path / name).write_text(text)
    return tmp_path / UNIT.name


MOST = {
    "cloister.service": 8,
    "cloister-prepare.service": 8,
    "cloister-tool@pager.service": 8,
    "cloister-bundle.service": 25,
    "cloister-front.service": 10,
}
"""exposure times ten, by systemd's own scale"""


@pytest.fixture(params=MOST)
def each(request: pytest.FixtureRequest, analyze: Path) -> Path:
    """Each unit in turn, in a folder with the others."""
    return analyze.with_name(request.param)


@pytest.mark.parametrize("name", ["cloister.socket", "cloister-tool@pager.socket", "cloister-door@pager.socket"])
def test_every_key_of_a_socket_is_known(analyze: Path, name: str) -> None:
    unit = analyze.with_name(name)
    checked = run("verify", "--recursive-errors=yes", unit)
    assert checked.returncode == 0, checked.stderr
    unit.write_text(unit.read_text().replace("SocketMode=", "SocketMoode="))
    assert run("verify", "--recursive-errors=yes", unit).returncode != 0, "control: a wrong key is found"


def test_the_way_in_from_the_box_itself_is_its_own_address_alone(analyze: Path) -> None:
    unit = analyze.with_name("cloister-front.socket")
    checked = run("verify", "--recursive-errors=yes", unit)
    assert checked.returncode == 0, checked.stderr
    found = settings(unit.read_text())
    assert found["ListenStream"] == ["127.0.0.1:8765"]
    assert (found["IPAddressDeny"], found["IPAddressAllow"]) == (["any"], ["localhost"])


def test_the_kiosks_browser_reaches_its_own_machine_alone(analyze: Path) -> None:
    unit = analyze.with_name("cloister-kiosk.service")
    found = settings(unit.read_text())
    assert (found["IPAddressDeny"], found["IPAddressAllow"]) == (["any"], ["localhost"])
    checked = run("verify", "--recursive-errors=no", unit)
    assert not re.search(r"Unknown (key|section)", checked.stderr), checked.stderr
    policy = json.loads(UNIT.with_name("cloister-kiosk-policy.json").read_text())
    assert policy["URLBlocklist"] == ["*"] and policy["URLAllowlist"] == ["http://127.0.0.1:8765/kiosk"]
    browser = Path("/usr/lib/chromium/chromium")
    if browser.exists():
        known = subprocess.run(["grep", "-aoFf", "-", browser], input="\n".join(policy), capture_output=True, text=True)
        assert set(policy) <= set(known.stdout.split()), "each policy is one that the browser knows"


def test_the_telephone_reaches_its_own_machine_and_what_a_site_adds(analyze: Path) -> None:
    unit = analyze.with_name("cloister-telephone.service")
    checked = run("verify", "--recursive-errors=no", unit)
    assert not re.search(r"Unknown (key|section)", checked.stderr), checked.stderr
    checked = run("security", "--offline=true", "--threshold=10", unit)
    assert checked.returncode == 0, checked.stdout[-200:]
    found = settings(unit.read_text())
    assert (found["IPAddressDeny"], found["IPAddressAllow"]) == (["any"], ["localhost"])
    assert found["ExecStart"][0].endswith("/true -I -B -m appliance telephone %d/telephone.yaml")
    drain_s = next(field.default for field in fields(TelephoneSettings) if field.name == "drain_s")
    assert isinstance(drain_s, float) and int(found["TimeoutStopSec"][0]) > drain_s


def test_every_key_is_known(each: Path) -> None:
    checked = run("verify", "--recursive-errors=yes", each)
    assert checked.returncode == 0, checked.stderr
    each.write_text(each.read_text().replace("PrivateNetwork=", "PrivateNetwerk="))
    assert run("verify", "--recursive-errors=yes", each).returncode != 0, "control: a wrong key is found"


def test_the_helpers_have_no_network_and_little_else(each: Path) -> None:
    """The unit that prepares is as restricted as the appliance. The rollback unit must write files of root."""
    checked = run("security", "--offline=true", f"--threshold={MOST[each.name]}", each)
    assert checked.returncode == 0, checked.stdout[-200:]


@pytest.mark.parametrize(("name", "key"), [("gpu", "DeviceAllow="), ("sound", "BindReadOnlyPaths=")])
def test_every_key_of_a_drop_in_is_known(analyze: Path, name: str, key: str) -> None:
    drop_in = analyze.with_name(f"{analyze.name}.d") / f"{name}.conf"
    drop_in.parent.mkdir()
    drop_in.write_text(UNIT.with_name(f"cloister-{name}.conf").read_text())
    checked = run("verify", "--recursive-errors=yes", analyze)
    assert checked.returncode == 0, checked.stderr
    drop_in.write_text(drop_in.read_text().replace(key, f"X{key}"))
    assert run("verify", "--recursive-errors=yes", analyze).returncode != 0, "control: the drop-in is read"


def test_the_exposure_is_that_of_a_service_without_a_network(analyze: Path) -> None:
    checked = run("security", "--offline=true", "--threshold=8", analyze)
    assert checked.returncode == 0, checked.stdout[-200:]
    analyze.write_text(analyze.read_text().replace("PrivateNetwork=yes\n", ""))
    assert run("security", "--offline=true", "--threshold=8", analyze).returncode != 0, "control"


def test_settings_that_the_exposure_score_does_not_count() -> None:
    found = settings(UNIT.read_text())
    allowed, refused = found["SystemCallFilter"]
    assert allowed == "@system-service seccomp", "the process may add its own filter"
    assert {"~@aio", "@privileged", "@resources", "@keyring"} <= set(refused.split()), "io_uring is shut"
    assert found["TemporaryFileSystem"] == ["/run:ro"] and "RuntimeDirectory" not in found
    assert "/usr /opt/cloister" in found["BindReadOnlyPaths"], "ExecPaths alone makes them writable in systemd 252"
    assert "PrivateDevices" not in found, "it would hide the sound card"
    assert "ProcSubset" not in found, "it would hide /proc/cpuinfo from onnxruntime"
    assert found["Type"] == ["notify"] and int(found["WatchdogSec"][0]) >= 5
