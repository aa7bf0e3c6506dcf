"""Token durations by a tiny hidden Markov model that is learned from the recordings themselves.

Each sound is two states (a pause one); a small network gives each state a mean mel spectrum, Viterbi gives each frame
a state, and the two take turns for a few epochs. Durations are then frozen: nothing else needs an alignment search.
"""

from __future__ import annotations

import random
from pathlib import Path

import numba
import numpy as np
import torch
import torch.nn.functional as fn
from numpy.typing import NDArray
from torch import Tensor, nn

from .features import BANDS, PAUSES, SYMBOLS
from .prepare import Take, load
from .training import Run

_UNIFORM_STEPS = 40
_SQUARED_STEPS = 200


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def monotonic_path(likelihood: NDArray[np.float32]) -> NDArray[np.int64]:
    """Best state of each frame, states in order and none skipped, from [states, frames] log-likelihoods."""
    states, frames = likelihood.shape
    best = np.full((states, frames), -1e30, np.float32)
    best[0, 0] = likelihood[0, 0]
    for t in range(1, frames):
        for s in range(max(0, states - (frames - t)), min(states, t + 1)):
            stay = best[s, t - 1]
            move = best[s - 1, t - 1] if s > 0 else np.float32(-1e30)
            best[s, t] = likelihood[s, t] + max(stay, move)
    path = np.zeros(frames, np.int64)
    s = states - 1
    for t in range(frames - 1, -1, -1):
        path[t] = s
        if t > 0 and s > 0 and best[s - 1, t - 1] > best[s, t - 1]:
            s -= 1
    return path


class Aligner(nn.Module):
    """Tokens -> mean standardised mel spectrum of each state, [batch, states, BANDS]."""

    def __init__(self, width: int = 160) -> None:
        super().__init__()
        self.symbol = nn.Embedding(SYMBOLS, width)
        self.stress = nn.Embedding(3, width)
        self.long = nn.Embedding(2, width)
        self.neighbours = nn.Conv1d(width, width, 3, padding=1)
        self.side = nn.Embedding(2, width)
        self.hidden = nn.Linear(width, width)
        self.mean = nn.Linear(width, BANDS)
        nn.init.zeros_(self.mean.weight)

    def forward(self, tokens: Tensor, state_token: Tensor, state_half: Tensor) -> Tensor:
        """``tokens`` [3, batch, tokens]; the states' token and half, both [batch, states]."""
        h = self.symbol(tokens[0]) + self.stress(tokens[1]) + self.long(tokens[2])
        h = fn.relu(self.neighbours(h.transpose(1, 2)).transpose(1, 2)) + h
        h = torch.gather(h, 1, state_token[..., None].expand(-1, -1, h.shape[-1])) + self.side(state_half)
        return self.mean(fn.relu(self.hidden(h)) + h)


class _Item:
    def __init__(self, take: Take, mean: NDArray[np.float32], deviation: NDArray[np.float32]) -> None:
        self.take = take
        pairs = [(i, half) for i, k in enumerate(take.tokens.base) for half in ((0,) if k in PAUSES else (0, 1))]
        self.state_token, self.state_half = np.array(pairs).T
        self.mel = torch.from_numpy((take.mel.astype(np.float32) - mean) / deviation)

    @property
    def alignable(self) -> bool:
        return len(self.state_token) <= len(self.mel)


def _batch(items: list[_Item]) -> tuple[Tensor, Tensor, Tensor]:
    tokens = np.zeros((3, len(items), max(len(i.take.tokens) for i in items)), np.int64)
    states = np.zeros((2, len(items), max(len(i.state_token) for i in items)), np.int64)
    for n, item in enumerate(items):
        t = item.take.tokens
        tokens[:, n, : len(t)] = t.base, t.stress, t.long
        states[:, n, : len(item.state_token)] = item.state_token, item.state_half
    return torch.from_numpy(tokens), torch.from_numpy(states[0]), torch.from_numpy(states[1])


def _path(item: _Item, mean: Tensor) -> NDArray[np.int64]:
    m = mean[: len(item.state_token)].detach()
    path: NDArray[np.int64] = monotonic_path((m @ item.mel.T - 0.5 * (m**2).sum(1, keepdim=True)).numpy())
    return path


def align(work: Path, steps: int = 1340) -> None:
    """``work/corpus.npz`` -> ``work/durations.npz``: frames of each token, takes end to end, and the mel statistics."""
    takes = load(work / "corpus.npz")
    mel = np.concatenate([t.mel for t in takes if not t.held_out]).astype(np.float32)
    mean, deviation = mel.mean(0), mel.std(0)
    items = [_Item(t, mean, deviation) for t in takes]
    train = [i for i in items if i.alignable and not i.take.held_out]
    net = Aligner()
    optimizer = torch.optim.Adam(net.parameters(), 2e-3, betas=(0.9, 0.98))
    rng = random.Random(0)
    run = Run(work / "align.pt", net, {"optimizer": optimizer}, steps, 2e-3, warm_up=1)
    for step in run:
        batch = rng.sample(train, min(16, len(train)))
        means = net(*_batch(batch))
        loss = torch.zeros(())
        for item, m in zip(batch, means, strict=True):
            n = len(item.mel)
            path = np.arange(n) * len(item.state_token) // n if step < _UNIFORM_STEPS else _path(item, m)
            guess = m[torch.from_numpy(path)]
            squared = step < _SQUARED_STEPS
            loss = loss + (fn.mse_loss if squared else fn.smooth_l1_loss)(guess, item.mel, reduction="sum")
        loss = loss / sum(i.mel.numel() for i in batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        run.note(distance=loss)
    durations = []
    with torch.no_grad():
        for item in items:
            count = len(item.take.tokens)
            if item.alignable:
                path = _path(item, run.net(*_batch([item]))[0])
                durations.append(np.bincount(item.state_token[path], minlength=count))
            else:
                durations.append(np.zeros(count, np.int64))  # too short to hold its text: no stage uses it
    np.savez(work / "durations.npz", durations=np.concatenate(durations), mel_mean=mean, mel_deviation=deviation)
