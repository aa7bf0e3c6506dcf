"""The process forbids itself every way to a network for good, and most ways to have another process use one for it.

``seal`` installs a seccomp filter in all threads at once (TSYNC: a thread that already ran would otherwise keep its
freedom). From then on, in this process and every child of it, the kernel refuses

- ``socket`` and ``socketpair`` of every family but AF_UNIX (EAFNOSUPPORT, which libraries take for a kernel without
  that family),
- io_uring (EPERM), whose ``IORING_OP_SOCKET`` opens sockets without the system call,
- what reaches into another process or copies a socket out of one (EPERM): ``ptrace``, ``process_vm_readv``,
  ``process_vm_writev``, ``pidfd_open``, ``pidfd_getfd``, ``kcmp``,
- what makes the kernel run something for us or hands it programs (EPERM): the key calls, whose ``request_key`` starts
  a helper that may ask DNS, ``bpf``, ``perf_event_open``, ``userfaultfd``, ``open_by_handle_at``,
- files in memory, which no mount option keeps from being run (EPERM): ``memfd_create``, ``memfd_secret``, ``execveat``,
- typing into the terminal that it was started from (EPERM): ``ioctl`` with TIOCSTI or TIOCLINUX,
- every system call of another ABI of the same CPU (32-bit, x32; ENOSYS), where the numbers above mean other calls,

and, unless ``Needs`` says that the process goes on doing it,

- to talk to a local service, which might use a network for us (EPERM): ``connect``, and datagrams to an address,
- to pass file descriptors, a connected network socket among them (EPERM): ``recvmsg``, ``recvmmsg``, ``sendmsg``,
  ``sendmmsg``. Without a message header nothing but bytes can be received.

The filter is eighty instructions of classic BPF in a straight line, loaded through ctypes. An auditor can
read it, which would be harder with a library that generates it. The process itself cannot take the filter back. Root
can, from outside, with a debugger (PTRACE_O_SUSPEND_SECCOMP takes CAP_SYS_ADMIN).

A filter cannot take away what was open before. So ``seal`` refuses to go on when there is a network socket, an io_uring
(one that polls works without a system call), or another descriptor that stands for a part of the kernel that the filter
shuts. A filter cannot see a path either: an ordinary ``write`` writes ``/proc/PID/mem`` of another process of the same
user. Only three things prevent that: the other process is not dumpable (sealed ones are not, to each other either), the
box has Yama's ``ptrace_scope``, or, as in the unit, no other process has this user.

Core dumps are switched off as well, since the memory of this process holds what visitors say.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import platform
import resource
import struct
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from appliance.core.ports import PortError

AF_UNIX = 1
TOOLS_VARIABLE = "CLOISTER_TOOLS"
"""environment variable of the unit: the folder with the sockets of tools that run as units of their own"""
DATABASE_VARIABLE = "CLOISTER_DATABASE"
"""environment variable of the unit: the folder with the socket of the database server that the appointment book uses"""
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
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _SECOND_ARGUMENT, _FIFTH_ARGUMENT = 0, 4, 16, 24, 48

_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_JUMP_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_JUMP_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K
_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000


@dataclass(frozen=True, slots=True)
class _Machine:
    """The numbers that the kernel uses on one kind of CPU."""

    architecture: int
    """AUDIT_ARCH_* of the native ABI"""
    foreign_numbers: int | None
    """system calls from this number on belong to another ABI (x32) under the same architecture"""
    calls: Mapping[str, int]
    """numbers of system calls (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h in Linux)"""


# Numbers of newer system calls are the same on every CPU.
_NEWER = {
    **{"io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427},
    **{"pidfd_open": 434, "pidfd_getfd": 438, "memfd_secret": 447},
}
_MACHINES = {
    "x86_64": _Machine(
        0xC000003E,
        foreign_numbers=0x40000000,
        calls={
            **{"socket": 41, "socketpair": 53, "seccomp": 317, "ioctl": 16, "connect": 42, "sendto": 44},
            **{"sendmsg": 46, "sendmmsg": 307, "recvmsg": 47, "recvmmsg": 299},
            **{"ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312},
            **{"add_key": 248, "request_key": 249, "keyctl": 250, "bpf": 321, "perf_event_open": 298},
            **{"userfaultfd": 323, "open_by_handle_at": 304, "memfd_create": 319, "execveat": 322},
            **_NEWER,
        },
    ),
    "aarch64": _Machine(
        0xC00000B7,
        foreign_numbers=None,
        calls={
            **{"socket": 198, "socketpair": 199, "seccomp": 277, "ioctl": 29, "connect": 203, "sendto": 206},
            **{"sendmsg": 211, "sendmmsg": 269, "recvmsg": 212, "recvmmsg": 243},
            **{"ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272},
            **{"add_key": 217, "request_key": 218, "keyctl": 219, "bpf": 280, "perf_event_open": 241},
            **{"userfaultfd": 282, "open_by_handle_at": 265, "memfd_create": 279, "execveat": 281},
            **_NEWER,
        },
    ),
}

_IO_URING = ("io_uring_setup", "io_uring_enter", "io_uring_register")
_NEVER = (
    *_IO_URING,
    *("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_open", "pidfd_getfd"),
    *("add_key", "request_key", "keyctl", "bpf", "perf_event_open", "userfaultfd", "open_by_handle_at"),
    *("memfd_create", "memfd_secret", "execveat"),
)
"""system calls that are refused with any arguments"""
_MESSAGES = ("recvmsg", "recvmmsg", "sendmsg", "sendmmsg")
"""system calls that carry descriptors, or an address that a filter cannot see"""
_TERMINAL_REQUESTS = {"TIOCSTI": 0x5412, "TIOCLINUX": 0x541C}
"""requests of ``ioctl`` that put letters into a terminal (include/uapi/asm-generic/ioctls.h)"""
WAYS = (*PROBED_FAMILIES, *_NEVER, *_TERMINAL_REQUESTS)
"""everything that ``probe`` tries"""

_KERNEL_FILES = ("anon_inode:[io_uring]", "anon_inode:bpf", "anon_inode:[perf_event]", "anon_inode:[userfaultfd]")
_KERNEL_DEVICES = ("/dev/net/", "/dev/vhost", "/dev/vsock")
"""how /proc/self/fd shows descriptors that would keep open what the filter shuts"""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a process still does after it is sealed, although it could make a local service act for it."""

    sound_server: bool = False
    """it talks to a sound server, whose library connects and exchanges descriptors"""
    tools: bool = False
    """it calls tools that are units of their own, and connects to their sockets"""
    database: bool = False
    """it keeps appointments at a database server, and connects to its socket"""

    @classmethod
    def here(cls) -> Needs:
        """What this process needs by its surroundings: a sound server that is named, or stands where libraries look
        for one, tools that the unit runs as units of their own, and a database server that is named."""
        places = [Path("/run/pulse/native"), Path("/var/run/pulse/native"), Path("/run/pipewire/pipewire-0")]
        if runtime := os.environ.get("XDG_RUNTIME_DIR"):
            places += [Path(runtime, "pulse/native"), Path(runtime, "pipewire-0")]
        variables = ("PULSE_SERVER", "PULSE_RUNTIME_PATH", "PIPEWIRE_REMOTE", "JACK_DEFAULT_SERVER")
        named = any(os.environ.get(name) for name in variables)
        tools = os.environ.get(TOOLS_VARIABLE)
        return cls(
            sound_server=named or any(place.exists() for place in places),
            tools=tools is not None and any(Path(tools).glob("*")),
            database=bool(os.environ.get(DATABASE_VARIABLE)),
        )


@dataclass(frozen=True, slots=True)
class Seal:
    """What the kernel says of a sealed process."""

    threads: int
    """number of threads; each is under the filter and can gain no privileges"""
    core_dumps: bool
    """always False"""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def seal(needs: Needs = Needs()) -> Seal:
    """Seal this process but for what it ``needs``. Raises PortError when the promise cannot be kept.

    It opens no socket to try the filter, so that an auditor who watches the system calls sees not even an attempt.
    ``probe`` tries it. Sealing twice is harmless, and what either seal refuses is refused.
    """
    machine = _machine()
    _no_core_dumps()
    _refuse_open_ways()
    _make_callbacks_possible()
    _install_filter(machine, needs)
    if not sealed():
        raise PortError("isolation: not every thread is under the seccomp filter")
    # A wrong descriptor: EBADF without the filter, EPERM with it.
    libc = ctypes.CDLL(None, use_errno=True)
    number = ctypes.c_long(machine.calls["pidfd_getfd"])
    if libc.syscall(number, -1, 0, 0) != -1 or ctypes.get_errno() != errno.EPERM:
        raise PortError("isolation: the seccomp filter was accepted and has no effect")
    return Seal(len(_thread_statuses()), core_dumps=False)


def probe() -> dict[str, bool]:
    """Try what a sealed process must not be able to do. Returns whether the kernel refused it, by what was tried."""
    libc = ctypes.CDLL(None, use_errno=True)
    refused = {}
    for name, family in PROBED_FAMILIES.items():
        kind = _SOCK_RAW if name in ("AF_NETLINK", "AF_PACKET", "AF_BLUETOOTH") else _SOCK_STREAM
        descriptor = libc.socket(family, kind, 0)
        refused[name] = descriptor < 0
        if descriptor >= 0:
            os.close(descriptor)
    # With wrong arguments: EFAULT, EBADF, EINVAL, ESRCH without the filter.
    calls = _machine().calls
    for name in _NEVER:
        failed = libc.syscall(ctypes.c_long(calls[name]), ctypes.c_long(-1), None, None, None, None, None) == -1
        refused[name] = failed and ctypes.get_errno() in (errno.EPERM, errno.ENOSYS)
    for name, request in _TERMINAL_REQUESTS.items():
        failed = libc.syscall(ctypes.c_long(calls["ioctl"]), -1, ctypes.c_ulong(request), None) == -1
        refused[name] = failed and ctypes.get_errno() == errno.EPERM
    return refused


def probe_in_child() -> dict[str, bool]:
    """``probe`` in a throw-away child, which inherits every restriction of this process. Raises PortError."""
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r}); import json; "
        "from appliance.isolation.seal import probe; print(json.dumps(probe()))"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-B", "-c", code],
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

    Only ``probe`` can tell whether it is this filter.
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


def _filter(machine: _Machine, needs: Needs) -> bytes:
    """The BPF program: a struct sock_filter is (code, jump if true, jump if false, constant)."""

    def instruction(code: int, constant: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("<HBBI", code, if_true, if_false, constant)

    def refuse(error: int) -> bytes:
        return instruction(_RETURN, _ERRNO | error)

    allow = instruction(_RETURN, _ALLOW)
    calls = machine.calls
    program = [
        instruction(_LOAD, _ARCHITECTURE),
        instruction(_JUMP_EQUAL, machine.architecture, if_true=1),
        refuse(errno.ENOSYS),
        instruction(_LOAD, _NUMBER),
    ]
    if machine.foreign_numbers is not None:
        program += [instruction(_JUMP_AT_LEAST, machine.foreign_numbers, if_false=1), refuse(errno.ENOSYS)]
    never = [*_NEVER, *(() if needs.sound_server else _MESSAGES)]
    if not (needs.sound_server or needs.tools or needs.database):
        never.append("connect")
    for name in never:
        program += [instruction(_JUMP_EQUAL, calls[name], if_false=1), refuse(errno.EPERM)]
    for request in _TERMINAL_REQUESTS.values():
        # The kernel takes the request as an unsigned int, so its lower half is all of it.
        program += [
            instruction(_JUMP_EQUAL, calls["ioctl"], if_false=4),
            instruction(_LOAD, _SECOND_ARGUMENT),
            instruction(_JUMP_EQUAL, request, if_false=1),
            refuse(errno.EPERM),
            instruction(_LOAD, _NUMBER),
        ]
    if not needs.sound_server:
        # `send` is this call without an address (a null pointer, both halves of it). It reaches the connected peer.
        program += [
            instruction(_JUMP_EQUAL, calls["sendto"], if_false=6),
            instruction(_LOAD, _FIFTH_ARGUMENT),
            instruction(_JUMP_EQUAL, 0, if_false=3),
            instruction(_LOAD, _FIFTH_ARGUMENT + 4),
            instruction(_JUMP_EQUAL, 0, if_false=1),
            allow,
            refuse(errno.EPERM),
        ]
    program += [
        instruction(_JUMP_EQUAL, calls["socket"], if_true=2),
        instruction(_JUMP_EQUAL, calls["socketpair"], if_true=1),
        allow,
        instruction(_LOAD, _FIRST_ARGUMENT),
        instruction(_JUMP_EQUAL, AF_UNIX, if_false=1),
        allow,
        refuse(errno.EAFNOSUPPORT),
    ]
    return b"".join(program)


def _machine() -> _Machine:
    name = platform.machine()
    # A 32-bit interpreter on a 64-bit kernel makes the calls of another ABI.
    if name not in _MACHINES or ctypes.sizeof(ctypes.c_void_p) != 8:
        raise PortError(f"isolation: the network cannot be shut off on {name}; use 64-bit x86 or Arm")
    return _MACHINES[name]


def _install_filter(machine: _Machine, needs: Needs) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    instructions = _filter(machine, needs)
    program = _Program(len(instructions) // 8, instructions)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise PortError(f"isolation: prctl(PR_SET_NO_NEW_PRIVS) failed: {os.strerror(ctypes.get_errno())}")
    result = libc.syscall(
        ctypes.c_long(machine.calls["seccomp"]),
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


def _make_callbacks_possible() -> None:
    """llama.cpp calls back into Python. libffi, of which ctypes is made, puts the code of callbacks into memory that is
    writable and executable, or, where the unit forbids that, into a file in memory that it makes with the first
    callback and keeps. The filter refuses such files, so there the file is made now."""
    try:
        mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()
    except OSError:
        ctypes.CFUNCTYPE(None)(lambda: None)


def _refuse_open_ways() -> None:
    """Raise PortError for what a super-server or a careless parent passed on, which would survive the filter."""
    libc = ctypes.CDLL(None, use_errno=True)
    for entry in Path("/proc/self/fd").iterdir():
        domain, size = ctypes.c_int(), ctypes.c_uint(ctypes.sizeof(ctypes.c_int))
        found = libc.getsockopt(int(entry.name), _SOL_SOCKET, _SO_DOMAIN, ctypes.byref(domain), ctypes.byref(size))
        if found == 0 and domain.value != AF_UNIX:
            raise PortError(
                f"isolation: file descriptor {entry.name} is a network socket (family {domain.value}) that was open "
                "before the start; start cloister without it"
            )
        try:
            target = str(entry.readlink())
        except FileNotFoundError:
            continue  # the one through which this folder is read
        if target.startswith((*_KERNEL_FILES, *_KERNEL_DEVICES)):
            raise PortError(
                f"isolation: file descriptor {entry.name} is {target}, which was open before the start; start cloister "
                "without it"
            )
    # A ring that is mapped works on without its descriptor, and one that polls has a thread of the kernel's here.
    mapped = "[io_uring]" in Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
    polling = any(name.startswith("iou-") for name in _thread_names())
    if mapped or polling:
        raise PortError("isolation: an io_uring was open before the start; start cloister without it")


def _thread_names() -> list[str]:
    names = []
    for task in Path("/proc/self/task").iterdir():
        try:
            names.append((task / "comm").read_text(encoding="utf-8", errors="replace"))
        except (FileNotFoundError, ProcessLookupError):
            continue  # the thread has ended
    return names
