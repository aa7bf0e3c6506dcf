"""The input of the voice network, and when there is enough sound for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.devices.wave import read_speech
from appliance.hearing.speaker_features import BANDS, ENOUGH, PART, PART_FRAMES, Speech, mel_power, picture

STATION = Path(__file__).parents[1] / "data" / "station.flac"


def noise(count: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, count).astype(np.float32)


def test_the_bands_are_those_of_librosa() -> None:
    """``librosa.feature.melspectrogram(y=station, sr=16000, n_fft=400, hop_length=160, n_mels=40)`` of librosa 0.11:
    frames 0, 60 and 100, bands 0, 5, 15 and 39, and the sum of all."""
    power = mel_power(read_speech(STATION))
    expected = [
        [2.3692e-06, 9.3341e-07, 3.7805e-08, 2.4464e-08],
        [1.5541e00, 8.1255e-01, 5.8604e-05, 3.0073e-06],
        [2.4324e-04, 2.3222e-04, 7.9942e-06, 2.5535e-04],
    ]
    assert power.shape == (226, BANDS)
    assert power[[0, 60, 100]][:, [0, 5, 15, 39]] == pytest.approx(np.array(expected), rel=1e-3)
    assert power.sum() == pytest.approx(1066.7092, rel=1e-4)


@pytest.mark.parametrize("gain", [0.01, 4.0])
def test_the_level_does_not_change_the_features(gain: float) -> None:
    speech = read_speech(STATION)
    assert np.allclose(picture(np.float32(gain) * speech), picture(speech), rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize(("samples", "frames"), [(ENOUGH, 101), (PART, PART_FRAMES), (5 * PART, PART_FRAMES)])
def test_the_input_has_at_most_the_length_of_a_part(samples: int, frames: int) -> None:
    shown = picture(noise(samples))
    assert shown.shape == (frames, BANDS) and shown.dtype == np.float32 and np.isfinite(shown).all()


def test_silence_gives_zeros() -> None:
    assert not picture(np.zeros(ENOUGH, np.float32)).any()


def test_a_voice_is_compared_after_a_second_of_speech_and_after_each_part() -> None:
    speech, sound = Speech(), noise(6 * SAMPLE_RATE_HZ)
    heard = [(n + 1, speech.hear(window)) for n, window in enumerate(sound[: 180 * 512].reshape(-1, 512))]
    found = [(n, enough) for n, enough in heard if enough is not None]
    assert [n for n, _ in found] == [32, 50, 100, 150], "1.02 s, then every 1.6 s"
    first, part, following = (enough for _, enough in found[:3])
    assert np.array_equal(first, sound[: len(first)]) and np.array_equal(part, sound[: len(part)])
    assert np.array_equal(following, sound[len(part) : len(part) + len(following)])


def test_another_utterance_begins_anew() -> None:
    speech, window = Speech(), noise(512)
    for _ in range(20):
        assert speech.hear(window) is None
    speech.forget()
    assert [n for n in range(1, 40) if speech.hear(window) is not None] == [32]
