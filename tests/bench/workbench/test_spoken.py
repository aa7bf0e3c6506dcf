"""Spoken questions, with a visitor who hums and ears that know what was meant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from appliance.bench.questions import Engines
from appliance.bench.workbench import spoken
from appliance.bench.workbench.material import drawn, read
from appliance.bench.workbench.record import Line
from appliance.config.box import BrainSettings, EarSettings, Settings, VoiceSettings
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Transcript
from appliance.core.ports import PortError
from tests.brain.test_responder import Parrot
from tests.brain.test_retrieval import Words

HUM = np.sin(np.arange(SAMPLE_RATE_HZ) * 2 * np.pi * 200 / SAMPLE_RATE_HZ).astype(np.float32) * 0.3
SETTINGS = Settings(site=Path(), ear=EarSettings(), brain=BrainSettings(Path()), voice=VoiceSettings(Path()))


class Told:
    """A voice that hums, and an ear that knows the words. The ear misunderstands the first question."""

    name = "told"
    streaming = ""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.paces: list[float] = []
        self.seconds = 0.0

    def speak(self, line: Line, pace: float) -> Samples:
        self.said.append(line.says)
        self.paces.append(pace)
        return HUM

    def stream(self) -> Told:
        return self

    def start(self) -> None:
        self.seconds = 0.0

    def accept(self, samples: Samples) -> str:
        self.seconds += len(samples) / SAMPLE_RATE_HZ
        return ""

    def pause(self) -> Transcript:
        return self.finish()

    def resume(self) -> None: ...

    def finish(self) -> Transcript:
        if len(self.said) == 1:
            return Transcript("where is the dentist", 0.3, self.name)
        return Transcript(self.said[-1], 0.9, self.name)


def test_questions_are_spoken_heard_and_counted() -> None:
    told = Told()
    figures = spoken.evaluate(
        SETTINGS,
        None,
        Path(),
        limit=4,
        half="dev",
        engines=Engines(Parrot(), Words()),
        hears=lambda settings, site: told,
        speak=told.speak,
    )
    asked = [question.text for question in drawn(read("hospital", "dev").asked, 4)]
    # The first question was not understood, and was said again.
    assert told.said == [asked[0], *asked]
    assert (figures.answers.asked, figures.answers.absent, figures.answers.repeats) == (2, 2, 1)
    assert figures.heard.questions == 5
    assert (figures.heard.garbled, figures.heard.garbled_unsure, figures.heard.unsure) == (1, 1, 1)
    assert told.seconds == pytest.approx(1 + 0.35 + 0.6, abs=0.02)
    assert "asked to say it again 1 of 4" in figures.table()


def test_noise_under_the_speech_has_the_level_that_was_asked_for() -> None:
    quiet = spoken.in_noise(HUM, 100.0, np.random.default_rng(1))
    noisy = spoken.in_noise(HUM, 15.0, np.random.default_rng(1))
    speech = quiet[int(0.35 * SAMPLE_RATE_HZ) :][: len(HUM)]
    noise = noisy - quiet
    ratio = 10 * np.log10(np.mean(speech**2) / np.mean(noise**2))
    assert ratio == pytest.approx(15.0, abs=0.3)
    assert 10 * np.log10(np.mean(speech**2)) == pytest.approx(spoken.LEVEL_DBFS, abs=0.1)


def test_without_flite_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(PortError, match="apt-get install flite"):
        spoken.evaluate(SETTINGS, None, Path())
