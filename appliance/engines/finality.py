"""The finality network on onnxruntime: the ``Finality`` port. Made by ``models/recipes/turns``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from appliance.engines.onnx import open_network
from appliance.finality import SHAPE, picture
from appliance.messages import Samples
from appliance.ports import PortError

_SUREST = 4.0
"""Log odds beyond which the network is not believed: it was trained on some hundred people"""


class FinalityNetwork:
    """Judges the end of a phrase by its sound."""

    def __init__(self, model: Path) -> None:
        """Raises PortError."""
        try:
            self._session = open_network(model)
        except ValueError as error:
            raise PortError(f"end of turn: {model} cannot be loaded ({error}); `cloister check` says more") from None
        self._input = self._session.get_inputs()[0]
        if list(self._input.shape[1:]) != list(SHAPE):
            raise PortError(
                f"end of turn: {model} wants {self._input.shape[1:]} numbers and is shown {list(SHAPE)}; take the one "
                "that comes with this version"
            )

    def log_odds(self, samples: Samples) -> float:
        """That the speaker has finished, by the end of ``samples``, the silence so far included."""
        (answer,) = self._session.run(None, {self._input.name: picture(samples)[np.newaxis]})
        return float(np.clip(answer[0], -_SUREST, _SUREST))
