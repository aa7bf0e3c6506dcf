"""The ``Ear`` port: what an utterance promises, and that the streams of one ear are independent.

What an ear understands, and how well, is tested for each ear on its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pytest

from appliance.bench.workbench.null_engines import DeafEar
from appliance.config.box import CtcSettings, PocketsphinxSettings, load_settings
from appliance.config.site import Speech
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Transcript
from appliance.core.ports import Ear, EarStream
from appliance.engines.asr import moonshine
from appliance.engines.asr.combined import CombinedEar
from appliance.engines.asr.crowd import Crowd
from appliance.engines.asr.ctc import CtcEar
from appliance.engines.asr.moonshine import Moonshine
from appliance.engines.asr.pocketsphinx import PocketsphinxEar
from appliance.engines.asr.sherpa import OfflineEar, open_sherpa
from tests.conformance.threads import at_once
from tests.ears import STREAMING
from tests.engines.asr.test_sherpa import CountingRecognizer
from tests.fakes import ScriptedEar
from tests.sites import SITE

SETTINGS = load_settings(Path(__file__).parents[2] / "models" / "starter" / "cloister.yaml")
HEAD = Path(__file__).parents[2] / "models" / "starter" / "ctc" / "head.int8.onnx"
CAFE = replace(
    SITE,
    speech=Speech(
        phrases=("where is {place}", "can I have a {size} {drink} [with {milk}] [please]"),
        lists={
            "place": ("the pharmacy", "the laboratory"),
            "size": ("small", "medium", "large"),
            "drink": ("coffee", "iced coffee", "iced tea"),
            "milk": ("soy milk", "whole milk", "cream"),
        },
    ),
)
BLOCK = 512
WORDS = re.compile(r"[a-z0-9']+( [a-z0-9']+)*|")


def open_moonshine(folder: Path) -> Moonshine:
    moonshine.install(folder / "moonshine")
    return Moonshine(folder / "moonshine")


def open_pocketsphinx(folder: Path) -> PocketsphinxEar:
    return PocketsphinxEar(PocketsphinxSettings(), CAFE, folder, threads=2, general=False)


def open_zipformer(folder: Path) -> Ear:
    return open_sherpa(STREAMING, replace(SETTINGS, state=folder), CAFE)


def open_ctc(folder: Path) -> CtcEar:
    moonshine.install(folder / "moonshine")
    return CtcEar(CtcSettings(HEAD, folder / "moonshine"), CAFE, folder)


def open_combined(folder: Path) -> CombinedEar:
    return CombinedEar(open_moonshine(folder), [open_pocketsphinx(folder), open_zipformer(folder)], Crowd(3))


@dataclass(frozen=True)
class Case:
    """An engine or a fake."""

    name: str
    open: Callable[[Path], Ear]
    listens: bool = True
    """A scripted fake hears its words in silence too."""

    def __str__(self) -> str:
        return self.name


CASES = [
    Case("moonshine", open_moonshine),
    Case("pocketsphinx", open_pocketsphinx),
    Case("sherpa online", open_zipformer),
    Case("ctc", open_ctc),
    Case("sherpa offline", lambda _: OfflineEar(CountingRecognizer()), listens=False),
    pytest.param(Case("combined", open_combined), marks=pytest.mark.slow),
    Case("scripted", lambda _: ScriptedEar(["can i have a large iced coffee with soy milk please"] * 4), listens=False),
    Case("deaf", lambda _: DeafEar()),
]


@pytest.fixture(scope="module", params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    made: Case = request.param
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state that an ear keeps from one start to the next."""
    return tmp_path_factory.mktemp("ear")


@pytest.fixture(scope="module")
def ear(case: Case, folder: Path) -> Ear:
    return case.open(folder)


@pytest.fixture(scope="module")
def sounds(order: Samples, pharmacy: Samples) -> tuple[Samples, Samples]:
    """Two utterances, cut short because their words do not matter here."""
    return order[: 2 * SAMPLE_RATE_HZ], pharmacy[:SAMPLE_RATE_HZ]


@pytest.fixture(scope="module")
def alone(ear: Ear, sounds: tuple[Samples, Samples]) -> tuple[Utterance, Utterance]:
    """The transcript of each by a stream that hears nothing else."""
    one, other = (hear(ear.stream(), sound) for sound in sounds)
    return one, other


def blocks(sound: Samples, size: int = BLOCK) -> list[Samples]:
    return [sound[at : at + size] for at in range(0, len(sound), size)]


Utterance = tuple[list[str], Transcript]
"""Partial results, and the transcript"""

Sounds = tuple[Samples, Samples]
Utterances = tuple[Utterance, Utterance]


def hear(stream: EarStream, sound: Samples, size: int = BLOCK) -> Utterance:
    stream.start()
    return [stream.accept(block) for block in blocks(sound, size)], stream.finish()


def test_partial_results_and_transcripts_are_plain_words(ear: Ear, alone: Utterances) -> None:
    for partial_results, transcript in alone:
        assert all(WORDS.fullmatch(text) for text in (*partial_results, transcript.text))
        assert 0.0 <= transcript.confidence <= 1.0
        assert transcript.ear
    assert ear.stream().name


def test_an_utterance_does_not_change_the_next(ear: Ear, sounds: Sounds, alone: Utterances) -> None:
    stream = ear.stream()
    assert [hear(stream, sound) for sound in (*sounds, sounds[0])] == [*alone, alone[0]]


def test_start_forgets_an_unfinished_utterance(ear: Ear, sounds: Sounds, alone: Utterances) -> None:
    stream = ear.stream()
    stream.start()
    stream.accept(sounds[1])
    stream.pause()
    assert hear(stream, sounds[0]) == alone[0]


def test_blocks_of_any_length_give_the_same_transcript(ear: Ear, sounds: Sounds, alone: Utterances) -> None:
    stream = ear.stream()
    for size in (320, len(sounds[0])):
        assert hear(stream, sounds[0], size)[1].text == alone[0][1].text


@pytest.mark.parametrize("empty_blocks", [0, 1, 2])
def test_an_utterance_without_sound_has_no_words(ear: Ear, empty_blocks: int) -> None:
    stream = ear.stream()
    stream.start()
    for _ in range(empty_blocks):
        assert stream.accept(np.zeros(0, np.float32)) == ""
    assert stream.pause().text == ""
    stream.resume()
    transcript = stream.finish()
    assert (transcript.text, transcript.confidence) == ("", 0.0)


@pytest.mark.parametrize("samples", [1, 100, SAMPLE_RATE_HZ])
@pytest.mark.parametrize("level", [0.0, 1e-4])
def test_silence_of_any_length_says_little(ear: Ear, case: Case, samples: int, level: float) -> None:
    if not case.listens:
        pytest.skip("goes by a script")
    silence = (level * np.random.default_rng(0).standard_normal(samples)).astype(np.float32)
    _, transcript = hear(ear.stream(), silence)
    assert len(transcript.text.split()) <= 2


def test_the_transcript_begins_with_that_of_the_pause(ear: Ear, sounds: Sounds) -> None:
    """Only a last word may be missing, which a streaming network may find only in the silence that follows."""
    stream = ear.stream()
    stream.start()
    stream.accept(sounds[0])
    foretold = stream.pause()
    assert stream.pause() == foretold, "asked again, it says the same"
    stream.accept(np.zeros(BLOCK, np.float32))
    assert stream.finish().text.startswith(foretold.text)


def test_after_resume_the_rest_counts_too(ear: Ear, sounds: Sounds, alone: Utterances) -> None:
    stream = ear.stream()
    stream.start()
    half = len(sounds[0]) // 2
    stream.accept(sounds[0][:half])
    stream.pause()
    stream.resume()
    stream.accept(sounds[0][half:])
    assert stream.finish().text == alone[0][1].text


def test_two_streams_in_turns_give_the_results_of_each_alone(ear: Ear, sounds: Sounds, alone: Utterances) -> None:
    streams = [ear.stream(), ear.stream()]
    found: list[list[str]] = [[], []]
    for stream in streams:
        stream.start()
    for pair in zip_longest(*map(blocks, sounds)):
        for stream, block, partial_results in zip(streams, pair, found, strict=True):
            if block is not None:
                partial_results.append(stream.accept(block))
    assert tuple(zip(found, [stream.finish() for stream in streams], strict=True)) == alone


def test_streams_in_several_threads_give_the_results_of_each_alone(ear: Ear, sounds: Sounds, alone: Utterances) -> None:
    assert tuple(at_once([partial(hear, ear.stream(), sound) for sound in sounds])) == alone


def test_a_stream_outlives_the_reference_to_its_ear(
    case: Case, folder: Path, sounds: Sounds, alone: Utterances
) -> None:
    stream = case.open(folder).stream()
    assert hear(stream, sounds[0]) == alone[0]
