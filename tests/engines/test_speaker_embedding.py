"""The voice network's adapter, and that the starter's tells voices apart."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from appliance.core.audio import Samples
from appliance.core.ports import PortError
from appliance.devices.wave import read_speech
from appliance.engines.speaker_embedding import VoiceNetwork
from appliance.engines.vad.silero import installed_model
from appliance.hearing.speaker_features import ENOUGH, PART

CHECKOUT = Path(__file__).resolve().parents[2]
STARTER = CHECKOUT / "models" / "starter" / "voices" / "speaker.onnx"

TEXTS = (
    "Where do I find the children's ward, please, and when is it open?",
    "I would like to see a doctor tomorrow morning at half past nine.",
)


def spoken(voice: str, text: str, folder: Path) -> Samples:
    path = folder / f"{voice}-{len(text)}.wav"
    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True, capture_output=True)
    return read_speech(path)[2_000:]


def test_one_voice_is_more_alike_than_two_for_any_words() -> None:
    """Two of the recordings in this repository are of one voice."""
    network = VoiceNetwork(STARTER)
    order, pharmacy, station = (
        network.embed(read_speech(CHECKOUT / "tests" / "data" / f"{name}.flac")[2_000:])
        for name in ("order", "pharmacy", "station")
    )
    assert order @ pharmacy > 0.75
    assert max(order @ station, pharmacy @ station) < 0.6


@pytest.mark.skipif(shutil.which("flite") is None, reason="needs flite: apt-get install flite")
@pytest.mark.parametrize("count", [ENOUGH, PART])
def test_four_voices_are_told_apart(count: int, tmp_path: Path) -> None:
    network = VoiceNetwork(STARTER)
    voices = ("slt", "rms", "awb", "kal16")
    first, then = ([network.embed(spoken(voice, text, tmp_path)[:count]) for voice in voices] for text in TEXTS)
    for (n, one), (m, other) in itertools.product(enumerate(first), enumerate(then)):
        assert (one @ other > 0.74) == (n == m), (voices[n], voices[m], one @ other)


def test_a_voice_is_a_unit_vector_and_the_same_each_time() -> None:
    network = VoiceNetwork(STARTER)
    sound = read_speech(CHECKOUT / "tests" / "data" / "station.flac")
    voice = network.embed(sound)
    assert voice.dtype == np.float32 and np.linalg.norm(voice) == pytest.approx(1.0, abs=1e-5)
    assert np.array_equal(voice, network.embed(sound))


def test_a_network_for_something_else_is_refused() -> None:
    with pytest.raises(PortError, match=r"voices: .* and is shown frames of 40"):
        VoiceNetwork(installed_model())


@pytest.mark.parametrize("content", [None, b"", b"not a network"])
def test_a_file_that_is_not_a_network_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PortError, match=r"voices: .* cannot be loaded"):
        VoiceNetwork(path)
