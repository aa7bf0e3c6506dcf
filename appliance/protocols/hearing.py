"""Writes down whole recordings with the appliance's ears, turn by turn."""

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


def segments(
    engines: Engines, settings: EndpointSettings, samples: Samples, *, times: bool = False
) -> Iterator[Segment]:
    """The segments of a recording at ``SAMPLE_RATE_HZ``, each as soon as it is known, with the ``times`` of words where
    they are wanted. Only silence ends one. Raises PortError where there is no memory for another stream of the ears."""
    found: list[Segment] = []
    length_s = len(samples) / SAMPLE_RATE_HZ
    start_s = 0.0

    def tell(fact: Fact) -> None:
        nonlocal start_s
        if isinstance(fact, SpeechStarted):
            start_s = fact.at_s
        elif isinstance(fact, TurnEnded) and fact.transcript.text:
            heard, end_s = fact.transcript, min(fact.speech_end_s, length_s)
            words = within(ears.times(heard.text), length_s) if times else ()
            begin_s, end_s = around(words, min(start_s, end_s), end_s)
            found.append(Segment(begin_s, end_s, heard.text, heard.confidence, words))

    ears = LiveEars(engines, with_silence(settings, settings.unfinished_ms), tell)
    # The silence behind the last word ends its segment.
    silence = np.zeros(round((settings.unfinished_ms / 1000 + 1.0) * SAMPLE_RATE_HZ), np.float32)
    whole = np.concatenate([samples, silence])
    for at in range(0, len(whole), _PIECE):
        ears.hear(whole[at : at + _PIECE])
        yield from found
        found.clear()


def around(words: Sequence[WordTime], start_s: float, end_s: float) -> tuple[float, float]:
    """A stretch of speech, made longer where its words reach beyond it: speech is detected a little after it begins."""
    return (min(start_s, words[0].start_s), max(end_s, words[-1].end_s)) if words else (start_s, end_s)


def within(words: Sequence[WordTime], end_s: float) -> tuple[WordTime, ...]:
    """Words of which none is later than the end of a recording."""
    return tuple(replace(word, start_s=min(word.start_s, end_s), end_s=min(word.end_s, end_s)) for word in words)
