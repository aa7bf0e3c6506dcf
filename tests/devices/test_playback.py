"""The queue of voiced sound: how much of a cancelled turn may still be heard, and what is counted."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.core.facts import Fact, Played, VoicedChunk
from appliance.core.turn import Turn
from appliance.devices.playback import FADE_S, RAMP_S, REPORT_S, Playback

RATE_HZ = 16_000
FADE = round(FADE_S * RATE_HZ)


def chunk(turn: Turn, value: float, count: int) -> VoicedChunk:
    return VoicedChunk(turn.id, np.full(count, value, dtype=np.float32))


def collecting(playback: Playback) -> list[Played]:
    facts: list[Played] = []
    playback.start(facts.append)
    return facts


def test_plays_in_order_and_pads_with_silence() -> None:
    playback, first, second = Playback(RATE_HZ), Turn(1), Turn(2)
    facts = collecting(playback)
    playback.write(chunk(first, 0.1, 100), first)
    playback.finish(first)
    playback.write(chunk(second, 0.2, 50), second)
    block = playback.pull(320)
    assert np.array_equal(block, np.array([0.1] * 100 + [0.2] * 50 + [0.0] * 170, np.float32))
    assert facts == [Played(first.id, 100, finished=True)]
    playback.finish(second)
    assert not playback.pull(320).any()
    assert facts[1:] == [Played(second.id, 50, finished=True)]
    assert playback.idle


def test_a_reply_without_sound_finishes_too() -> None:
    playback, turn = Playback(RATE_HZ), Turn(1)
    facts = collecting(playback)
    playback.finish(turn)
    playback.finish(turn)
    playback.pull(320)
    playback.pull(320)
    assert facts == [Played(turn.id, 0, finished=True)]


def test_reports_about_every_tenth_of_a_second() -> None:
    playback, turn = Playback(RATE_HZ), Turn(1)
    facts = collecting(playback)
    playback.write(chunk(turn, 0.5, RATE_HZ), turn)
    playback.finish(turn)
    for _ in range(51):
        playback.pull(320)
    assert [fact.samples for fact in facts] == [*range(1600, 16_001, 1600), 16_000]
    assert [fact.finished for fact in facts] == [False] * round(1 / REPORT_S) + [True]


def test_a_flushed_turn_fades_within_five_milliseconds() -> None:
    playback, turn = Playback(RATE_HZ), Turn(1)
    playback.write(chunk(turn, 0.8, RATE_HZ), turn)
    playback.pull(320)
    turn.cancel()
    assert playback.flush(turn) == 320
    after = playback.pull(320)
    assert 0.7 < after[0] < 0.8, "the fade begins where the sound was cut"
    assert np.all(np.diff(after[: FADE + 1]) <= 0)
    assert after[FADE - 1 :].max() == 0.0
    assert not playback.pull(320).any()
    assert playback.flush(turn) == 320, "what fades is not counted, and a second flush changes nothing"


def test_a_turn_that_was_not_sounding_is_dropped_without_a_sound() -> None:
    playback, turn = Playback(RATE_HZ), Turn(1)
    playback.write(chunk(turn, 0.8, RATE_HZ), turn)
    turn.cancel()
    assert not playback.pull(320).any()
    assert playback.flush(turn) == 0


def test_a_new_reply_follows_a_flushed_one_at_once() -> None:
    playback, old, new = Playback(RATE_HZ), Turn(1), Turn(2)
    playback.write(chunk(old, 0.8, RATE_HZ), old)
    playback.pull(320)
    old.cancel()
    playback.flush(old)
    assert not playback.write(chunk(old, 0.8, 100), old)
    assert playback.write(chunk(new, 0.1, 640), new)
    assert np.allclose(playback.pull(320)[FADE:], 0.1)


def test_a_full_queue_makes_the_writer_wait_until_there_is_room_or_the_turn_is_cancelled() -> None:
    playback, turn = Playback(RATE_HZ, queue_s=0.02), Turn(1)
    assert playback.write(chunk(turn, 0.5, 320), turn)
    results: list[bool] = []
    writer = threading.Thread(target=lambda: results.append(playback.write(chunk(turn, 0.5, 320), turn)))
    writer.start()
    writer.join(0.1)
    assert writer.is_alive() and not results
    playback.pull(320)
    writer.join(5)
    assert results == [True]
    writer = threading.Thread(target=lambda: results.append(playback.write(chunk(turn, 0.5, 320), turn)))
    writer.start()
    turn.cancel()
    writer.join(5)
    assert results == [True, False]


def test_a_new_conversation_may_count_its_turns_from_one_again() -> None:
    playback, old, new = Playback(RATE_HZ), Turn(1), Turn(1)
    old.cancel()
    playback.flush(old)
    assert playback.write(chunk(new, 0.1, 320), new)
    assert playback.pull(320).all()
    assert playback.flush(new) == 320


def test_without_a_device_a_reply_ends_with_what_was_heard() -> None:
    playback, queued, later = Playback(RATE_HZ, queue_s=1.0), Turn(1), Turn(2)
    facts = collecting(playback)
    playback.write(chunk(queued, 0.1, RATE_HZ), queued)
    playback.finish(queued)
    playback.pull(320)
    playback.suspend()
    assert facts == [Played(1, 320, finished=True)]
    for _ in range(10):
        assert playback.write(chunk(later, 0.2, RATE_HZ), later), "no room is needed"
    playback.finish(later)
    assert facts[1:] == [Played(2, 0, finished=True)]
    assert not playback.pull(RATE_HZ).any()
    playback.resume()
    again = Turn(3)
    playback.write(chunk(again, 0.3, 320), again)
    assert playback.pull(320).all()


def test_closing_releases_a_waiting_writer() -> None:
    playback, turn = Playback(RATE_HZ, queue_s=0.01), Turn(1)
    playback.write(chunk(turn, 0.5, 320), turn)
    results: list[bool] = []
    writer = threading.Thread(target=lambda: results.append(playback.write(chunk(turn, 0.5, 320), turn)))
    writer.start()
    playback.close()
    writer.join(5)
    assert results == [False]
    assert not playback.pull(320).any()


def test_the_writer_may_reuse_its_buffer() -> None:
    playback, turn = Playback(RATE_HZ), Turn(1)
    buffer = np.full(320, 0.5, dtype=np.float32)
    playback.write(VoicedChunk(turn.id, buffer), turn)
    buffer[:] = 0.9
    assert np.all(playback.pull(320) == np.float32(0.5))


STEPS = st.one_of(
    st.tuples(st.just("write"), st.integers(0, 3), st.integers(0, 700)),
    st.tuples(st.just("finish"), st.integers(0, 3), st.just(0)),
    st.tuples(st.just("cancel"), st.integers(0, 3), st.just(0)),
    st.tuples(st.just("flush"), st.integers(0, 3), st.just(0)),
    st.tuples(st.just("pull"), st.just(0), st.integers(1, 700)),
)


@settings(deadline=None)  # the machine may be busy
@given(st.lists(STEPS, max_size=60))
def test_whatever_happens_a_cancelled_turn_is_silent_and_counts_are_right(
    steps: list[tuple[str, int, int]],
) -> None:
    """Each turn has a sample value of its own, so a sample shows its turn.

    There is no fade here, since a fading sample has a value of no turn. The tests above check the length of the fade.
    """
    playback = Playback(RATE_HZ, queue_s=None, fade_s=0.0)
    facts = collecting(playback)
    turns = [Turn(n) for n in range(4)]
    values = [np.float32(1.0 + n) for n in range(4)]
    written = [0, 0, 0, 0]
    heard = [0, 0, 0, 0]
    silenced: set[int] = set()
    finished: set[int] = set()
    for action, which, count in [*steps, ("pull", 0, 4000), ("pull", 0, 4000), *[("pull", 0, 700)] * 60]:
        turn = turns[which]
        if action == "write":
            if playback.write(chunk(turn, float(values[which]), count), turn):
                assert which not in silenced and which not in finished
                written[which] += count
        elif action == "finish":
            playback.finish(turn)
            finished.add(which)
        elif action == "cancel":
            turn.cancel()
            silenced.add(which)
        elif action == "flush":
            assert playback.flush(turn) == heard[which]
            silenced.add(which)
        else:
            block = playback.pull(count)
            assert set(np.unique(block)) <= {np.float32(0.0), *values}
            for n, value in enumerate(values):
                at = np.flatnonzero(block == value)
                heard[n] += len(at)
                if n in silenced:
                    assert not len(at), "a sample of a cancelled turn was played"
    for n, turn in enumerate(turns):
        reports = [fact for fact in facts if fact.turn_id == turn.id]
        assert playback.flush(turn) == heard[n] <= written[n]
        assert [fact.samples for fact in reports] == sorted(fact.samples for fact in reports)
        ends = [fact for fact in reports if fact.finished]
        assert len(ends) <= 1
        if n not in silenced:
            assert heard[n] == written[n], "everything written is played"
            assert len(ends) == (n in finished)
        for end in ends:
            assert end is reports[-1] and end.samples == heard[n]
    assert playback.idle


@given(st.lists(st.tuples(st.sampled_from(["write", "finish", "confirm", "cancel", "pull"]), st.integers(1, 900))))
def test_no_sample_of_an_unconfirmed_turn_is_played(steps):
    """One speculative turn after the other, each confirmed or cancelled before the next begins."""
    facts: list[Played] = []
    playback = Playback(RATE_HZ, queue_s=None, fade_s=0.0)
    playback.start(facts.append)
    number, turn, written, heard = 1, Turn(1, speculative=True), 0, 0
    for action, count in steps:
        if action == "write":
            written += count if playback.write(chunk(turn, float(number), count), turn) else 0
        elif action == "finish":
            playback.finish(turn)
        elif action == "confirm":
            turn.confirm()
        elif action == "cancel":
            turn.cancel()
            assert playback.flush(turn) == heard
            number, written, heard = number + 1, 0, 0
            turn = Turn(number, speculative=True)
        else:
            block = playback.pull(count)
            assert set(np.unique(block)) <= {0.0, float(number)}, "only the current turn is heard"
            now = int(np.count_nonzero(block))
            assert turn.confirmed or not now
            assert not turn.confirmed or now == min(count, written - heard), "all of it, once it is confirmed"
            heard += now
    assert {fact.turn_id for fact in facts} <= set(range(1, number + 1))
    assert turn.confirmed or not [fact for fact in facts if fact.turn_id == number]


def sounding(playback, turn, count=RATE_HZ):
    playback.write(VoicedChunk(turn.id, np.ones(count, np.float32)), turn)
    playback.pull(RATE_HZ // 50)


def test_a_reply_is_ducked_and_comes_back_in_ramps():
    playback, turn = Playback(RATE_HZ), Turn(1)
    sounding(playback, turn)
    playback.duck(turn, 0.1)
    block = playback.pull(RATE_HZ // 20)
    assert block[-1] == pytest.approx(0.1)
    assert np.abs(np.diff(block)).max() < 0.01, "no click"
    playback.go_on(turn, (0,))
    block = playback.pull(RATE_HZ // 20)
    assert block[-1] == 1.0
    assert np.abs(np.diff(block)).max() < 0.01
    assert (np.diff(block) >= 0).all()


def test_a_reply_after_a_ducked_one_is_not_ducked():
    playback, turn, other = Playback(RATE_HZ), Turn(1), Turn(2)
    sounding(playback, turn)
    playback.duck(turn, 0.1)
    playback.pull(RATE_HZ // 20)
    turn.cancel()
    playback.flush(turn)
    playback.pull(RATE_HZ // 20)
    playback.write(VoicedChunk(2, np.ones(100, np.float32)), other)
    assert (playback.pull(100) == 1.0).all()


def test_a_held_reply_is_silent_and_goes_on_at_a_clause():
    playback, turn = Playback(RATE_HZ, queue_s=None), Turn(1)
    facts: list[Fact] = []
    playback.start(facts.append)
    sound = np.linspace(0.5, 0.9, RATE_HZ, dtype=np.float32)
    playback.write(VoicedChunk(1, sound), turn)
    playback.finish(turn)
    playback.pull(7_000)
    playback.hold(turn)
    fade = playback.pull(RATE_HZ // 50)
    assert not fade[round(FADE_S * RATE_HZ) :].any()
    assert not playback.pull(RATE_HZ).any(), "however long it takes"
    playback.go_on(turn, (0, 4_000, 9_000))
    rest = playback.pull(RATE_HZ)
    again = rest[round(RAMP_S * RATE_HZ) : 12_000]
    np.testing.assert_array_equal(again, sound[4_000 + round(RAMP_S * RATE_HZ) :])
    assert not rest[12_000:].any()
    assert facts[-1] == Played(1, RATE_HZ, finished=True)
    heard = [fact.samples for fact in facts if isinstance(fact, Played)]
    assert heard == sorted(heard) and len(heard) == len(facts), "what was heard stays heard"


def test_sound_played_before_a_step_back_counts():
    playback, turn = Playback(RATE_HZ), Turn(1)
    sounding(playback, turn)
    playback.pull(5_000)
    played = 5_000 + RATE_HZ // 50
    playback.hold(turn)
    playback.go_on(turn, (0,))
    playback.pull(1_000)
    turn.cancel()
    assert playback.flush(turn) == played


def test_a_held_reply_can_be_stopped():
    playback, turn = Playback(RATE_HZ), Turn(1)
    sounding(playback, turn)
    playback.hold(turn)
    playback.pull(RATE_HZ // 50)
    turn.cancel()
    assert playback.flush(turn) == RATE_HZ // 50
    assert not playback.pull(RATE_HZ // 50).any()
    assert playback.idle


def test_the_tap_receives_all_sound_that_is_played():
    playback, turn = Playback(RATE_HZ), Turn(1)
    heard = []
    playback.tap(lambda samples, position: heard.append((samples.copy(), position)))
    sounding(playback, turn, 500)
    playback.duck(turn, 0.5)
    left = [playback.pull(320) for _ in range(3)]
    assert [position for _, position in heard] == [0, 320, 640, 960]
    np.testing.assert_array_equal(np.concatenate([samples for samples, _ in heard[1:]]), np.concatenate(left))


@given(st.lists(st.sampled_from(["pull", "duck", "hold", "go_on", "cancel"]), max_size=40), st.integers(0, 39))
def test_no_sample_of_a_cancelled_turn_is_played_whatever_was_done_to_it(steps, at):
    playback, turn = Playback(RATE_HZ, queue_s=None), Turn(1)
    playback.write(VoicedChunk(1, np.ones(RATE_HZ * 4, np.float32)), turn)
    for step in (*steps[:at], "cancel", *steps[at:]):
        match step:
            case "pull":
                block = playback.pull(RATE_HZ // 50)
                if turn.cancelled:
                    assert not block[round(FADE_S * RATE_HZ) :].any()
            case "duck":
                playback.duck(turn, 0.2)
            case "hold":
                playback.hold(turn)
            case "go_on":
                playback.go_on(turn, (0, 1_000))
            case "cancel":
                turn.cancel()
                playback.flush(turn)
    playback.pull(RATE_HZ // 50)
    assert not playback.pull(RATE_HZ).any()
