"""A conversation line whose microphone and speaker are a client's. Every protocol with conversations builds on it."""

from __future__ import annotations

from collections.abc import Callable

from appliance.core.audio import Samples
from appliance.core.facts import Fact, Stamped, TextReceived, VisitorArrived
from appliance.core.mailbox import Mailbox
from appliance.core.turn import Turn
from appliance.devices.stream import StreamLine
from appliance.runtime.appliance import Appliance


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
        self.stream = StreamLine(voice_hz, play, lead_s=lead_s)
        self._line = appliance.open_line(self.stream.microphone, self.stream.speaker, door, open_air=False)
        self.stream.behind = lambda: len(self._line.boxes[0])
        self.id = self._line.id
        self.facts: Mailbox[Stamped] = appliance.subscribe(self.id)
        """every fact of the line, in order; closed with the line, and when it is not emptied in time"""

    def hear(self, samples: Samples) -> None:
        """Take sound of the client at ``SAMPLE_RATE_HZ``. Raises TooMuchSound."""
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

    def close(self) -> None:
        """End the conversation and the line; idempotent."""
        self._appliance.close_line(self._line)
        self._appliance.unsubscribe(self.facts)
