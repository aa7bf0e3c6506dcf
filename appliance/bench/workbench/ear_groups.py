"""``cloister evaluate ear-groups``: measures whom and where the ears hear worse, and what they take for a sentence of
the site that is none.

- *groups*: word errors on the sentences of ``A-asr-dev``, by age and first language of the speakers;
- *places*: the same sentences, drawn evenly from the groups, as recorded, over a telephone (8 kHz, G.711), and from
  three metres away in a living room and in a hall (image method);
- *taken for the site's*: utterances of ``A-asr-dev`` of which more than half of the words that were heard are wrong and
  come from an ear of the site's, and stretches of noise in which any words are heard.

The image method is that of Allen and Berkley, "Image method for efficiently simulating small-room acoustics", 1979.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import soxr

from appliance.bench.markdown import Row, percent
from appliance.bench.workbench.ear import Cutter, recorded
from appliance.bench.workbench.material import drawn, recordings_in
from appliance.bench.workbench.voice import word_distance
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Transcript
from appliance.core.ports import EarStream
from appliance.engines.asr.combined import open_ear
from appliance.engines.asr.moonshine import Moonshine
from appliance.language.words import plain_words

_CHILD, _YOUTH = 10, 15
"""oldest ages, in years, of a child and of a youth"""
_LONGEST_S = 30.0
_BLOCK = SAMPLE_RATE_HZ // 10
_NOISE_S, _NOISE_DBFS = 3.0, -30.0
"""length and level of a stretch of noise"""
_STRETCHES = 4
"""stretches of each recording of noise"""
_SOUND_M_S = 343.0


@dataclass(frozen=True, slots=True)
class Room:
    """A box room, a speaker and a microphone in it. Lengths in metres."""

    size: tuple[float, float, float]
    absorption: float
    """share of the energy that a wall takes"""
    speaker: tuple[float, float, float]
    microphone: tuple[float, float, float]


LIVING_ROOM = Room((5.2, 4.1, 2.6), 0.35, (1.1, 1.4, 1.6), (4.0, 2.3, 1.1))
HALL = Room((14.0, 9.0, 4.0), 0.2, (5.0, 4.0, 1.6), (7.9, 4.8, 1.2))


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """Word errors on a group of utterances."""

    group: str
    utterances: int
    words: int
    errors: int
    """substitutions, insertions, deletions"""
    exact: int
    """utterances without any"""


@dataclass(frozen=True, slots=True)
class EarGroupFigures:
    """All figures of groups and places."""

    groups: tuple[GroupFigures, ...]
    strange: tuple[int, int]
    """utterances of other speech that were taken for the site's, and all"""
    noise: tuple[int, int]
    """stretches of noise in which words were heard, and all"""

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for group in self.groups:
            what = f"word errors, {group.group}"
            yield Row(what, f"{percent(group.errors, group.words)} of {group.words} words", group.utterances)
        yield Row("other speech taken for a sentence of the site", percent(*self.strange), self.strange[1])
        yield Row("words heard in noise alone", percent(*self.noise), self.noise[1])

    def table(self) -> str:
        """The figures as text for a terminal."""
        lines = [f"{'group':<34}{'utterances':>11}{'words':>7}{'errors':>9}{'all right':>11}"]
        lines += [
            f"{g.group:<34}{g.utterances:>11}{g.words:>7}{percent(g.errors, g.words):>9}"
            f"{percent(g.exact, g.utterances):>11}"
            for g in self.groups
        ]
        lines += [
            f"other speech taken for a sentence of the site: {percent(*self.strange)} of {self.strange[1]}",
            f"words heard in noise alone: {percent(*self.noise)} of {self.noise[1]} stretches",
        ]
        return "\n".join(lines)


def evaluate(settings: Settings, site: Site, shared: Path, limit: int | None = None) -> EarGroupFigures:
    """Measure the ears of ``settings`` at ``site`` on at most ``limit`` recordings of each group, evenly drawn.

    Raises PortError when the recordings are not there.
    """
    data = recordings_in(shared, "A-asr-dev", "C-noise")
    ear, cutter = open_ear(settings, site).stream(), Cutter()
    people = _people(data / "A-asr-dev", limit)
    heard: dict[str, list[tuple[list[str], Transcript]]] = defaultdict(list)
    for group, entries in people.items():
        for path, words in entries:
            heard[group].append((words, _listen(ear, cutter.cut(recorded(path)))))
    everyone = list(itertools.chain.from_iterable(heard.values()))
    few = [entry for entries in people.values() for entry in drawn(entries, max(1, len(everyone) // 12))]
    for place, change in PLACES.items():
        for path, words in few:
            heard[place].append((words, _listen(ear, cutter.cut(change(recorded(path))))))
    strange = sum(taken(words, transcript) for words, transcript in everyone)
    sounds = list(_noise(data / "C-noise", limit))
    loud = sum(bool(_listen(ear, sound).text) for sound in sounds)
    groups = tuple(_figures(group, rows) for group, rows in heard.items())
    return EarGroupFigures(groups, (strange, len(everyone)), (loud, len(sounds)))


def taken(words: Sequence[str], heard: Transcript) -> bool:
    """Whether other speech was taken for a sentence of the site: an ear of the site's is believed, and is mostly
    wrong."""
    text = heard.text.split()
    return bool(text) and heard.ear != Moonshine.name and 2 * word_distance(list(words), text) > len(text)


def _figures(group: str, rows: Sequence[tuple[list[str], Transcript]]) -> GroupFigures:
    errors = [word_distance(words, heard.text.split()) for words, heard in rows]
    return GroupFigures(group, len(rows), sum(len(words) for words, _ in rows), sum(errors), errors.count(0))


def _people(folder: Path, limit: int | None) -> dict[str, list[tuple[Path, list[str]]]]:
    """Recordings and words by group of speakers."""
    groups: dict[str, list[tuple[Path, list[str]]]] = defaultdict(list)
    for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry["text"] and not any(c.isdigit() for c in entry["text"]) and entry["seconds"] < _LONGEST_S:
            groups[group_of(entry)].append((folder / entry["file"], plain_words(entry["text"])))
    return {group: list(drawn(groups[group], limit)) for group in sorted(groups)}


def group_of(entry: Mapping[str, object]) -> str:
    """The group of a recording's speaker."""
    age = entry.get("age")
    if not isinstance(age, int):
        return "first language English"
    ages = "children" if age <= _CHILD else "youths" if age <= _YOUTH else "adults"
    return f"first language Mandarin, {ages}"


def _listen(ear: EarStream, samples: Samples) -> Transcript:
    ear.start()
    for at in range(0, len(samples), _BLOCK):
        ear.accept(samples[at : at + _BLOCK])
    return ear.finish()


def _noise(folder: Path, limit: int | None) -> Iterator[Samples]:
    """Stretches of the second halves of the recordings of noise, without the crowd, whose words are words."""
    entries = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    for entry in drawn([entry for entry in entries if "babble" not in entry["id"]], limit):
        sound = recorded(folder / entry["file"])
        sound = sound[len(sound) // 2 :]
        length = round(_NOISE_S * SAMPLE_RATE_HZ)
        for at in np.linspace(0, max(0, len(sound) - length), _STRETCHES).astype(int):
            stretch = sound[at : at + length]
            level = float(np.sqrt(np.mean(stretch**2))) + 1e-9
            yield np.clip(stretch * (10 ** (_NOISE_DBFS / 20) / level), -1, 1).astype(np.float32)


# --- places -------------------------------------------------------------------------------------------------------


def telephone(samples: Samples) -> Samples:
    """The sound after a telephone line: 8 kHz and G.711 (µ-law), 8 bits a sample."""
    narrow = np.clip(soxr.resample(samples, SAMPLE_RATE_HZ, 8000), -1, 1)
    # µ-law in the continuous form; the segments of G.711 differ by less than a step.
    coded = np.round(np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256) * 127) / 127
    decoded = np.sign(coded) * (256 ** np.abs(coded) - 1) / 255
    line: Samples = soxr.resample(decoded, 8000, SAMPLE_RATE_HZ).astype(np.float32)
    return line


@functools.cache
def image_response(room: Room, seconds: float = 0.4) -> Samples:
    """Impulse response of a box room, the direct sound first and at level 1."""
    reflected = np.sqrt(1 - room.absorption)
    size = np.array(room.size)
    reach = np.ceil(seconds * _SOUND_M_S / (2 * size)).astype(int)
    response = np.zeros(round(seconds * SAMPLE_RATE_HZ) + 1)
    shifts = [np.arange(-n, n + 1) for n in reach]
    first = float(np.linalg.norm(np.array(room.speaker) - np.array(room.microphone)))
    for mirrored in itertools.product((0, 1), repeat=3):
        distance_squared = np.zeros((1, 1, 1))
        hits = np.zeros((1, 1, 1), int)
        for axis in range(3):
            q = mirrored[axis]
            place = (1 - 2 * q) * room.speaker[axis] + 2 * shifts[axis] * size[axis] - room.microphone[axis]
            along = [1, 1, 1]
            along[axis] = -1
            distance_squared = distance_squared + (place**2).reshape(along)
            hits = hits + (np.abs(shifts[axis] - q) + np.abs(shifts[axis])).reshape(along)
        distance = np.sqrt(distance_squared)
        at = np.round((distance - first) / _SOUND_M_S * SAMPLE_RATE_HZ).astype(int)
        within = at < len(response)
        np.add.at(response, at[within], (reflected**hits * first / distance)[within])
    return response.astype(np.float32)


def far(room: Room, samples: Samples) -> Samples:
    """The sound in a room, as loud as it was."""
    response = image_response(room)
    size = len(samples) + len(response) - 1
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)
    wet *= np.sqrt(np.mean(samples**2) / (np.mean(wet**2) + 1e-12))
    heard: Samples = (wet / max(1.0, float(np.abs(wet).max()))).astype(np.float32)
    return heard


PLACES: Mapping[str, Callable[[Samples], Samples]] = {
    "as recorded": lambda samples: samples,
    "over a telephone, 8 kHz G.711": telephone,
    "three metres away, living room": partial(far, LIVING_ROOM),
    "three metres away, hall": partial(far, HALL),
}
"""What a place does to the sound"""
