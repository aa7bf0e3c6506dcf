"""Sound as clients send and take it: 16-bit samples and G.711, at their rates."""

from __future__ import annotations

from typing import Literal

import numpy as np
import soxr

from appliance.core.audio import SAMPLE_RATE_HZ, Samples

LONGEST_TEXT = 4096
"""Letters of the longest text that a client has spoken at a time"""

Coding = Literal["linear16", "mulaw", "alaw"]
"""16-bit little-endian samples, or one of the two laws of G.711 (8 bits a sample)"""


def _mulaw() -> Samples:
    """What each code of the mu-law stands for (ITU-T G.711, table 2a), full scale at ±1."""
    codes = ~np.arange(256, dtype=np.uint8)
    magnitude = ((((codes & 0x0F).astype(np.int32) << 3) + 0x84) << ((codes & 0x70) >> 4)) - 0x84
    return (np.where(codes & 0x80, -magnitude, magnitude) / 32768).astype(np.float32)


def _alaw() -> Samples:
    """What each code of the A-law stands for (ITU-T G.711, table 1a), full scale at ±1."""
    codes = np.arange(256, dtype=np.uint8) ^ 0x55
    low, segment = (codes & 0x0F).astype(np.int32) << 4, ((codes & 0x70) >> 4).astype(np.int32)
    magnitude = np.where(segment == 0, low + 8, (low + 0x108) << np.maximum(segment - 1, 0))
    return (np.where(codes & 0x80, magnitude, -magnitude) / 32768).astype(np.float32)


_DECODED = {"mulaw": _mulaw(), "alaw": _alaw()}

_ORDERED = {law: np.argsort(values, kind="stable").astype(np.uint8) for law, values in _DECODED.items()}
_MIDDLES = {law: (values[_ORDERED[law]][1:] + values[_ORDERED[law]][:-1]) / 2 for law, values in _DECODED.items()}
"""Between which values the nearer code changes"""


def decode(data: bytes, coding: Coding) -> Samples:
    """Samples of what a client sent. An odd last byte of 16-bit samples is left out."""
    if coding == "linear16":
        return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.float32) / np.float32(32768)
    decoded: Samples = _DECODED[coding][np.frombuffer(data, np.uint8)]
    return decoded


def encode(samples: Samples, coding: Coding) -> bytes:
    """Samples as a client takes them; what is louder than full scale is clipped."""
    if coding == "linear16":
        return (np.clip(samples, -1, 32767 / 32768) * 32768).round().astype("<i2").tobytes()
    return _ORDERED[coding][np.searchsorted(_MIDDLES[coding], samples)].tobytes()


class Decoder:
    """A client's sound, in pieces of any length, to samples at ``SAMPLE_RATE_HZ``."""

    def __init__(self, coding: Coding, rate_hz: int) -> None:
        self._coding: Coding = coding
        self._odd = b""
        self._resample = None if rate_hz == SAMPLE_RATE_HZ else soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, 1)

    def decode(self, data: bytes) -> Samples:
        """The samples of the next piece. A piece may end within a sample."""
        if self._coding == "linear16":
            data = self._odd + data
            self._odd = data[len(data) // 2 * 2 :]
        samples = decode(data, self._coding)
        if self._resample is None or not len(samples):
            return samples
        resampled: Samples = self._resample.resample_chunk(samples)
        return resampled


class Encoder:
    """A reply's sound at the voice's rate to what a client takes."""

    def __init__(self, voice_hz: int, coding: Coding, rate_hz: int) -> None:
        self._coding: Coding = coding
        self._rates = voice_hz, rate_hz
        self._resample = self._new()

    def _new(self) -> soxr.ResampleStream | None:
        return None if self._rates[0] == self._rates[1] else soxr.ResampleStream(*self._rates, 1)

    def encode(self, samples: Samples, *, last: bool = False) -> bytes:
        """The next piece. After the ``last`` piece, which may be empty, another reply may begin."""
        if self._resample is not None:
            samples = self._resample.resample_chunk(samples, last=last)
            if last:
                self._resample = self._new()
        return encode(samples, self._coding)
