"""A small bundle with every kind of file, and a box to install it on, so that tests of the order take milliseconds."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from appliance.bundle import Refused, closure, signing
from appliance.bundle.archive import Progress
from appliance.bundle.install import Steps
from appliance.bundle.manifest import File, Manifest, Target, this_box
from appliance.bundle.store import Store

KEY = signing.SecretKey("0123456789ABCDEF", bytes(range(32)))
OTHER_KEY = signing.SecretKey("FEDCBA9876543210", bytes(range(32, 64)))


UNIT = b"[Service]\nExecStart=/opt/cloister/current/venv/bin/python3 -I -B -m appliance run\n"


PYTHON = Path(f"/usr/bin/python{this_box().python}")
"""the system's interpreter"""
MADE = "2026-11-20"


def files(version: int, unit: bytes = UNIT) -> dict[str, bytes]:
    program = hashlib.sha256(f"version {version}".encode()).hexdigest()
    return {
        "code.sha256": f"{program}  venv/program\n".encode(),
        "config/cloister.yaml": b"site: /etc/cloister/site.yaml\n",
        "config/site.yaml": b"name: Oak Hill\n",
        "health/answer.txt": b"main hall\n",
        "models/voice/voice.onnx": hashlib.blake2b(b"voice").digest() * 20 + f"version {version}".encode(),
        "systemd/cloister.service": unit,
        "wheels/empty-1-py3-none-any.whl": b"",
    }


def manifest(
    version: int,
    key: signing.SecretKey = KEY,
    target: Target | None = None,
    contents: dict[str, bytes] | None = None,
    *,
    name: str = "oakhill",
    made: str = MADE,
    not_after: str = "",
) -> Manifest:
    contents = files(version) if contents is None else contents
    listed = tuple(File(p, len(c), hashlib.sha256(c).hexdigest()) for p, c in sorted(contents.items()))
    return Manifest(name, version, key.id, "0.1.0", made, not_after, target or this_box(), 1000, listed)


def write(
    folder: Path,
    version: int,
    key: signing.SecretKey = KEY,
    target: Target | None = None,
    unit: bytes = UNIT,
    *,
    name: str = "oakhill",
    made: str = MADE,
    not_after: str = "",
    cosigned: tuple[signing.SecretKey, ...] = (),
    **more: bytes,
) -> Path:
    """``more``: further files in the folder ``systemd``; ``cosigned``: keys that sign it as well."""
    # The import stands here because the program that is killed a hundred times should start fast.
    from appliance.bundle import builder

    path = folder / f"{name}-{version}.cloister-bundle"
    contents = files(version, unit) | {f"systemd/{unit_name}": content for unit_name, content in more.items()}
    stated = manifest(version, key, target, contents, name=name, made=made, not_after=not_after)
    builder.write(stated, contents, key, path)
    for other in cosigned:
        builder.add_signature(path, other)
    return path


def box(root: Path, *keys: signing.SecretKey) -> Store:
    folder = root / "etc/cloister/keys"
    folder.mkdir(parents=True)
    os.umask(0o022)
    for key in keys or (KEY,):
        (folder / f"{key.id}.pub").write_text(key.public().text())
    return Store(root)


def furnish(slot: Path, of: Manifest, progress: Progress) -> None:
    """Stand in for pip: write a program that prints its version, in an environment laid out like ours."""
    (slot / "venv/bin").mkdir(parents=True)
    (slot / "venv/program").write_text(f"version {of.version}")
    (slot / closure.INTERPRETER).symlink_to(PYTHON)
    (slot / closure.CONFIGURATION).write_bytes(closure.environment(PYTHON))
    (slot / closure.LAUNCHER).write_bytes(closure.LAUNCHER_TEXT)
    for wheel in (slot / "wheels").iterdir():
        wheel.unlink()
    (slot / "wheels").rmdir()


@dataclass
class Box:
    """A fake service. It records what was done to it and decides whether it comes up."""

    store: Store
    broken: set[int] = field(default_factory=set)
    """versions whose service does not come up"""
    mute: set[int] = field(default_factory=set)
    """versions that fail the health gate"""
    started: list[int] = field(default_factory=list)

    def runs(self) -> int | None:
        """The version that a start of the service would run now, read from what is installed."""
        program = self.store.slots / "current/venv/program"
        return int(program.read_text().removeprefix("version ")) if program.exists() else None

    def gate(self, slot: Path) -> None:
        version = int((slot / "venv/program").read_text().removeprefix("version "))
        if version in self.mute:
            raise Refused("it said nothing")

    def activate(self) -> bool:
        version = self.runs()
        assert version is not None
        self.started.append(version)
        return version not in self.broken

    def steps(self) -> Steps:
        return Steps(furnish, self.gate, self.activate)
