"""How well the loudspeaker is kept out of the microphone, and how much of barge-in that allows.

Pure: it is told levels and samples and never reads a clock. An echo canceller can do little in some rooms (a
loudspeaker that distorts, two clocks that drift, a microphone in the same plastic), and then a visitor's speech over a
reply cannot be told from the reply. So what it achieves is measured all the time, and barge-in has modes:

- ``full``: any speech over a reply counts.
- ``words``: only words that the reply itself is not saying count; a residue of echo has none of its own.
- ``half_duplex``: nothing counts but the emergency phrase, until the reply is over.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ

WINDOW_S = 0.1
"""length of the pieces whose levels are compared"""

_PLAYING_DBFS = -50.0
"""level from which the loudspeaker is taken to be playing"""

_AUDIBLE_DB = 6.0
"""how far above the room's own noise an echo must be for its cancellation to be measurable (or to matter)"""

_KEPT_WINDOWS = 80
"""8 s of playing: long against a word, short against somebody who turns the volume up"""

FEWEST_WINDOWS = 8

_LONG_WINDOWS = 300
"""of the room's noise: half a minute"""

_NOISE_QUANTILE = 0.05
"""low, because visitors speak for most of the time in which nothing is played, and pause between words"""


@dataclass(frozen=True, slots=True)
class Echo:
    """What was measured of the echo."""

    loss_db: float | None
    """level of the echo at the microphone against the level played (negative: quieter); None while nothing is heard
    of the loudspeaker"""
    erle_db: float | None
    """echo return loss enhancement: how much quieter the canceller makes the echo; None where there is no echo, or
    not enough was played yet"""
    residue_db: float | None
    """what is left of the echo against the room's own noise; as above"""
    windows: int = 0
    """of playing that were compared"""


class EchoMeter:
    """Follows levels before and after the canceller.

    Speech of a visitor over the reply makes single windows look badly cancelled, never well: of the windows of the
    last seconds the ERLE is the upper quartile, which holds while somebody talks over up to half of them.
    """

    def __init__(self) -> None:
        self._playing: deque[tuple[float, float, float]] = deque(maxlen=_KEPT_WINDOWS)
        self._noise: deque[float] = deque(maxlen=_LONG_WINDOWS)

    def see(self, played_dbfs: float, heard_dbfs: float, cleaned_dbfs: float) -> Echo:
        """Take the levels of one window of ``WINDOW_S``: of the loudspeaker (aligned with its echo), of the
        microphone, and of what the canceller made of that."""
        if played_dbfs > _PLAYING_DBFS:
            self._playing.append((played_dbfs, heard_dbfs, cleaned_dbfs))
        elif played_dbfs < _PLAYING_DBFS - 20:
            self._noise.append(heard_dbfs)
        return self.echo

    @property
    def noise_dbfs(self) -> float:
        """Level of the room while nobody speaks."""
        return float(np.quantile(self._noise, _NOISE_QUANTILE)) if self._noise else -60.0

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
"""how far above the expected residue sound must be to be somebody's: residues vary by some 6 dB about their level"""

_PRESUMED_ERLE_DB = 15.0
_PRESUMED_LOSS_DB = 0.0
"""before anything was measured: a loud echo and a canceller that has just begun"""


def residue_dbfs(played_dbfs: float, echo: Echo) -> float:
    """The level up to which what comes out of the canceller may be left of the echo of something played at
    ``played_dbfs``."""
    if echo.windows >= FEWEST_WINDOWS and echo.erle_db is None:
        return -120.0
    loss_db = _PRESUMED_LOSS_DB if echo.loss_db is None else echo.loss_db
    erle_db = _PRESUMED_ERLE_DB if echo.erle_db is None else echo.erle_db
    return played_dbfs + loss_db - erle_db + _MARGIN_DB


_ABOVE_NOISE_DB = 12.0
"""how far above the room's own noise a sound must be to be one"""

_NEWS_DB = 6.0
"""how far above what was just heard a sound must be to be news"""

_FORGOTTEN_DB_PER_S = 3.0
_JUST_S = 0.1
"""within which a sound that rises slowly is still the same"""


class NewSoundDetector:
    """Which sounds are worth making a reply quieter before anybody knows what they are.

    The first of their kind: talk in a hall, a machine or a dog that goes on barking is usual after a tenth of a second,
    and a reply that was quieter for each of its peaks would be quieter all the time.
    """

    def __init__(self) -> None:
        self._just: deque[float] = deque()
        self._usual_dbfs = -120.0

    def hear(self, level_dbfs: float, residue_dbfs: float, noise_dbfs: float) -> bool:
        """Whether a frame of this level is news, above what may be left of the echo and the room's noise."""
        self._just.append(level_dbfs)
        self._usual_dbfs -= _FORGOTTEN_DB_PER_S * FRAME_SAMPLES / SAMPLE_RATE_HZ
        if len(self._just) > _JUST_S * SAMPLE_RATE_HZ / FRAME_SAMPLES:
            self._usual_dbfs = max(self._usual_dbfs, self._just.popleft())
        return level_dbfs > max(residue_dbfs, noise_dbfs + _ABOVE_NOISE_DB, self._usual_dbfs + _NEWS_DB)

    def forget(self) -> None:
        """What was heard was somebody who speaks to the appliance: it is news the next time, too."""
        self._just.clear()
        self._usual_dbfs = -120.0
