"""How loud and how fast the appliance speaks with one visitor. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

MannerWish = Literal["louder", "quieter", "slower", "faster"]
"""What a visitor may ask of the voice"""

_STEP_DB, _QUIETEST_DB, _LOUDEST_DB = 4.0, -8.0, 8.0
_STEP = 0.85
"""Change of the pace with each wish"""

SLOWEST, FASTEST = 0.6, 1.4
"""Limits of the pace: what is still easily understood"""


@dataclass(frozen=True, slots=True)
class Manner:
    """The voice's manner, relative to what the box is set to."""

    gain_db: float = 0.0
    """level of the speech"""
    pace: float = 1.0
    """words per time"""

    def changed(self, wishes: Iterable[MannerWish]) -> Manner:
        """The manner after a visitor's wishes, a step at a time."""
        manner = self
        for wish in sorted(wishes):
            match wish:
                case "louder":
                    manner = replace(manner, gain_db=min(_LOUDEST_DB, manner.gain_db + _STEP_DB))
                case "quieter":
                    manner = replace(manner, gain_db=max(_QUIETEST_DB, manner.gain_db - _STEP_DB))
                case "slower":
                    manner = replace(manner, pace=max(SLOWEST, round(manner.pace * _STEP, 3)))
                case "faster":
                    manner = replace(manner, pace=min(FASTEST, round(manner.pace / _STEP, 3)))
        return manner


PLAIN = Manner()
"""as the box is set"""
