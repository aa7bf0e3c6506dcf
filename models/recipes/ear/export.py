"""Checkpoint to ``ear.int8.onnx`` and ``tokens.txt``, as ``OnlineRecognizer.from_zipformer2_ctc`` wants them.

sherpa-onnx binds inputs and outputs by position and reads the sizes of the states from the metadata;
``model.Streaming`` says what travels in which state. Matrix products are quantised to int8 (weights per channel,
activations per chunk); the small convolutions stay in fp32.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from .fbank import BANDS
from .model import STEP, SYMBOLS, Ear, Streaming

CHUNK = 16
"""Feature frames per chunk: 160 ms."""
_STATES = {
    "cached_key_0": 1,
    "cached_nonlin_attn_0": 1,
    "cached_val1_0": 1,
    "cached_val2_0": 1,
    "cached_conv1_0": 0,
    "cached_conv2_0": 0,
    "embed_states": 0,
    "processed_lens": 0,
}
"""Names of the states in their order, and which axis is the batch."""


def export(checkpoint: Path, out: Path) -> None:
    """Write the averaged weights of ``checkpoint`` as an int8 model into ``out``."""
    saved = torch.load(checkpoint, weights_only=True)
    ear = Ear()
    ear.load_state_dict(saved["average"])
    out.mkdir(parents=True, exist_ok=True)
    write(ear, out / "ear.int8.onnx")
    names = ("▁" if symbol == " " else symbol for symbol in SYMBOLS)
    (out / "tokens.txt").write_text("".join(f"{name} {i}\n" for i, name in enumerate(names)), encoding="utf-8")
    size = (out / "ear.int8.onnx").stat().st_size / 1e6
    print(f"{out / 'ear.int8.onnx'}: {size:.2f} MB, step {saved['step']}, {saved['heard_s'] / 3600:.1f} h heard")


def write(ear: Ear, path: Path, quantise: bool = True) -> None:
    """Write one network as a streaming ONNX model."""
    stream = Streaming(ear.eval().float())
    rows, width = stream.cache_rows, ear.shape.width
    states = (
        torch.zeros(rows, 1, width),
        torch.zeros(1, 1, rows, BANDS * 3 // 4),
        torch.zeros(rows, 1, 1),
        torch.zeros(rows, 1, 1),
        torch.zeros(1, BANDS, STEP),
        torch.zeros(1, BANDS, 4),
        torch.zeros(1, 128, 3, 19),
        torch.zeros(1, dtype=torch.int64),
    )
    axes: dict[str, dict[int, str]] = {"x": {0: "batch", 1: "frames"}, "log_probs": {0: "batch", 1: "steps"}}
    for name, batch in _STATES.items():
        axes[name] = axes[f"new_{name}"] = {batch: "batch"}
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        torch.onnx.export(
            stream,
            (torch.zeros(1, CHUNK, BANDS), *states),
            str(plain),
            input_names=["x", *_STATES],
            output_names=["log_probs", *(f"new_{name}" for name in _STATES)],
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
        small = Path(folder) / "small.onnx"
        if quantise:
            quantize_dynamic(
                str(plain),
                str(small),
                weight_type=QuantType.QInt8,
                op_types_to_quantize=["MatMul", "Gemm"],
                per_channel=True,
            )
        model = onnx.load(str(small if quantise else plain))
    del model.metadata_props[:]
    metadata = {
        "model_type": "zipformer2",
        "version": 1,
        "model_author": "Cloister",
        "comment": "streaming character CTC, causal convolutions",
        "encoder_dims": BANDS,
        "query_head_dims": width,
        "value_head_dims": 1,
        "num_heads": 1,
        "num_encoder_layers": 1,
        "cnn_module_kernels": 8,
        "left_context_len": rows,
        "T": CHUNK,
        "decode_chunk_len": CHUNK,
    }
    for key, value in metadata.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, str(value)
    onnx.save(model, str(path))
