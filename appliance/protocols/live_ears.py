"""The appliance's ears for a client that wants words and no conversation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from appliance.config.box import EndpointSettings
from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame, Samples
from appliance.core.facts import Fact, WordTime
from appliance.core.mailbox import Mailbox
from appliance.core.ports import WordTimer
from appliance.hearing.end_of_turn import Endpoint
from appliance.hearing.listen import ListenerInput, listener_with
from appliance.runtime.engines import Engines

EARS_AT_ONCE = 4
"""Most clients that are heard at a time without a conversation"""


class LiveEars:
    """Hears one client's sound in the thread that brings it. A client that sends faster than the ears hear waits."""

    def __init__(self, engines: Engines, settings: EndpointSettings, tell: Callable[[Fact], None]) -> None:
        """``tell`` gets what is heard, in order. Raises PortError where there is no memory for another stream."""
        self._endpoint = Endpoint(settings)
        self._settings = settings
        inbox: Mailbox[ListenerInput] = Mailbox("ears", 1, "fault")
        ear = engines.ear.stream()
        self._timer = ear if engines.words_timed and isinstance(ear, WordTimer) else None
        self._listener = listener_with(
            *(ear, inbox, tell, engines.vad.stream(), self._endpoint),
            # Where silence alone ends a turn, it does not matter how a phrase sounded.
            finality=None if settings.end_ms >= settings.unfinished_ms else engines.finality,
        )
        self._rest = np.zeros(0, np.float32)
        self._position = 0

    @property
    def in_turn(self) -> bool:
        """Whether somebody is speaking, or has just spoken."""
        return self._endpoint.in_turn

    @property
    def heard_s(self) -> float:
        """Seconds of sound that were heard."""
        return self._position / SAMPLE_RATE_HZ

    def times(self, text: str) -> tuple[WordTime, ...]:
        """When each word of ``text`` was said, in seconds of the client's sound. To be asked while a fact with these
        words is told. Empty where the ears cannot tell."""
        if self._timer is None:
            return ()
        begin_s = self._listener.utterance_start_s
        return tuple(
            WordTime(word.text, begin_s + word.start_s, begin_s + word.end_s) for word in self._timer.times(text)
        )

    def hear(self, samples: Samples) -> None:
        """Take sound at ``SAMPLE_RATE_HZ``, of any length."""
        whole = np.concatenate([self._rest, samples])
        end = len(whole) - len(whole) % FRAME_SAMPLES
        for at in range(0, end, FRAME_SAMPLES):
            self._listener.take(AudioFrame(whole[at : at + FRAME_SAMPLES], self._position))
            self._position += FRAME_SAMPLES
        self._rest = whole[end:]

    def end_turn(self) -> None:
        """End the turn that is under way, as silence would."""
        self.hear(np.zeros(-len(self._rest) % FRAME_SAMPLES, np.float32))
        longest_s = self._settings.unfinished_ms / 1000 + 1.0
        position = self._position
        silence = np.zeros(FRAME_SAMPLES, np.float32)
        while self.in_turn and self._position - position < longest_s * SAMPLE_RATE_HZ:
            self.hear(silence)


def with_silence(settings: EndpointSettings, end_ms: int) -> EndpointSettings:
    """Settings with which a turn ends after ``end_ms`` of silence and not before."""
    return replace(settings, end_ms=end_ms, unfinished_ms=max(end_ms, 1))
