"""The manifest, which lists what a bundle holds, in one canonical form.

Canonical means that one content has one spelling (JSON with sorted keys and without spaces, one line feed at the end),
so what was signed is what was read, byte for byte. It is parsed only after its signature was verified. The rules below
are a second defence, for the case that a signing key is stolen.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from appliance.bundle import Refused

FORMAT = 2
"""Version of the format. 2 has `made` and `not_after`, and a slot that holds nothing but what is signed."""
LARGEST = 4 * 1024 * 1024
"""The most bytes that a manifest may have. A real one has about 100,000."""

SIGNED_AS = "cloister bundle"
"""Beginning of the signature's comment."""

FOLDERS = ("config", "health", "licences", "models", "systemd", "wheels")
PLAIN_FILES = ("code.sha256", "requirements.txt", "sbom.cdx.json")
"""Files of a bundle at the top of a slot. The other files there are the installer's own."""

_PATH = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[A-Za-z0-9_.][A-Za-z0-9_.+@!-]*(?:/[A-Za-z0-9_.][A-Za-z0-9_.+@!-]*)*")
_LONGEST_PATH = 200
"""The most characters of a path. Names of wheels have up to about 110."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a bundle."""

    path: str
    """relative path with slashes"""
    size: int
    """in bytes"""
    sha256: str

    def __post_init__(self) -> None:
        top = self.path.split("/")[0]
        known = top in FOLDERS if "/" in self.path else top in PLAIN_FILES
        if not known or len(self.path) > _LONGEST_PATH or not _PATH.fullmatch(self.path):
            raise ValueError(f"{self.path!r} is not a path that a bundle may hold")
        if type(self.size) is not int or not 0 <= self.size < 2**40:
            raise ValueError(f"{self.path!r} cannot have {self.size!r} bytes")
        if not re.fullmatch(r"[0-9a-f]{64}", self.sha256):
            raise ValueError(f"{self.path!r} has no SHA-256")


@dataclass(frozen=True, slots=True)
class Target:
    """The kind of box that a bundle is for, because its wheels hold compiled code."""

    machine: str
    """the architecture, as ``uname -m`` says it"""
    python: str
    """the version of Python, as in 3.11"""
    glibc: str
    """the oldest version of glibc that suffices, as in 2.36"""

    def mismatch(self, box: Target) -> str | None:
        """The reason why a box cannot run the bundle, or None when it can."""
        if (self.machine, self.python) != (box.machine, box.python):
            return f"made for Python {self.python} on {self.machine}, and this is {box.python} on {box.machine}"
        if _numbers(self.glibc) > _numbers(box.glibc):
            return f"made for glibc {self.glibc}, and this box has {box.glibc}"
        return None


@dataclass(frozen=True, slots=True)
class Manifest:
    """The identity and the content of a bundle."""

    name: str
    version: int
    """number that grows with every bundle of this name"""
    key: str
    """id of the key that signs it first; other keys may sign it too"""
    application: str
    """version of the software"""
    made: str
    """date of the build, as in 2026-11-28, UTC. A box knows by it that today is not earlier"""
    not_after: str
    """the last date on which it may be installed; empty for no limit. An installed version goes on running"""
    target: Target
    installed_bytes: int
    """space that the wheels take once they are installed"""
    files: tuple[File, ...]
    """sorted by path"""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", self.name):
            raise ValueError(f"{self.name!r} is not a name of letters, digits, dots and dashes")
        if type(self.version) is not int or not 1 <= self.version < 2**53:
            raise ValueError(f"{self.version!r} is not a version; versions are 1, 2, 3 …")
        for day in (self.made, *([self.not_after] if self.not_after else [])):
            check_date(day)
        if self.not_after and self.not_after < self.made:
            raise ValueError(f"it is not good after {self.not_after}, and was made on {self.made}")
        if type(self.installed_bytes) is not int or not 0 <= self.installed_bytes < 2**40:
            raise ValueError(f"{self.installed_bytes!r} bytes cannot be installed")
        paths = [file.path for file in self.files]
        if paths != sorted(set(paths)):
            raise ValueError("the files are not sorted, or one is there twice")
        if len({path.lower() for path in paths}) != len(paths):
            raise ValueError("two paths differ in capitals only")
        folders = {path.rsplit("/", i)[0] for path in paths for i in range(1, path.count("/") + 1)}
        if both := folders & set(paths):
            raise ValueError(f"{min(both)!r} is a file and a folder")

    def encode(self) -> bytes:
        """The manifest in its canonical form."""
        content = {"format": FORMAT, **asdict(self)}
        return (json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True) + "\n").encode()

    def digest(self) -> str:
        """SHA-256 of the canonical form: the bundle's identity."""
        return hashlib.sha256(self.encode()).hexdigest()

    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)

    def find(self, path: str) -> File | None:
        return next((file for file in self.files if file.path == path), None)


def decode(content: bytes) -> Manifest:
    """Read a manifest whose signature was verified. Raises Refused."""
    try:
        value = json.loads(content)
        if value.pop("format") != FORMAT:
            raise Refused("this bundle has another format; an installer of its age can read it")
        files = tuple(_record(File, entry, path=str, size=int, sha256=str) for entry in value.pop("files"))
        target = _record(Target, value.pop("target"), machine=str, python=str, glibc=str)
        expected = {"name": str, "version": int, "key": str, "application": str, "installed_bytes": int}
        expected |= {"made": str, "not_after": str}
        manifest = Manifest(**_checked(value, expected), target=target, files=files)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(f"the manifest is signed but wrong: {error}") from None
    if manifest.encode() != content:
        raise Refused("the manifest is signed but not in its canonical form")
    return manifest


def check_date(text: str) -> None:
    """Raise ValueError when a text is no date in the form 2026-11-28. Such texts sort as the dates do."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(f"{text!r} is not a date like 2026-11-28")
    date.fromisoformat(text)


def this_box() -> Target:
    """The target that this machine is."""
    return Target(platform.machine(), f"{sys.version_info[0]}.{sys.version_info[1]}", platform.libc_ver()[1] or "0")


def _record(kind: Any, value: Any, **expected: type) -> Any:
    return kind(**_checked(value, expected))


def _checked(value: Mapping[str, Any], expected: Mapping[str, type]) -> dict[str, Any]:
    if set(value) != set(expected):
        raise ValueError(f"fields {', '.join(sorted(set(value) ^ set(expected)))}")
    for name, kind in expected.items():
        if type(value[name]) is not kind:
            raise ValueError(f"{name} is not of the right kind")
    return dict(value)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
