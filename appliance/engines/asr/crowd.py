"""Spares an ear that costs much while many visitors speak at once, so that all of them are answered in time.

Measured on the 51 recordings of ``bench/demo/visitor``: pocketsphinx takes half of the ears' processor time. With it 40
of them are heard word for word, without it 30, and most of the other words still find the right fact.
"""

from __future__ import annotations

import threading
from weakref import WeakSet

from appliance.core.audio import Samples
from appliance.core.facts import Transcript
from appliance.core.ports import Ear, EarStream


class Crowd:
    """The utterances that are under way at one ear. Every method may be called from any thread."""

    def __init__(self, most: int) -> None:
        """The crowd is ``large`` with more than ``most`` utterances at once."""
        self._most = most
        # A line that is closed within an utterance never ends it.
        self._speaking: WeakSet[object] = WeakSet()
        self._lock = threading.Lock()

    def begin(self, stream: object) -> None:
        """Note that an utterance of a stream begins; idempotent."""
        with self._lock:
            self._speaking.add(stream)

    def end(self, stream: object) -> None:
        """Note that the utterance of a stream is over; idempotent."""
        with self._lock:
            self._speaking.discard(stream)

    @property
    def large(self) -> bool:
        """Whether more speak than the ears have processor time for."""
        with self._lock:
            return len(self._speaking) > self._most


class SparedEar:
    """The ``Ear`` port: an ear whose streams sit out the utterances that begin in a large crowd."""

    def __init__(self, ear: Ear, crowd: Crowd) -> None:
        self._ear = ear
        self._crowd = crowd

    def stream(self) -> SparedStream:
        """Begin to listen to one speaker. Raises PortError."""
        return SparedStream(self._ear.stream(), self._crowd)


class SparedStream:
    """The ``EarStream`` port. It understands nothing of an utterance that it sits out."""

    def __init__(self, stream: EarStream, crowd: Crowd) -> None:
        self.name = stream.name
        self._stream = stream
        self._crowd = crowd
        self._listens = True

    def start(self) -> None:
        self._listens = not self._crowd.large
        if self._listens:
            self._stream.start()

    def accept(self, samples: Samples) -> str:
        return self._stream.accept(samples) if self._listens else ""

    def pause(self) -> Transcript:
        return self._stream.pause() if self._listens else self._nothing()

    def resume(self) -> None:
        if self._listens:
            self._stream.resume()

    def finish(self) -> Transcript:
        return self._stream.finish() if self._listens else self._nothing()

    def _nothing(self) -> Transcript:
        return Transcript("", 0.0, self.name)
