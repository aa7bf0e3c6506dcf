"""A conversation line whose microphone and speaker are a client's. Every protocol with conversations builds on it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from appliance.core.audio import Samples
from appliance.core.facts import Fact, Stamped, TextReceived, VisitorArrived
from appliance.core.faults import fault
from appliance.core.mailbox import Mailbox
from appliance.core.ports import PortError
from appliance.core.turn import Turn
from appliance.devices.stream import StreamLine
from appliance.runtime.appliance import Appliance

log = logging.getLogger(__name__)


class ClientLine:
    """One client's conversation. Sound comes in by ``hear`` and leaves by ``play``; what happens is told in ``facts``.

    Any thread may call any method. ``play`` runs in the line's own thread and must not wait (``StreamLine``).
    """

    def __init__(
        self,
        appliance: Appliance,
        door: str,
        voice_hz: int,
        play: Callable[[Samples, Turn | None], None],
        *,
        lead_s: float = 0.0,
    ) -> None:
        """Opens the line. ``door`` names the protocol in the line's id. Raises PortError when the appliance has no
        place for another line."""
        self._appliance = appliance
        self._door = door
        self._play = play
        self._lost = self._followed = False
        """whether ``play`` failed, and whether ``facts`` is open"""
        self.stream = StreamLine(voice_hz, self._play_on, lead_s=lead_s)
        self._line = appliance.open_line(self.stream.microphone, self.stream.speaker, door, open_air=False)
        self.stream.behind = lambda: self._line.frames_waiting
        self.id = self._line.id
        self.facts: Mailbox[Stamped] = appliance.subscribe(self.id)
        """every fact of the line, in order; closed with the line, when it is not emptied in time, and when ``play``
        failed"""
        self._followed = True
        if self._lost:
            appliance.unsubscribe(self.facts)

    def hear(self, samples: Samples) -> None:
        """Take sound of the client at ``SAMPLE_RATE_HZ``. Raises TooMuchSound, and PortError once ``facts`` is closed,
        so that the client learns that its conversation is over."""
        if self.facts.closed:
            raise PortError(f"{self.id}: the line is closed")
        self.stream.hear(samples)

    def write(self, text: str) -> None:
        """Take what the client wrote instead of saying it."""
        self._line.tell(TextReceived(" ".join(text.split())))

    def tell(self, fact: Fact) -> None:
        """Hand a fact of the client to the dialogue."""
        self._line.tell(fact)

    def mute(self, on: bool) -> None:
        """Hear silence instead of the client's sound, until it is switched off again."""
        self._line.mute(on)

    def greet(self) -> None:
        """Let the appliance speak first, with the site's greeting."""
        self._line.tell(VisitorArrived())

    def hurry(self, hurried: bool) -> None:
        """Let replies leave as soon as they are voiced, because only their words are wanted; or not any more."""
        self.stream.hurried = hurried

    def forget(self, from_s: float) -> None:
        """Drop the client's own sound from a position on, as far as it was not heard yet."""
        self.stream.forget(from_s)

    def client_s(self, at_s: float) -> float:
        """Seconds of the client's own sound up to ``at_s`` of the line's time."""
        return self.stream.client_s(at_s)

    @property
    def client_end_s(self) -> float:
        """Seconds of the client's own sound that came and was not dropped."""
        return self.stream.client_end_s

    def _play_on(self, block: Samples, turn: Turn | None) -> None:
        """Play. A failure concerns this client alone, but the thread belongs to the line's devices, whose failures stop
        the appliance."""
        if self._lost:
            return
        try:
            self._play(block, turn)
        except Exception as error:
            log.error("door %s: a client's sound could not be sent: %s", self._door, fault(error))
            self._lost = True
            # The door that follows the facts then ends the client's connection.
            if self._followed:
                self._appliance.unsubscribe(self.facts)

    def close(self) -> None:
        """End the conversation and the line; idempotent."""
        self._appliance.close_line(self._line)
        self._appliance.unsubscribe(self.facts)
