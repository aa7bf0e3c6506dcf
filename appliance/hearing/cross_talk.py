"""Who stands before the appliance, and who talks behind them.

Pure. One microphone knows no direction, but it knows loudness: speech loses 6 dB with each doubling of its distance,
so somebody who talks across a hall is some 15 dB below the visitor at the counter. The visitor's level is learnt from
what they said and was understood, and speech that begins far below it is somebody else's.

Speech that is not so far below, or that no gate shuts out, may still be an *aside*: it is understood, but a reply does
not fall silent for it, and it takes more words to interrupt (``dialogue``).

Where voices are compared as well (``voices``), after a second of speech: another voice is an aside when it is somewhat
quieter than the visitor's, and the visitor's own is none, however quiet. What is remembered of the visitor's voice is
the mean over the turns that were understood, for as long as the conversation lasts.

That is all it knows. Somebody as loud as the visitor steers the appliance as the visitor does, and a visitor who steps
back or lowers their voice beyond the gate is not heard until the conversation is over or they come back. The emergency
phrase, called across the hall, is not heard either while a conversation is going on: sites that rely on that leave the
gate off, which is the default.
"""

from __future__ import annotations

from collections import deque
from typing import Literal

import numpy as np

from appliance.core.audio import Samples

_REMEMBERED_TURNS = 4
"""visitors turn their heads and step about: the loudest of so many turns is their level"""

_LOUD_QUANTILE = 0.9
"""of a turn's windows: its stressed vowels, which stay the same however many pauses it has"""

_ASIDE_DB = 12.0
"""Of 12 people's interruptions the first window that sounded like speech was within 6 dB of their usual level, of
talk across a hall 14 dB below it and more"""

_RISING_DB = 12.0
"""How much quieter the first hundredths of a second may be than the speech that follows"""

_ANOTHER = 0.64
"""Similarity below which a second of speech is of another voice: on 82 people of the fitted half of
``evaluation.voices`` 91 % of others' and 4 % of their own, in noise or a room 75 to 89 and 5 to 11 %"""

_ALIKE = 0.75
"""and from which it is the visitor's, however quiet: others' are in 1 % of cases, in noise or a room in 1 to 2 %"""

_SOMEWHAT_DB = 5.0
"""How much quieter than the visitor another voice is an aside: of 71 people who read two sentences, 2 % spoke the
second so much more quietly"""

Whose = Literal["visitor", "another"]


def whose(similarity: float, level_db: float) -> Whose | None:
    """Whose speech it is that is so similar to the visitor's voice and so much louder than they; None where that does
    not tell. Somebody else who is as loud stands beside the visitor and is heard."""
    if similarity >= _ALIKE:
        return "visitor"
    return "another" if similarity < _ANOTHER and level_db < -_SOMEWHAT_DB else None


class Proximity:
    """Follows one conversation."""

    def __init__(self, gate_db: float) -> None:
        """Speech that begins more than ``gate_db`` below the visitor's level is not theirs; 0 lets everybody pass."""
        self._gate_db = gate_db
        self._turn: list[float] = []
        self._levels: deque[float] = deque(maxlen=_REMEMBERED_TURNS)
        self._turn_voice: Samples | None = None
        self._voice: Samples | None = None
        """sums of unit vectors; none before a voice was heard for long enough"""
        self._whose: Whose | None = None
        self._learns = True

    def open(self) -> None:
        """Another visitor: forget the one before."""
        self._forget()
        self._learns = True

    def close(self) -> None:
        """Nobody is there: forget the visitor, and learn nothing of whom is heard until somebody is."""
        self._forget()
        self._learns = False

    def _forget(self) -> None:
        self._turn.clear()
        self._levels.clear()
        self._voice = self._turn_voice = self._whose = None

    def hear(self, level_dbfs: float) -> None:
        """One window of a turn."""
        self._turn.append(level_dbfs)

    def recognize(self, voice: Samples) -> None:
        """The voice (a unit vector) of the turn's last second or two."""
        self._turn_voice = voice if self._turn_voice is None else self._turn_voice + voice
        if self._voice is not None and self._levels and self._turn:
            self._whose = whose(_cosine(self._turn_voice, self._voice), self._level() - max(self._levels))

    @property
    def is_another(self) -> bool:
        """Whether the turn is somebody else's by its voice and loudness."""
        return self._whose == "another"

    def turn_ended(self, understood: bool, aside: bool = False) -> None:
        """The turn is over; one without words, or an aside, says nothing about the visitor."""
        if self._learns and understood and self._turn and not aside:
            self._levels.append(self._level())
            if self._turn_voice is not None:
                voice = self._turn_voice / np.linalg.norm(self._turn_voice)
                self._voice = voice if self._voice is None else self._voice + voice
        self._turn.clear()
        self._turn_voice = self._whose = None

    def _level(self) -> float:
        return float(np.quantile(self._turn, _LOUD_QUANTILE))

    def is_far(self, level_dbfs: float) -> bool:
        """Whether speech that begins with such a window is somebody else's."""
        return bool(self._gate_db and self._levels) and level_dbfs < max(self._levels) - self._gate_db

    def is_aside(self, level_dbfs: float, *, rising: bool = False) -> bool:
        """Whether speech of this level is much quieter than the visitor's; ``rising``: it may only be beginning."""
        match self._whose:
            case "visitor":
                return False
            case "another":
                margin_db = 0.0
            case None:
                margin_db = _ASIDE_DB + (_RISING_DB if rising else 0.0)
        return bool(self._levels) and level_dbfs < max(self._levels) - margin_db


def _cosine(one: Samples, other: Samples) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))
