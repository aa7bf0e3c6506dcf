"""Transcribing recordings, and files that hold no sound."""

import json

import numpy as np
import soundfile

from tests.cli.command import cloister
from tests.conftest import CHECKOUT


def test_a_missing_recording_is_one_line(starter):
    done = cloister("transcribe", "nowhere.wav", "--config", starter)
    assert done.returncode == 3
    assert done.stderr.startswith("cloister: nowhere.wav")
    assert len(done.stderr.splitlines()) == 1


def test_speech_of_the_voice_can_be_transcribed(starter, tmp_path):
    """The voice speaks and the ears listen, both through the command line."""
    sound = tmp_path / "said.wav"
    assert cloister("say", "Where is the pharmacy?", "-o", sound, "--config", starter).returncode == 0
    samples, rate = soundfile.read(sound, dtype="float32")
    assert len(samples) / rate > 0.8
    assert -30 < 20 * np.log10(np.sqrt(np.mean(samples**2))) < -15
    done = cloister("transcribe", sound, "--json", "--config", starter)
    (result,) = json.loads(done.stdout)
    assert "pharmacy" in result["text"]


def test_files_without_sound_do_not_stop_the_others(starter, tmp_path):
    soundfile.write(tmp_path / "none.wav", np.zeros(0, np.float32), 16_000)
    soundfile.write(tmp_path / "nan.wav", np.full(8_000, np.nan, np.float32), 16_000, subtype="FLOAT")
    soundfile.write(tmp_path / "silence.wav", np.zeros(16_000, np.float32), 16_000)
    files = [
        tmp_path / "none.wav",
        CHECKOUT / "tests/data/pharmacy.flac",
        tmp_path / "nan.wav",
        tmp_path / "silence.wav",
    ]
    done = cloister("transcribe", *files, "--json", "--config", starter)
    assert done.returncode == 3
    none, pharmacy, nan, silence = json.loads(done.stdout)
    assert "holds no sound" in none["error"] and "no numbers" in nan["error"]
    assert "pharmacy" in pharmacy["text"]
    assert (silence["text"], silence["confidence"]) == ("", 0.0)
    assert [line.startswith("cloister: ") for line in done.stderr.splitlines()] == [True, True]
