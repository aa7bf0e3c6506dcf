"""Runs a site's program, for one call or as a server, and makes sure that none of its processes is left. It is a
process of its own, which lives as long as the program.

It adopts whatever the program starts (PR_SET_CHILD_SUBREAPER), so that it still finds a descendant that left the
program's session or whose parent ended. It kills all of them when the program ends, takes too long or writes too much,
or when the caller no longer waits. It imports the standard library alone, because it starts at every call.

``run`` makes one call. Started as a program for it (``main``), this module reads one line of JSON (``Order``) from
standard input, which stays open as long as the caller waits, and writes the outcome as one line of JSON.

``serve`` runs a server, which answers any number of calls. It passes on what the caller and the server write, without a
look at it, until the server ends or the caller hangs up. Started as a program for it (``main_serving``), this module
gets the command and the environment as JSON in its arguments, and the caller is at its standard input and output.
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
_SERVER_TICK_S = 0.5
"""Seconds within which the keeper sees that a server ended while a descendant holds its output open"""
_GRACE_S = 1.0
"""Seconds that a server has to end by itself when its input ends, and again when it is told to"""
_PIECE = 65_536
"""Most bytes that are held for each side before the other side has to wait"""


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


def serve(command: list[str], environment: dict[str, str], received: int, sent: int) -> None:
    """Run a server until it ends or its caller goes. What arrives at the descriptor ``received`` becomes its standard
    input, and its standard output goes to ``sent``. Both may be one socket. A server that cannot be started ends at
    once."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Standard error may hold what a visitor said, and has no end.
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
            start_new_session=True,
        )
    except (OSError, ValueError):
        return
    try:
        with contextlib.suppress(ConnectionError):
            _pass_on(process, received, sent)
        _let_end(process)
    finally:
        _clear(process.pid)


def _pass_on(process: subprocess.Popen[bytes], received: int, sent: int) -> None:
    """Pass on what both sides write, until one of them is gone."""
    assert process.stdin is not None and process.stdout is not None
    given, wrote = process.stdin.fileno(), process.stdout.fileno()
    for descriptor in (received, sent, given, wrote):
        os.set_blocking(descriptor, False)
    to_server, to_caller = memoryview(b""), memoryview(b"")
    ended = False
    """whether the server has ended or takes no more; what it wrote before is still passed on"""
    while True:
        # A side is read only when the other has taken everything, so that a slow reader slows the writer.
        wanted = {received: 0, sent: 0, wrote: 0} | ({} if ended else {given: 0})
        wanted[received] |= 0 if to_server or ended else select.POLLIN
        wanted[wrote] |= 0 if to_caller else select.POLLIN
        wanted[sent] |= select.POLLOUT if to_caller else 0
        if to_server and not ended:
            wanted[given] |= select.POLLOUT
        poller = select.poll()
        for descriptor, events in wanted.items():
            poller.register(descriptor, events)
        ready = dict(poller.poll(_SERVER_TICK_S * 1000))
        if (ready.get(received, 0) | ready.get(sent, 0)) & (select.POLLHUP | select.POLLERR):
            return
        ended = ended or bool(ready.get(given, 0) & select.POLLERR) or (not ready and _ended(process.pid) is not None)
        if ready.get(received, 0) & select.POLLIN:
            piece = os.read(received, _PIECE)
            if not piece:
                return  # the caller has hung up
            to_server = memoryview(piece)
        if to_server and not ended:
            to_server = _give(given, to_server)
        if not to_caller and (ended or ready.get(wrote, 0)):
            try:
                piece = os.read(wrote, _PIECE)
            except BlockingIOError:
                return  # a descendant of a server that has ended holds its output open
            if not piece:
                return
            to_caller = memoryview(piece)
        if to_caller:
            to_caller = _give(sent, to_caller)


def _let_end(process: subprocess.Popen[bytes]) -> None:
    """Let a server end by itself: end its input, and tell it to end if it does not."""
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    if not _ends_within(process.pid, _GRACE_S):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGTERM)
        _ends_within(process.pid, _GRACE_S)


def _ends_within(pid: int, seconds: float) -> bool:
    ends_s = time.monotonic() + seconds
    while _ended(pid) is None:
        if time.monotonic() >= ends_s:
            return False
        time.sleep(_TICK_S)
    return True


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


def main_serving() -> None:
    command, environment = json.loads(sys.argv[1])
    serve(command, environment, sys.stdin.fileno(), sys.stdout.fileno())
