"""Tokens -> how to say them: duration, pitch, energy and rise of each token, drawn from what the speaker might do.

A mean over all the ways to say a sentence is flat: its pitch moves three quarters as much as the speaker's does. So a
regression gives the mean, and a flow (rectified: a velocity field that carries noise to the residual in a few Euler
steps) draws what is around it, for all tokens together, so that a contour stays a contour. The temperature scales
that noise. What the text cannot tell and a whole take shares (register, liveliness, tempo) is given as a *manner*
in training, so that it does not blur the rest, and is a choice at synthesis.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from . import context
from .examples import PROSODY, Batch, batch, batches, corpus
from .features import SYMBOLS
from .layers import ConvBlock, Encoder, SelfAttention
from .training import Run, averaged

MANNER = 3
"""Register (mean pitch), liveliness (deviation of pitch), tempo (mean log duration), each standardised."""
EULER_STEPS = 8


class Prosody(nn.Module):
    """Context encoder, mean head and residual flow; outputs are standardised prosody [batch, tokens, PROSODY]."""

    def __init__(self, width: int = 128, blocks: int = 4, dropout: float = 0.2) -> None:
        super().__init__()
        self.encoder = Encoder(width, context.SIZE, SYMBOLS, blocks, dropout)
        self.manner = nn.Linear(MANNER, width)
        self.mean = nn.Sequential(ConvBlock(width, 5, dropout=dropout), nn.LayerNorm(width), nn.Linear(width, PROSODY))
        self.state = nn.Linear(PROSODY, width)
        self.time = nn.Linear(4, width)
        self.condition = nn.Linear(width, width)
        self.flow = nn.ModuleList([ConvBlock(width, 5, 2, dropout=dropout * 0.5) for _ in range(4)])
        self.flow_attention = SelfAttention(width, dropout * 0.5)
        self.velocity_out = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, PROSODY))
        nn.init.zeros_(self.velocity_out[1].weight)
        self.register_buffer("centre", torch.zeros(PROSODY))
        self.register_buffer("spread", torch.ones(PROSODY))
        self.register_buffer("manner_centre", torch.zeros(MANNER))
        self.register_buffer("manner_spread", torch.ones(MANNER))

    def encode(
        self, base: Tensor, stress: Tensor, long: Tensor, where: Tensor, manner: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """``where``: context features; ``manner`` [batch, MANNER]."""
        h = self.encoder(base, stress, long, where, mask) + self.manner(manner)[:, None]
        return h if mask is None else h * mask

    def expected(self, h: Tensor) -> Tensor:
        """Mean prosody."""
        return self.mean(h)

    def velocity(self, h: Tensor, x: Tensor, time: Tensor, mask: Tensor | None = None) -> Tensor:
        """Field at ``x`` [batch, tokens, PROSODY] and ``time`` [batch, 1, 1], 0 for noise to 1 for prosody."""
        clock = torch.cat([time, time * time, torch.cos(3 * time), torch.cos(6 * time)], -1)
        y = self.condition(h) + self.state(x) + self.time(clock)
        for i, block in enumerate(self.flow):
            y = block(y, mask)
            if i == 1:
                y = self.flow_attention(y, mask)
        return self.velocity_out(y)

    def draw(self, h: Tensor, noise: Tensor, contrast: Tensor | float = 1.0) -> Tensor:
        """Prosody from the encoded text.

        ``noise`` [batch, tokens, PROSODY] is standard normal times a temperature; ``contrast`` widens the mean
        prosody, which is narrower than the speaker's by what the text cannot tell.
        """
        x = noise
        for step in range(EULER_STEPS):
            time = torch.full_like(h[:, :1, :1], (step + 0.5) / EULER_STEPS)
            x = x + self.velocity(h, x, time) / EULER_STEPS
        return self.expected(h) * contrast + x


def manner_of(b: Batch) -> Tensor:
    """Register, liveliness and tempo of each take in the batch, [batch, MANNER], not standardised."""
    pitch, w = b.prosody[..., 1], b.weight[..., 1]
    register = (pitch * w).sum(1) / w.sum(1)
    liveliness = torch.log((((pitch - register[:, None]) ** 2 * w).sum(1) / w.sum(1)).sqrt() + 1e-3)
    tempo = (b.prosody[..., 0] * b.token_mask[..., 0]).sum(1) / b.token_mask[..., 0].sum(1)
    return torch.stack([register, liveliness, tempo], 1)


def train_prosody(work: Path, steps: int = 2400, batch_size: int = 24) -> None:
    """``work/prosody.pt`` from the corpus and its durations."""
    data = corpus(work)
    net = Prosody()
    manners = manner_of(batch(data.train))
    net.centre, net.spread = data.prosody_mean, data.prosody_deviation
    net.manner_centre, net.manner_spread = manners.mean(0), manners.std(0)
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3, betas=(0.9, 0.98), weight_decay=0.03)
    run = Run(work / "prosody.pt", net, {"optimizer": optimizer}, steps, 1e-3)
    feed = batches(data.train, batch_size, seed=run.step)
    for step in run:
        with torch.autocast("cpu", torch.bfloat16):
            mean_loss, flow_loss = _losses(net, next(feed))
        optimizer.zero_grad()
        (mean_loss + flow_loss).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimizer.step()
        run.note(mean=mean_loss, flow=flow_loss)
        if (step + 1) % 500 == 0 or step + 1 == steps:
            with torch.no_grad():
                torch.manual_seed(0)
                held = [float(x) for x in _losses(run.average, batch(data.held_out))]
            print(f"  held out: mean {held[0]:.4f} flow {held[1]:.4f}", flush=True)
            torch.manual_seed(step)


def _losses(net: Prosody, b: Batch) -> tuple[Tensor, Tensor]:
    mask = b.token_mask
    manner = (manner_of(b) - net.manner_centre) / net.manner_spread
    h = net.encode(b.base, b.stress, b.long, b.context, manner, mask)
    target = (b.prosody - net.centre) / net.spread
    weight = b.weight * mask
    expected = net.expected(h).float()
    mean_loss = (nn.functional.smooth_l1_loss(expected, target, reduction="none") * weight).sum() / weight.sum()
    residual = target - expected.detach()
    noise = torch.randn_like(residual)
    time = torch.rand(len(target), 1, 1)
    field = net.velocity(h, (1 - time) * noise + time * residual, time, mask).float()
    flow_loss = ((field - (residual - noise)) ** 2 * weight).sum() / weight.sum()
    return mean_loss, flow_loss


def describe(work: Path, temperatures: tuple[float, ...] = (0.0, 0.5, 0.7, 1.0)) -> dict[str, dict[str, float]]:
    """How the drawn prosody of the held-out takes compares with the speaker's, per temperature.

    ``pitch_r``, ``duration_r``: correlation over sounds; ``pitch_sd``, ``duration_sd``: deviation relative to the
    speaker's. Neutral manner, as at synthesis: nothing of the take itself is given.
    """
    data = corpus(work, every=100)
    net = averaged(work / "prosody.pt", Prosody())
    assert isinstance(net, Prosody)
    result = {}
    for temperature in temperatures:
        torch.manual_seed(0)
        drawn, human = [], []
        for example in data.held_out:
            b = batch([example])
            h = net.encode(b.base, b.stress, b.long, b.context, torch.zeros(1, MANNER))
            noise = torch.randn(1, h.shape[1], PROSODY) * temperature
            sounds = b.weight[0, :, 1] > 0.25
            drawn.append(net.draw(h, noise)[0][sounds])
            human.append(((b.prosody - net.centre) / net.spread)[0][sounds])
        a, b_ = torch.cat(drawn).numpy(), torch.cat(human).numpy()
        result[f"temperature {temperature}"] = {
            "pitch_r": round(float(np.corrcoef(a[:, 1], b_[:, 1])[0, 1]), 3),
            "pitch_sd": round(float(a[:, 1].std() / b_[:, 1].std()), 3),
            "duration_r": round(float(np.corrcoef(a[:, 0], b_[:, 0])[0, 1]), 3),
            "duration_sd": round(float(a[:, 0].std() / b_[:, 0].std()), 3),
        }
    return result
