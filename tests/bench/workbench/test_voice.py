"""The benchmark of the voice counts word errors correctly and tells a clear voice from noise."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from appliance.bench.workbench import voice
from appliance.bench.workbench.voice import VoiceFigures, evaluate, word_distance, words_of
from appliance.config.box import BrainSettings, EarSettings, Settings, VoiceSettings

MODEL = Path(__file__).resolve().parents[3] / "models" / "starter" / "voice" / "en_US-kathleen-small.onnx"


@pytest.mark.parametrize(
    ("reference", "heard", "errors"),
    [
        ("please wait here", "please wait here", 0),
        ("please wait here", "", 3),
        ("please wait here", "please weight here", 1),
        ("please wait here", "wait here", 1),
        ("please wait", "please do wait here", 2),
        ("a b c", "b c d", 2),
        ("", "so", 1),
    ],
)
def test_word_distance(reference: str, heard: str, errors: int) -> None:
    assert word_distance(reference.split(), heard.split()) == errors


def test_words_have_neither_case_nor_punctuation() -> None:
    assert words_of("O'Brien’s X-ray, please!") == ["o'brien's", "x", "ray", "please"]


def rate(figures: VoiceFigures) -> float:
    """Word error rate of the configured voice over both sets of sentences."""
    ours = [errors for errors in figures.word_errors if errors.speaker == MODEL.name]
    assert [errors.count for errors in ours] == [6, 6]
    return sum(errors.errors for errors in ours) / sum(errors.words for errors in ours)


@pytest.mark.slow
def test_figures_of_the_starter_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(Path("site"), EarSettings(), BrainSettings(Path("brain")), VoiceSettings(MODEL), threads=1)
    figures = evaluate(settings, None, Path("/nowhere"), limit=6, runs=2)
    assert rate(figures) < 0.3
    say = voice._say
    monkeypatch.setattr(voice, "_say", lambda speaker, text: (say(speaker, text)[0][::-1].copy(), speaker.rate_hz))
    assert rate(evaluate(settings, None, Path("/nowhere"), limit=6, runs=2)) > 0.7, "control: said backwards"
    assert 0 < figures.cpu_real_time_factor < 1
    assert figures.first_audio_ms > 0
    assert any("recordings" in reason for reason in figures.missing)
    assert MODEL.name in figures.table()
    assert json.loads(json.dumps(dataclasses.asdict(figures)))["runs"] == 2
