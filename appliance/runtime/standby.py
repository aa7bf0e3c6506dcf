"""Tells visitors who speak that the appliance is out of order, while no conversation could be recorded.

The stand-by detects that a visitor spoke, not what they said. Nothing is understood, kept or acted upon.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from appliance.core.audio import SAMPLE_RATE_HZ, AudioFrame, Samples
from appliance.core.facts import Played, VoicedChunk
from appliance.core.mailbox import Mailbox, MailboxClosed
from appliance.core.ports import Microphone, Speaker, VadStream, Voice
from appliance.core.turn import Turn
from appliance.language import Language
from appliance.speaking.speak import say_all

_SPOKE_S = 0.4
"""Fewest seconds of speech that are a visitor's, not a noise"""

_OVER_S = 0.6
"""Seconds of silence after which the visitor has finished"""

_REST_S = 1.0
"""Seconds after its own sentence in which it ignores sound, because the echo fades"""

_SPEECH = 0.5
"""Probability by the VAD from which a window is speech"""

_WAITING = 100
"""Most frames that may wait; older ones are dropped"""


class OutOfOrder:
    """Says one sentence at once, and again to every visitor who speaks, until the reason is gone."""

    def __init__(
        self, microphone: Microphone, speaker: Speaker, vad: VadStream, voice: Voice, sentence: str, language: Language
    ) -> None:
        self._microphone = microphone
        self._speaker = speaker
        self._vad = vad
        self._sound = say_all(voice, sentence, language)
        self._heard: Mailbox[AudioFrame] = Mailbox("out of order", _WAITING, "drop_oldest")
        self._turn = 0
        self._said = threading.Event()
        """set once the sentence has left the speaker, or the speaker is lost"""
        self._rest()

    def settled(self) -> bool:
        """Whether no frame waits to be processed."""
        return not self._heard.busy

    def until(self, over: Callable[[], bool]) -> None:
        """Go on until ``over`` returns True, which is asked every half second or so, or until the recording that stands
        for a microphone ends. Raises PortError when there is no device."""
        self._speaker.start(self._played, lambda change: self._said.set())
        try:
            self._say()
            self._microphone.start(self._deliver, lambda change: None, self._heard.close)
            unasked = 0
            while True:
                frame = self._heard.get(timeout_s=0.5)
                if frame is not None:
                    unasked += len(frame.samples)
                    self._hear(frame)
                if frame is None or unasked >= SAMPLE_RATE_HZ // 2:
                    unasked = 0
                    if over():
                        return
        except MailboxClosed:
            return
        finally:
            self._microphone.stop()
            self._speaker.stop()

    def _deliver(self, frame: AudioFrame) -> None:
        self._heard.put(frame)

    def _played(self, fact: Played) -> None:
        if fact.finished:
            self._said.set()

    def _say(self) -> None:
        self._rest()
        self._said.clear()
        self._turn += 1
        turn = Turn(self._turn)
        self._speaker.write(VoicedChunk(turn.id, self._sound), turn)
        self._speaker.finish(turn)

    def _rest(self) -> None:
        self._waiting: Samples = np.zeros(0, np.float32)
        self._speech = self._silence = self._deaf = 0
        """samples of speech and of silence so far, and samples for which it still does not listen"""
        self._vad.reset()

    def _hear(self, frame: AudioFrame) -> None:
        if not self._said.is_set():
            self._deaf = round(_REST_S * SAMPLE_RATE_HZ)
            return
        if self._deaf > 0:
            self._deaf -= len(frame.samples)
            return
        self._waiting = np.concatenate([self._waiting, frame.samples])
        size = self._vad.window_samples
        while len(self._waiting) >= size:
            window, self._waiting = self._waiting[:size], self._waiting[size:]
            if self._vad.probability(window) >= _SPEECH:
                self._speech, self._silence = self._speech + size, 0
            else:
                self._silence += size
        if self._silence >= _OVER_S * SAMPLE_RATE_HZ:
            if self._speech >= _SPOKE_S * SAMPLE_RATE_HZ:
                self._say()
            else:
                self._speech = self._silence = 0
