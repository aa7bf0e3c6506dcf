"""Wave devices: a microphone that plays what is queued and a speaker that records, on one clock.

The pace is a property of the line and of nothing behind it. At the real pace a frame is due every 20 ms on an absolute
schedule, so a late frame never makes those after it late. At the fast pace the line waits before each step until the
appliance has settled. What the appliance then does depends on the samples alone, and a replay gives the same facts each
time.

At the fast pace the speaker takes any amount of sound at once, because a bounded queue would deadlock: the voice would
wait for room, room would come with the next frame, and the next frame waits for the voice.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
import soxr

from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame, Samples
from appliance.core.facts import DeviceLost, DeviceReturned, Played
from appliance.core.ports import PortError
from appliance.devices.playback import QUEUE_S, Playback, QueuedSpeaker
from appliance.devices.simulated_room import EchoPath, Room

FRAME_S = FRAME_SAMPLES / SAMPLE_RATE_HZ

_SETTLE_S = 0.0002
"""Seconds between two looks of a fast line at whether the appliance has settled"""


class WaveLine:
    """One full-duplex line with a thread of its own. Its clock runs from ``microphone.start`` on. Start the speaker
    first, or the line begins without it.

    A step of the clock takes 20 ms of the speaker's sound, then delivers the frame that was spoken meanwhile.
    """

    def __init__(
        self,
        rate_hz: int,
        pace: Literal["real", "fast"],
        settled: Callable[[], bool] = lambda: True,
        *,
        noise_dbfs: float | None = None,
        record: bool = True,
        echo: EchoPath | None = None,
    ) -> None:
        """``rate_hz`` is the rate of the speaker and the voice. ``settled`` tells at the fast pace whether nothing is
        under way in the appliance. ``noise_dbfs`` adds the same faint room noise to every run. Without it there is
        digital silence between two clips. Without ``record`` no sound is kept. With ``echo`` the microphone hears the
        speaker along that path."""
        self._pace = pace
        self.settled = settled
        self._record = record
        self._noise = None if noise_dbfs is None else 10 ** (noise_dbfs / 20)
        self._random = np.random.default_rng(0)
        self._playback = Playback(rate_hz, queue_s=QUEUE_S if pace == "real" else None)
        self._room = None if echo is None else Room(echo)
        self._to_room = None if rate_hz == SAMPLE_RATE_HZ else soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, 1)
        self.microphone = WaveMicrophone(self)
        self.speaker = WaveSpeaker(self._playback)
        self._lock = threading.Lock()
        self._clips: list[tuple[int, Samples]] = []
        """positions and samples of the speech that is still to come"""
        self._clips_end = 0
        self._position = 0
        """first sample of the next frame"""
        self._hang_up_at: int | None = None
        self.late_s = 0.0
        """the most seconds by which a frame was late, which means something at the pace of real time only"""
        self._left: list[Samples] = []
        self._right: list[Samples] = []
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def say(self, samples: Samples, *, after_s: float = 0.0) -> int:
        """Queue speech of the visitor at ``SAMPLE_RATE_HZ``, ``after_s`` after what is queued already or, if nothing
        is, after now. Returns the stream position of its first sample. Callable from any thread at any time."""
        with self._lock:
            begin = max(self._clips_end, self._position) + round(after_s * SAMPLE_RATE_HZ)
            self._clips.append((begin, np.array(samples, dtype=np.float32)))
            self._clips_end = begin + len(samples)
            return begin

    def hang_up(self, *, after_s: float = 0.0) -> None:
        """Deliver what is queued and ``after_s`` of silence, then report that the microphone ended. The speaker goes
        on until nothing of a reply is left."""
        with self._lock:
            self._hang_up_at = max(self._clips_end, self._position) + round(after_s * SAMPLE_RATE_HZ)

    @property
    def position_s(self) -> float:
        """Stream time: seconds of microphone audio delivered."""
        with self._lock:
            return self._position / SAMPLE_RATE_HZ

    def recording(self) -> tuple[Samples, Samples]:
        """The visitor's and the appliance's sound so far, both at the speaker's rate and aligned on stream time."""
        with self._lock:
            left, right = list(self._left), list(self._right)
        visitor, appliance = (np.concatenate([np.zeros(0, np.float32), *parts]) for parts in (left, right))
        visitor = _resampled(visitor, SAMPLE_RATE_HZ, self.speaker.rate_hz)
        length = max(len(visitor), len(appliance))
        return np.pad(visitor, (0, length - len(visitor))), np.pad(appliance, (0, length - len(appliance)))

    def save_stereo(self, path: Path) -> None:
        """Write the recording: visitor left, appliance right. The suffix chooses the format. Raises PortError."""
        write_sound(path, np.stack(self.recording(), axis=1), self.speaker.rate_hz)

    # --- the line's own thread --------------------------------------------------------------------------------------

    def start(self, deliver: Callable[[AudioFrame], None], ended: Callable[[], None]) -> None:
        """Start the clock; called by the microphone."""
        self._thread = threading.Thread(target=self._run, args=(deliver, ended), name="wave line", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the clock; idempotent."""
        self._stopping.set()
        self._playback.close()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self, deliver: Callable[[AudioFrame], None], ended: Callable[[], None]) -> None:
        started_s = time.monotonic()
        step = 0
        while self._hang_up_at is None or self._position < self._hang_up_at:
            self._play(step)
            step += 1
            if not self._due(started_s + step * FRAME_S):
                return
            self.late_s = max(self.late_s, time.monotonic() - started_s - step * FRAME_S)
            deliver(self._next_frame())
            # What the frame causes may be played in the next step. Whether it is there by then must not be a race.
            if not self._due(started_s):
                return
        self._due(started_s + step * FRAME_S)
        ended()
        # The visitor has gone; let the appliance finish what it is saying.
        while self._due(started_s + step * FRAME_S):
            if self._playback.idle:
                self._stopping.wait(FRAME_S)
                started_s += FRAME_S
            else:
                self._play(step)
                step += 1

    def _due(self, when_s: float) -> bool:
        """Wait until the next frame may be delivered. False when the line is stopped."""
        if self._pace == "real":
            return not self._stopping.wait(max(0.0, when_s - time.monotonic()))
        while not (self._stopping.is_set() or self.settled()):
            time.sleep(_SETTLE_S)
        return not self._stopping.is_set()

    def _play(self, step: int) -> None:
        # Not every rate has a whole number of samples in 20 ms.
        rate_hz = self.speaker.rate_hz
        begin, end = (n * FRAME_SAMPLES * rate_hz // SAMPLE_RATE_HZ for n in (step, step + 1))
        block = self._playback.pull(end - begin)
        if self._room is not None:
            self._room.play(block if self._to_room is None else self._to_room.resample_chunk(block))
        if self._record:
            with self._lock:
                self._right.append(block)

    def _next_frame(self) -> AudioFrame:
        samples = np.zeros(FRAME_SAMPLES, dtype=np.float32)
        if self._noise is not None:
            samples += self._noise * self._random.standard_normal(FRAME_SAMPLES, dtype=np.float32)
        if self._room is not None:
            samples += self._room.hear(FRAME_SAMPLES)
        with self._lock:
            position = self._position
            for begin, clip in self._clips:
                low, high = max(begin, position), min(begin + len(clip), position + FRAME_SAMPLES)
                if low < high:
                    samples[low - position : high - position] += clip[low - begin : high - begin]
            self._position = position + FRAME_SAMPLES
            self._clips = [(begin, clip) for begin, clip in self._clips if begin + len(clip) > self._position]
            if self._record:
                self._left.append(samples)
        return AudioFrame(samples, position)


class WaveMicrophone:
    """The ``Microphone`` of a line."""

    def __init__(self, line: WaveLine) -> None:
        self._line = line

    def start(
        self,
        deliver: Callable[[AudioFrame], None],
        changed: Callable[[DeviceLost | DeviceReturned], None],
        ended: Callable[[], None],
    ) -> None:
        """Start the line's clock. A line is never lost."""
        self._line.start(deliver, ended)

    def stop(self) -> None:
        """Stop the line's clock."""
        self._line.stop()


class WaveSpeaker(QueuedSpeaker):
    """The ``Speaker`` of a line."""

    def __init__(self, playback: Playback) -> None:
        self._playback = playback
        self.rate_hz = playback.rate_hz

    def start(self, played: Callable[[Played], None], changed: Callable[[DeviceLost | DeviceReturned], None]) -> None:
        """Report to ``played``. The sound flows once the microphone is started."""
        self._playback.start(played)

    def stop(self) -> None:
        self._playback.close()


LONGEST_FILE_S = 4 * 3600
SLOWEST_HZ, FASTEST_HZ = 2_000, 768_000
"""Lowest and highest rate of files that are read: from less than a telephone's to more than a studio's"""

_CANCELLED = 0.1
"""Share of the loudest channel's power below which the channels cancel each other in their average"""


def read_speech(path: Path, *, channel: int | None = None, start_s: float = 0.0, end_s: float | None = None) -> Samples:
    """A sound file as mono samples at ``SAMPLE_RATE_HZ``. There is at least one, and all are finite. A file of
    floats that goes beyond 1 is scaled to at most 1. ``channel`` counts from 1. Without it, the channels of a file are
    averaged; where they would cancel each other, as with one of two inverted, the loudest is taken. ``start_s`` and
    ``end_s`` bound what is read. Raises PortError."""
    return _speech(path, *_read_file(path, start_s, end_s), channel)


def speech_of(name: str, data: bytes) -> Samples:
    """The content of a sound file, as ``read_speech`` reads a file. ``name`` is what messages call it. Raises
    PortError."""
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as sound:
            samples, rate_hz = _read_opened(name, sound, 0.0, None)
    except (soundfile.SoundFileError, TypeError, ValueError, MemoryError):
        raise PortError(f"{name}: cannot be read as sound; WAV, FLAC, OGG, Opus and MP3 files can") from None
    return _speech(name, samples, rate_hz, None)


def _speech(path: Path | str, samples: Samples, file_rate_hz: int, channel: int | None) -> Samples:
    if not len(samples):
        raise PortError(f"{path}: holds no sound")
    if not np.isfinite(samples).all():
        raise PortError(f"{path}: is damaged: some of its samples are no numbers")
    if channel is not None and channel > samples.shape[1]:
        raise PortError(f"{path}: has no channel {channel}")
    samples /= max(1.0, float(np.abs(samples).max()))
    if channel is None:
        powers = np.square(samples).mean(axis=0)
        mono = samples.mean(axis=1)
        if np.square(mono).mean() < _CANCELLED * powers.max():
            mono = samples[:, powers.argmax()]
    else:
        mono = samples[:, channel - 1]
    speech = _resampled(np.ascontiguousarray(mono), file_rate_hz, SAMPLE_RATE_HZ)
    if not len(speech):
        raise PortError(f"{path}: holds no sound")
    return speech


def measure_sound(path: Path) -> tuple[int, float]:
    """Number of channels of a sound file, and its length in seconds. Raises PortError."""
    with _open_sound(path) as sound:
        return int(sound.channels), sound.frames / int(sound.samplerate)


def _read_file(path: Path, start_s: float, end_s: float | None) -> tuple[Samples, int]:
    """The channels of (a part of) a file side by side, and its rate. Raises PortError."""
    with _open_sound(path) as sound:
        return _read_opened(path, sound, start_s, end_s)


def _read_opened(
    path: Path | str, sound: soundfile.SoundFile, start_s: float, end_s: float | None
) -> tuple[Samples, int]:
    rate_hz = int(sound.samplerate)
    if not SLOWEST_HZ <= rate_hz <= FASTEST_HZ:
        raise PortError(f"{path}: has {rate_hz} samples a second, which is not possible for speech")
    most = LONGEST_FILE_S * rate_hz
    if start_s:
        sound.seek(min(sound.frames, round(start_s * rate_hz)))
    wanted = most + 1 if end_s is None else min(most + 1, max(0, round((end_s - start_s) * rate_hz)))
    samples: Samples = sound.read(wanted, dtype="float32", always_2d=True)
    if len(samples) > most:
        raise PortError(f"{path}: is longer than {LONGEST_FILE_S // 3600} hours")
    return samples, rate_hz


@contextmanager
def _open_sound(path: Path) -> Iterator[soundfile.SoundFile]:
    """Open a file whose rate is one of speech, and say what is wrong with one that cannot be read. Raises PortError."""
    try:
        if path.exists() and not path.is_file():
            raise PortError(f"{path}: is no file")
        with soundfile.SoundFile(path) as sound:
            yield sound
    except (OSError, soundfile.SoundFileError, TypeError, ValueError, MemoryError) as error:
        # A file without a header (.raw) is a TypeError: its rate would have to be told.
        reason = next(iter(str(error).splitlines()), type(error).__name__) if path.exists() else "there is no such file"
        if isinstance(error, TypeError):
            reason = "it has no header that tells its rate"
        raise PortError(f"{path}: cannot be read as sound ({reason}); WAV, FLAC and OGG files can") from None


def write_sound(path: Path, samples: Samples, rate_hz: int) -> None:
    """Write mono samples, or columns of several channels. The suffix chooses the format. Raises PortError."""
    try:
        soundfile.write(path, samples.clip(-1.0, 1.0), rate_hz)
    except (OSError, soundfile.LibsndfileError, TypeError, ValueError) as error:
        raise PortError(f"{path}: the sound cannot be written ({error})") from None


def _resampled(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    return samples if from_hz == to_hz else soxr.resample(samples, from_hz, to_hz).astype(np.float32)
