"""The echo stage with a canceller that cancels nothing."""

import numpy as np
import pytest

from appliance.core.audio import FRAME_SAMPLES, AudioFrame
from appliance.core.facts import BargeInModeChanged, Fact
from appliance.hearing.echo.stage import EchoStage


class Through:
    """A canceller that cancels nothing. The microphone's sound is given as it should come out."""

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


def test_the_first_barge_in_mode_is_announced():
    made = Stage()
    made.hear(-60.0, 0.1)
    assert made.facts == [BargeInModeChanged("words", None, 0.02)]


def test_sound_well_above_the_loudest_residue_is_clear(stage):
    assert stage.stage.is_clear(-45.0)
    assert not stage.stage.is_clear(-53.0)
    stage.hear(-40.0, 1.0)
    assert not stage.stage.is_clear(-35.0), "the canceller left that much"


def test_before_any_measurement_only_loud_sounds_are_clear():
    made = Stage()
    made.hear(-60.0, 0.2)
    assert not made.stage.is_clear(-35.0)
    assert made.stage.is_clear(-25.0)


def test_speech_does_not_count_as_residue_of_the_echo(stage):
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
