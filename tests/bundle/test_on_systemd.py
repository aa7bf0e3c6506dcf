"""Switching with a real service manager: units follow the slot, and a version that does not stay up is rolled back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bundle import synthetic
from tests.bundle.synthetic import KEY
from tests.containers import CHECKOUT, Machine, need_containers

pytestmark = pytest.mark.slow

UNIT = """[Unit]
Wants=cloister-bundle.service
After=cloister-bundle.service
[Service]
Type=notify
Restart=on-failure
RestartSec=1
NotifyAccess=all
TimeoutStartSec=10
ExecStart=/bin/sh -c '{}'
[Install]
WantedBy=multi-user.target
"""
BUNDLE_UNIT = CHECKOUT / "systemd" / "cloister-bundle.service"
STAYS = "systemd-notify --ready; exec sleep infinity"
NEVER_READY = "exit 1"
DIES_SOON = "systemd-notify --ready; sleep 1; exit 1"
VERSIONS = {7: STAYS, 8: STAYS, 9: NEVER_READY, 10: DIES_SOON, 11: STAYS, 12: NEVER_READY, 13: STAYS, 14: STAYS}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    need_containers()
    bundles, keys = tmp_path_factory.mktemp("bundles"), tmp_path_factory.mktemp("keys")
    for version, does in VERSIONS.items():
        unit = UNIT.format(f"VERSION={version}; {does}").encode()
        helper: dict[str, Any] = {BUNDLE_UNIT.name: BUNDLE_UNIT.read_bytes()}
        synthetic.write(bundles, version, unit=unit, **helper)
    (keys / "test.pub").write_text(KEY.public().text())
    folder = CHECKOUT / "build" / "machines" / "bundle"
    shutil.rmtree(folder, ignore_errors=True)
    mounts = {"/checkout": CHECKOUT, "/bundles": bundles, "/etc/cloister/keys": keys}
    machine = Machine("bundle", folder, mounts=mounts)
    try:
        machine.boot()
        yield machine
    finally:
        machine.discard()


def carry_out(machine: Machine, *arguments: str) -> dict[str, Any]:
    printed = machine.shell(f"cd /checkout && python3 -B -m tests.bundle.on_machine {' '.join(arguments)}")
    found: dict[str, Any] = json.loads(printed.splitlines()[-1])
    return found


def install(machine: Machine, version: int) -> dict[str, Any]:
    return carry_out(machine, "install", f"/bundles/oakhill-{version}.cloister-bundle")


def running(machine: Machine) -> int:
    """The version whose process is up, by its unit's command line."""
    assert machine.show("cloister.service", "ActiveState") == "active"
    return int(machine.show("cloister.service", "ExecStart").split("VERSION=")[1].split(";")[0])


def test_on_a_real_service_manager(machine: Machine) -> None:
    first = install(machine, 7)
    assert (first["version"], first["restarted"]) == (7, False), "a new box: its operator enables the service"
    machine.run("systemctl", "enable", "--now", "cloister.service")
    assert running(machine) == 7

    before = machine.show("cloister.service", "MainPID")
    assert install(machine, 8)["restarted"] is True
    assert running(machine) == 8 and machine.show("cloister.service", "MainPID") != before

    for version in (9, 10):
        said = install(machine, version)
        assert "version 8 runs again" in said["refused"], said
        assert running(machine) == 8, "taken back"
        assert machine.shell("readlink /opt/cloister/current").strip() == "b"

    # The failed version used slot a, so no rollback is possible until there is a next version.
    assert "nothing to go back to" in carry_out(machine, "rollback")["refused"]
    assert install(machine, 11)["restarted"] is True and running(machine) == 11
    assert carry_out(machine, "rollback")["version"] == 8 and running(machine) == 8
    machine.run("systemctl", "is-enabled", "cloister.service")


def test_a_switch_by_a_killed_installer_is_rolled_back(machine: Machine) -> None:
    """The installer is killed between the switch and the check of the service. Then the machine is switched off, or the
    service ends and is started again."""
    if machine.show("cloister.service", "ActiveState") != "active":
        assert install(machine, 14)["version"] == 14
        machine.run("systemctl", "enable", "--now", "cloister.service")
    before = running(machine)
    slot = machine.shell("readlink /opt/cloister/current").strip()

    def left_by_a_killed_installer(version: int) -> None:
        bundle = f"/bundles/oakhill-{version}.cloister-bundle"
        machine.shell(f"cd /checkout && python3 -B -m tests.bundle.on_machine kill {bundle} || test $? = 137")
        assert machine.shell("readlink /opt/cloister/current").strip() != slot, "it had switched"
        assert running(machine) == before, "and the service did not notice"

    def taken_back() -> None:
        machine.wait_for("a start", lambda: machine.show("cloister.service", "ActiveState") == "active", 60)
        assert running(machine) == before
        assert machine.shell("readlink /opt/cloister/current").strip() == slot
        assert not (machine.root / "var/lib/cloister-bundle/pending.json").exists()
        assert (machine.root / "var/lib/cloister-bundle/history.jsonl").read_text().count("taken back") == attempts

    attempts = 1
    left_by_a_killed_installer(12)  # it would never come up
    machine.off()
    machine.boot()
    taken_back()

    attempts = 2
    left_by_a_killed_installer(13)
    old = machine.show("cloister.service", "MainPID")
    machine.run("kill", "-KILL", old)
    machine.wait_for("another process", lambda: machine.show("cloister.service", "MainPID") not in ("0", old), 60)
    taken_back()
