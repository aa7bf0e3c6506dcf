"""Which of two ears is believed."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

import numpy as np
import pytest

from appliance.config import EarSettings, PocketsphinxSettings, SherpaSettings, load_settings
from appliance.engines import ears
from appliance.engines.ears import BothEars, open_ear
from appliance.engines.pocketsphinx import GENERAL, Hearing, PocketsphinxEar
from appliance.messages import Samples, Transcript
from appliance.ports import PortError
from tests.sites import SITE

SETTINGS = load_settings(Path(__file__).parents[2] / "models" / "starter" / "cloister.yaml")
BLOCK = np.zeros(320, np.float32)


class ScriptedGeneral:
    """Stands for pocketsphinx: sentences about the cafe hold no more surprises than strange words."""

    def __init__(self, subject: str, text: str) -> None:
        self._hearing = Hearing(subject, text, -3.0)
        self.started = 0

    def start(self) -> None:
        self.started += 1

    def accept(self, samples: Samples) -> str:
        return ""

    def pause(self) -> None: ...

    def last(self) -> Hearing:
        return self._hearing

    def transcript(self, hearing: Hearing) -> Transcript:
        return Transcript(hearing.text, 0.9, "pocketsphinx")

    def surprises(self, subject: str, text: str) -> int:
        return 0 if subject == GENERAL else sum(word in ("give", "ounce") for word in text.split())


class ScriptedNetwork:
    name = "sherpa"

    def __init__(self, text: str) -> None:
        self._text = text

    def start(self) -> None: ...

    def accept(self, samples: Samples) -> str:
        return "so far"

    def pause(self) -> None: ...

    def finish(self) -> Transcript:
        return Transcript(self._text, 0.5, self.name)


@pytest.mark.parametrize(
    ("subject", "general", "network", "believed"),
    [
        ("cafe", "a mocha with give", "a mocha with milk", "sherpa"),
        ("cafe", "a mocha with milk", "a mocha with cream", "pocketsphinx"),
        ("cafe", "a mocha with give", "a mocha with ounce", "pocketsphinx"),
        ("cafe", "a mocha with give", "", "pocketsphinx"),
        (GENERAL, "give me a call", "a mocha with milk", "pocketsphinx"),
    ],
)
def test_who_is_believed(subject: str, general: str, network: str, believed: str) -> None:
    ear = BothEars(ScriptedGeneral(subject, general), ScriptedNetwork(network))  # type: ignore[arg-type]
    ear.start()
    assert ear.accept(BLOCK) == "so far"
    transcript = ear.finish()
    assert transcript.ear == believed
    assert transcript.text == (network if believed == "sherpa" else general)


def test_no_ear_at_all_is_one_clear_line() -> None:
    with pytest.raises(PortError, match="nothing can be heard"):
        open_ear(dataclasses.replace(SETTINGS, ear=EarSettings()), SITE)


def test_one_ear_alone_still_hears(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    both = EarSettings(PocketsphinxSettings(), SherpaSettings(directory=tmp_path))
    with caplog.at_level(logging.WARNING, logger=ears.__name__):
        ear = open_ear(dataclasses.replace(SETTINGS, ear=both), SITE)
    assert isinstance(ear, PocketsphinxEar)
    assert "pocketsphinx listens alone" in caplog.text


def test_a_missing_network_alone_is_an_error(tmp_path: Path) -> None:
    alone = EarSettings(sherpa=SherpaSettings(directory=tmp_path))
    with pytest.raises(PortError, match="the model is missing"):
        open_ear(dataclasses.replace(SETTINGS, ear=alone), SITE)
