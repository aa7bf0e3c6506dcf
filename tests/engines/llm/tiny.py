"""Models with random weights and a few hundred tokens, for what an engine does whatever its model says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import gguf
import numpy as np

_WIDTH, _LAYERS, _HEADS, _HIDDEN = 32, 2, 2, 64
_STATE, _INNER, _CONVOLVED, _RANK = 8, 64, 4, 4
_LETTERS = " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;?!'\"-[]<>/|_\n"

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@dataclass(frozen=True)
class Tiny:
    """A model to make."""

    template: str = CHATML
    controls: tuple[str, ...] = ("<|im_start|>", "<|im_end|>")
    """texts of its control tokens; the last one ends a turn"""
    added: tuple[str, ...] = ()
    """texts of the tokens that are found in every text"""
    bos: str = ""
    """the control token that every prompt begins with"""
    tokenizer: Literal["gpt2", "llama"] = "gpt2"
    """"llama" is SentencePiece"""
    architecture: Literal["llama", "mamba"] = "llama"
    """"mamba" is recurrent: it cannot forget a part"""
    name: str = "tiny"


def make(path: Path, model: Tiny) -> Path:
    """Write a model to ``path``, the same one for the same arguments."""
    writer = gguf.GGUFWriter(str(path), model.architecture)
    tokens = _add_tokens(writer, model)
    writer.add_name(model.name)
    writer.add_context_length(4096)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(tokens)
    writer.add_chat_template(model.template)
    random = np.random.default_rng(0)
    shapes = _shapes_of_llama(writer) if model.architecture == "llama" else _shapes_of_mamba(writer)
    for name, shape in (("token_embd.weight", (tokens, _WIDTH)), ("output_norm.weight", (_WIDTH,)), *shapes):
        weights = np.ones(shape) if "norm" in name else random.normal(0, 1 / math.sqrt(shape[-1]), shape)
        if name.endswith("ssm_a"):
            weights = -np.ones(shape)
        writer.add_tensor(name, weights.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _shapes_of_llama(writer: Any) -> list[tuple[str, tuple[int, ...]]]:
    writer.add_feed_forward_length(_HIDDEN)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    square, wide = (_WIDTH, _WIDTH), (_HIDDEN, _WIDTH)
    block = {
        "attn_norm": (_WIDTH,), "attn_q": square, "attn_k": square, "attn_v": square, "attn_output": square,
        "ffn_norm": (_WIDTH,), "ffn_gate": wide, "ffn_up": wide, "ffn_down": (_WIDTH, _HIDDEN),
    }  # fmt: skip
    return [(f"blk.{n}.{name}.weight", shape) for n in range(_LAYERS) for name, shape in block.items()]


def _shapes_of_mamba(writer: Any) -> list[tuple[str, tuple[int, ...]]]:
    writer.add_feed_forward_length(0)
    writer.add_head_count(0)
    writer.add_ssm_conv_kernel(_CONVOLVED)
    writer.add_ssm_inner_size(_INNER)
    writer.add_ssm_state_size(_STATE)
    writer.add_ssm_time_step_rank(_RANK)
    block = {
        "attn_norm.weight": (_WIDTH,), "ssm_in.weight": (2 * _INNER, _WIDTH),
        "ssm_conv1d.weight": (_INNER, _CONVOLVED), "ssm_conv1d.bias": (_INNER,),
        "ssm_x.weight": (_RANK + 2 * _STATE, _INNER), "ssm_dt.weight": (_INNER, _RANK), "ssm_dt.bias": (_INNER,),
        "ssm_a": (_INNER, _STATE), "ssm_d": (_INNER,), "ssm_out.weight": (_WIDTH, _INNER),
    }  # fmt: skip
    return [(f"blk.{n}.{name}", shape) for n in range(_LAYERS) for name, shape in block.items()]


def _add_tokens(writer: Any, model: Tiny) -> int:
    """Add the vocabulary. Returns the number of tokens."""
    kinds = gguf.TokenType
    special = [
        *((text, kinds.CONTROL) for text in model.controls),
        *((text, kinds.USER_DEFINED) for text in model.added),
    ]
    if model.tokenizer == "gpt2":
        rows = [(text, kinds.NORMAL) for text in _byte_letters()]
        writer.add_token_merges(["a b"])
        writer.add_tokenizer_pre("qwen2")
        rows.append(("ab", kinds.NORMAL))
    else:
        rows = [("<unk>", kinds.UNKNOWN), *((f"<0x{byte:02X}>", kinds.BYTE) for byte in range(256))]
        rows += [(letter.replace(" ", "\u2581"), kinds.NORMAL) for letter in _LETTERS if letter != "\n"]
        writer.add_unk_token_id(0)
    rows += [row for row in special if row[0] not in dict(rows)]
    writer.add_tokenizer_model(model.tokenizer)
    texts = [text for text, _ in rows]
    writer.add_token_list(texts)
    writer.add_token_types([kind for _, kind in rows])
    writer.add_token_scores([0.0] * len(rows))
    writer.add_eos_token_id(texts.index(model.controls[-1]))
    writer.add_add_bos_token(bool(model.bos))
    if model.bos:
        writer.add_bos_token_id(texts.index(model.bos))
    return len(rows)


def _byte_letters() -> Sequence[str]:
    """The letters that stand for the 256 bytes in a vocabulary of GPT-2's kind."""
    shown = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return [chr(byte) if byte in shown else chr(256 + hidden.index(byte)) for byte in range(256)]
