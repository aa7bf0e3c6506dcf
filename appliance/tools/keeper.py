"""Runs one call of a site's program and makes sure that none of its processes is left. It is a process of its own,
which lives as long as the call.

It adopts whatever the program starts (PR_SET_CHILD_SUBREAPER), so that it still finds a descendant that left the
program's session or whose parent ended. It kills all of them when the program ends, takes too long or writes too much,
or when the caller no longer waits. It imports the standard library alone, because it starts at every call.

``run`` does all the work. Started as a program, this module reads one line of JSON (``Order``) from standard input,
which stays open as long as the caller waits, and writes the outcome as one line of JSON.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

LARGEST_ANSWER = 64 * 1024
"""Most bytes of an answer; a tool that writes more is broken"""

_PR_SET_CHILD_SUBREAPER = 36
_TICK_S = 0.02
"""Seconds within which the keeper sees that the program ended while a descendant holds its output open"""
_CLEARING_S = 5.0
"""Most seconds spent on descendants that fork faster than they are killed"""


@dataclass(frozen=True, slots=True)
class Order:
    """The program to run, and its limits."""

    command: list[str]
    request: str
    """text for the program's standard input"""
    environment: dict[str, str]
    limit_s: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the call ended."""

    problem: str = ""
    """why there is no answer"""
    output: str = ""
    """what the program wrote, in base64"""

    def answer(self) -> bytes:
        return base64.b64decode(self.output, validate=True)


def run(order: Order, waits: int) -> Outcome:
    """Run the program once. ``waits`` is a descriptor that becomes readable when the caller no longer waits."""
    # What is started does not inherit this. Where the call is missing, the program's process group is still killed.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        process = subprocess.Popen(
            order.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Standard error may hold what a visitor said.
            stderr=subprocess.DEVNULL,
            env=order.environment,
            cwd="/",
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return Outcome(f"cannot be started: {reason}")
    try:
        return _converse(process, order, waits)
    finally:
        _clear(process.pid)


def _converse(process: subprocess.Popen[bytes], order: Order, waits: int) -> Outcome:
    assert process.stdin is not None and process.stdout is not None
    given, wrote = process.stdin.fileno(), process.stdout.fileno()
    os.set_blocking(given, False)
    os.set_blocking(wrote, False)
    request, output = memoryview(order.request.encode()), bytearray()
    ends_s = time.monotonic() + order.limit_s
    poller = select.poll()
    poller.register(waits, select.POLLIN | select.POLLHUP)
    poller.register(wrote, select.POLLIN)
    poller.register(given, select.POLLOUT)
    while True:
        if time.monotonic() >= ends_s:
            return Outcome(f"took longer than {order.limit_s:g} s and was killed")
        # The status is read first, so that everything written before the end is there when it is read below.
        status = _ended(process.pid)
        for descriptor, _ in poller.poll(0 if status is not None else _TICK_S * 1000):
            if descriptor == waits:
                return Outcome("nobody waits for it any more")
            if descriptor == given:
                request = _give(given, request)
                if not request:
                    poller.unregister(given)
                    process.stdin.close()
        open_still = _take(wrote, output)
        if len(output) > LARGEST_ANSWER:
            return Outcome(f"answered with more than {LARGEST_ANSWER} bytes and was killed")
        if not open_still:
            with contextlib.suppress(KeyError):
                poller.unregister(wrote)
        if status is not None:
            if status != 0:
                return Outcome(f"ended with status {status}")
            return Outcome(output=base64.b64encode(output).decode())


def _give(descriptor: int, request: memoryview) -> memoryview:
    try:
        return request[os.write(descriptor, request[: select.PIPE_BUF]) :]
    except BlockingIOError:
        return request
    except BrokenPipeError:
        return memoryview(b"")  # the program closed its input without reading all


def _take(descriptor: int, output: bytearray) -> bool:
    """Read what is there, at most a little more than is allowed. Returns whether more may come."""
    while len(output) <= LARGEST_ANSWER:
        try:
            piece = os.read(descriptor, 16_384)
        except BlockingIOError:
            return True
        if not piece:
            return False
        output += piece
    return True


def _ended(pid: int) -> int | None:
    """The exit status (negative: a signal) of a process that has ended, else None. The process stays a zombie, so that
    its number is not reused."""
    found = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if found is None:
        return None
    return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status


def _clear(leader: int) -> None:
    """Kill and reap the program and everything that descends from it."""
    # The program has not been reaped, so the group is still its own.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    ends_s = time.monotonic() + _CLEARING_S
    while time.monotonic() < ends_s:
        # When a child is killed, the processes that it started become our children, and are seen in the next round.
        for child in _children():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        try:
            reaped, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if reaped == 0:
            time.sleep(0.001)


def _children() -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
            except OSError:
                continue  # the process has ended, or is another user's
            if int(fields[1]) == os.getpid():
                found.append(int(entry.name))
    return found


def main() -> None:
    order = Order(**json.loads(sys.stdin.buffer.readline()))
    print(json.dumps(asdict(run(order, sys.stdin.fileno()))), flush=True)


if __name__ == "__main__":
    main()
