"""Another patience on recorded turns, and the pauses that the listener met."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from appliance.bench.recordings.hearing import Heard, Listening, Pause
from appliance.bench.recordings.turns import (
    PATIENCES_S,
    Silence,
    Waited,
    best_patience,
    noticed,
    probabilities_of,
    silences,
    waited,
)
from appliance.config.box import EndpointSettings
from appliance.core.facts import TurnScored
from appliance.devices.wave import read_speech
from appliance.engines.vad.silero import SileroVad
from appliance.hearing.end_of_turn import read_fit
from appliance.hearing.prosody import PhraseEnd
from tests.bench.recordings.place import Writing
from tests.conftest import CHECKOUT

SETTINGS = EndpointSettings()
FIT = read_fit()


def turn(pause_s: float, final: float = 0.0) -> list[Silence]:
    """A turn with one pause, and its end."""
    phrase = PhraseEnd(final=final)
    return [
        Silence(Pause(1.0, 1.1, 1.0 + pause_s, "i would like"), phrase, None),
        Silence(Pause(3.0, 3.1, None, "i would like a tea"), phrase, None),
    ]


def test_more_patience_cuts_less_and_waits_longer() -> None:
    turns = [turn(pause_s) for pause_s in (0.3, 0.6, 0.9, 1.5)]
    results = [[waited(one, SETTINGS, FIT, patience_s) for one in turns] for patience_s in PATIENCES_S]
    cuts = [sum(w.cut_offs for w in row) for row in results]
    waits = [sum(w.delay_s for w in row) for row in results]
    assert cuts == sorted(cuts, reverse=True) and waits == sorted(waits)
    assert cuts[0] > cuts[-1] and waits[0] < waits[-1]
    assert all(w.pauses == 1 for row in results for w in row)


def test_the_best_patience_is_the_one_that_costs_least() -> None:
    slow, fast = [turn(1.2)] * 10, [turn(0.25)] * 10
    best_slow, best_fast = (best_patience(turns, SETTINGS, FIT) for turns in (slow, fast))
    assert best_slow > best_fast
    for turns, best in ((slow, best_slow), (fast, best_fast)):
        costs = {
            p: sum(waited(one, SETTINGS, FIT, p).cost_ms(SETTINGS.patience_s) for one in turns) for p in PATIENCES_S
        }
        assert sum(waited(one, SETTINGS, FIT, best).cost_ms(SETTINGS.patience_s) for one in turns) <= min(
            costs.values()
        )
    assert Waited(2, 3, 0.5).cost_ms(3.0) == 6_500
    assert best_patience([], SETTINGS, FIT) == SETTINGS.patience_s


@pytest.fixture(scope="module")
def pharmacy() -> tuple[np.ndarray, Heard]:
    samples = read_speech(CHECKOUT / "tests" / "data" / "pharmacy.flac")
    return samples, Listening(Writing(), SileroVad().stream(), SETTINGS).hear(samples)


def test_the_endpoint_knows_each_pause_as_on_the_appliance(pharmacy: tuple[np.ndarray, Heard]) -> None:
    samples, heard = pharmacy
    asked: list[str] = []

    class Sure:
        def log_odds(self, samples: np.ndarray) -> float:
            assert len(samples) > 16_000
            return 2.5

    def score(text: str) -> TurnScored:
        asked.append(text)
        return TurnScored(text, 0.9)

    found = silences(heard, samples, SETTINGS, Sure(), score)
    assert len(found) == len(heard.pauses) and set(asked) == {"where is the pharmacy"}
    assert found[-1].phrase.final == 2.5 and found[-1].phrase.speech_s > 0.3
    sure = waited(found, SETTINGS, FIT, 3.0)
    assert SETTINGS.end_ms / 1000 <= sure.delay_s < SETTINGS.unfinished_ms / 1000 and math.isfinite(sure.delay_s)


def test_soft_speech_is_noticed_at_a_lower_threshold(pharmacy: tuple[np.ndarray, Heard]) -> None:
    samples, _ = pharmacy
    vad = SileroVad().stream()
    window_s = vad.window_samples / 16_000
    assert noticed(probabilities_of(vad, samples), window_s, SETTINGS)
    assert not noticed(
        probabilities_of(vad, np.zeros(32_000, np.float32)), window_s, replace(SETTINGS, speech_threshold=0.2)
    )
    soft = [0.3] * 10
    assert not noticed(soft, window_s, SETTINGS) and noticed(soft, window_s, replace(SETTINGS, speech_threshold=0.2))
