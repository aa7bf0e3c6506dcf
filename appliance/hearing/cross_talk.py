"""Tells the visitor's speech from cross-talk, by loudness and voice.

Pure. One microphone knows no direction, but it knows loudness. Speech loses 6 dB with each doubling of its distance,
so a person who talks across a hall is some 15 dB below the visitor at the counter. This module learns the visitor's
level from the turns that were understood. It attributes speech that begins far below that level to another person.

Speech that is not so far below, or that no gate shuts out, may still be an *aside*. An aside is understood, but a reply
does not fall silent for it, and it takes more words to interrupt (``dialogue``).

Where voices are compared as well (``speaker_features``), they are compared after a second of speech. Another voice is
then an aside when it is somewhat quieter than the visitor's. The visitor's own voice is never an aside, however quiet.
The visitor's voice is remembered as the mean over the turns that were understood, until the conversation ends.

This has limits. A person as loud as the visitor steers the appliance as the visitor does. A visitor who steps back or
lowers their voice beyond the gate is not heard until the conversation is over or they come back. The emergency phrase,
called across the hall, is not heard either while a conversation is going on. Sites that rely on that phrase leave the
gate off, which is the default.
"""

from __future__ import annotations

from collections import deque
from typing import Literal

import numpy as np

from appliance.core.audio import Samples

_REMEMBERED_TURNS = 4
"""Turns of which the loudest gives the visitor's level, because visitors turn their heads and step about"""

_LOUD_QUANTILE = 0.9
"""Quantile of the levels of a turn's windows that gives its level. It falls on the stressed vowels, which stay the
same however many pauses the turn has."""

_ASIDE_DB = 12.0
"""How far below the visitor's level speech is an aside, in dB. In the interruptions of 12 people the first window that
sounded like speech was within 6 dB of their usual level. Talk across a hall was 14 dB or more below it."""

_RISING_DB = 12.0
"""How much quieter the first hundredths of a second may be than the speech that follows, in dB"""

_ANOTHER = 0.64
"""Cosine similarity below which a second of speech is of another voice. On 82 people of the fitted half of
``bench.workbench.speaker_recognition``, 91 % of others' speech and 4 % of their own is below it. In noise or a room
75 to 89 % and 5 to 11 % are."""

_ALIKE = 0.75
"""Cosine similarity from which speech is the visitor's, however quiet. Others' speech reaches it in 1 % of cases, in
noise or a room in 1 to 2 %."""

_SOMEWHAT_DB = 5.0
"""How much quieter than the visitor another voice must be to be an aside, in dB. Of 71 people who read two sentences,
2 % spoke the second so much more quietly."""

Whose = Literal["visitor", "another"]


def whose(similarity: float, level_db: float) -> Whose | None:
    """Attribute speech by its similarity to the visitor's voice and its level in dB relative to the visitor's. Returns
    None where these do not tell. Another person who is as loud stands beside the visitor and is heard."""
    if similarity >= _ALIKE:
        return "visitor"
    return "another" if similarity < _ANOTHER and level_db < -_SOMEWHAT_DB else None


class Proximity:
    """Follows the levels and voices of one conversation."""

    def __init__(self, gate_db: float) -> None:
        """Speech that begins more than ``gate_db`` below the visitor's level is not theirs; 0 switches the gate off."""
        self._gate_db = gate_db
        self._turn: list[float] = []
        self._levels: deque[float] = deque(maxlen=_REMEMBERED_TURNS)
        self._turn_voice: Samples | None = None
        self._voice: Samples | None = None
        """sum of the unit vectors of the visitor's turns; None before a voice was heard for long enough"""
        self._whose: Whose | None = None
        self._learns = True

    def open(self) -> None:
        """Forget the previous visitor, because another conversation begins."""
        self._forget()
        self._learns = True

    def close(self) -> None:
        """Forget the visitor, who has left, and learn nothing from speech until ``open`` is called."""
        self._forget()
        self._learns = False

    def _forget(self) -> None:
        self._turn.clear()
        self._levels.clear()
        self._voice = self._turn_voice = self._whose = None

    def hear(self, level_dbfs: float) -> None:
        """Take the level of one window of a turn."""
        self._turn.append(level_dbfs)

    def recognize(self, voice: Samples) -> None:
        """Take the voice (a unit vector) of the turn's last second or two."""
        self._turn_voice = voice if self._turn_voice is None else self._turn_voice + voice
        if self._voice is not None and self._levels and self._turn:
            self._whose = whose(_cosine(self._turn_voice, self._voice), self._level() - max(self._levels))

    @property
    def is_another(self) -> bool:
        """Whether the turn is another person's, by its voice and loudness."""
        return self._whose == "another"

    def turn_ended(self, understood: bool, aside: bool = False) -> None:
        """Close the turn. A turn without words, or an aside, says nothing about the visitor."""
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
        """Whether speech that begins with a window of this level is another person's."""
        return bool(self._gate_db and self._levels) and level_dbfs < max(self._levels) - self._gate_db

    def is_aside(self, level_dbfs: float, *, rising: bool = False) -> bool:
        """Whether speech of this level is much quieter than the visitor's. With ``rising`` it may only be beginning."""
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
