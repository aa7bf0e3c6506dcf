"""Times of words through the real ears, as doors get them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from appliance.config.box import CtcSettings, EarSettings, EndpointSettings, MoonshineSettings, load_settings
from appliance.config.site import load_site
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Fact, PartialTranscript, TurnEnded, WordTime
from appliance.devices.wave import read_speech
from appliance.engines.asr import moonshine
from appliance.engines.asr.combined import open_ear
from appliance.engines.vad.silero import SileroVad
from appliance.protocols.hearing import segments
from appliance.protocols.live_ears import LiveEars, with_silence
from appliance.runtime.assemble import assemble
from appliance.runtime.engines import Engines
from tests.engines.asr.test_ctc import CAFE, HEAD, PHARMACY
from tests.engines.conftest import DATA
from tests.fakes import ScriptedResponder, ToneVoice


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory, starter: Path) -> Engines:
    """Moonshine and the ear ``ctc``, for a café."""
    folder = tmp_path_factory.mktemp("ears")
    moonshine.install(folder)
    ears = EarSettings(moonshine=MoonshineSettings(folder), ctc=CtcSettings(HEAD, folder))
    settings = dataclasses.replace(load_settings(starter), ear=ears, prepared=folder)
    ear = open_ear(settings, CAFE)
    return Engines(SileroVad(), ear, ToneVoice(), lambda *_: ScriptedResponder([]), {}, words_timed=True)


@pytest.fixture(scope="module")
def question() -> Samples:
    """ "Where is the pharmacy", by flite."""
    return read_speech(DATA / "pharmacy.flac")


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * SAMPLE_RATE_HZ), np.float32)


def errors(words: tuple[WordTime, ...], begins_s: float) -> list[float]:
    """Seconds by which the borders of the question's words are late, where it begins at ``begins_s``."""
    assert [word.text for word in words] == [word for word, _, _ in PHARMACY]
    return [
        late
        for word, (_, begin, end) in zip(words, PHARMACY, strict=True)
        for late in (word.start_s - begins_s - begin, word.end_s - begins_s - end)
    ]


def test_words_of_a_recording_have_the_times_of_the_recording(engines: Engines, question: Samples) -> None:
    """The question is asked twice. The first word's beginning is before the moment at which speech was detected."""
    second_s = 1.0 + len(question) / SAMPLE_RATE_HZ + 4.0
    recording = np.concatenate([silence(1.0), question, silence(4.0), question])
    found = list(segments(engines, EndpointSettings(), recording, times=True))
    assert len(found) == 2
    late = errors(found[0].words, 1.0) + errors(found[1].words, second_s)
    assert np.median(np.abs(late)) < 0.04 and np.abs(late).max() < 0.12, late
    for segment in found:
        assert segment.start_s <= segment.words[0].start_s and segment.words[-1].end_s <= segment.end_s
    assert not next(segments(engines, EndpointSettings(), recording)).words


def test_words_have_times_while_they_are_said(engines: Engines, question: Samples) -> None:
    told: list[tuple[Fact, tuple[WordTime, ...]]] = []

    def tell(fact: Fact) -> None:
        if isinstance(fact, PartialTranscript):
            told.append((fact, ears.times(fact.text)))
        elif isinstance(fact, TurnEnded):
            told.append((fact, ears.times(fact.transcript.text)))

    ears = LiveEars(engines, with_silence(EndpointSettings(), 500), tell)
    ears.hear(np.concatenate([silence(1.0), question, silence(1.0)]))
    partials, (final,) = told[:-1], told[-1:]
    assert isinstance(final[0], TurnEnded) and np.abs(errors(final[1], 1.0)).max() < 0.12
    assert any(times for _, times in partials)
    for fact, times in partials:
        assert isinstance(fact, PartialTranscript)
        assert [word.text for word in times] in ([], fact.text.split())
        assert all(1.0 <= word.start_s <= word.end_s <= fact.at_s for word in times), (fact, times)


@pytest.mark.slow
def test_a_box_with_that_ear_tells_times_of_words(tmp_path: Path, starter: Path, question: Samples) -> None:
    settings = load_settings(starter)
    assert settings.ear.moonshine is not None
    ears = dataclasses.replace(settings.ear, ctc=CtcSettings(HEAD, settings.ear.moonshine.directory))
    settings = dataclasses.replace(settings, ear=ears, state=tmp_path, doors=())
    whole = assemble(settings, load_site(settings.site))
    (segment,) = segments(whole, settings.endpoint, np.concatenate([silence(1.0), question]), times=True)
    assert np.abs(errors(segment.words, 1.0)).max() < 0.12


def test_ears_that_cannot_tell_have_no_times(engines: Engines, question: Samples) -> None:
    judge, _ = engines.ear.parts  # type: ignore[attr-defined]
    for ear, timed in ((engines.ear, False), (judge, True)):
        deaf = dataclasses.replace(engines, ear=ear, words_timed=timed)
        (segment,) = segments(deaf, EndpointSettings(), question, times=True)
        assert "pharmacy" in segment.text and segment.words == ()
