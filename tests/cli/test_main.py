"""The command as an operator meets it: exit codes, one line for a mistake, no traceback."""

import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.cli.check import check_models
from appliance.cli.main import main
from appliance.config.box import load_settings
from appliance.core.ports import PortError
from appliance.runtime.assemble import Engines
from tests.conftest import CHECKOUT
from tests.fakes import LoudnessVad, ScriptedEar, ScriptedHost, ToneVoice, tone
from tests.sealed_daemon import configure


def cloister(*arguments, **environment):
    """Run the command in a process of its own, since most verbs seal theirs."""
    return subprocess.run(
        [sys.executable, "-m", "appliance", *map(str, arguments)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, **environment},
        check=False,
    )


def test_help_names_every_verb():
    text = cloister("--help").stdout
    verbs = "run status demo talk chat replay check devices models say transcribe evaluate bench"
    for verb in [*verbs.split(), *"audit attest fleet operator keys appointments".split()]:
        assert re.search(rf"^    {verb}\s", text, re.M), verb


def test_an_unknown_verb_is_wrong_input():
    assert cloister("sing").returncode == 2


@pytest.mark.parametrize("verb", [["check"], ["run"], ["replay", "x.wav"], ["say", "x"], ["transcribe", "x.wav"]])
def test_a_broken_configuration_is_named_with_its_line_by_every_verb(verb, tmp_path):
    config = tmp_path / "cloister.yaml"
    config.write_text("site: site.yaml\nears: {}\nbrain: {model: m}\nvoice: {model: v}\n")
    done = cloister(*verb, "--config", config)
    said = done.stdout + done.stderr
    assert f"{config}:2: ears: there is no such field; did you mean 'ear'?" in said
    assert done.returncode == 2
    assert "Traceback" not in said


def test_a_missing_recording_is_one_line(starter):
    done = cloister("transcribe", "nowhere.wav", "--config", starter)
    assert done.returncode == 3
    assert done.stderr.startswith("cloister: nowhere.wav")
    assert len(done.stderr.splitlines()) == 1


def test_check_gives_a_remedy_for_a_missing_model(starter, tmp_path):
    text = starter.read_text().replace("voice/en_US", "voice/xx_XX")
    config = tmp_path / "cloister.yaml"
    config.write_text(text.replace("../../appliance", str(CHECKOUT / "appliance")))
    done = cloister("check", "--json", "--config", config)
    findings = {finding["what"]: finding for finding in json.loads(done.stdout)}
    assert findings["configuration"]["verdict"] == "ok"
    assert findings["voice"]["verdict"] == "fail"
    assert findings["voice"]["remedy"]
    assert done.returncode == 1


def test_the_voice_network_is_looked_for_where_it_is_switched_on(starter, tmp_path):
    settings = load_settings(starter)
    audio = replace(settings.audio, voices=tmp_path / "none.onnx")
    (finding,) = (f for f in check_models(replace(settings, audio=audio)) if f.what == "voices")
    assert finding.verdict == "fail" and "none.onnx does not exist" in finding.detail
    assert not any(f.what == "voices" for f in check_models(settings))


def test_models_are_listed_for_people_and_for_programs():
    ids = [model["id"] for model in json.loads(cloister("models", "--json").stdout)]
    assert len(ids) >= 12
    listed = cloister("models").stdout
    assert all(model in listed for model in ids)
    assert cloister("models", "show", ids[0]).returncode == 0
    unknown = cloister("models", "show", "no-such-model")
    assert unknown.returncode == 2
    assert "no-such-model" in unknown.stderr


def test_what_is_said_can_be_written_down_again(starter, tmp_path):
    """The voice speaks, the ears listen: both through the command line."""
    sound = tmp_path / "said.wav"
    assert cloister("say", "Where is the pharmacy?", "-o", sound, "--config", starter).returncode == 0
    samples, rate = soundfile.read(sound, dtype="float32")
    assert len(samples) / rate > 0.8
    assert -30 < 20 * np.log10(np.sqrt(np.mean(samples**2))) < -15
    done = cloister("transcribe", sound, "--json", "--config", starter)
    (result,) = json.loads(done.stdout)
    assert "pharmacy" in result["text"]


def test_files_that_hold_no_sound_do_not_lose_the_others(starter, tmp_path):
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


@pytest.mark.parametrize("text", ["", "  ", "...", "?!"])
def test_nothing_to_say_is_wrong_input(starter, text):
    done = cloister("say", text, "--config", starter)
    assert done.returncode == 2
    assert "nothing to say" in done.stderr and "Traceback" not in done.stderr


def test_a_recording_without_sound_cannot_be_replayed(starter, tmp_path):
    soundfile.write(tmp_path / "none.wav", np.zeros(0, np.float32), 16_000)
    for more in ([], ["--json"]):
        done = cloister("replay", tmp_path / "none.wav", "--fast", "--config", starter, *more)
        assert done.returncode == 3
        assert done.stderr == f"cloister: {tmp_path}/none.wav: holds no sound\n"


@pytest.mark.slow
def test_a_recording_talks_with_the_appliance(starter, tmp_path):
    sound, talk = tmp_path / "said.wav", tmp_path / "talk.wav"
    cloister("say", "Where is the pharmacy?", "-o", sound, "--config", starter)
    done = cloister("replay", sound, "--fast", "-o", talk, "--config", starter)
    assert done.returncode == 0, done.stderr
    assert "main hall" in done.stdout.lower()
    stereo, _ = soundfile.read(talk)
    assert stereo.shape[1] == 2
    assert np.abs(stereo[:, 1]).max() > 0.05
    assert not any(Path(CHECKOUT / "build" / "state").glob("*.wav")), "nothing that was said is kept"


def test_a_replay_ends_with_its_daemon(tmp_path, monkeypatch, capfd):
    """Field test: it waited 339 s for facts of a dead daemon, until it was killed, and said that all was well."""

    class BrokenVad(LoudnessVad):
        def probability(self, window):
            raise IndexError("my secret illness")

    engines = Engines(BrokenVad(), ScriptedEar([]), ToneVoice(), ScriptedHost([]), {})  # type: ignore[arg-type]
    monkeypatch.setattr("appliance.cli.main._seal", lambda **_: None)
    monkeypatch.setattr("appliance.runtime.assemble.assemble", lambda *_, **__: engines)
    soundfile.write(tmp_path / "said.wav", tone(1.0), 16_000)
    before = threading.excepthook
    assert main(["replay", str(tmp_path / "said.wav"), "--fast", "--config", str(configure(tmp_path))]) == 3
    (line,) = [line for line in capfd.readouterr().err.splitlines() if line.startswith("cloister: ")]
    assert line.startswith("cloister: the listen thread failed: IndexError in ")
    assert "illness" not in line
    assert threading.excepthook is before


def test_a_fault_of_ours_is_one_line_that_quotes_nothing(monkeypatch, capsys, tmp_path):
    def broken(_):
        raise KeyError("my secret illness")

    monkeypatch.setattr("appliance.cli.main.load_settings", broken)
    assert main(["status", "--config", "x"]) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("cloister: a fault of ours: KeyError in appliance.cli.main, line ") and "illness" not in line
    monkeypatch.setenv("CLOISTER_TRACEBACK", "1")
    with pytest.raises(KeyError):
        main(["status", "--config", "x"])


def test_status_without_a_socket_says_which_lines_to_add(starter):
    done = cloister("status", "--follow", "--config", starter)
    assert done.returncode == 3
    assert "`control_socket: control.sock` and `operators: {listen: [" in done.stderr


@pytest.mark.parametrize("verb", ["run", "talk"])
def test_a_missing_sound_card_is_told_before_models_are_loaded(verb, tmp_path, monkeypatch, capsys):
    def none(settings):
        raise PortError("microphone: this machine has none; plug one in, then see `cloister devices`")

    monkeypatch.setattr("appliance.cli.main._seal", lambda **_: None)
    monkeypatch.setattr("appliance.isolation.seal.lock_memory", lambda: None)
    monkeypatch.setattr("appliance.devices.sound_card.require_sound_card", none)
    monkeypatch.setattr("appliance.runtime.assemble.assemble", lambda *_, **__: pytest.fail("models were loaded"))
    assert main([verb, "--config", str(configure(tmp_path))]) == 3
    assert "this machine has none" in capsys.readouterr().err


NO_CARD = """
import sys
import appliance.cli.main, appliance.runtime.assemble, appliance.devices.sound_card as sound_card
from appliance.core.ports import PortError
from tests.fakes import LoudnessVad, ScriptedEar, ScriptedHost, ToneVoice

class Voice(ToneVoice):
    rate_hz = 22_050  # so that the reference of the echo canceller is resampled, by a library that counts its objects

class Echo:
    def cancel(self, reference, microphone): return microphone
    def expect_delay(self, delay_s): pass

class Unplugged:
    rate_hz = Voice.rate_hz
    def tap(self, listener): pass
    def start(self, *arguments): raise PortError("microphone: it was unplugged")
    def stop(self): pass

engines = appliance.runtime.assemble.Engines(LoudnessVad(), ScriptedEar([]), Voice(), ScriptedHost([]), {}, Echo)
appliance.runtime.assemble.assemble = lambda *_, **__: engines
sound_card.require_sound_card = lambda settings: None
sound_card.open_sound_card = lambda settings, rate_hz: (Unplugged(), Unplugged())
sys.exit(appliance.cli.main.main(["run", "--config", sys.argv[1]]))
"""


def test_a_daemon_that_cannot_start_says_why_and_nothing_else(tmp_path):
    """Its threads went on while the interpreter ended, and a library called their objects leaked, in 17 lines."""
    done = subprocess.run(
        [sys.executable, "-c", NO_CARD, configure(tmp_path)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert done.stderr.splitlines()[-1] == "cloister: microphone: it was unplugged"
    assert "leaked" not in done.stderr
