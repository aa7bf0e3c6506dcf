"""The listener of the appliance hears recordings, and tells its silences."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from appliance.bench.recordings.hearing import Heard, Listening, Pause, ear_key, padded, pauses_of
from appliance.config.box import EndpointSettings, MoonshineSettings, Settings, load_settings
from appliance.core.facts import (
    Fact,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    Transcript,
    TurnEnded,
    TurnEndPredicted,
)
from appliance.devices.wave import read_speech
from appliance.engines.vad.silero import SileroVad
from tests.bench.recordings import place
from tests.bench.recordings.place import Writing
from tests.conftest import CHECKOUT

SETTINGS = EndpointSettings()


def test_pauses_are_those_that_the_listener_met() -> None:
    words = [Transcript(text, 0.9, "ear") for text in ("one", "one two", "three")]
    facts: list[Fact] = [
        SpeechStarted(0.6),
        SpeechPaused(1.1, 1.0),
        TurnEndPredicted(words[0], 1.1),
        SpeechResumed(1.5),
        SpeechPaused(2.1, 2.0),
        TurnEndPredicted(words[0], 2.1),
        TurnEndPredicted(words[1], 2.2),
        TurnEnded(words[1], 2.0, 4.0),
        SpeechStarted(5.0),
        SpeechPaused(6.1, 6.0),
        TurnEndPredicted(words[2], 6.1),
        TurnEnded(words[2], 6.0, 8.0),
    ]
    assert list(pauses_of(facts)) == [
        Pause(1.0, 1.1, 1.5, "one"),
        Pause(2.0, 2.1, 5.0, "one two"),
        Pause(6.0, 6.1, None, "three"),
    ]


@pytest.fixture(scope="module")
def pharmacy() -> tuple[np.ndarray, Heard]:
    samples = read_speech(CHECKOUT / "tests" / "data" / "pharmacy.flac")
    return samples, Listening(Writing(), SileroVad().stream(), SETTINGS).hear(samples)


def test_a_recording_is_heard_by_the_listener_of_the_appliance(pharmacy: tuple[np.ndarray, Heard]) -> None:
    samples, heard = pharmacy
    assert (heard.text, heard.confidence, heard.turns) == ("where is the pharmacy", 0.7, 1)
    assert heard.audio_s == pytest.approx(len(samples) / 16_000)
    assert heard.latency_s is not None and heard.latency_s >= 0.1, "a pause is noticed after 0.1 s"
    assert heard.processor_s > 0 and heard.pauses[-1].to_s is None
    speech_s = padded(samples, 0.0).size / 16_000
    assert 0.5 < heard.pauses[-1].from_s < speech_s


def test_a_recording_without_speech_has_no_words(pharmacy: tuple[np.ndarray, Heard]) -> None:
    silent = Listening(Writing(), SileroVad().stream(), SETTINGS).hear(np.zeros(16_000, np.float32))
    assert (silent.text, silent.turns, silent.latency_s, silent.pauses) == ("", 0, None, ())


def test_a_kept_result_is_the_same_when_it_is_read_again(pharmacy: tuple[np.ndarray, Heard]) -> None:
    _, heard = pharmacy
    assert Heard.read(json.loads(json.dumps(asdict(heard)))) == heard


def test_what_was_heard_counts_as_long_as_program_models_settings_and_site_are_the_same(tmp_path: Path) -> None:
    settings, site = load_settings(CHECKOUT / "models" / "starter" / "cloister.yaml"), place.site(tmp_path)
    key = ear_key(settings, site)
    patient = replace(settings, endpoint=replace(settings.endpoint, patience_s=9.0), state=tmp_path)
    assert ear_key(patient, site) == key, "patience does not change what is heard"
    assert ear_key(replace(settings, endpoint=replace(settings.endpoint, speech_threshold=0.3)), site) != key
    assert ear_key(replace(settings, ear=replace(settings.ear, ctc=None)), site) != key
    assert ear_key(settings, replace(site, name="Other")) != key
    moved = replace(settings.ear, moonshine=MoonshineSettings(_copied(settings, tmp_path)))
    assert ear_key(replace(settings, ear=moved), site) == key, "a model counts by what it holds"
    (tmp_path / "moonshine" / "tokenizer.bin").write_bytes(b"other")
    assert ear_key(replace(settings, ear=moved), site) != key


def _copied(settings: Settings, tmp_path: Path) -> Path:
    assert settings.ear.moonshine is not None
    return Path(shutil.copytree(settings.ear.moonshine.directory, tmp_path / "moonshine"))
