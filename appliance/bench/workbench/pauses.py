"""Recorded turns with labelled silences: the material of ``cloister bench turns``.

A *turn* is what one person says before another person may speak. Every silence of at least ``SHORTEST_S`` in it is
labelled. A *hold* is a pause after which the same person goes on, and the *end* is the silence after the last word. The
turns come from recordings beside the checkout (``../shared/data``):

- ``orders`` (commands-dev): 308 spoken coffee orders, each with seconds of recorded silence after it;
- ``sentences`` (A-asr-dev): sentences read aloud, most by learners and children, who pause in the middle;
- ``calls`` (D-dialog): both sides of two telephone calls in channels of their own; a silence is a hold when the same
  side speaks next and the other is silent meanwhile, an end when the other side speaks next;
- ``meetings`` (D-dialog, AMI): turns as people labelled them, where no other person speaks at the same time;
- ``digits``: telephone numbers built from single recorded digits, grouped 3-3-4.

Orders and sentences without a pause of their own are given one, at a border between two words. Its length is one that
the timed consultations of ``F-text/primock57_timed`` have between two stretches of the same speaker. These are the
*unfinished versions*. The speech before the built pause breaks off, and the rest follows. A built pause is silence of
the recording itself, so that nothing but the pause changes. Each has a *complete version*, the recording as it was
spoken, and only there the end counts. If it counted in the unfinished version, every such turn would end at its second
pause, and a system could learn to count pauses.

``python -m appliance.bench.workbench.label_turns`` made the labels once. They are kept in ``turns.json``, with times in
seconds of the built sound and places in the recording. Speakers are split in two halves, even and odd, by a hash of the
name (of the file where no speaker is known).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
import soxr

from appliance.bench.workbench.material import recordings_in
from appliance.core.audio import SAMPLE_RATE_HZ, Samples

LABELS = Path(__file__).with_name("turns.json")

SHORTEST_S, LONGEST_S = 0.2, 5.0
"""Seconds of the shortest and longest hold that counts, as in livekit's eot-bench (``--min-hold-span-duration``,
``--max-hold-span-duration``)."""

LEAD_S, TAIL_S = 0.5, 4.0
"""Seconds of quiet before a turn and after it."""

_SEAM_S = 0.01
"""Seconds over which two pieces of sound are faded into each other."""

COMPLETE = "-complete"
"""End of the name of a complete version."""

Group = Literal["orders", "sentences", "calls", "meetings", "digits"]
Half = Literal["fit", "report"]


@dataclass(frozen=True, slots=True)
class Silence:
    """A labelled silence, in seconds of the built sound."""

    begin_s: float
    end_s: float
    hold: bool
    """whether the speaker goes on after it; otherwise it is the end of the turn"""
    built: bool = False
    """whether it was inserted, not recorded"""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a recording, and the silence that is put after it."""

    file: str
    from_s: float
    to_s: float
    pause_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Turn:
    """One labelled turn."""

    id: str
    group: Group
    speaker: str
    pieces: tuple[Piece, ...]
    quiet: tuple[str, float, float]
    """file and place of the recording's own silence, which fills built pauses"""
    silences: tuple[Silence, ...]

    @property
    def half(self) -> Half:
        """The half of the speakers that this one belongs to."""
        return "fit" if hashlib.sha256(self.speaker.encode()).digest()[0] % 2 else "report"

    @property
    def holds(self) -> tuple[Silence, ...]:
        return tuple(s for s in self.silences if s.hold and SHORTEST_S <= s.end_s - s.begin_s <= LONGEST_S)

    @property
    def end(self) -> Silence:
        return self.silences[-1]

    @property
    def unfinished(self) -> bool:
        """Whether it has a built pause, and so a complete version beside it."""
        return self.group != "digits" and any(silence.built for silence in self.silences)

    @property
    def origin(self) -> tuple[str, float]:
        """A key that all versions of a turn have in common."""
        return self.pieces[0].file, self.pieces[0].from_s


def fold(speaker: str, folds: int) -> int:
    """The part of the fitted half that a speaker belongs to, where each network is trained without one part."""
    return hashlib.sha256(speaker.encode()).digest()[1] % folds


def data_folder(shared: Path) -> Path:
    """The folder of the recordings. Raises PortError when it is missing."""
    return recordings_in(shared, "A-asr-dev", "commands-dev", "D-dialog", "digits")


def read_labels(path: Path = LABELS) -> list[Turn]:
    """All labelled turns."""
    return [
        Turn(
            id=row["id"],
            group=row["group"],
            speaker=row["speaker"],
            pieces=tuple(Piece(**piece) for piece in row["pieces"]),
            quiet=tuple(row["quiet"]),
            silences=tuple(Silence(**silence) for silence in row["silences"]),
        )
        for row in json.loads(path.read_text(encoding="utf-8"))
    ]


def write_labels(turns: Sequence[Turn], path: Path = LABELS) -> None:
    """Write one turn in each line, so that a change can be read."""
    lines = ",\n".join(json.dumps(_rounded(asdict(turn)), separators=(", ", ": ")) for turn in turns)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


def drawn(turns: Sequence[Turn], limit: int | None) -> list[Turn]:
    """At most ``limit`` turns of each group, drawn by a hash of their names. A larger draw holds every smaller one."""
    groups: dict[str, list[Turn]] = {}
    for turn in sorted(turns, key=lambda turn: hashlib.sha256(turn.id.encode()).digest()):
        groups.setdefault(turn.group, []).append(turn)
    return [turn for group in groups.values() for turn in group[:limit]]


def versions(turns: Sequence[Turn]) -> list[Turn]:
    """The turns, each unfinished one followed by its complete version."""
    return [version for turn in turns for version in ((turn, complete(turn)) if turn.unfinished else (turn,))]


def complete(turn: Turn) -> Turn:
    """The recording as it was spoken."""

    def spoken_s(at_s: float) -> float:
        return at_s - sum(s.end_s - s.begin_s for s in turn.silences if s.built and s.begin_s < at_s)

    first, last = turn.pieces[0], turn.pieces[-1]
    silences = tuple(
        Silence(spoken_s(s.begin_s), spoken_s(s.begin_s) + s.end_s - s.begin_s, s.hold)
        for s in turn.silences
        if not s.built
    )
    return replace(
        turn, id=f"{turn.id}{COMPLETE}", pieces=(Piece(first.file, first.from_s, last.to_s),), silences=silences
    )


def sound(turn: Turn, data: Path) -> Samples:
    """The turn as it is played to every system: quiet, the pieces with their pauses, quiet."""
    file, from_s, to_s = turn.quiet
    room = _stretch(recording(data / file), from_s, to_s)
    parts = [_quiet(room, LEAD_S)]
    for number, piece in enumerate(turn.pieces):
        parts.append(_stretch(recording(data / piece.file), piece.from_s, piece.to_s))
        last = number == len(turn.pieces) - 1
        if piece.pause_s > 0 or last:
            parts.append(_quiet(room, TAIL_S if last else piece.pause_s))
    return _joined(parts)


@lru_cache(maxsize=8)
def recording(path: Path) -> Samples:
    """The first channel of a file at ``SAMPLE_RATE_HZ``."""
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    mono: Samples = soxr.resample(samples[:, 0], rate_hz, SAMPLE_RATE_HZ).astype(np.float32)
    return mono


def _stretch(samples: Samples, from_s: float, to_s: float) -> Samples:
    return samples[round(from_s * SAMPLE_RATE_HZ) : round(to_s * SAMPLE_RATE_HZ)]


def _quiet(room: Samples, seconds: float) -> Samples:
    """So many seconds of the recording's silence, forwards and backwards in turn, so that no seam is heard."""
    wanted = round(seconds * SAMPLE_RATE_HZ)
    there_and_back = np.concatenate((room, room[::-1]))
    return np.resize(there_and_back, wanted).astype(np.float32)


def _joined(parts: Sequence[Samples]) -> Samples:
    """Join the parts. The samples around each seam are faded, and no length changes."""
    fade = round(_SEAM_S * SAMPLE_RATE_HZ)
    ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    faded = []
    for part in parts:
        part = part.copy()
        if len(part) > 2 * fade:
            part[:fade] *= ramp
            part[-fade:] *= ramp[::-1]
        faded.append(part)
    return np.concatenate(faded)


def halves(turns: Sequence[Turn]) -> Iterator[tuple[Half, list[Turn]]]:
    yield "fit", [turn for turn in turns if turn.half == "fit"]
    yield "report", [turn for turn in turns if turn.half == "report"]
