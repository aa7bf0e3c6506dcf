"""Checkpoint to ``distress.q8.gguf``, which the appliance's ``DistressNetwork`` reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch

from appliance.engines.embedding.distress import FIELD
from appliance.engines.embedding.minilm import installed
from models.recipes.answers.export import Arrays, write

from .readout import readout
from .utterances import Utterance

NAME = "cloister distress"


def export(checkpoint: Path, out: Path, said: Sequence[Utterance]) -> None:
    """Write the layers of ``checkpoint``, and what ``readout`` fits to ``said``."""
    state = torch.load(checkpoint, weights_only=True)["model"]
    layers = "network.bert."
    weights: Arrays = {
        name.removeprefix(layers): value.float().numpy() for name, value in state.items() if name.startswith(layers)
    }
    words = (installed() / "vocab.txt").read_text(encoding="utf-8").splitlines()
    out.mkdir(parents=True, exist_ok=True)
    path = out / "distress.q8.gguf"
    write(path, weights, words, NAME)
    write(path, weights, words, NAME, {FIELD: json.dumps(readout(path, said))})
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
