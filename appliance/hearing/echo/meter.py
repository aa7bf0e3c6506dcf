"""How well the loudspeaker is kept out of the microphone, and how much of barge-in that allows.

Pure: it is told levels and samples and never reads a clock. An echo canceller can do little in some rooms (a
loudspeaker that distorts, two clocks that drift, a microphone in the same plastic), and then a visitor's speech over a
reply cannot be told from the reply. So what it achieves is measured all the time, and barge-in is allowed by rungs:

- ``full``: any speech over a reply counts.
- ``words``: only words that the reply itself is not saying count; a residue of echo has none of its own.
- ``half_duplex``: nothing counts but the emergency phrase, until the reply is over.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from appliance.core.facts import FRAME_SAMPLES, SAMPLE_RATE_HZ, Rung, Samples

WINDOW_S = 0.1
"""length of the pieces whose levels are compared"""

_PLAYING_DBFS = -50.0
"""level from which the loudspeaker is taken to be playing"""

_AUDIBLE_DB = 6.0
"""how far above the room's own noise an echo must be for its cancellation to be measurable (or to matter)"""

_KEPT_WINDOWS = 80
"""8 s of playing: long against a word, short against somebody who turns the volume up"""

_FEWEST_WINDOWS = 8

_LONG_WINDOWS = 300
"""of the room's noise: half a minute"""

_NOISE_QUANTILE = 0.05
"""low, because visitors speak for most of the time in which nothing is played, and pause between words"""


def level_dbfs(samples: Samples) -> float:
    """RMS level; full scale is 0, digital silence -120."""
    power = float(np.mean(np.square(samples))) if len(samples) else 0.0
    return float(10 * np.log10(power + 1e-12))


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
        if len(self._playing) < _FEWEST_WINDOWS:
            return Echo(None, None, None, len(self._playing))
        played, heard, cleaned = np.array(self._playing).T
        noise = self.noise_dbfs
        audible = heard > noise + _AUDIBLE_DB
        if np.count_nonzero(audible) < max(_FEWEST_WINDOWS / 2, 0.3 * len(played)):
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
    if echo.windows >= _FEWEST_WINDOWS and echo.erle_db is None:
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


class Alertness:
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


# --- the delay ------------------------------------------------------------------------------------------------------

REFERENCE_LAG_S = 0.03
"""A device takes blocks ahead of time and a resampler gives them late, so what was played is compared with the
microphone this much late. That is less than any loudspeaker's and microphone's buffers add up to, so it never comes
after its own echo."""

LONGEST_DELAY_S = 0.6
"""what is looked for: Bluetooth loudspeakers are at 0.2 to 0.4 s"""

_BAND_HZ = (350.0, 5900.0)
_CLEAR = 8.0
"""peak of the cross-correlation against its standard deviation from which it is a delay; 30 windows without any echo
gave at most 5"""


def delay_s(reference: Samples, microphone: Samples) -> float | None:
    """By how much ``microphone`` is later than ``reference``, both beginning at the same time; None when nothing of
    the one is in the other.

    Generalised cross-correlation with phase transform (Knapp and Carter 1976): all frequencies weigh the same, so the
    peak is sharp in a reverberant room.
    """
    longest = round(LONGEST_DELAY_S * SAMPLE_RATE_HZ)
    size = 1 << (len(reference) + longest).bit_length()
    cross = np.fft.rfft(microphone, size) * np.conj(np.fft.rfft(reference, size))
    hz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ)
    cross[(hz < _BAND_HZ[0]) | (hz > _BAND_HZ[1])] = 0
    correlation = np.fft.irfft(cross / (np.abs(cross) + 1e-3 * float(np.abs(cross).mean()) + 1e-20), size)[:longest]
    peak = int(np.argmax(correlation))
    spread = float(np.std(correlation))
    return peak / SAMPLE_RATE_HZ if spread > 0 and correlation[peak] > _CLEAR * spread else None


def calibration_sound(rate_hz: int, level_dbfs: float = -38.0, seconds: float = 0.8) -> Samples:
    """A soft rushing, the same every time: noise between 300 and 6000 Hz that swells and fades."""
    count = round(seconds * rate_hz)
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal(count))
    hz = np.fft.rfftfreq(count, 1 / rate_hz)
    spectrum[(hz < 300) | (hz > min(6000, 0.45 * rate_hz))] = 0
    noise = np.fft.irfft(spectrum, count) * np.sin(np.pi * np.arange(count) / count)
    scaled: Samples = (noise * 10 ** (level_dbfs / 20) / np.sqrt(np.mean(np.square(noise)))).astype(np.float32)
    return scaled


# --- the ladder -----------------------------------------------------------------------------------------------------

_RUNGS: tuple[Rung, ...] = ("half_duplex", "words", "full")

_FULL_ERLE_DB = 12.0
"""a residue of an echo as loud as the visitor is then 12 dB below them"""

_WORDS_ERLE_DB = 6.0
_HYSTERESIS_DB = 2.0

_HARMLESS_RESIDUE_DB = 4.0
"""a residue this little above the room's noise starts nothing, whatever the ERLE (which cannot exceed the distance of
the echo from the noise)"""

_DOWN_WINDOWS, _UP_WINDOWS = 5, 40
"""windows of playing in a row that must agree before the ladder is climbed down or up: half a second; four seconds, in
which a canceller has learned all but the liveliest rooms"""


class Ladder:
    """Which rung the measurements allow; "words" until they are known."""

    def __init__(self) -> None:
        self.rung: Rung = "words"
        self._wish: Rung = "words"
        self._agreed = 0

    def see(self, echo: Echo) -> bool:
        """Take the measurement after one more window of playing. True when the rung changed."""
        wish = self._allowed(echo)
        self._agreed = self._agreed + 1 if wish == self._wish else 1
        self._wish = wish
        if wish == self.rung:
            return False
        down = _RUNGS.index(wish) < _RUNGS.index(self.rung)
        if self._agreed < (_DOWN_WINDOWS if down else _UP_WINDOWS):
            return False
        self.rung, self._agreed = wish, 0
        return True

    def _allowed(self, echo: Echo) -> Rung:
        if echo.erle_db is None or echo.residue_db is None or echo.residue_db <= _HARMLESS_RESIDUE_DB:
            return "full" if echo.windows >= _FEWEST_WINDOWS else self.rung
        # To climb back up takes a little more than to stay.
        margin = {rung: _HYSTERESIS_DB * (_RUNGS.index(self.rung) < _RUNGS.index(rung)) for rung in _RUNGS}
        if echo.erle_db >= _FULL_ERLE_DB + margin["full"]:
            return "full"
        return "words" if echo.erle_db >= _WORDS_ERLE_DB + margin["words"] else "half_duplex"
