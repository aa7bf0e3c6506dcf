"""A client's sound: pieces of any length, bursts, silence, and what was heard of a reply that was sent ahead."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame, Samples
from appliance.core.facts import Played, VoicedChunk
from appliance.core.turn import Turn
from appliance.devices.stream import MOST_WAITING_S, StreamLine, TooMuchSound

RATE_HZ = 22_050
BLOCK = 441
"""samples of 20 ms at the voice's rate"""


class Client:
    """A stream line whose clock the test turns."""

    def __init__(self, lead_s: float = 0.0, behind: int = 0) -> None:
        self.blocks: list[tuple[Samples, Turn | None]] = []
        self.frames: list[AudioFrame] = []
        self.played: list[Played] = []
        self.line = StreamLine(RATE_HZ, lambda samples, turn: self.blocks.append((samples, turn)), lead_s=lead_s)
        self.line.behind = lambda: behind
        self.line.speaker.start(self.played.append, lambda _: None)
        self.now_s = 1e9

    def step(self, count: int = 1) -> None:
        for _ in range(count):
            self.line.step(self.frames.append, self.now_s)

    def hear(self, samples: Samples) -> None:
        self.line.hear(samples)
        self.now_s = self.line._received_s

    def heard(self) -> Samples:
        return np.concatenate([np.zeros(0, np.float32), *(frame.samples for frame in self.frames)])


@given(st.lists(st.integers(0, 2000), max_size=12))
def test_sound_in_pieces_of_any_length_arrives_whole_and_in_order(lengths: list[int]) -> None:
    client = Client()
    sound = np.arange(1, sum(lengths) + 1, dtype=np.float32)
    for end, length in zip(np.cumsum(lengths), lengths, strict=True):
        client.hear(sound[end - length : end])
    client.step(1 + len(sound) // FRAME_SAMPLES)
    client.now_s += 1
    client.step()
    assert np.array_equal(client.heard()[: len(sound)], sound)
    assert not client.heard()[len(sound) :].any()
    assert [frame.position for frame in client.frames] == [FRAME_SAMPLES * n for n in range(len(client.frames))]


def test_nothing_is_delivered_while_the_rest_of_a_frame_is_on_its_way_and_silence_when_it_does_not_come() -> None:
    client = Client()
    client.hear(np.ones(100, np.float32))
    client.step(3)
    assert client.frames == []
    client.now_s += 0.3
    client.step(3)
    assert len(client.frames) == 3 and client.heard().sum() == 100


@pytest.mark.parametrize(("behind", "steps"), [(0, 12), (100, 90)])
def test_a_burst_is_delivered_faster_while_the_listener_keeps_up(behind: int, steps: int) -> None:
    client = Client(behind=behind)
    client.hear(np.ones(100 * FRAME_SAMPLES, np.float32))
    client.step(steps)
    assert len(client.frames) >= 88 and (behind == 0 or len(client.frames) <= steps + 26)


def test_more_sound_than_may_wait_is_refused() -> None:
    client = Client()
    client.hear(np.zeros(round(MOST_WAITING_S) * SAMPLE_RATE_HZ, np.float32))
    with pytest.raises(TooMuchSound):
        client.hear(np.zeros(1, np.float32))
    client.line.forget()
    assert client.line.waiting == 0


def test_the_clients_time_leaves_out_the_silence_that_was_filled_in() -> None:
    client = Client()
    second = np.ones(SAMPLE_RATE_HZ, np.float32)
    client.hear(second)
    client.step(60)
    client.now_s += 10
    client.step(100)
    client.hear(second)
    client.step(60)
    filled_s = len(client.frames) * 0.02 - 2
    assert client.line.client_s(0.5) == pytest.approx(0.5)
    assert client.line.client_s(1.5) == pytest.approx(1.0)
    assert client.line.client_s(1.5 + filled_s) == pytest.approx(1.5)


def test_a_reply_leaves_at_the_clocks_pace_and_ahead_of_it_by_the_lead() -> None:
    for lead_s, left in ((0.0, 5), (0.1, 10)):
        client, turn = Client(lead_s), Turn(1)
        client.line.speaker.write(VoicedChunk(1, np.ones(RATE_HZ, np.float32)), turn)
        client.step(5)
        assert sum(sounding is turn for _, sounding in client.blocks) == left


def test_what_was_sent_ahead_does_not_count_as_heard() -> None:
    client, turn = Client(0.2), Turn(1)
    client.line.speaker.write(VoicedChunk(1, np.ones(RATE_HZ, np.float32)), turn)
    client.step(5)
    assert client.line.speaker.flush(turn) == 5 * BLOCK


def test_a_whole_reply_leaves_once_and_is_reported_as_finished() -> None:
    client, turn = Client(0.1), Turn(1)
    client.line.speaker.write(VoicedChunk(1, np.ones(10 * BLOCK, np.float32)), turn)
    client.line.speaker.finish(turn)
    client.step(30)
    assert sum(len(block) for block, sounding in client.blocks if sounding is turn) == 10 * BLOCK
    assert client.played[-1] == Played(1, 10 * BLOCK, finished=True)
    assert client.blocks[-1][1] is None
