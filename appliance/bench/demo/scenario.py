"""Reads the visitor's lines and what must be true after each of them (``scenario.yaml``)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from appliance.config.reader import load_record
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import OutcomeKind
from appliance.devices.wave import read_speech

SCENARIO = Path(__file__).parent / "scenario.yaml"
VISITOR = Path(__file__).parent / "visitor"
"""Folder of the recordings and ``labels.json``."""


@dataclass(frozen=True, slots=True)
class Appointment:
    """The one entry that the appointment book must hold."""

    doctor: str
    date: str
    time: str
    name: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """The conditions that a reply must meet; see ``scenario.yaml``."""

    kind: tuple[OutcomeKind, ...] = ()
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    appointment: Appointment | None = None
    closes: bool = False

    def __post_init__(self) -> None:
        for pattern in (*self.says, *self.never):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the visitor."""

    line: str
    expect: Expectation = field(default_factory=Expectation)
    interrupts: float | None = None
    only_if: str = ""
    new_visitor: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """The content of ``scenario.yaml``."""

    site: Path
    now: str
    """date and time at which the appliance's clock starts, ISO 8601"""
    noise_dbfs: float
    """RMS of the noise of the room, in dBFS"""
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        datetime.fromisoformat(self.now)


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A recording of a visitor."""

    id: str
    says: str
    voice: str
    samples: Samples
    speech_start: int
    """sample at which the speech begins"""
    speech_end: int
    """sample just after its end"""


def load_scenario(path: Path = SCENARIO) -> Scenario:
    """Read the scenario. Raises ConfigError."""
    return load_record(path, Scenario)


def load_clips(folder: Path = VISITOR) -> dict[str, Clip]:
    """Read all recordings with their labels. Raises PortError when one cannot be read."""
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    return {
        name: Clip(
            name,
            label["says"],
            label["voice"],
            read_speech(folder / f"{name}.opus"),
            label["speech_start"],
            label["speech_end"],
        )
        for name, label in labels.items()
    }


def spoken_s(clip: Clip) -> float:
    """Seconds of speech in a recording."""
    return (clip.speech_end - clip.speech_start) / SAMPLE_RATE_HZ
