"""Attacks on the seal. Each runs in an unsealed child, where it must work, and in a sealed one."""

from __future__ import annotations

import json
import os
import platform
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from appliance.isolation.seal import WAYS, Needs, probe_in_child

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
    "a debugger on another process of the user": """
        assert libc.ptrace(16, victim, 0, 0) == 0
    """,
    "another process's memory": """
        class Piece(ctypes.Structure):
            _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
        theirs = ours = ctypes.create_string_buffer(b"overwritten")
        piece = Piece(ctypes.addressof(ours), 4)
        assert libc.process_vm_writev(victim, ctypes.byref(piece), 1, ctypes.byref(piece), 1, 0) == 4
    """,
    "another process's memory, to read": """
        class Piece(ctypes.Structure):
            _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
        ours = ctypes.create_string_buffer(8)
        piece = Piece(ctypes.addressof(ours), 4)
        assert libc.process_vm_readv(victim, ctypes.byref(piece), 1, ctypes.byref(piece), 1, 0) == 4
    """,
    "a handle on another process": """
        os.pidfd_open(victim)
    """,
    "a program in memory": """
        with open("/bin/true", "rb") as program:
            file = os.memfd_create("program")
            os.write(file, program.read())
        pid = os.fork()
        if pid == 0:
            os.execv(f"/proc/self/fd/{file}", ["true"])
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    """,
    "a program without a name": """
        pid = os.fork()
        if pid == 0:
            file = os.open("/bin/true", os.O_RDONLY)
            arguments = (ctypes.c_char_p * 2)(b"true", None)
            libc.syscall(ctypes.c_long(NUMBERS["execveat"]), file, b"", arguments, None, 0x1000)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    """,
    "the kernel's keys": """
        assert libc.syscall(ctypes.c_long(NUMBERS["keyctl"]), 0, -3, 1) > 0
    """,
    "a key, for which the kernel starts a helper": """
        libc.syscall(ctypes.c_long(NUMBERS["request_key"]), b"user", b"cloister-test", b"", -2)
        assert ctypes.get_errno() == 126, ctypes.get_errno()  # ENOKEY: looked for
    """,
    "pages that the attacker fills in": """
        assert libc.syscall(ctypes.c_long(NUMBERS["userfaultfd"]), 0) >= 0
    """,
    "a program for the kernel": """
        assert libc.syscall(ctypes.c_long(NUMBERS["bpf"]), 0, ctypes.create_string_buffer(
            b"\\1\\0\\0\\0\\4\\0\\0\\0\\4\\0\\0\\0\\1\\0\\0\\0" + bytes(104), 120), 120) >= 0
    """,
    "letters typed into the terminal": """
        import fcntl, pty
        terminal, typed = pty.openpty()
        pid = os.fork()
        if pid == 0:
            os.setsid()
            fcntl.ioctl(typed, 0x540E, 0)
            for letter in b"id\\n":
                fcntl.ioctl(typed, 0x5412, bytes([letter]))
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert os.read(typed, 10) == b"id\\n"
    """,
    "letters typed, with garbage in the upper half of the register": """
        import fcntl, pty
        terminal, typed = pty.openpty()
        pid = os.fork()
        if pid == 0:
            os.setsid()
            fcntl.ioctl(typed, 0x540E, 0)
            request = ctypes.c_ulong((1 << 32) | 0x5412)
            os._exit(libc.syscall(ctypes.c_long(NUMBERS["ioctl"]), typed, request, b"x") != 0)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    """,
    "a service at a path": """
        import socket
        socket.socket(socket.AF_UNIX).connect(service)
    """,
    "a datagram to a service at a path": """
        import socket
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", service + ".datagram")
    """,
    "a datagram whose address stands in a message": """
        import socket
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendmsg([b"x"], [], 0, service + ".datagram")
    """,
    "a socket that an accomplice passes": """
        import socket
        (received,) = socket.recv_fds(accomplice, 1, 1)[1]
        assert socket.socket(fileno=received).family == socket.AF_INET
    """,
    "several messages at once": """
        class Message(ctypes.Structure):
            _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint), ("iov", ctypes.c_void_p),
                        ("iovlen", ctypes.c_size_t), ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
                        ("flags", ctypes.c_int), ("received", ctypes.c_uint)]
        control = ctypes.create_string_buffer(64)
        letter = ctypes.create_string_buffer(1)
        piece = (ctypes.c_size_t * 2)(ctypes.addressof(letter), 1)
        message = Message(None, 0, ctypes.addressof(piece), 1, ctypes.addressof(control), 64, 0, 0)
        assert libc.recvmmsg(accomplice.fileno(), ctypes.byref(message), 1, 0, None) == 1
        assert message.controllen > 16
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
    "the kernel's keys",
    "a key, for which the kernel starts a helper",
    "pages that the attacker fills in",
    "a program for the kernel",
    "letters typed into the terminal",
    "letters typed, with garbage in the upper half of the register",
}
"""Attacks that some kernels offer to no process. Without a working control they prove nothing and are skipped."""

CHILD = """
import ctypes, os, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
NUMBERS = {
    "x86_64": dict(socket=41, execveat=322, keyctl=250, request_key=249, userfaultfd=323, bpf=321, ioctl=16),
    "aarch64": dict(socket=198, execveat=281, keyctl=219, request_key=218, userfaultfd=282, bpf=280, ioctl=29),
}[os.uname().machine]
import socket as _socket, tempfile
# What stands outside the seal: a service, and somebody who passes a network socket on.
service = tempfile.mkdtemp() + "/service"
_listening, _datagrams = _socket.socket(_socket.AF_UNIX), _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM)
_listening.bind(service)
_listening.listen()
_datagrams.bind(service + ".datagram")
accomplice, _theirs = _socket.socketpair()
victim = os.fork()
if victim == 0:
    _network = _socket.socket(_socket.AF_INET)
    _socket.send_fds(_theirs, [b"x"], [_network.fileno()])
    time.sleep(60)
    os._exit(0)
_theirs.close()
import atexit
atexit.register(lambda: (os.kill(victim, 9), os.waitpid(victim, 0)))
go, outcome = threading.Event(), []
def run_early():
    go.wait()
    outcome.append(libc.socket(2, 1, 0) >= 0)
early = threading.Thread(target=run_early, daemon=True)
early.start()
if sys.argv[1] == "sealed":
    from appliance.isolation.seal import seal
    seal()
try:
    exec(sys.argv[2])
except BaseException as error:
    print(type(error).__name__, error)
    sys.exit(3)
sys.exit(0)
"""


def attack(code: str, state: str) -> int:
    """Returns the exit status of an attacking child: 0 for success, 3 for failure, negative for a signal."""
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


def python(code: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=120, check=False, **more
    )


def test_no_family_but_unix_is_left() -> None:
    """The test tries every number that a family can have, for sockets and for socket pairs."""
    run = python("""
        import ctypes, errno, json
        from appliance.isolation.seal import seal
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
        from appliance.isolation.seal import seal, sealed
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
        from appliance.isolation.seal import probe, seal
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
        ours, theirs = socket.socketpair()
        ours.send(b"x")
        assert theirs.recv(1) == b"x"
    """)
    assert run.returncode == 0, run.stderr


NEEDED = {
    "nothing": ("Needs()", {"connect": False, "datagram": False, "descriptors": False, "network": False}),
    "tools": ("Needs(tools=True)", {"connect": True, "datagram": False, "descriptors": False, "network": False}),
    "a database": (
        "Needs(database=True)",
        {"connect": True, "datagram": False, "descriptors": False, "network": False},
    ),
    "a sound server": (
        "Needs(sound_server=True)",
        {"connect": True, "datagram": True, "descriptors": True, "network": False},
    ),
}


@pytest.mark.parametrize("what", NEEDED)
def test_only_the_needed_system_calls_are_left(what: str, tmp_path: Path) -> None:
    needs, left = NEEDED[what]
    run = python(f"""
        import json, socket
        from appliance.isolation.seal import Needs, seal
        listening = socket.socket(socket.AF_UNIX)
        listening.bind({str(tmp_path / "s")!r})
        listening.listen()
        datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        datagrams.bind({str(tmp_path / "d")!r})
        ours, theirs = socket.socketpair()
        socket.send_fds(theirs, [b"x"], [0])
        seal({needs})
        def works(attempt):
            try: attempt()
            except OSError: return False
            return True
        print(json.dumps({{
            "connect": works(lambda: socket.socket(socket.AF_UNIX).connect({str(tmp_path / "s")!r})),
            "datagram": works(
                lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", {str(tmp_path / "d")!r})
            ),
            "descriptors": works(lambda: socket.recv_fds(ours, 1, 1)),
            "network": works(lambda: socket.socket(socket.AF_INET)),
        }}))
    """)
    assert json.loads(run.stdout) == left, run.stderr


def test_the_needs_are_read_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = ("PULSE_SERVER", "PULSE_RUNTIME_PATH", "PIPEWIRE_REMOTE", "JACK_DEFAULT_SERVER")
    for name in (*sound, "CLOISTER_TOOLS", "CLOISTER_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    if Path("/run/pulse/native").exists() or Path("/run/pipewire/pipewire-0").exists():
        pytest.skip("this machine has a sound server")
    assert Needs.here() == Needs()
    monkeypatch.setenv("CLOISTER_TOOLS", str(tmp_path / "tools"))
    assert Needs.here() == Needs()
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/pager").touch()
    assert Needs.here() == Needs(tools=True)
    (tmp_path / "pulse").mkdir()
    (tmp_path / "pulse/native").touch()
    assert Needs.here() == Needs(sound_server=True, tools=True)
    (tmp_path / "pulse/native").unlink()
    monkeypatch.setenv("PULSE_SERVER", "unix:/elsewhere")
    assert Needs.here().sound_server
    assert not Needs.here().database
    monkeypatch.setenv("CLOISTER_DATABASE", "/run/postgresql")
    assert Needs.here().database, "also while the server is away"


def test_callbacks_from_c_work_after_the_seal() -> None:
    """llama.cpp calls back. The memory that libffi needs for that was allocated before the seal."""
    run = python("""
        import ctypes
        from appliance.isolation.seal import seal
        seal()
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
        callbacks = [kind(lambda a, b: a[0] - b[0]) for _ in range(1000)]
        numbers = (ctypes.c_int * 3)(3, 1, 2)
        ctypes.CDLL(None).qsort(numbers, 3, 4, callbacks[-1])
        assert list(numbers) == [1, 2, 3]
    """)
    assert run.returncode == 0, run.stderr


RINGS = {
    "a descriptor": "os.set_inheritable(ring, True); os.execv(sys.executable, [sys.executable, '-c', SEAL])",
    "a mapping alone": "page = mmap.mmap(ring, 4096); os.close(ring); exec(SEAL)",
}


@pytest.mark.parametrize("left", RINGS)
def test_an_io_uring_from_before_is_not_accepted(left: str) -> None:
    setup = """
        import ctypes, mmap, os, sys
        SEAL = "from appliance.isolation.seal import seal; seal()"
        parameters = ctypes.create_string_buffer(120)
        ring = ctypes.CDLL(None).syscall(425, 4, parameters)
        if ring < 0: sys.exit(77)
    """
    control = python(f"{setup}        \n        print(ring)")
    if control.returncode == 77:
        pytest.skip("this kernel offers no io_uring")
    run = python(f"{setup}\n        {RINGS[left]}")
    assert run.returncode not in (0, 77)
    assert "io_uring" in run.stderr and "before the start" in run.stderr


@pytest.mark.parametrize("what", ["userfaultfd", "perf_event", "/dev/net/tun"])
def test_other_ways_into_the_kernel_from_before_are_not_accepted(what: str) -> None:
    opened = {
        "userfaultfd": "ctypes.CDLL(None).syscall(NUMBER, 0)",
        "perf_event": "ctypes.CDLL(None).syscall(298, bytes([1, 0, 0, 0, 64]) + bytes(123), 0, -1, -1, 0)",
        "/dev/net/tun": "os.open('/dev/net/tun', os.O_RDWR)",
    }[what].replace("NUMBER", "323" if platform.machine() == "x86_64" else "282")
    if what == "perf_event" and platform.machine() != "x86_64":
        pytest.skip("the number of the system call is that of x86")
    run = python(f"""
        import ctypes, os, sys
        try:
            if {opened} < 0: sys.exit(77)
        except OSError:
            sys.exit(77)
        from appliance.isolation.seal import seal
        seal()
    """)
    if run.returncode == 77:
        pytest.skip("this machine does not offer it")
    assert run.returncode == 1 and "was open before the start" in run.stderr


def test_preparing_models_is_sealed(tmp_path: Path) -> None:
    """The command loads files that a site file names, also outside the unit."""
    run = python(
        """
        import subprocess
        from appliance.cli.main import main
        from appliance.runtime import assemble
        from appliance.isolation.seal import sealed
        assemble.assemble = lambda settings, site, step, talks: print("sealed" if sealed() else "free")
        assert main(["models", "prepare"]) == 0
    """,
        cwd=tmp_path,
    )
    assert run.stdout.splitlines()[-1] == "sealed", run.stderr


def test_no_core_is_dumped(tmp_path: Path) -> None:
    code = """
        import os, resource, signal
        {seal}
        {limit}
        print(resource.getrlimit(resource.RLIMIT_CORE)[1], flush=True)
        os.kill(os.getpid(), signal.SIGABRT)
    """
    run = python(
        code.format(seal="from appliance.isolation.seal import seal; seal()", limit=""),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert run.returncode == -6 and run.stdout.strip() == "0", run.stderr
    assert not list(tmp_path.iterdir())


def test_memory_is_out_of_reach_of_other_processes_of_the_user() -> None:
    """The process is not dumpable. This flag decides whether a debugger of the same user may attach."""
    run = python("""
        import ctypes
        from appliance.isolation.seal import seal
        libc = ctypes.CDLL(None)
        assert libc.prctl(3) == 1
        seal()
        assert libc.prctl(3) == 0
    """)
    assert run.returncode == 0, run.stderr


def test_an_inherited_network_socket_is_not_accepted() -> None:
    code = "from appliance.isolation.seal import seal; seal()"
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
        from appliance.core.ports import PortError
        from appliance.isolation.seal import seal
        try:
            seal()
        except PortError as error:
            assert "riscv64" in str(error)
        else:
            raise AssertionError
    """)
    assert run.returncode == 0, run.stderr


def test_the_probe_runs_no_code_of_the_current_folder_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json.py", "ctypes.py", "appliance.py", "sitecustomize.py", "usercustomize.py"):
        (tmp_path / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = probe_in_child()
    assert set(found) == set(WAYS) and not (tmp_path / "ran").exists()
    done = subprocess.run([sys.executable, "-c", "import json"], check=False, capture_output=True)
    assert (tmp_path / "ran").exists(), f"control: {done.stderr.decode()}"
