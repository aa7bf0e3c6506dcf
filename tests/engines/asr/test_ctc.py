"""The CTC ear: the head that comes with the starter profile, and what it says of heads that cannot be."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from appliance.config.box import CtcSettings, EarSettings, load_settings
from appliance.config.site import HandOver, Speech
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Transcript
from appliance.core.ports import PortError
from appliance.core.turn import Turn
from appliance.engines.asr.combined import open_ear
from appliance.engines.asr.ctc import CtcEar, spelled, transcript
from appliance.engines.asr.site.search import OTHER, Found
from appliance.engines.tts.piper import PiperVoice
from appliance.language.english import ENGLISH
from tests.engines.conftest import DATA
from tests.engines.tts.test_piper import settings as voice_settings
from tests.sites import SITE

ROOT = Path(__file__).parents[3]
HEAD = ROOT / "models" / "starter" / "ctc" / "head.int8.onnx"
CAFE = dataclasses.replace(
    SITE,
    speech=Speech(
        phrases=("where is {place}",),
        subjects={"cafe": ("can I have a {size} {drink} [with {milk}] [please]",)},
        lists={
            "place": ("the pharmacy", "the laboratory"),
            "size": ("small", "large"),
            "drink": ("coffee", "iced coffee", "tea"),
            "milk": ("soy milk", "cream"),
        },
    ),
)


@pytest.fixture(scope="module")
def ear(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> CtcEar:
    return CtcEar(CtcSettings(HEAD, directory), CAFE, tmp_path_factory.mktemp("kept"))


def hear(ear: CtcEar, sound: Samples) -> Transcript:
    stream = ear.stream()
    stream.start()
    stream.accept(sound)
    return stream.finish()


def test_an_order_is_heard_along_the_site_s_language(ear: CtcEar, order: Samples) -> None:
    heard = hear(ear, order)
    assert "large iced coffee with soy milk" in heard.text
    assert heard.confidence > 0.5


@pytest.mark.parametrize("level", [0.0, 1e-3, 0.1])
def test_noise_is_no_sentence_of_the_site(ear: CtcEar, level: float) -> None:
    noise = level * np.random.default_rng(0).standard_normal(2 * SAMPLE_RATE_HZ)
    assert hear(ear, noise.astype(np.float32)).confidence < 0.5


def test_other_speech_is_not_taken_for_words() -> None:
    heard = transcript(Found((OTHER, "tea", OTHER), "cafe", -20.0, "who did teach you that"))
    assert (heard.text, heard.confidence) == ("", 0.0)


def test_stretches_of_other_speech_are_left_out() -> None:
    assert transcript(Found((OTHER, "a", "large", "tea"), "cafe", -20.0, "um a large te")).text == "a large tea"


def test_the_fewer_letters_were_read_otherwise_the_surer_are_the_words() -> None:
    reads = ("a large tea", "a larg tea", "a larj te", "the lark teeth")
    sure = [transcript(Found(("a", "large", "tea"), "", -9.0, read)).confidence for read in reads]
    assert sure == sorted(sure, reverse=True) and sure[0] > 0.9 and sure[-1] < 0.1
    assert transcript(Found((OTHER,), "", -5.0, "")).confidence == 0.0


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(None, "head.onnx is missing"), (b"no network", "is no CTC head")],
    ids=["none", "broken"],
)
def test_a_head_that_cannot_be_is_one_clear_line(
    content: bytes | None, complaint: str, directory: Path, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "head.onnx").write_bytes(content)
    with pytest.raises(PortError, match=complaint) as error:
        CtcEar(CtcSettings(tmp_path / "head.onnx", directory), CAFE, tmp_path)
    assert "\n" not in str(error.value)


def test_a_site_without_sentences_has_nothing_to_listen_for(directory: Path, tmp_path: Path) -> None:
    silent = dataclasses.replace(
        SITE, facts=(), opening_hours=(), small_talk=(), forms=(), emergency=None, hand_over=HandOver(phrases=()),
        speech=Speech(), interruptions=dataclasses.replace(SITE.interruptions, stop=(), backchannels=()),
    )  # fmt: skip
    with pytest.raises(PortError, match=r"leave `ear\.ctc` out"):
        CtcEar(CtcSettings(HEAD, directory), silent, tmp_path)


def test_it_may_be_the_only_ear(directory: Path, tmp_path: Path) -> None:
    settings = load_settings(ROOT / "models" / "starter" / "cloister.yaml")
    alone = dataclasses.replace(settings, ear=EarSettings(ctc=CtcSettings(HEAD, directory)), prepared=tmp_path)
    assert isinstance(open_ear(alone, CAFE), CtcEar)


def times(ear: CtcEar, text: str, *sounds: Samples, paused: bool = False) -> list[tuple[str, float, float]]:
    stream = ear.stream()
    stream.start()
    for sound in sounds:
        stream.accept(sound)
    if paused:
        stream.pause()
    return [(word.text, word.start_s, word.end_s) for word in stream.times(text)]


PHARMACY = [("where", 0.224, 0.462), ("is", 0.462, 0.600), ("the", 0.600, 0.677), ("pharmacy", 0.677, 1.312)]
"""When flite says each word of the recording, by its own account (``flite -psdur``). The head never heard flite."""


@pytest.fixture(scope="module")
def pharmacy() -> Samples:
    samples: Samples = soundfile.read(DATA / "pharmacy.flac", dtype="float32")[0]
    return samples


@pytest.mark.parametrize("before_s", [0.0, 1.0, 40.0], ids=["at once", "after silence", "longer than is read"])
def test_words_of_a_recording_are_found_when_they_were_said(ear: CtcEar, pharmacy: Samples, before_s: float) -> None:
    silence = np.zeros(round(before_s * SAMPLE_RATE_HZ), np.float32)
    found = times(ear, "where is the pharmacy", np.concatenate([silence, pharmacy]), paused=True)
    assert [word for word, _, _ in found] == [word for word, _, _ in PHARMACY]
    errors = [
        [begin - before_s - true_begin, end - before_s - true_end]
        for (_, begin, end), (_, true_begin, true_end) in zip(found, PHARMACY, strict=True)
    ]
    assert np.abs(errors).max() < 0.12, errors
    assert (np.median(np.abs(errors), axis=0) < 0.05).all(), "begins and ends"


def test_words_of_the_starters_voice_are_found_when_it_says_them(ear: CtcEar) -> None:
    voice = PiperVoice(voice_settings(), ENGLISH)
    errors = []
    for sentence in (
        "where can I park my car",
        "can I have a small coffee please",
        "the library opens at nine on Monday",
    ):
        (spoken,) = voice.synthesize(sentence, Turn(1))
        said = soxr.resample(spoken.samples, voice.rate_hz, SAMPLE_RATE_HZ)
        found = times(ear, sentence.lower(), said, paused=True)
        ends = [word.end / voice.rate_hz for word in spoken.words]
        assert [word for word, _, _ in found] == sentence.lower().split()
        errors += [end - true_end for (_, _, end), true_end in zip(found, ends, strict=True)]
    assert len(errors) == 20 and np.median(np.abs(errors)) < 0.04 and np.abs(np.mean(errors)) < 0.04, errors


def test_words_follow_one_another_and_end_with_the_sound(ear: CtcEar, pharmacy: Samples) -> None:
    cut = pharmacy[: round(1.25 * SAMPLE_RATE_HZ)]
    found = times(ear, "where is the pharmacy", cut, paused=True)
    borders = [border for _, begin, end in found for border in (begin, end)]
    assert borders == sorted(borders) and borders[0] >= 0 and borders[-1] <= 1.25


def test_words_that_another_ear_heard_since_are_found_in_the_sound_that_came_since(
    ear: CtcEar, pharmacy: Samples
) -> None:
    """The letters are read again when more was heard than they cover."""
    since = pharmacy[SAMPLE_RATE_HZ:]
    found = times(ear, "where is the pharmacy", pharmacy[:SAMPLE_RATE_HZ], since[:3200], since[3200:])
    assert found[-1][2] > 1.2 and found == times(ear, "where is the pharmacy", pharmacy)


def test_nothing_has_times_where_the_words_do_not_fit(ear: CtcEar, pharmacy: Samples) -> None:
    assert times(ear, "where is the pharmacy") == times(ear, "") == []
    assert times(ear, "where is the pharmacy and its door", pharmacy[:6400]) == []
    stream = ear.stream()
    stream.start()
    stream.accept(pharmacy)
    stream.finish()
    assert stream.times("where")
    stream.start()
    assert stream.times("where") == ()


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("park", "park"), ("o'clock", "o'clock"), ("7", "seven"), ("21st", "twenty first"), ("café", "cafe"),
        ("Müller", "muller"), ("人", ""),
    ],
)  # fmt: skip
def test_a_word_is_spelled_as_it_is_said(word: str, said: str) -> None:
    letters = " 'abcdefghijklmnopqrstuvwxyz"
    symbols = {letter: number for number, letter in enumerate(letters, 1)}
    assert "".join(letters[number - 1] for number in spelled(word, symbols, ENGLISH)) == said
