"""Sound cards through PortAudio.

This module uses blocking streams, each opened, used and closed by a thread of its own, not callbacks from PortAudio's
thread, for two reasons:

- A callback is machine code that cffi generates at run time, which a unit hardened with ``MemoryDenyWriteExecute``
  forbids. Blocking reads and writes work there.
- A card that is pulled out, or a sound server that hangs, makes callbacks cease without an error, and then ``stop``
  hangs as well. A thread that is stuck in its own read can simply be left alone. No other thread touches its stream, so
  it can neither crash nor block another. A watchdog sees that it is late and reports the loss. When the thread comes
  back it closes the stale stream and opens a new one.

The thread only copies, into a mailbox that never blocks or out of the playback queue. The device's own buffer bridges
the time in which another thread holds the interpreter lock.

PortAudio lists devices once, when it is initialised, so a card that is plugged in later is invisible. While a device
is missing, PortAudio is initialised anew when ``/dev/snd`` has changed, or when nothing is open that this would
interrupt.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import logging
import mmap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np
import soxr

from appliance.config.box import AudioSettings
from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame, Samples
from appliance.core.facts import DeviceLost, DeviceReturned, Played, VoicedChunk
from appliance.core.ports import PortError
from appliance.core.turn import Turn
from appliance.devices.playback import Playback, QueuedSpeaker

log = logging.getLogger(__name__)

Direction = Literal["input", "output"]

BLOCK_S = 0.02
"""Seconds of sound that are read or written at a time"""

SILENT_S = 1.0
"""Seconds without a block after which a device counts as lost"""

_RETRY_S, _LONGEST_RETRY_S = 0.5, 8.0
"""First and longest wait, in seconds, before a lost device is tried again. Each try that fails puts lines of
PortAudio's and ALSA's own into the journal."""

_INPUT_BUFFER_S = 0.4
"""Seconds of sound that the card keeps while engines hold the interpreter lock and it is not read; it adds no delay"""

_OUTPUT_BUFFER_S = 0.06
"""Seconds of sound that the card holds ready; a reply that is stopped is heard that much longer"""

_STREAM_BYTES = 64 * 2**20
"""Bytes that a sound server's client maps to talk to it (PulseAudio's pool)"""

_RATES_HZ = (48_000, 44_100, 32_000, 96_000)
"""Rates that are tried when a device refuses the wanted one"""


_UNSUPPORTED_FORMAT_ERRORS = (-9997, -9998, -9994)
"""PortAudio's errors for a rate, a number of channels or a sample format that a device does not offer"""


@dataclass(frozen=True, slots=True)
class Device:
    """A sound device as PortAudio lists it."""

    index: int
    name: str
    host_api: str
    inputs: int
    """channels"""
    outputs: int
    """channels"""
    rate_hz: int
    """its default rate"""
    default: bool
    """whether it is used, in either direction, when none is configured"""

    def line(self) -> str:
        """One line for people."""
        mark = "*" if self.default else " "
        return f"{mark} {self.name}  ({self.host_api}; {self.inputs} in, {self.outputs} out, {self.rate_hz} Hz)"


def list_devices() -> list[Device]:
    """All sound devices of this machine. Raises PortError when PortAudio is missing."""
    portaudio = _portaudio()
    host_apis = [str(api["name"]) for api in portaudio.query_hostapis()]
    defaults = set(portaudio.default.device)
    return [
        Device(
            index=index,
            name=str(found["name"]),
            host_api=host_apis[found["hostapi"]],
            inputs=int(found["max_input_channels"]),
            outputs=int(found["max_output_channels"]),
            rate_hz=int(found["default_samplerate"]),
            default=index in defaults,
        )
        for index, found in enumerate(portaudio.query_devices())
    ]


def find_device(name: str | None, direction: Direction) -> Device:
    """The device whose name contains ``name``, in any case, or the default device. A full name wins over a part of
    another. Raises PortError with the candidates when there is no such device."""
    what = "microphone" if direction == "input" else "speaker"
    devices = [device for device in list_devices() if (device.inputs if direction == "input" else device.outputs)]
    if not devices:
        raise PortError(f"{what}: this machine has none; plug one in, then see `cloister devices`")
    candidates = ", ".join(repr(device.name) for device in devices)
    if name is None:
        index = _portaudio().default.device[0 if direction == "input" else 1]
        for device in devices:
            if device.index == index:
                return device
        raise PortError(f"{what}: there is no default; set `audio.{what}` to one of {candidates}")
    wanted = name.casefold()
    for matches in (lambda device: device.name.casefold() == wanted, lambda device: wanted in device.name.casefold()):
        found = [device for device in devices if matches(device)]
        if found:
            # The same card may be listed by several host interfaces; the first is PortAudio's preferred one.
            names = {device.name for device in found}
            if len(names) > 1:
                raise PortError(
                    f"{what}: {name!r} may be {' or '.join(sorted(map(repr, names)))}; say more of the name"
                )
            return found[0]
    raise PortError(f"{what}: no device is called {name!r}; there are {candidates}")


def open_sound_card(settings: AudioSettings, rate_hz: int) -> tuple[CardMicrophone, CardSpeaker]:
    """The configured microphone and speaker; ``rate_hz`` is the voice's. Nothing is opened before their ``start``."""
    library = _Library()
    return CardMicrophone(library, settings.microphone), CardSpeaker(library, settings.speaker, rate_hz)


def require_sound_card(settings: AudioSettings) -> None:
    """Raises PortError when the configured microphone or speaker is missing. Opens nothing. It is called before models
    are loaded, which takes minutes on a small box."""
    find_device(settings.microphone, "input")
    find_device(settings.speaker, "output")


def play(settings: AudioSettings, samples: Samples, rate_hz: int) -> None:
    """Play a sound to its end. Raises PortError."""
    _, speaker = open_sound_card(settings, rate_hz)
    turn = Turn(1)
    over = threading.Event()
    losses: list[str] = []

    def played(fact: Played) -> None:
        if fact.finished:
            over.set()

    def changed(fact: DeviceLost | DeviceReturned) -> None:
        if isinstance(fact, DeviceLost):
            losses.append(fact.reason)
            over.set()

    speaker.start(played, changed)
    try:
        speaker.write(VoicedChunk(turn.id, samples), turn)
        speaker.finish(turn)
        over.wait()
        if losses:
            raise PortError(f"speaker: lost while playing ({losses[0]})")
        time.sleep(_OUTPUT_BUFFER_S + BLOCK_S)  # what the card still holds
    finally:
        speaker.stop()


def _portaudio() -> ModuleType:
    try:
        import sounddevice
    except OSError:
        raise PortError("sound: PortAudio is missing; install it: apt-get install libportaudio2") from None
    # At exit this handler would close what a stuck thread uses, and hang.
    atexit.unregister(sounddevice._exit_handler)
    return sounddevice  # type: ignore[no-any-return]


def _check_memory() -> None:
    """Raises MemoryError when this process gets no more memory. No device can be opened then, and trying for ever would
    leave the appliance deaf. The exception ends it, and the service manager starts it anew."""
    try:
        mmap.mmap(-1, _STREAM_BYTES).close()
    except OSError:
        raise MemoryError("there is none left to open a sound device with") from None


class _Library:
    """PortAudio for one pair of devices. It knows what is open, so that PortAudio can be initialised anew."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._opening = threading.Lock()
        self._open = 0
        self._refreshing = False
        self._nodes = _device_nodes()

    @contextlib.contextmanager
    def stream(self, direction: Direction, name: str | None, rate_hz: int) -> Iterator[tuple[Any, int]]:
        """Open and start a stream for the ``with`` block. Yields it and its rate. Raises PortError."""
        with self._condition:
            while self._refreshing:
                self._condition.wait()
            self._open += 1
        try:
            # Streams are opened one at a time, because the number of periods is a setting of the whole library.
            with self._opening:
                stream, device_hz = _open_stream(direction, name, rate_hz)
            try:
                yield stream, device_hz
            finally:
                # abort() does not wait for what is queued, because the device may be gone.
                with contextlib.suppress(_portaudio().PortAudioError):
                    stream.abort()
                with contextlib.suppress(_portaudio().PortAudioError):
                    stream.close()
        finally:
            with self._condition:
                self._open -= 1
                self._condition.notify_all()

    @property
    def refreshing(self) -> bool:
        """Whether streams must be closed so that PortAudio can be initialised anew."""
        return self._refreshing

    def refresh(self) -> None:
        """Initialise PortAudio anew, to see devices that were plugged in meanwhile. This happens only when no stream is
        open, or when the kernel's devices have changed."""
        with self._condition:
            nodes = _device_nodes()
            if self._refreshing or (self._open and nodes == self._nodes):
                return
            self._refreshing = True
            try:
                # A stream that is stuck does not close. PortAudio then cannot be initialised anew.
                if self._condition.wait_for(lambda: self._open == 0, timeout=SILENT_S):
                    portaudio = _portaudio()
                    portaudio._terminate()
                    portaudio._initialize()
                    self._nodes = nodes
            finally:
                self._refreshing = False
                self._condition.notify_all()


def _device_nodes() -> frozenset[str]:
    """The kernel's sound devices, which change when a card comes or goes. They are polled, since a private network
    namespace cuts off udev's events."""
    try:
        return frozenset(node.name for node in Path("/dev/snd").iterdir())
    except OSError:
        return frozenset()


def _open_stream(direction: Direction, name: str | None, rate_hz: int) -> tuple[Any, int]:
    portaudio = _portaudio()
    device = find_device(name, direction)
    buffer_s = _INPUT_BUFFER_S if direction == "input" else _OUTPUT_BUFFER_S
    _set_periods(round(buffer_s / BLOCK_S))
    kind, check, most = (
        (portaudio.InputStream, portaudio.check_input_settings, device.inputs)
        if direction == "input"
        else (portaudio.OutputStream, portaudio.check_output_settings, device.outputs)
    )
    refusal = ""
    for device_hz in dict.fromkeys((rate_hz, *_RATES_HZ, device.rate_hz)):
        for channels in dict.fromkeys((1, min(2, most), most)):
            chosen = {"device": device.index, "channels": channels, "samplerate": device_hz, "dtype": "float32"}
            try:
                check(**chosen)
                stream = kind(**chosen, latency=buffer_s)
                try:
                    stream.start()
                except portaudio.PortAudioError:
                    stream.close()
                    raise
                return stream, device_hz
            except portaudio.PortAudioError as error:
                refusal = _reason(error)
                if error.args[-1] not in _UNSUPPORTED_FORMAT_ERRORS:
                    break
        else:
            continue
        break
    what = "microphone" if direction == "input" else "speaker"
    raise PortError(f"{what}: {device.name!r} cannot be opened ({refusal}); is another program using it?")


def _set_periods(count: int) -> None:
    """Let ALSA hand over sound in blocks of ``BLOCK_S`` however large the buffer is. PortAudio's own four periods would
    make 100 ms of the microphone's buffer. sounddevice does not know the function."""
    with contextlib.suppress(OSError, AttributeError):  # a PortAudio without ALSA
        ctypes.CDLL("libportaudio.so.2").PaAlsa_SetNumPeriods(count)


def _reason(error: Exception) -> str:
    return str(error.args[0] if error.args else error).splitlines()[0]


class _Line:
    """One device kept open by one thread, and a watchdog over it."""

    def __init__(self, library: _Library, direction: Direction, name: str | None, rate_hz: int) -> None:
        self._library = library
        self._direction = direction
        self._name = name
        self._rate_hz = rate_hz
        self.label = "microphone" if direction == "input" else "speaker"
        self._changed: Callable[[DeviceLost | DeviceReturned], None] = lambda _: None
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._opened = threading.Event()
        self._refusal: PortError | None = None
        self._lost = False
        self._last_block_s = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=self.label, daemon=True)
        self._watchdog = threading.Thread(target=self._watch, name=f"{self.label} watchdog", daemon=True)

    def start(self, changed: Callable[[DeviceLost | DeviceReturned], None]) -> None:
        """Open the device. Raises PortError when that fails or takes too long."""
        self._changed = changed
        self._thread.start()
        opened = self._opened.wait(10.0)
        if self._refusal is not None:
            raise self._refusal
        if not opened:
            self._stopping.set()
            raise PortError(f"{self.label}: the sound system does not answer; restart it")
        self._watchdog.start()

    def stop(self) -> None:
        """Close the device; idempotent. A thread that is stuck in the device is left alone."""
        self._stopping.set()
        for thread in (self._thread, self._watchdog):
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(timeout=SILENT_S)
        if self._thread.is_alive():
            log.warning("%s: the device hangs and is abandoned", self.label)

    def pump(self, stream: Any, device_hz: int) -> Callable[[], None]:
        """Prepare for a newly opened stream. Returns the function that moves one block."""
        raise NotImplementedError

    def lost(self) -> None:
        """Called when the device was lost."""

    def returned(self) -> None:
        """Called when the device works again."""

    def _run(self) -> None:
        retry_s = _RETRY_S
        while not self._stopping.is_set():
            if self._lost:
                _check_memory()
            try:
                with self._library.stream(self._direction, self._name, self._rate_hz) as (stream, device_hz):
                    retry_s = _RETRY_S
                    self._use(self.pump(stream, device_hz))
            except PortError as error:
                if not self._opened.is_set():
                    self._refusal = error
                    self._opened.set()
                    return
                self._report_loss(str(error))
                self._stopping.wait(retry_s)
                retry_s = min(2 * retry_s, _LONGEST_RETRY_S)
                self._library.refresh()
            except _portaudio().PortAudioError as error:
                self._report_loss(_reason(error))
                self._stopping.wait(_RETRY_S)

    def _use(self, move: Callable[[], None]) -> None:
        """Move blocks until the stream must no longer be used."""
        moved = 0
        while not (self._stopping.is_set() or self._library.refreshing):
            move()
            moved += 1
            with self._lock:
                self._last_block_s = time.monotonic()
                stale = self._lost and moved > 1
                returned = self._lost and not stale
                if returned:
                    self._lost = False
            if stale:
                # The thread was stuck for so long that the loss was reported, so what is buffered is old.
                raise _portaudio().PortAudioError("it hung")
            if returned:
                self.returned()
                self._changed(DeviceReturned(self.label))
            self._opened.set()

    def _watch(self) -> None:
        while not self._stopping.wait(SILENT_S / 4):
            if time.monotonic() - self._last_block_s > SILENT_S:
                self._report_loss(f"no sound for {SILENT_S:.0f} s")

    def _report_loss(self, reason: str) -> None:
        with self._lock:
            if self._lost or self._stopping.is_set():
                return
            self._lost = True
        self.lost()
        self._changed(DeviceLost(self.label, reason))


class CardMicrophone(_Line):
    """The ``Microphone`` port. Of several channels the first is used. On microphone arrays it is the processed one, and
    a mean of channels would halve a microphone that fills only one of two."""

    def __init__(self, library: _Library, name: str | None) -> None:
        super().__init__(library, "input", name, SAMPLE_RATE_HZ)
        self._deliver: Callable[[AudioFrame], None] = lambda _: None
        self._position = 0
        self.overflows = 0
        """blocks before which the card had lost sound because it was not read in time"""

    def start(  # type: ignore[override]  # the port's signature
        self,
        deliver: Callable[[AudioFrame], None],
        changed: Callable[[DeviceLost | DeviceReturned], None],
        ended: Callable[[], None],
    ) -> None:
        """Begin delivering. A card never ends."""
        self._deliver = deliver
        super().start(changed)

    def pump(self, stream: Any, device_hz: int) -> Callable[[], None]:
        block = round(BLOCK_S * device_hz)
        resampler = None if device_hz == SAMPLE_RATE_HZ else soxr.ResampleStream(device_hz, SAMPLE_RATE_HZ, 1)
        if self._opened.is_set():
            # Stream time has gone on while the device was away.
            away_s = time.monotonic() - self._last_block_s
            self._position += int(away_s * SAMPLE_RATE_HZ) // FRAME_SAMPLES * FRAME_SAMPLES
        waiting = np.zeros(0, dtype=np.float32)

        def move() -> None:
            nonlocal waiting
            read, overflowed = stream.read(block)
            self.overflows += overflowed
            samples = read[:, 0]
            if resampler is not None:
                samples = resampler.resample_chunk(np.ascontiguousarray(samples))
            waiting = np.concatenate([waiting, samples])
            while len(waiting) >= FRAME_SAMPLES:
                frame, waiting = waiting[:FRAME_SAMPLES], waiting[FRAME_SAMPLES:]
                self._deliver(AudioFrame(frame, self._position))
                self._position += FRAME_SAMPLES

        return move


class CardSpeaker(QueuedSpeaker, _Line):
    """The ``Speaker`` port."""

    def __init__(self, library: _Library, name: str | None, rate_hz: int) -> None:
        super().__init__(library, "output", name, rate_hz)
        self._playback = Playback(rate_hz)
        self.underflows = 0
        """blocks before which the card had run dry because no sound was written in time"""

    @property
    def rate_hz(self) -> int:
        return self._rate_hz

    def start(  # type: ignore[override]  # the port's signature
        self, played: Callable[[Played], None], changed: Callable[[DeviceLost | DeviceReturned], None]
    ) -> None:
        """Open the speaker."""
        self._playback.start(played)
        super().start(changed)

    def stop(self) -> None:
        """Close the speaker; idempotent."""
        self._playback.close()
        super().stop()

    def lost(self) -> None:
        self._playback.suspend()

    def returned(self) -> None:
        self._playback.resume()

    def pump(self, stream: Any, device_hz: int) -> Callable[[], None]:
        block = round(BLOCK_S * self._rate_hz)
        resampler = None if device_hz == self._rate_hz else soxr.ResampleStream(self._rate_hz, device_hz, 1)

        def move() -> None:
            samples = self._playback.pull(block)
            if resampler is not None:
                samples = resampler.resample_chunk(samples)
            if len(samples):
                self.underflows += stream.write(np.repeat(samples[:, None], stream.channels, axis=1))

        return move
