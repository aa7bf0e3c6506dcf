"""How the demonstration's recordings are made."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.bench.workbench.record import Room, reverberate, speech_bounds


def test_speech_bounds_match_the_sound() -> None:
    speech = np.zeros(16_000, np.float32)
    speech[4_000:9_000] = np.sin(np.arange(5_000) / 10)
    start, end = speech_bounds(speech)
    assert abs(start - 4_000) <= 80 and abs(end - 9_000) <= 80


def test_a_room_keeps_the_direct_sound_where_it_is() -> None:
    click = np.zeros(8_000, np.float32)
    click[1_000] = 1.0
    room = Room(rt60_s=0.3, direct_db=12)
    heard = reverberate(click, room, np.random.default_rng(1))
    assert heard[1_000] == pytest.approx(1.0)
    assert not heard[:1_000].any()
    late = np.sum(np.square(heard[1_001:]))
    assert 10 * np.log10(1 / late) == pytest.approx(12, abs=0.5)
