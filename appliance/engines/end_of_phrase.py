"""Estimates from the sound of the last seconds whether a speaker has finished: the ``Finality`` port.

The states of a network that was trained to write speech down (``moonshine``) hold, at the end of a sound, whether a
word or a phrase is broken off, and how pitch and loudness ran. One weight is applied to each number of the mean of its
encoder's last states. ``models/recipes/turns`` makes the weights, for one encoder. The decoder is not used.
"""

from __future__ import annotations

import json

import numpy as np

from appliance.config.box import FinalitySettings
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.ports import PortError
from appliance.engines.asr.moonshine import ENCODER, Encoder, sha256

SPAN = round(3.2 * SAMPLE_RATE_HZ)
"""samples that are listened to, the silence after the phrase included"""

STATES = 8
"""states of 24 ms whose mean is weighted: they cover the silence after the phrase, and the phrase's end"""

_SUREST = 4.0
"""Largest log odds, on either side, that are returned. The weights were learnt from only some hundred people."""


class FinalityNetwork:
    """Estimates from the sound of a phrase whether it is the speaker's last."""

    def __init__(self, settings: FinalitySettings, threads: int = 1) -> None:
        """Load the encoder and the weights. Raises PortError."""
        path = settings.weights
        try:
            table = json.loads(path.read_text(encoding="utf-8"))
            self._bias, self._weights = float(table["bias"]), np.array(table["weights"], np.float32)
            made_for = str(table["encoder"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PortError(f"end of turn: {path} cannot be read ({error}); `cloister check` says more") from None
        self._encoder = Encoder(settings.encoder, threads)
        if self._weights.shape != (self._encoder.width,) or made_for != sha256(settings.encoder / ENCODER):
            raise PortError(
                f"end of turn: {path} was made for another network than {settings.encoder / ENCODER}; take the one "
                "that comes with this version, or leave `endpoint.finality` out"
            )

    def log_odds(self, samples: Samples) -> float:
        """Log odds that the speaker has finished at the end of ``samples``, which include the silence so far."""
        heard = reading(self._encoder, samples)
        return float(np.clip(self._bias + heard @ self._weights, -_SUREST, _SUREST))


def reading(encoder: Encoder, samples: Samples) -> Samples:
    """The input of the weights: the mean of the last states, shape ``(encoder.width,)``, or zeros for too little
    sound."""
    states = encoder.states(samples[-SPAN:])[0, -STATES:]
    mean: Samples = states.mean(axis=0) if len(states) else np.zeros(encoder.width, np.float32)
    return mean
