"""Reads what was said in which recording, and reports every mistake with its file and line.

A folder holds one of these:

- ``manifest.csv`` or ``manifest.jsonl``: a row for each utterance, with the columns below;
- sound files (wave or FLAC, in subfolders too), each with a text beside it: ``call.wav`` and ``call.txt``; for the
  channels of a file with two, ``call.1.txt`` and ``call.2.txt``. The column ``folder`` is the subfolder.

Columns, of which ``audio`` is needed and one more that says what is right:

- ``audio``: the sound file, relative to the manifest;
- ``text``: what was said;
- ``entry``: what should answer: the id of a fact, ``what`` of opening hours, the intent of a form, or ``nothing``;
- ``answer``: words that the reply must hold;
- ``list:NAME``: the value of the site's list of that name that must be heard;
- ``start``, ``end``: seconds in the file, where the utterance is a part of it;
- ``channel``: 1, 2, …, or ``mix``, the mean of all; without it, what the command was told, by default ``mix``;
- ``hypothesis:NAME``: what the system NAME heard;
- every other column divides the recordings into groups. In JSON, ``{"a": {"b": 1}}`` is the column ``a.b``.

Nothing is written beside the recordings.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from appliance.bench.recordings.normalisation import normalised
from appliance.config.reader import ConfigError, did_you_mean, read_text
from appliance.config.site import Site
from appliance.core.ports import PortError
from appliance.devices.wave import measure_sound
from appliance.language import templates

SOUNDS = (".wav", ".wave", ".flac")
"""Endings of sound files that are looked for where there is no manifest"""

NOTHING = "nothing"
"""``entry`` of a question that the site cannot answer"""

_OWN = ("audio", "text", "entry", "answer", "start", "end", "channel")
_LIST, _HYPOTHESIS = "list:", "hypothesis:"
_LONGEST_NAME = 80
"""Letters of a group's name; a longer one is cut"""


@dataclass(frozen=True, slots=True)
class Recording:
    """One utterance, and what is right about it."""

    id: str
    """file, part and channel: the same in every run over the same folder"""
    audio: Path
    channel: int | None = None
    """counted from 1; None is the mean of all"""
    start_s: float = 0.0
    end_s: float | None = None
    text: str | None = None
    entry: str | None = None
    answer: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    """values of the site's lists, by list"""
    hypotheses: Mapping[str, str] = field(default_factory=dict)
    """what other systems heard, by system"""
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The recordings of a folder."""

    source: Path
    """the manifest, or the folder"""
    recordings: tuple[Recording, ...]
    mixed: int
    """recordings of which several channels were averaged"""

    @property
    def systems(self) -> tuple[str, ...]:
        """Names of the other systems."""
        return tuple(dict.fromkeys(name for one in self.recordings for name in one.hypotheses))

    @property
    def lists(self) -> frozenset[str]:
        """The site's lists that any recording names a value of."""
        return frozenset(name for one in self.recordings for name in one.values)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that divide the recordings into groups."""
        return tuple(dict.fromkeys(name for one in self.recordings for name in one.groups))

    def no_column(self, name: str) -> ConfigError:
        """The error that says so, with the column that was probably meant."""
        return ConfigError(
            [f"{self.source}: there is no column {name!r} to divide by{did_you_mean(name, self.columns)}"]
        )


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of a manifest, as it is written."""

    where: str
    values: Mapping[str, str]


def read_manifest(
    place: Path,
    site: Site,
    entries: Sequence[str],
    *,
    renamed: Mapping[str, str] | None = None,
    channel: int | None = None,
) -> Manifest:
    """Read the recordings of a folder, or of a manifest.

    ``entries`` are the names of what the site can answer, ``renamed`` gives the manifest's column for a column of
    ours, and ``channel`` is taken of a file with several where no column says which. Raises ConfigError with every
    mistake, and PortError where there is nothing to read.
    """
    wrong: list[str] = []
    source = _source(place, wrong)
    folder = place if place.is_dir() else place.parent
    if source is None:
        rows = _files(place, wrong)
    else:
        rows = list(_jsonl(source, wrong) if source.suffix == ".jsonl" else _csv(source, wrong))
        rows = _renamed(source, rows, renamed or {}, wrong)
    checker = _Checker(folder, site, entries, channel, wrong)
    found = [recording for row in rows if (recording := checker.read(row)) is not None]
    if wrong:
        raise ConfigError(wrong)
    if not found:
        raise PortError(f"{source or place}: holds no recording")
    return Manifest(source or place, tuple(found), checker.mixed)


# --- where the rows are -------------------------------------------------------------------------------------------


def _source(place: Path, wrong: list[str]) -> Path | None:
    """The manifest; None for a folder of sound files with texts."""
    if place.is_file():
        if place.suffix not in (".csv", ".tsv", ".jsonl"):
            raise ConfigError([f"{place}: is no folder, and no manifest: that is a .csv, .tsv or .jsonl"])
        return place
    if not place.is_dir():
        raise ConfigError([f"{place}: there is no such folder"])
    found = [file for name in ("manifest.csv", "manifest.tsv", "manifest.jsonl") if (file := place / name).is_file()]
    if len(found) > 1:
        wrong.append(f"{place}: holds {found[0].name} and {found[1].name}: name the one that counts")
    return found[0] if found else None


def _files(folder: Path, wrong: list[str]) -> list[_Row]:
    """Sound files, each with its text beside it."""
    rows = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in SOUNDS or not path.is_file():
            continue
        texts = {"": path.with_suffix(".txt")} | {str(n): path.with_suffix(f".{n}.txt") for n in (1, 2)}
        there = {channel: text for channel, text in texts.items() if text.is_file()}
        if not there:
            wrong.append(f"{path}: has no text beside it ({texts[''].name})")
        if "" in there and len(there) > 1:
            wrong.append(f"{texts['']}: {path.name} has texts for its channels too: leave one or the other")
        for channel, text in there.items():
            group = path.parent.relative_to(folder).as_posix()
            values = {"audio": path.relative_to(folder).as_posix(), **({"channel": channel} if channel else {})}
            try:
                values["text"] = " ".join(read_text(text).split())
            except ConfigError as error:
                wrong += error.problems
                continue
            rows.append(_Row(f"{text}:1", values | ({} if group == "." else {"folder": group})))
    if not rows and not wrong:
        raise PortError(f"{folder}: holds no manifest.csv or .jsonl, and no wave or FLAC file with a text beside it")
    return rows


def _csv(path: Path, wrong: list[str]) -> Iterator[_Row]:
    lines = read_text(path).splitlines(keepends=True)
    head = lines[0] if lines else ""
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    names: list[str] | None = None
    while True:
        where = f"{path}:{reader.line_num + 1}"
        try:
            cells = next(reader, None)
        except csv.Error as error:
            wrong.append(f"{where}: is no line of a CSV file: {error}")
            return
        if cells is None:
            return
        if not any(cell.strip() for cell in cells):
            continue
        if names is None:
            names = [cell.strip() for cell in cells]
            twice = sorted({name for name in names if names.count(name) > 1})
            wrong += [f"{where}: there are two columns {name!r}" for name in twice]
        elif len(cells) > len(names):
            wrong.append(f"{where}: has {len(cells)} cells, not {len(names)}: put a text with commas in quotes")
        else:
            yield _Row(where, {name: cell.strip() for name, cell in zip(names, cells, strict=False) if cell.strip()})


def _jsonl(path: Path, wrong: list[str]) -> Iterator[_Row]:
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            wrong.append(f"{where}: is not JSON: {getattr(error, 'msg', 'nested too deeply')}")
            continue
        if not isinstance(value, dict):
            wrong.append(f'{where}: must be an object, as in {{"audio": …, "text": …}}')
            continue
        yield _Row(where, dict(_flat(value, "")))


def _flat(value: Mapping[str, object], before: str) -> Iterator[tuple[str, str]]:
    """Names and texts of an object's values; those that are null or a list are left out."""
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _flat(inner, f"{before}{name}.")
        elif inner is not None and not isinstance(inner, list) and (text := str(inner).strip()):
            yield f"{before}{name}", text


def _renamed(path: Path, rows: Sequence[_Row], renamed: Mapping[str, str], wrong: list[str]) -> list[_Row]:
    known = dict.fromkeys(name for row in rows for name in row.values)
    for column in renamed.values():
        if column not in known:
            wrong.append(f"{path}:1: there is no column {column!r}{did_you_mean(column, known)}")
    if rows and "audio" not in {**known, **renamed}:
        close = next((name for name in ("file", "path", "wav", "audio_filepath", "file_name") if name in known), None)
        hint = f"; if it is {close!r}: --column audio={close}" if close else did_you_mean("audio", known)
        wrong.append(f"{path}:1: there is no column 'audio'{hint}")
        return []
    taken = {column: name for name, column in renamed.items()}
    return [_Row(row.where, {taken.get(name, name): text for name, text in row.values.items()}) for row in rows]


# --- what a row says ----------------------------------------------------------------------------------------------


class _Checker:
    """Makes recordings of rows, and notes what is wrong."""

    def __init__(self, folder: Path, site: Site, entries: Sequence[str], channel: int | None, wrong: list[str]) -> None:
        self._folder = folder
        self._site = site
        self._entries = (*entries, NOTHING)
        self._channel = channel
        self._wrong = wrong
        self._sounds: dict[Path, tuple[int, float] | None] = {}
        self._seen: dict[str, str] = {}
        self._list_values: dict[str, frozenset[str]] = {}
        self.mixed = 0

    def read(self, row: _Row) -> Recording | None:
        before = len(self._wrong)
        values = row.values
        if "audio" not in values:
            self._bad(row, "`audio` is missing")
            return None
        audio = self._folder / values["audio"]
        start_s, end_s = self._seconds(row, "start"), self._seconds(row, "end")
        channel = self._which_channel(row)
        sound = self._sound(row, audio)
        if sound is not None:
            channels, length_s = sound
            if channel is not None and channel > channels:
                if "channel" in values:
                    self._bad(row, f"channel {channel}: the file has {channels}")
                channel = None
            self.mixed += channel is None and channels > 1
            for name, at_s in (("start", start_s), ("end", end_s)):
                if at_s is not None and at_s > length_s + 0.01:
                    self._bad(row, f"`{name}` is {at_s:g} s, and the sound {length_s:.2f} s long")
        if start_s is not None and end_s is not None and start_s >= end_s:
            self._bad(row, f"`start` ({start_s:g}) is not before `end` ({end_s:g})")
        text = values.get("text")
        lists = self._lists(row)
        entry = self._entry(row)
        answer = values.get("answer")
        if text is not None and not normalised(text, self._site.language):
            self._bad(row, "`text` holds no word")
        if text is None and entry is None and answer is None and not lists:
            self._bad(row, "says nothing that is right: needs `text`, `entry`, `answer` or `list:NAME`")
        place = values["audio"] + (f"#{channel}" if channel is not None else "")
        if start_s is not None or end_s is not None:
            place += f"[{start_s or 0:g}-{'' if end_s is None else f'{end_s:g}'}]"
        if place in self._seen:
            self._bad(row, f"the same sound as in {self._seen[place]}")
        self._seen.setdefault(place, row.where)
        hypotheses = {name.removeprefix(_HYPOTHESIS): t for name, t in values.items() if name.startswith(_HYPOTHESIS)}
        if "" in hypotheses:
            self._bad(row, "`hypothesis:` needs the name of the system behind the colon")
        if len(self._wrong) > before:
            return None
        groups = {
            name: said[:_LONGEST_NAME]
            for name, said in values.items()
            if name not in _OWN and not name.startswith((_LIST, _HYPOTHESIS))
        }
        return Recording(place, audio, channel, start_s or 0.0, end_s, text, entry, answer, lists, hypotheses, groups)

    def _bad(self, row: _Row, what: str) -> None:
        self._wrong.append(f"{row.where}: {what}")

    def _seconds(self, row: _Row, name: str) -> float | None:
        if name not in row.values:
            return None
        try:
            value = float(row.values[name])
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value >= 0):
            self._bad(row, f"`{name}` must be seconds, not {row.values[name]!r}")
            return None
        return value

    def _which_channel(self, row: _Row) -> int | None:
        given = row.values.get("channel")
        if given is None:
            return self._channel
        if given == "mix":
            return None
        if not given.isascii() or not given.isdigit() or int(given) < 1:
            self._bad(row, f"`channel` must be 1, 2, … or mix, not {given!r}")
            return None
        return int(given)

    def _sound(self, row: _Row, path: Path) -> tuple[int, float] | None:
        """Channels and seconds of a sound file. A file with mistakes is reported once."""
        if path not in self._sounds:
            try:
                found = measure_sound(path)
                if not found[1]:
                    raise PortError(f"{path}: holds no sound")
                self._sounds[path] = found
            except PortError as error:
                self._sounds[path] = None
                self._bad(row, str(error))
        return self._sounds[path]

    def _entry(self, row: _Row) -> str | None:
        entry = row.values.get("entry")
        if entry is not None and entry not in self._entries:
            self._bad(row, f"the site has nothing called {entry!r}{did_you_mean(entry, self._entries)}")
        return entry

    def _lists(self, row: _Row) -> dict[str, str]:
        found: dict[str, str] = {}
        lists = self._site.speech.lists
        for column, text in row.values.items():
            if not column.startswith(_LIST):
                continue
            name = column.removeprefix(_LIST)
            if name not in lists:
                self._bad(row, f"the site has no list {name!r}{did_you_mean(name, lists)}")
                continue
            if name not in self._list_values:
                self._list_values[name] = frozenset(templates.list_values(lists, name))
            if text not in self._list_values[name]:
                self._bad(row, f"the list {name!r} has no value {text!r}{did_you_mean(text, self._list_values[name])}")
            found[name] = text
        return found
