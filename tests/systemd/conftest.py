"""A machine with the appliance in it, booted once for all tests of the unit."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.containers import CHECKOUT, Machine, need_containers
from tests.systemd import kiosk


@pytest.fixture(scope="package")
def machine() -> Iterator[Machine]:
    """A booted machine with the appliance. Its first start prepares the language of the site, so this takes a while."""
    need_containers()
    folder = CHECKOUT / "build" / "machines" / "kiosk"
    shutil.rmtree(folder, ignore_errors=True)
    machine = Machine("kiosk", folder, mounts=kiosk.MOUNTS)
    try:
        kiosk.install_appliance(machine)
        kiosk.install_sound(machine)
        machine.boot()
        yield machine
    finally:
        machine.discard()


@pytest.fixture
def box(machine: Machine) -> kiosk.Kiosk:
    """The appliance, able to answer. A test leaves it as it found it."""
    box = kiosk.Kiosk(machine)
    box.must_listen(within_s=180)
    return box


@pytest.fixture
def told(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    """Lines to print at the end, whether the test passes or not."""
    lines: list[str] = []
    yield lines
    with capsys.disabled():
        print("".join(f"\n    {line}" for line in lines), end="", flush=True)
