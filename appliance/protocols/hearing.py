"""Writes down whole recordings with the appliance's ears, turn by turn."""

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


def segments(engines: Engines, settings: EndpointSettings, samples: Samples) -> Iterator[Segment]:
    """The segments of a recording at ``SAMPLE_RATE_HZ``, each as soon as it is known. Only silence ends one. Raises
    PortError where there is no memory for another stream of the ears."""
    facts: list[Fact] = []
    ears = LiveEars(engines, with_silence(settings, settings.unfinished_ms), facts.append)
    # The silence behind the last word ends its segment.
    silence = np.zeros(round((settings.unfinished_ms / 1000 + 1.0) * SAMPLE_RATE_HZ), np.float32)
    whole = np.concatenate([samples, silence])
    start_s = 0.0
    for at in range(0, len(whole), _PIECE):
        ears.hear(whole[at : at + _PIECE])
        for fact in facts:
            if isinstance(fact, SpeechStarted):
                start_s = fact.at_s
            elif isinstance(fact, TurnEnded) and fact.transcript.text:
                end_s = min(fact.speech_end_s, len(samples) / SAMPLE_RATE_HZ)
                yield Segment(min(start_s, end_s), end_s, fact.transcript.text, fact.transcript.confidence)
        facts.clear()
