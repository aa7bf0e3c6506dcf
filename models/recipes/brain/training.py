"""Training by steps: Muon for the matrices, AdamW for the rest, random-copy batches among the dialogues."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from .dialogue import dialogue
from .encoding import USER_WEIGHT, Encoder
from .model import Brain, craft_induction
from .public import PublicTexts

BATCH_TOKENS = 4096
POOL = 400
"""dialogues drawn at a time and sorted into batches of similar length"""
LONGEST = 900
"""tokens of a training sequence"""


@dataclass(frozen=True)
class Schedule:
    steps: int = 2600
    warm_up: int = 40
    decay: float = 0.4
    """share of the steps at the end over which the rate falls to a hundredth"""
    muon_rate: float = 0.01
    embedding_rate: float = 5e-4
    """higher rates push rare tokens together and destroy copying"""
    norm_rate: float = 3e-3
    copy_share: float = 0.3
    """random-copy batches per dialogue batch, falling to a third at the end"""

    def factor(self, step: int) -> float:
        left = (self.steps - step) / (self.steps * self.decay)
        return min(1.0, (step + 1) / self.warm_up) * min(1.0, max(0.01, left))

    def copies(self, step: int) -> float:
        return self.copy_share * (1 - 0.67 * min(1.0, step / self.steps))


def copy_batch(encoder: Encoder, vocabulary: int, rng: Random) -> tuple[Tensor, Tensor]:
    """Random tokens to be repeated, plainly or as key and value in the chat format; ids and weights, ``[B, T]``."""
    length = rng.choice([128, 192, 256])
    rows = BATCH_TOKENS // length
    ids, weights = torch.zeros(rows, length, dtype=torch.long), torch.zeros(rows, length)
    noise = lambda count: [rng.randrange(300, vocabulary) for _ in range(count)]  # noqa: E731
    colon, dash = encoder.words(":"), encoder.words("\n-")
    for row in range(rows):
        seq: list[int] = []
        wts: list[float] = []
        if rng.random() < 0.35:
            piece = noise(rng.randint(6, 50))
            while len(seq) < length:
                wts += [1.0 if seq else 0.0] * len(piece)
                seq += piece
        else:
            pairs = [(noise(rng.randint(1, 3)), noise(rng.randint(1, 8))) for _ in range(rng.randint(2, 7))]
            seq = [encoder.start, *encoder.roles["facts"], *noise(3)]
            for key, value in pairs:
                seq += dash + key + colon + value
            seq += [encoder.end, *encoder.newline]
            wts = [0.0] * len(seq)
            while len(seq) < length:
                key, value = rng.choice(pairs)
                asked = noise(rng.choice([0, 0, 1, 2, 4])) + key + noise(rng.choice([0, 0, 1, 2]))
                head = [
                    encoder.start,
                    *encoder.roles["user"],
                    *asked,
                    encoder.end,
                    *encoder.newline,
                    encoder.start,
                    *encoder.roles["assistant"],
                ]
                if rng.random() < 0.5:
                    value = key + colon + value
                seq += [*head, *value, encoder.end, *encoder.newline]
                wts += [0.0] * len(head) + [1.0] * (len(value) + 1) + [0.0] * len(encoder.newline)
        ids[row], weights[row] = torch.tensor(seq[:length]), torch.tensor(wts[:length])
    return ids, weights


def pool_batches(encoder: Encoder, public: PublicTexts, rng: Random) -> list[tuple[Tensor, Tensor]]:
    """Batches of about BATCH_TOKENS from one pool of dialogues, in random order."""
    encoded = [encoder.encode(dialogue(rng, public)) for _ in range(POOL)]
    encoded = sorted((e for e in encoded if len(e[0]) <= LONGEST), key=lambda e: len(e[0]))
    groups: list[list[tuple[list[int], list[float]]]] = [[]]
    for pair in encoded:
        if groups[-1] and (len(groups[-1]) + 1) * _rounded(len(pair[0])) > BATCH_TOKENS:
            groups.append([])
        groups[-1].append(pair)
    rng.shuffle(groups)
    out = []
    for group in groups:
        length = _rounded(max(len(i) for i, _ in group))
        ids, weights = torch.zeros(len(group), length, dtype=torch.long), torch.zeros(len(group), length)
        for row, (i, w) in enumerate(group):
            ids[row, : len(i)], weights[row, : len(w)] = torch.tensor(i), torch.tensor(w)
        out.append((ids, weights))
    return out


def _rounded(length: int) -> int:
    return (length + 31) // 32 * 32


def _orthogonal(gradient: Tensor) -> Tensor:
    """Newton-Schulz iteration towards the nearest (semi-)orthogonal matrix."""
    x = gradient.bfloat16()
    tall = x.size(-2) > x.size(-1)
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return (x.mT if tall else x).float()


class Muon:
    """Momentum, orthogonalised per matrix; fused projections are split into their parts first."""

    def __init__(self, named: list[tuple[str, Tensor]], rate: float) -> None:
        self.named, self.rate = named, rate
        self.momentum = [torch.zeros_like(p) for _, p in named]

    @torch.no_grad()
    def step(self, factor: float) -> None:
        for (name, parameter), momentum in zip(self.named, self.momentum, strict=True):
            gradient = parameter.grad
            assert gradient is not None
            momentum.lerp_(gradient, 0.05)
            parts = 3 if "qkv" in name else 2 if "gate_up" in name else 1
            update = gradient.lerp(momentum, 0.95).view(parts, -1, gradient.size(-1))
            update = _orthogonal(update) * max(1.0, update.size(-2) / update.size(-1)) ** 0.5
            parameter.mul_(1 - self.rate * factor * 0.02).add_(update.reshape_as(parameter), alpha=-self.rate * factor)


class Trainer:
    """Owns the model and everything a checkpoint holds."""

    def __init__(self, schedule: Schedule, encoder: Encoder, public: PublicTexts, seed: int = 1) -> None:
        torch.manual_seed(seed)
        self.schedule, self.encoder, self.public, self.seed = schedule, encoder, public, seed
        self.model = Brain()
        craft_induction(self.model)
        matrices = [(n, p) for n, p in self.model.named_parameters() if p.dim() == 2 and "embedding" not in n]
        self.norms = [p for p in self.model.parameters() if p.dim() == 1]
        self.muon = Muon(matrices, schedule.muon_rate)
        self.adam = torch.optim.AdamW(
            [
                {"params": [self.model.embedding.weight], "base": schedule.embedding_rate},
                {"params": self.norms, "base": schedule.norm_rate},
            ],
            lr=schedule.embedding_rate,
            betas=(0.9, 0.98),
            eps=1e-5,
            weight_decay=0.0,
            fused=True,
        )
        self.step = 0
        self.pool = 0
        self.tokens = 0
        self.cpu_s = 0.0
        """processor seconds of this thread so far, all runs together"""

    def save(self, path: Path) -> None:
        state = {
            "model": self.model.state_dict(), "adam": self.adam.state_dict(), "muon": self.muon.momentum,
            "step": self.step, "pool": self.pool, "tokens": self.tokens, "cpu_s": self.cpu_s,
        }  # fmt: skip
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(path)

    def load(self, path: Path) -> None:
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.model.load_state_dict(state["model"])
        self.adam.load_state_dict(state["adam"])
        self.muon.momentum = state["muon"]
        self.step, self.pool, self.tokens, self.cpu_s = state["step"], state["pool"], state["tokens"], state["cpu_s"]

    def batches(self) -> Iterator[tuple[Tensor, Tensor, bool]]:
        """Ids, weights, and whether it is random copying. A pool that was interrupted is not taken up again."""
        while True:
            rng = Random(f"{self.seed}/{self.pool}")
            self.pool += 1
            for ids, weights in pool_batches(self.encoder, self.public, rng):
                yield ids, weights, False
                if rng.random() < self.schedule.copies(self.step):
                    yield *copy_batch(self.encoder, self.model.shape.vocabulary, rng), True

    def update(self, ids: Tensor, weights: Tensor) -> tuple[float, float]:
        """One step; mean loss of replies and of visitors' words (nats per token)."""
        factor = self.schedule.factor(self.step)
        embedding = self.model.embedding.weight
        with torch.autocast("cpu", torch.bfloat16):
            hidden = self.model.hidden_states(ids)
            chosen = weights[:, 1:] > 0
            target, weight = ids[:, 1:][chosen], weights[:, 1:][chosen]
            logits = F.linear(hidden[:, :-1][chosen], embedding)
        losses = F.cross_entropy(logits.float(), target, reduction="none")
        ((losses * weight).sum() / weight.sum()).backward()
        assert embedding.grad is not None and self.model.norm.grad is not None
        embedding.grad[:, 0] = 0  # the constant of the crafted circuit stays constant
        self.model.norm.grad[0] = 0
        torch.nn.utils.clip_grad_norm_([embedding, *self.norms], 1.0)
        for group in self.adam.param_groups:
            group["lr"] = group["base"] * factor
        self.muon.step(factor)
        self.adam.step()
        self.model.zero_grad(set_to_none=True)
        self.step += 1
        self.tokens += ids.numel()
        detached = losses.detach()
        reply, user = detached[weight == 1], detached[weight == USER_WEIGHT]
        return float(reply.mean()) if len(reply) else math.nan, float(user.mean()) if len(user) else math.nan

    def run(self, checkpoint: Path, save_every: int = 25, report_every: int = 20) -> None:
        """Train up to the schedule's last step, saving as it goes."""
        smooth: dict[str, float] = {}
        batches = self.batches()
        began = time.monotonic()
        first = self.step
        while self.step < self.schedule.steps:
            cpu = time.thread_time()
            ids, weights, copying = next(batches)
            reply, user = self.update(ids, weights)
            self.cpu_s += time.thread_time() - cpu
            for name, value in (("copy", reply),) if copying else (("reply", reply), ("user", user)):
                if not math.isnan(value):
                    smooth[name] = value if name not in smooth else 0.95 * smooth[name] + 0.05 * value
            if self.step % report_every == 0:
                per_step = (time.monotonic() - began) / (self.step - first)
                losses = " ".join(f"{n} {v:.4f}" for n, v in smooth.items())
                print(
                    f"step {self.step}/{self.schedule.steps} {losses} | {self.tokens / 1e6:.2f} M tokens,"
                    f" {self.cpu_s / 60:.1f} core minutes, {per_step:.2f} s per step,"
                    f" {(self.schedule.steps - self.step) * per_step / 60:.0f} min left",
                    flush=True,
                )
            if self.step % save_every == 0 or self.step == self.schedule.steps:
                self.save(checkpoint)
