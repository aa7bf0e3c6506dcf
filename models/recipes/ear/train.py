"""Training: CTC on freshly augmented features, scheduled by steps, resumed from a checkpoint."""

from __future__ import annotations

import json
import math
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch.nn import functional

from ..shards import Utterance, load_shards
from . import published
from .augment import Augmenter
from .fbank import BANDS, FLOOR
from .model import STEP, SYMBOLS, Ear

_IDS = {symbol: number for number, symbol in enumerate(SYMBOLS)}
WARM_UP = 0.04
"""Share of the schedule in which the learning rate rises."""
EMA = 0.998
SHARE = {"reception": 0.8, "general": 0.5, "kathleen": 0.5, "keyword": 0.2}
"""Share of the utterances of a kind that an epoch uses; all of the other kinds."""


def learning_rate(progress: float, peak: float) -> float:
    """Learning rate at ``progress`` (0 to 1) of the schedule: a rise, a plateau, half a cosine."""
    if progress < WARM_UP:
        return peak * max(0.02, progress / WARM_UP)
    if progress < 0.3:
        return peak
    return peak * max(0.01, 0.5 * (1 + math.cos(math.pi * (progress - 0.3) / 0.7)))


def batches(utterances: list[Utterance], frames: int, after: int, rng: Random) -> Iterator[list[Utterance]]:
    """One epoch: utterances of similar length together, at most ``frames`` padded frames each, in random order."""
    margin = after + 30
    order = sorted(utterances, key=lambda u: len(u.features) + rng.uniform(0, 50))
    groups: list[list[Utterance]] = []
    group: list[Utterance] = []
    longest = 0
    for utterance in order:
        longest = max(longest, len(utterance.features) + margin)
        if group and longest * (len(group) + 1) > frames:
            groups.append(group)
            group, longest = [], len(utterance.features) + margin
        group.append(utterance)
    groups.append(group)
    rng.shuffle(groups)
    yield from groups


def train(
    data: Path,
    out: Path,
    steps: int,
    stop: int,
    seconds_per_step: float,
    threads: int,
    peak: float,
    start: Path | None = None,
) -> None:
    """Train until step ``stop`` of a schedule of ``steps``; goes on from ``out/checkpoint.pt`` if there is one.

    A new training begins with the exported ear ``start`` (easy speech is then left out), or with random weights.
    """
    torch.set_num_threads(threads)
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "checkpoint.pt"
    known: set[str] = set()
    utterances = load_shards(data, known, "frames", BANDS)
    if not utterances:
        raise SystemExit(f"{data}: no shards; make some with `data --out {data}`")
    noise = np.load(data / "noise.npy", mmap_mode="r")

    torch.manual_seed(0)
    ear = published.load(start) if start else Ear()
    weights = [p for p in ear.parameters() if p.ndim > 1]
    others = [p for p in ear.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": weights, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}],
        betas=(0.9, 0.98),
        fused=True,
    )
    step, heard_s = 0, 0.0
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        ear.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        average, step, heard_s = saved["average"], saved["step"], saved["heard_s"]
    elif start:
        average = {k: v.clone() for k, v in ear.state_dict().items()}
    else:
        sample = np.concatenate([u.features[::31] for u in utterances[::7]]).astype(np.float32)
        speech = sample[sample.mean(axis=1) > -12]
        ear.mean.fill_(float(speech.mean()))
        ear.inverse_std.fill_(1 / float(speech.std()))
        average = {k: v.clone() for k, v in ear.state_dict().items()}

    rng = Random(1000 + step)
    augment = Augmenter(noise, [u.features for u in utterances[::3]], seed=step)
    after = 30  # silence after each utterance: CTC likes to write late
    limit = int(seconds_per_step * 100)
    losses: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    started, first_step, first_s = time.monotonic(), step, heard_s
    ear.train()
    pending: Iterator[list[Utterance]] = iter(())
    print(
        f"{sum(p.numel() for p in ear.parameters()) / 1e6:.2f} M parameters, from step {step} to {stop} of {steps}",
        flush=True,
    )
    while step < stop:
        group = next(pending, None)
        if group is None:
            utterances += load_shards(data, known, "frames", BANDS)
            hours = sum(len(u.features) for u in utterances) / 360_000
            print(f"epoch over {len(utterances)} utterances, {hours:.1f} h", flush=True)
            chosen = [u for u in utterances if rng.random() < SHARE.get(u.kind, 1.0)]
            short = [u for u in chosen if len(u.features) < 300] if step < 0.08 * steps and not start else []
            pending = batches(short or chosen, limit, after, rng)
            continue
        rate = learning_rate(step / steps, peak)
        for options in optimizer.param_groups:
            options["lr"] = rate
        strength = 1.0 if start else min(1.0, 0.15 + 0.85 * step / (0.3 * steps))
        heard = [augment(u.features, strength * rng.uniform(0.2, 1.0), after) for u in group]
        longest = -(-max(map(len, heard)) // STEP) * STEP
        x = np.full((len(group), longest, BANDS), FLOOR, np.float32)
        for row, features in zip(x, heard, strict=True):
            row[: len(features)] = features
        lengths = torch.tensor([len(features) // STEP for features in heard])
        sizes = torch.tensor([len(u.text) for u in group])
        targets = torch.tensor([_IDS[c] for u in group for c in u.text])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = ear(torch.from_numpy(x))
        nats = functional.ctc_loss(
            functional.log_softmax(logits.float(), -1).transpose(0, 1),
            targets,
            lengths,
            sizes,
            zero_infinity=True,
            reduction="none",
        )
        loss = nats.sum() / sizes.sum()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(ear.parameters(), 1.0)
        optimizer.step()
        step += 1
        heard_s += sum(map(len, heard)) / 100
        keep = min(EMA, step / (step + 100))
        with torch.no_grad():
            for name, value in ear.state_dict().items():
                average[name].lerp_(value, 1 - keep)
        for utterance, value in zip(group, nats.tolist(), strict=True):
            losses[utterance.kind][0] += value
            losses[utterance.kind][1] += len(utterance.text)
        if step % 50 == 0 or step == stop:
            spent = time.monotonic() - started
            print(
                f"{time.strftime('%H:%M:%S')} step {step}/{steps} {(step - first_step) / spent:.2f}/s "
                f"{(heard_s - first_s) / spent:.0f} x real time, "
                f"{heard_s / 3600:.1f} h heard, rate {rate:.1e}, nats per character "
                + json.dumps({k: round(n / max(c, 1), 3) for k, (n, c) in sorted(losses.items())}),
                flush=True,
            )
            losses.clear()
        if step % 200 == 0 or step == stop:
            draft = out / "checkpoint.draft"
            torch.save(
                {"model": ear.state_dict(), "average": average, "optimizer": optimizer.state_dict(), "step": step,
                 "heard_s": heard_s},
                draft,
            )  # fmt: skip
            draft.replace(checkpoint)
