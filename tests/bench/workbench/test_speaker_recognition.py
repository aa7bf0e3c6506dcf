"""The instruments of ``cloister bench turns --part voices``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.bench.workbench import speaker_recognition
from appliance.bench.workbench.speaker_recognition import STARTER, Similarities
from appliance.config.box import EndpointSettings
from appliance.core.audio import SAMPLE_RATE_HZ, Samples, level_dbfs
from appliance.devices.wave import read_speech
from appliance.engines.speaker_embedding import VoiceNetwork
from tests.conftest import CHECKOUT
from tests.fakes import LoudnessVad, PitchVoices, tone

RECORDINGS = CHECKOUT / "tests" / "data"


@pytest.mark.parametrize(
    ("own", "others", "rate"),
    [
        ([0.8, 0.9], [0.1, 0.2, 0.3], 0.0),
        ([0.1, 0.9], [0.5, 0.95], 0.5),
        ([0.4, 0.6, 0.7, 0.8], [0.1, 0.2, 0.3, 0.5], 0.25),
    ],
)
def test_the_equal_error_rate(own: list[float], others: list[float], rate: float) -> None:
    found = Similarities("orders", "as recorded", 1.0, np.array(own), np.array(others))
    assert found.equal_error() == pytest.approx(rate)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Recordings: two readers, one customer who orders, and a meeting of two in which a third talks over the first."""
    said = {name: read_speech(RECORDINGS / f"{name}.flac") for name in ("order", "pharmacy", "station")}
    meeting = np.concatenate((said["order"], said["station"], said["station"]))
    edge_s, end_s = len(said["order"]) / SAMPLE_RATE_HZ, len(meeting) / SAMPLE_RATE_HZ
    sounds: dict[str, dict[str, Samples]] = {
        "A-asr-dev": said,
        "commands-dev": {"order": said["order"]},
        "D-dialog": {"meeting": meeting},
    }
    rows: dict[str, list[tuple[str, str | None]]] = {
        "A-asr-dev": [("order", "ann"), ("station", "bob"), ("pharmacy", "ann")],
        "commands-dev": [("order", None)],
        "D-dialog": [("meeting", None)],
    }
    turns = [
        {"speaker": "ann", "start": 0.0, "end": edge_s},
        {"speaker": "bob", "start": edge_s, "end": end_s},
        {"speaker": "cyd", "start": 0.0, "end": 0.4},
    ]
    for folder, files in sounds.items():
        (tmp_path / folder).mkdir()
        for name, sound in files.items():
            soundfile.write(tmp_path / folder / f"{name}.flac", sound, SAMPLE_RATE_HZ)
        lines = [
            {"id": name, "file": f"{name}.flac", "speaker": speaker, "seconds": 3.0, "turns": turns}
            for name, speaker in rows[folder]
        ]
        (tmp_path / folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return tmp_path


def test_only_people_with_two_recordings_count(data: Path) -> None:
    everybody = speaker_recognition.people(data)
    assert [(person.name, person.group, person.place) for person in everybody] == [
        ("ann", "sentences", "sentences"),
        ("order", "orders", "orders"),
        ("meeting ann", "meetings", "meeting"),
        ("meeting bob", "meetings", "meeting"),
    ]
    for person in everybody:
        levels = [level_dbfs(window) for window in person.first[: len(person.first) // 512 * 512].reshape(-1, 512)]
        assert np.quantile(levels, 0.9) == pytest.approx(-26.0, abs=0.1)


def test_each_voice_is_compared_with_itself_and_with_others(data: Path) -> None:
    noise = np.random.default_rng(0).normal(0, 0.05, 60 * SAMPLE_RATE_HZ).astype(np.float32)
    found = speaker_recognition.similarities(
        speaker_recognition.people(data), VoiceNetwork(STARTER), noise, lambda line: None
    )
    assert {(f.group, f.seconds, len(f.own), len(f.others)) for f in found} == {("meetings", 1.0, 2, 2)}
    assert found[0].condition == "as recorded" and len(found) > 1
    assert found[0].own.min() > found[0].others.max() + 0.1


@pytest.mark.parametrize(
    ("hz", "level_db", "by_loudness", "with_voices"),
    [
        (220.0, 0.0, False, False),
        (220.0, -16.0, True, False),
        (440.0, 0.0, False, False),
        (440.0, -8.0, False, True),
        (440.0, -16.0, True, True),
    ],
)
def test_which_speech_is_an_aside(
    hz: float, level_db: float, by_loudness: bool, with_voices: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speaker_recognition, "_vad", LoudnessVad)
    said = tone(2.0, 220.0), speaker_recognition._cut(tone(3.0, hz), level_db)
    assert speaker_recognition.is_aside(EndpointSettings(), *said, None) is by_loudness
    assert speaker_recognition.is_aside(EndpointSettings(), *said, PitchVoices()) is with_voices


@pytest.mark.parametrize("condition", speaker_recognition.CONDITIONS)
def test_a_condition_changes_the_sound_as_described(condition: str) -> None:
    sound, noise = (
        tone(2.0),
        speaker_recognition._levelled(np.random.default_rng(0).normal(0, 1, 20 * 16_000).astype(np.float32)),
    )
    changed = speaker_recognition._changed(speaker_recognition._levelled(sound), condition, noise, 3)
    assert len(changed) == len(sound)
    assert np.array_equal(changed, speaker_recognition._levelled(sound)) == (condition == "as recorded")
    if condition == "noise 15 dB below":
        added_dbfs = level_dbfs(changed - speaker_recognition._levelled(sound))
        assert added_dbfs == pytest.approx(level_dbfs(noise) - 15, abs=0.5)
