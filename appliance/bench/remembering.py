"""An embedder that makes each sentence's vector once, for measurements that read a site again and again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from appliance.core.audio import Samples
from appliance.core.ports import Embedder


class RememberingEmbedder:
    """See the module. It keeps every vector, and is not for the words of visitors."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, npt.NDArray[np.float32]] = {}

    def embed(self, sentences: Sequence[str]) -> Samples:
        """Unit vectors, float32, shape (sentences, dimensions)."""
        new = [text for text in dict.fromkeys(sentences) if text not in self._known]
        if new:
            self._known.update(zip(new, self._embedder.embed(new), strict=True))
        return np.array([self._known[text] for text in sentences], dtype=np.float32)
