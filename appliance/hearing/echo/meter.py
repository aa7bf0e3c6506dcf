"""Measures how well the loudspeaker is kept out of the microphone, which decides how much of barge-in is allowed.

Pure: it is told levels and samples and never reads a clock. An echo canceller can do little in some rooms (a
loudspeaker that distorts, two clocks that drift, a microphone in the same plastic). A visitor's speech over a reply
then cannot be told from the reply. So the ERLE is measured all the time, and barge-in has modes:

- ``full``: any speech over a reply counts.
- ``words``: only words that the reply itself is not saying count; a residue of echo has none of its own.
- ``half_duplex``: nothing counts but the emergency phrase, until the reply is over.
"""

from __future__ import annotations

import bisect
from collections import deque
from dataclasses import dataclass

import numpy as np

from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ

WINDOW_S = 0.1
"""Seconds in each window whose levels are compared"""

_PLAYING_DBFS = -50.0
"""level from which the loudspeaker is taken to be playing"""

_AUDIBLE_DB = 6.0
"""How far above the room's own noise an echo must be, in dB, for its cancellation to be measurable (or to matter)"""

_KEPT_WINDOWS = 80
"""Windows of playing that are kept: 8 s. That is long against a word, and short enough to follow a change of volume."""

FEWEST_WINDOWS = 8

_LONG_WINDOWS = 300
"""Windows of the room's noise that are kept: half a minute"""

_NOISE_QUANTILE = 0.05
"""Quantile of the levels that gives the room's noise. It is low because visitors speak for most of the time in which
nothing is played, and pause between words."""


@dataclass(frozen=True, slots=True)
class Echo:
    """What was measured of the echo."""

    loss_db: float | None
    """level of the echo at the microphone relative to the level played (negative: quieter); None while the microphone
    hears nothing of the loudspeaker"""
    erle_db: float | None
    """echo return loss enhancement: how much quieter the canceller makes the echo; None where there is no echo, or
    not enough was played yet"""
    residue_db: float | None
    """level of what is left of the echo relative to the room's own noise; None as for ``erle_db``"""
    windows: int = 0
    """number of windows of playing that were compared"""


class EchoMeter:
    """Follows levels before and after the canceller.

    Speech of a visitor over the reply makes single windows look badly cancelled, never well. So the ERLE is the upper
    quartile over the windows of the last seconds. It holds while a visitor talks over up to half of them.
    """

    def __init__(self) -> None:
        self._playing: deque[tuple[float, float, float]] = deque(maxlen=_KEPT_WINDOWS)
        self._noise: deque[float] = deque()
        self._ordered_noise: list[float] = []
        """the same levels by size, because the quantile is wanted for every window, also on a line where nothing is
        said"""

    def see(self, played_dbfs: float, heard_dbfs: float, cleaned_dbfs: float) -> Echo:
        """Take the levels of one window of ``WINDOW_S``: of the loudspeaker (aligned with its echo), of the
        microphone, and of what the canceller made of that."""
        if played_dbfs > _PLAYING_DBFS:
            self._playing.append((played_dbfs, heard_dbfs, cleaned_dbfs))
        elif played_dbfs < _PLAYING_DBFS - 20:
            self._noise.append(heard_dbfs)
            bisect.insort(self._ordered_noise, heard_dbfs)
            if len(self._noise) > _LONG_WINDOWS:
                del self._ordered_noise[bisect.bisect_left(self._ordered_noise, self._noise.popleft())]
        return self.echo

    @property
    def noise_dbfs(self) -> float:
        """Level of the room without speech."""
        levels = self._ordered_noise
        if not levels:
            return -60.0
        at, part = divmod(_NOISE_QUANTILE * (len(levels) - 1), 1)
        low, high = levels[int(at)], levels[min(int(at) + 1, len(levels) - 1)]
        return low + part * (high - low)

    @property
    def echo(self) -> Echo:
        if len(self._playing) < FEWEST_WINDOWS:
            return Echo(None, None, None, len(self._playing))
        played, heard, cleaned = np.array(self._playing).T
        noise = self.noise_dbfs
        audible = heard > noise + _AUDIBLE_DB
        if np.count_nonzero(audible) < max(FEWEST_WINDOWS / 2, 0.3 * len(played)):
            return Echo(None, None, None, len(played))
        played, heard, cleaned = played[audible], heard[audible], cleaned[audible]
        return Echo(
            loss_db=float(np.median(heard - played)),
            erle_db=float(np.quantile(heard - cleaned, 0.75)),
            residue_db=float(np.quantile(cleaned, 0.25) - noise),
            windows=len(self._playing),
        )


# --- the residue ----------------------------------------------------------------------------------------------------

_MARGIN_DB = 10.0
"""How far above the expected residue, in dB, a sound must be to count as speech; residues vary by some 6 dB about their
level"""

_PRESUMED_ERLE_DB = 15.0
_PRESUMED_LOSS_DB = 0.0
"""Loss that is assumed before anything was measured: a loud echo and a canceller that has just begun"""


def residue_dbfs(played_dbfs: float, echo: Echo) -> float:
    """The level up to which the canceller's output may be a residue of the echo, after something was played at
    ``played_dbfs``."""
    if echo.windows >= FEWEST_WINDOWS and echo.erle_db is None:
        return -120.0
    loss_db = _PRESUMED_LOSS_DB if echo.loss_db is None else echo.loss_db
    erle_db = _PRESUMED_ERLE_DB if echo.erle_db is None else echo.erle_db
    return played_dbfs + loss_db - erle_db + _MARGIN_DB


_ABOVE_NOISE_DB = 12.0
"""How far above the room's own noise, in dB, a sound must be to count"""

_NEWS_DB = 6.0
"""How far above the sound just before it, in dB, a sound must be to be new"""

_FORGOTTEN_DB_PER_S = 3.0
_JUST_S = 0.1
"""Seconds within which a sound that rises slowly is still the same sound"""


class NewSoundDetector:
    """Finds new sounds, for which a reply is made quieter before it is known what they are.

    A sound that goes on is not new. Talk in a hall, a machine or a dog that goes on barking is usual after a tenth of a
    second, and a reply that was quieter for each of its peaks would be quieter all the time.
    """

    def __init__(self) -> None:
        self._just: deque[float] = deque()
        self._usual_dbfs = -120.0

    def hear(self, level_dbfs: float, residue_dbfs: float, noise_dbfs: float) -> bool:
        """Whether a frame of this level is a new sound, above the echo's residue and the room's noise."""
        self._just.append(level_dbfs)
        self._usual_dbfs -= _FORGOTTEN_DB_PER_S * FRAME_SAMPLES / SAMPLE_RATE_HZ
        if len(self._just) > _JUST_S * SAMPLE_RATE_HZ / FRAME_SAMPLES:
            self._usual_dbfs = max(self._usual_dbfs, self._just.popleft())
        return level_dbfs > max(residue_dbfs, noise_dbfs + _ABOVE_NOISE_DB, self._usual_dbfs + _NEWS_DB)

    def forget(self) -> None:
        """Forget the last sound. It was the visitor's speech, so the next such sound is new as well."""
        self._just.clear()
        self._usual_dbfs = -120.0
