"""``cloister bench doors``: what a door costs beside the box's own sound card.

The same recorded questions are asked in real time at a wave line, which is as near to a sound card as a figure can be
read from, and through each protocol over its Unix socket, all by one appliance in one run. The gap of a question runs
from the last sample of speech to the first audible sound of the reply, as the asker sends and receives them. A question
at a time is asked, each in a conversation of its own, so the lines do not disturb each other.
"""

from __future__ import annotations

import base64
import contextlib
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.uri import parse_uri

from appliance.bench.demo.report import machine
from appliance.bench.demo.scenario import Clip, load_clips
from appliance.bench.demo.visitor import AUDIBLE_DBFS
from appliance.bench.markdown import Row
from appliance.config.box import DoorSettings, Settings
from appliance.config.site import Site
from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, Samples, level_dbfs
from appliance.devices.wave import WaveLine
from appliance.isolation.unix_socket import Connection, connect
from appliance.protocols import audiosocket
from appliance.protocols.kiosk.page import size
from appliance.protocols.service import Service, open_doors
from appliance.protocols.sound import Coding, decode, encode
from appliance.runtime.appliance import Appliance
from appliance.runtime.assemble import assemble, running

QUESTIONS = 5
"""Questions at each door, where no other number is given"""

_FRAME_S = FRAME_SAMPLES / SAMPLE_RATE_HZ

_PATIENCE_S = 12.0
"""Seconds within which a reply must become audible"""

_IDLE = 8
"""Idle connections over which the memory of one is measured"""


@dataclass(frozen=True, slots=True)
class Asked:
    """The gaps at one door."""

    door: str
    gaps_s: tuple[float, ...]
    silent: int
    """questions without an audible reply, which the gaps leave out"""


@dataclass(frozen=True, slots=True)
class Doors:
    """All figures."""

    machine: str
    asked: tuple[Asked, ...]
    kilobytes_a_connection: float
    """memory of an idle WebSocket that holds no conversation"""
    page_bytes: int

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for asked in self.asked:
            told = f"{1000 * median(asked.gaps_s):.0f} ms" if asked.gaps_s else "-"
            silent = f", {asked.silent} without a reply" if asked.silent else ""
            yield Row(f"{asked.door}: last sound in to first sound out, median", told + silent, len(asked.gaps_s))
        yield Row("memory of an idle connection", f"{self.kilobytes_a_connection:.0f} kB", _IDLE)
        yield Row("the kiosk's page", f"{self.page_bytes / 1000:.1f} kB", 1)

    def table(self) -> str:
        """The figures as text for a terminal."""
        return "\n".join(f"{row.what}: {row.figure} (n = {row.n})" for row in self.document())


def bench(settings: Settings, site: Site, limit: int | None = None) -> Doors:
    """Measure. Takes some 10 seconds a question and door. Raises PortError."""
    clips = [clip for name, clip in sorted(load_clips().items()) if name.startswith("q_")][: limit or QUESTIONS]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
        door, calls = DoorSettings(Path(folder) / "http"), DoorSettings(Path(folder) / "calls", "calls")
        settings = replace(settings, doors=(door, calls), state=Path(folder), control_socket=None)
        engines = assemble(settings, site)
        appliance = opened.enter_context(running(settings, site, engines))
        opened.enter_context(open_doors(Service(appliance, engines, site, settings)))
        asked = [Asked("wave line", *_room(appliance, engines.voice.rate_hz, clips))]
        for name, ask in (
            ("Deepgram agent", lambda: Agent(door.path)),
            ("OpenAI Realtime", lambda: Realtime(door.path)),
            ("kiosk page", lambda: Page(door.path)),
            ("telephone, 8 kHz", lambda: Phone(calls.path)),
        ):
            asked.append(Asked(name, *_ask(ask, clips)))
        memory = _memory(door.path)
    return Doors(machine(), tuple(asked), memory, size())


def _room(appliance: Appliance, rate_hz: int, clips: Sequence[Clip]) -> tuple[tuple[float, ...], int]:
    gaps: list[float] = []
    for clip in clips:
        room = WaveLine(rate_hz, "real")
        line = appliance.open_line(room.microphone, room.speaker, open_air=False)
        time.sleep(0.3)
        begin = room.say(clip.samples)
        end_s = (begin + clip.speech_end) / SAMPLE_RATE_HZ
        while room.position_s < end_s + _PATIENCE_S and not _audible_after(room.recording()[1], rate_hz, end_s):
            time.sleep(0.1)
        heard_s = _audible_after(room.recording()[1], rate_hz, end_s)
        appliance.close_line(line)
        if heard_s:
            gaps.append(heard_s - end_s)
    return tuple(gaps), len(clips) - len(gaps)


def _audible_after(sound: Samples, rate_hz: int, after_s: float) -> float | None:
    frame = rate_hz // 200
    first = int(after_s * rate_hz) // frame
    frames = sound[: len(sound) // frame * frame].reshape(-1, frame)[first:]
    loud = np.flatnonzero(np.mean(frames**2, axis=1) > 10 ** (AUDIBLE_DBFS / 10))
    return (first + int(loud[0])) * frame / rate_hz if len(loud) else None


def _ask(open_client: Callable[[], Client], clips: Sequence[Clip]) -> tuple[tuple[float, ...], int]:
    gaps: list[float] = []
    for clip in clips:
        client = open_client()
        try:
            gap_s = client.ask(clip)
        finally:
            client.close()
        if gap_s is not None:
            gaps.append(gap_s)
    return tuple(gaps), len(clips) - len(gaps)


class Client:
    """An asker. A thread of its own takes what comes and notes when sound was audible."""

    coding: Coding = "linear16"
    rate_hz = SAMPLE_RATE_HZ

    def __init__(self) -> None:
        self._audible_s: list[float] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def ask(self, clip: Clip) -> float | None:
        """Send a question at the pace of speech, then silence. The seconds until the reply was audible, or None."""
        self._settle()
        begun_s = time.monotonic()
        end_s = begun_s + clip.speech_end / SAMPLE_RATE_HZ
        silence = np.zeros(FRAME_SAMPLES, np.float32)
        for number in range(round((len(clip.samples) / SAMPLE_RATE_HZ + _PATIENCE_S) / _FRAME_S)):
            time.sleep(max(0.0, begun_s + (number + 1) * _FRAME_S - time.monotonic()))
            frame = clip.samples[number * FRAME_SAMPLES : (number + 1) * FRAME_SAMPLES]
            self.send(frame if len(frame) == FRAME_SAMPLES else silence)
            late = [at_s for at_s in self._audible_s if at_s > end_s]
            if late:
                return late[0] - end_s
        return None

    def _settle(self) -> None:
        """Wait until nothing is said any more, as after a greeting."""
        silent_since_s = time.monotonic()
        while time.monotonic() - max([silent_since_s, *self._audible_s[-1:]]) < 0.5:
            self.send(np.zeros(FRAME_SAMPLES, np.float32))
            time.sleep(_FRAME_S)

    def send(self, samples: Samples) -> None:
        """Send 20 ms of sound at ``SAMPLE_RATE_HZ``."""
        raise NotImplementedError

    def close(self) -> None:
        """End the conversation."""
        raise NotImplementedError

    def _listen(self) -> None:
        raise NotImplementedError

    def _heard(self, sound: Samples) -> None:
        if level_dbfs(sound) > AUDIBLE_DBFS:
            self._audible_s.append(time.monotonic())


class _Web(Client):
    """A client over a WebSocket whose binary messages are sound."""

    address = "/"

    def __init__(self, path: Path) -> None:
        self._socket = Socket(path, self.address)
        super().__init__()
        self._begin()

    def _begin(self) -> None:
        pass

    def send(self, samples: Samples) -> None:
        self._socket.send(encode(samples, "linear16"))

    def close(self) -> None:
        self._socket.close()

    def _listen(self) -> None:
        for message in self._socket.messages():
            if isinstance(message, bytes):
                self._heard(decode(message, "linear16"))


class Agent(_Web):
    """Deepgram's voice agent."""

    address = "/v1/agent/converse"

    def _begin(self) -> None:
        form = {"encoding": "linear16", "sample_rate": SAMPLE_RATE_HZ}
        self._socket.send(json.dumps({"type": "Settings", "audio": {"input": form, "output": form}, "agent": {}}))


class Realtime(_Web):
    """OpenAI's Realtime interface, whose sound comes and goes as text in events, at 24 kHz."""

    address = "/v1/realtime?model=cloister"

    def send(self, samples: Samples) -> None:
        sound = base64.b64encode(encode(_at_24_khz(samples), "linear16")).decode()
        self._socket.send(json.dumps({"type": "input_audio_buffer.append", "audio": sound}))

    def _listen(self) -> None:
        for message in self._socket.messages():
            event = json.loads(message)
            if event["type"] == "response.output_audio.delta":
                self._heard(decode(base64.b64decode(event["delta"]), "linear16"))


class Page(_Web):
    """The kiosk's page on another device, which sends 24 kHz."""

    address = "/kiosk/session?mode=apart"

    def send(self, samples: Samples) -> None:
        self._socket.send(encode(_at_24_khz(samples), "linear16"))


class Phone(Client):
    """A call in AudioSocket's framing."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path, 20.0)
        self._connection.send(audiosocket.frame(audiosocket.IDENTITY, bytes(16)))
        super().__init__()

    def send(self, samples: Samples) -> None:
        half = ((samples[::2] + samples[1::2]) / 2).astype(np.float32)
        self._connection.send(audiosocket.frame(audiosocket.SOUND, encode(half, "linear16")))

    def close(self) -> None:
        self._connection.hang_up()

    def _listen(self) -> None:
        frames = audiosocket.Unframer()
        with contextlib.suppress(OSError):
            while data := self._connection.receive(4096, 30.0):
                frames.feed(data)
                while (frame := frames.next((audiosocket.SOUND, audiosocket.HANG_UP))) is not None:
                    if frame[0] == audiosocket.SOUND:
                        self._heard(decode(frame[1], "linear16"))


def _at_24_khz(samples: Samples) -> Samples:
    """20 ms of sound at half as high a rate again, by straight lines between the samples."""
    at = np.linspace(0, len(samples) - 1, len(samples) * 3 // 2)
    return np.interp(at, np.arange(len(samples)), samples).astype(np.float32)


class Socket:
    """A WebSocket client over a Unix socket: the frames of ``websockets``, without its input and output."""

    def __init__(self, path: Path, address: str) -> None:
        self._connection: Connection = connect(path, 20.0)
        self._protocol = ClientProtocol(parse_uri(f"ws://localhost{address}"), max_size=None)
        self._lock = threading.Lock()
        self._protocol.send_request(self._protocol.connect())
        self._flush()

    def send(self, message: str | bytes) -> None:
        """Send a message once the connection is open."""
        while not self._open and self._protocol.handshake_exc is None:
            time.sleep(0.001)
        with self._lock:
            if isinstance(message, str):
                self._protocol.send_text(message.encode())
            else:
                self._protocol.send_binary(message)
            self._flush()

    @property
    def _open(self) -> bool:
        return self._protocol.state.name == "OPEN"

    def messages(self) -> Iterator[str | bytes]:
        """What comes, until the connection ends."""
        while True:
            try:
                data = self._connection.receive(65_536, 60.0)
            except OSError:
                return
            with self._lock:
                if not data:
                    return
                self._protocol.receive_data(data)
                self._flush()
                events = self._protocol.events_received()
            for event in events:
                if getattr(event, "opcode", None) in (Opcode.TEXT, Opcode.BINARY):
                    yield bytes(event.data) if event.opcode is Opcode.BINARY else bytes(event.data).decode()  # type: ignore[union-attr]

    def close(self) -> None:
        """End the connection."""
        self._connection.hang_up()

    def _flush(self) -> None:
        if data := b"".join(self._protocol.data_to_send()):
            self._connection.send(data)


def _memory(path: Path) -> float:
    """Kilobytes by which the process grows for an idle WebSocket, which speaks texts and holds no conversation."""
    before = _resident_kb()
    sockets = [Socket(path, "/v1/speak") for _ in range(_IDLE)]
    threads = [threading.Thread(target=lambda s=s: list(s.messages()), daemon=True) for s in sockets]
    for thread in threads:
        thread.start()
    time.sleep(1.0)
    grown = _resident_kb() - before
    for socket in sockets:
        socket.close()
    return max(0.0, grown / _IDLE)


def _resident_kb() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
