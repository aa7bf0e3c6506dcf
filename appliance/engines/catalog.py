"""The list of models a site may bring (``catalog.yaml`` beside this file), for ``cloister models``.

The list is data, and nothing here fetches anything: ``bench.workbench.fetching`` does, on a workstation. Each entry
holds the block of ``cloister.yaml`` that runs the model. That block is read by the same rules as the configuration
itself, so an entry that the appliance could not run is a mistake in the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from appliance.config.box import BrainSettings, EarSettings, VoiceSettings
from appliance.config.reader import ConfigError, load_record

CATALOG = Path(__file__).resolve().with_name("catalog.yaml")

Kind = Literal["ear", "brain", "voice"]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model."""

    name: str
    sha256: str | None
    """the hash that a public source states; None where none was found"""
    bytes: int | None = None
    """its size, as public sources state it with the hash"""
    url: str = ""
    """address of exactly this file, for ``cloister models fetch``; empty where the hash or the address is not known"""

    def __post_init__(self) -> None:
        if self.sha256 is not None and not re.fullmatch(r"[0-9a-f]{64}", self.sha256):
            raise ValueError(f"`sha256` of {self.name!r} must be 64 hexadecimal digits in lower case, or null")
        if self.url and (self.sha256 is None or self.bytes is None or not self.url.startswith("https://")):
            raise ValueError(f"`url` of {self.name!r} must begin with https:// and come with `sha256` and `bytes`")


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """The part of ``cloister.yaml`` that runs a model."""

    ear: EarSettings | None = None
    brain: BrainSettings | None = None
    voice: VoiceSettings | None = None


@dataclass(frozen=True, slots=True)
class CatalogModel:
    """A model that exists and that the engines run."""

    id: str
    kind: Kind
    name: str
    good_for: str
    languages: tuple[str, ...]
    size_mb: float
    """all its files, in 10^6 bytes"""
    ram_mb: float
    """estimate of the memory that it takes, in 10^6 bytes"""
    licence: str
    published: str
    """project or repository it is published in"""
    page: str
    """address of the page that describes it"""
    files: tuple[ModelFile, ...]
    settings: ModelSettings
    size_is_estimate: bool = False
    note: str = ""
    licence_page: str = ""
    """address that states the licence; empty where ``page`` does"""

    def __post_init__(self) -> None:
        set_kinds = [f.name for f in fields(ModelSettings) if getattr(self.settings, f.name) is not None]
        if set_kinds != [self.kind]:
            raise ValueError(f"`settings` of {self.id!r} must hold `{self.kind}` and nothing else")
        known = {file.name for file in self.files}
        missing = sorted(_files_wanted(self.settings) - known)
        if missing:
            raise ValueError(f"`settings` of {self.id!r} use {', '.join(missing)}, which `files` does not list")


@dataclass(frozen=True, slots=True)
class Catalog:
    """All models listed."""

    models: tuple[CatalogModel, ...]

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for model in self.models:
            if model.id in seen:
                raise ValueError(f"two models have the id {model.id!r}")
            seen.add(model.id)

    def of_kind(self, kind: Kind) -> tuple[CatalogModel, ...]:
        return tuple(model for model in self.models if model.kind == kind)

    def find(self, wanted: str) -> CatalogModel:
        """The model with this id. Raises ConfigError naming those that exist."""
        for model in self.models:
            if model.id == wanted:
                return model
        raise ConfigError([f"no model is called {wanted!r}; known are {', '.join(m.id for m in self.models)}"])


def load_catalog(path: Path) -> Catalog:
    """Read the list. Raises ConfigError with every mistake and its line."""
    return load_record(path, Catalog)


def settings_yaml(model: CatalogModel) -> str:
    """The block of ``cloister.yaml`` that runs the model, without fields that keep their defaults."""
    return yaml.safe_dump(_plain(model.settings), sort_keys=False, width=110)


def lines(models: Iterable[CatalogModel]) -> list[str]:
    """One line per model, in columns, for a terminal."""
    rows = [
        (m.id, m.kind, f"{'~' if m.size_is_estimate else ''}{m.size_mb:.0f} MB", f"~{m.ram_mb:.0f} MB", m.good_for)
        for m in models
    ]
    heads = ("model", "kind", "size", "memory", "good for")
    widths = [max(len(row[i]) for row in (heads, *rows)) for i in range(len(heads) - 1)]
    return ["  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[-1]]) for row in (heads, *rows)]


def description(model: CatalogModel) -> list[str]:
    """Everything known about one model, for a terminal."""
    about = "estimated" if model.size_is_estimate else "as published"
    text = [
        f"{model.name} ({model.id})",
        f"  good for   {model.good_for}",
        f"  languages  {', '.join(model.languages)}",
        f"  size       {model.size_mb:g} MB ({about}); memory about {model.ram_mb:g} MB (estimated)",
        f"  licence    {model.licence}; stated at {model.licence_page or model.page}",
        f"  published  {model.published}",
        f"             {model.page}",
    ]
    if model.note:
        text.append(f"  note       {model.note}")
    text.append("  files")
    text += [f"    {f.name}  sha256 {f.sha256 or 'not stated by the publisher'}" for f in model.files]
    if all(file.url for file in model.files):
        text.append(f"    on a connected workstation: cloister models fetch {model.id}")
    text.append("  in cloister.yaml")
    text += [f"    {line}" for line in settings_yaml(model).splitlines()]
    return text


def as_json(model: CatalogModel) -> dict[str, Any]:
    """The entry as plain values."""
    return {f.name: _plain(getattr(model, f.name)) for f in fields(model)}


def _files_wanted(settings: ModelSettings) -> set[str]:
    """Names of the files that the settings make an engine open."""
    if settings.ear is not None and settings.ear.sherpa is not None:
        return set(settings.ear.sherpa.files.values())
    if settings.brain is not None:
        return {settings.brain.model.name}
    if settings.voice is not None:
        return {settings.voice.model.name, f"{settings.voice.model.name}.json"}
    return set()


def _plain(value: Any) -> Any:
    """Dataclasses as dictionaries and paths as text. Fields of settings that keep their defaults are left out."""
    if is_dataclass(value) and not isinstance(value, type):
        kept = {}
        for f in fields(value):
            current = getattr(value, f.name)
            default = f.default_factory() if f.default_factory is not MISSING else f.default
            if current != default:
                kept[f.name] = _plain(current)
        return kept
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    return str(value) if isinstance(value, Path) else value
