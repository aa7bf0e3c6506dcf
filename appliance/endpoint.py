"""When somebody speaks, and when their turn is over.

Pure: it is told the probability of speech for one window of audio and the stream time at the window's end, and never
reads a clock, so a recording gives the same answer at any speed.

The silence that ends a turn depends on whether the words so far sound complete. Only a language model can tell, and
it answers late and asynchronously, so the opinion is a value that may arrive at any time (``judge``); until it does,
the turn is taken to be as likely complete as not.
"""

from __future__ import annotations

from typing import Literal

from appliance.config import EndpointSettings

Change = Literal["started", "paused", "resumed", "ended"]

_RELEASE = 0.15
"""How far below the threshold speech must fall to count as silence (hysteresis, as in silero's own iterator)."""

_PAUSE_S = 0.1
"""Silence after which the speaker has paused; shorter gaps are stops inside words."""


class Endpoint:
    """Follows one microphone. ``hear`` returns what changed with a window, or None."""

    def __init__(self, settings: EndpointSettings) -> None:
        self._settings = settings
        self._state: Literal["silent", "speaking", "paused"] = "silent"
        self._onset_s: float | None = None
        self._complete = 0.5
        self.speech_start_s = 0.0
        """when the current or last turn's first speech began"""
        self.speech_end_s = 0.0
        """when the last speech so far ended"""

    @property
    def in_turn(self) -> bool:
        """Whether a turn has started and not ended."""
        return self._state != "silent"

    def judge(self, complete: float) -> None:
        """Take the probability that the words so far are a complete turn; holds until the speaker resumes."""
        if self._state == "paused":
            self._complete = complete

    def silence_needed_s(self) -> float:
        """Seconds of silence after which the turn ends, given the words' completeness."""
        short, long = self._settings.end_ms / 1000, self._settings.unfinished_ms / 1000
        return long + (short - long) * min(1.0, self._complete / 0.5)

    def hear(self, probability: float, start_s: float, end_s: float) -> Change | None:
        """Take one window that lasted from ``start_s`` to ``end_s`` (stream seconds)."""
        speech = probability >= self._settings.speech_threshold
        silence = probability < self._settings.speech_threshold - _RELEASE
        if self._state == "silent":
            return self._hear_silent(speech, silence, start_s, end_s)
        if end_s - self.speech_start_s >= self._settings.longest_s:
            return self._end()
        if speech:
            self.speech_end_s = end_s
            if self._state == "paused":
                self._state = "speaking"
                return "resumed"
            return None
        if self._state == "speaking":
            if not silence:
                self.speech_end_s = end_s
            elif end_s - self.speech_end_s >= _PAUSE_S:
                self._state = "paused"
                self._complete = 0.5
                return "paused"
            return None
        return self._end() if end_s - self.speech_end_s >= self.silence_needed_s() else None

    def _hear_silent(self, speech: bool, silence: bool, start_s: float, end_s: float) -> Change | None:
        if speech and self._onset_s is None:
            self._onset_s = start_s
        elif silence:
            self._onset_s = None
        # A window's length of tolerance: durations are multiples of it and must not miss by a rounding error.
        if self._onset_s is None or end_s - self._onset_s < self._settings.start_ms / 1000 - 1e-6:
            return None
        self.speech_start_s, self.speech_end_s = self._onset_s, end_s
        self._state, self._onset_s = "speaking", None
        return "started"

    def _end(self) -> Change:
        self._state = "silent"
        return "ended"
