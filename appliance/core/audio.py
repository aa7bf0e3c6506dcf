"""Sound: its rate, its frames, its level. Pure.

The types of every port stand on these, and so does the command line, which hears nothing most of the time. So numpy is
imported where something is computed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000
"""Rate of everything between the microphone and the recogniser (silero and all bundled ears expect it)."""

FRAME_SAMPLES = 320
"""Samples in one microphone frame: 20 ms."""

Samples: TypeAlias = "NDArray[np.float32]"
"""Mono audio, one dimension, full scale at ±1."""


@dataclass(frozen=True, slots=True, eq=False)
class AudioFrame:
    """A block of microphone audio at ``SAMPLE_RATE_HZ``."""

    samples: Samples
    """shape ``(FRAME_SAMPLES,)``"""
    position: int
    """index of the first sample since the stream began; a gap between frames means audio was lost"""

    @property
    def end_s(self) -> float:
        """Stream time just after the last sample."""
        return (self.position + len(self.samples)) / SAMPLE_RATE_HZ


def level_dbfs(samples: Samples) -> float:
    """RMS level; full scale is 0, digital silence -120."""
    # Every frame of every line comes by here, and these calls take a tenth of the time that numpy's mean does.
    power = float(samples @ samples) / len(samples) if len(samples) else 0.0
    return 10 * math.log10(power + 1e-12)
