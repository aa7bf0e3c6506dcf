"""A call's sound at the rate of the box, whatever the call's codec."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from baresip import AudioNotActive, AudioRestarted, Call

from appliance.protocols.audiosocket import FRAME_MS, RATES_HZ, WIDE_SOUND
from appliance.protocols.sound import Decoder, Encoder, decode, encode

RATE_HZ = RATES_HZ[WIDE_SOUND]

_AHEAD_FRAMES = 2
"""Frames of silence that go ahead of sound after a gap, so that the next frame may be a little late"""

_MOST_AHEAD_FRAMES = 10
"""Frames of sound that may wait for the telephone's clock; what is beyond is left out, because it would be a delay"""

_MOST_READ = 65_536


class CallSound:
    """16 bits at ``RATE_HZ``, little-endian. A call has no sound before its first and after its last moment, and while
    the other side changes it; then nothing is read, and what is written is dropped."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._in_hz = self._out_hz = RATE_HZ
        self._decoder = Decoder("linear16", RATE_HZ)
        self._encoder = Encoder(RATE_HZ, "linear16", RATE_HZ)

    def read(self) -> bytes:
        """What came since the last time."""
        with _renegotiated():
            # The codec may change during a call.
            if (rate_hz := self._call.audio.info().rx_sample_rate) and rate_hz != self._in_hz:
                self._in_hz, self._decoder = rate_hz, Decoder("linear16", rate_hz)
            return encode(self._decoder.decode(self._call.audio.read(_MOST_READ)), "linear16")
        return b""

    def write(self, sound: bytes) -> None:
        """Queue sound for the other side."""
        with _renegotiated():
            info = self._call.audio.info()
            if info.tx_sample_rate and info.tx_sample_rate != self._out_hz:
                self._out_hz, self._encoder = info.tx_sample_rate, Encoder(RATE_HZ, "linear16", info.tx_sample_rate)
            frame = 2 * self._out_hz * FRAME_MS // 1000
            leaving = self._encoder.encode(decode(sound, "linear16"))
            if info.tx_buffered == 0:
                leaving = bytes(_AHEAD_FRAMES * frame) + leaving
            if info.tx_buffered < _MOST_AHEAD_FRAMES * frame:
                self._call.audio.write(leaving)

    @property
    def waiting(self) -> bool:
        """Whether what was written has not all left."""
        with _renegotiated():
            return bool(self._call.audio.info().tx_buffered)
        return False


@contextlib.contextmanager
def _renegotiated() -> Iterator[None]:
    with contextlib.suppress(AudioNotActive, AudioRestarted):
        yield
