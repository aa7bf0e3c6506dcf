"""Faults of the field, made for real on a booted machine. Afterwards the appliance talks again, or it says why it does
not and talks once the cause is gone. Each test prints the time that it took, and none asserts it.

The times are those of a container on shared cores, with the starter models. Most of each is the loading of models.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.systemd.kiosk import Kiosk

pytestmark = pytest.mark.slow


def test_a_killed_daemon_is_restarted(box: Kiosk, told: list[str]) -> None:
    before = box.pid
    box.machine.run("kill", "-KILL", str(before))
    told.append(f"killed: listens again after {box.must_be_another_than(before):.1f} s")
    box.must_answer()


def test_a_process_that_hangs(box: Kiosk, told: list[str]) -> None:
    before, mark = box.pid, box.mark()
    box.machine.run("kill", "-STOP", str(before))
    told.append(f"stopped process: listens again after {box.must_be_another_than(before):.1f} s")
    assert "Watchdog timeout" in box.journal_since(mark)
    box.must_answer()


def test_one_thread_that_hangs(box: Kiosk, told: list[str]) -> None:
    """All other threads go on, and so does the one that feeds the watchdog."""
    before, mark = box.pid, box.mark()
    with frozen(thread_outside(box, "think/room")):
        told.append(f"stopped thread: listens again after {box.must_be_another_than(before):.1f} s")
    assert "Watchdog timeout" in box.journal_since(mark)
    box.must_answer()


def test_the_sound_server_goes_away(box: Kiosk, told: list[str]) -> None:
    before, mark = box.pid, box.mark()
    box.machine.run("systemctl", "stop", "sound-server")
    lost_s = box.machine.wait_for("the loss", lambda: "lost:" in box.journal_since(mark), 30)
    box.machine.run("systemctl", "start", "sound-server")
    again_s = box.machine.wait_for("the return", lambda: box.journal_since(mark).count("works again") >= 2, within_s=60)
    told.append(f"sound server gone: noticed after {lost_s:.1f} s, works {again_s:.1f} s after its return")
    assert box.pid == before, "without a restart"
    box.must_answer()


def test_the_disk_is_full(box: Kiosk, told: list[str]) -> None:
    """Nothing can be recorded, so no conversation is held. A visitor who speaks is told so."""
    with small_state(box):
        box.machine.run("systemctl", "start", "cloister")
        box.machine.shell("cat /dev/zero > /var/lib/private/cloister/ballast || true")
        mark = box.mark()
        box.machine.run("systemctl", "--no-block", "restart", "cloister")
        box.machine.wait_for("a reason", lambda: "make room" in box.journal_since(mark), 120)
        said = next(line for line in box.journal_since(mark).splitlines() if "make room" in line)
        box.must_answer({"cannot", "talk", "now", "please", "ask", "member", "staff"})
        told.append(f"full disk: tells whoever asks to ask a member of staff, {said!r}")
        assert not box.listens and "out of order" in box.machine.show("cloister", "StatusText")
        box.machine.shell("rm /var/lib/private/cloister/ballast")
        told.append(f"room again: listens after {box.must_listen():.1f} s")
        box.must_answer()


@pytest.mark.parametrize("jump", ["+400 days", "-400 days"])
def test_the_clock_jumps(box: Kiosk, told: list[str], jump: str) -> None:
    """The clock jumps in the middle of a conversation. Only the calendar does, since the other clock cannot be set."""
    with clock(box) as set_clock:
        box.must_answer()
        before = box.pid
        set_clock(jump)
        time.sleep(12)  # longer than the watchdog waits
        assert box.pid == before and box.listens, "without a restart"
        box.must_answer()
        assert box.pid == before, "without a restart"
    told.append(f"clock jumped by {jump}: no interruption")


@pytest.mark.parametrize("model", ["voice/en_US-kathleen-small.onnx", "brain/cloister-starter-q8.gguf"])
def test_a_model_file_is_damaged(box: Kiosk, told: list[str], model: str) -> None:
    with half_a_file(box, model) as name:
        mark = box.mark()
        box.machine.run("systemctl", "--no-block", "restart", "cloister")
        box.machine.wait_for("a refusal", lambda: "status=3" in box.journal_since(mark), 120)
        said = [line for line in box.journal_since(mark).splitlines() if line.startswith("cloister: ")]
        assert said and name in said[-1], said
        told.append(f"damaged model: refuses, {said[-1][:150]!r}")
    told.append(f"model put back: listens after {box.must_listen():.1f} s")
    box.must_answer()


def test_one_of_the_ears_is_damaged(box: Kiosk, told: list[str]) -> None:
    with half_a_file(box, "ctc/head.int8.onnx") as name:
        mark = box.mark()
        box.machine.run("systemctl", "restart", "cloister")
        said = [line for line in box.journal_since(mark).splitlines() if name in line]
        assert said and "listen without it" in said[-1], said
        told.append(f"damaged ear: the others go on, {said[-1][:150]!r}")
        box.must_answer()
    box.machine.run("systemctl", "restart", "cloister")


@contextmanager
def half_a_file(box: Kiosk, model: str) -> Iterator[str]:
    """Cut a model file in half. Yields its name."""
    path = box.machine.root / "opt/cloister/a/models" / model
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    try:
        yield path.name
    finally:
        path.write_bytes(whole)


def process_outside(box: Kiosk) -> Path:
    """The daemon's folder in /proc outside the machine."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            numbers = next(line for line in status.read_text().splitlines() if line.startswith("NSpid:")).split()[1:]
            if (
                len(numbers) == 2
                and int(numbers[1]) == box.pid
                and "cloister" in (status.parent / "cmdline").read_text()
            ):
                return status.parent
        except (OSError, StopIteration):
            continue
    raise AssertionError("the daemon is not seen from outside")


def thread_outside(box: Kiosk, name: str) -> int:
    """The id that a thread of the daemon has outside the machine."""
    tasks = (process_outside(box) / "task").iterdir()
    return next(int(task.name) for task in tasks if (task / "comm").read_text().strip() == name)


_FREEZE = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
thread = int(sys.argv[1])
for request in (0x4206, 0x4207):  # PTRACE_SEIZE, PTRACE_INTERRUPT
    if libc.ptrace(request, thread, None, None) != 0:
        sys.exit(os.strerror(ctypes.get_errno()))
os.waitpid(thread, 0x40000000)  # __WALL: it has stopped
print("frozen", flush=True)
os.waitpid(thread, 0x40000000)  # it has ended, with its process
"""


@contextmanager
def frozen(thread: int) -> Iterator[None]:
    """Hold one thread, as a debugger does, until its process ends."""
    with subprocess.Popen([sys.executable, "-c", _FREEZE, str(thread)], stdout=subprocess.PIPE, text=True) as debugger:
        assert debugger.stdout is not None and debugger.stdout.readline() == "frozen\n"
        yield
        debugger.terminate()


@contextmanager
def small_state(box: Kiosk) -> Iterator[None]:
    """Put the state on a file system that is soon full."""
    box.machine.shell(
        "systemctl stop cloister; cp -a /var/lib/private/cloister /var/tmp/state;"
        "mount -t tmpfs -o size=96m tmpfs /var/lib/private/cloister; cp -a /var/tmp/state/. /var/lib/private/cloister"
    )
    try:
        yield
    finally:
        box.machine.shell(
            "systemctl stop cloister; umount /var/lib/private/cloister; rm -r /var/tmp/state; systemctl start cloister"
        )


@contextmanager
def clock(box: Kiosk) -> Iterator[Callable[[str], None]]:
    """A clock of the daemon's own that can be set while it runs (libfaketime)."""
    (library,) = (box.machine.root / "usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    drop_in = box.machine.root / "etc/systemd/system/cloister.service.d/test-clock.conf"
    offset = box.machine.root / "etc/cloister/test-clock"

    def set_clock(jump: str) -> None:
        sign, days = jump[0], int(jump[1:].split()[0])
        offset.write_text(f"{sign}{days}d\n")

    offset.write_text("+0\n")
    drop_in.write_text(
        f"[Service]\nEnvironment=LD_PRELOAD=/{library.relative_to(box.machine.root)}\n"
        "Environment=FAKETIME_TIMESTAMP_FILE=/etc/cloister/test-clock FAKETIME_CACHE_DURATION=1 DONT_FAKE_MONOTONIC=1\n"
    )
    box.machine.shell("systemctl daemon-reload; systemctl restart cloister")
    try:
        yield set_clock
    finally:
        drop_in.unlink()
        box.machine.shell("systemctl daemon-reload; systemctl restart cloister")
