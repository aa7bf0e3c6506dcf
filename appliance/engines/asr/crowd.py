"""Spares the ears while many visitors speak at once, so that all of them are answered in time.

In a crowd, partial results come seldom, and an ear that costs much hears nothing. Measured on the 51 recordings of
``bench/demo/visitor``: pocketsphinx takes half of the ears' processor time. With it 40 of them are heard word for word,
without it 30, and most of the other words still find the right fact. It also takes 34 MB for each stream, so there are
only as many as may listen at once, and the lines lend them from one another.
"""

from __future__ import annotations

import threading
from weakref import WeakSet

from appliance.core.audio import Samples
from appliance.core.facts import Transcript
from appliance.core.ports import Ear, EarStream


class Crowd:
    """The utterances that are under way on all lines."""

    def __init__(self, most: int) -> None:
        """``most`` are so many as the processor bears."""
        self.most = most
        self._lock = threading.Lock()
        # A line that is closed within an utterance never ends it.
        self._speaking: WeakSet[object] = WeakSet()
        """whoever is in an utterance"""

    def enter(self, who: object) -> bool:
        """Begin an utterance. Returns whether more than ``most`` are under way now."""
        with self._lock:
            self._speaking.add(who)
            return len(self._speaking) > self.most

    def leave(self, who: object) -> None:
        """End an utterance; idempotent."""
        with self._lock:
            self._speaking.discard(who)


class SparedEar:
    """The ``Ear`` port: an ear whose streams sit out the utterances that begin in a crowd."""

    def __init__(self, ear: Ear, most: int) -> None:
        self._ear = ear
        self._crowd = Crowd(most)
        self._lock = threading.Lock()
        self._made = 0
        self._name = ""
        self._free: list[EarStream] = []
        """streams that no utterance has"""

    def stream(self) -> SparedStream:
        """Begin to listen to one speaker. Raises PortError where there is no memory for it."""
        with self._lock:
            if self._made < self._crowd.most:
                made = self._ear.stream()
                self._made, self._name = self._made + 1, made.name
                self._free.append(made)
        return SparedStream(self, self._name)

    def lend(self, to: SparedStream) -> EarStream | None:
        """A stream for an utterance that begins. None where it is sat out."""
        if self._crowd.enter(to):
            return None
        with self._lock:
            # That of a line which was closed within an utterance has gone with it.
            return self._free.pop() if self._free else self._ear.stream()

    def take_back(self, of: SparedStream, stream: EarStream | None) -> None:
        """Note that an utterance is over."""
        self._crowd.leave(of)
        if stream is not None:
            with self._lock:
                self._free.append(stream)


class SparedStream:
    """The ``EarStream`` port. It understands nothing of an utterance that it sits out."""

    def __init__(self, ear: SparedEar, name: str) -> None:
        self.name = name
        self._ear = ear
        self._stream: EarStream | None = None
        """what listens to the current utterance"""

    def start(self) -> None:
        self.leave()
        self._stream = self._ear.lend(self)
        if self._stream is not None:
            self._stream.start()

    @property
    def sits_out(self) -> bool:
        """Whether the utterance that was begun last began in a crowd."""
        return self._stream is None

    def accept(self, samples: Samples) -> str:
        return "" if self._stream is None else self._stream.accept(samples)

    @property
    def streaming(self) -> str:
        return "" if self._stream is None else self._stream.streaming

    def pause(self) -> Transcript:
        return self._nothing() if self._stream is None else self._stream.pause()

    def resume(self) -> None:
        if self._stream is not None:
            self._stream.resume()

    def finish(self) -> Transcript:
        heard = self._nothing() if self._stream is None else self._stream.finish()
        self.leave()
        return heard

    def leave(self) -> None:
        """End the utterance without a result, because the pause's is still right; idempotent."""
        stream, self._stream = self._stream, None
        self._ear.take_back(self, stream)

    def _nothing(self) -> Transcript:
        return Transcript("", 0.0, self.name)
