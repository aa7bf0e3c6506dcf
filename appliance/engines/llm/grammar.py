"""GBNF grammars that bound what a model writes."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import numpy.typing as npt

Logits = npt.NDArray[np.float32]


class Grammar:
    """A GBNF grammar and the position of a reply in it."""

    def __init__(self, lib: Any, vocab: Any, source: str) -> None:
        self._lib = lib
        # Many models begin a reply with a space. Forbidding it would push them away from what they have learned.
        source = f'{source}\nspaced-root ::= " "? root\n'
        self._sampler = lib.llama_sampler_init_grammar(vocab, source.encode(), b"spaced-root")
        if not self._sampler:
            raise ValueError("the grammar is not valid GBNF")

    def allows(self, token: int) -> bool:
        return bool(np.isfinite(self._apply(np.array([token], dtype=np.int32), np.zeros(1, dtype=np.float32))[0]))

    def masked(self, logits: Logits) -> Logits:
        """``logits`` with minus infinity for every token that cannot follow."""
        return self._apply(np.arange(len(logits), dtype=np.int32), logits)

    def _apply(self, tokens: npt.NDArray[np.int32], logits: Logits) -> Logits:
        entries = (self._lib.llama_token_data * len(tokens))()
        view = np.ctypeslib.as_array(entries)
        view["id"], view["logit"], view["p"] = tokens, logits, 0
        candidates = self._lib.llama_token_data_array(entries, len(tokens), -1, False)
        self._lib.llama_sampler_apply(self._sampler, ctypes.byref(candidates))
        result: Logits = view["logit"].copy()
        return result

    def accept(self, token: int) -> None:
        self._lib.llama_sampler_accept(self._sampler, token)

    def close(self) -> None:
        self._lib.llama_sampler_free(self._sampler)
