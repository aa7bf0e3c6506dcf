"""Checks that a slot holds what the signed manifest lists, what came out of its wheels, five files of ours, and nothing
else.

A list of files to compare says nothing about a file that is not on it, and Python runs such files: ``.pth`` and
``.pyc``, ``sitecustomize``, a package that shadows another. So every entry below a slot is checked, and an entry that
has no place there is a violation, as is one whose content differs. A slot has no ``.pyc`` files, so Python always runs
the source.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from appliance.bundle import archive
from appliance.bundle.manifest import Manifest
from appliance.bundle.store import COMPLETE

SYSTEM = Path("/usr/bin")
"""Folder of the system's own interpreter."""

CODE = "code.sha256"
"""File of a slot that lists what the wheels put into the environment, as ``sha256sum`` writes it."""
LAUNCHER = "venv/bin/cloister"
LAUNCHER_TEXT = b"""#!/bin/sh
exec "$(/usr/bin/dirname "$(/usr/bin/readlink -f "$0")")/python3" -I -B -m appliance "$@"
"""
"""The ``cloister`` command of an operator. It runs the slot's own interpreter, which looks for modules nowhere else."""
CONFIGURATION = "venv/pyvenv.cfg"
INTERPRETER = "venv/bin/python3"

_FOREIGN_WRITE = 0o022
_SET_ID = 0o6000
_SHA256_LINE = re.compile(r"([0-9a-f]{64})  (venv/[^\n]+)")


def environment(interpreter: Path) -> bytes:
    """The content of ``pyvenv.cfg`` for an environment that sees its own packages and no others."""
    return f"home = {interpreter.parent}\ninclude-system-site-packages = false\n".encode()


def violations(slot: Path, manifest: Manifest, owner: int = 0) -> Iterator[str]:
    """Yield what is wrong with the files of a slot, each as ``path: what``, with the path relative to the slot.
    ``manifest`` is the slot's own, whose signature was verified. Files may belong to root or to the user ``owner``."""
    expected = {file.path: file.sha256 for file in manifest.files if not file.path.startswith("wheels/")}
    # The list of code counts only if it is as it was signed.
    listed = _read(slot / CODE)
    if hashlib.sha256(listed).hexdigest() == expected.get(CODE):
        expected |= dict(_code(listed))
    expected[LAUNCHER] = hashlib.sha256(LAUNCHER_TEXT).hexdigest()
    expected[archive.MANIFEST] = manifest.digest()
    # The manifest's reader checks the first, ``_interpreter`` the second. The third is not signed but written here.
    beside = {archive.SIGNATURE, CONFIGURATION, COMPLETE}
    folders = {path.rsplit("/", i)[0] for path in (*expected, INTERPRETER) for i in range(1, path.count("/") + 1)}
    found = set()
    device = slot.lstat().st_dev
    for path, status in _entries(slot, folders):
        found.add(path)
        shown = path if path.isprintable() else ascii(path)
        if isinstance(status, str):
            yield f"{shown}: cannot be read: {status}"
            continue
        mode = status.st_mode
        if status.st_uid not in (0, owner):
            yield f"{shown}: belongs to user {status.st_uid}"
        if status.st_dev != device:
            yield f"{shown}: is mounted from elsewhere"
        if not stat.S_ISLNK(mode) and mode & (_FOREIGN_WRITE | _SET_ID):
            yield f"{shown}: has the mode {stat.S_IMODE(mode):04o}, by which others could change it or gain by it"
        if stat.S_ISDIR(mode):
            if path not in folders:
                yield f"{shown}: is a folder that nobody signed"
        elif path == INTERPRETER:
            pass
        elif not stat.S_ISREG(mode):
            yield f"{shown}: is {_kind(mode)}, and only plain files are signed"
        elif path not in expected and path not in beside:
            yield f"{shown}: is a file that nobody signed"
        elif path in expected and _hash(slot / path) != expected[path]:
            yield f"{shown}: is not the file that was signed"
    yield from (f"{path}: is not the file that was signed: it is missing" for path in sorted(set(expected) - found))
    yield from _interpreter(slot, manifest)
    yield from _place(slot, owner)


def _entries(slot: Path, folders: set[str]) -> Iterator[tuple[str, os.stat_result | str]]:
    """Yield everything in a slot and in those of its folders that belong there, in a fixed order. Links are not
    followed. Each path comes with its status, or with the reason why it has none."""
    left = [""]
    while left:
        folder = left.pop()
        try:
            with os.scandir(slot / folder) as entries:
                ordered = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield folder or ".", str(error.strerror)
            continue
        for entry in ordered:
            path = f"{folder}/{entry.name}" if folder else entry.name
            try:
                yield path, entry.stat(follow_symlinks=False)
            except OSError as error:
                yield path, str(error.strerror)
            if path in folders and entry.is_dir(follow_symlinks=False):
                left.append(path)


def _code(listed: bytes) -> Iterator[tuple[str, str]]:
    for line in listed.decode("utf-8", "surrogateescape").split("\n"):
        if match := _SHA256_LINE.fullmatch(line):
            yield match[2], match[1]


def _interpreter(slot: Path, manifest: Manifest) -> Iterator[str]:
    """Check that the environment's interpreter is the system's own, and that only root can change that one."""
    link = slot / INTERPRETER
    name = f"python{manifest.target.python}"
    try:
        target = link.readlink()
        real = target.resolve(strict=True)
        inside = real.is_relative_to(SYSTEM) and real.name == name and stat.S_ISREG(real.stat().st_mode)
    except (OSError, RuntimeError):  # a link that leads to itself raises RuntimeError
        yield f"{INTERPRETER}: is not a link to the system's own {name}"
        return
    if not target.is_absolute() or not inside:
        yield f"{INTERPRETER}: is a link to {target}, which is not the system's own {name}"
    for path in (real, *real.parents):
        status = path.stat()
        if status.st_uid != 0 or status.st_mode & _FOREIGN_WRITE:
            yield f"{path}: can be changed by others than root, and is what runs the code"
    if _read(slot / CONFIGURATION) != environment(target):
        yield f"{CONFIGURATION}: is not as it was written; it decides where Python looks for code"


def _place(slot: Path, owner: int) -> Iterator[str]:
    """Check that no other user can put another folder into the place of this one."""
    for folder in (slot, slot.parent):
        status = folder.lstat()
        if status.st_uid not in (0, owner) or status.st_mode & _FOREIGN_WRITE:
            yield f"{folder}: belongs to user {status.st_uid} with the mode {stat.S_IMODE(status.st_mode):04o}"


def _kind(mode: int) -> str:
    kinds = {stat.S_IFLNK: "a link", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes() if stat.S_ISREG(path.lstat().st_mode) else b""
    except OSError:
        return b""


def _hash(path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None
