"""What ears have in common whose network hears whole utterances: partial results come from hearing the utterance so far
anew every now and then."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

import numpy as np

from appliance.core.audio import Samples

Heard = TypeVar("Heard")


class WholeUtterance(ABC, Generic[Heard]):
    """The streaming part of an ``EarStream``. ``Heard`` is what the network makes of a sound."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self._sound: list[Samples] = []
        self._length = 0
        self._due = self._next_partial(0)
        self._partial = ""
        self._ahead: Heard | None = None

    def accept(self, samples: Samples) -> str:
        self._sound.append(samples)
        self._length += len(samples)
        # Counted in samples, not by the clock, so that a replayed recording gives the same partial results.
        if self._length >= self._due and self._ahead is None:
            self._due = self._next_partial(self._length)
            self._partial = self._words(self._so_far())
        return self._partial

    def resume(self) -> None:
        self._ahead = None

    def heard(self) -> Heard:
        """What was understood so far; the same until ``resume``, for only silence comes in between."""
        if self._ahead is None:
            self._ahead = self._so_far()
            self._partial = self._words(self._ahead)
        return self._ahead

    def _so_far(self) -> Heard:
        return self._hear(np.concatenate((*self._sound, np.empty(0, np.float32))))

    @abstractmethod
    def _hear(self, samples: Samples) -> Heard:
        """Let the network hear a sound, which may be empty."""

    @abstractmethod
    def _words(self, heard: Heard) -> str:
        """As all ears give them."""

    @abstractmethod
    def _next_partial(self, length: int) -> int:
        """Samples from which the next partial result is due, the last one being of ``length`` samples."""
