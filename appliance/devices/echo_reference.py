"""Keeps what really went to the loudspeaker, on the microphone's time.

The speaker's thread puts in each block that leaves. The listening thread takes out, for each microphone frame, what
left at the same time. Both devices count their own samples from their own start, so the first block is anchored at the
frame that was last delivered. The two counts stay aligned from then on. When the speaker's clock runs fast or slow, or
a device was away, the reference drifts out of reach and is anchored anew.
"""

from __future__ import annotations

import threading

import numpy as np
import soxr

from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.hearing.echo.delay import REFERENCE_LAG_S

_KEPT_S = 1.0
_LARGEST_GAP_S = 0.25
"""Most seconds between the reader and what is being put in; beyond it the reference is anchored anew"""


class Reference:
    """The last second of what was played, at ``SAMPLE_RATE_HZ``."""

    def __init__(self, rate_hz: int) -> None:
        """``rate_hz`` is the loudspeaker's."""
        self._resampler = (
            None if rate_hz == SAMPLE_RATE_HZ else soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, 1, quality="LQ")
        )
        self._lock = threading.Lock()
        self._samples = np.zeros(0, np.float32)
        self._end = 0
        """reference position just after the last sample"""
        self._anchor: int | None = None
        """microphone position at reference position 0"""
        self._heard = 0
        self.anchored = 0
        """how often the two clocks were aligned"""

    def put(self, samples: Samples, _position: int) -> None:
        """Take sound that left the speaker. This is a ``Speaker.tap`` listener."""
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples)
        with self._lock:
            if self._anchor is None:
                self._anchor = self._heard - self._end
                self.anchored += 1
            self._samples = np.concatenate([self._samples, samples])[-round(_KEPT_S * SAMPLE_RATE_HZ) :]
            self._end += len(samples)

    def heard(self, position: int) -> None:
        """Note that a microphone frame which ends at ``position`` was delivered. Called in the microphone's thread."""
        with self._lock:
            self._heard = position

    def take(self, position: int, count: int) -> Samples:
        """What was played when the microphone heard ``count`` samples from ``position`` on, less
        ``REFERENCE_LAG_S``. It is silence where nothing is known."""
        with self._lock:
            taken = np.zeros(count, np.float32)
            if self._anchor is None:
                return taken
            end = position + count - self._anchor - round(REFERENCE_LAG_S * SAMPLE_RATE_HZ)
            if abs(self._heard - self._anchor - self._end) > _LARGEST_GAP_S * SAMPLE_RATE_HZ:
                self._anchor = None
                return taken
            first = self._end - len(self._samples)
            low, high = max(first, end - count), min(self._end, end)
            if low < high:
                taken[low - (end - count) : high - (end - count)] = self._samples[low - first : high - first]
            return taken
