"""Takes as training examples: tokens with context and prosody, frames with mel, pitch and voicing; padded batches."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from . import context
from .features import BANDS, PAUSES, continuous_pitch
from .prepare import Take, load

PROSODY = 4
"""Log duration in frames, mean pitch, mean energy, rise in pitch over the token."""
FRAME_FEATURES = 4


@dataclass
class Example:
    """One take with everything a network reads or must produce (units as in ``features``)."""

    take: Take
    context: Tensor
    """[tokens, context.SIZE]"""
    durations: NDArray[np.int64]
    """Frames per token."""
    prosody: NDArray[np.float32]
    """[tokens, PROSODY], not standardised."""
    weight: NDArray[np.float32]
    """[tokens, PROSODY]: what a pause's pitch is worth is little."""
    mel: NDArray[np.float32]
    """[frames, BANDS], standardised."""
    pitch: NDArray[np.float32]
    voiced: NDArray[np.float32]

    @property
    def frames(self) -> int:
        return len(self.pitch)


@dataclass
class Corpus:
    """All examples, and the statistics of those that are trained on."""

    train: list[Example]
    held_out: list[Example]
    mel_mean: Tensor
    mel_deviation: Tensor
    prosody_mean: Tensor
    prosody_deviation: Tensor


def frame_features(durations: NDArray[np.int64]) -> NDArray[np.float32]:
    """[frames, FRAME_FEATURES]: how far into its token each frame is, from both ends, in frames; the token's length."""
    n = np.repeat(durations, durations)
    start = np.repeat(np.cumsum(durations) - durations, durations)
    place = np.arange(len(n)) - start + 0.5
    columns = [place / n, 1 - place / n, np.minimum(place, 20) / 10, np.log(n) / 2]
    return np.stack(columns, 1).astype(np.float32)


def _example(
    take: Take, durations: NDArray[np.int64], mean: NDArray[np.float32], deviation: NDArray[np.float32]
) -> Example:
    mel = (take.mel.astype(np.float32) - mean) / deviation
    pitch, voiced = continuous_pitch(take.f0_hz)
    token = np.repeat(np.arange(len(durations)), durations)
    some = np.maximum(durations, 1)

    def mean_per_token(x: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.bincount(token, x, minlength=len(durations)) / some

    place = frame_features(durations)[:, 0] - 0.5
    rise = mean_per_token(pitch * place) / np.maximum(mean_per_token(place**2), 1 / 12)
    prosody = np.stack(
        [np.log(np.maximum(durations, 0.5)), mean_per_token(pitch), mean_per_token(mel.mean(1)), rise], 1
    )
    weight = np.ones((len(durations), PROSODY))
    weight[np.isin(take.tokens.base, list(PAUSES)), 1:] = 0.2
    weight[:, [1, 3]] *= 0.2 + 0.8 * mean_per_token(voiced)[:, None]
    base, stress = torch.from_numpy(take.tokens.base), torch.from_numpy(take.tokens.stress)
    return Example(
        take,
        context.context(base, stress),
        durations,
        prosody.astype(np.float32),
        weight.astype(np.float32),
        mel,
        pitch,
        voiced,
    )


def corpus(work: Path, every: int = 1) -> Corpus:
    """What ``prepare`` and ``align`` left in ``work``; ``every`` n-th to train on where a few will do."""
    takes = load(work / "corpus.npz")
    with np.load(work / "durations.npz") as file:
        durations, mean, deviation = (file[k] for k in ("durations", "mel_mean", "mel_deviation"))
    per_take = np.split(durations, np.cumsum([len(t.tokens) for t in takes])[:-1])
    aligned = [(t, d) for t, d in zip(takes, per_take, strict=True) if d.sum() == t.frames]
    train = [_example(t, d, mean, deviation) for t, d in [p for p in aligned if not p[0].held_out][::every]]
    prosody = np.concatenate([e.prosody for e in train])
    weight = np.concatenate([e.weight for e in train])
    centre = (prosody * weight).sum(0) / weight.sum(0)
    spread = np.sqrt(((prosody - centre) ** 2 * weight).sum(0) / weight.sum(0))
    return Corpus(
        train,
        [_example(t, d, mean, deviation) for t, d in aligned if t.held_out],
        torch.from_numpy(mean),
        torch.from_numpy(deviation),
        torch.from_numpy(centre.astype(np.float32)),
        torch.from_numpy(spread.astype(np.float32)),
    )


@dataclass
class Batch:
    """Examples padded to one length; names as in ``Example``, masks 1 where there is something."""

    base: Tensor
    stress: Tensor
    long: Tensor
    context: Tensor
    prosody: Tensor
    weight: Tensor
    token_mask: Tensor
    """[batch, tokens, 1]"""
    token_of_frame: Tensor
    frame_features: Tensor
    mel: Tensor
    pitch: Tensor
    voiced: Tensor
    frame_mask: Tensor
    """[batch, frames]; the number of frames is even, because the decoder handles them in pairs."""


def batch(examples: list[Example]) -> Batch:
    """Pad and stack."""
    size, tokens = len(examples), max(len(e.durations) for e in examples)
    frames = max(e.frames for e in examples)
    frames += frames % 2

    def padded(rows: list[NDArray[np.float32]], length: int, *width: int) -> Tensor:
        out = np.zeros((size, length, *width), rows[0].dtype)
        for n, row in enumerate(rows):
            out[n, : len(row)] = row
        return torch.from_numpy(out)

    token_of_frame = np.zeros((size, frames), np.int64)
    for n, e in enumerate(examples):
        token_of_frame[n] = len(e.durations) - 1
        token_of_frame[n, : e.frames] = np.repeat(np.arange(len(e.durations)), e.durations)
    return Batch(
        base=padded([e.take.tokens.base for e in examples], tokens),
        stress=padded([e.take.tokens.stress for e in examples], tokens),
        long=padded([e.take.tokens.long for e in examples], tokens),
        context=padded([e.context.numpy() for e in examples], tokens, context.SIZE),
        prosody=padded([e.prosody for e in examples], tokens, PROSODY),
        weight=padded([e.weight for e in examples], tokens, PROSODY),
        token_mask=padded([np.ones((len(e.durations), 1), np.float32) for e in examples], tokens, 1),
        token_of_frame=torch.from_numpy(token_of_frame),
        frame_features=padded([frame_features(e.durations) for e in examples], frames, FRAME_FEATURES),
        mel=padded([e.mel for e in examples], frames, BANDS),
        pitch=padded([e.pitch for e in examples], frames),
        voiced=padded([e.voiced for e in examples], frames),
        frame_mask=padded([np.ones(e.frames, np.float32) for e in examples], frames),
    )


def batches(examples: list[Example], size: int, seed: int) -> Iterator[Batch]:
    """Endless shuffled batches of about equal lengths (so that little is padding)."""
    rng = random.Random(seed)
    while True:
        jitter = {id(e): e.frames * rng.uniform(0.9, 1.1) for e in examples}
        ordered = sorted(examples, key=lambda e: jitter[id(e)])
        groups = [ordered[i : i + size] for i in range(0, len(ordered), size)]
        rng.shuffle(groups)
        yield from (batch(group) for group in groups)
