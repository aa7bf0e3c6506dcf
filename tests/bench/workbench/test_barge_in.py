"""The instruments that the barge-in benchmark measures with."""

from dataclasses import replace

import numpy as np
import pytest

from appliance.bench.workbench import history_check
from appliance.bench.workbench.barge_in import NEAR_DBFS, _silent_from, _sound
from appliance.bench.workbench.history_check import furthest_played
from appliance.config.site import SiteFact
from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.core.manner import PLAIN
from appliance.core.ports import Voiced
from tests.fakes import VOICE_RATE_HZ
from tests.runtime.test_appliance import SETTINGS
from tests.sites import SITE
from tests.test_echo_conversation import Syllables


def speech(count, seed=0):
    return np.random.default_rng(seed).standard_normal(count).astype(np.float32) * 0.1


def blocks(sound, size=441):
    return [np.pad(sound[at : at + size], (0, max(0, size - len(sound[at:])))) for at in range(0, len(sound), size)]


def test_played_sound_is_found_at_any_gain():
    sound = speech(44_100)
    assert furthest_played(blocks(sound[: 441 * 30]), sound, (0,)) == 441 * 30
    assert furthest_played([0.125 * block for block in blocks(sound[: 441 * 30])], sound, (0,)) == 441 * 30


def test_a_fade_does_not_count_as_played():
    sound = speech(44_100)
    fade = np.zeros(441, np.float32)
    fade[:110] = sound[441 * 3 : 441 * 3 + 110] * np.linspace(1, 0, 111, dtype=np.float32)[1:]
    assert furthest_played([*blocks(sound[: 441 * 3]), fade], sound, (0,)) == 441 * 3


def test_a_clause_that_is_repeated_counts_once():
    sound = speech(44_100)
    silence = np.zeros(441, np.float32)
    again = blocks(sound[5_000 : 5_000 + 441 * 2])
    assert furthest_played([*blocks(sound[: 441 * 30]), silence, *again], sound, (0, 5_000)) == 441 * 30
    further = blocks(sound[5_000 : 5_000 + 441 * 40])
    assert furthest_played([*blocks(sound[: 441 * 30]), silence, *further], sound, (0, 5_000)) == 5_000 + 441 * 40


def test_another_sound_is_not_found():
    assert furthest_played(blocks(speech(4_410, seed=1)), speech(44_100), (0,)) == 0


def test_a_sound_is_trimmed_to_its_onset_and_scaled_to_its_level():
    sound = _sound("interruption", np.concatenate([np.zeros(8_000, np.float32), speech(16_000)]), NEAR_DBFS)
    assert abs(sound.samples[0]) > 0
    assert 10 * np.log10(np.mean(np.square(sound.samples))) == pytest.approx(NEAR_DBFS, abs=0.5)


def test_silence_begins_after_the_fade():
    played = np.concatenate([speech(SAMPLE_RATE_HZ), np.zeros(SAMPLE_RATE_HZ, np.float32)])
    assert _silent_from(played, 1.0 - 0.02) == 1.0
    assert _silent_from(played, 1.0 + 0.02) == 1.02, "it is silent already"


class Slow(Syllables):
    """A voice whose sound begins with silence, as that of real voices does."""

    def synthesize(self, text, turn, manner=PLAIN):
        for voiced in super().synthesize(text, turn, manner):
            late = VOICE_RATE_HZ // 10
            words = tuple(replace(word, end=word.end + late) for word in voiced.words)
            quiet = 0.005 * speech(late, seed=len(text))
            yield Voiced(np.concatenate([quiet, voiced.samples]), words)


def test_the_history_of_the_whole_daemon_equals_the_words_heard(monkeypatch):
    monkeypatch.setattr(history_check, "PiperVoice", lambda _settings, _language: Slow())
    facts = tuple(
        SiteFact(str(n), f"{start} two three four five, six seven eight nine. Ten eleven twelve thirteen.")
        for n, start in enumerate(("Alpha", "Beta", "Gamma", "Delta"))
    )
    result = history_check.measure(SETTINGS, replace(SITE, facts=facts), 24)
    assert result.equal == result.interruptions >= 24, result.differences
    assert result.ducked_before > 2
    assert result.held_before > 2
    assert max(result.words_heard) > 5
