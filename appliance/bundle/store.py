"""The two slots of a box, the link to the one that runs, and the memory of the box.

::

    /opt/cloister/a, b        the slots; slot.json, written last, makes a slot complete
    /opt/cloister/current     a link to one of them, swapped in one step
    /var/lib/cloister-bundle  what outlives the slots, in a place that the service can read and not write:
        state.json            the highest version seen of each product, and what else the box must remember
        pending.json          a switch that is not confirmed yet
        history.jsonl         what was installed and taken back, which the service copies into its audit log

Each change is one rename on one file system, forced to the disk before the next begins. Whatever happens between two
of them (a crash, a power cut), ``current`` points to a complete slot: the old one or the new one.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from appliance.bundle import Busy, Cannot, trust
from appliance.bundle.statement import Signed
from appliance.bundle.trust import Revocation, Rotation, Trust

Name = Literal["a", "b"]
NAMES: tuple[Name, Name] = ("a", "b")

COMPLETE = "slot.json"
"""File of a slot that is written last and makes the slot complete."""

_FORMAT = 2
"""Number of the format of ``state.json``. The first format, which had no number, counted versions by key."""
ANY = "*"
"""Stands for every product in the floors of a box that counted by key. No product may go below that version."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A complete slot."""

    slot: Name
    name: str
    version: int
    key: str
    manifest_sha256: str
    installed: str
    """time of installation, ISO 8601, UTC"""
    made: str = ""
    """date of the build as the manifest states it; empty for a bundle that states none"""


@dataclass(frozen=True, slots=True)
class Seen:
    """The highest version of a product that this box has run, and which bundle it was."""

    version: int
    manifest_sha256: str


@dataclass(frozen=True, slots=True)
class Pending:
    """A switch to a version whose service is not yet confirmed to have come up."""

    to: Name
    back: Name
    """slot that ran before"""
    by_others: bool
    """another process restarts the service, and confirms with ``confirm`` that it came up"""
    boot: str
    """identity of the boot in which the switch was made"""
    up_s: float
    """seconds from that boot to the switch"""

    def awaited(self) -> bool:
        """Whether another process may still confirm it."""
        return self.by_others and self.boot == _boot() and _up_s() - self.up_s < _LONGEST_AWAITED_S


_LONGEST_AWAITED_S = 3600.0
"""The longest time, in seconds, that a switch waits for the confirmation of another process."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of a box, which outlives every slot."""

    floors: dict[str, Seen] = field(default_factory=dict)
    """the lowest version that may be installed, by the name of the product or ``ANY``"""
    consents: tuple[str, ...] = ()
    """SHA-256 of the consents that were used"""
    ended: tuple[str, ...] = ()
    """ids of the keys that another key has replaced"""
    revocation: int = 0
    """number of the newest revocation list"""
    newest: str = ""
    """the latest date in anything signed that this box accepted. Today is not before it, even if the clock says so"""


class Store:
    """The slots and the memory of one box, under a root directory."""

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root
        self.slots = root / "opt/cloister"
        self.configuration = root / "etc/cloister"
        self._state = root / "var/lib/cloister-bundle"

    # --- keys

    @property
    def keys(self) -> Path:
        """The folder of the keys that the box trusts."""
        return self.configuration / "keys"

    def trust(self) -> Trust:
        """The keys and lists that this box trusts. Raises WrongInput or Cannot when one of their files is wrong."""
        memory = self.memory()
        return trust.load(self.keys, ended=memory.ended, least=memory.revocation)

    def keep_rotation(self, signed: Signed, rotation: Rotation) -> None:
        """Trust a key that replaces another. The statement is kept first, because it alone is enough after a power
        cut."""
        self._keep(self.keys / trust.file_of(rotation), signed)
        _write_text(self.keys / f"{rotation.new.id}.pub", rotation.new.text())
        memory = self.memory()
        ended = tuple(sorted({*memory.ended, rotation.old}))
        self.remember(replace(memory, ended=ended, newest=max(memory.newest, rotation.made)))

    def keep_revocation(self, signed: Signed, revoked: Revocation) -> None:
        """Keep a revocation list, which is trusted from now on."""
        self._keep(self.keys / trust.REVOKED, signed)
        memory = self.memory()
        self.remember(replace(memory, revocation=revoked.number, newest=max(memory.newest, revoked.made)))

    def _keep(self, path: Path, signed: Signed) -> None:
        _write_text(path, (signed.signatures + signed.content).decode("ascii"))

    def today(self) -> str:
        """Today's date: that of the clock, but not before the latest signed date, because a clock may lose its
        battery."""
        slots = (self.slot(name) for name in NAMES)
        return max(_date(), self.memory().newest, *(slot.made for slot in slots if slot))

    # --- slots

    def owner(self) -> int:
        """The user to whom everything in a slot must belong: root on a box, and the files' owner for another root."""
        return self.root.stat().st_uid

    def current(self) -> Name | None:
        """The slot that runs, or None on a box that has no bundle yet. Raises Cannot when the link is not ours."""
        try:
            target = str((self.slots / "current").readlink())
        except FileNotFoundError:
            return None
        except OSError:
            target = "something else"
        for name in NAMES:
            if target == name:
                return name
        raise Cannot(f"{self.slots / 'current'}: must be a link to `a` or `b`, not {target!r}")

    def spare(self) -> Name:
        """The slot that does not run."""
        return "b" if self.current() == "a" else "a"

    def path(self, name: Name) -> Path:
        return self.slots / name

    def slot(self, name: Name | None) -> Slot | None:
        """The slot of this name if it is complete, else None. Raises Cannot when its record is damaged."""
        if name is None:
            return None
        value = _read(self.path(name) / COMPLETE)
        try:
            return None if value is None else Slot(**value)
        except TypeError:
            raise Cannot(f"{self.path(name) / COMPLETE}: is damaged; install the bundle again") from None

    def vacate(self, name: Name) -> None:
        """Remove a slot. The file that makes it complete goes first, so that a half-removed slot is not complete."""
        path = self.path(name)
        if not path.is_dir():
            return
        with suppress(FileNotFoundError):
            (path / COMPLETE).unlink()
            _sync(path)
        shutil.rmtree(path)
        _sync(self.slots)

    def prepare(self, name: Name) -> Path:
        """Make an empty slot."""
        self.slots.mkdir(parents=True, exist_ok=True)
        self.vacate(name)
        path = self.path(name)
        path.mkdir(mode=0o755)
        return path

    def complete(self, slot: Slot) -> None:
        """Mark a slot as complete, once everything in it is on the disk."""
        os.sync()
        _write(self.path(slot.slot) / COMPLETE, asdict(slot))
        _sync(self.slots)

    def switch(self, name: Name | None) -> None:
        """Let ``current`` point to a slot (or to none, as before the first bundle), in one step."""
        link, fresh = self.slots / "current", self.slots / ".current"
        with suppress(FileNotFoundError):
            fresh.unlink()
        if name is None:
            with suppress(FileNotFoundError):
                link.unlink()
        else:
            fresh.symlink_to(name)
            fresh.rename(link)
        _sync(self.slots)

    def announce(self, to: Name, back: Name, *, by_others: bool) -> None:
        """Note a switch that is about to be made, until it is settled."""
        _write(self._state / "pending.json", asdict(Pending(to, back, by_others, _boot(), _up_s())))

    def pending(self) -> Pending | None:
        """A switch that is not settled. Raises Cannot when its record is damaged."""
        value = _read(self._state / "pending.json")
        try:
            return None if value is None else Pending(**value)
        except TypeError:
            raise Cannot(f"{self._state / 'pending.json'}: is damaged; see `status`, then remove it") from None

    def settled(self) -> None:
        """Note that the last switch was confirmed or taken back."""
        with suppress(FileNotFoundError):
            (self._state / "pending.json").unlink()
            _sync(self._state)

    def size(self, name: Name) -> int:
        """Bytes that removing a slot frees on the disk."""
        return sum(entry.lstat().st_blocks * 512 for entry in self.path(name).rglob("*"))

    def free(self) -> int:
        """Bytes that can still be written beside the slots."""
        place = next(path for path in (self.slots, *self.slots.parents) if path.exists())
        return shutil.disk_usage(place).free

    # --- memory

    def memory(self) -> Memory:
        """Read the memory. Raises Cannot when the record is damaged, because a guessed version could be too low."""
        path = self._state / "state.json"
        value = _read(path)
        if value is None:
            return Memory()
        try:
            return _memory(value)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise Cannot(f"{path}: is damaged; remove it only if you know which versions ran") from None

    def floor(self, name: str, memory: Memory) -> Seen | None:
        """The version of a product below which this box does not go without consent. Without a remembered version, the
        installed ones count."""
        seen = [memory.floors[known] for known in (name, ANY) if known in memory.floors]
        if not seen:
            slots = (self.slot(slot) for slot in NAMES)
            seen = [Seen(slot.version, slot.manifest_sha256) for slot in slots if slot and slot.name == name]
        return max(seen, key=lambda one: one.version, default=None)

    def remember(self, memory: Memory) -> None:
        _write(self._state / "state.json", {"format": _FORMAT, **asdict(memory)})

    # --- history

    def record(self, event: str, **details: str | int | None) -> None:
        """Append an event to the history. It is on the disk when this returns."""
        entry = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, **details}
        path = self._state / "history.jsonl"
        history = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            size = os.fstat(history).st_size
            torn = size > 0 and os.pread(history, 1, size - 1) != b"\n"
            os.write(history, b"\n" * torn + json.dumps(entry).encode() + b"\n")
            os.fsync(history)
        finally:
            os.close(history)

    def history(self) -> list[dict[str, Any]]:
        """The events from the first to the last. A record that a power cut tore counts as one without content."""
        try:
            lines = (self._state / "history.jsonl").read_bytes().splitlines()
        except FileNotFoundError:
            return []
        return [_entry(line) for line in lines]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock that keeps a second installation out. Raises Cannot when one runs, or when this user may not
        install."""
        try:
            self._state.mkdir(parents=True, mode=0o755, exist_ok=True)
            lock = os.open(self._state / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Cannot(f"{error.filename}: {error.strerror}; bundles are installed by root") from None
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy("another installation is running on this box") from None
            yield
        finally:
            os.close(lock)


def _date() -> str:
    return datetime.now(UTC).date().isoformat()


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _up_s() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _entry(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"event": "damaged"}


def _read(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Cannot(f"{path}: is damaged")
    return value


def _memory(value: dict[str, Any]) -> Memory:
    """Read the value of ``state.json``. Raises ValueError, or another error of reading, when it has another form."""
    form = value.pop("format", 1)
    floors = {name: Seen(**seen) for name, seen in value.pop("floors", {}).items()}
    if not all(type(seen.version) is int and type(seen.manifest_sha256) is str for seen in floors.values()):
        raise ValueError
    if form == 1:
        # Versions were counted by key. A product may have had several keys, so the highest version of all is the floor.
        highest = max(floors.values(), key=lambda seen: seen.version, default=None)
        return Memory({ANY: highest} if highest else {}, tuple(value.pop("consents", ())))
    if form != _FORMAT:
        raise ValueError
    memory = Memory(floors, tuple(value.pop("consents")), tuple(value.pop("ended")), **value)
    if type(memory.revocation) is not int or type(memory.newest) is not str:
        raise ValueError
    return memory


def _write(path: Path, value: object) -> None:
    """Replace a file in one step."""
    _write_text(path, json.dumps(value, indent=1) + "\n")


def _write_text(path: Path, text: str) -> None:
    """Replace a file in one step."""
    fresh = path.with_name(f".{path.name}")
    with fresh.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.rename(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Force the entries of a folder to the disk."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
