"""The ``Vad`` port: what a stream promises, and that the streams of one detector are independent."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from appliance.bench.workbench.null_engines import DeafVad
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.ports import Vad, VadStream
from appliance.engines.vad.silero import SileroVad
from tests.conformance.threads import at_once
from tests.fakes import LoudnessVad

ENGINES: list[Callable[[], Vad]] = [SileroVad, LoudnessVad, DeafVad]


@pytest.fixture(scope="module", params=ENGINES)
def vad(request: pytest.FixtureRequest) -> Vad:
    opened: Vad = request.param()
    return opened


def probabilities(stream: VadStream, sound: Samples) -> list[float]:
    size = stream.window_samples
    return [stream.probability(sound[at : at + size]) for at in range(0, len(sound) - size + 1, size)]


def test_a_window_lasts_10_to_100_ms(vad: Vad) -> None:
    assert 0.01 < vad.stream().window_samples / SAMPLE_RATE_HZ < 0.1


@pytest.mark.parametrize("level", [0.0, 1e-6, 0.1, 1.0])
def test_it_gives_a_probability_for_any_sound(vad: Vad, level: float) -> None:
    noise = (level * np.random.default_rng(0).uniform(-1, 1, SAMPLE_RATE_HZ)).astype(np.float32)
    found = probabilities(vad.stream(), noise)
    assert all(type(probability) is float and 0.0 <= probability <= 1.0 for probability in found)


def test_silence_is_no_speech(vad: Vad) -> None:
    assert max(probabilities(vad.stream(), np.zeros(SAMPLE_RATE_HZ, np.float32))) < 0.5


@pytest.mark.parametrize("more", [-1, 1])
def test_a_window_of_another_length_is_refused_and_changes_nothing(vad: Vad, order: Samples, more: int) -> None:
    stream, other = vad.stream(), vad.stream()
    size = stream.window_samples
    before = probabilities(stream, order[: 40 * size])
    for wrong in (size + more, 0, 1):
        with pytest.raises(ValueError, match=str(size)):
            stream.probability(np.zeros(wrong, np.float32))
    assert before + probabilities(stream, order[40 * size : 60 * size]) == probabilities(other, order[: 60 * size])


def test_a_window_is_left_as_it_was_and_not_kept(vad: Vad, order: Samples) -> None:
    stream, other = vad.stream(), vad.stream()
    window = np.empty(stream.window_samples, np.float32)
    found = []
    for at in range(0, 60 * len(window), len(window)):
        window[:] = order[at : at + len(window)]
        found.append(stream.probability(window))
        assert np.array_equal(window, order[at : at + len(window)])
        window[:] = 1.0
    assert found == probabilities(other, order[: 60 * len(window)])


def test_reset_clears_the_state(vad: Vad, order: Samples) -> None:
    stream = vad.stream()
    first = probabilities(stream, order)
    stream.reset()
    assert probabilities(stream, order) == first


def test_two_streams_in_turns_give_the_results_of_each_alone(vad: Vad, order: Samples, pharmacy: Samples) -> None:
    alone = [probabilities(vad.stream(), sound) for sound in (order, pharmacy)]
    one, other = vad.stream(), vad.stream()
    size = one.window_samples
    together: tuple[list[float], list[float]] = ([], [])
    for at in range(0, max(len(order), len(pharmacy)), size):
        for stream, sound, found in zip((one, other), (order, pharmacy), together, strict=True):
            found += probabilities(stream, sound[at : at + size])
    assert list(together) == alone


def test_streams_in_several_threads_give_the_results_of_each_alone(vad: Vad, order: Samples, pharmacy: Samples) -> None:
    sounds = [order, pharmacy] * 2
    alone = [probabilities(vad.stream(), sound) for sound in sounds]
    assert at_once([partial(probabilities, vad.stream(), sound) for sound in sounds]) == alone
