"""Writes down whole recordings with the appliance's ears, turn by turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from appliance.config.box import EndpointSettings
from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame, Samples
from appliance.core.facts import Fact, SpeechStarted, TurnEnded
from appliance.core.mailbox import Mailbox
from appliance.core.ports import Ear, Vad
from appliance.hearing.end_of_turn import Endpoint
from appliance.hearing.listen import ListenerInput, listener_with


@dataclass(frozen=True, slots=True)
class Segment:
    """What was said between two long silences."""

    start_s: float
    end_s: float
    text: str
    """lower-case words separated by single spaces"""
    confidence: float
    """0..1"""


class Transcriber:
    """Hears recordings with ears of its own, one recording at a time. Only silence ends a segment."""

    def __init__(self, ear: Ear, vad: Vad, settings: EndpointSettings) -> None:
        """Raises PortError where there is no memory for another stream."""
        self._ear = ear.stream()
        self._vad = vad.stream()
        self._settings = replace(settings, end_ms=settings.unfinished_ms, finality=None)

    def segments(self, samples: Samples, going_on: Callable[[], bool] = lambda: True) -> Iterator[Segment]:
        """The segments of a recording at ``SAMPLE_RATE_HZ``, each as soon as it is known, while ``going_on``."""
        self._vad.reset()
        facts: list[Fact] = []
        inbox: Mailbox[ListenerInput] = Mailbox("recording", 1, "fault")
        listener = listener_with(self._ear, inbox, facts.append, self._vad, Endpoint(self._settings))
        # The silence behind the last word ends its segment.
        silence = np.zeros(round((self._settings.unfinished_ms / 1000 + 1.0) * SAMPLE_RATE_HZ), np.float32)
        whole = np.concatenate([samples, silence])
        start_s = 0.0
        for at in range(0, len(whole) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
            if not going_on():
                return
            listener.take(AudioFrame(whole[at : at + FRAME_SAMPLES], at))
            for fact in facts:
                if isinstance(fact, SpeechStarted):
                    start_s = fact.at_s
                elif isinstance(fact, TurnEnded) and fact.transcript.text:
                    end_s = min(fact.speech_end_s, len(samples) / SAMPLE_RATE_HZ)
                    yield Segment(min(start_s, end_s), end_s, fact.transcript.text, fact.transcript.confidence)
            facts.clear()
