"""A fleet from the first installation to the end: two booted machines whose only network is the operator's wire, and a
controller that reaches them by ssh and has only ansible-core. ``make test-fleet`` runs it in a quarter of an hour or
more. Most of that is boxes that install several hundred megabytes on the same two cores.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.conftest import GIVEN_WHEELS
from tests.containers import CHECKOUT, Machine, need_containers
from tests.fleet.wire import NAMESPACE, Wire, outside
from tests.playbooks import PROGRAM, play
from tests.systemd.kiosk import QUESTION, Kiosk, install_sound

pytestmark = pytest.mark.slow

SITES = {"oak_hill": ["reception"], "west_library": ["desk"]}
BOXES = [box for boxes in SITES.values() for box in boxes]
WIRE = Wire(BOXES)
SOUND = {"PULSE_SERVER": "unix:/run/air/native"}


@dataclass
class Fleet:
    """The boxes, and the controller in the network namespace of the operator's wire."""

    folder: Path
    machines: dict[str, Machine]
    variables: dict[str, dict[str, object]]
    """of each group, for the inventory"""
    plays: int = 0
    output: str = ""
    """of the last play"""

    def play(self, name: str, *arguments: str, fails: bool = False) -> dict[str, dict[str, int]]:
        """Run a playbook of the collection. Returns what it did to each box. The output is kept."""
        groups = {
            group: {"hosts": {box: {"ansible_host": WIRE.address(box)} for box in boxes}, "vars": self.variables[group]}
            for group, boxes in SITES.items()
        }
        inventory = {"appliances": {"children": groups, "vars": self.variables["appliances"]}}
        (self.folder / "hosts.yml").write_text(yaml.safe_dump(inventory))
        self.plays += 1
        log = self.folder / "plays" / f"{self.plays:02}-{name}.log"
        with log.open("w") as out:
            within = ("ip", "netns", "exec", NAMESPACE)
            done = play(name, self.folder / "hosts.yml", *arguments, within=within, output=out)
        self.output = log.read_text()
        assert (done.returncode != 0) == fails, self.output[-6000:]
        return {
            box: {key: int(count) for key, count in re.findall(r"(\w+)=(\d+)", counts)}
            for box, counts in re.findall(r"^(\S+)\s+: (ok=.*)$", self.output, re.M)
        }

    def version(self, box: str) -> int:
        """The version that a box says it runs."""
        told = self.machines[box].run(*("/opt/cloister/current/venv/bin/cloister", "bundle", "status", "--json"))
        status = json.loads(told)
        assert status["confirmed"], "the role saw it run"
        version: int = status["current"]["version"]
        return version

    def pids(self) -> dict[str, int]:
        """The daemon of each box."""
        return {box: Kiosk(machine).pid for box, machine in self.machines.items()}

    def starts(self, box: str) -> int:
        """How often systemd started the appliance on a box."""
        return self.machines[box].journal("cloister").count("Started cloister.service")


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    need_containers()
    if not PROGRAM.exists():
        pytest.skip("needs ansible-core in ansible/.venv: make test-fleet sets it up")
    folder = CHECKOUT / "build" / "fleet"
    machines: dict[str, Machine] = {}
    folder.mkdir(parents=True, exist_ok=True)
    for old in ("plays", "reports", "audit-logs", "pinned-keys", "proofs"):
        shutil.rmtree(folder / old, ignore_errors=True)
    (folder / "plays").mkdir()
    try:
        WIRE.lay()
        key = folder / "id"
        if not key.exists():
            outside("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
        for box in BOXES:
            machine = Machine(box, CHECKOUT / "build" / "machines" / box, network_namespace=f"cloister-{box}")
            machines[box] = machine
            ssh = machine.root / "root/.ssh"
            ssh.mkdir(mode=0o700, exist_ok=True)
            shutil.copy(folder / "id.pub", ssh / "authorized_keys")
            install_sound(machine)
            shutil.rmtree(machine.root / "etc/systemd/system/cloister.service.d")  # the role writes its own
            machine.boot()
        known = WIRE.inside("ssh-keyscan", "-t", "ed25519", *map(WIRE.address, BOXES))
        (folder / "known_hosts").write_text(known)
        cloister = folder / "cloister"
        cloister.write_text(f'#!/bin/sh\nPYTHONPATH={CHECKOUT} exec {sys.executable} -m appliance "$@"\n')
        cloister.chmod(0o755)
        common: dict[str, object] = {
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(key),
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={folder / 'known_hosts'}",
            "ansible_python_interpreter": "/usr/bin/python3",
            "appliance_command": str(cloister),
            "appliance_keys": [str(folder / "release.pub")],
            "appliance_site": str(CHECKOUT / "appliance/sites/hospital.yaml"),
            "appliance_environment": SOUND,
            "appliance_settle_s": 5,
            "appliance_reports": str(folder / "reports"),
            "appliance_audit_logs": str(folder / "audit-logs"),
            "appliance_pinned_keys": str(folder / "pinned-keys"),
            "appliance_proofs": str(folder / "proofs"),
        }
        yield Fleet(folder, machines, {"appliances": common, **{group: {} for group in SITES}})
    finally:
        for machine in machines.values():
            machine.discard()
        WIRE.remove()


def build(fleet: Fleet, version: int, *more: str) -> str:
    """A signed bundle of this checkout. The wheels are fetched once."""
    bundle = fleet.folder / str(version) / f"cloister-{version}.cloister-bundle"
    bundle.parent.mkdir(exist_ok=True)
    outside(
        *(sys.executable, "-m", "appliance", "bundle", "build", "--output", str(bundle), "--version", str(version)),
        *("--key", str(fleet.folder / "release.key"), *GIVEN_WHEELS, *more),
    )
    return str(bundle)


def test_a_fleet_from_the_first_installation_to_the_end(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    def tell(line: str) -> None:
        with capsys.disabled():
            print(f"\n    {time.strftime('%H:%M:%S')} {line}", end="", flush=True)

    if not (fleet.folder / "release.key").exists():
        outside(sys.executable, "-m", "appliance", "bundle", "key", "--no-password", str(fleet.folder / "release"))
    first, second, third = (
        build(fleet, 1),
        build(fleet, 2),
        build(fleet, 3, "--question", str(QUESTION), "--expect", "nothing anybody says"),
    )
    tell("three bundles are built, the third expects an answer that nobody gives")
    everywhere = fleet.variables["appliances"]
    for box, machine in fleet.machines.items():
        assert "default" not in machine.run("ip", "route"), box

    installs(fleet, everywhere, first, tell)
    configures(fleet, tell)
    updates(fleet, everywhere, second, third, tell)
    ends(fleet, everywhere, first, tell)


def installs(fleet: Fleet, everywhere: dict[str, object], bundle: str, tell: Callable[[str], None]) -> None:
    everywhere["appliance_bundle"] = bundle
    did = fleet.play("install")
    assert {box: fleet.version(box) for box in BOXES} == {"reception": 1, "desk": 1}
    assert [fleet.starts(box) for box in BOXES] == [1, 1]
    tell(f"installed: {did}")
    Kiosk(fleet.machines["desk"]).must_answer()
    tell("a spoken question is answered by the box at the desk")
    before = fleet.pids()
    did = fleet.play("install", "--check")
    assert [did[box]["changed"] for box in BOXES] == [0, 0], fleet.output
    did = fleet.play("install")
    assert [did[box]["changed"] for box in BOXES] == [0, 0], fleet.output
    assert fleet.pids() == before
    tell("again, in check mode and for real: changed=0 everywhere, no restart")


def configures(fleet: Fleet, tell: Callable[[str], None]) -> None:
    before = fleet.pids()
    fleet.variables["oak_hill"]["appliance_site_settings"] = {"audio": {"barge_in": False}}
    did = fleet.play("install")
    assert [did[box]["changed"] > 0 for box in BOXES] == [True, False]
    assert [fleet.starts(box) for box in BOXES] == [2, 1], "one restart"
    assert fleet.pids()["desk"] == before["desk"]
    tell("a setting of one site is changed: its box restarts once, the other's not at all")

    settings = [(m.root / "etc/cloister/cloister.yaml").read_text() for m in fleet.machines.values()]
    before = fleet.pids()
    fleet.variables["oak_hill"]["appliance_microphone"] = "a microphone that nobody has"
    did = fleet.play("install", fails=True)
    del fleet.variables["oak_hill"]["appliance_microphone"]
    assert did["reception"]["failed"] == 1 and did["reception"]["rescued"] == 1
    assert set(did) - {"localhost"} == {"reception"}, "no other box was touched"
    assert settings == [(m.root / "etc/cloister/cloister.yaml").read_text() for m in fleet.machines.values()]
    after = fleet.pids()
    assert after["desk"] == before["desk"]
    assert Kiosk(fleet.machines["reception"]).listens
    reason = re.search(r"Its journal ends: (.*)", fleet.output)
    tell(f"a setting that cannot work: taken back, roll-out stopped ({reason and reason[1]})")


def updates(fleet: Fleet, everywhere: dict[str, object], good: str, bad: str, tell: Callable[[str], None]) -> None:
    everywhere["appliance_bundle"] = good
    fleet.play("install")
    assert [fleet.version(box) for box in BOXES] == [2, 2]
    tell("updated: version 2 everywhere")
    before = fleet.pids()
    everywhere["appliance_bundle"] = bad
    did = fleet.play("install", fails=True)
    assert set(did) - {"localhost"} == {"reception"}, "no other box was touched"
    assert [fleet.version(box) for box in BOXES] == [2, 2]
    assert fleet.pids() == before, "the running appliance did not notice"
    tell("a bundle that fails its health gate: refused, version 2 runs on, roll-out stopped")
    shown = fleet.machines["reception"].run("/opt/cloister/current/venv/bin/cloister", "audit", "show", "--json")
    told = [json.loads(line) for line in shown.splitlines() if "bundle " in line]
    assert [(record["event"], record.get("from"), record.get("to"), record.get("user")) for record in told] == [
        ("bundle installation begun", None, 1, "root"),
        ("bundle installed", None, 1, "root"),
        ("bundle installation begun", 1, 2, "root"),
        ("bundle installed", 1, 2, "root"),
        ("bundle confirmed", None, 2, "root"),
        ("bundle installation begun", 2, 3, "root"),
        ("bundle refused", None, None, "root"),
    ]
    tell("all of that is in the box's audit log")


def ends(fleet: Fleet, everywhere: dict[str, object], bundle: str, tell: Callable[[str], None]) -> None:
    everywhere["appliance_bundle"] = bundle
    fleet.play("rollback", "--limit", "desk")
    assert [fleet.version(box) for box in BOXES] == [2, 1]
    assert Kiosk(fleet.machines["desk"]).listens
    tell("one box is rolled back to version 1")

    fleet.play("attest")
    assert len(list((fleet.folder / "reports").iterdir())) == 2
    # These machines have no TPM, whose key would be the third of each.
    pinned = {path.name for path in (fleet.folder / "pinned-keys").iterdir()}
    assert pinned == {f"{box}.{key}" for box in BOXES for key in ("pem", "seal.pem")}
    for box in BOXES:
        kept = {path.name for path in (fleet.folder / "audit-logs" / box).iterdir()}
        assert kept == {"audit.jsonl", "checkpoints.jsonl", "seals.jsonl"}, fleet.output
    tell("every box reports on itself, and its audit log is whole; the table names the one that differs")
    print(fleet.output)

    why = json.dumps({"appliance_reason": "end of the test"})
    fleet.play("decommission", "--limit", "desk", "-e", why, fails=True)
    fleet.play("decommission", "--limit", "desk", "-e", why, "-e", "appliance_decommission=desk")
    left = fleet.machines["desk"].shell("find / -xdev -name '*cloister*' -not -path '/proc/*' -not -path '/usr/*'")
    assert not left.split(), left
    proof = json.loads((fleet.folder / "proofs/desk-keys.json").read_text())
    removed = json.loads((fleet.folder / "proofs/desk-removed.json").read_text())
    assert proof and "/var/lib/private/cloister" in removed["absent"]
    Kiosk(fleet.machines["reception"]).must_answer()
    tell("one box is decommissioned: keys destroyed, nothing left, proofs kept; the others talk")
