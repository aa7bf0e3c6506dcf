"""The echo stage with a canceller that leaves what it is told to."""

import numpy as np
import pytest

from appliance.core.audio import FRAME_SAMPLES, AudioFrame
from appliance.core.facts import Fact, LadderClimbed
from appliance.hearing.echo.stage import EchoStage


class Through:
    """Cancels nothing: the microphone is given as it shall be left."""

    def cancel(self, reference, microphone):
        return microphone

    def expect_delay(self, delay_s):
        pass


def sound(dbfs, seed=0):
    return np.random.default_rng(seed).standard_normal(FRAME_SAMPLES).astype(np.float32) * 10 ** (dbfs / 20)


class Stage:
    def __init__(self):
        self.facts: list[Fact] = []
        self.playing = True
        self.stage = EchoStage(Through(), self.played, self.facts.append)
        self.position = 0

    def played(self, _position, count):
        return sound(-23.0)[:count] if self.playing else np.zeros(count, np.float32)

    def hear(self, dbfs, seconds):
        for _ in range(round(seconds * 50)):
            self.stage.clean(AudioFrame(sound(dbfs, self.position), self.position))
            self.position += FRAME_SAMPLES


@pytest.fixture
def stage():
    made = Stage()
    made.hear(-60.0, 3.0)
    return made


def test_the_first_rung_is_announced():
    made = Stage()
    made.hear(-60.0, 0.1)
    assert made.facts == [LadderClimbed("words", None, 0.02)]


def test_what_is_well_above_the_loudest_of_what_was_left_is_clear(stage):
    assert stage.stage.is_clear(-45.0)
    assert not stage.stage.is_clear(-53.0)
    stage.hear(-40.0, 1.0)
    assert not stage.stage.is_clear(-35.0), "the canceller left that much"


def test_before_anything_is_known_only_loud_sounds_are_clear():
    made = Stage()
    made.hear(-60.0, 0.2)
    assert not made.stage.is_clear(-35.0)
    assert made.stage.is_clear(-25.0)


def test_speech_is_not_left_of_the_echo(stage):
    stage.hear(-26.0, 0.2)
    stage.stage.speech(True)
    stage.hear(-26.0, 3.0)
    stage.stage.speech(False)
    stage.hear(-60.0, 0.5)
    assert stage.stage.is_clear(-45.0)


def test_while_nothing_is_played_everything_is_clear(stage):
    stage.playing = False
    stage.hear(-60.0, 1.5)
    assert not stage.stage.playing
    assert stage.stage.is_clear(-70.0)
