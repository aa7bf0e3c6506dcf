"""The real pocketsphinx on recordings of other synthesizers: a small site, and general English beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from appliance.config.box import PocketsphinxSettings
from appliance.config.site import Site, SiteFact, Speech, VocabularyEntry
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.ports import PortError
from appliance.engines.asr.pocketsphinx import GENERAL, PocketsphinxEar, PocketsphinxStream
from appliance.engines.asr.site.language_model import EMERGENCY
from tests.sites import SITE

DATA = Path(__file__).parents[2] / "data"

SPEECH = Speech(
    phrases=("where is {place}", "thank you"),
    subjects={"cafe": ("can I have a {size} {drink} [with {milk}] [please]",)},
    lists={
        "place": ("the pharmacy", "the laboratory", "the yelanard room"),
        "size": ("small", "medium", "large"),
        "drink": ("coffee", "iced coffee", "iced tea"),
        "milk": ("soy milk", "whole milk", "cream"),
    },
    vocabulary=(VocabularyEntry("yelanard", phones="Y EH L AH N AA R D"),),
)


def site(speech: Speech = SPEECH, **changes: Any) -> Site:
    import dataclasses

    return dataclasses.replace(SITE, speech=speech, facts=(SiteFact("a", "The pharmacy is here."),), **changes)


@pytest.fixture(scope="module")
def ear(tmp_path_factory: pytest.TempPathFactory) -> PocketsphinxStream:
    return PocketsphinxEar(PocketsphinxSettings(), site(), tmp_path_factory.mktemp("kept")).stream()


def recording(name: str) -> Samples:
    samples, rate_hz = soundfile.read(DATA / f"{name}.flac", dtype="float32")
    assert rate_hz == SAMPLE_RATE_HZ
    heard: Samples = samples
    return heard


def hear(ear: PocketsphinxStream, samples: Samples, block: int = 512) -> list[str]:
    """Partial results, then the final one."""
    ear.start()
    partial = [ear.accept(samples[at : at + block]) for at in range(0, len(samples), block)]
    return [*partial, ear.finish().text]


@pytest.fixture(scope="module")
def order_heard(ear: PocketsphinxStream) -> list[str]:
    """The result is cached, because decoding takes a second and the same blocks give the same words."""
    return hear(ear, recording("order"))


def test_an_order_is_understood_word_for_word(order_heard: list[str]) -> None:
    assert order_heard[-1] == "can i have a large iced coffee with soy milk please"


def test_partial_words_appear_during_speech(order_heard: list[str]) -> None:
    *partial, final = order_heard
    half = partial[len(partial) * 2 // 3]
    assert half and len(half.split()) < len(final.split())
    assert half.split()[:3] == final.split()[:3]


def test_speech_about_the_whole_site_is_understood(ear: PocketsphinxStream) -> None:
    assert hear(ear, recording("pharmacy"))[-1] == "where is the pharmacy"


def test_general_english_is_not_heard_as_words_of_the_site(ear: PocketsphinxStream) -> None:
    heard = hear(ear, recording("station"))[-1].split()
    assert len({"train", "city", "leaves", "morning"} & set(heard)) >= 3


def test_the_subject_that_was_spoken_about_scores_best(ear: PocketsphinxStream) -> None:
    ear.start()
    ear.accept(recording("order"))
    scores = {hearing.subject: hearing.score for hearing in ear.hearings()}
    assert set(scores) == {"", "cafe", EMERGENCY, GENERAL}
    assert scores["cafe"] > scores[""]
    ear.start()
    ear.accept(recording("station"))
    scores = {hearing.subject: hearing.score for hearing in ear.hearings()}
    assert scores[GENERAL] > max(scores["cafe"], scores[""])


def test_earlier_utterances_do_not_change_a_transcript(ear: PocketsphinxStream) -> None:
    quiet = recording("order") * 0.1
    first = hear(ear, quiet)
    hear(ear, recording("station") * 0.9)
    assert hear(ear, quiet) == first


def test_sound_before_a_pause_is_not_decoded_again_at_the_end(
    ear: PocketsphinxStream, order_heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = recording("order")
    expected = order_heard[-1]
    again: list[str] = []
    original = PocketsphinxStream._heard_again
    monkeypatch.setattr(
        PocketsphinxStream, "_heard_again", lambda self, heard: (again.append(heard.text), original(self, heard))[1]
    )
    ear.start()
    partial = ear.accept(order)
    ear.pause()
    assert len(again) == 1
    frames = [decoder.frames for decoder in ear._decoders.values()]
    assert ear.accept(np.zeros(SAMPLE_RATE_HZ // 2, np.float32)) == partial
    assert [decoder.frames for decoder in ear._decoders.values()] == frames, "silence can wait"
    assert ear.finish().text == expected
    assert len(again) == 1
    ear.start()
    ear.accept(order[: len(order) // 2])
    ear.pause()
    ear.resume()
    ear.accept(order[len(order) // 2 :])
    assert ear.finish().text == expected, "more was said after the pause"
    assert len(again) == 3


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(160), np.zeros(2 * SAMPLE_RATE_HZ)])
def test_silence_is_no_speech(ear: PocketsphinxStream, samples: np.ndarray) -> None:
    ear.start()
    ear.accept(samples.astype(np.float32))
    transcript = ear.finish()
    assert not transcript.text or transcript.confidence < 0.5


def test_confidence_tells_speech_of_the_site_from_noise(ear: PocketsphinxStream) -> None:
    ear.start()
    ear.accept(recording("order"))
    certain = ear.finish().confidence
    ear.start()
    ear.accept(np.random.default_rng(1).normal(0, 0.1, 2 * SAMPLE_RATE_HZ).astype(np.float32))
    assert ear.finish().confidence < certain


def test_a_mistake_in_the_phrases_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(PortError, match=r"speech: there is no list 'drnk'"):
        PocketsphinxEar(PocketsphinxSettings(), site(Speech(phrases=("a {drnk}",))), tmp_path)


def test_a_mistake_in_a_pronunciation_is_one_clear_line(tmp_path: Path) -> None:
    speech = Speech(vocabulary=(VocabularyEntry("yelanard", phones="Y EX L"),))
    with pytest.raises(PortError, match=r"speech\.vocabulary: yelanard: 'EX' is not a CMU phone"):
        PocketsphinxEar(PocketsphinxSettings(), site(speech), tmp_path)


def test_a_model_folder_without_a_model_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(PortError, match="needs exactly one"):
        PocketsphinxEar(PocketsphinxSettings(model=tmp_path), site(), tmp_path)
