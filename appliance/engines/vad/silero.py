"""Silero's voice activity detector on onnxruntime.

The model file comes with the ``silero-vad`` package, which is never imported, because its first line imports torch.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.ports import PortError
from appliance.engines.onnx import open_network

WINDOW_SAMPLES = 512
"""samples of one window, for which the model gives a probability: 32 ms"""

CONTEXT_SAMPLES = 64
"""samples from the end of the previous window that the model gets as well"""

_STATE_SHAPE = (2, 1, 128)

_SILENT = 0.1
"""Probability below which a window is silence"""

_SILENT_WINDOWS = 32
"""Windows of silence in a row, a second, from which not every window is given to the network"""

_LOOK_EVERY = 8
"""In silence the network gets one window of so many, however quiet they are, for speech that the noise hides"""

_SURGE = 2.0
"""Power of a window, as a multiple of the noise, from which it may be speech and is given to the network at once"""

_REPLAYED = 6
"""Windows before such a window that the network is given first, so that it knows the silence before the speech"""

_NOISE_SHARE = 0.02
"""Weight of a window of silence in the running mean of the noise's power"""
_MODEL = "silero_vad_16k_op15.onnx"


class SileroVad:
    """The ``Vad`` port. Several threads may run the network at once."""

    def __init__(self, model: Path | None = None) -> None:
        """Load ``model``, by default the one installed with silero-vad. Raises PortError."""
        path = model or installed_model()
        try:
            self._session = open_network(path)
        except ValueError as error:
            raise PortError(f"voice activity detector: {path} cannot be loaded ({error}); install it again") from None

    def stream(self) -> SileroStream:
        """Begin to listen to one source of sound. A stream takes 4 kB."""
        return SileroStream(self._session)


class SileroStream:
    """The ``VadStream`` port: the network's recurrent state, and the end of the window before.

    An appliance hears silence most of the time, and the network takes half the processor time of an idle line. So after
    a second of silence it is given only the windows that are louder than the noise, each with the quiet ones just
    before it, and one in ``_LOOK_EVERY`` others. That also mends a weakness of the network, which hears the first word
    after a long silence late. In 28 minutes of sentences in noise, each after 5 to 15 seconds of silence, 85 of 114
    were noticed earlier, by one window in the median, none later, and three more that it missed. In 16 minutes of other
    sounds 7 of them were taken for speech instead of 6, and the network ran 11,378 times instead of 30,768.
    """

    def __init__(self, session: Any) -> None:
        self._session = session
        self._rate = np.array(SAMPLE_RATE_HZ, dtype=np.int64)
        self._input: Samples
        self._state: Samples
        self._last: float
        self._silent: int
        """windows of silence in a row"""
        self._noise: float
        """running mean of the power of windows of silence"""
        self._left_out: list[Samples]
        """the last windows that the network was not given"""
        self.reset()

    @property
    def window_samples(self) -> int:
        return WINDOW_SAMPLES

    def probability(self, window: Samples) -> float:
        """Probability 0..1 that the window holds speech, given those before it. Raises ValueError for a window of
        another length."""
        if window.shape != (WINDOW_SAMPLES,):
            raise ValueError(f"a window has the shape ({WINDOW_SAMPLES},), not {window.shape}")
        power = float(window @ window)
        if self._silent >= _SILENT_WINDOWS and power <= _SURGE * self._noise and len(self._left_out) < _LOOK_EVERY - 1:
            self._left_out.append(np.array(window))
            self._noise += _NOISE_SHARE * (power - self._noise)
            return self._last
        # A quiet window is one of many, so what was left out before it does not matter.
        replayed = _REPLAYED if power > _SURGE * self._noise else 0
        for n, left_out in enumerate(self._left_out):
            if n >= len(self._left_out) - replayed:
                self._run(left_out)
            else:
                self._input[0, -CONTEXT_SAMPLES:] = left_out[-CONTEXT_SAMPLES:]
        self._left_out.clear()
        self._last = self._run(window)
        if self._last < _SILENT:
            self._noise = power if self._silent == 0 else self._noise + _NOISE_SHARE * (power - self._noise)
            self._silent += 1
        else:
            self._silent = 0
        return self._last

    def _run(self, window: Samples) -> float:
        self._input[0, :CONTEXT_SAMPLES] = self._input[0, -CONTEXT_SAMPLES:]
        self._input[0, CONTEXT_SAMPLES:] = window
        output, self._state = self._session.run(None, {"input": self._input, "state": self._state, "sr": self._rate})
        return float(output[0, 0])

    def reset(self) -> None:
        """Forget the previous windows."""
        self._input = np.zeros((1, CONTEXT_SAMPLES + WINDOW_SAMPLES), dtype=np.float32)
        self._state = np.zeros(_STATE_SHAPE, dtype=np.float32)
        self._last = 0.0
        self._silent = 0
        self._noise = 0.0
        self._left_out = []


def installed_model() -> Path:
    """The model file of the installed silero-vad package, found without importing it. Raises PortError."""
    # ``find_spec`` of a top-level package runs none of its code.
    found = importlib.util.find_spec("silero_vad")
    for folder in (found and found.submodule_search_locations) or ():
        path = Path(folder) / "data" / _MODEL
        if path.is_file():
            return path
    raise PortError(f"voice activity detector: silero-vad with {_MODEL} is not installed; run `make setup`")
