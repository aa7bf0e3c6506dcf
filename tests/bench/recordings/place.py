"""A small site with recordings, and an ear that hears what it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import soundfile

from appliance.bench.recordings.evaluation import Profile, Recordings
from appliance.bench.recordings.hearing import Heard, audio_key
from appliance.config.box import load_settings
from appliance.config.site import Site, load_site
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Transcript
from appliance.devices.wave import read_speech
from tests.conftest import CHECKOUT

NOW = datetime(2026, 11, 18, 14, 45)

SITE = """
name: Elm Road Library
persona: {name: Ada, role: the voice of the library, greeting: Welcome.}
facts:
  - {id: card, say: A library card is free., ask: [how do I get a library card, what does a card cost]}
  - {id: printer, say: The printer is on the second floor., ask: [where is the printer]}
opening_hours:
  - {what: the library, hours: {tuesday-friday: "10:00-19:00"}, ask: [when does the library open]}
speech:
  vocabulary: [{word: Okafor}]
  phrases: ["give me a {size} {drink}"]
  lists: {drink: [tea, coffee], size: [small, large]}
"""


def site(folder: Path) -> Site:
    """The site."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "site.yaml").write_text(SITE)
    return load_site(folder / "site.yaml")


def sound(path: Path, number: int, *, channels: int = 1, seconds: float = 0.5, rate_hz: int = SAMPLE_RATE_HZ) -> Path:
    """Write noise that is unlike that of every other number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(number).normal(0, 0.05, (round(seconds * rate_hz), channels))
    soundfile.write(path, noise.astype(np.float32), rate_hz)
    return path


class ToldEar:
    """Stands for the ears: gives the text that belongs to a sound, and counts what it hears."""

    def __init__(self, texts: Mapping[str, str], latency_s: float = 0.2) -> None:
        """``texts`` by ``audio_key``."""
        self._texts = texts
        self._latency_s = latency_s
        self.calls = 0
        self.fails_at: int | None = None

    def hear(self, samples: Samples) -> Heard:
        self.calls += 1
        if self.calls == self.fails_at:
            raise KeyboardInterrupt
        text = self._texts[audio_key(samples)]
        seconds = len(samples) / SAMPLE_RATE_HZ
        if not text:
            return Heard("", 0.0, 0, seconds, 0.1, None)
        return Heard(text, 0.9, 1, seconds, 0.1, self._latency_s, 0.05)


def told(texts: Mapping[Path, str], latency_s: float = 0.2) -> ToldEar:
    """An ear that hears these texts in these files."""
    return ToldEar({audio_key(read_speech(path)): text for path, text in texts.items()}, latency_s)


def ears(by_name: Mapping[str, ToldEar]) -> Callable[[Profile], ToldEar]:
    """Opens the ear of a profile, by the profile's name."""
    return lambda profile: by_name[profile.name]


def profile(name: str, site: Site, prepared: Path | None = None, *, threshold: float = 0.5) -> Profile:
    """A profile of the starter's settings with another threshold of speech; ``prepared`` keeps what is worked out of
    the site."""
    settings = load_settings(CHECKOUT / "models" / "starter" / "cloister.yaml")
    endpoint = replace(settings.endpoint, speech_threshold=threshold)
    return Profile(name, replace(settings, endpoint=endpoint, prepared=prepared or settings.prepared), site)


def opened(folder: Path, site: Site, work: Path, **options: object) -> Recordings:
    """The recordings of a folder."""
    return Recordings.open(folder, site, work, now=NOW, **options)  # type: ignore[arg-type]  # passed on as they are


class Writing:
    """The ``EarStream`` port: writes down how much it heard."""

    name = "writing"
    streaming = ""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self._samples = 0

    def accept(self, samples: Samples) -> str:
        self._samples += len(samples)
        return ""

    def pause(self) -> Transcript:
        return Transcript("where is the pharmacy", 0.7, self.name)

    def resume(self) -> None:
        pass

    def finish(self) -> Transcript:
        assert self._samples > 16_000
        return Transcript("where is the pharmacy", 0.7, self.name)
