"""The choice between the transcripts of several ears."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from appliance.config.box import EarSettings, PocketsphinxSettings, SherpaSettings, load_settings
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Transcript, WordTime
from appliance.core.ports import EarStream, PortError
from appliance.engines.asr import combined
from appliance.engines.asr.combined import CombinedStream, missing_ears, open_ear, tells_times
from appliance.engines.asr.crowd import Crowd, SparedEar
from appliance.engines.asr.ctc import CtcStream
from appliance.engines.asr.moonshine import Decoded, Fit, MoonshineStream, SharedEncoder
from appliance.language.english import ENGLISH
from tests.sites import SITE

SETTINGS = load_settings(Path(__file__).parents[3] / "models" / "starter" / "cloister.yaml")
BLOCK = np.zeros(320, np.float32)


class ScriptedStream:
    """An ear that understands the same sentence in any sound."""

    streaming = ""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._text = text
        self._partial = "so far"
        self.calls: list[str] = []

    def understands(self, text: str) -> None:
        self._text = self._partial = text

    def start(self) -> None:
        self.calls.append("start")

    def accept(self, samples: Samples) -> str:
        self.calls.append("accept")
        return self._partial

    def pause(self) -> Transcript:
        self.calls.append("pause")
        return Transcript(self._text, 0.5, self.name)

    def resume(self) -> None:
        self.calls.append("resume")

    def finish(self) -> Transcript:
        self.calls.append("finish")
        return Transcript(self._text, 0.5, self.name)


class ScriptedNetwork:
    """A stand-in for Moonshine. Every word that was not said makes a sentence less likely by e to the tenth."""

    def __init__(self, said: str, written: str) -> None:
        self._said = said.split()
        self._written = written
        self.written = self.judged = 0

    def write(self, states: Samples) -> Decoded:
        self.written += 1
        return Decoded(self._written, self._likely(self._written), 4, states)

    def fits(self, states: Samples, texts: Sequence[str]) -> list[Fit]:
        self.judged += 1
        return [Fit(self._likely(text), 4) for text in texts]

    def _likely(self, text: str) -> float:
        words = text.lower().strip(".?").split()
        return -10.0 * len(set(words) ^ set(self._said))


class CountingEncoder:
    """A stand-in for Moonshine's encoder. One state for each frame."""

    def __init__(self) -> None:
        self.sounds: list[Samples] = []

    def states(self, samples: Samples) -> Samples:
        self.sounds.append(samples)
        return np.zeros((1, len(samples) // 320, 1), np.float32)


def shared(encoder: CountingEncoder) -> SharedEncoder:
    return SharedEncoder(encoder)  # type: ignore[arg-type]


def combined_of(network: ScriptedNetwork, *others: EarStream, crowd: Crowd | None = None) -> CombinedStream:
    judge = MoonshineStream(network, shared(CountingEncoder()))  # type: ignore[arg-type]
    return CombinedStream(judge, others, ThreadPoolExecutor(len(others)), crowd or Crowd(3))


@pytest.mark.parametrize(
    ("said", "written", "pocketsphinx", "sherpa", "believed"),
    [
        # One wrong word costs ten. The bound for four seconds is twenty.
        ("a light roast latte", "A light rose latte", "a light roast latte", "a light ice latte", "pocketsphinx"),
        ("a light roast latte", "A light roast latte", "a light roast mocha", "a light roast latte", "sherpa"),
        ("who was lincoln", "Who was Lincoln?", "a small mocha", "who has a mocha", "moonshine"),
        ("who was lincoln", "Who was Lincoln?", "", "", "moonshine"),
        ("a mocha", "", "a mocha", "", "pocketsphinx"),
    ],
)
def test_which_ear_is_believed(said: str, written: str, pocketsphinx: str, sherpa: str, believed: str) -> None:
    others = [ScriptedStream("pocketsphinx", pocketsphinx), ScriptedStream("sherpa", sherpa)]
    ear = combined_of(ScriptedNetwork(said, written), *others)
    ear.start()
    ear.accept(np.zeros(4 * SAMPLE_RATE_HZ, np.float32))
    each = ear.finish_each()
    assert [transcript.ear for transcript in each[:-1]] == list(ear.names) == ["pocketsphinx", "sherpa", "moonshine"]
    assert each[-1].ear == believed
    assert each[-1].text in (transcript.text for transcript in each[:-1] if transcript.ear == believed)


def test_the_first_syllables_come_from_the_sites_ears() -> None:
    ear = combined_of(ScriptedNetwork("a", "A"), ScriptedStream("sherpa", "a"))
    ear.start()
    assert ear.accept(BLOCK) == "so far"
    assert ear.accept(np.zeros(SAMPLE_RATE_HZ, np.float32)) == "a"


def test_words_that_two_ears_wrote_are_not_judged() -> None:
    """The second passes are spared."""
    network, other = ScriptedNetwork("a mocha", "A mocha."), ScriptedStream("pocketsphinx", "a latte")
    ear = combined_of(network, other)
    ear.start()
    other.streaming = "a mocha"
    ear.accept(BLOCK)
    assert ear.streaming == "a mocha"
    assert ear.pause().text == ear.finish().text == "a mocha"
    assert network.judged == 0 and other.calls == ["start", "accept"]


def test_all_ears_receive_every_call_in_order() -> None:
    others = [ScriptedStream("pocketsphinx", "a"), ScriptedStream("sherpa", "a")]
    ear = combined_of(ScriptedNetwork("a", "A"), *others)
    ear.start()
    ear.accept(BLOCK)
    assert ear.pause().text == "a"
    ear.resume()
    ear.accept(BLOCK)
    ear.finish()
    assert [other.calls for other in others] == [["start", "accept", "pause", "resume", "accept", "finish"]] * 2


def test_a_last_word_found_in_the_silence_is_judged_before_the_end() -> None:
    slow = ScriptedStream("sherpa", "a light roast")
    ear = combined_of(ScriptedNetwork("a light roast latte", "A light rose"), slow)
    ear.start()
    ear.accept(np.zeros(4 * SAMPLE_RATE_HZ, np.float32))
    assert ear.pause().text == "a light roast"
    assert ear.accept(BLOCK) == "a light roast"
    slow.understands("a light roast latte")
    assert ear.accept(BLOCK) == "a light roast latte"
    assert ear.finish().text == "a light roast latte"
    assert "finish" not in slow.calls


def test_words_judged_at_the_pause_are_not_judged_again_at_the_end() -> None:
    network = ScriptedNetwork("a", "A")
    ear = combined_of(network, ScriptedStream("sherpa", "a"))
    ear.start()
    ear.accept(BLOCK)
    assert ear.pause() == ear.finish()
    assert network.judged == 1
    ear.start()
    ear.accept(BLOCK)
    ear.pause()
    ear.resume()
    ear.accept(BLOCK)
    ear.finish()
    assert network.judged == 3


class ScriptedLetters(CtcStream):
    """An ear for the site's words that is as sure as it is told to be."""

    def __init__(self, text: str, sure: float, encoder: SharedEncoder) -> None:
        self._read = Transcript(text, sure, self.name)
        super().__init__(None, None, encoder, ENGLISH)  # type: ignore[arg-type]

    def _hear(self, samples: Samples) -> Transcript:
        self._encoder.states(samples)
        return self._read


@pytest.mark.parametrize(
    ("said", "read", "sure", "ear", "written"),
    [
        ("a mocha", "a mocha", 0.9, "ctc", 0),
        ("a mocha", "a mocha", 0.3, "ctc", 1),
        ("who was lincoln", "a mocha", 0.9, "moonshine", 1),
        ("who was lincoln", "", 0.0, "moonshine", 1),
    ],
)
def test_where_the_sites_words_are_sure_nothing_else_is_written(
    said: str, read: str, sure: float, ear: str, written: int
) -> None:
    """Sure are the letters by themselves, and then the judge."""
    encoder, network = shared(CountingEncoder()), ScriptedNetwork(said, said.capitalize())
    judge = MoonshineStream(network, encoder)  # type: ignore[arg-type]
    ears = CombinedStream(judge, [ScriptedLetters(read, sure, encoder)], ThreadPoolExecutor(1), Crowd(3))
    ears.start()
    ears.accept(np.zeros(SAMPLE_RATE_HZ // 2, np.float32))
    assert (ears.pause().text, ears.pause().ear) == (said, ear)
    assert network.written == written
    judged = network.judged
    ears.accept(np.zeros(SAMPLE_RATE_HZ, np.float32))
    assert ears.finish() == ears.pause()
    assert network.judged == judged, "nothing is judged again in the silence"


@pytest.mark.parametrize(("sure", "written", "works"), [(0.9, 0, 3), (0.1, 1, 4)])
def test_while_the_letters_are_sure_the_judge_writes_no_partial_words(sure: float, written: int, works: int) -> None:
    encoder, network = shared(CountingEncoder()), ScriptedNetwork("a mocha", "A mocha.")
    judge = MoonshineStream(network, encoder)  # type: ignore[arg-type]
    ears = CombinedStream(judge, [ScriptedLetters("a mocha", sure, encoder)], ThreadPoolExecutor(1), Crowd(3))
    ears.start()
    worked = []
    for _ in range(10):
        worked.append(ears.works(SAMPLE_RATE_HZ // 4))
        ears.accept(np.zeros(SAMPLE_RATE_HZ // 4, np.float32))
    assert network.written == written
    assert sum(worked) == works, "the letters every 0.6 s, the judge in 1.8 s"
    assert ears.works(0)
    ears.pause()
    assert not ears.works(0) and not ears.works(SAMPLE_RATE_HZ), "only silence follows"
    ears.resume()
    assert ears.works(SAMPLE_RATE_HZ)


def test_an_ear_that_keeps_up_with_the_sound_always_works() -> None:
    ears = combined_of(ScriptedNetwork("a", "A"), ScriptedStream("sherpa", "a"))
    ears.start()
    assert ears.works(1)
    ears.accept(BLOCK)
    ears.pause()
    assert ears.works(1) and not ears.works(0)


def test_ears_that_hear_the_same_sound_encode_it_once() -> None:
    encoder, second = CountingEncoder(), np.ones(SAMPLE_RATE_HZ, np.float32)
    line = shared(encoder)
    network = ScriptedNetwork("a mocha", "A mocha.")
    judge, letters = MoonshineStream(network, line), ScriptedLetters("", 0.0, line)  # type: ignore[arg-type]
    ears = CombinedStream(judge, [letters], ThreadPoolExecutor(1), Crowd(3))
    ears.start()
    ears.accept(second)
    ears.accept(second)
    ears.pause()
    lengths = [len(sound) for sound in encoder.sounds if len(sound)]
    assert lengths == sorted(set(lengths)) and lengths[-1] == 2 * SAMPLE_RATE_HZ
    assert network.written, "the judge has written, too"


def test_the_letters_do_not_wait_for_other_lines() -> None:
    """All lines share the pool's threads."""
    busy, encoder = threading.Event(), shared(CountingEncoder())
    pool = ThreadPoolExecutor(1)
    pool.submit(busy.wait)
    judge = MoonshineStream(ScriptedNetwork("a mocha", "A mocha."), encoder)  # type: ignore[arg-type]
    ears = CombinedStream(judge, [ScriptedLetters("a mocha", 0.3, encoder)], pool, Crowd(3))
    ears.start()
    ears.accept(np.ones(SAMPLE_RATE_HZ, np.float32))
    assert ears.pause().text == "a mocha"
    assert ears.finish_each()[0].text == "a mocha"
    busy.set()


def test_two_lines_do_not_share_what_they_hear() -> None:
    encoder = CountingEncoder()
    lines = [shared(encoder) for _ in range(2)]
    sounds = [np.full(640 * (n + 1), n, np.float32) for n in range(2)]
    for line, sound in zip(lines, sounds, strict=True):
        assert line.states(sound).shape[1] == len(sound) // 320
    for line, sound in zip(lines, sounds, strict=True):
        assert line.states(sound).shape[1] == len(sound) // 320


def test_two_ears_without_a_judge_are_one_clear_line(tmp_path: Path) -> None:
    both = EarSettings(pocketsphinx=PocketsphinxSettings(), sherpa=SherpaSettings(directory=tmp_path))
    with pytest.raises(PortError, match="need `moonshine` to choose between them"):
        open_ear(dataclasses.replace(SETTINGS, ear=both), SITE)


def test_no_ear_at_all_is_one_clear_line() -> None:
    with pytest.raises(PortError, match="nothing can be heard"):
        open_ear(dataclasses.replace(SETTINGS, ear=EarSettings()), SITE)


def test_without_one_ear_the_others_still_hear(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ears_of_site = EarSettings(moonshine=SETTINGS.ear.moonshine, sherpa=SherpaSettings(directory=tmp_path))
    with caplog.at_level(logging.WARNING, logger=combined.__name__):
        ear = open_ear(dataclasses.replace(SETTINGS, ear=ears_of_site), SITE)
    assert "the other ears listen without it" in caplog.text
    assert len(missing_ears(ear)) == 1 and "the model is missing" in missing_ears(ear)[0]
    assert not tells_times(ear)
    stream = ear.stream()
    stream.start()
    stream.accept(np.zeros(16_000, np.float32))
    assert stream.pause() == stream.finish()


def test_a_missing_network_alone_is_an_error(tmp_path: Path) -> None:
    alone = EarSettings(sherpa=SherpaSettings(directory=tmp_path))
    with pytest.raises(PortError, match="the model is missing"):
        open_ear(dataclasses.replace(SETTINGS, ear=alone), SITE)


def test_in_a_crowd_the_spared_ear_sits_out_and_partial_words_come_seldom() -> None:
    class Costly:
        """An ear of which two lines share one stream."""

        def stream(self) -> ScriptedStream:
            return ScriptedStream("spared", "spared words")

    spared, crowd = SparedEar(Costly(), 1), Crowd(1)
    second = np.zeros(16_000, np.float32)
    lines = [combined_of(ScriptedNetwork("a", written), spared.stream(), crowd=crowd) for written in ("A", "B")]
    for line in lines:
        line.start()
    assert [line.accept(second) for line in lines] == ["a", ""], "the crowd waits for its first words"
    assert lines[1].accept(second) == "b"
    assert [line.pause().text for line in lines] == ["a", "b"]
    lines[0].finish()
    lines[1].start()
    assert lines[1].accept(second) == "b", "it is alone now"


def test_times_of_words_are_those_of_the_letters_whichever_ear_heard_them() -> None:
    letters = ScriptedLetters("", 0.0, shared(CountingEncoder()))
    letters.times = lambda text: (WordTime(text, 0.1, 0.2),)  # type: ignore[method-assign]
    assert combined_of(ScriptedNetwork("a", "A"), letters).times("bee") == (WordTime("bee", 0.1, 0.2),)
    assert combined_of(ScriptedNetwork("a", "A"), ScriptedStream("sherpa", "a")).times("bee") == ()
