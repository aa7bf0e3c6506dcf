"""Reads what the kernel says of a running process and of the box. It only reads /proc.

Root sees everything of a process. Other users see little of a process that is not dumpable, such as the appliance. A
value that could not be read is None, never a guess.
"""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOCKET_TABLES = (
    "tcp",
    "tcp6",
    "udp",
    "udp6",
    "udplite",
    "udplite6",
    "raw",
    "raw6",
    "icmp",
    "icmp6",
    "packet",
    "netlink",
)
"""Tables in /proc/PID/net for every kind of socket but Unix sockets."""

_ADJ_READ_ONLY = 0
_STA_UNSYNC = 0x40


@dataclass(frozen=True, slots=True)
class OpenFile:
    """An open file descriptor of a process."""

    number: int
    target: str
    writable: bool


@dataclass(frozen=True, slots=True)
class Mapping:
    """A piece of a process's memory that is executable."""

    path: str
    writable: bool
    file: tuple[str, int] = ("00:00", 0)
    """device and inode number of the file; zeros where there is no file"""


@dataclass(frozen=True, slots=True)
class Clock:
    """The state of the kernel's clock (adjtimex(2))."""

    synchronised: bool
    max_error_s: float
    estimated_error_s: float


class Process:
    """A process, by its number."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.folder = Path("/proc") / str(pid)

    def read(self, name: str) -> str | None:
        try:
            return (self.folder / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None

    def link(self, name: str) -> str | None:
        try:
            return str((self.folder / name).readlink())
        except OSError:
            return None

    def status(self, task: int | None = None) -> dict[str, str]:
        """Fields of ``status`` of the process or of one of its threads."""
        text = self.read("status" if task is None else f"task/{task}/status") or ""
        return {name: value.strip() for name, _, value in (line.partition(":") for line in text.splitlines())}

    def tasks(self) -> list[int]:
        """Numbers of its threads."""
        try:
            return sorted(int(entry.name) for entry in (self.folder / "task").iterdir())
        except OSError:
            return []

    def files(self) -> list[OpenFile] | None:
        """Its open descriptors, or None when they may not be read."""
        found = []
        try:
            for entry in (self.folder / "fd").iterdir():
                try:
                    target = str(entry.readlink())
                    info = (self.folder / "fdinfo" / entry.name).read_text(encoding="ascii")
                except FileNotFoundError:
                    continue  # closed meanwhile
                flags = int(re.search(r"^flags:\s*(\d+)", info, re.M)[1], 8)  # type: ignore[index]
                found.append(OpenFile(int(entry.name), target, flags & os.O_ACCMODE != os.O_RDONLY))
        except OSError:
            return None
        return sorted(found, key=lambda file: file.number)

    def sockets(self, *others: Process) -> dict[str, str] | None:
        """Kinds of its sockets, by inode number: ``unix``, the name of another table, or ``unknown`` for a socket in no
        table of its network namespace or of those of ``others``. A socket belongs to the namespace in which it was
        made. That to the journal was made by systemd in another one. None when they may not be read."""
        files = self.files()
        if files is None:
            return None
        tables = {
            name: set().union(*(process._inodes(name) for process in (self, *others)))
            for name in ("unix", *SOCKET_TABLES)
        }
        found = {}
        for file in files:
            match = re.fullmatch(r"socket:\[(\d+)\]", file.target)
            if match:
                kinds = [name for name, inodes in tables.items() if match[1] in inodes]
                found[match[1]] = kinds[0] if kinds else "unknown"
        return found

    def _inodes(self, table: str) -> set[str]:
        lines = (self.read(f"net/{table}") or "").splitlines()
        if not lines:
            return set()
        heads = lines[0].split()
        # Where no column is called inode (the heads do not match the columns), it is the tenth.
        column = -1 if table in ("packet", "netlink") else heads.index("Inode") if "Inode" in heads else 9
        return {fields[column] for line in lines[1:] if len(fields := line.split()) > max(column, 0)}

    def interfaces(self) -> dict[str, tuple[int, int]] | None:
        """Bytes received and sent, by network interface of its namespace."""
        text = self.read("net/dev")
        if text is None:
            return None
        found = {}
        for line in text.splitlines()[2:]:
            name, _, counts = line.partition(":")
            numbers = counts.split()
            found[name.strip()] = (int(numbers[0]), int(numbers[8]))
        return found

    def executable_memory(self) -> list[Mapping] | None:
        text = self.read("maps")
        if text is None:
            return None
        found = set()
        for line in text.splitlines():
            fields = line.split(maxsplit=5)
            if "x" in fields[1]:
                found.add(Mapping(fields[5] if len(fields) > 5 else "", "w" in fields[1], (fields[3], int(fields[4]))))
        return sorted(found, key=lambda mapping: mapping.path)

    def environment(self) -> dict[str, str] | None:
        """The variables that it was started with, or None when they may not be read. Variables that the process sets
        later are not among them."""
        text = self.read("environ")
        if text is None:
            return None
        return {name: value for name, _, value in (entry.partition("=") for entry in text.split("\0") if entry)}

    def core_limit(self) -> str | None:
        """Soft and hard limit on the size of a core."""
        match = re.search(r"^Max core file size\s+(\S+)\s+(\S+)", self.read("limits") or "", re.M)
        return f"{match[1]} {match[2]}" if match else None

    def writable_mounts(self) -> list[str] | None:
        """Mount points of file systems on a device or in memory that it may write to."""
        text = self.read("mountinfo")
        if text is None:
            return None
        pseudo = {"proc", "sysfs", "cgroup", "cgroup2", "devpts", "mqueue", "devtmpfs", "securityfs", "bpf", "tracefs"}
        found = []
        for line in text.splitlines():
            fields, _, kind = line.partition(" - ")
            mount = fields.split()
            super_options = kind.split()[2].split(",")
            if kind.split()[0] not in pseudo and "rw" in mount[5].split(",") and "rw" in super_options:
                found.append(_unescaped(mount[4]))
        return sorted(found)


def clock() -> Clock | None:
    """Whether and how well the box's clock is synchronised, or None where the kernel may not be asked."""

    class Timex(ctypes.Structure):
        _fields_ = (
            ("modes", ctypes.c_uint),
            ("offset", ctypes.c_long),
            ("freq", ctypes.c_long),
            ("maxerror", ctypes.c_long),
            ("esterror", ctypes.c_long),
            ("status", ctypes.c_int),
            ("rest", ctypes.c_long * 40),
        )

    timex = Timex(modes=_ADJ_READ_ONLY)
    if ctypes.CDLL(None).adjtimex(ctypes.byref(timex)) < 0:
        return None
    return Clock(not timex.status & _STA_UNSYNC, timex.maxerror / 1e6, timex.esterror / 1e6)


def encrypted_at_rest(path: Path) -> bool | None:
    """Whether the file system of ``path`` lies on dm-crypt, directly or through other mappings. None when it does not
    lie on a device that can be examined (memory, a container's overlay)."""
    try:
        number = path.stat().st_dev
        device = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve(strict=True)
    except OSError:
        return None
    return any(uuid.startswith("CRYPT-") for uuid in _mapper_uuids(device))


def _mapper_uuids(device: Path) -> Iterator[str]:
    uuid = device / "dm" / "uuid"
    if uuid.exists():
        yield uuid.read_text(encoding="ascii")
    below = device / "slaves"
    if below.is_dir():
        for slave in below.iterdir():
            yield from _mapper_uuids(slave.resolve())


COPYING = {
    **dict.fromkeys(("btrfs", "zfs", "bcachefs", "nilfs2", "f2fs", "ubifs", "jffs2", "logfs"), "writes elsewhere"),
    **dict.fromkeys(("overlay", "aufs", "unionfs"), "may have another copy in a lower layer"),
    **dict.fromkeys(("nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "ceph", "9p"), "lies on another machine"),
}
"""Kinds of file system on which an overwritten block may stay readable, with the reason."""


def keeps_overwritten(path: Path) -> str | None:
    """The reason why overwritten data of a file there may stay readable on its device, as far as the file system tells.
    None when the file system overwrites in place. Flash memory below it may still keep old cells."""
    kind, options = file_system(path)
    if kind == "?":
        return "its file system cannot be told"
    if kind in COPYING or kind.startswith("fuse"):
        return f"its file system, {kind}, {COPYING.get(kind, 'may do what it likes')}"
    if "data=journal" in options or any(option.startswith("data=journal") for option in options):
        return f"its file system, {kind} with data=journal, has another copy in its journal"
    return None


def file_system(path: Path) -> tuple[str, list[str]]:
    """Kind and options of the file system of a path, as the kernel names them; ``?`` when they are not known."""
    try:
        number = path.stat().st_dev
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "?", []
    real = os.path.realpath(path)
    best: tuple[int, str, list[str]] = (-1, "?", [])
    for line in lines:
        fields, _, kind = line.partition(" - ")
        mount, rest = fields.split(), kind.split()
        place = _unescaped(mount[4])
        within = real == place or real.startswith(place.rstrip("/") + "/")
        # btrfs and overlay report other device numbers for files than for the mount.
        same = mount[2] == f"{os.major(number)}:{os.minor(number)}" or rest[0] in ("btrfs", "overlay")
        if within and same and len(place) >= best[0]:
            best = (len(place), rest[0], [*mount[5].split(","), *rest[-1].split(",")])
    return best[1], best[2]


def _unescaped(text: str) -> str:
    """Decode the octal numbers that mountinfo writes for blanks and backslashes."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def swaps() -> list[str]:
    """The devices and files that the kernel swaps to."""
    try:
        lines = Path("/proc/swaps").read_text(encoding="utf-8").splitlines()[1:]
    except OSError:
        return []
    return [line.split()[0] for line in lines]
