"""Writes what helped as fragments of a site file and of ``cloister.yaml``, for a person to read and take over.

The files of the box are never changed. A fragment holds words that people said: its owner alone can read it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from appliance.bench.recordings.proposals import Phrase, Word
from appliance.core.plain_text import printable
from appliance.core.ports import PortError

SITE, BOX = "site-fragment.yaml", "cloister-fragment.yaml"

_KEYS = {"fact": ("facts", "id"), "hours": ("opening_hours", "what"), "form": ("forms", "intent")}


def refuse_existing(folder: Path) -> None:
    """Refuse a folder that holds fragments already, before hours are spent. Raises PortError."""
    for name in (SITE, BOX):
        if (folder / name).exists():
            raise _there(folder / name)


def _there(path: Path) -> PortError:
    return PortError(f"{path}: is there already; name another folder with -o")


def write_site(folder: Path, told: Sequence[str], words: Sequence[Word], phrases: Sequence[Phrase]) -> Path:
    """Write the fragment of a site file. ``told`` are the lines about it. Raises PortError."""
    return _write(folder / SITE, [*_head(told, "the site file, then run `cloister check`"), *_site(words, phrases)])


def write_box(folder: Path, told: Sequence[str], endpoint: Mapping[str, float]) -> Path:
    """Write the fragment of ``cloister.yaml``. Raises PortError."""
    lines = ["endpoint:", *(f"  {name}: {value:g}" for name, value in endpoint.items())]
    return _write(folder / BOX, [*_head(told, "cloister.yaml, then start the appliance again"), *lines])


def _head(told: Iterable[str], where: str) -> Iterator[str]:
    yield "# Proposals of `cloister site learn`. Nothing of this is in use."
    yield f"# Read every line, take over what is right into {where}."
    for line in told:
        yield f"# {printable(line)}"


def _site(words: Sequence[Word], phrases: Sequence[Phrase]) -> Iterator[str]:
    spoken = [phrase for phrase in phrases if phrase.kind == "speech"]
    if words or spoken:
        yield "speech:"
    if words:
        yield "  vocabulary:"
        for word in words:
            if word.held_out is not None:
                said, without, with_it = word.held_out
                yield f"    # held out: said {said} times, heard right {without} times without, {with_it} with it"
            yield f"    - word: {_quoted(word.word)}  # said {word.said} times, heard right {word.heard} times"
            if word.sounds_like is not None:
                yield f"      sounds_like: {_quoted(word.sounds_like)}"
    if spoken:
        yield "  phrases:"
        yield from (_phrase(phrase, "    ") for phrase in spoken)
    for kind, (part, key) in _KEYS.items():
        of_kind = [phrase for phrase in phrases if phrase.kind == kind]
        if of_kind:
            yield f"{part}:"
        for entry in dict.fromkeys(phrase.entry for phrase in of_kind):
            yield f"  - {key}: {_quoted(entry)}"
            yield "    ask:"
            yield from (_phrase(phrase, "      ") for phrase in of_kind if phrase.entry == entry)


def _phrase(phrase: Phrase, indent: str) -> str:
    return f"{indent}- {_quoted(phrase.text)}  # said {phrase.said} times"


def _quoted(text: str) -> str:
    """A text in double quotes; what JSON writes, YAML reads."""
    return json.dumps(text)


def _write(path: Path, lines: Iterable[str]) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
    except FileExistsError:
        raise _there(path) from None
    except OSError as error:
        raise PortError(f"{path}: cannot be written: {error.strerror}") from None
    return path
