"""Training: CTC on stored states, scheduled by steps, resumed from a checkpoint."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch.nn import functional

from models.recipes.ear.train import EMA, learning_rate

from ..shards import Utterance, load_shards
from .model import SYMBOLS, Head

_IDS = {symbol: number for number, symbol in enumerate(SYMBOLS)}
_STATE_S = 0.024


def batches(utterances: list[Utterance], states: int, rng: Random) -> Iterator[list[Utterance]]:
    """One epoch: utterances of similar length together, at most ``states`` padded states each, in random order."""
    order = sorted(utterances, key=lambda u: len(u.features) + rng.uniform(0, 20))
    groups: list[list[Utterance]] = [[]]
    longest = 0
    for utterance in order:
        longest = max(longest, len(utterance.features))
        if groups[-1] and longest * (len(groups[-1]) + 1) > states:
            groups.append([])
            longest = len(utterance.features)
        groups[-1].append(utterance)
    rng.shuffle(groups)
    yield from groups


@dataclass
class _Progress:
    """What all workers share."""

    head: Head
    average: dict[str, torch.Tensor]
    """mean of the weights over the last steps, of which a model is made"""
    step: Synchronized[int]
    heard_s: Synchronized[float]
    spent_s: Synchronized[float]
    """processor time of all workers"""

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        draft = path.with_suffix(".draft")
        torch.save(
            {"model": self.head.state_dict(), "average": self.average, "step": self.step.value,
             "heard_s": self.heard_s.value, "spent_s": self.spent_s.value},
            draft,
        )  # fmt: skip
        draft.replace(path)


def train(
    data: Path, out: Path, steps: int, seconds_per_step: float, peak: float, minutes: float | None, workers: int
) -> None:
    """Train for ``steps``, or for so many minutes of processor time; goes on from ``out/checkpoint.pt`` if there is
    one.

    Several workers change the same weights without waiting for each other (Niu et al., "Hogwild!", 2011, arXiv
    1106.5730), so that on a busy machine none waits until all have had a processor.
    """
    if not list(data.glob("shard-*.json")):
        raise SystemExit(f"{data}: no shards; make some with `data --out {data}`")
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "checkpoint.pt"
    torch.manual_seed(0)
    head = Head()
    average = {name: value.clone() for name, value in head.state_dict().items()}
    step, heard_s, spent_s = 0, 0.0, 0.0
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        head.load_state_dict(saved["model"])
        average, step, heard_s, spent_s = saved["average"], saved["step"], saved["heard_s"], saved["spent_s"]
    head.share_memory()
    many = torch.multiprocessing.get_context("spawn")
    progress = _Progress(head, average, many.Value("q", step), many.Value("d", heard_s), many.Value("d", spent_s))
    print(
        f"{sum(p.numel() for p in head.parameters()) / 1e6:.2f} M parameters, from step {step} of {steps}", flush=True
    )
    until_s = None if minutes is None else spent_s + 60 * minutes
    arguments = (progress, data, checkpoint, steps, seconds_per_step, peak, until_s)
    others = [many.Process(target=_work, args=(number, *arguments), daemon=True) for number in range(1, workers)]
    for other in others:
        other.start()
    _work(0, *arguments)
    for other in others:
        other.join()
    progress.save(checkpoint)


def _work(
    number: int,
    progress: _Progress,
    data: Path,
    checkpoint: Path,
    steps: int,
    seconds_per_step: float,
    peak: float,
    until_s: float | None,
) -> None:
    """Train the shared weights until all workers together have made ``steps``, or taken ``until_s`` of processor time.
    The first worker averages the weights, writes checkpoints and tells how it goes."""
    torch.set_num_threads(1)
    head = progress.head
    head.train()
    first = progress.step.value
    rng, chance = Random(1000 * number + first), np.random.default_rng([number, first])
    # A worker's estimates of the gradients' size are its own, and begin anew when a training goes on.
    optimizer = torch.optim.AdamW(head.parameters(), betas=(0.9, 0.98), weight_decay=0.01)
    known: set[str] = set()
    utterances: list[Utterance] = []
    losses: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    pending: Iterator[list[Utterance]] = iter(())
    own, averaged, saved, before_s = 0, first, first, time.process_time()
    while progress.step.value < steps and (until_s is None or progress.spent_s.value < until_s):
        group = next(pending, None)
        if group is None:
            utterances += load_shards(data, known, "states")
            pending = batches(utterances, int(seconds_per_step / _STATE_S), rng)
            continue
        own += 1
        for options in optimizer.param_groups:
            options["lr"] = learning_rate(progress.step.value / steps, peak) * min(1.0, own / 20)
        nats = _nats(head, group, chance)
        loss = nats.sum() / sum(len(u.text) for u in group)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(head.parameters(), 1.0)
        optimizer.step()
        now_s = time.process_time()
        for count, more in (
            (progress.step, 1),
            (progress.heard_s, sum(len(u.features) for u in group) * _STATE_S),
            (progress.spent_s, now_s - before_s),
        ):
            with count.get_lock():
                count.value += more
        before_s = now_s
        if number:
            continue
        step = progress.step.value
        keep = min(EMA, step / (step + 100)) ** (step - averaged)
        averaged = step
        with torch.no_grad():
            for name, value in head.state_dict().items():
                progress.average[name].lerp_(value, 1 - keep)
        for utterance, value in zip(group, nats.tolist(), strict=True):
            losses[utterance.kind][0] += value
            losses[utterance.kind][1] += len(utterance.text)
        if step - saved >= 100:
            figures = {kind: round(n / max(c, 1), 3) for kind, (n, c) in sorted(losses.items())}
            hours = sum(len(u.features) for u in utterances) * _STATE_S / 3600
            print(
                f"{time.strftime('%H:%M:%S')} step {step}/{steps}, {progress.heard_s.value / 3600:.1f} h heard of "
                f"{hours:.1f} h, {progress.spent_s.value / 60:.1f} min of processor, nats per letter "
                f"{json.dumps(figures)}",
                flush=True,
            )
            losses.clear()
            saved = step
            progress.save(checkpoint)


def _nats(head: Head, group: list[Utterance], chance: np.random.Generator) -> torch.Tensor:
    """CTC's loss of each utterance, with parts of the states hidden."""
    longest = max(len(u.features) for u in group)
    states = np.zeros((len(group), longest, group[0].features.shape[1]), np.float32)
    mask = np.zeros((len(group), longest, 1), np.float32)
    for row, (utterance, x, on) in enumerate(zip(group, states, mask, strict=True)):
        length = len(utterance.features)
        x[:length] = utterance.features
        on[:length] = 1
        for _ in range(length // 60 + 1):
            # At most as long as a letter or two, so that the others tell which were hidden.
            start = int(chance.integers(length))
            x[start : start + int(chance.integers(1, 9))] = 0
        states[row, :, chance.random(x.shape[1]) < 0.08] = 0
    lengths = torch.tensor([len(u.features) for u in group])
    sizes = torch.tensor([len(u.text) for u in group])
    targets = torch.tensor([_IDS[letter] for u in group for letter in u.text])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = head.logits(torch.from_numpy(states), torch.from_numpy(mask))
    likely = functional.log_softmax(logits.float(), -1).transpose(0, 1)
    return functional.ctc_loss(likely, targets, lengths, sizes, zero_infinity=True, reduction="none")
