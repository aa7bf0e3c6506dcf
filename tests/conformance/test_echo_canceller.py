"""The ``EchoCanceller`` port: what comes out for any input, and that cancellers are independent of each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

from appliance.config.box import AudioSettings
from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, Samples
from appliance.core.ports import EchoCanceller
from appliance.engines.aec.webrtc import WebRtcCanceller
from tests.conformance.threads import at_once


@dataclass(frozen=True)
class Case:
    """An engine with any of its settings."""

    name: str
    open: Callable[[], EchoCanceller]

    def __str__(self) -> str:
        return self.name


def webrtc(**settings: bool) -> Callable[[], EchoCanceller]:
    return partial(WebRtcCanceller, AudioSettings(**settings))  # type: ignore[arg-type]  # any switch, by name


CASES = [
    Case("webrtc", webrtc()),
    Case("webrtc, everything on", webrtc(noise_suppression=True, gain_control=True)),
    Case("webrtc, noise alone", webrtc(echo_cancellation=False, noise_suppression=True)),
    Case("webrtc, everything off", webrtc(echo_cancellation=False)),
]


@pytest.fixture(params=CASES, ids=str)
def opens(request: pytest.FixtureRequest) -> Callable[[], EchoCanceller]:
    made: Callable[[], EchoCanceller] = request.param.open
    return made


def frames(sound: Samples) -> Iterator[Samples]:
    for at in range(0, len(sound) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        yield sound[at : at + FRAME_SAMPLES]


def noise(seconds: float, level: float, seed: int = 0) -> Samples:
    return (level * np.random.default_rng(seed).standard_normal(round(seconds * SAMPLE_RATE_HZ))).astype(np.float32)


def cleaned(canceller: EchoCanceller, played: Samples, heard: Samples) -> Samples:
    pairs = zip(frames(played), frames(heard), strict=True)
    return np.concatenate([canceller.cancel(reference, microphone) for reference, microphone in pairs])


@pytest.mark.parametrize(("played", "heard"), [(0.0, 0.0), (0.1, 0.0), (0.0, 0.1), (0.1, 0.1), (3.0, 3.0)])
def test_as_much_sound_comes_out_as_went_in(opens: Callable[[], EchoCanceller], played: float, heard: float) -> None:
    canceller = opens()
    for reference, microphone in zip(frames(noise(0.5, played)), frames(noise(0.5, heard, seed=1)), strict=True):
        given = reference.copy(), microphone.copy()
        out = canceller.cancel(reference, microphone)
        assert out.shape == (FRAME_SAMPLES,) and out.dtype == np.float32
        assert np.isfinite(out).all() and np.abs(out).max() <= max(1.0, float(np.abs(microphone).max()))
        assert np.array_equal(given, (reference, microphone)), "what was given is left as it was"


def test_silence_stays_silent(opens: Callable[[], EchoCanceller]) -> None:
    silence = np.zeros(SAMPLE_RATE_HZ, np.float32)
    assert np.abs(cleaned(opens(), silence, silence)).max() < 1e-3


@pytest.mark.parametrize("delay_s", [0.0, 0.04, 0.5, 5.0])
def test_any_delay_may_be_expected_at_any_time(opens: Callable[[], EchoCanceller], delay_s: float) -> None:
    canceller, sound = opens(), noise(0.1, 0.1)
    for reference in frames(sound):
        canceller.expect_delay(delay_s)
        assert len(canceller.cancel(reference, reference)) == FRAME_SAMPLES


def test_two_cancellers_in_turns_give_the_results_of_each_alone(opens: Callable[[], EchoCanceller]) -> None:
    sounds = [(noise(1.0, 0.1, seed), noise(1.0, 0.05, seed + 1)) for seed in (1, 5)]
    alone = [cleaned(opens(), *sound) for sound in sounds]
    one, other = opens(), opens()
    together: tuple[list[Samples], list[Samples]] = ([], [])
    for (played, heard), (played_there, heard_there) in zip(
        *(zip(*map(frames, sound), strict=True) for sound in sounds), strict=True
    ):
        together[0].append(one.cancel(played, heard))
        together[1].append(other.cancel(played_there, heard_there))
    assert [np.array_equal(np.concatenate(out), expected) for out, expected in zip(together, alone, strict=True)] == [
        True,
        True,
    ]


def test_cancellers_in_several_threads_give_the_results_of_each_alone(opens: Callable[[], EchoCanceller]) -> None:
    sounds = [(noise(1.0, 0.1, seed), noise(1.0, 0.05, seed + 1)) for seed in (1, 5, 9)]
    alone = [cleaned(opens(), *sound) for sound in sounds]
    found = at_once([partial(cleaned, opens(), *sound) for sound in sounds])
    assert all(np.array_equal(out, expected) for out, expected in zip(found, alone, strict=True))
