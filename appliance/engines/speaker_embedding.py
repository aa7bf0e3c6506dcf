"""The voice network on onnxruntime: the ``VoiceEmbedder`` port. ``models/recipes/voices`` converts the network."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from appliance.core.audio import Samples
from appliance.core.ports import PortError
from appliance.engines.onnx import open_network
from appliance.hearing.speaker_features import BANDS, picture


class VoiceNetwork:
    """Turns some speech into a vector that is alike for the same speaker."""

    def __init__(self, model: Path) -> None:
        """Load the network in ``model``. Raises PortError."""
        try:
            self._session = open_network(model)
        except ValueError as error:
            raise PortError(f"voices: {model} cannot be loaded ({error}); `cloister check` says more") from None
        self._input = self._session.get_inputs()[0]
        if len(self._input.shape) != 3 or self._input.shape[2] != BANDS:
            raise PortError(
                f"voices: {model} wants {self._input.shape} numbers and is shown frames of {BANDS}; take the one that "
                "comes with this version"
            )

    def embed(self, speech: Samples) -> Samples:
        """A unit vector for the voice in the first part of ``speech``."""
        (voices,) = self._session.run(None, {self._input.name: picture(speech)[np.newaxis]})
        voice: Samples = voices[0]
        return voice
