"""Make the visitors' recordings again: ``python -m appliance.bench.workbench.record``.

Needs Debian's ``flite``. Every recording is 16 kHz, mono, Opus, levelled
to the same loudness and put into a room made of exponentially decaying noise (seeded, so the same room each time).
The end of speech is measured on the clean synthesis, before the room: that is where the mouth closes, and response
gaps count from there.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from appliance.bench.demo.scenario import VISITOR
from appliance.config.reader import ConfigError, load_record
from appliance.core.audio import SAMPLE_RATE_HZ, Samples

LINES = Path(__file__).with_name("lines.yaml")
LEVEL_DBFS = -26.0
"""RMS of the speech between its first and last sound, in dBFS."""
LEAD_SAMPLES = SAMPLE_RATE_HZ // 20
"""Samples of silence before the speech."""
TAIL_SAMPLES = SAMPLE_RATE_HZ // 5
"""Samples that are kept after the speech, while the room dies away."""
SILENT_DB = -40.0
"""Level, relative to the loudest part of 5 ms, below which such a part is silence."""


@dataclass(frozen=True, slots=True)
class Room:
    """A room's echo of a voice."""

    rt60_s: float
    """seconds until the reverberation has fallen by 60 dB"""
    direct_db: float
    """energy of the direct sound over that of the reverberation"""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that a visitor says."""

    id: str
    voice: str
    says: str
    """the words in lower case, as a recogniser writes them"""
    spell: str = ""
    """the text for the synthesizer, where it needs punctuation"""
    stretch: float | None = None
    """duration relative to the voice's own pace"""
    room: Room | None = None


@dataclass(frozen=True, slots=True)
class Defaults:
    """Values for lines that have none of their own."""

    stretch: float
    room: Room


@dataclass(frozen=True, slots=True)
class Lines:
    """The content of ``lines.yaml``."""

    defaults: Defaults
    lines: tuple[Line, ...] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        ids = [line.id for line in self.lines]
        twice = {name for name in ids if ids.count(name) > 1}
        if twice:
            raise ValueError(f"two lines are called {', '.join(sorted(twice))}")


def load_lines(path: Path = LINES) -> Lines:
    """Read the lines. Raises ConfigError."""
    return load_record(path, Lines)


def speech_bounds(speech: Samples) -> tuple[int, int]:
    """First and last sample (exclusive) of the sound in a clean synthesis, to 5 ms."""
    frame = SAMPLE_RATE_HZ // 200
    frames = speech[: len(speech) // frame * frame].reshape(-1, frame)
    level = np.sqrt(np.mean(frames.astype(np.float64) ** 2, axis=1))
    loud = np.flatnonzero(level > level.max() * 10 ** (SILENT_DB / 20))
    return int(loud[0]) * frame, (int(loud[-1]) + 1) * frame


def reverberate(speech: Samples, room: Room, random: np.random.Generator) -> Samples:
    """The speech as it sounds in the room, with the same length and the direct sound at the same time."""
    length = int(room.rt60_s * SAMPLE_RATE_HZ)
    times = np.arange(length) / SAMPLE_RATE_HZ
    decay = random.standard_normal(length) * 10 ** (-3 * times / room.rt60_s)
    decay[: SAMPLE_RATE_HZ // 250] = 0.0  # the first wall is about 70 cm away
    decay *= 10 ** (-room.direct_db / 20) / np.sqrt(np.sum(decay**2))
    wet = np.convolve(speech.astype(np.float64), decay)[: len(speech)]
    return (speech + wet).astype(np.float32)


def synthesize(line: Line, stretch: float) -> Samples:
    """The line as flite says it, at 16 kHz."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "line.wav"
        pace = f"duration_stretch={stretch}"
        command = ["flite", "-voice", line.voice, "--setf", pace, "-t", line.spell or line.says, "-o", str(path)]
        subprocess.run(command, check=True, capture_output=True)
        speech, rate_hz = soundfile.read(path, dtype="float32")
    return np.asarray(soxr.resample(speech, rate_hz, SAMPLE_RATE_HZ), dtype=np.float32)


def record(line: Line, defaults: Defaults, folder: Path) -> dict[str, Any]:
    """Write one recording and return its label."""
    clean = synthesize(line, line.stretch or defaults.stretch)
    start, end = speech_bounds(clean)
    level = np.sqrt(np.mean(clean[start:end].astype(np.float64) ** 2))
    clean = np.pad(clean[start:end] * (10 ** (LEVEL_DBFS / 20) / level), (LEAD_SAMPLES, TAIL_SAMPLES))
    random = np.random.default_rng(zlib.crc32(line.id.encode()))
    heard = np.clip(reverberate(clean.astype(np.float32), line.room or defaults.room, random), -1.0, 1.0)
    soundfile.write(folder / f"{line.id}.opus", heard, SAMPLE_RATE_HZ, format="OGG", subtype="OPUS")
    return {
        "says": line.says,
        "voice": line.voice,
        "samples": len(heard),
        "speech_start": LEAD_SAMPLES,
        "speech_end": LEAD_SAMPLES + end - start,
    }


def main() -> int:
    """Record everything in ``lines.yaml`` that has no recording yet, or all of it."""
    parser = argparse.ArgumentParser(prog="python -m appliance.bench.workbench.record", description=__doc__)
    parser.add_argument("--all", action="store_true", help="make also those that exist")
    parser.add_argument("--lines", type=Path, default=LINES, help="what is to be said (default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=VISITOR, help="where recordings and labels go")
    arguments = parser.parse_args()
    if shutil.which("flite") is None:
        print("flite is not installed; apt-get install flite", file=sys.stderr)
        return 2
    folder: Path = arguments.folder
    try:
        wanted = load_lines(arguments.lines)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    labels_path = folder / "labels.json"
    known = json.loads(labels_path.read_text()) if labels_path.exists() and not arguments.all else {}
    labels = {}
    for line in wanted.lines:
        kept = known.get(line.id)
        if kept is None or kept["says"] != line.says or kept["voice"] != line.voice:
            kept = record(line, wanted.defaults, folder)
            print(f"{line.id:16} {line.voice:6} {kept['samples'] / SAMPLE_RATE_HZ:4.1f} s  {line.says}")
        labels[line.id] = kept
    labels_path.write_text(json.dumps(labels, indent=1) + "\n")
    for stray in sorted({path.stem for path in folder.glob("*.opus")} - set(labels)):
        (folder / f"{stray}.opus").unlink()
        print(f"{stray:16} removed: no line of this name")
    return 0


if __name__ == "__main__":
    sys.exit(main())
