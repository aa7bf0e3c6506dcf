"""Puts a file together from parts that Python packages carry.

pip brings them from the index that it is configured for. It runs in a process of its own, downloads without installing
or running anything, and is given the SHA-256 of every wheel.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.config.reader import load_record
from appliance.core.ports import PortError

PACKAGES = Path(__file__).with_name("packages.yaml")

_DOWNLOAD = (
    *("download", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--no-cache-dir"),
    *("--disable-pip-version-check", "--no-input", "--progress-bar", "raw"),
)
_PROGRESS = re.compile(r"Progress (\d+) of \d+")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file."""

    requirement: str
    """package and version, as pip takes them"""
    wheel: str
    """SHA-256 of the wheel"""
    member: str
    """path of the part in the wheel"""
    bytes: int


@dataclass(frozen=True, slots=True)
class PackagedFile:
    """A file that packages carry."""

    sha256: str
    parts: tuple[Part, ...]
    """in the order of the file"""


@dataclass(frozen=True, slots=True)
class Packages:
    """All files that packages carry."""

    files: tuple[PackagedFile, ...]

    def parts(self, sha256: str) -> tuple[Part, ...]:
        """The parts of the file with this hash; none where no package carries it."""
        return next((file.parts for file in self.files if file.sha256 == sha256), ())


def load_packages(path: Path) -> Packages:
    """Read the list. Raises ConfigError."""
    return load_record(path, Packages)


def assemble_parts(parts: tuple[Part, ...], unfinished: Path, report: Callable[[int], None]) -> None:
    """Add to ``unfinished`` the parts that it lacks. ``report`` is called with the number of bytes that are there.
    Raises PortError; the parts that came until then stay."""
    begin = 0
    for part in parts:
        have = unfinished.stat().st_size if unfinished.exists() else 0
        if have < begin + part.bytes:
            with tempfile.TemporaryDirectory(dir=unfinished.parent) as scratch:
                wheel = _bring(part, Path(scratch), begin, report)
                content = _member(wheel, part)
            with unfinished.open("ab") as file:
                file.truncate(begin)
                file.write(content)
        begin += part.bytes
        report(begin)


def _bring(part: Part, folder: Path, begin: int, report: Callable[[int], None]) -> Path:
    """Download the wheel of the part that begins at byte ``begin`` of its file into ``folder``."""
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{part.requirement} --hash=sha256:{part.wheel}\n", encoding="utf-8")
    command = [sys.executable, "-I", "-B", "-m", "pip", *_DOWNLOAD, "--dest", str(folder), "-r", str(wanted)]
    said = ""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            came = _PROGRESS.match(line)
            if came:
                report(begin + min(int(came[1]), part.bytes))
            elif line.startswith("ERROR") or not said.startswith("ERROR"):
                said = line.strip() or said
    if pip.returncode != 0:
        raise PortError(f"{part.requirement}: pip could not bring it ({said.removeprefix('ERROR: ')})")
    return next(folder.glob("*.whl"))


def _member(wheel: Path, part: Part) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as opened:
            if opened.getinfo(part.member).file_size != part.bytes:
                raise PortError(f"{part.requirement}: {part.member} has another size than the list says")
            return opened.read(part.member)
    except (KeyError, zipfile.BadZipFile):
        raise PortError(f"{part.requirement}: the wheel has no {part.member}") from None
