"""The weights over Moonshine's states: made-up ones, and the starter's own on recorded speech."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from appliance.config.box import FinalitySettings
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.ports import PortError
from appliance.engines.asr.moonshine import ENCODER, Encoder, sha256
from appliance.engines.end_of_phrase import SPAN, STATES, FinalityNetwork, reading

STARTER = Path(__file__).resolve().parents[2] / "models" / "starter" / "turns" / "finality.json"


@pytest.fixture(scope="module")
def encoder(directory: Path) -> Encoder:
    return Encoder(directory)


def weights(folder: Path, directory: Path, one: float = 0.0, **more: object) -> FinalitySettings:
    """Weights that look at the first number of a state alone."""
    table = {"bias": 0.5, "weights": [one, *[0.0] * 287], "encoder": sha256(directory / ENCODER), **more}
    path = folder / "finality.json"
    path.write_text(json.dumps(table))
    return FinalitySettings(path, directory)


def test_the_log_odds_come_from_the_mean_of_the_last_states(
    tmp_path: Path, directory: Path, encoder: Encoder, order: Samples
) -> None:
    states = encoder.states(order[-SPAN:])
    assert states.shape[0] == 1 and states.shape[2] == encoder.width == 288
    assert reading(encoder, order) == pytest.approx(states[0, -STATES:].mean(axis=0))
    wanted = 0.5 + 0.1 * float(states[0, -STATES:, 0].mean())
    assert FinalityNetwork(weights(tmp_path, directory, 0.1)).log_odds(order) == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize(("one", "log_odds"), [(1e4, 4.0), (-1e4, 4.0)])
def test_the_log_odds_are_bounded(tmp_path: Path, directory: Path, order: Samples, one: float, log_odds: float) -> None:
    assert abs(FinalityNetwork(weights(tmp_path, directory, one)).log_odds(order)) == log_odds


def test_only_the_last_seconds_count(encoder: Encoder, order: Samples) -> None:
    long = np.concatenate((order, order))
    assert len(long) > SPAN and np.array_equal(reading(encoder, long), reading(encoder, long[-SPAN:]))


@pytest.mark.parametrize("samples", [0, 100, 1600])
def test_too_little_sound_is_no_error(encoder: Encoder, samples: int) -> None:
    assert np.isfinite(reading(encoder, np.zeros(samples, np.float32))).all()


def test_weights_for_another_network_are_refused(tmp_path: Path, directory: Path) -> None:
    with pytest.raises(PortError, match="was made for another network than"):
        FinalityNetwork(weights(tmp_path, directory, encoder="0" * 64))
    with pytest.raises(PortError, match="was made for another network than"):
        FinalityNetwork(weights(tmp_path, directory, weights=[1.0, 2.0]))


@pytest.mark.parametrize("content", [None, "", "[]", '{"bias": 1}', '{"bias": "x", "weights": [], "encoder": ""}'])
def test_a_file_that_holds_no_weights_is_named(tmp_path: Path, directory: Path, content: str | None) -> None:
    path = tmp_path / "broken.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(PortError, match=f"{path} cannot be read"):
        FinalityNetwork(FinalitySettings(path, directory))


def test_a_model_that_was_not_prepared_is_named(tmp_path: Path, directory: Path) -> None:
    settings = weights(tmp_path, directory)
    with pytest.raises(PortError, match="models prepare"):
        FinalityNetwork(FinalitySettings(settings.weights, tmp_path / "nothing"))


def test_the_starters_weights_tell_that_speech_broke_off(directory: Path, order: Samples) -> None:
    """A whole order is compared with the same one, broken off at several places."""
    starter = FinalityNetwork(FinalitySettings(STARTER, directory))
    silence = np.zeros(round(0.15 * SAMPLE_RATE_HZ), np.float32)
    said = np.flatnonzero(np.abs(order) > 0.02)[-1]
    whole = starter.log_odds(np.concatenate((order[:said], silence)))
    broken = [
        starter.log_odds(np.concatenate((order[: round(share * said)], silence))) for share in (0.3, 0.45, 0.6, 0.75)
    ]
    assert whole > 0 > np.mean(broken) and whole > max(broken)
