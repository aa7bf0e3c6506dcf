"""Training: is it over, yes or no, on pictures of every pass; scheduled by steps, resumed from a checkpoint."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from appliance.finality import BANDS

from . import clips
from .clips import Clip
from .model import Finality, Shape

PEAK, WEIGHT_DECAYS = 2e-3, (1.0, 0.1)
BATCH = 64
EMA = 0.995
SMOOTHING = 0.03
SHARES = {"orders": 1.0, "sentences": 1.0, "calls": 1.0, "meetings": 1.0, "kathleen": 0.6, "synthesized": 0.6}
"""Weight of all clips of a source together, before that of orders and the other people is given to each of theirs"""


def draws(known: Sequence[Clip]) -> np.ndarray:
    """How often each clip is drawn: ends as often as the rest of a source; one reader and machines less than people."""
    people = {"orders", "sentences", "calls", "meetings"}
    groups = [("people" if c.source in people else c.source, c.over) for c in known]
    counts = {group: groups.count(group) for group in set(groups)}
    weights = np.array([SHARES.get(source, 1.0) / counts[source, over] for source, over in groups])
    return weights / weights.sum()


def learning_rate(progress: float) -> float:
    """A rise and half a cosine."""
    return PEAK * min(1.0, progress / 0.05) * max(0.01, 0.5 * (1 + math.cos(math.pi * progress)))


def mask(pictures: Tensor, chance: np.random.Generator) -> Tensor:
    """Bands and moments that are taken away, so that no single one is relied on (Park et al. 2019)."""
    empty = pictures[:, :, :BANDS].amin()
    for row in pictures:
        width = int(chance.integers(0, 8))
        band = int(chance.integers(0, BANDS - width))
        row[:, band : band + width] = empty
        if chance.random() < 0.5:
            row[: int(chance.integers(0, 240))] = row[:1]
        if chance.random() < 0.2:
            row[:, BANDS:] = 0.0
    return pictures


def train(
    data: Path,
    out: Path,
    steps: int,
    stop: int | None = None,
    leave_out: set[str] | None = None,
    shape: Shape | None = None,
) -> Finality:
    """Up to step ``stop`` of a schedule of ``steps``; goes on from ``out/checkpoint.pt`` if there is one.

    Nothing is learned from the speakers in ``leave_out``.
    """
    torch.manual_seed(0)
    torch.set_num_threads(1)
    out.mkdir(parents=True, exist_ok=True)
    known = clips.read(data / "clips.jsonl")
    used = np.array([c.speaker not in (leave_out or set()) for c in known])
    passes = [np.load(path, mmap_mode="r") for path in sorted(data.glob("pictures-??.npy"))]
    if not passes:
        raise SystemExit(f"{data}: no passes; make some with `data --out {data}`")
    odds = draws(known) * used
    odds /= odds.sum()
    over = np.array([c.over for c in known], np.float32)
    network, average = Finality(shape), Finality(shape)
    optimizer = torch.optim.AdamW(
        [
            {"params": list(reader.parameters()), "weight_decay": decay}
            for reader, decay in zip(network.readers, WEIGHT_DECAYS, strict=False)
        ],
        lr=PEAK,
        betas=(0.9, 0.98),
    )
    step, checkpoint = 0, out / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(saved["network"])
        optimizer.load_state_dict(saved["optimizer"])
        average.load_state_dict(saved["average"])
        step = saved["step"]
    else:
        average.load_state_dict(network.state_dict())
    chance = np.random.default_rng(step)
    losses: list[float] = []
    started, first = time.monotonic(), step
    print(f"{sum(p.numel() for p in network.parameters())} parameters, {int(used.sum())} clips", flush=True)
    network.train()
    while step < (stop or steps):
        for options in optimizer.param_groups:
            options["lr"] = learning_rate(step / steps)
        rows = chance.choice(len(known), BATCH, p=odds)
        turns = chance.integers(0, len(passes), BATCH)
        shown = np.stack([passes[turn][row] for turn, row in zip(turns, rows, strict=True)]).astype(np.float32)
        wanted = torch.from_numpy(over[rows]) * (1 - 2 * SMOOTHING) + SMOOTHING
        pictures = torch.from_numpy(shown)
        weighing, *convolving = network.readers
        verdicts = [weighing(pictures), *(reader(mask(pictures, chance)) for reader in convolving)]
        loss = torch.stack([functional.binary_cross_entropy_with_logits(verdict, wanted) for verdict in verdicts]).sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        step += 1
        losses.append(loss.item())
        keep = min(EMA, step / (step + 20))
        with torch.no_grad():
            for name, value in average.state_dict().items():
                if value.is_floating_point():
                    value.lerp_(network.state_dict()[name], 1 - keep)
        if step % 100 == 0 or step == (stop or steps):
            pace = (step - first) / (time.monotonic() - started)
            print(f"step {step}/{steps}, {pace:.1f}/s, nats {np.mean(losses):.3f}", flush=True)
            losses.clear()
            state = {"network": network.state_dict(), "average": average.state_dict()}
            draft = out / "checkpoint.draft"
            torch.save({**state, "optimizer": optimizer.state_dict(), "step": step}, draft)
            draft.replace(checkpoint)
    return average.eval()
