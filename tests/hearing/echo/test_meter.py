"""The measurements of an echo, and the barge-in mode that follows from them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, level_dbfs
from appliance.devices.simulated_room import EchoPath, Room, impulse
from appliance.hearing.echo.barge_in_mode import BargeInModeSelector
from appliance.hearing.echo.delay import calibration_sound, delay_s
from appliance.hearing.echo.meter import Echo, EchoMeter, NewSoundDetector, residue_dbfs


def heard_in(path, sound):
    room = Room(path)
    frames = []
    for start in range(0, len(sound) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        room.play(sound[start : start + FRAME_SAMPLES])
        frames.append(room.hear(FRAME_SAMPLES))
    return np.concatenate(frames)


def noise(seconds, dbfs, seed=1):
    samples = np.random.default_rng(seed).standard_normal(round(seconds * SAMPLE_RATE_HZ))
    return (samples * 10 ** (dbfs / 20)).astype(np.float32)


def test_a_room_delays_and_weakens():
    sound = noise(2.0, -20)
    heard = heard_in(EchoPath(delay_s=0.2, gain_db=-6.0, impulse=impulse(0.3)), sound)
    assert np.abs(heard[: 3_200 - 1]).max() < 1e-6
    assert level_dbfs(heard[8_000:]) - level_dbfs(sound) == pytest.approx(-6.0, abs=1.0)


def test_a_room_without_reverberation_only_delays():
    sound = noise(0.5, -20)
    heard = heard_in(EchoPath(delay_s=0.05, gain_db=0.0), sound)
    np.testing.assert_allclose(heard[800:], sound[: len(heard) - 800], atol=1e-5)


def test_a_poor_loudspeaker_distorts_loud_sound_only():
    def harmonic(level_db):
        t = np.arange(FRAME_SAMPLES * 50) / SAMPLE_RATE_HZ
        sound = (np.sqrt(2) * 10 ** (level_db / 20) * np.sin(2 * np.pi * 500 * t)).astype(np.float32)
        spectrum = np.abs(np.fft.rfft(heard_in(EchoPath(0.0, 0.0, distortion=1.0), sound)))
        return 20 * np.log10(spectrum[1500] / spectrum[500])

    assert harmonic(-6.0) > -25 > -60 > harmonic(-40.0)


@pytest.mark.parametrize("delay", [0.0, 0.021, 0.2, 0.55])
@pytest.mark.parametrize("reverberation", [None, 0.4])
def test_the_calibration_sound_finds_the_delay(delay, reverberation):
    sound = np.pad(calibration_sound(SAMPLE_RATE_HZ), (0, SAMPLE_RATE_HZ))
    path = EchoPath(delay, -20.0, None if reverberation is None else impulse(reverberation))
    heard = heard_in(path, sound)
    assert delay_s(sound[: len(heard)], heard + noise(len(heard) / SAMPLE_RATE_HZ, -70)) == pytest.approx(
        delay, abs=0.002
    )


def test_no_delay_is_found_where_nothing_is_heard():
    sound = np.pad(calibration_sound(SAMPLE_RATE_HZ), (0, SAMPLE_RATE_HZ))
    for seed in range(1, 11):
        assert delay_s(sound, noise(len(sound) / SAMPLE_RATE_HZ, -50, seed)) is None
    assert delay_s(sound, np.zeros_like(sound)) is None


def test_the_calibration_sound_is_soft_and_ends_softly():
    sound = calibration_sound(22_050)
    assert level_dbfs(sound) == pytest.approx(-38.0, abs=0.1)
    assert abs(sound[0]) < 1e-4 > abs(sound[-1])


def measured(erle_db, loss_db=-6.0, noise_dbfs=-65.0, double_talk=0.0, seconds=6.0):
    meter = EchoMeter()
    random = np.random.default_rng(0)
    for _ in range(30):
        meter.see(-120.0, noise_dbfs, noise_dbfs)
    for _ in range(round(seconds * 10)):
        played = -23.0 + random.normal(0, 3)
        heard = played + loss_db
        cleaned = heard - erle_db
        if random.random() < double_talk:
            heard, cleaned = max(heard, -26.0), max(cleaned, -26.0)
        meter.see(played, max(heard, noise_dbfs), max(cleaned, noise_dbfs))
    return meter.echo


def test_the_erle_is_measured():
    assert measured(20.0).erle_db == pytest.approx(20.0, abs=0.5)
    assert measured(20.0).loss_db == pytest.approx(-6.0, abs=0.5)


def test_a_visitor_who_talks_over_the_reply_does_not_spoil_the_measurement():
    assert measured(20.0, double_talk=0.5).erle_db == pytest.approx(20.0, abs=1.0)


def test_an_inaudible_echo_is_not_measured():
    echo = measured(0.0, loss_db=-50.0)
    assert (echo.erle_db, echo.loss_db) == (None, None)
    assert echo.windows > 8


def test_too_little_playing_is_not_measured():
    assert measured(20.0, seconds=0.5).erle_db is None


def modes_after(*measurements):
    selector = BargeInModeSelector()
    modes = []
    for erle_db, residue_db, windows in measurements:
        for _ in range(windows):
            if selector.see(Echo(-6.0 if erle_db is not None else None, erle_db, residue_db, 80)):
                modes.append(selector.mode)
    return modes


@pytest.mark.parametrize(
    ("measurements", "modes"),
    [
        ([(30.0, 8.0, 50)], ["full"]),
        ([(9.0, 20.0, 50)], []),
        ([(3.0, 25.0, 50)], ["half_duplex"]),
        ([(30.0, 8.0, 50), (9.0, 20.0, 20), (3.0, 25.0, 20)], ["full", "words", "half_duplex"]),
        ([(3.0, 25.0, 50), (9.0, 20.0, 50), (20.0, 10.0, 50)], ["half_duplex", "words", "full"]),
        ([(3.0, 25.0, 4), (30.0, 8.0, 50)], ["full"]),  # a moment is not enough for a lower mode,
        ([(30.0, 8.0, 39)], []),  # nor are some seconds enough for a higher one
        ([(9.0, 20.0, 50), (13.0, 20.0, 500)], []),  # hysteresis
        ([(3.0, 3.0, 50)], ["full"]),  # a residue that drowns in the room's noise
        ([(None, None, 50)], ["full"]),  # no echo at all: headphones, or a device that cancels it
    ],
)
def test_the_mode_follows_the_measured_echo(measurements, modes):
    assert modes_after(*measurements) == modes


@given(st.lists(st.tuples(st.floats(-5, 50), st.floats(-5, 50)), min_size=60, max_size=200))
def test_the_mode_never_changes_twice_within_half_a_second(measurements):
    selector = BargeInModeSelector()
    changes = [i for i, (erle, residue) in enumerate(measurements) if selector.see(Echo(-6.0, erle, residue, 80))]
    assert all(later - earlier >= 5 for earlier, later in pairwise(changes))


def test_the_residue_is_assumed_until_it_is_measured():
    presumed = residue_dbfs(-23.0, Echo(None, None, None, 3))
    assert -40 < presumed < -23
    assert residue_dbfs(-23.0, Echo(-6.0, 30.0, 5.0, 80)) == pytest.approx(-49.0)
    assert residue_dbfs(-23.0, Echo(None, None, None, 80)) < -100, "no echo, nothing to fear"


@pytest.mark.parametrize(
    ("levels", "news"),
    [
        ([-65, -65, -30], [2]),
        ([-65, -65, -58, -50, -42, -35], [3, 4, 5]),  # one that swells
        ([-65, -52], []),  # below what may be left of the echo
        ([-30] * 50, [0, 1, 2, 3, 4]),  # it goes on: a machine
        ([-30] * 50 + [-65] * 25 + [-30] * 3, [0, 1, 2, 3, 4]),  # again, half a second later: a dog
        ([-42] * 50 + [-26] * 2, [0, 1, 2, 3, 4, 50, 51]),  # a person in front of the hall's talk
    ],
)
def test_the_first_sound_of_its_kind_is_new(levels, news):
    detector = NewSoundDetector()
    assert [n for n, level in enumerate(levels) if detector.hear(level, -51.0, -65.0)] == news


def test_after_speech_every_sound_is_new():
    detector = NewSoundDetector()
    for _ in range(50):
        detector.hear(-30.0, -60.0, -65.0)
    detector.forget()
    assert detector.hear(-30.0, -60.0, -65.0)
