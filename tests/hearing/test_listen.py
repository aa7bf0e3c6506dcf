"""The listener and its networks, which judge how phrases end and whose voice they are in, on made-up sound. Tests of
whole daemons cover the rest."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.config.box import EndpointSettings
from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame, Samples
from appliance.core.facts import (
    AsideNoticed,
    ConversationClosed,
    Fact,
    SpeechPaused,
    SpeechStarted,
    SpeechSuspected,
    TurnEnded,
)
from appliance.core.mailbox import Mailbox
from appliance.hearing.end_of_turn import Endpoint, Fit
from appliance.hearing.listen import ListenerInput, listener_with
from tests.fakes import LoudnessVad, PitchVoices, ScriptedEar, tone

FIT = Fit(bias=0.0, weights={"final": 1.0}, centre={"final": 0.0}, pause_s=0.6, pause_spread=0.6)


class Judge:
    """A network that always gives the same log odds."""

    def __init__(self, log_odds: float) -> None:
        self.opinion = log_odds
        self.heard: list[Samples] = []

    def log_odds(self, samples: Samples) -> float:
        self.heard.append(samples)
        return self.opinion


def listen(judge: Judge | None) -> list[Fact]:
    """Two phrases of noise with 0.4 s between them."""
    chance = np.random.default_rng(0)
    samples = 0.1 * chance.standard_normal(7 * SAMPLE_RATE_HZ).astype(np.float32)
    for begin_s, end_s in ((0.0, 0.5), (1.5, 1.9), (3.0, 7.0)):
        samples[round(begin_s * SAMPLE_RATE_HZ) : round(end_s * SAMPLE_RATE_HZ)] = 0.0
    heard: Mailbox[ListenerInput] = Mailbox("test", 1000, "fault")
    for at in range(0, len(samples) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        heard.put(AudioFrame(samples[at : at + FRAME_SAMPLES], at))
    heard.close()
    facts: list[Fact] = []
    endpoint = Endpoint(EndpointSettings(), FIT)
    ear = ScriptedEar(["one", "two"]).stream()
    listener_with(ear, heard, facts.append, LoudnessVad().stream(), endpoint, finality=judge).run()
    return facts


def test_the_network_hears_the_end_of_each_phrase_and_the_silence_so_far() -> None:
    judge = Judge(-4.0)
    paused = [fact for fact in listen(judge) if isinstance(fact, SpeechPaused)]
    assert len(judge.heard) == len(paused) == 2
    for sound, fact in zip(judge.heard, paused, strict=True):
        silence = round((fact.at_s - fact.speech_end_s) * SAMPLE_RATE_HZ)
        assert 0 < silence < 0.2 * SAMPLE_RATE_HZ
        assert np.abs(sound[-silence // 2 :]).max() == 0.0 and np.abs(sound[: -2 * silence]).max() > 0.1
    before = round(0.3 * SAMPLE_RATE_HZ)
    assert not judge.heard[0][:before].any(), "from a little before the turn on"
    assert len(judge.heard[0]) < 2 * SAMPLE_RATE_HZ < len(judge.heard[1]) < 3.5 * SAMPLE_RATE_HZ


@pytest.mark.parametrize(("log_odds", "turns"), [(4.0, 2), (-4.0, 1)])
def test_the_finality_ends_a_turn_or_waits(log_odds: float, turns: int) -> None:
    assert sum(isinstance(fact, TurnEnded) for fact in listen(Judge(log_odds))) == turns


def test_without_a_network_the_finality_is_undecided() -> None:
    silent, undecided = (
        [fact.at_s for fact in listen(judge) if isinstance(fact, TurnEnded)] for judge in (None, Judge(0.0))
    )
    assert silent == undecided


# --- whose voice it is --------------------------------------------------------------------------------------------


def overhear(*said: Samples | ConversationClosed) -> list[Fact]:
    """The facts that the listener tells about phrases said one after the other."""
    heard: Mailbox[ListenerInput] = Mailbox("test", 10_000, "fault")
    position = 0
    for item in said:
        if isinstance(item, ConversationClosed):
            heard.put(item)
            continue
        sound = np.pad(item, (SAMPLE_RATE_HZ // 2, 5 * SAMPLE_RATE_HZ // 2))
        for at in range(0, len(sound) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
            heard.put(AudioFrame(sound[at : at + FRAME_SAMPLES], position))
            position += FRAME_SAMPLES
    heard.close()
    facts: list[Fact] = []
    ear, endpoint = ScriptedEar(["words"] * len(said)).stream(), Endpoint(EndpointSettings(), FIT)
    listener_with(ear, heard, facts.append, LoudnessVad().stream(), endpoint, voices=PitchVoices()).run()
    return facts


VISITOR, OTHER = tone(2.0, 220.0), 0.4 * tone(2.0, 440.0)


def test_another_voice_is_noticed_once_after_a_second_of_speech() -> None:
    facts = overhear(VISITOR, OTHER)
    (noticed,) = (fact for fact in facts if isinstance(fact, AsideNoticed))
    started = [fact for fact in facts if isinstance(fact, SpeechStarted)][-1]
    assert not started.aside and 0.95 < noticed.at_s - started.at_s < 1.1


def test_the_visitor_from_afar_is_an_aside_until_their_voice_is_known_again() -> None:
    facts = overhear(VISITOR, np.float32(0.15) * VISITOR)
    started = [fact for fact in facts if isinstance(fact, SpeechStarted)][-1]
    suspected = [fact.at_s for fact in facts if isinstance(fact, SpeechSuspected) and fact.at_s > started.at_s]
    assert started.aside and len(suspected) == 1 and suspected[0] - started.at_s < 1.2


def test_speech_that_the_visitor_joins_counts_as_theirs() -> None:
    facts = overhear(VISITOR, np.concatenate((OTHER, np.float32(1.3) * VISITOR)))
    noticed = next(n for n, fact in enumerate(facts) if isinstance(fact, AsideNoticed))
    assert any(isinstance(fact, SpeechSuspected) for fact in facts[noticed:])


def test_when_the_conversation_is_closed_the_voice_is_forgotten() -> None:
    facts = overhear(VISITOR, ConversationClosed(1, 5.0, "silence"), OTHER)
    assert not any(isinstance(fact, AsideNoticed) for fact in facts)
