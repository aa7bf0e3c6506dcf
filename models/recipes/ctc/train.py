"""Training: CTC on stored states, scheduled by steps, resumed from a checkpoint."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch.nn import functional

from models.recipes.ear.train import EMA, learning_rate

from .corpus import Utterance, load_shards
from .model import SYMBOLS, Head

_IDS = {symbol: number for number, symbol in enumerate(SYMBOLS)}
_STATE_S = 0.024


def batches(utterances: list[Utterance], states: int, rng: Random) -> Iterator[list[Utterance]]:
    """One epoch: utterances of similar length together, at most ``states`` padded states each, in random order."""
    order = sorted(utterances, key=lambda u: len(u.states) + rng.uniform(0, 20))
    groups: list[list[Utterance]] = [[]]
    longest = 0
    for utterance in order:
        longest = max(longest, len(utterance.states))
        if groups[-1] and longest * (len(groups[-1]) + 1) > states:
            groups.append([])
            longest = len(utterance.states)
        groups[-1].append(utterance)
    rng.shuffle(groups)
    yield from groups


def train(
    data: Path, out: Path, steps: int, seconds_per_step: float, peak: float, minutes: float | None, threads: int
) -> None:
    """Train for ``steps``, or for so many minutes of processor time; goes on from ``out/checkpoint.pt`` if there is
    one."""
    torch.set_num_threads(threads)
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "checkpoint.pt"
    known: set[str] = set()
    utterances = load_shards(data, known)
    if not utterances:
        raise SystemExit(f"{data}: no shards; make some with `data --out {data}`")
    torch.manual_seed(0)
    head = Head()
    head.train()
    weights = [p for p in head.parameters() if p.ndim > 1]
    others = [p for p in head.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": weights, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}],
        betas=(0.9, 0.98),
        fused=True,
    )
    step, heard_s, spent_s = 0, 0.0, 0.0
    average = {name: value.clone() for name, value in head.state_dict().items()}
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        head.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        average, step, heard_s, spent_s = saved["average"], saved["step"], saved["heard_s"], saved["spent_s"]
    rng = Random(1000 + step)
    chance = np.random.default_rng(step)
    limit = int(seconds_per_step / _STATE_S)
    losses: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    begun, spent_before_s = time.process_time(), spent_s
    print(
        f"{sum(p.numel() for p in head.parameters()) / 1e6:.2f} M parameters, from step {step} of {steps}", flush=True
    )
    pending: Iterator[list[Utterance]] = iter(())
    stopped = False
    while step < steps and not stopped:
        group = next(pending, None)
        if group is None:
            utterances += load_shards(data, known)
            hours = sum(len(u.states) for u in utterances) * _STATE_S / 3600
            print(f"epoch over {len(utterances)} utterances, {hours:.1f} h", flush=True)
            pending = batches(utterances, limit, rng)
            continue
        for options in optimizer.param_groups:
            options["lr"] = learning_rate(step / steps, peak)
        nats = _nats(head, group, chance)
        loss = nats.sum() / sum(len(u.text) for u in group)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(head.parameters(), 1.0)
        optimizer.step()
        step += 1
        heard_s += sum(len(u.states) for u in group) * _STATE_S
        spent_s = spent_before_s + time.process_time() - begun
        keep = min(EMA, step / (step + 100))
        with torch.no_grad():
            for name, value in head.state_dict().items():
                average[name].lerp_(value, 1 - keep)
        for utterance, value in zip(group, nats.tolist(), strict=True):
            losses[utterance.kind][0] += value
            losses[utterance.kind][1] += len(utterance.text)
        stopped = minutes is not None and time.process_time() - begun > 60 * minutes
        if step % 50 == 0 or step == steps or stopped:
            figures = {kind: round(n / max(c, 1), 3) for kind, (n, c) in sorted(losses.items())}
            print(
                f"{time.strftime('%H:%M:%S')} step {step}/{steps}, {heard_s / 3600:.1f} h heard in {spent_s / 60:.1f} "
                f"min of processor, nats per letter {json.dumps(figures)}",
                flush=True,
            )
            losses.clear()
        if step % 100 == 0 or step == steps or stopped:
            draft = out / "checkpoint.draft"
            torch.save(
                {"model": head.state_dict(), "average": average, "optimizer": optimizer.state_dict(), "step": step,
                 "heard_s": heard_s, "spent_s": spent_s},
                draft,
            )  # fmt: skip
            draft.replace(checkpoint)


def _nats(head: Head, group: list[Utterance], chance: np.random.Generator) -> torch.Tensor:
    """CTC's loss of each utterance, with parts of the states hidden."""
    longest = max(len(u.states) for u in group)
    states = np.zeros((len(group), longest, group[0].states.shape[1]), np.float32)
    mask = np.zeros((len(group), longest, 1), np.float32)
    for row, (utterance, x, on) in enumerate(zip(group, states, mask, strict=True)):
        length = len(utterance.states)
        x[:length] = utterance.states
        on[:length] = 1
        for _ in range(length // 60 + 1):
            # At most as long as a letter or two, so that the others tell which were hidden.
            start = int(chance.integers(length))
            x[start : start + int(chance.integers(1, 9))] = 0
        states[row, :, chance.random(x.shape[1]) < 0.08] = 0
    lengths = torch.tensor([len(u.states) for u in group])
    sizes = torch.tensor([len(u.text) for u in group])
    targets = torch.tensor([_IDS[letter] for u in group for letter in u.text])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = head.logits(torch.from_numpy(states), torch.from_numpy(mask))
    likely = functional.log_softmax(logits.float(), -1).transpose(0, 1)
    return functional.ctc_loss(likely, targets, lengths, sizes, zero_infinity=True, reduction="none")
