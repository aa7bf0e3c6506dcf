"""Checkpoint to ``head.int8.onnx``, which the appliance's ``ctc`` ear reads.

Its metadata names the letters and the SHA-256 of the encoder that it was trained on. Matrix products are quantised to
int8 (weights per channel). The small convolutions stay as they are.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from appliance.engines.asr.moonshine import ENCODER, sha256

from .model import SYMBOLS, Head


def export(checkpoint: Path, encoder: Path, out: Path) -> None:
    """Write the averaged weights of ``checkpoint``, which were trained on the encoder in ``encoder``, into ``out``."""
    saved = torch.load(checkpoint, weights_only=True)
    head = Head()
    head.load_state_dict(saved["average"])
    out.mkdir(parents=True, exist_ok=True)
    path = out / "head.int8.onnx"
    write(head, path, sha256(encoder / ENCODER))
    size = path.stat().st_size / 1e6
    print(f"{path}: {size:.2f} MB, step {saved['step']}, {saved['heard_s'] / 3600:.1f} h heard")


def write(head: Head, path: Path, encoder: str) -> None:
    """Write one head as an ONNX model for the encoder with that SHA-256."""
    with tempfile.TemporaryDirectory() as folder:
        plain, small = Path(folder) / "plain.onnx", Path(folder) / "small.onnx"
        torch.onnx.export(
            head.eval().float(),
            (torch.zeros(1, 50, head.shape.states),),
            str(plain),
            input_names=["states"],
            output_names=["log_probs"],
            dynamic_axes={"states": {0: "batch", 1: "length"}, "log_probs": {0: "batch", 1: "length"}},
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(
            str(plain),
            str(small),
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul", "Gemm"],
            per_channel=True,
        )
        model = onnx.load(str(small))
    del model.metadata_props[:]
    for key, value in {"letters": "".join(SYMBOLS[1:]), "encoder": encoder}.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(model, str(path))
