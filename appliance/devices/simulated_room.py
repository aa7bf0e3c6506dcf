"""Simulates the room between a loudspeaker and a microphone, for wave devices.

A real microphone hears the loudspeaker later, quieter, coloured by the room and distorted by a small driver. Each of
these is a number here, so that a whole appliance can be tested against its own voice, faster than real time and the
same each time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from appliance.core.audio import SAMPLE_RATE_HZ, Samples

_DIRECT = 4.0
"""Amplitude of the direct sound relative to the first reflections of ``impulse``"""


@dataclass(frozen=True, slots=True, eq=False)
class EchoPath:
    """What happens to sound on its way from the loudspeaker to the microphone."""

    delay_s: float = 0.06
    """seconds in the buffers of both devices and on the way through the air"""
    gain_db: float = -6.0
    """level at the microphone relative to the level that was played"""
    impulse: Samples | None = None
    """the room's impulse response at ``SAMPLE_RATE_HZ``, at any scale; None for a dead room"""
    distortion: float = 0.0
    """0 is a perfect loudspeaker; at 1 a full-scale wave is distorted as by ``tanh(3x)``, and quiet ones hardly"""


def impulse(reverberation_s: float, seed: int = 0) -> Samples:
    """The impulse response of a model room: a direct sound, and noise that decays by 60 dB in ``reverberation_s``
    (Polack's model)."""
    count = round(reverberation_s * SAMPLE_RATE_HZ)
    decay = 10 ** (-3 * np.arange(count) / count)
    response = np.random.default_rng(seed).standard_normal(count) * decay
    response[0] = _DIRECT
    return response.astype(np.float32)


class Room:
    """Applies an echo path to one loudspeaker's sound, a block at a time."""

    def __init__(self, path: EchoPath) -> None:
        response = np.ones(1, np.float32) if path.impulse is None else path.impulse
        scale = 10 ** (path.gain_db / 20) / float(np.sqrt(np.sum(np.square(response))))
        self._response = np.concatenate([np.zeros(round(path.delay_s * SAMPLE_RATE_HZ)), response * scale])
        self._distortion = 3 * path.distortion
        self._coming = np.zeros(0)
        """echo that has not reached the microphone yet"""
        self._size = 0
        self._spectrum = np.zeros(0, complex)

    def play(self, block: Samples) -> None:
        """Take sound that leaves the loudspeaker, at ``SAMPLE_RATE_HZ``."""
        if self._distortion:
            block = np.tanh(self._distortion * block) / self._distortion
        if not len(block):
            return
        count = len(block) + len(self._response) - 1
        if count > self._size:
            self._size = 1 << (count - 1).bit_length()
            self._spectrum = np.fft.rfft(self._response, self._size)
        echo = np.fft.irfft(np.fft.rfft(block, self._size) * self._spectrum, self._size)[:count]
        self._coming = np.pad(self._coming, (0, max(0, count - len(self._coming))))
        self._coming[:count] += echo

    def hear(self, count: int) -> Samples:
        """The echo of the next ``count`` samples at the microphone."""
        heard, self._coming = self._coming[:count], self._coming[count:]
        return np.pad(heard, (0, count - len(heard))).astype(np.float32)
