"""The questions and dialogues that the brain is measured with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import yaml

from appliance.bench.questions import Asked
from appliance.config.site import Site, load_site
from appliance.core.ports import PortError

QUESTIONS = Path(__file__).parent / "questions"

Half = Literal["dev", "test"]

_T = TypeVar("_T")


def recordings_in(shared: Path, *folders: str) -> Path:
    """The place of the evaluation recordings. Raises PortError where one of ``folders`` is missing there."""
    data = shared / "data" if (shared / "data").is_dir() else shared
    for folder in folders:
        if not (data / folder / "manifest.jsonl").is_file():
            raise PortError(f"{data / folder}: no recordings there; set CLOISTER_SHARED to the evaluation data")
    return data


@dataclass(frozen=True, slots=True)
class Sheet:
    """Questions to one site."""

    site: Site
    asked: tuple[Asked, ...]


def read(name: str, half: Half) -> Sheet:
    """One half of ``questions/<name>.yaml``."""
    data = yaml.safe_load((QUESTIONS / f"{name}.yaml").read_text(encoding="utf-8"))
    site = load_site((QUESTIONS / data["site"]).resolve())
    asked = [
        Asked(text, f"{kind}:{identifier}")
        for section, kind in (("facts", "fact"), ("hours", "hours"))
        for identifier, halves in data[section].items()
        for text in halves.get(half, ())
    ]
    asked += [Asked(m["ask"], f"hours:{m['id']}", tuple(m["say"])) for m in data["moments"] if m["half"] == half]
    asked += [Asked(text, None) for text in data["absent"].get(half, ())]
    return Sheet(site, tuple(asked))


def drawn(items: Sequence[_T], limit: int | None) -> Sequence[_T]:
    """At most ``limit`` items, evenly drawn."""
    if limit is None or limit >= len(items):
        return items
    return [items[i * len(items) // limit] for i in range(limit)]
