"""Weights of an exported model, to go on training from: ``answers.q8.gguf`` back to a network.

The export multiplied the head into the last layer's scale and offset, so here the head only adds up.
"""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import torch

from appliance.engines.embedding.minilm import gguf_name

from .model import AnswerModel


def load(path: Path, model: AnswerModel) -> None:
    """Put the weights in ``path`` into ``model``. The tokens' vectors stay MiniLM's, which the export made coarser."""
    tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(str(path)).tensors}
    state = model.state_dict()
    for name, present in state.items():
        ours = gguf_name(name.removeprefix("bert.")) if name.startswith("bert.encoder.") else None
        if ours is not None:
            tensor = tensors[ours]
            numbers = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
            state[name] = torch.from_numpy(np.array(numbers, dtype=np.float32).reshape(tuple(present.shape)))
    model.load_state_dict(state)
    with torch.no_grad():
        model.head.weight[0] = 1.0
        model.head.bias[0] = 0.0
