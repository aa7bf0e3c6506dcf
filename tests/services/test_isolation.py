"""Attacks on the seal. Each runs in two children: one that is free, where it must work, and one that is sealed."""

from __future__ import annotations

import json
import os
import platform
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ATTACKS = {
    "the socket module": """
        import socket
        socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    """,
    "UDP over IPv6": """
        import socket
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    """,
    "libc without the socket module": """
        assert libc.socket(2, 1, 0) >= 0
    """,
    "the bare system call": """
        assert libc.syscall(ctypes.c_long(NUMBERS["socket"]), 2, 1, 0) >= 0
    """,
    "a family with garbage in the upper half of the register": """
        assert libc.syscall(ctypes.c_long(NUMBERS["socket"]), ctypes.c_long((1 << 32) | 2), 1, 0) >= 0
    """,
    "netlink": """
        assert libc.socket(16, 3, 0) >= 0
    """,
    "vsock to the hypervisor": """
        assert libc.socket(40, 1, 0) >= 0
    """,
    "the kernel's crypto sockets": """
        assert libc.socket(38, 5, 0) >= 0
    """,
    "a thread that ran before": """
        go.set()
        early.join()
        assert outcome == [True]
    """,
    "a thread that starts later": """
        found = []
        late = threading.Thread(target=lambda: found.append(libc.socket(2, 1, 0) >= 0))
        late.start()
        late.join()
        assert found == [True]
    """,
    "a forked child": """
        pid = os.fork()
        if pid == 0:
            os._exit(0 if libc.socket(2, 1, 0) >= 0 else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    """,
    "another program": """
        import subprocess
        subprocess.run([sys.executable, "-c", "import socket; socket.socket()"], check=True, stderr=subprocess.DEVNULL)
    """,
    "another program as a new user in a new namespace": """
        import subprocess
        subprocess.run(
            ["unshare", "--user", "--map-root-user", sys.executable, "-c", "import socket; socket.socket()"],
            check=True, stderr=subprocess.DEVNULL,
        )
    """,
    "io_uring's own socket operation": """
        import mmap
        parameters = bytearray(120)
        buffer = (ctypes.c_char * 120).from_buffer(parameters)
        ring = libc.syscall(ctypes.c_long(425), 4, buffer)
        assert ring >= 0
        import struct
        (sq_entries, cq_entries) = struct.unpack_from("<II", parameters, 0)
        sq_head, sq_tail, sq_mask, _, _, _, sq_array = struct.unpack_from("<7I", parameters, 40)
        cq_head, cq_tail, cq_mask, _, _, cqes = struct.unpack_from("<6I", parameters, 80)
        queue = mmap.mmap(ring, max(sq_array + 4 * sq_entries, cqes + 16 * cq_entries), offset=0)
        entries = mmap.mmap(ring, 64 * sq_entries, offset=0x10000000)
        # opcode IORING_OP_SOCKET: fd is the family, off the type, len the protocol
        entries[0:64] = struct.pack("<BBHiQQIIQ24x", 45, 0, 0, 2, 1, 0, 0, 0, 7)
        queue[sq_array:sq_array + 4] = struct.pack("<I", 0)
        queue[sq_tail:sq_tail + 4] = struct.pack("<I", 1)
        assert libc.syscall(ctypes.c_long(426), ring, 1, 1, 1, None, 0) == 1
        _, result, _ = struct.unpack_from("<QiI", queue, cqes)
        import socket
        assert result >= 0 and socket.socket(fileno=result).family == socket.AF_INET
    """,
    "a socket out of another process": """
        pid = os.fork()
        if pid == 0:
            time.sleep(10)
            os._exit(0)
        try:
            assert libc.syscall(ctypes.c_long(438), os.pidfd_open(pid), 0, 0) >= 0
        finally:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
    """,
}
"""An attack has succeeded when its code ends without an exception."""

X86_ATTACKS = {
    "the 32-bit system call of the same processor": """
        # push rbx; mov eax, 359 (socket); mov ebx, 2; mov ecx, 1; xor edx, edx; int 0x80; pop rbx; ret
        code = bytes.fromhex("53 b867010000 bb02000000 b901000000 31d2 cd80 5b c3")
        import mmap
        page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(code)
        call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
        assert call() >= 0
    """,
    "the x32 system call of the same processor": """
        assert libc.syscall(ctypes.c_long(0x40000000 | NUMBERS["socket"]), 2, 1, 0) >= 0
    """,
}
if platform.machine() == "x86_64":
    ATTACKS |= X86_ATTACKS

NEEDS_OF_THE_KERNEL = {
    "the 32-bit system call of the same processor",
    "the x32 system call of the same processor",
    "io_uring's own socket operation",
    "vsock to the hypervisor",
    "the kernel's crypto sockets",
    "another program as a new user in a new namespace",
    "a socket out of another process",
}
"""Attacks that some kernels do not offer to anybody; without a working control they prove nothing and are skipped."""

CHILD = """
import ctypes, os, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
NUMBERS = {"x86_64": {"socket": 41}, "aarch64": {"socket": 198}}[os.uname().machine]
go, outcome = threading.Event(), []
def run_early():
    go.wait()
    outcome.append(libc.socket(2, 1, 0) >= 0)
early = threading.Thread(target=run_early, daemon=True)
early.start()
if sys.argv[1] == "sealed":
    from appliance.services.isolation import seal
    seal()
try:
    exec(sys.argv[2])
except BaseException as error:
    print(type(error).__name__, error)
    sys.exit(3)
sys.exit(0)
"""


def attack(code: str, state: str) -> int:
    """Exit status of a child that attacks: 0 for success, 3 for failure, negative for a signal."""
    run = subprocess.run(
        [sys.executable, "-c", CHILD, state, textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode in (0, 3) or run.returncode < 0, run.stderr
    return run.returncode


@pytest.fixture(autouse=True)
def _free() -> None:
    """A control means nothing where the tests themselves run without a network."""
    try:
        socket.socket(socket.AF_INET).close()
    except OSError:
        pytest.skip("this environment refuses network sockets already")


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_fails_in_a_sealed_process_only(name: str) -> None:
    if attack(ATTACKS[name], "free") != 0:
        assert name in NEEDS_OF_THE_KERNEL, "the control does not work"
        pytest.skip("this kernel offers it to nobody")
    assert attack(ATTACKS[name], "sealed") == 3


def python(code: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=120, check=False, **more
    )  # type: ignore[call-overload, no-any-return]


def test_no_family_but_unix_is_left() -> None:
    """All numbers a family can have, for sockets and for pairs of them."""
    run = python("""
        import ctypes, errno, json
        from appliance.services.isolation import seal
        seal()
        libc = ctypes.CDLL(None, use_errno=True)
        pair = (ctypes.c_int * 2)()
        left = []
        for family in [*range(300), -1, 2**31 - 1]:
            for kind in (1, 2, 3, 5):
                for result in (libc.socket(family, kind, 0), libc.socketpair(family, kind, 0, pair)):
                    if result >= 0 or ctypes.get_errno() != errno.EAFNOSUPPORT:
                        left.append(family)
        print(json.dumps(sorted(set(left))))
    """)
    assert json.loads(run.stdout) == [1], run.stderr


def test_every_thread_is_under_the_filter() -> None:
    run = python("""
        import threading, time
        import onnxruntime, numpy
        from appliance.services.isolation import seal, sealed
        threads = [threading.Thread(target=time.sleep, args=(30,), daemon=True) for _ in range(20)]
        for thread in threads: thread.start()
        assert not sealed()
        assert seal().threads >= 21
        assert sealed()
        seal()
    """)
    assert run.returncode == 0, run.stderr


def test_libraries_fail_cleanly_and_local_sockets_work() -> None:
    run = python("""
        import socket, urllib.request, tempfile, os
        from appliance.services.isolation import probe, seal
        before = probe()
        assert not before["AF_INET"] and not before["AF_NETLINK"]
        seal()
        assert all(probe().values())
        try:
            urllib.request.urlopen("http://127.0.0.1:1/")
        except OSError as error:
            assert "not supported" in str(error), error
        assert socket.getaddrinfo("localhost", 80)
        path = os.path.join(tempfile.mkdtemp(), "s")
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(path)
        listening.listen()
        socket.socket(socket.AF_UNIX).connect(path)
        socket.socketpair()
    """)
    assert run.returncode == 0, run.stderr


def test_no_core_is_dumped(tmp_path: Path) -> None:
    code = """
        import os, resource, signal
        {seal}
        {limit}
        print(resource.getrlimit(resource.RLIMIT_CORE)[1], flush=True)
        os.kill(os.getpid(), signal.SIGABRT)
    """
    run = python(
        code.format(seal="from appliance.services.isolation import seal; seal()", limit=""),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert run.returncode == -6 and run.stdout.strip() == "0", run.stderr
    assert not list(tmp_path.iterdir())


def test_memory_is_out_of_reach_of_other_processes_of_the_user() -> None:
    """Not dumpable: what a debugger of the same user may attach to is decided by this flag."""
    run = python("""
        import ctypes
        from appliance.services.isolation import seal
        libc = ctypes.CDLL(None)
        assert libc.prctl(3) == 1
        seal()
        assert libc.prctl(3) == 0
    """)
    assert run.returncode == 0, run.stderr


def test_an_inherited_network_socket_is_not_accepted() -> None:
    code = "from appliance.services.isolation import seal; seal()"
    with socket.socket(socket.AF_INET) as inherited:
        run = subprocess.run(
            [sys.executable, "-c", code], pass_fds=[inherited.fileno()], capture_output=True, text=True, check=False
        )
        assert run.returncode != 0
        assert f"file descriptor {inherited.fileno()} is a network socket" in run.stderr
    ours, _theirs = socket.socketpair()
    local = subprocess.run([sys.executable, "-c", code], pass_fds=[ours.fileno()], capture_output=True, check=False)
    assert local.returncode == 0


def test_another_cpu_is_one_clear_line() -> None:
    run = python("""
        import platform
        platform.machine = lambda: "riscv64"
        from appliance.ports import PortError
        from appliance.services.isolation import seal
        try:
            seal()
        except PortError as error:
            assert "riscv64" in str(error)
        else:
            raise AssertionError
    """)
    assert run.returncode == 0, run.stderr
