"""The finality network's adapter, on networks of a few numbers, and the starter's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from appliance.engines.finality import FinalityNetwork
from appliance.engines.silero import installed_model
from appliance.finality import BANDS, FRAMES, SHAPE, SPAN, picture
from appliance.messages import SAMPLE_RATE_HZ, Samples
from appliance.ports import PortError

STARTER = Path(__file__).resolve().parents[2] / "models" / "starter" / "turns" / "finality.onnx"


def tone(seconds: float, hz: float, level: float = 0.1) -> Samples:
    clock = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return sum(level / k * np.sin(2 * np.pi * k * hz * clock) for k in range(1, 12)).astype(np.float32)  # type: ignore[union-attr]


# --- what it is shown -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.5, 3.2, 9.0])
def test_a_picture_always_has_the_same_shape(seconds: float) -> None:
    shown = picture(tone(seconds, 120))
    assert shown.shape == SHAPE and shown.dtype == np.float32 and np.isfinite(shown).all()


def test_only_the_last_seconds_count() -> None:
    sound = tone(9.0, 120) + np.random.default_rng(0).normal(0, 0.01, 9 * SAMPLE_RATE_HZ).astype(np.float32)
    assert np.array_equal(picture(sound), picture(sound[-SPAN:]))


@pytest.mark.parametrize("gain", [0.02, 5.0])
def test_how_loud_the_microphone_is_does_not_count(gain: float) -> None:
    sound = np.concatenate((tone(2.0, 150), 1e-2 * tone(0.3, 400)))
    assert np.allclose(picture(gain * sound), picture(sound), atol=0.02)


def test_pitch_shows_against_the_speakers_own() -> None:
    low, high = tone(2.0, 110), tone(0.4, 165)
    shown = picture(np.concatenate((low, high)))
    assert shown[-20:, BANDS + 1].mean() == pytest.approx(np.log2(1.5), abs=0.08)
    assert shown[FRAMES // 2 : FRAMES - 60, BANDS + 1] == pytest.approx(0.0, abs=0.05)
    assert shown[-20:, BANDS].mean() > 0.7


@pytest.mark.parametrize("silence_s", [0.1, 0.2, 0.5])
def test_how_long_the_silence_has_lasted_does_not_show(silence_s: float) -> None:
    silence = np.zeros(round(silence_s * SAMPLE_RATE_HZ), np.float32)
    shown = picture(np.concatenate((tone(4.0, 150), silence)))
    after = int(np.flatnonzero(shown[:, BANDS] > 0)[-1]) + 1
    assert 4 <= FRAMES - after <= 12 and not shown[after:, BANDS:].any()
    assert np.allclose(shown[100:], picture(np.concatenate((tone(4.0, 150), 2 * silence)))[100:], atol=0.1)


# --- the adapter ------------------------------------------------------------------------------------------------------


def test_a_network_for_something_else_is_refused() -> None:
    with pytest.raises(PortError, match=r"and is shown \[320, 42\]"):
        FinalityNetwork(installed_model())


@pytest.mark.parametrize("content", [None, b"", b"not a network"])
def test_what_is_no_network_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PortError, match="cannot be loaded"):
        FinalityNetwork(path)


def test_the_starters_network_answers_and_the_same_each_time() -> None:
    starter = FinalityNetwork(STARTER)
    heard = np.concatenate((tone(1.5, 130), 1e-4 * tone(0.15, 300)))
    assert -4.0 <= starter.log_odds(heard) <= 4.0
    assert starter.log_odds(heard) == starter.log_odds(heard)
