"""Writes down sound with the appliance's ears, turn by turn: whole recordings, and sound as it comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from appliance.config.box import EndpointSettings
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Fact, SpeechStarted, TurnEnded
from appliance.protocols.live_ears import LiveEars, with_silence
from appliance.runtime.engines import Engines

_PIECE = SAMPLE_RATE_HZ
"""Samples that are heard before it is looked what was understood"""


@dataclass(frozen=True, slots=True)
class Segment:
    """What was said between two long silences."""

    start_s: float
    end_s: float
    text: str
    """lower-case words separated by single spaces"""
    confidence: float
    """0..1"""


class Writer:
    """Writes down sound that comes in pieces. Only silence ends a segment."""

    def __init__(self, engines: Engines, settings: EndpointSettings) -> None:
        """Raises PortError where there is no memory for another stream of the ears."""
        self._facts: list[Fact] = []
        self._ears = LiveEars(engines, with_silence(settings, settings.unfinished_ms), self._facts.append)
        self._silence_s = settings.unfinished_ms / 1000 + 1.0
        """how long a silence surely ends a segment"""
        self._samples = 0
        self._start_s = 0.0

    def hear(self, samples: Samples) -> Iterator[Segment]:
        """Take the next sound at ``SAMPLE_RATE_HZ``. What is known by then is to be taken,
        since it is heard on the way."""
        self._samples += len(samples)
        return self._known(samples)

    def end(self) -> Iterator[Segment]:
        """What was said last, to be taken likewise."""
        return self._known(np.zeros(round(self._silence_s * SAMPLE_RATE_HZ), np.float32))

    def _known(self, samples: Samples) -> Iterator[Segment]:
        for at in range(0, len(samples), _PIECE):
            self._ears.hear(samples[at : at + _PIECE])
            facts = self._facts.copy()
            self._facts.clear()
            for fact in facts:
                if isinstance(fact, SpeechStarted):
                    self._start_s = fact.at_s
                elif isinstance(fact, TurnEnded) and fact.transcript.text:
                    end_s = min(fact.speech_end_s, self._samples / SAMPLE_RATE_HZ)
                    yield Segment(*(min(self._start_s, end_s), end_s), fact.transcript.text, fact.transcript.confidence)


def segments(engines: Engines, settings: EndpointSettings, samples: Samples) -> Iterator[Segment]:
    """The segments of a recording at ``SAMPLE_RATE_HZ``, each as soon as it is known. Raises PortError where there is
    no memory for another stream of the ears."""
    writer = Writer(engines, settings)
    yield from writer.hear(samples)
    yield from writer.end()
