"""Runs inside the environment of ``smart_turn``: pipecat's own voice detector and its Smart Turn analyzer, as pipecat
drives them (``turns/user_stop/turn_analyzer_user_turn_stop_strategy.py``), with pipecat's own defaults.

``python smart_turn_peer.py < sounds > decisions``: each line of input names a raw file (16 bits, 16 kHz, mono), each
line of output is a JSON list of ``[second, probability]``: when pipecat's detector said that the user stopped, and what
Smart Turn made of it. What the first decision would have cut is undone before the next, so that every pause is judged
with the whole turn before it, as livekit's eot-bench does.

The analyzer reads ``time.monotonic``; it is given a clock that counts samples, so that it may run faster than speech.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from types import SimpleNamespace

import numpy as np
from pipecat.audio.turn.smart_turn import base_smart_turn  # type: ignore[import-not-found]  # not the product's
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import (  # type: ignore[import-not-found]  # not the product's
    LocalSmartTurnAnalyzerV3,
)
from pipecat.audio.vad.silero import SileroVADAnalyzer  # type: ignore[import-not-found]  # not the product's
from pipecat.audio.vad.vad_analyzer import VADState  # type: ignore[import-not-found]  # not the product's

RATE_HZ = 16_000
CHUNK = 320
"""samples in one of pipecat's audio frames: 20 ms"""


class Peer:
    """One analyzer and one detector, fed as pipecat's pipeline feeds them."""

    def __init__(self) -> None:
        self._now_s = 0.0
        base_smart_turn.time = SimpleNamespace(monotonic=lambda: self._now_s, perf_counter=time.perf_counter)
        self._turn = LocalSmartTurnAnalyzerV3(sample_rate=RATE_HZ)
        self._turn.set_sample_rate(RATE_HZ)
        self.defaults = {
            "incomplete_timeout_s": self._turn.params.stop_secs,
            "vad_stop_s": SileroVADAnalyzer(sample_rate=RATE_HZ).params.stop_secs,
        }

    async def decisions(self, samples: np.ndarray) -> list[tuple[float, float]]:
        """When the detector said that the user stopped, and the probability that the turn was over."""
        self._turn.clear()
        detector = SileroVADAnalyzer(sample_rate=RATE_HZ)
        detector.set_sample_rate(RATE_HZ)
        self._turn.update_vad_start_secs(detector.params.start_secs)
        found: list[tuple[float, float]] = []
        speaking = False
        for at in range(0, len(samples) - CHUNK + 1, CHUNK):
            chunk = samples[at : at + CHUNK].tobytes()
            self._now_s = 1.0 + (at + CHUNK) / RATE_HZ  # zero would mean "not started" to the analyzer
            state = await detector.analyze_audio(chunk)
            if state == VADState.SPEAKING and not speaking:
                speaking = True
            stopped = state == VADState.QUIET and speaking
            if stopped:
                speaking = False
                kept = list(self._turn._audio_buffer), self._turn._speech_start_time
                _, result = await self._turn.analyze_end_of_turn()
                if result is not None:
                    found.append((round(self._now_s - 1.0, 3), float(result.probability)))
                self._turn._audio_buffer, self._turn._speech_start_time = kept
                self._turn._speech_triggered = True
            self._turn.append_audio(chunk, speaking)
        await detector.cleanup()
        return found


def main() -> None:
    peer = Peer()
    print(json.dumps(peer.defaults), flush=True)
    for line in sys.stdin:
        samples = np.fromfile(line.strip(), dtype="<i2")
        print(json.dumps(asyncio.run(peer.decisions(samples))), flush=True)


if __name__ == "__main__":
    main()
