"""The listener and the network that judges how phrases end, on made-up sound; the rest is heard in whole daemons."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.config import EndpointSettings
from appliance.endpoint import Endpoint, Fit
from appliance.messages import FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame, Fact, Samples, SpeechPaused, TurnEnded
from appliance.stages.listen import Heard, Listener
from appliance.turn import Mailbox
from tests.fakes import LoudnessVad, ScriptedEar

FIT = Fit(bias=0.0, weights={"final": 1.0}, centre={"final": 0.0}, pause_s=0.6, pause_spread=0.6)


class Judge:
    """A network of one opinion."""

    def __init__(self, log_odds: float) -> None:
        self.opinion = log_odds
        self.heard: list[Samples] = []

    def log_odds(self, samples: Samples) -> float:
        self.heard.append(samples)
        return self.opinion


def listen(judge: Judge | None) -> list[Fact]:
    """Two phrases of noise with 0.4 s between them."""
    chance = np.random.default_rng(0)
    samples = 0.1 * chance.standard_normal(6 * SAMPLE_RATE_HZ).astype(np.float32)
    for begin_s, end_s in ((0.0, 0.5), (1.5, 1.9), (3.0, 6.0)):
        samples[round(begin_s * SAMPLE_RATE_HZ) : round(end_s * SAMPLE_RATE_HZ)] = 0.0
    heard: Mailbox[Heard] = Mailbox("test", 1000, "fault")
    for at in range(0, len(samples) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        heard.put(AudioFrame(samples[at : at + FRAME_SAMPLES], at))
    heard.close()
    facts: list[Fact] = []
    endpoint = Endpoint(EndpointSettings(), FIT)
    ear = ScriptedEar(["one", "two"])
    Listener(heard, facts.append, LoudnessVad(), ear, endpoint, lambda: None, finality=judge).run()
    return facts


def test_the_network_hears_the_end_of_each_phrase_and_the_silence_so_far() -> None:
    judge = Judge(-4.0)
    paused = [fact for fact in listen(judge) if isinstance(fact, SpeechPaused)]
    assert len(judge.heard) == len(paused) == 2
    for sound, fact in zip(judge.heard, paused, strict=True):
        silence = round((fact.at_s - fact.speech_end_s) * SAMPLE_RATE_HZ)
        assert 0 < silence < 0.2 * SAMPLE_RATE_HZ
        assert np.abs(sound[-silence // 2 :]).max() == 0.0 and np.abs(sound[: -2 * silence]).max() > 0.1


@pytest.mark.parametrize(("log_odds", "turns"), [(4.0, 2), (-4.0, 1)])
def test_its_verdict_ends_turns_or_waits(log_odds: float, turns: int) -> None:
    assert sum(isinstance(fact, TurnEnded) for fact in listen(Judge(log_odds))) == turns


def test_without_a_network_a_phrase_may_have_been_the_last_or_not() -> None:
    silent, undecided = (
        [fact.at_s for fact in listen(judge) if isinstance(fact, TurnEnded)] for judge in (None, Judge(0.0))
    )
    assert silent == undecided
