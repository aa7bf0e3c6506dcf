"""A client's sound as a microphone and a speaker, on one clock.

The clock is this box's: every 20 ms a block of the reply leaves, and a frame of the client's sound is delivered. A
client may send its sound in pieces of any length and at any speed. What has come too fast is delivered faster than
it was spoken, as far as the listener keeps up, so a backlog never becomes a lasting delay. Where the client sends
nothing for ``_SILENT_AFTER_S``, silence is delivered, so that time passes on the line and a turn can end.

A reply may leave some blocks ahead of the clock (``lead_s``), for clients whose network is not even. What was sent
ahead and would not have been heard yet does not count as heard when the reply is stopped.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

import numpy as np

from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame, Samples
from appliance.core.facts import DeviceLost, DeviceReturned, Played
from appliance.core.turn import Turn
from appliance.devices.playback import Playback, QueuedSpeaker

FRAME_S = FRAME_SAMPLES / SAMPLE_RATE_HZ

MOST_WAITING_S = 120.0
"""Most seconds of a client's sound that may wait to be delivered"""

_SILENT_AFTER_S = 0.2
"""Seconds without sound from the client after which silence is delivered"""

_LATE_S = 1.0
"""Seconds by which the clock may be late before it gives up catching up, as after the box slept"""

_MAPPED = 4096
"""Most joints of the client's sound and of silence that are remembered"""


class TooMuchSound(Exception):
    """The client sent more sound than may wait."""


class StreamLine:
    """One full-duplex line with a thread of its own, from ``microphone.start`` to ``close``."""

    def __init__(self, rate_hz: int, play: Callable[[Samples, Turn | None], None], *, lead_s: float = 0.0) -> None:
        """``rate_hz`` is the rate of the voice. ``play`` gets every block that leaves and the turn whose sound is in
        it, None for silence. It runs in the line's own thread and must not wait."""
        self._playback = Playback(rate_hz)
        self._play = play
        self._lead = round(lead_s / FRAME_S)
        self._ahead = 0
        """blocks that have left before they were due"""
        self._blocks = 0
        """blocks that have left"""
        self.microphone = StreamMicrophone(self)
        self.speaker = StreamSpeaker(self._playback, self._unheard)
        self.behind: Callable[[], int] = lambda: 0
        """how many frames wait for the listener"""
        self._lock = threading.Lock()
        self._pieces: deque[Samples] = deque()
        self._waiting = 0
        self._received_s = 0.0
        """when sound came last, by ``time.monotonic``"""
        self._position = 0
        self._delivered = 0
        """samples of the client's own that were delivered"""
        self._joints: deque[tuple[int, int]] = deque([(0, 0)], maxlen=_MAPPED)
        """stream positions at which the client's sound begins again after silence, and the client's sample there"""
        self._silent = True
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    # --- the client's side ------------------------------------------------------------------------------------------

    def hear(self, samples: Samples) -> None:
        """Take sound of the client at ``SAMPLE_RATE_HZ``, of any length. Raises TooMuchSound."""
        with self._lock:
            if self._waiting + len(samples) > MOST_WAITING_S * SAMPLE_RATE_HZ:
                raise TooMuchSound
            self._pieces.append(np.array(samples, dtype=np.float32))
            self._waiting += len(samples)
            self._received_s = time.monotonic()

    def forget(self) -> None:
        """Drop the client's sound that was not delivered yet."""
        with self._lock:
            self._pieces.clear()
            self._waiting = 0

    @property
    def waiting(self) -> int:
        """Samples of the client's that were not delivered yet."""
        with self._lock:
            return self._waiting

    def client_s(self, at_s: float) -> float:
        """Seconds of the client's own sound up to ``at_s`` of the line's time, without the silence that was filled
        in."""
        position = round(at_s * SAMPLE_RATE_HZ)
        with self._lock:
            joints, delivered = list(self._joints), self._delivered
        begin, sample = next((joint for joint in reversed(joints) if joint[0] <= position), joints[0])
        after = next((joint[1] for joint in joints if joint[0] > begin), delivered)
        return min(sample + position - begin, after) / SAMPLE_RATE_HZ

    # --- the line's own thread --------------------------------------------------------------------------------------

    def start(self, deliver: Callable[[AudioFrame], None]) -> None:
        """Start the clock; called by the microphone."""
        self._thread = threading.Thread(target=self._run, args=(deliver,), name="stream line", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the clock; idempotent."""
        self._stopping.set()
        self._playback.close()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self, deliver: Callable[[AudioFrame], None]) -> None:
        due_s = time.monotonic()
        while not self._stopping.wait(max(0.0, due_s - time.monotonic())):
            self.step(deliver, time.monotonic())
            due_s += FRAME_S
            if time.monotonic() - due_s > _LATE_S:
                due_s = time.monotonic()

    def step(self, deliver: Callable[[AudioFrame], None], now_s: float) -> None:
        """Do what is due in one step of the clock."""
        if self._ahead:
            self._ahead -= 1
        else:
            self._leave()
        while self._ahead < self._lead and self._playback.sounding is not None and self._leave():
            self._ahead += 1
        for _ in range(self._burst()):
            frame = self._next_frame(now_s)
            if frame is None:
                break
            deliver(frame)

    def _leave(self) -> bool:
        """Let a block leave. Returns whether there is sound in it."""
        # Not every rate has a whole number of samples in 20 ms.
        rate_hz = self.speaker.rate_hz
        begin, end = (n * FRAME_SAMPLES * rate_hz // SAMPLE_RATE_HZ for n in (self._blocks, self._blocks + 1))
        self._blocks += 1
        block = self._playback.pull(end - begin)
        turn = self._playback.sounding
        if turn is not None or not self._ahead:
            self._play(block, turn)
        return turn is not None

    def _unheard(self, turn: Turn) -> int:
        """Samples of the turn that have left and that the client cannot have played yet."""
        block = self.speaker.rate_hz * FRAME_SAMPLES // SAMPLE_RATE_HZ
        return self._ahead * block if self._playback.sounding is turn else 0

    def _burst(self) -> int:
        """Frames to deliver now: one, or more while the client is ahead of the clock and the listener keeps up."""
        frames = self.waiting // FRAME_SAMPLES
        if frames <= 3:
            return 1
        if frames <= 25:
            return 2
        return 10 if self.behind() < 25 else 1

    def _next_frame(self, now_s: float) -> AudioFrame | None:
        with self._lock:
            quiet = now_s - self._received_s >= _SILENT_AFTER_S
            if self._waiting < FRAME_SAMPLES and not quiet:
                return None
            samples = np.zeros(FRAME_SAMPLES, np.float32)
            filled = 0
            while self._pieces and filled < FRAME_SAMPLES:
                taken = self._pieces[0][: FRAME_SAMPLES - filled]
                samples[filled : filled + len(taken)] = taken
                filled += len(taken)
                if len(taken) == len(self._pieces[0]):
                    self._pieces.popleft()
                else:
                    self._pieces[0] = self._pieces[0][len(taken) :]
            self._waiting -= filled
            if self._silent and filled:
                self._joints.append((self._position, self._delivered))
            self._silent = filled < FRAME_SAMPLES
            self._delivered += filled
            position, self._position = self._position, self._position + FRAME_SAMPLES
        return AudioFrame(samples, position)


class StreamMicrophone:
    """The ``Microphone`` of a stream line."""

    def __init__(self, line: StreamLine) -> None:
        self._line = line

    def start(
        self,
        deliver: Callable[[AudioFrame], None],
        changed: Callable[[DeviceLost | DeviceReturned], None],
        ended: Callable[[], None],
    ) -> None:
        """Start the line's clock. The line ends when its door closes it."""
        self._line.start(deliver)

    def stop(self) -> None:
        """Stop the line's clock."""
        self._line.stop()


class StreamSpeaker(QueuedSpeaker):
    """The ``Speaker`` of a stream line."""

    def __init__(self, playback: Playback, unheard: Callable[[Turn], int]) -> None:
        self._playback = playback
        self._unheard = unheard
        self.rate_hz = playback.rate_hz

    def start(self, played: Callable[[Played], None], changed: Callable[[DeviceLost | DeviceReturned], None]) -> None:
        """Report to ``played``. The sound flows once the microphone is started."""
        self._playback.start(played)

    def flush(self, turn: Turn) -> int:
        unheard = self._unheard(turn)
        return max(0, self._playback.flush(turn) - unheard)

    def stop(self) -> None:
        self._playback.close()
