"""The base of ears whose network hears whole utterances. Partial results come from decoding the utterance so far again
as it grows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

import numpy as np

from appliance.core.audio import SAMPLE_RATE_HZ, Samples

_PARTIALS_S = 0.6
"""Seconds of speech before the first partial result, and between two of them"""
_SELDOM_PARTIALS_S = 1.8
"""The same where the processor has too much to do"""

Heard = TypeVar("Heard")


class WholeUtterance(ABC, Generic[Heard]):
    """The streaming part of an ``EarStream``. ``Heard`` is the type of the network's result."""

    streaming = ""

    def __init__(self) -> None:
        self.start()

    def start(self, *, seldom: bool = False) -> None:
        """Begin an utterance, with fewer partial results where they are wanted ``seldom``. They take most of such an
        ear's time, and the words at a pause do not depend on them."""
        self._partials = round((_SELDOM_PARTIALS_S if seldom else _PARTIALS_S) * SAMPLE_RATE_HZ)
        self._heard: list[Samples] = []
        self._length = 0
        self._due = self._next_partial(0)
        self._partial = ""
        self._ahead: Heard | None = None

    def keep(self, samples: Samples) -> None:
        """Take more audio without a partial result, which is then due with the next."""
        self._heard.append(samples)
        self._length += len(samples)

    def accept(self, samples: Samples) -> str:
        self.keep(samples)
        # The time is counted in samples, not by the clock, so that a replayed recording gives the same partial results.
        if self._length >= self._due and self._ahead is None:
            self._due = self._next_partial(self._length)
            self._partial = self._words(self._so_far())
        return self._partial

    @property
    def partial(self) -> str:
        """The last partial result."""
        return self._partial

    def works(self, samples: int) -> bool:
        """As ``WorksSeldom``."""
        return self._ahead is None and (not samples or self._length + samples >= self._due)

    def resume(self) -> None:
        self._ahead = None

    def heard(self) -> Heard:
        """The result for the utterance so far. It stays the same until ``resume``, because only silence follows."""
        if self._ahead is None:
            self._ahead = self._so_far()
            self._partial = self._words(self._ahead)
        return self._ahead

    @property
    def sound(self) -> Samples:
        """All samples of the utterance so far."""
        return np.concatenate((*self._heard, np.empty(0, np.float32)))

    def _so_far(self) -> Heard:
        return self._hear(self.sound)

    @abstractmethod
    def _hear(self, samples: Samples) -> Heard:
        """Run the network on a sound, which may be empty."""

    @abstractmethod
    def _words(self, heard: Heard) -> str:
        """The words of a result in the form that all ears give."""

    def _next_partial(self, length: int) -> int:
        """Number of samples at which the next partial result is due, after one of ``length`` samples."""
        return length + self._partials
