"""Wyoming, which Home Assistant speaks: the box as ear, voice and agent, one event a message.

An event is a line of JSON, then as many bytes of JSON as ``data_length`` says, then as many bytes of sound as
``payload_length`` says. Both lengths are bounded here, since the protocol does not.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from appliance import __version__
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.isolation.unix_socket import Connection
from appliance.protocols.access import Caller
from appliance.protocols.door_record import DoorRecord
from appliance.protocols.hearing import segments
from appliance.protocols.openai.chat import LONGEST_LINE, Chats
from appliance.protocols.sound import LONGEST_TEXT, Decoder, encode
from appliance.runtime.engines import Engines
from appliance.speaking.speak import spoken

_LINE_BYTES, _DATA_BYTES, _PAYLOAD_BYTES = 16_384, 262_144, 1_048_576
"""Bytes of the longest line, data and payload of one event"""

_IDLE_S = 300.0
"""Seconds for which a client may be silent between two events"""

_EVENT_S = 20.0
"""Seconds in which an event that has begun must have come"""

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
        self._busy = threading.BoundedSemaphore(2)
        self._lock = threading.Lock()
        self._said: dict[str, list[tuple[str, str]]] = {}
        """messages by conversation"""

    def serve(self, connection: Connection, caller: Caller) -> None:
        """Serve one connection until it ends."""
        _Session(Events(connection), self, caller).run()

    def turn_away(self, connection: Connection) -> None:
        """Refuse a connection for which there is no place."""
        Events(connection).write("error", {"text": "every place is taken: try again later", "code": "busy"})

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


class _Session:
    """What one client is doing."""

    def __init__(self, events: Events, server: WyomingServer, caller: Caller) -> None:
        self._events = events
        self._server = server
        self._caller = caller
        self._sound: list[Samples] = []
        self._decoder: Decoder | None = None
        self._seconds = 0.0
        self._text: list[str] | None = None
        """what is to be spoken, while it comes in pieces"""
        self._unnamed = f"{caller.name}/{uuid.uuid4()}"
        """the conversation of lines that name none, which ends with the connection"""

    def run(self) -> None:
        try:
            while (event := self._events.read()) is not None:
                self._take(event)
        except Malformed as error:
            self._events.write("error", {"text": f"this is no event: {error}", "code": "malformed"})
        finally:
            self._server.forget(self._unnamed)

    def _take(self, event: Event) -> None:
        if event.type in ("transcribe", "audio-start", "synthesize", "synthesize-start", "transcript"):
            self._server.record.used(self._caller, f"wyoming {event.type}")
        match event.type:
            case "describe":
                self._events.write("info", self._server.info())
            case "ping":
                self._events.write("pong", {"text": event.text("text")} if event.text("text") else None)
            case "transcribe":
                self._sound, self._seconds = [], 0.0
            case "audio-start":
                self._begin(event)
            case "audio-chunk":
                self._hear(event)
            case "audio-stop":
                self._transcribe()
            case "synthesize" if self._text is None:
                self._speak(event.text("text"))
            case "synthesize-start":
                self._text = []
            case "synthesize-chunk" if self._text is not None:
                self._add(event.text("text"))
            case "synthesize-stop" if self._text is not None:
                text, self._text = "".join(self._text), None
                self._speak(text)
                self._events.write("synthesize-stopped")
            case "transcript":
                self._handle(event)

    # --- ear --------------------------------------------------------------------------------------------------------

    def _begin(self, event: Event) -> None:
        self._sound, self._seconds = [], 0.0
        rate_hz, width, channels = (event.number(*field) for field in (("rate", 16_000), ("width", 2), ("channels", 1)))
        if width != 2 or channels != 1 or not 4_000 <= rate_hz <= 192_000:
            raise Malformed("sound that is not 16 bit mono at a rate of speech")
        self._decoder = Decoder("linear16", rate_hz)

    def _hear(self, event: Event) -> None:
        if self._decoder is None:
            self._begin(event)
        assert self._decoder is not None
        samples = self._decoder.decode(event.payload)
        self._seconds += len(samples) / SAMPLE_RATE_HZ
        if self._seconds > _LONGEST_S:
            raise Malformed(f"more than {_LONGEST_S:.0f} s of sound")
        self._sound.append(samples)

    def _transcribe(self) -> None:
        server, self._decoder = self._server, None
        sound = np.concatenate([np.zeros(0, np.float32), *self._sound])
        self._sound = []
        with server._busy:
            self._events.write("transcript-start", {"language": self._language})
            texts: list[str] = []
            for segment in segments(server._engines, server._settings.endpoint, sound):
                texts.append(segment.text)
                lead = " " if len(texts) > 1 else ""
                self._events.write("transcript-chunk", {"text": f"{lead}{segment.text}"})
        self._events.write("transcript", {"text": " ".join(texts), "language": self._language})
        self._events.write("transcript-stop")

    @property
    def _language(self) -> str:
        return self._server._site.language.tag.partition("-")[0]

    # --- voice ------------------------------------------------------------------------------------------------------

    def _add(self, text: str) -> None:
        assert self._text is not None
        if sum(map(len, self._text)) + len(text) > LONGEST_TEXT:
            raise Malformed(f"more than {LONGEST_TEXT} letters to speak")
        self._text.append(text)

    def _speak(self, text: str) -> None:
        if len(text) > LONGEST_TEXT:
            raise Malformed(f"more than {LONGEST_TEXT} letters to speak")
        voice = self._server._engines.voice
        form = {"rate": voice.rate_hz, "width": 2, "channels": 1}
        self._events.write("audio-start", {**form, "timestamp": 0})
        position = 0
        for samples in spoken(voice, text, self._server._site.language):
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
