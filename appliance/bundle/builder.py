"""Builds a bundle on a connected machine: everything that a box needs, in one signed file.

The same inputs (checkout, lock file, wheels, models, key, version) give the same bytes: files are sorted, times are not
recorded, and Ed25519 signatures are deterministic. A compiler's work cannot be reproduced, so a wheel that is built
here is an input like any other. It is kept, listed by hash, and can be handed on.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from appliance import __version__
from appliance.bundle import (
    Cannot,
    WrongInput,
    archive,
    consent,
    furnish,
    gate,
    manifest,
    sbom,
    signing,
    statement,
    trust,
    wheels,
)
from appliance.bundle.archive import Progress, quiet
from appliance.bundle.manifest import File, Manifest
from appliance.config.box import Settings, load_settings
from appliance.config.site import load_site

Content = Path | bytes
"""The content of a file in the bundle: a file that is copied, or bytes."""

INSTALLER = "cloister-installer.pyz"
"""Name of the installer's file beside a bundle."""

_ON_A_BOX = Path("/opt/cloister/current")
_STATE, _SOCKET, _SITE = "/var/lib/cloister", "/run/cloister/control", "/etc/cloister/site.yaml"

_MAIN = b"""import sys

from appliance.bundle.commands import main

sys.exit(main(bare=True))
"""
"""The program that runs when Python is given the installer."""

_ON_DISK = 1.2
"""Space that wheels take on the disk, as a multiple of their unfolded size, because files fill whole blocks."""

_INSTALLER = (
    *("__init__", "archive", "closure", "commands", "consent", "furnish", "gate", "install"),
    *("manifest", "signing", "statement", "store", "trust", "units"),
)
"""Modules that run on a bare box. They import only the standard library and each other."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """The inputs of a bundle."""

    checkout: Path
    settings: Path
    """the ``cloister.yaml`` that names the models"""
    site: Path | None
    """site file, instead of the one that the settings name"""
    name: str
    version: int
    made: str
    """date of the build, as in 2026-11-28"""
    not_after: str
    """the last date on which it may be installed; empty for no limit"""
    question: Path
    """recording of a question, for the health gate"""
    answer: str
    """words that the answer to the question must contain"""
    question_site: Path
    """site file that knows the answer"""
    given: tuple[Path, ...] = ()
    """wheels to use instead of fetching or building them"""
    telephone: bool = False
    """whether its boxes take calls by SIP"""


def build(recipe: Recipe, key: signing.SecretKey, output: Path, progress: Progress = quiet) -> Manifest:
    """Write ``output`` and, beside it, the installer for bare boxes. Raises WrongInput or Cannot."""
    contents = collect(recipe, progress)
    try:
        bundle = Manifest(
            name=recipe.name,
            version=recipe.version,
            key=key.id,
            application=__version__,
            made=recipe.made,
            not_after=recipe.not_after,
            target=manifest.this_box(),
            installed_bytes=_unfolded(contents),
            files=tuple(File(*measured) for measured in _measured(contents, progress)),
        )
    except ValueError as error:
        raise WrongInput(str(error)) from None
    write(bundle, contents, key, output, progress)
    write_installer(output.with_name(INSTALLER), key)
    return bundle


def write_installer(path: Path, key: signing.SecretKey | None) -> str:
    """Write the installer for bare boxes and, with a key, its signature beside it. Returns the installer's SHA-256."""
    content = self_contained()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if key is not None:
        path.with_name(f"{path.name}.minisig").write_bytes(
            signing.sign(content, key, f"cloister installer {__version__}")
        )
    return hashlib.sha256(content).hexdigest()


def add_signature(path: Path, key: signing.SecretKey, progress: Progress = quiet) -> str:
    """Let one more key sign a bundle, a consent or a revocation list. Returns a description of what was signed. Every
    hash of a bundle is compared before. Raises Refused, WrongInput or Cannot."""
    with path.open("rb") as stream:
        is_bundle = stream.read(len(archive.SIGNATURE)) == archive.SIGNATURE.encode()
    return _sign_bundle(path, key, progress) if is_bundle else _sign_statement(path, key)


def _sign_statement(path: Path, key: signing.SecretKey) -> str:
    signed = statement.load(path)
    kind = signed.comment()
    if kind not in (consent.SIGNED_AS, trust.REVOCATION):
        raise WrongInput(f"{path}: is signed as {kind!r}, which one key signs alone")
    added = signing.sign(signed.content, key, kind)
    _replace(path, [signing.join([*signing.split(signed.signatures), added]), signed.content])
    return f"{kind}: {signed.content.decode().strip()}"


def _sign_bundle(path: Path, key: signing.SecretKey, progress: Progress) -> str:
    with archive.open_bundle(path) as medium:
        before, encoded = medium.head()
        bundle = manifest.decode(encoded)
        archive.check_files(medium, bundle, progress)
    added = signing.sign(encoded, key, _signed_as(bundle))
    signatures = signing.join([*signing.split(before), added])
    rest = len(archive.header(archive.SIGNATURE, len(before)) + before + archive.padding(len(before)))
    with path.open("rb") as stream:
        stream.seek(rest)
        head = archive.header(archive.SIGNATURE, len(signatures)) + signatures + archive.padding(len(signatures))
        _replace(path, itertools.chain([head], iter(lambda: stream.read(1 << 20), b"")))
    return f"{bundle.name} version {bundle.version}, manifest {bundle.digest()}"


def _replace(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file so that it appears whole under its name."""
    fresh = path.with_name(f".{path.name}")
    with fresh.open("wb") as out:
        out.writelines(parts)
        out.flush()
        os.fsync(out.fileno())
    fresh.rename(path)


def _signed_as(bundle: Manifest) -> str:
    return f"{manifest.SIGNED_AS} {bundle.name} version {bundle.version}"


def collect(recipe: Recipe, progress: Progress = quiet) -> dict[str, Content]:
    """Collect every file of the bundle, by its path in the bundle."""
    settings = load_settings(recipe.settings)
    site = recipe.site or settings.site
    load_site(site)
    cache = recipe.checkout / "build/bundle"
    with tempfile.TemporaryDirectory() as scratch:
        needed = wheels.locked(recipe.checkout, telephone=recipe.telephone)
        found = wheels.gather(needed, list(recipe.given), cache / "wheels", progress)
        own = wheels.build_application(recipe.checkout, Path(scratch))
        application = cache / own.name
        application.write_bytes(own.read_bytes())
    found = sorted([*found, application], key=lambda wheel: wheel.name)
    models = dict(_models(settings))
    contents: dict[str, Content] = {f"wheels/{wheel.name}": wheel for wheel in found}
    contents |= models
    contents["requirements.txt"] = _requirements(found)
    contents["code.sha256"] = _installed_files(found)
    contents["sbom.cdx.json"] = sbom.bill_of_materials(recipe.name, recipe.version, found, models)
    contents |= dict(sbom.licences(found))
    contents["licences/cloister/LICENSE"] = recipe.checkout / "LICENSE"
    for unit in sorted((recipe.checkout / "systemd").rglob("*")):
        if unit.is_file():
            contents[unit.relative_to(recipe.checkout).as_posix()] = unit
    contents["config/site.yaml"] = site
    contents["config/cloister.yaml"] = _configured(
        recipe.settings, settings, str(_ON_A_BOX / "models"), site=_SITE, state=_STATE, control_socket=_SOCKET
    )
    contents[f"health/{gate.QUESTION}"] = recipe.question
    contents[f"health/{gate.ANSWER}"] = f"{recipe.answer}\n".encode()
    contents[f"health/{gate.SITE}"] = recipe.question_site
    contents[f"health/{gate.SETTINGS}"] = _configured(
        recipe.settings, settings, "../models", site=gate.SITE, state="state"
    )
    return contents


def write(
    bundle: Manifest, contents: Mapping[str, Content], key: signing.SecretKey, output: Path, progress: Progress = quiet
) -> None:
    """Sign a manifest and write the bundle. The file appears under its name once it is whole."""
    encoded = bundle.encode()
    signature = signing.sign(encoded, key, _signed_as(bundle))
    output.parent.mkdir(parents=True, exist_ok=True)
    fresh = output.with_name(f".{output.name}")
    done, total = 0, bundle.size()
    with fresh.open("wb") as out:
        for path, content in ((archive.SIGNATURE, signature), (archive.MANIFEST, encoded)):
            out.write(archive.header(path, len(content)) + content + archive.padding(len(content)))
        for file in bundle.files:
            out.write(archive.header(file.path, file.size))
            digest = hashlib.sha256()
            for chunk in _chunks(contents[file.path]):
                digest.update(chunk)
                done += len(chunk)
                out.write(chunk)
                progress("writing", done, total)
            if digest.hexdigest() != file.sha256:
                raise Cannot(f"{file.path}: changed while the bundle was built; build it again")
            out.write(archive.padding(file.size))
        out.write(archive.END)
        out.flush()
        os.fsync(out.fileno())
    fresh.rename(output)


def self_contained() -> bytes:
    """The content of ``cloister-installer.pyz``: the modules that install, as a zip file that Python runs."""
    package = Path(__file__).resolve().parents[1]
    sources = {
        "__main__.py": _MAIN,
        "appliance/__init__.py": (package / "__init__.py").read_bytes(),
    }
    for module in _INSTALLER:
        name = f"bundle/{module}.py"
        sources[f"appliance/{name}"] = (package / name).read_bytes()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as content:
        for name, source in sorted(sources.items()):
            content.writestr(zipfile.ZipInfo(name), source)
    return out.getvalue()


# --- parts --------------------------------------------------------------------------------------------------------


def _models(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Files of the models that the settings name, by their path in the bundle."""
    places: list[tuple[str, Path]] = [("brain", settings.brain.model), ("voice", settings.voice.model)]
    if settings.ear.moonshine:
        places.append(("moonshine", settings.ear.moonshine.directory))
    if settings.ear.sherpa:
        places.append(("ear", settings.ear.sherpa.directory))
    if settings.ear.pocketsphinx and settings.ear.pocketsphinx.model:
        places.append(("pocketsphinx", settings.ear.pocketsphinx.model))
    if settings.ear.ctc:
        places.append(("ctc", settings.ear.ctc.head))
        if not _is_an_ear(settings.ear.ctc.encoder, settings):
            places.append(("ctc/encoder", settings.ear.ctc.encoder))
    if settings.endpoint.finality:
        places.append(("turns", settings.endpoint.finality.weights))
        if not _is_an_ear(settings.endpoint.finality.encoder, settings):
            places.append(("turns/encoder", settings.endpoint.finality.encoder))
    if settings.audio.voices:
        places.append(("voices", settings.audio.voices))
    if settings.brain.embedder:
        places.append(("embedder", settings.brain.embedder))
    if settings.brain.answers:
        places.append(("answers", settings.brain.answers))
    if settings.brain.distress:
        places.append(("distress", settings.brain.distress))
    for kind, place in places:
        if not place.exists():
            raise WrongInput(f"{place}: does not exist; `cloister models prepare` makes what set-up makes")
        if place.is_dir():
            for path in sorted(place.rglob("*")):
                if path.is_file():
                    yield f"models/{kind}/{path.relative_to(place).as_posix()}", path
            continue
        yield f"models/{kind}/{place.name}", place
        for beside in (place.with_name(f"{place.name}.json"), place.with_name("README.md")):
            if beside.exists():
                yield f"models/{kind}/{beside.name}", beside


def _is_an_ear(encoder: Path, settings: Settings) -> bool:
    """Whether ``encoder``, of the end of turn or of a CTC head, is in the bundle already, as part of Moonshine."""
    return settings.ear.moonshine is not None and settings.ear.moonshine.directory == encoder


def _configured(source: Path, settings: Settings, models: str, **places: str) -> bytes:
    """The content of ``cloister.yaml`` with the paths of a bundle, and otherwise unchanged."""
    value: dict[str, Any] = yaml.safe_load(source.read_text(encoding="utf-8"))
    for name in ("prepared", "control_socket"):
        value.pop(name, None)
    value["brain"]["model"] = f"{models}/brain/{settings.brain.model.name}"
    if settings.brain.embedder:
        value["brain"]["embedder"] = f"{models}/embedder/{settings.brain.embedder.name}"
    if settings.brain.answers:
        value["brain"]["answers"] = f"{models}/answers/{settings.brain.answers.name}"
    if settings.brain.distress:
        value["brain"]["distress"] = f"{models}/distress/{settings.brain.distress.name}"
    value["voice"]["model"] = f"{models}/voice/{settings.voice.model.name}"
    if settings.endpoint.finality:
        shared = _is_an_ear(settings.endpoint.finality.encoder, settings)
        value["endpoint"]["finality"] = {
            "weights": f"{models}/turns/{settings.endpoint.finality.weights.name}",
            "encoder": f"{models}/{'moonshine' if shared else 'turns/encoder'}",
        }
    if settings.audio.voices:
        value["audio"]["voices"] = f"{models}/voices/{settings.audio.voices.name}"
    if settings.ear.moonshine:
        value["ear"]["moonshine"]["directory"] = f"{models}/moonshine"
    if settings.ear.sherpa:
        value["ear"]["sherpa"]["directory"] = f"{models}/ear"
    if settings.ear.pocketsphinx and settings.ear.pocketsphinx.model:
        value["ear"]["pocketsphinx"]["model"] = f"{models}/pocketsphinx"
    if settings.ear.ctc:
        shared = _is_an_ear(settings.ear.ctc.encoder, settings)
        value["ear"]["ctc"] = {
            "head": f"{models}/ctc/{settings.ear.ctc.head.name}",
            "encoder": f"{models}/{'moonshine' if shared else 'ctc/encoder'}",
        }
    return yaml.safe_dump({**value, **places}, sort_keys=False, allow_unicode=True, width=110).encode()


def _requirements(found: list[Path]) -> bytes:
    """The list of what pip installs on the box, each wheel by its hash. pip itself stays out of the environment."""
    lines = []
    for wheel in found:
        name, version = wheel.name.split("-")[:2]
        if name != "pip":
            lines.append(f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    return "".join(lines).encode()


def _installed_files(found: list[Path]) -> bytes:
    """Hash and place of each file that the wheels put into the environment, for ``sha256sum --check``."""
    place = f"venv/lib/python{manifest.this_box().python}/site-packages/"
    lines = []
    for wheel in found:
        if wheel.name.startswith("pip-"):
            continue
        with zipfile.ZipFile(wheel) as content:
            for entry in content.infolist():
                path = _installed_path(entry.filename, place)
                if path and not entry.is_dir():
                    lines.append(f"{hashlib.sha256(content.read(entry)).hexdigest()}  {path}\n")
    return "".join(sorted(lines, key=lambda line: line[66:])).encode()


def _installed_path(name: str, place: str) -> str | None:
    """Path of a wheel's file in a slot. None for what the installer removes: programs, headers, and pip's own files."""
    data = re.match(r"[^/]+\.data/([^/]+)/(.*)", name)
    if data and data[1] not in ("purelib", "platlib"):
        # Of a wheel's other categories of data, only ``data`` itself stays.
        return f"venv/{data[2]}" if data[1] == "data" and not data[2].startswith(("bin/", "include/")) else None
    path = data[2] if data else name
    removed = re.fullmatch(rf"[^/]+\.dist-info/({'|'.join(map(re.escape, furnish.OF_PIP))})", path)
    return None if removed else place + path


def _measured(contents: Mapping[str, Content], progress: Progress) -> Iterator[tuple[str, int, str]]:
    for done, (path, content) in enumerate(sorted(contents.items())):
        progress("hashing", done, len(contents))
        digest, size = hashlib.sha256(), 0
        for chunk in _chunks(content):
            digest.update(chunk)
            size += len(chunk)
        yield path, size, digest.hexdigest()
    progress("hashing", len(contents), len(contents))


def _unfolded(contents: Mapping[str, Content]) -> int:
    total = 0
    for path, content in contents.items():
        if path.startswith("wheels/") and isinstance(content, Path):
            with zipfile.ZipFile(content) as wheel:
                total += sum(entry.file_size for entry in wheel.infolist())
    return int(total * _ON_DISK)


def _chunks(content: Content) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    try:
        with content.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                yield chunk
    except OSError as error:
        raise WrongInput(f"{content}: cannot be read: {error.strerror}") from None
