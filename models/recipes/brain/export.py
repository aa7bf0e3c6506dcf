"""Checkpoint to GGUF: Q8_0 matrices, the tokenizer and the chat template inside."""

from __future__ import annotations

import json
from pathlib import Path

import gguf
import numpy as np
import torch
from torch import Tensor

from .encoding import CHAT_TEMPLATE
from .model import Brain, Shape


def export(checkpoint: Path, tokenizer: Path, out: Path) -> None:
    """Write ``out`` (and say how large it is); replaced in one step, so a reader never sees half a file."""
    shape = Shape()
    weights: dict[str, Tensor] = torch.load(checkpoint, map_location="cpu", weights_only=True)["model"]
    model = Brain(shape)
    model.load_state_dict(weights)
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_suffix(".partial")
    writer = gguf.GGUFWriter(str(partial), "llama")
    _describe(writer, shape)
    _add_tokenizer(writer, json.loads(tokenizer.read_text(encoding="utf-8"))["model"], shape.vocabulary)
    for name, tensor in _tensors(weights, shape):
        array = tensor.float().numpy()
        if array.ndim == 1:
            writer.add_tensor(name, array.astype(np.float32))
        else:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(name, gguf.quants.quantize(array, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.replace(out)
    print(
        f"{out}: {out.stat().st_size / 1e6:.2f} MB, {sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters"
    )


def _describe(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_name("cloister-starter")
    writer.add_license("Apache-2.0")
    writer.add_description("Says retrieved facts and tool results in short sentences. Knows nothing itself.")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)


def _add_tokenizer(writer: gguf.GGUFWriter, bpe: dict, size: int) -> None:  # type: ignore[type-arg]
    by_id = {i: token for token, i in bpe["vocab"].items()}
    control = range(3)  # <|endoftext|>, <|im_start|> and <|im_end|>
    names, kinds = [], []
    for i in range(size):  # a tokenizer trained on few texts may be smaller than the embedding
        names.append(by_id.get(i, f"<|unused{i}|>"))
        kind = gguf.TokenType.NORMAL if i in by_id else gguf.TokenType.UNUSED
        kinds.append(gguf.TokenType.CONTROL if i in control else kind)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(names)
    writer.add_token_types(kinds)
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in bpe["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(0)
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def _tensors(weights: dict[str, Tensor], shape: Shape) -> list[tuple[str, Tensor]]:
    def interleaved(t: Tensor) -> Tensor:
        """Rotary pairs from halves, as in ``model.py``, to neighbours, as llama.cpp has them."""
        return (
            t.view(shape.heads, 2, shape.head_width // 2, shape.width).swapaxes(1, 2).reshape(shape.width, shape.width)
        )

    out = [("token_embd.weight", weights["embedding.weight"]), ("output_norm.weight", weights["norm"])]
    for layer in range(shape.layers):
        ours = {
            name.removeprefix(f"blocks.{layer}."): t
            for name, t in weights.items()
            if name.startswith(f"blocks.{layer}.")
        }
        query, key, value = ours["qkv.weight"].chunk(3)
        gate, up = ours["gate_up.weight"].chunk(2)
        theirs = {
            "attn_norm": ours["norm_attention"], "attn_q": interleaved(query), "attn_k": interleaved(key),
            "attn_v": value, "attn_output": ours["out.weight"], "ffn_norm": ours["norm_hidden"], "ffn_gate": gate,
            "ffn_up": up, "ffn_down": ours["down.weight"],
        }  # fmt: skip
        out += [(f"blk.{layer}.{name}.weight", tensor) for name, tensor in theirs.items()]
    return out
