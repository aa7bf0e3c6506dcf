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
"""the module works on 10 ms at a time"""

_FULL_SCALE = 32_767

_MODERATE = 1
"""noise suppression of about 12 dB: stronger settings cost the recogniser more than the noise does"""

_ADAPTIVE_DIGITAL = 1

_LONGEST_HINT_MS = 500
"""the module refuses more"""


class WebRtcCanceller:
    """The ``EchoCanceller`` port: two of the module, one on the microphone as it is and one behind the linear filter
    (``echo_filter``), which is listened to as soon as that has settled.

    Both follow all the time, for each needs seconds to learn what it hears. While something is played, the filter costs
    some 3 % of a core, and each of the module 1 %.
    """

    def __init__(self, settings: AudioSettings) -> None:
        self._plain = _Processor(settings)
        self._filtered = _Processor(settings) if settings.echo_cancellation else None
        self._filter = EchoFilter()

    def cancel(self, reference: Samples, microphone: Samples) -> Samples:
        """See the port. Both lengths are a multiple of 10 ms."""
        cleaned = self._plain.process(reference, microphone)
        if self._filtered is None:
            return cleaned
        left = self._filtered.process(reference, self._filter.cancel(reference, microphone))
        return left if self._filter.settled else cleaned

    def expect_delay(self, delay_s: float) -> None:
        """A hint; the module also looks for the delay itself."""
        self._filter.expect_delay(delay_s)
        for processor in (self._plain, self._filtered):
            if processor is not None:
                processor.expect_delay(delay_s)


class _Processor:
    """One instance of the module."""

    def __init__(self, settings: AudioSettings) -> None:
        from aec_audio_processing import AudioProcessor

        # The module gives silence when it is asked for nothing.
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
