"""Findings about a box, each with a remedy."""

import json
import re
from dataclasses import replace

import pytest

from appliance.cli.check import ALIGN, check_emergencies, check_models, check_preparation, check_size
from appliance.config.box import EarSettings, SherpaSettings, load_settings
from appliance.config.site import load_site
from appliance.runtime.engines import Engines
from tests.cli.command import cloister
from tests.conftest import CHECKOUT
from tests.fakes import LoudnessVad, ScriptedEar, ScriptedResponder, ToneVoice


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


def test_a_box_that_tells_emergencies_by_words_alone_is_warned_of(starter):
    settings = load_settings(starter)
    site = load_site(settings.site)
    bare = replace(settings, brain=replace(settings.brain, distress=None))
    (finding,) = check_emergencies(bare, site)
    assert finding.verdict == "warn" and "`brain.distress`" in finding.remedy
    assert not list(check_emergencies(settings, site))
    assert not list(check_emergencies(bare, replace(site, emergency=None)))


def test_models_that_run_and_could_do_more_are_warned_of_with_a_remedy(starter):
    settings = load_settings(starter)
    engines = Engines(LoudnessVad(), ScriptedEar([]), ToneVoice(), lambda *_: ScriptedResponder([]), {})
    assert not list(check_preparation(settings, engines))
    brain, voice = check_preparation(settings, replace(engines, model_measured=False, voice_aligned=False))
    assert (brain.what, brain.verdict) == ("brain", "warn") and "models prepare" in brain.remedy
    assert (voice.what, voice.verdict) == ("voice", "warn") and f"{ALIGN} {settings.voice.model}" in voice.remedy


def test_an_ear_that_is_broken_is_a_failure_though_the_others_hear(box, tmp_path):
    head = tmp_path / "head.onnx"
    head.write_bytes(b"no network")
    box.write_text(re.sub(r"head: .*", f"head: {head}", box.read_text()))
    done = cloister("check", "--json", "--config", box)
    failed = [finding["detail"] for finding in json.loads(done.stdout) if finding["verdict"] == "fail"]
    assert done.returncode == 1
    assert any("no CTC head" in detail for detail in failed)


@pytest.mark.parametrize(
    ("ear_mb", "memory_mb", "cores", "verdicts"),
    [
        (50, 8000, 2, {"memory": "ok", "ear": "ok"}),
        (600, 8000, 2, {"memory": "ok", "ear": "warn"}),
        (600, 700, 8, {"memory": "warn", "ear": "ok"}),
    ],
)
def test_what_a_box_of_this_size_can_bear_is_said(starter, tmp_path, ear_mb, memory_mb, cores, verdicts):
    with (tmp_path / "model.onnx").open("wb") as file:
        file.truncate(ear_mb * 10**6)
    ear = SherpaSettings(tmp_path, "offline_nemo_ctc", {"model": "model.onnx"})
    settings = replace(load_settings(starter), ear=EarSettings(sherpa=ear))
    found = list(check_size(settings, memory_mb, cores))
    assert {finding.what: finding.verdict for finding in found} == verdicts
    assert all(finding.remedy or finding.verdict == "ok" for finding in found)


def test_composing_that_a_model_was_measured_not_to_do_is_warned_of(starter):
    settings = load_settings(starter)
    engines = Engines(LoudnessVad(), ScriptedEar([]), ToneVoice(), lambda *_: ScriptedResponder([]), {})
    on = replace(settings, brain=replace(settings.brain, composed=True))
    assert not list(check_preparation(on, engines))
    assert not list(check_preparation(settings, replace(engines, model_composes=False)))
    (found,) = check_preparation(on, replace(engines, model_composes=False))
    assert found.verdict == "warn" and "composed" in found.remedy
