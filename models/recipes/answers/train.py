"""Training: whether a text answers a question, and how near the teacher finds the two. It goes on from a checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import TypeVar

import torch
from torch import nn
from torch.nn import functional

from .model import AnswerModel
from .pairs import Pair
from .published import load

T = TypeVar("T")

BATCH = 32
SMOOTHING = 0.03
"""Share of the other label that is aimed at, so that no pair is ever certain"""
OF_COSINE = 4.0
"""Weight of the squared error of the cosine"""
KEEP_STEPS = 100


def batches(examples: Sequence[T], size: int, length: Callable[[T], int], rng: Random) -> Iterator[list[T]]:
    """One epoch in random order, with examples of similar length together."""
    order = list(examples)
    rng.shuffle(order)
    for start in range(0, len(order), size * 16):
        some = sorted(order[start : start + size * 16], key=length)
        groups = [some[k : k + size] for k in range(0, len(some), size)]
        rng.shuffle(groups)
        yield from groups


def loss(model: AnswerModel, pairs: Sequence[Pair]) -> torch.Tensor:
    """Mean loss of a batch."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = model(*model.batch(pairs))
    odds, cosine = found.float().unbind(dim=1)
    aims = torch.tensor([pair.answered or 0.0 for pair in pairs]) * (1 - 2 * SMOOTHING) + SMOOTHING
    weights = torch.tensor([0.0 if pair.answered is None else pair.weight for pair in pairs])
    answered = functional.binary_cross_entropy_with_logits(odds, aims, weights, reduction="sum")
    known = torch.tensor([float(pair.cosine is not None) for pair in pairs])
    taught = torch.tensor([pair.cosine or 0.0 for pair in pairs])
    near = OF_COSINE * (known * (cosine - taught) ** 2).sum()
    return (answered + near) / len(pairs)


def train(
    pairs: Sequence[Pair],
    out: Path,
    epochs: float,
    peak: float,
    start: Path | None = None,
    dropout: float = 0.0,
    source: Path | None = None,
) -> None:
    """Train over ``pairs`` and write ``out``. It goes on from ``out`` where that exists, and otherwise begins with the
    weights in ``start``, a checkpoint or an exported model."""
    torch.manual_seed(0)
    model = AnswerModel(source)
    steps, step = max(1, round(epochs * len(pairs) / BATCH)), 0
    optimizer = torch.optim.AdamW(
        [parameter for parameter in model.parameters() if parameter.requires_grad], betas=(0.9, 0.99), weight_decay=0.01
    )
    if out.exists():
        saved = torch.load(out, weights_only=True)
        model.load_state_dict(saved["model"])
        if saved["optimizer"] is not None:
            optimizer.load_state_dict(saved["optimizer"])
        step = saved["step"]
    elif start is not None and start.suffix == ".gguf":
        load(start, model)
    elif start is not None:
        model.load_state_dict(torch.load(start, weights_only=True)["model"])
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = dropout
    model.train()
    began, total = time.monotonic(), 0.0
    rng = Random(step)
    pending: Iterator[list[Pair]] = iter(())
    print(f"{len(pairs)} pairs, from step {step} of {steps}", flush=True)
    while step < steps:
        group = next(pending, None)
        if group is None:
            pending = batches(pairs, BATCH, lambda pair: len(pair.question) + len(pair.text), rng)
            continue
        for options in optimizer.param_groups:
            options["lr"] = peak * min(1.0, (step + 1) / 50) * (1 - step / steps)
        error = loss(model, group)
        optimizer.zero_grad(set_to_none=True)
        error.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step, total = step + 1, total + error.item()
        if step % KEEP_STEPS == 0:
            print(
                f"step {step} of {steps}, {time.monotonic() - began:.0f} s, loss {total / KEEP_STEPS:.4f}", flush=True
            )
            total = 0.0
            save(out, model, optimizer, step)
    save(out, model, None, step)


def save(out: Path, model: nn.Module, optimizer: torch.optim.Optimizer | None, step: int) -> None:
    """Write a checkpoint, whole or not at all."""
    draft = out.with_suffix(".draft")
    kept = None if optimizer is None else optimizer.state_dict()
    torch.save({"model": model.state_dict(), "optimizer": kept, "step": step}, draft)
    draft.replace(out)
