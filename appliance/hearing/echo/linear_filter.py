"""An adaptive filter that subtracts the linear part of an echo and leaves everything else undistorted.

Pure. The canceller (``engines.aec.webrtc``) also suppresses what its own filter leaves. The first tenths of a second of
a visitor's speech over a loud reply go with it: "stop" hardly comes out, and what does comes 0.1 to 0.2 s late. So this
filter first takes the echo away by subtraction alone, which takes nothing of the visitor. It leaves the canceller
little to suppress.

It is a partitioned frequency-domain Kalman filter (Enzner and Vary 2006; Kuech, Mabande and Enzner 2014). Its step
weighs how uncertain each coefficient still is against how loud everything else in the microphone is. So speech over
the reply stops its adaptation without a detector of such speech.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, Samples, level_dbfs

BLOCK_SAMPLES = SAMPLE_RATE_HZ // 100
"""Samples in a block of 10 ms. On a recorded device whose clocks drift, blocks of 20 ms reduced the echo by 1 dB,
these by 8 dB, and blocks of 5 ms, at twice the cost, by 13 dB."""

LENGTH_S = 0.4
"""Seconds of echo that the filter covers. In a room with 0.6 s of reverberation, 0.25 s reduce the echo by 21 dB and
this by 25 dB, and the words of visitors come out whole."""

_EARLY_S = 0.02
"""Seconds before the measured delay at which the filter begins to look for the echo"""

_PARTITIONS = round(LENGTH_S * SAMPLE_RATE_HZ / BLOCK_SAMPLES)
_SIZE = 2 * BLOCK_SAMPLES
_BINS = BLOCK_SAMPLES + 1

_CONSTRAINED = 4
"""The filter keeps circular convolution from wrapping around in every fourth partition at a time. This costs a quarter
and converges faster (7 instead of 5 dB after a second of speech)."""

_STAYS = 0.9999
"""Share of the path that is kept from block to block. Rooms change in seconds, when a visitor moves."""

_CONFIDENCE = 0.4
"""How fast coefficients are taken to be known. The theory's 0.5 ignores that the room is longer than the filter (27 dB
in a live room instead of 30). At 0.2, speech over the reply disturbs the filter by 30 dB."""

_NOISE_STAYS = 0.6
"""Share of the spectrum of everything but the echo that is kept from block to block"""

_FIRST_VARIANCE = 1.0
"""Variance of a coefficient of which nothing is known. It stands for an echo as loud as what was played."""

_PLAYING_DBFS = -50.0
"""level from which the loudspeaker is taken to be playing"""

_KEPT_S, _FEWEST_S = 8.0, 1.0
"""Most and fewest seconds of playing over which the reduction by the filter is measured"""

_SETTLED_DB, _UNSETTLED_DB = 15.0, 11.0
"""Reduction in dB from which the filter's output is used, and below which it is no longer used. While the filter
learns, the canceller behind it would follow its changes instead of the room's and leave 20 dB more."""

_WORSE_DB, _WORSE_S = -1.0, 0.5
"""A mean reduction below so many dB over so many seconds means that the filter adds to the sound: it learned another
room. Speech over the reply never looks like that."""


class EchoFilter:
    """Follows the acoustic path from one loudspeaker to one microphone."""

    def __init__(self) -> None:
        self._later = 0
        """samples by which the reference is delayed before it is filtered"""
        self._waiting = np.zeros(0, np.float32)
        """samples of the reference that are still delayed"""
        self.forget()

    def forget(self) -> None:
        """Forget what was learned of the path."""
        # Written backwards, twice as long as needed, so that the newest spectra lie side by side without copying.
        self._spectra: NDArray[np.complex64] = np.zeros((2 * _PARTITIONS, _BINS), np.complex64)
        self._newest = _PARTITIONS
        self._path: NDArray[np.complex64] = np.zeros((_PARTITIONS, _BINS), np.complex64)
        self._variance = np.full((_PARTITIONS, _BINS), _FIRST_VARIANCE, np.float32)
        self._noise = np.full(_BINS, 1e-6, np.float32)
        self._previous = np.zeros(BLOCK_SAMPLES, np.float32)
        self._block = 0
        self._taken_db: deque[float] = deque(maxlen=round(_KEPT_S * SAMPLE_RATE_HZ / FRAME_SAMPLES))
        """reduction in dB of each of the last frames in which the loudspeaker played"""
        self.settled = False
        """whether the filter's output is fit to be used"""

    def expect_delay(self, delay_s: float) -> None:
        """Take a measured delay of the echo behind its reference."""
        later = max(0, round((delay_s - _EARLY_S) * SAMPLE_RATE_HZ))
        if abs(later - self._later) > _EARLY_S * SAMPLE_RATE_HZ / 2:
            self._later = later
            self.forget()

    def cancel(self, reference: Samples, microphone: Samples) -> Samples:
        """``microphone`` without the echo of ``reference``; both lengths are the same multiple of
        ``BLOCK_SAMPLES``."""
        played = self._delayed(reference)
        blocks = [
            self._cancel_block(played[at : at + BLOCK_SAMPLES], microphone[at : at + BLOCK_SAMPLES])
            for at in range(0, len(microphone), BLOCK_SAMPLES)
        ]
        left = np.concatenate(blocks)
        if level_dbfs(played) > _PLAYING_DBFS:
            self._taken_db.append(level_dbfs(microphone) - level_dbfs(left))
            self._judge()
        return left

    def _judge(self) -> None:
        """Judge by the upper quartile of the last seconds, as ``EchoMeter`` does: a visitor who talks over the reply
        makes frames look badly cancelled, never well."""
        if len(self._taken_db) < _FEWEST_S * SAMPLE_RATE_HZ / FRAME_SAMPLES:
            return
        taken = np.array(self._taken_db)
        if float(np.mean(taken[-round(_WORSE_S * SAMPLE_RATE_HZ / FRAME_SAMPLES) :])) < _WORSE_DB:
            self.forget()
        else:
            self.settled = float(np.quantile(taken, 0.75)) >= (_UNSETTLED_DB if self.settled else _SETTLED_DB)

    def _delayed(self, reference: Samples) -> Samples:
        count = len(reference)
        known = np.concatenate((self._waiting, reference))[-(self._later + count) :]
        padded = np.pad(known, (self._later + count - len(known), 0))
        self._waiting = padded[count:]
        return padded[:count]

    def _cancel_block(self, played: Samples, heard: Samples) -> Samples:
        if self._newest == 0:
            self._spectra[_PARTITIONS + 1 :] = self._spectra[: _PARTITIONS - 1]
            self._newest = _PARTITIONS + 1
        self._newest -= 1
        self._spectra[self._newest] = np.fft.rfft(np.concatenate((self._previous, played)))
        self._previous = played
        spectra = self._spectra[self._newest : self._newest + _PARTITIONS]
        echo = np.fft.irfft((spectra * self._path).sum(axis=0), _SIZE)[BLOCK_SAMPLES:]
        left: Samples = (heard - echo).astype(np.float32)
        self._learn(spectra, left)
        return left

    def _learn(self, spectra: NDArray[np.complex64], left: Samples) -> None:
        """One step of the Kalman filter, from what was left."""
        error = np.fft.rfft(np.concatenate((np.zeros(BLOCK_SAMPLES, np.float32), left))).astype(np.complex64)
        self._noise *= np.float32(_NOISE_STAYS)
        self._noise += (1 - _NOISE_STAYS) * np.square(np.abs(error))
        self._variance *= _STAYS**2
        self._variance += (1 - _STAYS**2) * (np.square(self._path.real) + np.square(self._path.imag))
        uncertain = self._variance * (np.square(spectra.real) + np.square(spectra.imag))
        # Half of the error's block is zeros, so its power counts twice.
        expected = uncertain.sum(axis=0) + 2 * self._noise + np.float32(1e-10)
        self._path *= _STAYS
        self._path += self._variance * spectra.conj() * (error / expected)
        self._variance *= 1 - _CONFIDENCE * uncertain / expected
        some = slice(self._block % _CONSTRAINED, None, _CONSTRAINED)
        response = np.fft.irfft(self._path[some], _SIZE, axis=1)
        response[:, BLOCK_SAMPLES:] = 0.0
        self._path[some] = np.fft.rfft(response, axis=1)
        self._block += 1
