"""Weights from the wheel to an ONNX graph that is written out here, node by node.

Three LSTM layers of 256, the last state through a linear layer and ReLU, then unit length. Matrices but the first are
kept as int8 with a scale for each row and become float32 again when the network is loaded: less than a third of the
bytes, and the sums are those of float32.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from appliance.hearing.speaker_features import BANDS, PART_FRAMES

WHEEL = "Resemblyzer-0.1.4-py3-none-any.whl"
SHA256 = "8f12eb2f1a9982d32e8db7856de754709b59c93a77bcf0ff536584b619a9dd1f"
NAME = "speaker.onnx"

LAYERS, UNITS = 3, 256

Weights = Mapping[str, npt.NDArray[np.float32]]


def published(wheel: Path) -> Weights:
    """The weights by their names. Raises SystemExit for another file."""
    content = wheel.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise SystemExit(f"{wheel}: is not {WHEEL} with sha256 {SHA256}")
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        checkpoint = files.read("resemblyzer/pretrained.pt")
    state = torch.load(io.BytesIO(checkpoint), map_location="cpu", weights_only=True)["model_state"]
    return {name: tensor.numpy() for name, tensor in state.items()}


def write(weights: Weights, path: Path) -> None:
    """The network as ONNX: ``parts`` (float32, parts x ``PART_FRAMES`` or fewer x ``BANDS``) to ``voices`` (float32,
    unit vectors)."""
    graph = _Graph()
    graph.node("Transpose", ["parts"], ["frames"], perm=[1, 0, 2])
    below = "frames"
    graph.constant("direction", np.array([1]))
    for layer in range(LAYERS):
        gates = {
            name: _onnx_order(weights[f"lstm.{name}_l{layer}"])
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        }
        if layer == 0:
            # It takes power as it is, of a range that eight bits do not have.
            graph.constant("in0", gates["weight_ih"][np.newaxis])
        else:
            graph.matrix(f"in{layer}", gates["weight_ih"][np.newaxis], axis=1)
        graph.matrix(f"back{layer}", gates["weight_hh"][np.newaxis], axis=1)
        graph.constant(f"bias{layer}", np.concatenate((gates["bias_ih"], gates["bias_hh"]))[np.newaxis])
        lstm = [below, f"in{layer}", f"back{layer}", f"bias{layer}"]
        graph.node("LSTM", lstm, [f"all{layer}", f"last{layer}"], hidden_size=UNITS)
        below = f"layer{layer}"
        graph.node("Squeeze", [f"all{layer}", "direction"], [below])
    graph.constant("layers", np.array([0]))
    graph.node("Squeeze", [f"last{LAYERS - 1}", "layers"], ["last"])
    graph.matrix("linear", weights["linear.weight"], axis=0)
    graph.constant("offset", weights["linear.bias"])
    graph.node("Gemm", ["last", "linear", "offset"], ["raw"], transB=1)
    graph.node("Relu", ["raw"], ["positive"])
    graph.node("LpNormalization", ["positive"], ["voices"], axis=1, p=2)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "speaker",
            [helper.make_tensor_value_info("parts", TensorProto.FLOAT, ["parts", "frames", BANDS])],
            [helper.make_tensor_value_info("voices", TensorProto.FLOAT, ["parts", UNITS])],
            graph.constants,
            doc_string=f"{PART_FRAMES} frames or fewer",
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
        producer_name="cloister",
    )
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _onnx_order(stacked: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The rows of the gates as ONNX wants them (input, output, forget, cell), from torch's (input, forget, cell,
    output)."""
    i, f, c, o = np.split(stacked, 4)
    return np.concatenate((i, o, f, c))


class _Graph:
    """Nodes and constants as they are added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: list[str], outputs: list[str], **attributes: object) -> None:
        self.nodes.append(helper.make_node(kind, inputs, outputs, **attributes))

    def constant(self, name: str, value: npt.NDArray[np.generic]) -> None:
        self.constants.append(numpy_helper.from_array(value, name))

    def matrix(self, name: str, value: npt.NDArray[np.float32], axis: int) -> None:
        """As int8 with a scale for each row along ``axis``."""
        others = tuple(n for n in range(value.ndim) if n != axis)
        scale = (np.abs(value).max(axis=others) / 127).astype(np.float32)
        self.constant(f"{name}_int8", np.rint(value / np.expand_dims(scale, others)).astype(np.int8))
        self.constant(f"{name}_scale", scale)
        self.node("DequantizeLinear", [f"{name}_int8", f"{name}_scale"], [name], axis=axis)
