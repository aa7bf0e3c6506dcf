"""How a daemon that cannot start ends."""

import subprocess
import sys

import pytest

from appliance.cli.main import main
from appliance.core.ports import PortError
from tests.conftest import CHECKOUT
from tests.sealed_daemon import configure


@pytest.mark.parametrize("verb", ["run", "talk"])
def test_a_missing_sound_card_is_reported_before_models_are_loaded(verb, tmp_path, monkeypatch, capsys):
    def none(settings):
        raise PortError("microphone: this machine has none; plug one in, then see `cloister devices`")

    monkeypatch.setattr(f"appliance.cli.{verb}.seal_process", lambda **_: None)
    monkeypatch.setattr("appliance.isolation.seal.lock_memory", lambda: None)
    monkeypatch.setattr("appliance.devices.sound_card.require_sound_card", none)
    monkeypatch.setattr("appliance.runtime.assemble.assemble", lambda *_, **__: pytest.fail("models were loaded"))
    assert main([verb, "--config", str(configure(tmp_path))]) == 3
    assert "this machine has none" in capsys.readouterr().err


NO_CARD = """
import sys
import appliance.cli.main, appliance.runtime.assemble, appliance.devices.sound_card as sound_card
from appliance.core.ports import PortError
from appliance.runtime.engines import Engines
from tests.fakes import LoudnessVad, ScriptedEar, ScriptedResponder, ToneVoice

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

engines = Engines(LoudnessVad(), ScriptedEar([]), Voice(), lambda *_: ScriptedResponder([]), {}, Echo)
appliance.runtime.assemble.assemble = lambda *_, **__: engines
sound_card.require_sound_card = lambda settings: None
sound_card.open_sound_card = lambda settings, rate_hz: (Unplugged(), Unplugged())
sys.exit(appliance.cli.main.main(["run", "--config", sys.argv[1]]))
"""


def test_a_daemon_that_cannot_start_says_why_and_nothing_else(tmp_path):
    """Its threads once went on while the interpreter ended, and a library reported leaked objects in 17 lines."""
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
