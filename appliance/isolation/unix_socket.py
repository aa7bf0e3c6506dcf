"""Unix sockets. This is the one module that imports ``socket``, and it opens AF_UNIX alone.

Once the process is sealed (``isolation``) the kernel refuses every other family. With the import in one place, a
test can see that no module even tries one.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import select
import socket
import stat
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from appliance.core.ports import PortError

log = logging.getLogger(__name__)

LINE_LIMIT = 65_536
"""bytes of the longest line that is accepted"""

STREAM, DATAGRAM, PACKETS = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET
"""kinds of Unix sockets"""

_PATH_LIMIT = 107
"""bytes of the longest path that fits into a socket address"""


_SO_PEERGROUPS = 59
_GROUPS_BYTES = 1024
"""bytes that Python asks the kernel for at most: 256 groups; of a peer who is in more, only the first group counts"""


class LineTooLong(Exception):
    """The peer sent more than ``LINE_LIMIT`` bytes without an end of line."""


@dataclass(frozen=True, slots=True)
class Peer:
    """The process at the other end of a connection."""

    pid: int
    uid: int
    gids: frozenset[int]


class Connection:
    """One end of a connected socket that carries lines of UTF-8 text."""

    def __init__(self, connected: socket.socket, timeout_s: float) -> None:
        self._socket = connected
        self._timeout_s = timeout_s
        self._received = b""

    @property
    def peer(self) -> Peer:
        """User and groups of the other process when it connected (or began to listen). The kernel vouches for them."""
        pid, uid, gid = struct.unpack("3i", self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        try:
            more = self._socket.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, _GROUPS_BYTES)
        except OSError:
            more = b""
        return Peer(pid, uid, frozenset([gid, *struct.unpack(f"{len(more) // 4}i", more)]))

    def fileno(self) -> int:
        """The socket's descriptor, to wait on."""
        return self._socket.fileno()

    def give_up_after(self, timeout_s: float) -> None:
        """Set how many seconds later calls wait."""
        self._timeout_s = timeout_s

    def receive_line(self, begins_within_s: float | None = None) -> str | None:
        """The next line without its end; None when the peer has closed.

        The whole line must come within the time limit from its first byte, in however many pieces.
        ``begins_within_s`` is how long to wait for that byte, if not as long. Raises LineTooLong, OSError (TimeoutError
        after the time limit) and UnicodeDecodeError.
        """
        wait_s = self._timeout_s if begins_within_s is None or self._received else begins_within_s
        ends_s = time.monotonic() + wait_s
        while b"\n" not in self._received:
            if len(self._received) > LINE_LIMIT:
                raise LineTooLong
            left_s = ends_s - time.monotonic()
            if left_s <= 0:
                raise TimeoutError
            self._socket.settimeout(left_s)
            received = self._socket.recv(4096)
            if not received:
                return None
            if not self._received:
                ends_s = time.monotonic() + self._timeout_s
            self._received += received
        line, self._received = self._received.split(b"\n", 1)
        return line.decode("utf-8")

    @property
    def begun(self) -> bool:
        """Whether a line was received in part."""
        return bool(self._received)

    @property
    def gone(self) -> bool:
        """Whether the peer has closed, as far as is known. A side that only sends would not notice otherwise."""
        self._socket.settimeout(0)
        try:
            return not self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def send_line(self, text: str) -> None:
        """Send a line. Raises OSError, TimeoutError when the peer does not read."""
        self.send(text.encode("utf-8") + b"\n")

    def receive(self, most: int, within_s: float) -> bytes:
        """The next bytes, ``most`` at most; none when the peer has closed. Raises OSError, TimeoutError when none came
        within ``within_s``. Another thread may send meanwhile."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        if not poll.poll(max(0.0, within_s) * 1000):
            raise TimeoutError
        return self._socket.recv(most, socket.MSG_DONTWAIT)

    def send(self, data: bytes) -> None:
        """Send bytes. Raises OSError, TimeoutError when the peer does not read. One thread at a time may send."""
        self._socket.settimeout(self._timeout_s)
        self._socket.sendall(data)

    def end_sending(self, within_s: float, most: int) -> None:
        """Say that no more comes, and drop what the peer still sends, ``most`` bytes at most, until it closes. A socket
        that is closed with bytes unread takes what was sent last from the peer."""
        ends_s = time.monotonic() + within_s
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            while most > 0 and (dropped := self.receive(65_536, ends_s - time.monotonic())):
                most -= len(dropped)

    def hang_up(self) -> None:
        """End the connection and keep its descriptor, on which another thread may wait. It then reads the end."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the connection. This wakes a thread that waits in ``receive_line`` or ``send_line``."""
        self.hang_up()
        self._socket.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Listener:
    """A listening socket at a path, accessible to its owner, and to a group where one is given.

    A socket that the service manager made and passed on (sd_listen_fds(3)) is used instead. Then the manager's unit
    decides who may connect, and neither the path nor its owner is touched here."""

    def __init__(self, path: Path, group: int | None = None, name: str = "control socket") -> None:
        """Raises PortError when the path cannot be used. The socket of a process that died is removed. ``name`` is what
        messages call the socket."""
        address = os.fsencode(path)
        if len(address) > _PATH_LIMIT:
            raise PortError(f"{name} {path}: the path has {len(address)} bytes, at most {_PATH_LIMIT} work")
        self.path = path
        self._name = name
        self._identity: tuple[int, int] | None = None
        """device and inode of the socket made at the path, which is removed at the end"""
        self._closed = False
        inherited = _inherited(address)
        self._shared = inherited is not None
        """whether the manager goes on listening at it when this process no longer does"""
        if inherited is not None:
            self._socket = inherited
            # Listen again, so that the kernel vouches to clients for this process, and no longer for the manager.
            self._socket.listen(8)
            return
        _remove_stale(path, name)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            self._socket.bind(address)
            # No client can connect before listen(), so there is no moment at which the mode is wider.
            path.chmod(0o600)
            if group is not None:
                os.chown(path, -1, group)
                path.chmod(0o660)
            self._socket.listen(16)
        except OSError as error:
            self._socket.close()
            raise PortError(
                f"{name} {path}: {error.strerror}; its folder must exist and be writable by this user, and this user "
                "must be in the group that may connect"
            ) from None
        self._identity = _identity(path)

    def accept(self, timeout_s: float, wait_s: float) -> Connection | None:
        """The next connection, whose calls then time out after ``timeout_s``; None once closed. Raises TimeoutError
        when none came within ``wait_s``, or when this process has too many files open to accept one."""
        if self._closed:
            return None
        try:
            self._socket.settimeout(wait_s)
            connected, _ = self._socket.accept()
        except TimeoutError:
            raise
        except OSError as error:
            if self._closed:
                return None
            log.error("%s %s: no connection can be accepted: %s", self._name, self.path, error.strerror)
            time.sleep(wait_s)
            raise TimeoutError from None
        return Connection(connected, timeout_s)

    def close(self) -> None:
        """Stop listening and remove the path, unless another process has put its own there."""
        self._closed = True
        if not self._shared:
            # This wakes a thread in `accept`. A shared socket would be shut for the manager and the next process too.
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
        if self._identity is not None and _identity(self.path) == self._identity:
            self.path.unlink(missing_ok=True)


def connect(path: Path, timeout_s: float = 5.0) -> Connection:
    """Connect to a listener. Raises PortError."""
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    connected.settimeout(timeout_s)
    ends_s = time.monotonic() + timeout_s
    try:
        while True:
            try:
                connected.connect(os.fsencode(path))
                break
            except BlockingIOError:
                # Others connect as well and the listener's queue is full; a local socket does not wait by itself.
                if time.monotonic() >= ends_s:
                    raise
                time.sleep(0.01)
    except OSError as error:
        connected.close()
        raise PortError(
            f"control socket {path}: {error.strerror or error}; is `cloister run` running with `control_socket` set?"
        ) from None
    return Connection(connected, timeout_s)


def call_line(path: Path, text: str, largest: int, within_s: float) -> bytes:
    """Send a line to a local service and return the line that it answers, of ``largest`` bytes at most. Raises
    LineTooLong, and OSError: TimeoutError when the answer is not complete ``within_s`` seconds, ConnectionError when
    the service closes before."""
    ends_s, received = time.monotonic() + within_s, bytearray()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as connected:

        def within() -> None:
            if (left_s := ends_s - time.monotonic()) <= 0:
                raise TimeoutError
            connected.settimeout(left_s)

        within()
        connected.connect(os.fsencode(path))
        within()
        connected.sendall(text.encode("utf-8") + b"\n")
        while not received.endswith(b"\n"):
            if len(received) > largest:
                raise LineTooLong
            within()
            piece = connected.recv(65_536)
            if not piece:
                raise ConnectionResetError
            received += piece
    return bytes(received)


def accept_from_manager(timeout_s: float) -> Connection | None:
    """The next connection to the socket that the service manager passed to this process; None when none came within
    ``timeout_s``, or when the manager passed no socket."""
    for listening in _passed():
        with listening:
            listening.settimeout(timeout_s)
            try:
                connected, _ = listening.accept()
            except OSError:
                return None
            return Connection(connected, timeout_s)
    return None


class Notifier:
    """A connected datagram socket, so that later messages need no ``connect`` and no address. An address that begins
    with a zero byte is in the abstract namespace. Raises OSError."""

    def __init__(self, address: bytes) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        # Never block the caller: a service manager that does not read is not worth a stalled appliance.
        self._socket.setblocking(False)
        try:
            self._socket.connect(address)
        except OSError:
            self._socket.close()
            raise

    def send(self, payload: bytes) -> None:
        """Send one datagram. Raises OSError."""
        self._socket.send(payload)

    def close(self) -> None:
        self._socket.close()


def exchange(address: bytes, messages: Sequence[bytes], kind: int = STREAM, timeout_s: float = 2.0) -> bytes:
    """Connect to a local service, send each message and wait for an answer to it. Returns all the answers, joined. A
    datagram is not answered. Raises OSError."""
    received = b""
    with socket.socket(socket.AF_UNIX, kind | socket.SOCK_CLOEXEC) as connected:
        connected.settimeout(timeout_s)
        connected.connect(address)
        for message in messages:
            connected.sendall(message)
            if kind != DATAGRAM:
                received += connected.recv(LINE_LIMIT)
    return received


class Dialogue:
    """A connection to a local service whose messages state their own length. Every call raises OSError."""

    def __init__(self, address: bytes, timeout_s: float = 5.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self._socket.settimeout(timeout_s)
        try:
            self._socket.connect(address)
        except OSError:
            self._socket.close()
            raise

    def send(self, message: bytes) -> None:
        self._socket.sendall(message)

    def receive(self, count: int) -> bytes:
        """Exactly ``count`` bytes."""
        received = bytearray()
        while len(received) < count:
            piece = self._socket.recv(count - len(received))
            if not piece:
                raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
            received += piece
        return bytes(received)

    def __enter__(self) -> Dialogue:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def descriptors_can_be_passed() -> bool:
    """Whether this process can receive a file descriptor from another, which may be a connected network socket."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        try:
            socket.send_fds(theirs, [b"x"], [theirs.fileno()])
        except OSError:
            # This process may not pass one, but a peer might. What counts is whether one can be received.
            theirs.send(b"x")
        try:
            _, passed, _, _ = socket.recv_fds(ours, 1, 1)
        except OSError:
            return False
    for descriptor in passed:
        os.close(descriptor)
    return True


_FIRST_INHERITED = 3
"""sd_listen_fds(3): SD_LISTEN_FDS_START"""


def _inherited(address: bytes) -> socket.socket | None:
    """The listening socket at ``address`` that the service manager passed to this very process."""
    found = None
    for listening in _passed():
        if found is None and listening.getsockname() == os.fsdecode(address):
            found = listening
        else:
            listening.close()
    return found


def _passed() -> Iterator[socket.socket]:
    """The listening Unix sockets that the service manager passed to this very process."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return
    count = os.environ.get("LISTEN_FDS", "")
    for descriptor in range(_FIRST_INHERITED, _FIRST_INHERITED + (int(count) if count.isdecimal() else 0)):
        try:
            # Children do not inherit a copy, unlike what was passed. Closing the copy twice closes nothing that has got
            # the number of the passed one since.
            found = socket.socket(fileno=os.dup(descriptor))
            os.set_inheritable(descriptor, False)
        except OSError:
            continue  # closed, or no socket
        if (found.family, found.type) == (socket.AF_UNIX, socket.SOCK_STREAM) and found.getsockopt(
            socket.SOL_SOCKET, socket.SO_ACCEPTCONN
        ):
            yield found
        else:
            found.close()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _remove_stale(path: Path, name: str) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise PortError(f"{name} {path}: {error.strerror}") from None
    if not stat.S_ISSOCK(mode):
        raise PortError(f"{name} {path}: something else than a socket is there; choose another path")
    # A sealed process may not connect to find out. The kernel lists the paths of the sockets that still exist.
    try:
        lines = Path("/proc/self/net/unix").read_text(encoding="utf-8", errors="surrogateescape").splitlines()[1:]
    except OSError as error:
        raise PortError(f"{name} {path}: whether it is in use cannot be seen: {error.strerror}") from None
    if any(line.split(maxsplit=7)[7:] == [str(path)] for line in lines):
        raise PortError(f"{name} {path}: another cloister answers there; stop it or choose another path")
    # The socket's process is gone.
    path.unlink(missing_ok=True)
