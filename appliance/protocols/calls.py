"""Telephone calls: one connection a call, in the framing of AudioSocket.

The caller's side sends its identity first, then sound and keys. This side sends sound, paced by the line's clock since
the other side has no buffer, and at the end of the conversation a hang-up or a transfer. It speaks at the rate at which
it is spoken to.

The caller's number is not asked for and not taken: no part of the box would use it.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Collection

from appliance.config.site import Site
from appliance.core.audio import Samples
from appliance.core.facts import (
    AnswerExpected,
    AnswerKind,
    ConversationClosed,
    StopReceived,
    TextReceived,
)
from appliance.core.mailbox import MailboxClosed
from appliance.core.ports import PortError
from appliance.core.turn import Turn
from appliance.devices.stream import TooMuchSound
from appliance.isolation.unix_socket import Connection
from appliance.protocols.access import Caller
from appliance.protocols.audiosocket import (
    ERROR,
    HANG_UP,
    HELLO,
    IDENTITY,
    KEY,
    RATES_HZ,
    SOUND,
    TRANSFER,
    WIDE_SOUND,
    Malformed,
    Unframer,
    abilities,
    frame,
    frame_bytes,
)
from appliance.protocols.client_line import ClientLine
from appliance.protocols.door_record import DoorRecord
from appliance.protocols.sound import Decoder, Encoder
from appliance.runtime.appliance import Appliance
from appliance.runtime.engines import Engines

_FROM_CALLER = (HANG_UP, KEY, SOUND, WIDE_SOUND, HELLO, ERROR)

_SILENT_S = 30.0
"""Seconds without a frame after which a call is gone"""

_GREETED_S = 1.0
"""Seconds after which a caller is greeted whose side sends no sound yet"""

_KEYS_S = 2.0
"""Seconds after the last key after which the keys are a whole number; ``#`` ends it at once"""

_LOOK_S = 0.25
"""Seconds after which the time is looked at when no frame comes"""

_MOST_KEYS = 32

_END_S, _END_BYTES = 2.0, 1_000_000
"""How long the other side may take to end its call after a hang-up, and what it may send meanwhile"""


class Frames:
    """Reads and writes the frames of one connection. One thread reads; any thread writes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._unframer = Unframer()
        self._ended = False
        self._lock = threading.Lock()

    def read(self, within_s: float, kinds: Collection[int] = _FROM_CALLER) -> tuple[int, bytes] | None:
        """The next frame; None at the end. Raises Malformed, TimeoutError, OSError."""
        ends_s = time.monotonic() + within_s
        while (received := self._unframer.next(kinds)) is None:
            data = self._connection.receive(4096, ends_s - time.monotonic())
            if not data:
                return None
            self._unframer.feed(data)
        return received

    def write(self, kind: int, payload: bytes = b"", *, last: bool = False) -> None:
        """Send a frame. After the ``last`` one none is sent, whichever thread comes with it. Raises OSError."""
        with self._lock:
            if not self._ended:
                self._ended = last
                self._connection.send(frame(kind, payload))


class Calls:
    """Serves the connections of a door for calls."""

    def __init__(self, appliance: Appliance, engines: Engines, site: Site, record: DoorRecord) -> None:
        self._appliance = appliance
        self._engines = engines
        self._site = site
        self._record = record

    def serve(self, connection: Connection, caller: Caller) -> None:
        """Hold one call. What is no call is disconnected."""
        frames = Frames(connection)
        with contextlib.suppress(Malformed):
            if (first := frames.read(_SILENT_S, (IDENTITY,))) is None or len(first[1]) != 16:
                return
            self._record.used(caller, "call")
            try:
                call = _Call(self._appliance, self._engines, self._site, frames)
            except PortError:
                self.turn_away(connection)
                return
            call.run()
            connection.end_sending(_END_S, _END_BYTES)

    def turn_away(self, connection: Connection) -> None:
        """Refuse a call for which there is no place: the gateway answers it as busy."""
        with contextlib.suppress(OSError):
            Frames(connection).write(HANG_UP)


class _Call:
    """One call."""

    def __init__(self, appliance: Appliance, engines: Engines, site: Site, frames: Frames) -> None:
        """Raises PortError when the appliance has no place for it."""
        self._frames = frames
        self._site = site
        self._voice_hz = engines.voice.rate_hz
        self._ear = Decoder("linear16", RATES_HZ[SOUND])
        self._mouth = _Mouth(self._voice_hz, SOUND)
        self._greeted = False
        self._greet_unheard = True
        """whether the caller is greeted though no sound comes; a gateway sends some as soon as it has answered"""
        self._may_transfer = False
        self._expected: AnswerKind = "anything"
        self._keys = ""
        self._key_s = 0.0
        self._over = threading.Event()
        self._line = ClientLine(appliance, "call", self._voice_hz, self._play)
        self._follower = threading.Thread(target=self._follow, name="door facts", daemon=True)

    def run(self) -> None:
        """Hold the call until one side hangs up. Raises Malformed, OSError."""
        self._follower.start()
        began_s = heard_s = time.monotonic()
        try:
            while not self._over.is_set():
                try:
                    received = self._frames.read(_LOOK_S)
                except TimeoutError:
                    if time.monotonic() - heard_s > _SILENT_S:
                        return
                else:
                    heard_s = time.monotonic()
                    if received is None or received[0] in (HANG_UP, ERROR):
                        return
                    self._take(*received)
                self._look_at_keys()
                if self._greet_unheard and not self._greeted and time.monotonic() - began_s > _GREETED_S:
                    self._greet(SOUND)
        except TooMuchSound:
            return
        finally:
            self._line.close()
            self._follower.join(timeout=5.0)

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == HELLO:
            self._greet_unheard = False
            self._may_transfer = "transfer" in abilities(payload)
        elif kind == KEY:
            self._press(payload.decode("ascii", "replace"))
        else:
            if not self._greeted:
                self._greet(kind)
            if kind != self._mouth.kind:
                raise Malformed("sound at another rate than before")
            self._line.hear(self._ear.decode(payload))

    def _greet(self, kind: int) -> None:
        """Begin, in the kind of sound in which the caller's side speaks."""
        self._ear = Decoder("linear16", RATES_HZ[kind])
        self._mouth = _Mouth(self._voice_hz, kind)
        self._greeted = True
        self._line.greet()

    # --- keys -------------------------------------------------------------------------------------------------------

    def _press(self, key: str) -> None:
        """A key of the caller's. While a number is asked for, keys are its digits. Otherwise 1 is yes, 2 is no, and 0
        asks for a person; ``*`` ends the reply."""
        if key == "*":
            self._keys = ""
            self._line.tell(StopReceived())
        elif self._expected == "value":
            if key == "#":
                self._give_keys()
            elif key.isdigit() and len(self._keys) < _MOST_KEYS:
                self._keys, self._key_s = self._keys + key, time.monotonic()
        elif words := self._said_by(key):
            self._line.tell(TextReceived(words))

    def _said_by(self, key: str) -> str | None:
        phrases = self._site.language.phrases
        answers = {"0": self._site.hand_over.phrases[0]}
        if self._expected == "confirm":
            answers |= {"1": phrases.agree, "2": phrases.refuse}
        return answers.get(key)

    def _look_at_keys(self) -> None:
        if self._keys and time.monotonic() - self._key_s >= _KEYS_S:
            self._give_keys()

    def _give_keys(self) -> None:
        keys, self._keys = self._keys, ""
        if keys:
            self._line.tell(TextReceived(keys))

    # --- what happens -----------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        with contextlib.suppress(MailboxClosed, OSError):
            while True:
                stamped = self._line.facts.get()
                if stamped is None:
                    continue
                match stamped.fact:
                    case AnswerExpected() as fact:
                        self._expected = fact.kind
                    case ConversationClosed() as fact:
                        if fact.reason == "handed over" and self._may_transfer:
                            self._frames.write(TRANSFER, json.dumps({"to": "person"}).encode(), last=True)
                        else:
                            self._frames.write(HANG_UP, last=True)
                        self._over.set()
                        return

    def _play(self, samples: Samples, turn: Turn | None) -> None:
        """Send a block. This runs in the line's own thread; a caller's side that does not read ends its call."""
        if self._over.is_set():
            return
        mouth = self._mouth
        try:
            for sound in mouth.frames(samples):
                self._frames.write(mouth.kind, sound)
        except OSError:
            self._over.set()


class _Mouth:
    """The box's sound as frames of one kind."""

    def __init__(self, voice_hz: int, kind: int) -> None:
        self.kind = kind
        self._encoder = Encoder(voice_hz, "linear16", RATES_HZ[kind])
        self._rest = b""
        """sound that does not fill a frame yet"""

    def frames(self, samples: Samples) -> Collection[bytes]:
        """The frames that the next block fills."""
        self._rest += self._encoder.encode(samples)
        size = frame_bytes(self.kind)
        whole = len(self._rest) // size * size
        filled, self._rest = self._rest[:whole], self._rest[whole:]
        return [filled[at : at + size] for at in range(0, whole, size)]
