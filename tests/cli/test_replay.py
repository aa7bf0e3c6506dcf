"""Replaying recordings to the appliance."""

import threading

import numpy as np
import pytest
import soundfile

from appliance.cli.main import main
from appliance.runtime.engines import Engines
from tests.cli.command import cloister
from tests.fakes import LoudnessVad, ScriptedEar, ScriptedResponder, ToneVoice, tone
from tests.sealed_daemon import configure


def test_a_recording_without_sound_cannot_be_replayed(starter, tmp_path):
    soundfile.write(tmp_path / "none.wav", np.zeros(0, np.float32), 16_000)
    for more in ([], ["--json"]):
        done = cloister("replay", tmp_path / "none.wav", "--fast", "--config", starter, *more)
        assert done.returncode == 3
        assert done.stderr == f"cloister: {tmp_path}/none.wav: holds no sound\n"


@pytest.mark.slow
def test_a_replayed_recording_is_answered(box, tmp_path):
    sound, talk = tmp_path / "said.wav", tmp_path / "talk.wav"
    cloister("say", "Where is the pharmacy?", "-o", sound, "--config", box)
    done = cloister("replay", sound, "--fast", "-o", talk, "--config", box)
    assert done.returncode == 0, done.stderr
    assert "main hall" in done.stdout.lower()
    stereo, _ = soundfile.read(talk)
    assert stereo.shape[1] == 2
    assert np.abs(stereo[:, 1]).max() > 0.05
    assert not any((box.parent / "state").rglob("*.wav")), "nothing that was said is kept"


def test_a_replay_ends_with_its_daemon(tmp_path, monkeypatch, capfd):
    """In a field test it waited 339 s for facts of a dead daemon, until it was killed, and reported success."""

    class BrokenVad(LoudnessVad):
        def probability(self, window):
            raise IndexError("my secret illness")

    engines = Engines(BrokenVad(), ScriptedEar([]), ToneVoice(), lambda *_: ScriptedResponder([]), {})
    monkeypatch.setattr("appliance.cli.replay.seal_process", lambda **_: None)
    monkeypatch.setattr("appliance.runtime.assemble.assemble", lambda *_, **__: engines)
    soundfile.write(tmp_path / "said.wav", tone(1.0), 16_000)
    before = threading.excepthook
    assert main(["replay", str(tmp_path / "said.wav"), "--fast", "--config", str(configure(tmp_path))]) == 3
    (line,) = [line for line in capfd.readouterr().err.splitlines() if line.startswith("cloister: ")]
    assert line.startswith("cloister: the listen/room thread failed: IndexError in ")
    assert "illness" not in line
    assert threading.excepthook is before
