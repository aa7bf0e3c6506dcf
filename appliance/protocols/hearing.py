"""Writes down sound with the appliance's ears, turn by turn: whole recordings, and sound as it comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from appliance.config.box import EndpointSettings
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Fact, SpeechStarted, TurnEnded, WordTime
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
    words: tuple[WordTime, ...] = ()
    """the words of ``text`` where their times were asked for and the ears tell them"""


class Writer:
    """Writes down sound that comes in pieces. Only silence ends a segment."""

    def __init__(self, engines: Engines, settings: EndpointSettings, *, times: bool = False) -> None:
        """``times``: whether those of words are wanted. Raises PortError where there is no memory for another stream of
        the ears."""
        self._times = times
        self._found: list[Segment] = []
        self._ears = LiveEars(engines, with_silence(settings, settings.unfinished_ms), self._tell)
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
            yield from self._found
            self._found.clear()

    def _tell(self, fact: Fact) -> None:
        if isinstance(fact, SpeechStarted):
            self._start_s = fact.at_s
        elif isinstance(fact, TurnEnded) and fact.transcript.text:
            heard, length_s = fact.transcript, self._samples / SAMPLE_RATE_HZ
            words = within(self._ears.times(heard.text), length_s) if self._times else ()
            end_s = min(fact.speech_end_s, length_s)
            begin_s, end_s = around(words, min(self._start_s, end_s), end_s)
            self._found.append(Segment(begin_s, end_s, heard.text, heard.confidence, words))


def segments(
    engines: Engines, settings: EndpointSettings, samples: Samples, *, times: bool = False
) -> Iterator[Segment]:
    """The segments of a recording at ``SAMPLE_RATE_HZ``, each as soon as it is known, with the ``times`` of words where
    they are wanted. Raises PortError where there is no memory for another stream of the ears."""
    writer = Writer(engines, settings, times=times)
    yield from writer.hear(samples)
    yield from writer.end()


def around(words: Sequence[WordTime], start_s: float, end_s: float) -> tuple[float, float]:
    """A stretch of speech, made longer where its words reach beyond it: speech is detected a little after it begins."""
    return (min(start_s, words[0].start_s), max(end_s, words[-1].end_s)) if words else (start_s, end_s)


def within(words: Sequence[WordTime], end_s: float) -> tuple[WordTime, ...]:
    """Words of which none is later than the end of a recording."""
    return tuple(replace(word, start_s=min(word.start_s, end_s), end_s=min(word.end_s, end_s)) for word in words)
