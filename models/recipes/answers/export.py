"""Checkpoint to ``answers.q8.gguf``, which the appliance's ``AnswerNetwork`` reads.

The pooled vector is the mean of the last layer's states, which end with a scale and an offset for each dimension. The
linear head is multiplied into these, so that the log odds are the sum of the pooled vector, and nothing but a plain
BERT has to be run.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt
import torch

from appliance.engines.embedding.minilm import DIMENSIONS, add_vocabulary, describe, gguf_name, installed, is_matrix

Arrays = dict[str, npt.NDArray[np.float32]]

LAST = "encoder.layer.5.output.LayerNorm"


def export(checkpoint: Path, out: Path, source: Path | None = None) -> None:
    """Write the weights of ``checkpoint``; ``source`` is MiniLM's folder, with its vocabulary."""
    state = torch.load(checkpoint, weights_only=True)["model"]
    weights: Arrays = {
        name.removeprefix("bert."): value.float().numpy() for name, value in state.items() if name.startswith("bert.")
    }
    folded = with_head(weights, state["head.weight"][0].numpy(), float(state["head.bias"][0]))
    words = ((source or installed()) / "vocab.txt").read_text(encoding="utf-8").splitlines()
    out.mkdir(parents=True, exist_ok=True)
    path = out / "answers.q8.gguf"
    write(path, folded, words, "cloister answers")
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


def with_head(weights: Arrays, head: npt.NDArray[np.float32], bias: float) -> Arrays:
    """The weights of a network whose pooled vector adds up to ``head @ pooled + bias``."""
    scale, offset = weights[f"{LAST}.weight"] * head, weights[f"{LAST}.bias"] * head + bias / DIMENSIONS
    return {**weights, f"{LAST}.weight": scale, f"{LAST}.bias": offset.astype(np.float32)}


def write(
    path: Path, weights: Arrays, words: list[str], name: str, fields: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Write GGUF, matrices in blocks of 32 numbers with 8 bits each, and the tokens' vectors with 5; and texts as
    ``fields``."""
    writer: Any = gguf.GGUFWriter(str(path), "bert")
    describe(writer, gguf, name, gguf.LlamaFileType.MOSTLY_Q8_0)
    add_vocabulary(writer, gguf, words)
    for field, text in fields.items():
        writer.add_string(field, text)
    for weight, array in weights.items():
        if (ours := gguf_name(weight)) is None:
            continue
        if is_matrix(ours):
            small = ours.startswith("token_embd")
            kind = gguf.GGMLQuantizationType.Q5_0 if small else gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(ours, gguf.quants.quantize(array, kind), raw_dtype=kind)
        else:
            writer.add_tensor(ours, array.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
