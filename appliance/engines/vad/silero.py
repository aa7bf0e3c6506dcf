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
    """The ``VadStream`` port: the network's recurrent state, and the end of the window before."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._rate = np.array(SAMPLE_RATE_HZ, dtype=np.int64)
        self._input: Samples
        self._state: Samples
        self.reset()

    @property
    def window_samples(self) -> int:
        return WINDOW_SAMPLES

    def probability(self, window: Samples) -> float:
        """Probability 0..1 that the window holds speech, given those before it. Raises ValueError for a window of
        another length."""
        if window.shape != (WINDOW_SAMPLES,):
            raise ValueError(f"a window has the shape ({WINDOW_SAMPLES},), not {window.shape}")
        self._input[0, :CONTEXT_SAMPLES] = self._input[0, -CONTEXT_SAMPLES:]
        self._input[0, CONTEXT_SAMPLES:] = window
        output, self._state = self._session.run(None, {"input": self._input, "state": self._state, "sr": self._rate})
        return float(output[0, 0])

    def reset(self) -> None:
        """Forget the previous windows."""
        self._input = np.zeros((1, CONTEXT_SAMPLES + WINDOW_SAMPLES), dtype=np.float32)
        self._state = np.zeros(_STATE_SHAPE, dtype=np.float32)


def installed_model() -> Path:
    """The model file of the installed silero-vad package, found without importing it. Raises PortError."""
    # ``find_spec`` of a top-level package runs none of its code.
    found = importlib.util.find_spec("silero_vad")
    for folder in (found and found.submodule_search_locations) or ():
        path = Path(folder) / "data" / _MODEL
        if path.is_file():
            return path
    raise PortError(f"voice activity detector: silero-vad with {_MODEL} is not installed; run `make setup`")
