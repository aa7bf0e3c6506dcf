"""The ``Microphone`` and ``Speaker`` ports, on a wave line at both paces and on a sound card.

A line has one clock for both, so each test opens both. Tests wait for events and never for a time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest

from appliance.config.box import AudioSettings
from appliance.core.audio import FRAME_SAMPLES, AudioFrame, Samples
from appliance.core.facts import DeviceLost, DeviceReturned, Played, VoicedChunk
from appliance.core.ports import Microphone, Speaker
from appliance.core.turn import Turn
from appliance.devices.sound_card import open_sound_card
from appliance.devices.wave import WaveLine
from tests.pulse import SoundServer

RATE_HZ = 22_050
Devices = tuple[Microphone, Speaker]


@dataclass
class Line:
    """Two devices, and what they reported."""

    microphone: Microphone
    speaker: Speaker
    frames: list[AudioFrame] = field(default_factory=list)
    played: list[Played] = field(default_factory=list)
    changes: list[DeviceLost | DeviceReturned] = field(default_factory=list)
    left: list[tuple[int, Samples]] = field(default_factory=list)
    """position and samples of what left the speaker"""

    def start(self) -> None:
        self.speaker.tap(lambda samples, position: self.left.append((position, samples)))
        self.speaker.start(self.played.append, self.changes.append)
        self.microphone.start(self.frames.append, self.changes.append, lambda: None)

    def stop(self) -> None:
        self.microphone.stop()
        self.speaker.stop()

    def say(self, turn: Turn, seconds: float) -> bool:
        return self.speaker.write(VoicedChunk(turn.id, tone(seconds)), turn)

    def pass_time(self, seconds: float = 0.4) -> None:
        """Wait until so many more seconds of sound or silence have left the speaker."""
        until = len_of(self.left) + round(seconds * RATE_HZ)
        eventually(lambda: len_of(self.left) >= until)

    def ended(self, turn: Turn) -> Played:
        """Wait for the end of a reply."""
        eventually(lambda: any(fact.finished and fact.turn_id == turn.id for fact in list(self.played)))
        return next(fact for fact in self.played if fact.finished and fact.turn_id == turn.id)


def len_of(left: list[tuple[int, Samples]]) -> int:
    return left[-1][0] + len(left[-1][1]) if left else 0


def tone(seconds: float) -> Samples:
    return (0.3 * np.sin(2 * np.pi * 220 * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


@pytest.fixture(scope="module")
def sound_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A sound server without a card, which the sound library of this process talks to."""
    served = SoundServer(tmp_path_factory.mktemp("pulse"))
    served.start()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in served.environment.items():
            patch.setenv(name, value)
        import sounddevice

        sounddevice._terminate()
        sounddevice._initialize()
        yield
    served.stop()


def wave_line(request: pytest.FixtureRequest, pace: str) -> Devices:
    line = WaveLine(RATE_HZ, "fast" if pace == "fast" else "real", record=False)
    return line.microphone, line.speaker


def sound_card(request: pytest.FixtureRequest, _: str) -> Devices:
    request.getfixturevalue("sound_server")
    return open_sound_card(AudioSettings("pulse", "pulse"), RATE_HZ)


@pytest.fixture(
    params=[
        pytest.param((wave_line, "fast"), id="wave, fast"),
        pytest.param((wave_line, "real"), id="wave, real"),
        pytest.param((sound_card, ""), id="sound card", marks=pytest.mark.slow),
    ]
)
def idle(request: pytest.FixtureRequest) -> Iterator[Line]:
    """A line that has not started yet."""
    opens, pace = request.param
    line = Line(*opens(request, pace))
    yield line
    line.stop()


@pytest.fixture
def line(idle: Line) -> Line:
    idle.start()
    return idle


def test_the_microphone_delivers_whole_frames_without_a_gap(line: Line) -> None:
    eventually(lambda: len(line.frames) >= 20)
    frames = list(line.frames)
    assert all(frame.samples.shape == (FRAME_SAMPLES,) and frame.samples.dtype == np.float32 for frame in frames)
    assert all(np.abs(frame.samples).max() <= 1.0 for frame in frames)
    assert [frame.position for frame in frames] == [n * FRAME_SAMPLES for n in range(len(frames))]
    assert not line.changes


def test_a_stopped_microphone_delivers_nothing_more(line: Line) -> None:
    eventually(lambda: bool(line.frames))
    line.microphone.stop()
    count = len(line.frames)
    line.microphone.stop()
    time.sleep(0.1)
    assert len(line.frames) == count


def test_a_line_that_never_started_can_be_stopped(idle: Line) -> None:
    idle.stop()
    idle.stop()
    assert not idle.frames and not idle.played


def test_the_speaker_takes_the_rate_of_the_voice(idle: Line) -> None:
    assert idle.speaker.rate_hz == RATE_HZ


def test_a_reply_is_counted_to_its_last_sample(line: Line) -> None:
    turn = Turn(1)
    assert line.say(turn, 0.3) and line.say(turn, 0.2)
    line.speaker.finish(turn)
    assert line.ended(turn).samples == len(tone(0.3)) + len(tone(0.2))
    counts = [fact.samples for fact in line.played if fact.turn_id == turn.id]
    assert counts == sorted(counts) and len(counts) > 2


def test_a_reply_without_sound_ends_too(line: Line) -> None:
    turn = Turn(1)
    line.speaker.finish(turn)
    assert line.ended(turn) == Played(1, 0, finished=True)


def test_a_cancelled_turn_is_not_taken(line: Line) -> None:
    turn, following = Turn(1), Turn(2)
    turn.cancel()
    assert not line.say(turn, 0.3)
    line.speaker.finish(turn)
    line.speaker.finish(following)
    line.ended(following)
    assert all(fact.turn_id == following.id for fact in line.played)
    assert line.speaker.flush(turn) == 0


def test_a_flushed_turn_falls_silent_and_takes_no_more(line: Line) -> None:
    turn, following = Turn(1), Turn(2)
    # Longer than any line plays before it can be stopped.
    sound = VoicedChunk(turn.id, tone(3.0))
    line.speaker.write(sound, turn)
    turn.cancel()
    left = line.speaker.flush(turn)
    assert 0 <= left <= len(sound.samples)
    assert not line.say(turn, 0.3)
    assert line.speaker.flush(turn) == left, "again, it is the same"
    assert line.say(following, 0.1)
    line.speaker.finish(following)
    line.ended(following)
    assert not any(fact.finished for fact in line.played if fact.turn_id == turn.id)


def test_a_speculative_turn_is_silent_until_it_is_confirmed(line: Line) -> None:
    turn = Turn(1, speculative=True)
    assert line.say(turn, 0.3)
    line.speaker.finish(turn)
    line.pass_time()
    assert not line.played and not any(np.any(samples) for _, samples in list(line.left))
    turn.confirm()
    assert line.ended(turn).samples == len(tone(0.3))


def test_a_held_turn_is_silent_until_it_goes_on(line: Line) -> None:
    turn = Turn(1, speculative=True)
    assert line.say(turn, 0.3)
    line.speaker.finish(turn)
    line.speaker.hold(turn)
    turn.confirm()
    line.pass_time()
    assert not any(fact.finished for fact in line.played)
    line.speaker.go_on(turn, [0])
    assert line.ended(turn).samples == len(tone(0.3))


def test_a_ducked_turn_is_quieter_to_its_end(line: Line) -> None:
    turn = Turn(1, speculative=True)
    assert line.say(turn, 0.3)
    line.speaker.finish(turn)
    line.speaker.duck(turn, 0.1)
    turn.confirm()
    assert line.ended(turn).samples == len(tone(0.3))
    line.pass_time(0.1)
    loudest = max(float(np.abs(samples).max()) for _, samples in list(line.left))
    assert 0.0 < loudest < 0.05


def test_the_tap_receives_all_sound_in_order(line: Line) -> None:
    turn = Turn(1)
    line.say(turn, 0.2)
    line.speaker.finish(turn)
    line.ended(turn)
    line.pass_time(0.1)
    left = list(line.left)
    positions = np.cumsum([0, *(len(samples) for _, samples in left)])
    assert [position for position, _ in left] == positions[:-1].tolist()
    assert sum(np.count_nonzero(samples) for _, samples in left) > 0.9 * len(tone(0.2))


@pytest.mark.parametrize("release", ["cancel", "stop"])
def test_a_writer_that_waits_for_room_is_released(idle: Line, release: str) -> None:
    """Nothing is played before the start, so the queue fills up, unless the line takes any amount at once."""
    turn = Turn(1)
    taken: list[bool] = []
    writer = threading.Thread(target=lambda: taken.extend(idle.say(turn, 1.0) for _ in range(20)))
    writer.start()
    if release == "cancel":
        turn.cancel()
    else:
        idle.speaker.stop()
    writer.join(30)
    assert not writer.is_alive()
    assert not idle.say(turn, 1.0)
