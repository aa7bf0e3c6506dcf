"""Home Assistant's own core and its integration for Wyoming, with a real daemon and the built-in models.

It runs in an environment of its own (``make homeassistant``), and comes over TCP as its integration does, through a
front that stands for the proxy of a box.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.config.box import DoorSettings, load_settings
from appliance.config.site import load_site
from appliance.devices.wave import read_speech
from appliance.protocols.service import Service, open_doors
from appliance.protocols.sound import encode
from appliance.runtime.assemble import assemble, running
from appliance.runtime.engines import Engines
from appliance.speaking.speak import say_all
from tests.conftest import CHECKOUT
from tests.protocols.loopback import Loopback

pytestmark = pytest.mark.slow

HOME = CHECKOUT / ".tools" / "clients" / "homeassistant"
SCRIPT = CHECKOUT / "tests" / "protocols" / "clients" / "homeassistant_client.py"
VISITOR = CHECKOUT / "appliance" / "bench" / "demo" / "visitor"

QUESTIONS = {
    "q_toilet": ("where are the toilets", "toilets are on every floor"),
    "stop": ("would like an appointment with doctor chen", "On which day?"),
    "wednesday": ("on wednesday please", "At what time?"),
}
"""What is said, by the name of the recording: what is heard, and the reply. The last goes on with a form."""

RUN = ["run-start", "stt-start", "stt-vad-start", "stt-vad-end", "stt-end", "intent-start", "intent-end"]


@pytest.fixture(scope="module")
def engines(starter: Path) -> Engines:
    if not HOME.joinpath(".ready").exists():
        pytest.skip(f"{HOME} is missing: run `make homeassistant`")
    settings = load_settings(starter)
    return assemble(settings, load_site(settings.site))


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory, starter: Path, engines: Engines) -> dict[str, object]:
    """What Home Assistant did with the box."""
    folder = tmp_path_factory.mktemp("homeassistant")
    for name in QUESTIONS:
        (folder / name).write_bytes(encode(read_speech(VISITOR / f"{name}.opus"), "linear16"))
    (folder / "config").mkdir()
    settings = replace(load_settings(starter), state=folder, doors=(DoorSettings(folder / "door.sock", "wyoming"),))
    site = load_site(settings.site)
    with (
        running(settings, site, engines) as appliance,
        open_doors(Service(appliance, engines, site, settings)),
        Loopback(folder / "door.sock") as front,
    ):
        arguments = [str(front.port), str(folder / "config"), *(str(folder / name) for name in QUESTIONS)]
        done = subprocess.run(
            [str(HOME / "bin" / "python"), "-I", "-B", str(SCRIPT), *arguments],
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
            env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        )
    assert done.returncode == 0 and done.stdout, done.stdout[-3000:] + done.stderr[-6000:]
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_home_assistant_adds_the_box_as_ear_agent_and_voice(account: dict[str, object]) -> None:
    assert account["added"] == ["create_entry", "cloister"]
    assert account["entities"] == {kind: f"{kind}.cloister" for kind in ("stt", "conversation", "tts")}
    assert account["complaints"] == []


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_its_pipeline_gets_words_a_reply_and_its_sound(
    account: dict[str, object], engines: Engines, number: int, starter: Path
) -> None:
    heard, reply = list(QUESTIONS.values())[number]
    run = account["runs"][number]  # type: ignore[index]
    assert run["events"] == [*RUN, "tts-start", "tts-end", "run-end"]
    assert heard in run["heard"] and run["kind"] == "action_done"
    # The protocol's package of earlier releases of Home Assistant names no conversation, and then none goes on.
    goes_on = account["names_conversations"] or number < len(QUESTIONS) - 1
    assert (reply in run["said"]) == goes_on, run["said"]
    language = load_site(load_settings(starter).site).language
    alike_s = len(say_all(engines.voice, run["said"], language)) / engines.voice.rate_hz
    assert run["seconds"] == pytest.approx(alike_s, rel=0.25) and run["loudest"] > 3_000


def test_a_pipeline_that_hears_nothing_ends_with_that(account: dict[str, object]) -> None:
    assert account["silence"] == {
        "events": ["run-start", "stt-start", "stt-vad-end", "error", "run-end"],
        "error": "stt-no-text-recognized",
    }


def test_a_text_that_is_still_being_written_is_spoken(account: dict[str, object]) -> None:
    if account["early"] is None:
        pytest.skip(f"Home Assistant {account['version']} speaks a text when it is complete")
    assert account["early"]
