"""Sentence vectors by all-mpnet-base-v2 (Apache-2.0), which is twelve times as large as MiniLM and ranks better, or by
MiniLM."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from transformers import AutoModel, AutoTokenizer

from appliance.engines.embedding.minilm import MiniLm

from .sites import Vectors

BATCH = 64
LONGEST_TOKENS = 64


class Teacher:
    """Makes vectors, and keeps them in a file, so that each sentence is read once."""

    def __init__(self, model: Path, kept: Path) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(str(model))
        self._model = AutoModel.from_pretrained(str(model)).eval()
        self._kept = kept
        self._known: dict[str, Vectors] = {}
        if kept.exists():
            with np.load(kept) as stored:
                self._known = dict(zip(stored["texts"].tolist(), stored["vectors"].astype(np.float32), strict=True))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, float32, shape (texts, 768)."""
        new = sorted({text for text in texts if text not in self._known}, key=len)
        for start in range(0, len(new), BATCH):
            some = new[start : start + BATCH]
            self._known.update(zip(some, self._vectors(some), strict=True))
            if start // BATCH % 50 == 49:
                print(f"{start + BATCH} of {len(new)} sentences", flush=True)
                self._keep()
        if len(new) >= BATCH:
            self._keep()
        return np.array([self._known[text] for text in texts], dtype=np.float32)

    def _keep(self) -> None:
        draft = self._kept.with_suffix(".new.npz")
        np.savez(draft, texts=np.array(list(self._known)), vectors=np.array(list(self._known.values()), np.float16))
        draft.replace(self._kept)

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        encoded = self._tokenizer(
            list(texts), padding=True, truncation=True, max_length=LONGEST_TOKENS, return_tensors="pt"
        )
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            states = self._model(**encoded).last_hidden_state.float()
        mask = encoded["attention_mask"].unsqueeze(-1).float()
        found: Vectors = functional.normalize((states * mask).sum(1) / mask.sum(1), dim=1).numpy()
        return found


class MiniLmTeacher:
    """Ranks facts by the appliance's own embedder, and teaches no nearness."""

    def __init__(self) -> None:
        self._model, self._known = MiniLm(), dict[str, Vectors]()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, float32, shape (texts, 384)."""
        for text in texts:
            if text not in self._known:
                self._known[text] = self._model.embed([text])[0]
        return np.array([self._known[text] for text in texts], dtype=np.float32)
