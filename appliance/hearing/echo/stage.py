"""Takes the appliance's own voice out of microphone frames, and reports how well that works."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame, Samples, level_dbfs
from appliance.core.facts import BargeInModeChanged, EchoMeasured, Fact
from appliance.core.ports import EchoCanceller
from appliance.hearing.echo.barge_in_mode import BargeInModeSelector
from appliance.hearing.echo.delay import LONGEST_DELAY_S, REFERENCE_LAG_S, delay_s
from appliance.hearing.echo.meter import WINDOW_S, Echo, EchoMeter, NewSoundDetector, residue_dbfs

_WINDOW_FRAMES = round(WINDOW_S * SAMPLE_RATE_HZ / FRAME_SAMPLES)

_DELAY_S = 1.5
"""Seconds of audio that a delay is measured on"""

_REPORT_S = 2.0
"""Seconds of playing between two reports, and between two measurements of the delay"""

_AFTERGLOW_S = 1.0
"""Seconds after the last sound that was played in which the canceller still works: the longest delay and a long
reverberation. Then the microphone is passed on as it is, and an idle appliance spends no processor time on it."""

_CLEAR_DB = 10.0
"""How far above the loudest residue of the last seconds, in dB, a sound must be to be acted on at once"""

_LEFT_WINDOWS, _FEWEST_LEFT_WINDOWS = 80, 10
_ONSET_WINDOWS = 4
_PRESUMED_LEFT_DBFS = -40.0
"""Level of the residue that is assumed as long as nothing was played"""

_SILENT_DBFS = -80.0
"""Level of the reference at which nothing is played"""


class EchoStage:
    """Cleans the frames, as part of the ``listen`` thread's work."""

    def __init__(
        self,
        canceller: EchoCanceller,
        reference: Callable[[int, int], Samples],
        tell: Callable[[Fact], None],
        *,
        always: bool = False,
    ) -> None:
        """``reference`` gives what was played for a microphone position and a count. ``always``: also process when
        nothing is played, for noise suppression and gain control."""
        self._canceller = canceller
        self._reference = reference
        self._tell = tell
        self._always = always
        self._meter = EchoMeter()
        self._echo = self._meter.echo
        self._noise_dbfs = self._meter.noise_dbfs
        self._mode_selector = BargeInModeSelector()
        self._new_sounds = NewSoundDetector()
        self._left_dbfs: deque[float] = deque(maxlen=_LEFT_WINDOWS)
        """levels of the echo's residue while no visitor spoke"""
        self._loudest_left_dbfs = _PRESUMED_LEFT_DBFS
        self._announced = self._speech = False
        self._delay_s: float | None = None
        self._frames: list[tuple[Samples, Samples, Samples]] = []
        self._last: deque[tuple[Samples, Samples]] = deque(
            maxlen=round((_DELAY_S + LONGEST_DELAY_S) * SAMPLE_RATE_HZ / FRAME_SAMPLES)
        )
        self._played_dbfs: deque[float] = deque([_SILENT_DBFS], maxlen=round(LONGEST_DELAY_S / WINDOW_S) + 1)
        self._since_sound = SAMPLE_RATE_HZ * 60
        self._since_report_s = 0.0

    def clean(self, frame: AudioFrame) -> Samples:
        """The frame without echo."""
        if not self._announced:
            self._announced = True
            self._tell(BargeInModeChanged(self._mode_selector.mode, None, frame.end_s))
        played = self._reference(frame.position, len(frame.samples))
        sounding = level_dbfs(played) > _SILENT_DBFS
        self._since_sound = 0 if sounding else self._since_sound + len(played)
        if self._since_sound > _AFTERGLOW_S * SAMPLE_RATE_HZ and not self._always:
            cleaned = frame.samples
        else:
            cleaned = self._canceller.cancel(played, frame.samples)
        self._last.append((played, frame.samples))
        self._frames.append((played, frame.samples, cleaned))
        if len(self._frames) == _WINDOW_FRAMES:
            self._measure(frame.end_s)
            self._frames.clear()
        return cleaned

    @property
    def echo(self) -> Echo:
        """The current measurement."""
        return self._echo

    @property
    def playing(self) -> bool:
        """Whether an echo may sound in the room."""
        return max(self._played_dbfs) > _SILENT_DBFS

    def may_be_echo(self, cleaned_dbfs: float) -> bool:
        """Whether the output of ``clean`` is, in part, no louder than the echo's residue may be."""
        return self.playing and cleaned_dbfs < residue_dbfs(max(self._played_dbfs), self._echo)

    def is_clear(self, cleaned_dbfs: float) -> bool:
        """Whether the output of ``clean`` is, in part, well above the loudest residue of the last seconds."""
        return not self.playing or cleaned_dbfs > self._loudest_left_dbfs + _CLEAR_DB

    def is_news(self, cleaned: Samples) -> bool:
        """Whether a frame of ``clean``'s output holds a sound that is not the echo and was not there before."""
        floor = max(residue_dbfs(max(self._played_dbfs), self._echo), self._loudest_left_dbfs + _CLEAR_DB)
        return self._new_sounds.hear(level_dbfs(cleaned), floor, self._noise_dbfs)

    def speech(self, speaking: bool) -> None:
        """Note that speech has begun or ended. What ``clean`` gives meanwhile is not the echo's residue."""
        self._speech = speaking
        if speaking:
            self._new_sounds.forget()
            # The speech had begun some windows before it was detected.
            for _ in range(min(_ONSET_WINDOWS, len(self._left_dbfs))):
                self._left_dbfs.pop()

    def _measure(self, at_s: float) -> None:
        played, heard, cleaned = (np.concatenate(parts) for parts in zip(*self._frames, strict=True))
        self._played_dbfs.append(level_dbfs(played))
        # The loudest of what may be sounding in the room now, since the window and its echo are not aligned.
        playing_dbfs = max(self._played_dbfs)
        echo = self._echo = self._meter.see(playing_dbfs, level_dbfs(heard), level_dbfs(cleaned))
        self._noise_dbfs = self._meter.noise_dbfs
        if playing_dbfs <= _SILENT_DBFS:
            return
        if not self._speech:
            self._left_dbfs.append(level_dbfs(cleaned))
            if len(self._left_dbfs) >= _FEWEST_LEFT_WINDOWS:
                self._loudest_left_dbfs = float(np.quantile(self._left_dbfs, 0.95))
        changed = self._mode_selector.see(echo)
        self._since_report_s += WINDOW_S
        if self._since_report_s >= _REPORT_S:
            self._since_report_s = 0.0
            self._track_delay()
            delay_s = None if self._delay_s is None else self._delay_s + REFERENCE_LAG_S
            self._tell(EchoMeasured(at_s, echo.erle_db, echo.loss_db, delay_s, self._mode_selector.mode))
        if changed:
            self._tell(BargeInModeChanged(self._mode_selector.mode, echo.erle_db, at_s))

    def _track_delay(self) -> None:
        played, heard = (np.concatenate(parts) for parts in zip(*self._last, strict=True))
        found = delay_s(played, heard)
        if found is not None and (self._delay_s is None or abs(found - self._delay_s) > 0.002):
            self._delay_s = found
            self._canceller.expect_delay(found)
