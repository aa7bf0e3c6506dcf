"""The finality network on onnxruntime: the ``Finality`` port. Made by ``models/recipes/turns``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from appliance.finality import SHAPE, picture
from appliance.messages import Samples
from appliance.ports import PortError

_SUREST = 4.0
"""Log odds beyond which the network is not believed: it was trained on some hundred people"""


class FinalityNetwork:
    """Judges the end of a phrase by its sound."""

    def __init__(self, model: Path) -> None:
        """Raises PortError."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # One decision takes a millisecond or two; a pool of threads would only take cores from other engines.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
            self._input = self._session.get_inputs()[0]
        except Exception as error:  # onnxruntime's own exception types are not exported
            reason = str(error).splitlines()[0]
            raise PortError(f"end of turn: {model} cannot be loaded ({reason}); `cloister check` says more") from None
        if list(self._input.shape[1:]) != list(SHAPE):
            raise PortError(
                f"end of turn: {model} wants {self._input.shape[1:]} numbers and is shown {list(SHAPE)}; take the one "
                "that comes with this version"
            )

    def log_odds(self, samples: Samples) -> float:
        """That the speaker has finished, by the end of ``samples``, the silence so far included."""
        (answer,) = self._session.run(None, {self._input.name: picture(samples)[np.newaxis]})
        return float(np.clip(answer[0], -_SUREST, _SUREST))
