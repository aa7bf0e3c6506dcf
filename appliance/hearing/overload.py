"""Detects a machine that is too busy for real time, by the audio that is lost."""

from __future__ import annotations

from collections import deque

from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.core.facts import AudioDropped, Fact

TOO_BUSY = "this machine is too busy for real time"

_WINDOW_S = 10.0
_LOST_S = 1.0
"""Seconds of audio lost within the window from which the machine is too busy"""
_AGAIN_S = 60.0
"""Fewest seconds between two sentences"""


class Overload:
    """Counts the audio that an appliance's facts say was lost."""

    def __init__(self) -> None:
        self._lost: deque[tuple[float, float]] = deque()
        """stream time of each loss, and seconds of audio lost"""
        self._told_s = -_AGAIN_S

    def see(self, fact: Fact) -> str | None:
        """Take a fact. Returns a sentence for the operator when the machine is too busy, else None."""
        if not isinstance(fact, AudioDropped):
            return None
        self._lost.append((fact.at_s, fact.samples / SAMPLE_RATE_HZ))
        while self._lost[0][0] < fact.at_s - _WINDOW_S:
            self._lost.popleft()
        lost_s = sum(seconds for _, seconds in self._lost)
        if lost_s < _LOST_S or fact.at_s - self._told_s < _AGAIN_S:
            return None
        self._told_s = fact.at_s
        return f"{TOO_BUSY}: {lost_s:.1f} s of the last {_WINDOW_S:.0f} s of sound were lost"
