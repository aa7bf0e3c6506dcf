"""Training: which kind of distress an utterance tells, if any. It goes on from a checkpoint.

The network is that of the judge of answers, with whose weights it begins, and a head for the kinds. The head is only
there to shape the layers: ``readout`` fits it anew when they are done.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import torch
from torch import nn
from torch.nn import functional

from appliance.engines.embedding.minilm import DIMENSIONS
from appliance.language.parts import EMERGENCIES
from models.recipes.answers.model import AnswerModel
from models.recipes.answers.published import load
from models.recipes.answers.train import batches, save

from .utterances import Utterance

BATCH = 64
SMOOTHING = 0.03
"""Share of the other kinds that is aimed at, so that no utterance is ever certain"""
HEAD = 10.0
"""Learning rate of the head against that of the layers, which begin with what they know"""
KEEP_STEPS = 100


class DistressModel(nn.Module):
    """Scores of no distress and of each of its kinds, from the mean of the states of an utterance."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.network = AnswerModel(dropout=dropout)
        self.head = nn.Linear(DIMENSIONS, 1 + len(EMERGENCIES))
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def forward(self, said: Sequence[Utterance]) -> torch.Tensor:
        """Scores, shape (utterances, 1 + kinds)."""
        found: torch.Tensor = self.head(self.network.pooled(*self.network.sentences([one.text for one in said])))
        return found


def loss(model: DistressModel, said: Sequence[Utterance]) -> torch.Tensor:
    """Mean loss of a batch."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores = model(said)
    kinds = torch.tensor([one.kind for one in said])
    weights = torch.tensor([one.weight for one in said])
    each = functional.cross_entropy(scores.float(), kinds, reduction="none", label_smoothing=SMOOTHING)
    return (each * weights).sum() / len(said)


def train(said: Sequence[Utterance], out: Path, steps: int, start: Path, peak: float = 1e-4) -> None:
    """Train and write ``out``. It goes on from ``out`` where that exists, and otherwise begins with the weights of
    ``start``, an exported judge of answers. ``peak`` is the highest learning rate."""
    torch.manual_seed(0)
    model = DistressModel(dropout=0.1)
    layers = [parameter for parameter in model.network.bert.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": layers}, {"params": [*model.head.parameters()]}], betas=(0.9, 0.99), weight_decay=0.01
    )
    step = 0
    if out.exists():
        saved = torch.load(out, weights_only=True)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        step = saved["step"]
    else:
        load(start, model.network)
    model.train()
    began, total = time.monotonic(), 0.0
    rng = Random(step)
    pending: Iterator[list[Utterance]] = iter(())
    print(f"{len(said)} utterances, from step {step} of {steps}", flush=True)
    while step < steps:
        group = next(pending, None)
        if group is None:
            pending = batches(said, BATCH, lambda one: len(one.text), rng)
            continue
        for options, factor in zip(optimizer.param_groups, (1.0, HEAD), strict=True):
            options["lr"] = factor * peak * min(1.0, (step + 1) / 50) * (1 - step / steps)
        error = loss(model, group)
        optimizer.zero_grad(set_to_none=True)
        error.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step, total = step + 1, total + error.item()
        if step % KEEP_STEPS == 0 or step == steps:
            save(out, model, optimizer, step)
            print(
                f"step {step} of {steps}, {time.monotonic() - began:.0f} s, loss {total / KEEP_STEPS:.4f}", flush=True
            )
            total = 0.0
