"""The process forbids itself every way to a network, for good.

``seal`` installs a seccomp filter in all threads at once (TSYNC: a thread that already ran would otherwise keep its
freedom). From then on, in this process and every child of it, the kernel refuses

- ``socket`` and ``socketpair`` of every family but AF_UNIX (EAFNOSUPPORT, which libraries take for a kernel without
  that family),
- io_uring (EPERM), whose ``IORING_OP_SOCKET`` opens sockets without the system call,
- ``pidfd_getfd`` (EPERM), which copies a socket out of another process,
- every system call of another ABI of the same CPU (32-bit, x32; ENOSYS), where the numbers above mean other calls.

The filter is thirty instructions of classic BPF, loaded through ctypes: a promise that an auditor can read is worth
more than a library that generates it. It cannot be taken back, also not by root. What it cannot do is take away
sockets that were open before; ``seal`` refuses to go on when there is one.

Core dumps are switched off as well, since the memory of this process holds what visitors say.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import platform
import resource
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from appliance.ports import PortError

AF_UNIX = 1
PROBED_FAMILIES = {"AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16, "AF_PACKET": 17, "AF_BLUETOOTH": 31, "AF_VSOCK": 40}
"""Families that ``probe`` tries to open; the filter refuses all but AF_UNIX, named or not."""

_PR_SET_DUMPABLE = 4
_PR_GET_DUMPABLE = 3
_PR_SET_NO_NEW_PRIVS = 38
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_TSYNC = 1
_SOL_SOCKET, _SO_DOMAIN = 1, 39
_SOCK_STREAM, _SOCK_RAW = 1, 3

# struct seccomp_data { int nr; __u32 arch; __u64 instruction_pointer; __u64 args[6]; }, little-endian. The kernel
# takes a family as an int, so the lower half of the first argument is all of it.
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16

_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_JUMP_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_JUMP_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K
_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000


@dataclass(frozen=True, slots=True)
class _Machine:
    """What a CPU calls things."""

    architecture: int
    """AUDIT_ARCH_* of the native ABI"""
    socket: int
    socketpair: int
    seccomp: int
    foreign_numbers: int | None
    """system calls from this number on belong to another ABI (x32) under the same architecture"""


_MACHINES = {
    "x86_64": _Machine(0xC000003E, socket=41, socketpair=53, seccomp=317, foreign_numbers=0x40000000),
    "aarch64": _Machine(0xC00000B7, socket=198, socketpair=199, seccomp=277, foreign_numbers=None),
}
# Numbers of newer system calls are the same on every CPU.
_IO_URING = {"io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427}
_PIDFD_GETFD = 438
WAYS = (*PROBED_FAMILIES, *_IO_URING)
"""what ``probe`` tries, every one of them"""


@dataclass(frozen=True, slots=True)
class Seal:
    """What the kernel says of a sealed process."""

    threads: int
    """how many there were; each is under the filter and can gain no privileges"""
    core_dumps: bool
    """always False"""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def seal() -> Seal:
    """Seal this process. Raises PortError when the promise cannot be kept.

    Opens no socket to try it out: whoever watches the process from outside shall see not even an attempt. ``probe``
    is for that. Sealing twice is harmless, the kernel then runs the same filter twice.
    """
    _no_core_dumps()
    _refuse_open_sockets()
    _install_filter()
    if not sealed():
        raise PortError("isolation: not every thread is under the seccomp filter")
    # A wrong descriptor: EBADF without the filter, EPERM with it.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(ctypes.c_long(_PIDFD_GETFD), -1, 0, 0) != -1 or ctypes.get_errno() != errno.EPERM:
        raise PortError("isolation: the seccomp filter was accepted and has no effect")
    return Seal(len(_thread_statuses()), core_dumps=False)


def probe() -> dict[str, bool]:
    """Try what a sealed process must not be able to do: what was tried, and whether the kernel refused it."""
    libc = ctypes.CDLL(None, use_errno=True)
    refused = {}
    for name, family in PROBED_FAMILIES.items():
        kind = _SOCK_RAW if name in ("AF_NETLINK", "AF_PACKET", "AF_BLUETOOTH") else _SOCK_STREAM
        descriptor = libc.socket(family, kind, 0)
        refused[name] = descriptor < 0
        if descriptor >= 0:
            os.close(descriptor)
    # With wrong arguments: EFAULT, EBADF without the filter.
    for name, number in _IO_URING.items():
        failed = libc.syscall(ctypes.c_long(number), -1, None, 0, 0, None, 0) == -1
        refused[name] = failed and ctypes.get_errno() in (errno.EPERM, errno.ENOSYS)
    return refused


def probe_in_child() -> dict[str, bool]:
    """``probe`` in a throw-away child, which inherits every restriction of this process. Raises PortError."""
    # -I and its own folder: neither the current folder, which may be anybody's, nor the environment says what is run.
    code = (
        "import json, sys; sys.path.insert(0, sys.argv[1]); "
        "from appliance.services.isolation import probe; print(json.dumps(probe()))"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-B", "-c", code, str(Path(__file__).resolve().parents[2])],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=True,
        )
        refused: dict[str, bool] = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise PortError(f"isolation: the probe could not be run: {type(error).__name__}") from None
    return refused


def lock_memory() -> bool:
    """Keep this process's memory, now and later, out of the swap, where the box allows it (LimitMEMLOCK=infinity).
    Pages are locked as they are touched, so a model that is only mapped takes no more memory than before."""
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] != resource.RLIM_INFINITY:
        # With a limit, the lock would make a later allocation fail instead.
        return False
    everything = _MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT
    return bool(ctypes.CDLL(None, use_errno=True).mlockall(everything) == 0)


def dumpable() -> bool:
    """Whether the kernel would write a core of this process, or let another user's debugger look into it."""
    return bool(ctypes.CDLL(None).prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0))


def sealed() -> bool:
    """Whether every thread of this process is under a seccomp filter and can gain no privileges, as the kernel says.

    Whether it is this filter only ``probe`` can tell.
    """
    wanted = ("Seccomp:\t2", "NoNewPrivs:\t1")
    return all(set(wanted) <= set(status.splitlines()) for status in _thread_statuses())


def _thread_statuses() -> list[str]:
    statuses = []
    for task in Path("/proc/self/task").iterdir():
        try:
            statuses.append((task / "status").read_text())
        except (FileNotFoundError, ProcessLookupError):
            continue  # the thread has ended
    return statuses


def _filter(machine: _Machine) -> bytes:
    """The BPF program: a struct sock_filter is (code, jump if true, jump if false, constant)."""

    def instruction(code: int, constant: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("<HBBI", code, if_true, if_false, constant)

    def refuse(error: int) -> bytes:
        return instruction(_RETURN, _ERRNO | error)

    program = [
        instruction(_LOAD, _ARCHITECTURE),
        instruction(_JUMP_EQUAL, machine.architecture, if_true=1),
        refuse(errno.ENOSYS),
        instruction(_LOAD, _NUMBER),
    ]
    if machine.foreign_numbers is not None:
        program += [instruction(_JUMP_AT_LEAST, machine.foreign_numbers, if_false=1), refuse(errno.ENOSYS)]
    for number in (*_IO_URING.values(), _PIDFD_GETFD):
        program += [instruction(_JUMP_EQUAL, number, if_false=1), refuse(errno.EPERM)]
    program += [
        instruction(_JUMP_EQUAL, machine.socket, if_true=2),
        instruction(_JUMP_EQUAL, machine.socketpair, if_true=1),
        instruction(_RETURN, _ALLOW),
        instruction(_LOAD, _FIRST_ARGUMENT),
        instruction(_JUMP_EQUAL, AF_UNIX, if_false=1),
        instruction(_RETURN, _ALLOW),
        refuse(errno.EAFNOSUPPORT),
    ]
    return b"".join(program)


def _machine() -> _Machine:
    name = platform.machine()
    # A 32-bit interpreter on a 64-bit kernel makes the calls of another ABI.
    if name not in _MACHINES or ctypes.sizeof(ctypes.c_void_p) != 8:
        raise PortError(f"isolation: the network cannot be shut off on {name}; use 64-bit x86 or Arm")
    return _MACHINES[name]


def _install_filter() -> None:
    machine = _machine()
    libc = ctypes.CDLL(None, use_errno=True)
    instructions = _filter(machine)
    program = _Program(len(instructions) // 8, instructions)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise PortError(f"isolation: prctl(PR_SET_NO_NEW_PRIVS) failed: {os.strerror(ctypes.get_errno())}")
    result = libc.syscall(
        ctypes.c_long(machine.seccomp),
        ctypes.c_uint(_SECCOMP_SET_MODE_FILTER),
        ctypes.c_uint(_SECCOMP_FILTER_FLAG_TSYNC),
        ctypes.byref(program),
    )
    if result > 0:
        raise PortError(f"isolation: thread {result} is under another seccomp filter; seal before starting it")
    if result < 0:
        raise PortError(
            f"isolation: the kernel refused the seccomp filter ({os.strerror(ctypes.get_errno())}); it must be built "
            "with CONFIG_SECCOMP_FILTER"
        )


def _no_core_dumps() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # A limit of zero does not stop a core pattern that pipes into a program; this does.
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 or libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise PortError("isolation: core dumps cannot be switched off")


def _refuse_open_sockets() -> None:
    """Sockets that were inherited, from a super-server or a careless parent, would survive the filter."""
    libc = ctypes.CDLL(None, use_errno=True)
    for entry in Path("/proc/self/fd").iterdir():
        domain, size = ctypes.c_int(), ctypes.c_uint(ctypes.sizeof(ctypes.c_int))
        found = libc.getsockopt(int(entry.name), _SOL_SOCKET, _SO_DOMAIN, ctypes.byref(domain), ctypes.byref(size))
        if found == 0 and domain.value != AF_UNIX:
            raise PortError(
                f"isolation: file descriptor {entry.name} is a network socket (family {domain.value}) that was open "
                "before the start; start cloister without it"
            )
