"""Fetches the files of a model of the catalogue, checks them and says how they are used."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from appliance.bench.workbench.fetching.download import download
from appliance.bench.workbench.fetching.packages import PACKAGES, assemble_parts, load_packages
from appliance.core.ports import PortError
from appliance.engines.catalog import CatalogModel, ModelFile, ModelSettings, settings_yaml

_SPARE_BYTES = 500_000_000
"""space that stays free, and holds one part while it is unpacked"""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A model whose files are there."""

    model: CatalogModel
    """with settings that name the files where they are"""
    files: tuple[Path, ...]

    def lines(self) -> Iterator[str]:
        """Yield what an operator needs to know, for a terminal."""
        yield f"{self.model.id}: licence {self.model.licence}; read it at {self.model.licence_page or self.model.page}"
        for path, file in zip(self.files, self.model.files, strict=True):
            yield f"  {path}  {path.stat().st_size / 1e6:.1f} MB, sha256 {file.sha256}, as pinned"
        yield "in cloister.yaml"
        yield from (f"  {line}" for line in settings_yaml(self.model).splitlines())
        if self.model.kind == "brain":
            yield "then measure what it is good for: cloister models prepare"


def fetch(
    model: CatalogModel, folder: Path, progress: Callable[[str, int, int], None], say: Callable[[str], None]
) -> Fetched:
    """Bring the files of ``model`` into ``folder``. Files that are there stay, and unfinished ones are continued.
    ``progress`` is called with a name, the bytes done and all bytes. ``say`` is given lines about sources that failed.
    Raises PortError."""
    for file in model.files:
        if file.sha256 is None or file.bytes is None or not file.url:
            raise PortError(
                f"{model.id}: no hash is pinned for {file.name}, so it is not fetched; get it by hand from {model.page}"
            )
    placed = _placed(model, folder)
    missing = [(file, path) for file, path in placed if not _is_there(file, path)]
    if missing:
        _prepare_folder(missing)
    for file, path in missing:
        _fetch_file(file, path, progress, say)
    return Fetched(replace(model, settings=_moved(model.settings, folder)), tuple(path for _, path in placed))


def _placed(model: CatalogModel, folder: Path) -> list[tuple[ModelFile, Path]]:
    """Each file with its place. An ear has a folder of its own, because ears share names of files."""
    ear = _moved(model.settings, folder).ear
    place = folder if ear is None or ear.sherpa is None else ear.sherpa.directory
    return [(file, place / file.name) for file in model.files]


def _moved(settings: ModelSettings, folder: Path) -> ModelSettings:
    """The settings with the files in ``folder``."""
    ear, brain, voice = settings.ear, settings.brain, settings.voice
    if ear is not None and ear.sherpa is not None:
        ear = replace(ear, sherpa=replace(ear.sherpa, directory=folder / ear.sherpa.directory.name))
    return ModelSettings(
        ear=ear,
        brain=brain and replace(brain, model=folder / brain.model.name),
        voice=voice and replace(voice, model=folder / voice.model.name),
    )


def _is_there(file: ModelFile, path: Path) -> bool:
    if not path.exists():
        return False
    if _sha256(path) != file.sha256:
        raise PortError(
            f"{path} exists and does not have the pinned hash; move it away, or name another folder with -o"
        )
    return True


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PortError(f"{path}: {error.strerror}") from None


def _prepare_folder(missing: list[tuple[ModelFile, Path]]) -> None:
    needed = _SPARE_BYTES
    for file, path in missing:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PortError(f"{path.parent}: {error.strerror}; name another folder with -o") from None
        unfinished = _unfinished(path)
        needed += (file.bytes or 0) - (unfinished.stat().st_size if unfinished.exists() else 0)
    free = shutil.disk_usage(missing[0][1].parent).free
    if free < needed:
        raise PortError(f"{missing[0][1].parent}: {free / 1e6:.0f} MB are free, {needed / 1e6:.0f} MB are needed")


def _unfinished(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _fetch_file(
    file: ModelFile, path: Path, progress: Callable[[str, int, int], None], say: Callable[[str], None]
) -> None:
    unfinished, size = _unfinished(path), file.bytes or 0
    if unfinished.exists() and unfinished.stat().st_size > size:
        unfinished.unlink()
    report = partial(_report, progress, file.name, size)
    sources: list[Callable[[], None]] = [lambda: download(file.url, unfinished, size, report)]
    if parts := load_packages(PACKAGES).parts(file.sha256 or ""):
        sources.append(lambda: assemble_parts(parts, unfinished, report))
    for number, source in enumerate(sources, 1):
        if unfinished.exists() and unfinished.stat().st_size == size:
            break
        try:
            source()
        except PortError as error:
            if number == len(sources):
                raise
            say(f"{error}; trying the next source")
    if _sha256(unfinished) != file.sha256:
        unfinished.unlink()
        raise PortError(f"{file.name}: what came does not have the pinned hash; nothing was kept")
    unfinished.replace(path)


def _report(progress: Callable[[str, int, int], None], name: str, size: int, done: int) -> None:
    progress(name, done, size)
