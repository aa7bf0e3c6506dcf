"""Echo cancellation, noise suppression and gain control: WebRTC's audio processing module, in process.

The package ``aec-audio-processing`` (BSD) builds that module and nothing else: no thread, no socket, 2 MB. The other
candidate, ``livekit``, wraps the same algorithm (AEC3; both took 35 dB off the same echo) in a 30 MB library that also
holds a whole network client and starts five threads, which an auditor would have to be talked out of.
"""

from __future__ import annotations

import numpy as np

from appliance.config.box import AudioSettings
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.hearing.echo.linear_filter import EchoFilter

_BLOCK_SAMPLES = SAMPLE_RATE_HZ // 100
"""samples that the module takes at a time: 10 ms"""

_FULL_SCALE = 32_767

_MODERATE = 1
"""the module's level of noise suppression: about 12 dB. Stronger levels harm the recogniser more than the noise does"""

_ADAPTIVE_DIGITAL = 1

_LONGEST_HINT_MS = 500
"""the longest delay, in milliseconds, that the module accepts as a hint"""


class WebRtcCanceller:
    """The ``EchoCanceller`` port, with two instances of the module. One works on the microphone as it is, the other
    behind the linear filter (``echo_filter``). The output is that of the second as soon as the filter has settled.

    Both run all the time, because each needs seconds to adapt. While something is played, the filter costs some 3 % of
    a core, and each instance of the module 1 %.
    """

    def __init__(self, settings: AudioSettings) -> None:
        self._plain = _Processor(settings)
        self._filtered = _Processor(settings) if settings.echo_cancellation else None
        self._filter = EchoFilter()

    def cancel(self, reference: Samples, microphone: Samples) -> Samples:
        """See the port. Both lengths must be multiples of 10 ms."""
        cleaned = self._plain.process(reference, microphone)
        if self._filtered is None:
            return cleaned
        left = self._filtered.process(reference, self._filter.cancel(reference, microphone))
        return left if self._filter.settled else cleaned

    def expect_delay(self, delay_s: float) -> None:
        """Give the module a hint of the delay, in seconds. It also estimates the delay itself."""
        self._filter.expect_delay(delay_s)
        for processor in (self._plain, self._filtered):
            if processor is not None:
                processor.expect_delay(delay_s)


class _Processor:
    """One instance of the module."""

    def __init__(self, settings: AudioSettings) -> None:
        from aec_audio_processing import AudioProcessor

        # The module returns silence when none of its parts is switched on.
        self._anything = settings.echo_cancellation or settings.noise_suppression or settings.gain_control
        self._processor = AudioProcessor(
            settings.echo_cancellation,
            settings.noise_suppression,
            _MODERATE,
            settings.gain_control,
            _ADAPTIVE_DIGITAL,
            False,
        )
        self._processor.set_stream_format(SAMPLE_RATE_HZ, 1)
        self._processor.set_reverse_stream_format(SAMPLE_RATE_HZ, 1)

    def process(self, reference: Samples, microphone: Samples) -> Samples:
        if not self._anything:
            return microphone
        played, heard = _pcm(reference), _pcm(microphone)
        cleaned = bytearray()
        for start in range(0, len(heard), 2 * _BLOCK_SAMPLES):
            end = start + 2 * _BLOCK_SAMPLES
            self._processor.process_reverse_stream(played[start:end])
            cleaned += self._processor.process_stream(heard[start:end])
        return np.frombuffer(cleaned, np.int16).astype(np.float32) / np.float32(_FULL_SCALE)

    def expect_delay(self, delay_s: float) -> None:
        self._processor.set_stream_delay(min(_LONGEST_HINT_MS, round(1000 * delay_s)))


def _pcm(samples: Samples) -> bytes:
    return (samples.clip(-1.0, 1.0) * _FULL_SCALE).astype(np.int16).tobytes()
