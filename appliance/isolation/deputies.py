"""Local services of this box that could act for a sealed process, because they have a network or because a program with
a network reads them. A process without a network socket has a way to a network while one of them does what it asks.

``look`` tries them for real, each in a way that sends nothing off the box, and lists every local socket that the
process can connect to. ``look_in_child`` does so in a throw-away child, which inherits every restriction of this
process. What the daemon's child finds is compared with what root finds outside the seal. Services that run must answer
there, or the attempts would prove nothing.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import re
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from appliance.core.ports import PortError
from appliance.isolation.seal import TOOLS_VARIABLE
from appliance.isolation.unix_socket import DATAGRAM, PACKETS, STREAM, Dialogue, descriptors_can_be_passed, exchange

REFUSED, ABSENT, REACHED = "refused", "absent", "reached"
"""outcomes of an attempt; ``absent``: there is no such service, or none that the process can see"""

SOUND_MODULES = "the sound server's modules"
ACCOMPLICE = "an accomplice who passes a socket"

_LONGEST_S = 10.0
"""seconds for which the file system is searched for sockets at most"""

_NOT_SEARCHED = frozenset({"/proc", "/sys", "/boot", "/opt", "/usr"})
"""where no service listens: the kernel's own file systems, and programs"""


@dataclass(frozen=True, slots=True)
class Found:
    """What the attempts found."""

    deputies: Mapping[str, str]
    """name of each deputy to ``refused``, ``absent`` or ``reached``"""
    sockets: list[str] = field(default_factory=list)
    """paths, and abstract names with an @, of sockets that the process could connect to"""
    seen: int = 0
    """how many sockets the process could see"""
    complete: bool = True
    """whether the file system was searched to the end, but for ``_NOT_SEARCHED``"""

    @property
    def reached(self) -> list[str]:
        return sorted(name for name, outcome in self.deputies.items() if outcome == REACHED)


@dataclass(frozen=True, slots=True)
class _Service:
    """A service that answers, and what it is asked."""

    paths: tuple[str, ...]
    asked: tuple[bytes, ...] = ()
    kind: int = STREAM


# Names that each of them answers by itself, so that no question leaves the box.
_VARLINK = b'{"method":"%s","parameters":%s}\0'
_SERVICES = {
    # io.systemd.Resolve(7), varlink: JSON objects that end with a zero byte.
    "resolved": _Service(
        ("/run/systemd/resolve/io.systemd.Resolve",),
        (_VARLINK % (b"io.systemd.Resolve.ResolveHostname", b'{"name":"localhost","flags":0}'),),
    ),
    # nscd/nscd-client.h in glibc: version 2, GETHOSTBYNAME, length of the key.
    "nscd": _Service(("/run/nscd/socket", "/var/run/nscd/socket"), (struct.pack("=iii", 2, 4, 10) + b"localhost\0",)),
    # D-Bus specification, "Authentication Protocol".
    "D-Bus": _Service(
        ("/run/dbus/system_bus_socket", "/var/run/dbus/system_bus_socket"),
        (b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n",),
    ),
    # avahi-core's simple protocol (avahi-daemon/simple-protocol.c).
    "avahi": _Service(("/run/avahi-daemon/socket", "/var/run/avahi-daemon/socket"), (b"HELP\n",)),
    "userdb": _Service(
        ("/run/systemd/userdb/io.systemd.DynamicUser", "/run/systemd/userdb/io.systemd.Multiplexer"),
        (_VARLINK % (b"io.systemd.UserDatabase.GetUserRecord", b'{"uid":0,"service":"io.systemd.DynamicUser"}'),),
    ),
    # Their lines leave the box where the log is forwarded. Nothing is written: a connection shows that it could be.
    "the journal": _Service(("/run/systemd/journal/socket",), kind=DATAGRAM),
    "the journal's streams": _Service(("/run/systemd/journal/stdout",)),
    "syslog": _Service(("/run/systemd/journal/dev-log", "/dev/log"), kind=DATAGRAM),
}


def look(*, everything: bool) -> Found:
    """Try every known deputy. With ``everything``, also list each socket that can be connected to, and let the
    resolver of libc ask for a name. Use ``everything`` only where a network is out of reach."""
    deputies = {name: _try(service) for name, service in _SERVICES.items()}
    deputies[SOUND_MODULES] = _outcome(sound_server_loads_modules)
    deputies[ACCOMPLICE] = REACHED if descriptors_can_be_passed() else REFUSED
    if not everything:
        return Found(deputies)
    deputies["getaddrinfo"] = _resolver()
    ends_s = time.monotonic() + _LONGEST_S
    reachable, seen = [], 0
    for address in _addresses(ends_s):
        seen += 1
        if _connects(address):
            reachable.append(_shown(address))
    return Found(deputies, sorted(reachable), seen, complete=time.monotonic() < ends_s)


def look_in_child(*, everything: bool, environment: Mapping[str, str] | None = None) -> dict[str, object]:
    """``look`` in a throw-away child, as JSON. Raises PortError."""
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r}); "
        f"from appliance.isolation.deputies import main; main({everything})"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-B", "-c", code],
            cwd="/",
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=90,
            check=True,
        )
        found: dict[str, object] = json.loads(done.stdout)
        read_found(found)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise PortError(f"isolation: deputies could not be tried: {type(error).__name__}") from None
    return found


def read_found(answer: Mapping[str, object]) -> Found:
    """What a child answered. Raises ValueError when not every deputy was tried."""
    try:
        found = Found(**answer)  # type: ignore[arg-type]
        tried = {*_SERVICES, SOUND_MODULES, ACCOMPLICE}
        if not tried <= set(found.deputies) or not set(found.deputies.values()) <= {REFUSED, ABSENT, REACHED}:
            raise ValueError
    except (TypeError, AttributeError):
        raise ValueError("is no list of deputies") from None
    return found


def main(everything: bool) -> None:
    """What the child runs: ``look``, printed as JSON."""
    print(json.dumps(asdict(look(everything=everything))))


# --- one service after the other ------------------------------------------------------------------------------------


def _try(service: _Service) -> str:
    def ask(path: str) -> bool:
        answered = exchange(os.fsencode(path), service.asked, service.kind)
        return bool(answered) or not service.asked

    outcomes = [_outcome(partial(ask, path)) for path in service.paths if os.path.lexists(path)]
    return REACHED if REACHED in outcomes else REFUSED if REFUSED in outcomes else ABSENT


def _outcome(attempt: Callable[[], bool | None]) -> str:
    """``attempt`` returns whether the service did it; None where there is no service to try."""
    try:
        done = attempt()
    except (FileNotFoundError, ConnectionRefusedError):
        return ABSENT  # no process listens there
    except OSError:
        return REFUSED
    return ABSENT if done is None else REACHED if done else REFUSED


class _AddressInfo(ctypes.Structure):
    """struct addrinfo, which is only passed on."""


_EAI_NONAME, _EAI_NODATA = -2, -5
"""a name service was asked and knew no such name; without one to ask, the error is another (netdb.h)"""


def _resolver() -> str:
    """Whether libc reaches a name service for a name that is in no file."""
    try:
        sources = Path("/etc/nsswitch.conf").read_text(encoding="utf-8")
    except OSError:
        sources = ""
    hosts = next((line.split()[1:] for line in sources.splitlines() if line.startswith("hosts:")), [])
    if not {"dns", "resolve", "mdns", "mdns4", "mdns_minimal", "mdns4_minimal"} & set(hosts):
        return ABSENT
    answer = ctypes.POINTER(_AddressInfo)()
    code = ctypes.CDLL(None).getaddrinfo(b"cloister-deputy.example", None, None, ctypes.byref(answer))
    return REACHED if code in (0, _EAI_NONAME, _EAI_NODATA) else REFUSED


# --- the sound server: PulseAudio's native protocol, which PipeWire speaks as well ------------------------------------

_AUTH, _SET_CLIENT_NAME, _LOAD_MODULE, _UNLOAD_MODULE = 8, 9, 51, 52
_ERROR, _REPLY = 0, 2
_PROTOCOL = 32
"""any version that knows properties of clients (13) and is older than shared memory by descriptors"""
_MODULE = ("module-null-sink", "sink_name=cloister-asks-whether-modules-load")
"""a loudspeaker that plays nothing and is removed at once"""


def sound_server(environment: Mapping[str, str] = os.environ) -> str | None:
    """The path of the sound server that the libraries would use in a process with this environment."""
    named = environment.get("PULSE_SERVER", "")
    if named:
        path = named.rpartition("unix:")[2]
        return path if path.startswith("/") else None
    folders = (environment.get("PULSE_RUNTIME_PATH"), f"{environment.get('XDG_RUNTIME_DIR', '')}/pulse", "/run/pulse")
    return next((f"{folder}/native" for folder in folders if folder and os.path.lexists(f"{folder}/native")), None)


def sound_server_loads_modules() -> bool | None:
    """Whether the sound server loads modules for its clients, those that open the network among them; None where there
    is no sound server. This loads a harmless one and removes it, because a server that refuses does not say why
    (PulseAudio 16 answers like one that has no such module). Raises OSError when the server cannot be asked."""
    path = sound_server()
    if path is None:
        return None
    with Dialogue(os.fsencode(path)) as server:
        properties = b"P" + _text("application.name") + _number(9) + _blob(b"cloister\0") + b"N"
        for command, rest in ((_AUTH, _number(_PROTOCOL) + _blob(_cookie())), (_SET_CLIENT_NAME, properties)):
            if _ask(server, command, rest)[0] != _REPLY:
                raise PermissionError(errno.EACCES, "it does not talk with this user")
        command, rest = _ask(server, _LOAD_MODULE, _text(_MODULE[0]) + _text(_MODULE[1]))
        if command != _REPLY:
            return False
        _ask(server, _UNLOAD_MODULE, rest[:5])
        return True


_COOKIE_BYTES = 256


def _cookie() -> bytes:
    """The shared secret of the user's sound server; zeros where there is none, for a server that wants none."""
    home = os.environ.get("HOME", "/")
    for place in (os.environ.get("PULSE_COOKIE"), f"{home}/.config/pulse/cookie", f"{home}/.pulse-cookie"):
        try:
            if place and len(found := Path(place).read_bytes()) == _COOKIE_BYTES:
                return found
        except OSError:
            continue
    return bytes(_COOKIE_BYTES)


def _number(value: int) -> bytes:
    return b"L" + struct.pack(">I", value)


def _text(value: str) -> bytes:
    return b"t" + value.encode() + b"\0"


def _blob(value: bytes) -> bytes:
    return b"x" + struct.pack(">I", len(value)) + value


def _ask(server: Dialogue, command: int, rest: bytes) -> tuple[int, bytes]:
    """Send a command and wait for its answer. Returns the kind of answer and what is in it. Raises OSError."""
    payload = _number(command) + _number(command) + rest
    # Length, the channel of commands, an offset of two halves, flags (pulsecore/pstream.c).
    server.send(struct.pack(">5I", len(payload), _COMMANDS, 0, 0, 0) + payload)
    while True:
        length, channel = struct.unpack(">2I", server.receive(_HEAD_BYTES)[:8])
        if length > _LARGEST:
            raise OSError(errno.EPROTO, "it speaks another protocol")
        payload = server.receive(length)
        if channel == _COMMANDS and len(payload) >= 10:
            answer, tag = struct.unpack(">xIxI", payload[:10])
            if answer in (_ERROR, _REPLY) and tag == command:
                return answer, payload[10:]


_COMMANDS, _HEAD_BYTES, _LARGEST = 0xFFFFFFFF, 20, 1 << 20


# --- every socket there is ------------------------------------------------------------------------------------------


def _addresses(ends_s: float) -> Iterator[bytes]:
    """Sockets in the file system as this process sees it, and abstract ones of its network namespace. Those of the
    site's tools are left out, because a connection starts the tool."""
    for name in _abstract():
        yield b"\0" + name
    # Read through its folder, a socket that is mounted by itself looks like the empty file below it.
    for place in _mounts():
        if _is_socket(place):
            yield os.fsencode(place)
    folders = ["/"]
    tools = os.environ.get(TOOLS_VARIABLE)
    while folders and time.monotonic() < ends_s:
        folder = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    if entry.path not in _NOT_SEARCHED and entry.path != tools:
                        folders.append(entry.path)
                elif not entry.is_file(follow_symlinks=False) and _is_socket(entry.path):
                    yield os.fsencode(entry.path)
            except OSError:
                continue


def _mounts() -> list[str]:
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []
    # Blanks in a path are written as octal numbers.
    return [re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), line.split()[4]) for line in lines]


def _is_socket(path: str) -> bool:
    try:
        return Path(path).is_socket()
    except OSError:
        return False  # this user may not look at it


def _abstract() -> Iterator[bytes]:
    try:
        lines = Path("/proc/self/net/unix").read_bytes().splitlines()[1:]
    except OSError:
        return
    for line in lines:
        fields = line.split(maxsplit=7)
        # The eighth field is the path; an @ begins an abstract name.
        if len(fields) == 8 and fields[7].startswith(b"@"):
            yield fields[7][1:]


def _connects(address: bytes) -> bool:
    for kind in (STREAM, DATAGRAM, PACKETS):
        try:
            exchange(address, (), kind)
        except OSError as error:
            # The socket is of another kind: the kernel says the first of a path, the second of an abstract name.
            if error.errno in (errno.EPROTOTYPE, errno.ECONNREFUSED):
                continue
            return False
        return True
    return False


def _shown(address: bytes) -> str:
    text = "@" + address[1:].decode(errors="replace") if address[:1] == b"\0" else os.fsdecode(address)
    return text.encode("ascii", "backslashreplace").decode()
