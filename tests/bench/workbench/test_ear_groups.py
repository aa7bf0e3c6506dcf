"""Groups of speakers, and what places do to the sound."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.bench.workbench.ear_groups import (
    HALL,
    LIVING_ROOM,
    Room,
    far,
    group_of,
    image_response,
    taken,
    telephone,
)
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Transcript


def tone(hz: float) -> Samples:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ)).astype(np.float32)


def level(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def test_a_telephone_keeps_what_lies_below_4_khz() -> None:
    assert level(telephone(tone(1000))) == pytest.approx(level(tone(1000)), rel=0.05)
    assert level(telephone(tone(6000))) < 0.02 * level(tone(6000))


def test_the_direct_sound_comes_first_and_a_wall_behind_the_microphone_later() -> None:
    """Against the distances of the images, by hand: speaker and microphone on the axis of a room that absorbs a lot."""
    room = Room((6.0, 100.0, 100.0), 0.75, (1.0, 50.0, 50.0), (3.0, 50.0, 50.0))
    response = image_response(room, 0.03)
    places = {0: 1.0, 2: 0.5 * 2 / 4, 6: 0.5 * 2 / 8, 8: 0.5**2 * 2 / 10}
    for metres, height in places.items():
        assert response[round(metres / 343 * SAMPLE_RATE_HZ)] == pytest.approx(height, rel=1e-5)
    assert np.count_nonzero(response) == len(places)


@pytest.mark.parametrize("room", [LIVING_ROOM, HALL])
def test_a_room_does_not_change_the_loudness(room: Room) -> None:
    assert level(far(room, tone(500))[:SAMPLE_RATE_HZ]) == pytest.approx(level(tone(500)), rel=0.3)


@pytest.mark.parametrize(
    ("age", "group"),
    [
        (None, "first language English"),
        (6, "first language Mandarin, children"),
        (13, "first language Mandarin, youths"),
        (30, "first language Mandarin, adults"),
    ],
)
def test_groups(age: int | None, group: str) -> None:
    assert group_of({"age": age}) == group


@pytest.mark.parametrize(
    ("heard", "wrong"),
    [
        (Transcript("where is the pharmacy", 0.9, "ctc"), True),
        (Transcript("the weather was fine", 0.9, "ctc"), False),
        (Transcript("where is the pharmacy", 0.9, "moonshine"), False),
        (Transcript("", 0.0, "ctc"), False),
    ],
)
def test_other_speech_that_a_site_ear_takes_for_its_own_counts(heard: Transcript, wrong: bool) -> None:
    assert taken(["the", "weather", "is", "fine"], heard) == wrong
