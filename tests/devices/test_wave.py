"""Wave devices: positions, pacing, settling, recording."""

from __future__ import annotations

import io
import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame, Samples
from appliance.core.facts import Played, VoicedChunk
from appliance.core.mailbox import Mailbox, MailboxClosed
from appliance.core.ports import Microphone, PortError, Speaker
from appliance.core.turn import Turn
from appliance.devices.playback import Playback
from appliance.devices.wave import WaveLine, measure_sound, read_speech


def tone(seconds: float, hz: float = 440.0, rate_hz: int = SAMPLE_RATE_HZ) -> Samples:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)).astype(np.float32)


def run(line: WaveLine, timeout_s: float = 20.0) -> list[AudioFrame]:
    """Play the line to its end."""
    frames: list[AudioFrame] = []
    ended = threading.Event()
    line.microphone.start(frames.append, lambda _: None, ended.set)
    assert ended.wait(timeout_s)
    line.stop()
    return frames


def test_the_devices_satisfy_the_ports() -> None:
    line = WaveLine(22_050, "fast")
    microphone: Microphone = line.microphone
    speaker: Speaker = line.speaker
    assert speaker.rate_hz == 22_050
    microphone.stop()
    microphone.stop()


def test_clips_are_delivered_at_their_positions_with_silence_between() -> None:
    line = WaveLine(16_000, "fast")
    first, second = tone(0.1234), tone(0.05, 880)
    assert line.say(first) == 0
    begin = line.say(second, after_s=0.5)
    assert begin == len(first) + 8000
    line.hang_up(after_s=0.1)
    frames = run(line)
    assert [frame.position for frame in frames] == list(range(0, len(frames) * FRAME_SAMPLES, FRAME_SAMPLES))
    heard = np.concatenate([frame.samples for frame in frames])
    assert np.array_equal(heard[: len(first)], first)
    assert np.array_equal(heard[begin : begin + len(second)], second)
    assert not heard[len(first) : begin].any()
    assert not heard[begin + len(second) :].any()
    assert len(heard) - (begin + len(second)) == pytest.approx(1600, abs=FRAME_SAMPLES)


def test_a_visitor_may_react_while_the_line_runs() -> None:
    line = WaveLine(16_000, "fast")
    begins: list[int] = []
    frames: list[AudioFrame] = []
    ended = threading.Event()

    def listen(frame: AudioFrame) -> None:
        frames.append(frame)
        if len(frames) == 10:
            begins.append(line.say(tone(0.1), after_s=0.05))
            line.hang_up()

    line.microphone.start(listen, lambda _: None, ended.set)
    assert ended.wait(10)
    line.stop()
    assert begins == [10 * FRAME_SAMPLES + 800], "from the next frame on"
    heard = np.concatenate([frame.samples for frame in frames])
    assert np.array_equal(heard[begins[0] : begins[0] + 1600], tone(0.1))


def test_room_noise_is_faint_and_the_same_each_time() -> None:
    recordings = []
    for _ in range(2):
        line = WaveLine(16_000, "fast", noise_dbfs=-60.0)
        line.hang_up(after_s=1.0)
        recordings.append(np.concatenate([frame.samples for frame in run(line)]))
    assert np.array_equal(recordings[0], recordings[1])
    assert 20 * np.log10(np.sqrt(np.mean(recordings[0] ** 2))) == pytest.approx(-60, abs=0.5)


class Clock(threading.Event):
    """A clock that goes on only while something waits for it or takes its time."""

    now_s = 1000.0

    def wait(self, timeout: float | None = None) -> bool:
        self.now_s += timeout or 0.0
        return self.is_set()


def test_real_time_pacing_keeps_its_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some frames are slow to handle. The schedule still holds: no frame is early, and the last is on time."""
    line, clock = WaveLine(16_000, "real"), Clock()
    monkeypatch.setattr(line, "_stopping", clock)
    monkeypatch.setattr("appliance.devices.wave.time", SimpleNamespace(monotonic=lambda: clock.now_s))
    line.hang_up(after_s=2.0)
    times: list[float] = []

    def listen(frame: AudioFrame) -> None:
        times.append(clock.now_s)
        if len(times) in (10, 50):
            clock.now_s += 0.11

    line._run(listen, clock.set)
    late = [at - 1000.0 - (n + 1) * 0.02 for n, at in enumerate(times)]
    assert len(times) == 100
    assert min(late) > -1e-6, "a frame was delivered before its sound was over"
    assert max(late) == pytest.approx(0.09) and max(late[-20:]) < 1e-6, "what was lost in handling is caught up"


def test_as_fast_as_possible_waits_until_everything_is_settled() -> None:
    """The listener is slow and its bounded mailbox drops when full. Nothing is dropped, and the line is never ahead."""
    dropped: list[AudioFrame] = []
    box: Mailbox[AudioFrame] = Mailbox("listen", 4, "drop_oldest", dropped.append)
    line = WaveLine(16_000, "fast", settled=lambda: not box.busy)
    line.hang_up(after_s=1.0)
    ahead: list[int] = []

    def listen() -> None:
        try:
            while True:
                frame = box.get()
                assert frame is not None
                time.sleep(0.001)
                ahead.append(round(line.position_s * SAMPLE_RATE_HZ) - frame.position - FRAME_SAMPLES)
        except MailboxClosed:
            return

    def deliver(frame: AudioFrame) -> None:
        box.put(frame)

    listener = threading.Thread(target=listen)
    listener.start()
    ended = threading.Event()
    line.microphone.start(deliver, lambda _: None, ended.set)
    assert ended.wait(20)
    line.stop()
    box.close()
    listener.join()
    assert not dropped
    assert ahead == [0] * 50


def test_a_long_reply_does_not_deadlock_a_fast_line() -> None:
    """The voice is at work, so nothing is settled, and it writes far more than a device's queue holds."""
    box: Mailbox[Turn] = Mailbox("speak", 4, "wait")
    line = WaveLine(16_000, "fast", settled=lambda: not box.busy)
    finished = threading.Event()
    facts: list[Played] = []

    def played(fact: Played) -> None:
        facts.append(fact)
        if fact.finished:
            line.hang_up()
            finished.set()

    def speak() -> None:
        try:
            while (turn := box.get()) is not None:
                for _ in range(30):
                    assert line.speaker.write(VoicedChunk(turn.id, tone(1.0)), turn)
                line.speaker.finish(turn)
        except MailboxClosed:
            return

    voice = threading.Thread(target=speak)
    voice.start()
    line.speaker.start(played, lambda _: None)
    box.put(Turn(7))
    line.microphone.start(lambda _: None, lambda _: None, lambda: None)
    assert finished.wait(30)
    line.stop()
    box.close()
    voice.join()
    assert facts[-1] == Played(7, 30 * 16_000, finished=True)


def test_in_real_time_the_writer_waits_for_the_queue() -> None:
    line = WaveLine(16_000, "real")
    turn = Turn(1)
    results: list[bool] = []

    def speak() -> None:
        for _ in range(6):
            results.append(line.speaker.write(VoicedChunk(turn.id, tone(1.0)), turn))

    writer = threading.Thread(target=speak)
    writer.start()
    writer.join(0.3)
    assert len(results) == 4, "four seconds wait, the fifth does not fit"
    line.stop()
    writer.join(5)
    assert results == [True] * 4 + [False] * 2


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 11_025, 24_000])
def test_the_recording_is_aligned_on_stream_time(rate_hz: int, tmp_path: Path) -> None:
    """The appliance answers in the frame after it heard 0.5 s. The file has both at their places."""
    line = WaveLine(rate_hz, "fast")
    line.say(tone(0.25))
    line.hang_up(after_s=1.0)
    turn = Turn(1)

    def listen(frame: AudioFrame) -> None:
        if frame.end_s == 0.5:
            line.speaker.write(VoicedChunk(turn.id, np.full(rate_hz // 10, 0.3, dtype=np.float32)), turn)

    ended = threading.Event()
    line.microphone.start(listen, lambda _: None, ended.set)
    assert ended.wait(10)
    line.stop()
    line.save_stereo(tmp_path / "conversation.wav")
    both, file_rate_hz = soundfile.read(tmp_path / "conversation.wav")
    assert file_rate_hz == rate_hz
    assert len(both) / rate_hz == pytest.approx(1.25, abs=0.05)
    visitor, appliance = (np.flatnonzero(np.abs(channel) > 0.1) / rate_hz for channel in both.T)
    assert visitor[0] == pytest.approx(0.0, abs=0.003)
    assert visitor[-1] == pytest.approx(0.25, abs=0.003)
    assert appliance[0] == pytest.approx(0.5, abs=0.003)
    assert appliance[-1] == pytest.approx(0.6, abs=0.003)


def test_the_reply_is_played_to_its_end_after_the_visitor_hung_up() -> None:
    line = WaveLine(16_000, "fast")
    line.hang_up(after_s=0.1)
    turn = Turn(1)
    finished = threading.Event()
    line.speaker.start(lambda fact: finished.set() if fact.finished else None, lambda _: None)
    line.speaker.write(VoicedChunk(turn.id, tone(2.0)), turn)
    line.speaker.finish(turn)
    line.microphone.start(lambda _: None, lambda _: None, lambda: None)
    assert finished.wait(10)
    line.stop()
    visitor, appliance = line.recording()
    assert np.array_equal(appliance[: 2 * 16_000], tone(2.0))
    assert len(visitor) == len(appliance)


def test_nothing_is_kept_without_recording() -> None:
    line = WaveLine(16_000, "fast", record=False)
    line.say(tone(0.5))
    line.hang_up()
    run(line)
    assert [len(channel) for channel in line.recording()] == [0, 0]


def test_files_of_any_rate_and_width_are_read(tmp_path: Path) -> None:
    stereo = np.stack([tone(1.0, rate_hz=44_100), 0 * tone(1.0, rate_hz=44_100)], axis=1)
    soundfile.write(tmp_path / "stereo.wav", stereo, 44_100)
    read = read_speech(tmp_path / "stereo.wav")
    assert read.dtype == np.float32 and len(read) == 16_000
    assert np.abs(read[1000:-1000] - tone(1.0)[1000:-1000] / 2).max() < 0.001


@pytest.mark.parametrize(("name", "reason"), [("missing.wav", "no such file"), ("text.wav", "cannot be read as sound")])
def test_an_unreadable_file_is_one_clear_line(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "text.wav").write_text("this is no sound")
    with pytest.raises(PortError, match=reason) as caught:
        read_speech(tmp_path / name)
    assert name in str(caught.value) and "\n" not in str(caught.value)


def wav(samples: Samples, rate_hz: int = 16_000, subtype: str = "FLOAT") -> bytes:
    target = io.BytesIO()
    soundfile.write(target, samples, rate_hz, format="WAV", subtype=subtype)
    return target.getvalue()


WITH_NAN = np.concatenate([tone(0.1), np.array([np.nan], np.float32)])
WITH_INF = np.concatenate([tone(0.1), np.array([-np.inf], np.float32)])


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("none.wav", wav(np.zeros(0, np.float32)), "holds no sound"),
        ("header.wav", wav(tone(0.1))[:44], "sound"),
        ("nan.wav", wav(WITH_NAN), "some of its samples are no numbers"),
        ("inf.wav", wav(WITH_INF), "some of its samples are no numbers"),
        ("sound.raw", wav(tone(0.1))[44:], "no header that tells its rate"),
        ("slow.wav", wav(tone(0.1), 1), "1 samples a second"),
        ("fast.wav", wav(tone(0.1), 2_000_000), "2000000 samples a second"),
        ("empty.wav", b"", "cannot be read as sound"),
        ("empty.flac", b"", "cannot be read as sound"),
        ("half.flac", b"fLaC" + bytes(40), "sound"),
    ],
    # A wave file holds the time at which it was written, and the test's name must not.
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_without_sound_is_one_clear_line(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(PortError, match=reason) as caught:
        read_speech(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_a_path_that_is_not_a_plain_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    for path in (tmp_path / "pipe.wav", tmp_path):
        with pytest.raises(PortError, match="is no file"):
            read_speech(path)


@pytest.mark.parametrize("gains", [(1, -1), (-1, 1), (1, -0.9), (0.3, -0.3, 0.0), (0, 0, 0, 0, 0, 1)])
def test_channels_that_would_cancel_each_other_are_not_averaged(tmp_path: Path, gains: tuple[float, ...]) -> None:
    channels = np.stack([np.float32(gain) * tone(0.5) for gain in gains], axis=1)
    (tmp_path / "channels.wav").write_bytes(wav(channels))
    loudest = max(abs(gain) for gain in gains)
    assert np.abs(read_speech(tmp_path / "channels.wav")).max() == pytest.approx(0.5 * loudest, rel=0.01)


def test_one_channel_and_a_part_of_a_file_are_read(tmp_path):
    tones = [np.full(16_000, level, np.float32) for level in (0.1, -0.4)]
    tones[1][8_000:] = 0.2
    path = tmp_path / "two.wav"
    soundfile.write(path, np.stack(tones, axis=1), 16_000)
    assert measure_sound(path) == (2, 1.0)
    assert read_speech(path, channel=1) == pytest.approx(0.1, abs=1e-3)
    late = read_speech(path, channel=2, start_s=0.5)
    assert len(late) == 8_000 and late == pytest.approx(0.2, abs=1e-3)
    assert len(read_speech(path, start_s=0.25, end_s=0.75)) == 8_000
    assert read_speech(path, start_s=0.5) == pytest.approx(0.15, abs=1e-3), "without a channel it is their mean"
    for options, told in (({"channel": 3}, "has no channel 3"), ({"start_s": 2.0}, "holds no sound")):
        with pytest.raises(PortError, match=told):
            read_speech(path, **options)
    with pytest.raises(PortError, match="there is no such file"):
        measure_sound(tmp_path / "none.wav")


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    content = wav(tone(1.0), subtype="PCM_16")
    (tmp_path / "cut.wav").write_bytes(content[: len(content) // 2])
    assert len(read_speech(tmp_path / "cut.wav")) == pytest.approx(8_000, abs=50)


def test_floats_beyond_one_are_scaled_back(tmp_path: Path) -> None:
    (tmp_path / "loud.wav").write_bytes(wav(tone(0.2) * np.float32(1e30)))
    assert np.abs(read_speech(tmp_path / "loud.wav")).max() == pytest.approx(1.0)


@given(
    cut=st.integers(0, 300),
    flips=st.lists(st.tuples(st.integers(0, 120), st.integers(0, 255)), max_size=6),
    subtype=st.sampled_from(["FLOAT", "DOUBLE", "PCM_16", "PCM_U8", "ULAW"]),
    channels=st.integers(1, 3),
)
@settings(max_examples=150, deadline=None)
def test_any_file_is_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, cut: int, flips: list[tuple[int, int]], subtype: str, channels: int
) -> None:
    content = bytearray(wav(np.stack([tone(0.01)] * channels, axis=1), subtype=subtype))
    for at, value in flips:
        content[at % len(content)] = value
    path = tmp_path_factory.getbasetemp() / "any.wav"
    path.write_bytes(content[: len(content) - cut] if cut else content)
    try:
        speech = read_speech(path)
    except PortError as error:
        assert str(error).startswith(str(path)) and "\n" not in str(error)  # noqa: PT017 (sound is right as well)
    else:
        assert len(speech) and np.isfinite(speech).all() and np.abs(speech).max() < 2


def test_an_unwritable_recording_is_one_clear_line(tmp_path: Path) -> None:
    for path in (tmp_path / "no" / "such" / "folder.wav", tmp_path / "unknown.suffix"):
        with pytest.raises(PortError, match="cannot be written"):
            WaveLine(16_000, "fast").save_stereo(path)


def test_a_playback_without_a_bound_never_blocks() -> None:
    playback, turn = Playback(16_000, queue_s=None), Turn(1)
    assert all(playback.write(VoicedChunk(1, tone(10.0)), turn) for _ in range(10))
