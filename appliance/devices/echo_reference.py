"""What really went to the loudspeaker, on the microphone's time.

The speaker's thread puts in each block that leaves; the listening thread takes out, for each microphone frame, what
left at the same time. Both devices count their own samples from their own start, so the first block is anchored at
the frame that was last delivered, and the two are held together from then on: when the speaker's clock runs fast or
slow, or a device was away, the reference would drift out of reach and is anchored anew.
"""

from __future__ import annotations

import threading

import numpy as np
import soxr

from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.hearing.echo.delay import REFERENCE_LAG_S

_KEPT_S = 1.0
_LARGEST_GAP_S = 0.25
"""a reader further than this from what is being put in has lost touch"""


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
        """microphone position that reference position 0 belongs to"""
        self._heard = 0
        self.anchored = 0
        """how often the two clocks were put together"""

    def put(self, samples: Samples, _position: int) -> None:
        """Sound left the speaker; a ``Speaker.tap`` listener."""
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples)
        with self._lock:
            if self._anchor is None:
                self._anchor = self._heard - self._end
                self.anchored += 1
            self._samples = np.concatenate([self._samples, samples])[-round(_KEPT_S * SAMPLE_RATE_HZ) :]
            self._end += len(samples)

    def heard(self, position: int) -> None:
        """A microphone frame that ends at ``position`` was delivered; in the microphone's thread."""
        with self._lock:
            self._heard = position

    def take(self, position: int, count: int) -> Samples:
        """What was played when the microphone heard ``count`` samples from ``position`` on, less
        ``REFERENCE_LAG_S``; silence where nothing is known."""
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
