"""Weights of an exported ear, to go on training from: ``ear.int8.onnx`` back to a network.

Everything is found by its position in the file, as sherpa-onnx finds the inputs: names differ between exporters.
Quantised matrices are multiplied out; what int8 lost is regained in the first hundred steps.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from .model import Ear


def load(path: Path) -> Ear:
    """The network in ``path``; it must have the shape that ``model.Shape`` describes."""
    graph = onnx.load(str(path)).graph
    arrays = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    matrices: list[np.ndarray] = []
    filters: list[np.ndarray] = []
    used: set[str] = set()
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            base = node.input[1].removesuffix("_quantized")
            whole = arrays[node.input[1]].astype(np.float32) - arrays[f"{base}_zero_point"].astype(np.float32)
            matrices.append((whole * arrays[f"{base}_scale"]).T)
            used |= {node.input[1], f"{base}_scale", f"{base}_zero_point"}
        elif node.op_type == "MatMul" and node.input[1] in arrays:
            matrices.append(arrays[node.input[1]].T)
            used.add(node.input[1])
        elif node.op_type == "Conv":
            filters.append(arrays[node.input[1]][:, 0, 0])
            used.add(node.input[1])
    vectors = [
        a for name, a in arrays.items() if name not in used and a.ndim == 1 and a.dtype == np.float32 and len(a) > 1
    ]
    sources = {2: iter(matrices), 1: iter(vectors)}
    kernels = iter(filters)
    ear = Ear()
    state = {}
    # the exporter writes buffers first, then the parameters in the order of the modules
    order = [*(name for name, _ in ear.named_buffers()), *(name for name, _ in ear.named_parameters())]
    for name in order:
        wanted = ear.state_dict()[name]
        array = next(kernels if name.endswith(".filter") else sources[wanted.ndim], None)
        if array is None or tuple(array.shape) != tuple(wanted.shape):
            raise SystemExit(f"{path}: not an ear of this recipe ({name} should be {tuple(wanted.shape)})")
        state[name] = torch.from_numpy(array.copy())
    ear.load_state_dict(state)
    return ear
