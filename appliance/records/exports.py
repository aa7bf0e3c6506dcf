"""Writes files as root into folders that another user may have prepared, such as a USB stick or an auditor's folder.

A prepared folder could hold, under the very name that is about to be written, a link to a file of root, a FIFO without
a reader, a device, or a second name of another file. So a folder is entered component by component without following a
link, and held open. A name in it is opened without following links or leaving its file system (openat2(2) with
RESOLVE_NO_SYMLINKS and RESOLVE_NO_XDEV where the kernel has it), only if it is a plain file, and without waiting. A new
file is made only where there is none. A file that is appended to has only one name and belongs to us.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO, Self

from appliance.core.ports import PortError

_OPENAT2 = 437  # the same on every architecture
_RESOLVE = 0x01 | 0x02 | 0x04 | 0x08  # NO_XDEV, NO_MAGICLINKS, NO_SYMLINKS, BENEATH (linux/openat2.h)
_SAFE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
# With O_PATH a folder on the way need not be readable; the service's own in /run is not.
_ENTER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Folder:
    """A folder to export into, held open."""

    def __init__(self, path: Path, *, make: bool = False) -> None:
        """Enter the folder. With ``make``, missing parts of it are made, for this user alone. Raises PortError."""
        self._path = path
        self._descriptor = _enter(path, make=make)

    def create(self, name: str, mode: int = 0o600) -> BinaryIO:
        """Make a new file and open it for writing. Raises PortError, also when that name exists."""
        return os.fdopen(self._open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode), "w+b", buffering=0)

    def append(self, name: str, owners: Collection[int] = ()) -> BinaryIO:
        """Open a file for reading and appending, which is made when there is none. A file that is there must belong to
        root, this user or one of ``owners`` (user numbers). Raises PortError."""
        try:
            found = os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return os.fdopen(self._open(name, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600), "a+b", 0)
        except OSError as error:
            raise PortError(f"{self._path / name}: {error.strerror}") from None
        # The file is examined before it is opened, because to open some devices is to use them.
        self._refuse_odd(name, found, owners)
        descriptor = self._open(name, os.O_RDWR | os.O_APPEND, 0)
        try:
            self._refuse_odd(name, os.fstat(descriptor), owners)
        except PortError:
            os.close(descriptor)
            raise
        return os.fdopen(descriptor, "a+b", buffering=0)

    def remove(self, name: str) -> None:
        """Remove a file that could not be written to its end."""
        os.unlink(name, dir_fd=self._descriptor)

    def sync(self) -> None:
        """Make the names in the folder durable, where its file system can."""
        try:
            readable = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self._descriptor)
        except PermissionError:
            return
        try:
            os.fsync(readable)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):
                raise PortError(f"{self._path}: {error.strerror}") from None
        finally:
            os.close(readable)

    def close(self) -> None:
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self, name: str, flags: int, mode: int) -> int:
        if name in ("", ".", "..") or "/" in name or "\0" in name:
            raise PortError(f"{self._path}: {name!r} is no name of a file")
        try:
            descriptor = _openat2(self._descriptor, name, flags | _SAFE, mode)
            if descriptor is None:
                descriptor = os.open(name, flags | _SAFE, mode, dir_fd=self._descriptor)
                if os.fstat(descriptor).st_dev != os.fstat(self._descriptor).st_dev:
                    os.close(descriptor)
                    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        except OSError as error:
            raise PortError(f"{self._path / name}: {_REASONS.get(error.errno or 0, error.strerror)}") from None
        return descriptor

    def _refuse_odd(self, name: str, found: os.stat_result, owners: Collection[int]) -> None:
        reason = None
        if not stat.S_ISREG(found.st_mode):
            reason = f"is no plain file but a {_kind(found.st_mode)}; nothing is written through it"
        elif found.st_nlink != 1:
            reason = "has another name elsewhere (a hard link); nothing is written to it"
        elif found.st_uid not in {0, os.geteuid(), *owners}:
            reason = f"belongs to user {found.st_uid}, who could change it at any time; nothing is appended to it"
        if reason:
            raise PortError(f"{self._path / name}: {reason}")


_REASONS = {
    errno.EEXIST: "there is something of that name already, and nothing is overwritten; name another",
    errno.ELOOP: "is a symbolic link; nothing is written through it",
    errno.EXDEV: "lies on another file system than its folder; nothing is written to it",
    errno.ENXIO: "is a FIFO or a device; nothing is written through it",
}


def write_new(path: Path, content: bytes, mode: int = 0o600, *, make: bool = False) -> None:
    """Write a new file, which is on the disk when this returns. With ``make``, a missing folder is made for this user
    alone. Raises PortError, also when there is such a file."""
    with Folder(path.parent, make=make) as folder:
        with folder.create(path.name, mode) as file:
            try:
                write_all(file, content)
                os.fsync(file.fileno())
            except OSError as error:
                folder.remove(path.name)
                raise PortError(f"{path}: {error.strerror}") from None
        folder.sync()


def write_all(file: BinaryIO, content: bytes) -> None:
    """Write all of ``content`` to an unbuffered file, which may take less at a time. Raises OSError."""
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]


def read(path: Path, largest: int) -> bytes:
    """Read a file that another user made, of ``largest`` bytes at most. Raises PortError, also for what is no plain
    file."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise PortError(f"{path}: is no plain file")
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise PortError(f"{path}: is no plain file")
            content = file.read(largest + 1)
    except ValueError:
        raise PortError(f"{path}: is no name of a file") from None
    except OSError as error:
        raise PortError(f"{path}: {error.strerror}") from None
    if len(content) > largest:
        raise PortError(f"{path}: has more than {largest} bytes, which nothing of its kind has")
    return content


def _enter(path: Path, *, make: bool) -> int:
    """A descriptor of a folder that was reached without following a link."""
    parts = path.parts or (".",)
    at = "/" if path.is_absolute() else "."
    descriptor = os.open(at, _ENTER)
    try:
        for part in parts[1:] if path.is_absolute() else parts:
            try:
                inner = os.open(part, _ENTER, dir_fd=descriptor)
            except FileNotFoundError:
                if not make:
                    raise
                os.mkdir(part, 0o700, dir_fd=descriptor)
                inner = os.open(part, _ENTER, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
    except ValueError:
        os.close(descriptor)
        raise PortError(f"{path}: is no name of a folder") from None
    except OSError as error:
        linked = error.errno in (errno.ELOOP, errno.ENOTDIR) and _is_link(part, descriptor)
        os.close(descriptor)
        reason = error.strerror
        if linked:
            reason = f"{part!r} in it is a symbolic link; name the folder itself: {os.path.realpath(path)}"
        raise PortError(f"{path}: {reason}") from None
    return descriptor


def _is_link(part: str, folder: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(part, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _openat2(folder: int, name: str, flags: int, mode: int) -> int | None:
    """A descriptor; None where the kernel has no such call, or a filter refuses it. Raises OSError."""
    how = struct.pack("=QQQ", flags, mode, _RESOLVE)
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.syscall(
        ctypes.c_long(_OPENAT2), folder, os.fsencode(name), ctypes.c_char_p(how), ctypes.c_size_t(len(how))
    )
    if descriptor >= 0:
        return int(descriptor)
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EPERM):
        return None
    raise OSError(code, os.strerror(code))


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFDIR: "folder",
        stat.S_IFLNK: "symbolic link",
        stat.S_IFIFO: "FIFO",
        stat.S_IFSOCK: "socket",
        stat.S_IFCHR: "device",
        stat.S_IFBLK: "device",
    }
    return kinds.get(stat.S_IFMT(mode), "thing")
