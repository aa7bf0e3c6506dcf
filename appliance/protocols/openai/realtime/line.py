"""What a session needs of its line."""

from __future__ import annotations

from typing import Protocol

from appliance.core.audio import Samples
from appliance.core.facts import Fact


class Line(Protocol):
    """A ``ClientLine``, or what stands for one in a test."""

    def hear(self, samples: Samples) -> None:
        """Take sound at ``SAMPLE_RATE_HZ``. Raises TooMuchSound."""
        ...

    def write(self, text: str) -> None:
        """Take what is to be answered."""
        ...

    def greet(self) -> None:
        """Let the appliance speak first."""
        ...

    def tell(self, fact: Fact) -> None:
        """Hand a fact to the dialogue."""
        ...

    def hurry(self, hurried: bool) -> None:
        """Let replies leave as soon as they are voiced, or in their own time."""
        ...

    def forget(self, from_s: float) -> None:
        """Drop the client's sound from a position on, as far as it was not heard yet."""
        ...

    def client_s(self, at_s: float) -> float:
        """Seconds of the client's own sound up to a time of the line."""
        ...

    @property
    def client_end_s(self) -> float:
        """Seconds of the client's own sound that came."""
        ...
