"""Wyoming, which Home Assistant speaks: the box as ear, voice and agent, one event a message.

An event is a line of JSON, then as many bytes of JSON as ``data_length`` says, then as many bytes of sound as
``payload_length`` says. Both lengths are bounded here, since the protocol does not.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from appliance import __version__
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.ports import PortError
from appliance.isolation.unix_socket import Connection
from appliance.protocols.access import Caller
from appliance.protocols.door_record import DoorRecord
from appliance.protocols.hearing import Segment, Writer
from appliance.protocols.live_ears import EARS_AT_ONCE
from appliance.protocols.openai.chat import LONGEST_LINE, Chats
from appliance.protocols.sound import LONGEST_TEXT, Decoder, encode
from appliance.runtime.engines import Engines
from appliance.speaking.speak import spoken_as_it_comes

_LINE_BYTES, _DATA_BYTES, _PAYLOAD_BYTES = 16_384, 262_144, 1_048_576
"""Bytes of the longest line, data and payload of one event"""

_IDLE_S = 300.0
"""Seconds for which a client may be silent between two events"""

_EVENT_S = 20.0
"""Seconds in which an event that has begun must have come, and the next one while a client is heard"""

_LAST_S, _LAST_BYTES = 1.0, 1_048_576
"""How long, and for how many bytes, it is waited until a client has read why it is disconnected"""

_LONGEST_S = 120.0
"""Seconds of the longest sound of one request"""

_CONVERSATIONS, _MESSAGES = 16, 100
"""Most conversations that are remembered, and most messages of one"""

_CHUNK_SAMPLES = 1024
"""Samples of one piece of speech that is sent"""


class Malformed(Exception):
    """What the client sent is no event."""


@dataclass(frozen=True, slots=True)
class Event:
    """One message."""

    type: str
    data: Mapping[str, object] = field(default_factory=dict)
    payload: bytes = b""

    def text(self, name: str) -> str:
        """A field that is a text; empty where it is none."""
        value = self.data.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str, default: int) -> int:
        """A field that is a whole number."""
        value = self.data.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else default


class Events:
    """Reads and writes events on a connection. Only one thread uses it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._received = bytearray()

    def read(self, within_s: float = _IDLE_S) -> Event | None:
        """The next event; None when the client has closed or is silent for too long. Raises Malformed, OSError."""
        ends_s = time.monotonic() + within_s
        while (end := self._received.find(b"\n")) < 0:
            if len(self._received) > _LINE_BYTES:
                raise Malformed("a line without an end")
            if not self._more(ends_s):
                return None
        head = _object(self._take(end + 1))
        length, sound = (_length(head, name) for name in ("data_length", "payload_length"))
        if length > _DATA_BYTES or sound > _PAYLOAD_BYTES:
            raise Malformed("an event that is too long")
        ends_s = time.monotonic() + _EVENT_S
        while len(self._received) < length + sound:
            if not self._more(ends_s):
                return None
        data = head.get("data")
        given = dict(data) if isinstance(data, dict) else {}
        if length:
            given |= _object(self._take(length))
        return Event(str(head.get("type", "")), given, self._take(sound))

    def write(self, type: str, data: Mapping[str, object] | None = None, payload: bytes = b"") -> None:
        """Send an event. Raises OSError."""
        body = json.dumps(data or {}).encode() if data else b""
        head: dict[str, object] = {"type": type, "version": _WYOMING}
        if body:
            head["data_length"] = len(body)
        if payload:
            head["payload_length"] = len(payload)
        self._connection.send(json.dumps(head).encode() + b"\n" + body + payload)

    def end(self, code: str, text: str) -> None:
        """Say why no more is taken, and end the connection. Raises OSError."""
        self.write("error", {"text": text, "code": code})
        self._connection.end_sending(_LAST_S, _LAST_BYTES)

    def _more(self, ends_s: float) -> bool:
        try:
            data = self._connection.receive(65_536, ends_s - time.monotonic())
        except TimeoutError:
            return False
        self._received += data
        return bool(data)

    def _take(self, count: int) -> bytes:
        taken = bytes(self._received[:count])
        del self._received[:count]
        return taken


_WYOMING = "1.10.2"
"""version of the protocol that is spoken"""


def _object(text: bytes) -> dict[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("a line that is not JSON") from None
    if not isinstance(value, dict):
        raise Malformed("a line that is no object")
    return value


def _length(head: Mapping[str, object], name: str) -> int:
    value = head.get(name) or 0
    if not isinstance(value, int) or value < 0:
        raise Malformed(f"{name} that is no length")
    return value


class WyomingServer:
    """Serves connections of Wyoming clients."""

    def __init__(self, engines: Engines, site: Site, settings: Settings, chats: Chats, record: DoorRecord) -> None:
        self._engines = engines
        self._site = site
        self._settings = settings
        self._chats = chats
        self.record = record
        self._places = threading.BoundedSemaphore(EARS_AT_ONCE)
        self._lock = threading.Lock()
        self._said: dict[str, list[tuple[str, str]]] = {}
        """messages by conversation"""

    def serve(self, connection: Connection, caller: Caller) -> None:
        """Serve one connection until it ends."""
        _Session(Events(connection), self, caller).run()

    def turn_away(self, connection: Connection) -> None:
        """Refuse a connection for which there is no place."""
        Events(connection).end("busy", "every place is taken: try again later")

    def answer(self, conversation: str, line: str) -> str:
        """The reply to a line. Home Assistant connects anew for each, and names the conversation. Raises PortError."""
        with self._lock:
            messages = self._said.pop(conversation, [])
        reply = self._chats.answer(f"wyoming/{conversation}", [*messages, ("user", line)])
        with self._lock:
            self._said[conversation] = [*messages, ("user", line), ("assistant", reply)][-_MESSAGES:]
            while len(self._said) > _CONVERSATIONS:
                del self._said[next(iter(self._said))]
        return reply

    def forget(self, conversation: str) -> None:
        """Forget a conversation that nobody can go on with."""
        with self._lock:
            self._said.pop(conversation, None)

    def ear(self, rate_hz: int) -> _Ear:
        """An ear for sound of a client. Close it."""
        return _Ear(Decoder("linear16", rate_hz), self._places, lambda: Writer(self._engines, self._settings.endpoint))

    def info(self) -> dict[str, object]:
        """What this box offers, as ``describe`` is answered."""
        language = self._site.language.tag.partition("-")[0]
        about = {
            "attribution": {"name": "Cloister", "url": "https://example.invalid/cloister"},
            "installed": True,
            "version": __version__,
        }

        def offers(name: str, description: str, **more: object) -> dict[str, object]:
            return {"name": name, "description": description, **about, **more}

        model = offers("cloister", "the ears of this box", languages=[language])
        voice = offers("cloister", "the voice of this box", languages=[language], speakers=None)
        agent = offers("cloister", f"what {self._site.name} knows and does", languages=[language])
        return {
            "asr": [offers("cloister", "Cloister", models=[model], supports_transcript_streaming=True)],
            "tts": [offers("cloister", "Cloister", voices=[voice], supports_synthesize_streaming=True)],
            "handle": [offers("cloister", "Cloister", models=[agent], supports_handled_streaming=True)],
            "intent": [],
            "wake": [],
            "mic": [],
            "snd": [],
        }


class _Ear:
    """Writes down the sound of one client: as it comes while one of ``places`` is free, and else when it is over."""

    def __init__(self, decoder: Decoder, places: threading.BoundedSemaphore, writer: Callable[[], Writer]) -> None:
        self._decoder = decoder
        self._places = places
        self._new_writer = writer
        self._writer: Writer | None = None
        self._placed = False
        self._waiting: list[Samples] = []
        """sound that came before there was a place"""
        self._samples = 0

    def hear(self, sound: bytes) -> Iterator[Segment]:
        """Take sound. What is known by then is to be taken. Raises Malformed, PortError."""
        samples = self._decoder.decode(sound)
        self._samples += len(samples)
        if self._samples > _LONGEST_S * SAMPLE_RATE_HZ:
            raise Malformed(f"more than {_LONGEST_S:.0f} s of sound")
        self._waiting.append(samples)
        if self._placed or self._places.acquire(blocking=False):
            yield from self._catch_up()

    def end(self) -> Iterator[Segment]:
        """The rest, to be taken likewise. Raises PortError."""
        if not self._placed:
            self._places.acquire()
        yield from self._catch_up()
        assert self._writer is not None
        yield from self._writer.end()

    def close(self) -> None:
        """Give the place back; idempotent."""
        if self._placed:
            self._placed = False
            self._places.release()

    def _catch_up(self) -> Iterator[Segment]:
        self._placed = True
        self._writer = self._writer or self._new_writer()
        waiting, self._waiting = self._waiting, []
        for samples in waiting:
            yield from self._writer.hear(samples)


class _Session:
    """What one client is doing."""

    def __init__(self, events: Events, server: WyomingServer, caller: Caller) -> None:
        self._events = events
        self._server = server
        self._caller = caller
        self._ear: _Ear | None = None
        self._texts: list[str] = []
        """what was written down of the sound that comes"""
        self._unnamed = f"{caller.name}/{uuid.uuid4()}"
        """the conversation of lines that name none, which ends with the connection"""

    def run(self) -> None:
        """Serve the client until it ends. Raises PortError, OSError."""
        try:
            while (event := self._next()) is not None:
                self._take(event)
        except Malformed as error:
            self._events.end("malformed", f"this is no event: {error}")
        except PortError as error:
            with contextlib.suppress(OSError):
                self._events.end("failed", str(error))
            raise
        finally:
            self._close_ear()
            self._server.forget(self._unnamed)

    def _next(self) -> Event | None:
        # A client that stops in the middle of its sound must not keep its place.
        return self._events.read(_IDLE_S if self._ear is None else _EVENT_S)

    def _take(self, event: Event) -> None:
        if event.type in ("transcribe", "audio-start", "synthesize", "synthesize-start", "transcript"):
            self._server.record.used(self._caller, f"wyoming {event.type}")
        match event.type:
            case "describe":
                self._events.write("info", self._server.info())
            case "ping":
                self._events.write("pong", {"text": event.text("text")} if event.text("text") else None)
            case "transcribe":
                self._close_ear()
            case "audio-start":
                self._begin(event)
            case "audio-chunk":
                self._hear(event)
            case "audio-stop":
                self._transcribe()
            case "synthesize":
                self._speak([event.text("text")])
            case "synthesize-start":
                self._speak(self._coming())
                self._events.write("synthesize-stopped")
            case "transcript":
                self._handle(event)

    # --- ear --------------------------------------------------------------------------------------------------------

    def _begin(self, event: Event) -> _Ear:
        rate_hz, width, channels = (event.number(*field) for field in (("rate", 16_000), ("width", 2), ("channels", 1)))
        if width != 2 or channels != 1 or not 4_000 <= rate_hz <= 192_000:
            raise Malformed("sound that is not 16 bit mono at a rate of speech")
        self._close_ear()
        self._ear = self._server.ear(rate_hz)
        return self._ear

    def _hear(self, event: Event) -> None:
        ear = self._ear or self._begin(event)
        self._tell(ear.hear(event.payload))

    def _transcribe(self) -> None:
        if self._ear is None:
            self._ear = self._server.ear(SAMPLE_RATE_HZ)
        self._tell(self._ear.end())
        if not self._texts:
            self._events.write("transcript-start", {"language": self._language})
        self._events.write("transcript", {"text": "".join(self._texts), "language": self._language})
        self._events.write("transcript-stop")
        self._close_ear()

    def _tell(self, segments: Iterable[Segment]) -> None:
        """Send what was written down, each segment at once."""
        for segment in segments:
            if not self._texts:
                self._events.write("transcript-start", {"language": self._language})
            self._texts.append(f" {segment.text}" if self._texts else segment.text)
            self._events.write("transcript-chunk", {"text": self._texts[-1]})

    def _close_ear(self) -> None:
        if self._ear is not None:
            self._ear.close()
        self._ear, self._texts = None, []

    @property
    def _language(self) -> str:
        return self._server._site.language.tag.partition("-")[0]

    # --- voice ------------------------------------------------------------------------------------------------------

    def _coming(self) -> Iterator[str]:
        """The parts of a text, as the client sends them."""
        while (event := self._events.read()) is not None:
            match event.type:
                case "synthesize-chunk":
                    yield event.text("text")
                case "synthesize-stop":
                    return
                # The client says the whole text once more, for servers that take no parts.
                case "synthesize" | "synthesize-start":
                    pass
                case _:
                    self._take(event)
        raise ConnectionAbortedError("the client has gone in the middle of a text")

    def _speak(self, texts: Iterable[str]) -> None:
        voice = self._server._engines.voice
        form = {"rate": voice.rate_hz, "width": 2, "channels": 1}
        self._events.write("audio-start", {**form, "timestamp": 0})
        position = 0
        for samples in spoken_as_it_comes(voice, _bounded(texts), self._server._site.language):
            for at in range(0, len(samples), _CHUNK_SAMPLES):
                piece = samples[at : at + _CHUNK_SAMPLES]
                when = {"timestamp": round(position * 1000 / voice.rate_hz)}
                self._events.write("audio-chunk", {**form, **when}, encode(piece, "linear16"))
                position += len(piece)
        self._events.write("audio-stop", {"timestamp": round(position * 1000 / voice.rate_hz)})

    # --- agent ------------------------------------------------------------------------------------------------------

    def _handle(self, event: Event) -> None:
        context = event.data.get("context")
        given = context if isinstance(context, dict) else {}
        named = given.get("conversation_id")
        line = " ".join(event.text("text").split())
        if not line:
            self._events.write("not-handled", {"text": self._server._site.prompts.no_match[0], "context": context})
            return
        if len(line) > LONGEST_LINE:
            raise Malformed(f"a line of more than {LONGEST_LINE} letters")
        reply = self._server.answer(f"{self._caller.name}/{named}" if named else self._unnamed, line)
        self._events.write("handled-start", {"context": context})
        self._events.write("handled-chunk", {"text": reply})
        self._events.write("handled", {"text": reply, "context": context})
        self._events.write("handled-stop")


def _bounded(texts: Iterable[str]) -> Iterator[str]:
    """``texts``. Raises Malformed when they are more than is spoken at a time."""
    letters = 0
    for text in texts:
        letters += len(text)
        if letters > LONGEST_TEXT:
            raise Malformed(f"more than {LONGEST_TEXT} letters to speak")
        yield text
