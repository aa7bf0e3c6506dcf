"""The kernel's own out-of-memory killer, and a real swap device. The machines of these tests get no memory controller
from systemd, so both are set up from outside, with the machine's own cgroups (version 1)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.containers import CHECKOUT, need_containers
from tests.systemd.kiosk import Kiosk
from tests.systemd.test_recovery import process_outside
from tests.test_canary import PHRASE, configure, found, sound_of

pytestmark = pytest.mark.slow

GROUPS = Path("/sys/fs/cgroup/memory")
SWAP_MIB = 768


@contextmanager
def group(name: str) -> Iterator[Path]:
    """A memory cgroup. Its processes must have ended when the block is left."""
    need_containers()
    if not (GROUPS / "memory.limit_in_bytes").exists():
        pytest.skip("needs the memory controller as a cgroup of version 1")
    folder = GROUPS / f"cloister-{name}"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        pytest.skip(f"no memory cgroup can be made here: {error.strerror}")
    try:
        yield folder
    finally:
        folder.rmdir()


def test_the_kernel_s_out_of_memory_killer(box: Kiosk, told: list[str]) -> None:
    """The daemon may allocate eight megabytes more. Then a question is asked."""
    before, mark = box.pid, box.mark()
    with group("killer") as limited:
        (limited / "memory.limit_in_bytes").write_text(str(8 * 2**20))
        (limited / "cgroup.procs").write_text(process_outside(box).name)
        begun = time.monotonic()
        while box.pid == before:
            assert time.monotonic() - begun < 180, "nothing ever needed memory"
            box.ask()
        begun = time.monotonic()
        box.must_be_another_than(before)
        killed = re.search(r"oom_kill (\d+)", (limited / "memory.oom_control").read_text())
        assert killed and int(killed[1]) >= 1, "by nobody but the kernel"
        assert "status=9/KILL" in box.journal_since(mark)
        told.append(f"killed by the kernel for memory: listens again {time.monotonic() - begun:.1f} s after")
    box.must_answer()


@contextmanager
def swap() -> Iterator[Path]:
    """A file that the whole machine swaps to in the block, empty before."""
    need_containers()
    if len(Path("/proc/swaps").read_text().splitlines()) > 1:
        pytest.skip("this machine swaps already; its swap is not ours to read")
    file = CHECKOUT / "build" / "swap"
    file.touch(mode=0o600)
    with file.open("wb") as out:
        for _ in range(SWAP_MIB):
            out.write(bytes(2**20))
    subprocess.run(["mkswap", file], check=True, capture_output=True)
    on = subprocess.run(["swapon", file], capture_output=True, text=True, check=False)
    try:
        if on.returncode != 0:
            pytest.skip(f"no swap can be added here: {on.stderr.strip()}")
        yield file
    finally:
        subprocess.run(["swapoff", file], check=on.returncode == 0, capture_output=True)
        file.unlink()


@dataclass
class Squeezed:
    """The memory of a process that the kernel swapped once it was told to swap all it can."""

    swapped_kb: int
    locked_kb: int
    device: bytes
    """the content of the device itself, past the page cache"""


def squeeze(device: Path, limited: Path, pid: int) -> Squeezed:
    (limited / "memory.force_empty").write_text("0")
    os.sync()
    status = Path(f"/proc/{pid}/status").read_text()
    kilobytes = {name: int(value) for name, value in re.findall(r"^(Vm\w+):\s+(\d+) kB", status, re.M)}
    read = subprocess.run(
        ["dd", f"if={device}", "bs=1M", "iflag=direct", "status=none"], check=True, capture_output=True
    )
    return Squeezed(kilobytes["VmSwap"], kilobytes["VmLck"], read.stdout)


DAEMON = "; import runpy; runpy.run_module('tests.sealed_daemon', run_name='__main__')"
LIMITED = "import resource; resource.setrlimit(resource.RLIMIT_MEMLOCK, (2**16, 2**16))" + DAEMON
# Root may lock without a limit (CAP_IPC_LOCK), and may not always lift the limit (CAP_SYS_RESOURCE), as the unit does.
# So the daemon is told that there is none. The real kernel does the locking.
UNLIMITED = "import resource; resource.getrlimit = lambda which: (resource.RLIM_INFINITY,) * 2" + DAEMON


def converse(folder: Path, speech: Path, *, locked: bool) -> tuple[Squeezed, str]:
    """The daemon at the end of a conversation, and its journal with the words."""
    folder.mkdir()
    config = configure(folder, "{log_transcripts: true}")
    with swap() as device, group("swap") as limited:

        def join() -> None:
            (limited / "cgroup.procs").write_text(str(os.getpid()))

        daemon = subprocess.Popen(
            [sys.executable, "-c", UNLIMITED if locked else LIMITED, config, "spoken", speech],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=join,
        )
        assert daemon.stdout is not None
        done = daemon.stdout.readline()
        squeezed = squeeze(device, limited, daemon.pid) if done else Squeezed(0, 0, b"")
        daemon.terminate()
        _, journal = daemon.communicate(timeout=120)
        assert done == "done\n", journal
        return squeezed, journal


def test_nothing_of_a_conversation_is_in_the_swap(tmp_path: Path, starter: Path, told: list[str]) -> None:
    speech = tmp_path / "phrase.wav"
    command = [sys.executable, "-m", "appliance", "say", PHRASE, "-o", str(speech), "--config", str(starter)]
    subprocess.run(command, cwd=CHECKOUT, check=True)

    # Control: the same without the lock is swapped out, and what was said lies on the device.
    control, journal = converse(tmp_path / "unlocked", speech, locked=False)
    words = re.findall(r"visitor: (.+)", journal)[0].split()
    needles = [" ".join(words[i : i + 3]) for i in range(len(words) - 2)]
    there = found(needles, control.device), [piece for piece in sound_of(speech) if piece in control.device]
    told.append(
        f"swap, control: not locked, {control.swapped_kb / 1024:.0f} MB swapped out, {len(there[0])} of {len(needles)} "
        f"strings of words and {len(there[1])} of 2 forms of the sound are on the device"
    )
    assert control.swapped_kb > 0 and control.locked_kb == 0
    assert there[0] or there[1]

    squeezed, _ = converse(tmp_path / "locked", speech, locked=True)
    told.append(f"swap: {squeezed.locked_kb / 1024:.0f} MB locked, {squeezed.swapped_kb} kB swapped out under pressure")
    assert squeezed.swapped_kb == 0 and squeezed.locked_kb > 0
    assert found(needles, squeezed.device) == []
    assert not [piece for piece in sound_of(speech) if piece in squeezed.device]
