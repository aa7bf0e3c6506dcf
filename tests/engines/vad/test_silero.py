"""The real voice activity detector on speech, noise and silence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.ports import PortError
from appliance.engines.vad.silero import WINDOW_SAMPLES, SileroStream, SileroVad

SPEECH = Path(__file__).parents[2] / "data" / "pharmacy.flac"


@pytest.fixture(scope="module")
def vad() -> SileroStream:
    return SileroVad().stream()


def probabilities(vad: SileroStream, samples: Samples) -> list[float]:
    vad.reset()
    ends = range(WINDOW_SAMPLES, len(samples) + 1, WINDOW_SAMPLES)
    return [vad.probability(samples[end - WINDOW_SAMPLES : end]) for end in ends]


def test_speech_is_heard_from_its_first_to_its_last_word(vad: SileroStream) -> None:
    speech, rate_hz = soundfile.read(SPEECH, dtype="float32")
    assert rate_hz == SAMPLE_RATE_HZ
    silence = np.zeros(SAMPLE_RATE_HZ, dtype=np.float32)
    found = probabilities(vad, np.concatenate([silence, speech, silence]))
    windows_per_s = SAMPLE_RATE_HZ / WINDOW_SAMPLES
    heard = [n for n, probability in enumerate(found) if probability > 0.5]
    assert heard[0] / windows_per_s == pytest.approx(1.1, abs=0.2)
    assert heard[-1] / windows_per_s == pytest.approx(1 + len(speech) / rate_hz, abs=0.3)
    assert len(heard) > 0.8 * (heard[-1] - heard[0])


@pytest.mark.parametrize("kind", ["silence", "white noise", "hum", "clicks"])
def test_what_is_not_speech_is_not_heard(vad: SileroStream, kind: str) -> None:
    seconds = np.arange(5 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    random = np.random.default_rng(1)
    sounds = {
        "silence": np.zeros(len(seconds)),
        "white noise": 0.05 * random.standard_normal(len(seconds)),
        "hum": 0.2 * np.sin(2 * np.pi * 50 * seconds),
        "clicks": np.where(random.random(len(seconds)) < 1e-4, 0.9, 0.0),
    }
    assert max(probabilities(vad, sounds[kind].astype(np.float32))) < 0.5


def test_after_silence_the_network_is_asked_seldom_and_hears_the_next_word(
    vad: SileroStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[int] = []
    run = SileroStream._run

    def counted(stream: SileroStream, window: Samples) -> float:
        runs.append(len(runs))
        return run(stream, window)

    monkeypatch.setattr(SileroStream, "_run", counted)
    speech, _ = soundfile.read(SPEECH, dtype="float32")
    noise = 0.001 * np.random.default_rng(2).standard_normal(10 * SAMPLE_RATE_HZ).astype(np.float32)
    probabilities(vad, noise)
    assert len(runs) < 0.3 * len(noise) / WINDOW_SAMPLES
    found = probabilities(vad, np.concatenate([noise, speech]))
    first = next(n for n, probability in enumerate(found) if probability > 0.5)
    assert first * WINDOW_SAMPLES / SAMPLE_RATE_HZ == pytest.approx(10.1, abs=0.2)


def test_each_window_sees_the_end_of_the_one_before(vad: SileroStream) -> None:
    """The same window after another history gets another probability, so state and context are really fed back."""
    speech, _ = soundfile.read(SPEECH, dtype="float32")
    window = speech[8192 : 8192 + WINDOW_SAMPLES]
    vad.reset()
    alone = vad.probability(window)
    assert probabilities(vad, speech)[8192 // WINDOW_SAMPLES] != pytest.approx(alone, abs=1e-3)


def test_a_broken_model_is_one_clear_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    with pytest.raises(PortError, match=r"broken\.onnx cannot be loaded") as caught:
        SileroVad(broken)
    assert "\n" not in str(caught.value)


def test_neither_the_package_nor_torch_is_imported() -> None:
    code = (
        "import sys; from appliance.engines.vad.silero import SileroVad; SileroVad(); "
        "sys.exit(bool({'silero_vad', 'torch'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
