"""Tokens with prosody -> log-mel spectrogram, frame pitch and voicing; a decoder with noise in, trained to be a draw.

An L1 loss makes the decoder say the median spectrum, which sounds muffled and is too regular. Two things replace it:
the *energy score* (Gritsenko et al. 2020), a proper scoring rule: two draws should each be near the recording and
away from each other; and two small discriminators that see crops of mel and pitch.
"""

from __future__ import annotations

import random
from pathlib import Path

import torch
import torch.nn.functional as fn
from torch import Tensor, nn

from . import context
from .examples import FRAME_FEATURES, Batch, batch, batches, corpus
from .features import BANDS, SYMBOLS
from .layers import ConvBlock, Encoder
from .prosody import PROSODY
from .training import Run, adversarial_terms, discriminator_loss

NOISE = 8
"""Noise channels per pair of frames."""
CROP = 96
"""Frames that a discriminator sees."""
GIVEN = PROSODY - 1
"""Pitch, energy and rise of a token; its duration shows in the frames."""


class Acoustic(nn.Module):
    """Encoder over tokens, decoder over pairs of frames: it is most of the cost, so it runs at half rate (43 Hz)."""

    def __init__(self, width: int = 192, decoder_width: int = 224, blocks: int = 6, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = Encoder(width, context.SIZE, SYMBOLS, 4, dropout)
        self.prosody = nn.Conv1d(GIVEN, width, 3, padding=1)
        self.place = nn.Linear(FRAME_FEATURES, width)
        self.inner = nn.Linear(2 * width + NOISE, decoder_width)
        self.blocks = nn.ModuleList([ConvBlock(decoder_width, 7, dropout=dropout * 0.5) for _ in range(blocks)])
        self.norm = nn.LayerNorm(decoder_width)
        self.out = nn.Linear(decoder_width, 2 * (BANDS + 2))

    def encode(
        self, base: Tensor, stress: Tensor, long: Tensor, where: Tensor, given: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """``given`` [batch, tokens, GIVEN]: pitch, energy, rise, in the units of ``examples``."""
        h = self.encoder(base, stress, long, where, mask)
        return h + self.prosody(given.transpose(1, 2)).transpose(1, 2)

    def decode(
        self, h: Tensor, token_of_frame: Tensor, place: Tensor, noise: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Standardised mel [batch, frames, BANDS], pitch and voicing logit [batch, frames].

        ``place``: frame features; ``noise`` [batch, frames / 2, NOISE]; ``mask`` [batch, frames / 2, 1].
        """
        x = torch.gather(h, 1, token_of_frame[..., None].expand(-1, -1, h.shape[-1])) + self.place(place)
        size, frames, width = x.shape
        x = self.inner(torch.cat([x.reshape(size, frames // 2, 2 * width), noise], 2))
        if mask is not None:
            x = x * mask
        for block in self.blocks:
            x = block(x, mask)
        y = self.out(self.norm(x)).reshape(size, frames, BANDS + 2)
        return y[..., :BANDS], y[..., BANDS], y[..., BANDS + 1]


class Discriminator(nn.Module):
    """Judges crops [batch, 2, frames, BANDS] of mel and (repeated over bands) pitch, at a time resolution."""

    def __init__(self, pool: int = 1, channels: int = 24) -> None:
        super().__init__()
        self.pool = pool
        c = channels
        self.layers = nn.ModuleList(
            [
                nn.Conv2d(2, c, (3, 5), (1, 2), (1, 2)),
                nn.Conv2d(c, 2 * c, (3, 5), (1, 2), (1, 2)),
                nn.Conv2d(2 * c, 2 * c, (5, 5), (2, 2), (2, 2)),
                nn.Conv2d(2 * c, 3 * c, 3, (1, 2), 1),
                nn.Conv2d(3 * c, 1, 3, 1, 1),
            ]
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """Outputs of all layers, the judgement last."""
        x = fn.avg_pool2d(x, (self.pool, 1)) if self.pool > 1 else x
        x = x.contiguous(memory_format=torch.channels_last)
        outputs = []
        for i, layer in enumerate(self.layers):
            x = layer(x)
            x = fn.leaky_relu(x, 0.2) if i < len(self.layers) - 1 else x
            outputs.append(x)
        return outputs


def forward(net: Acoustic, b: Batch, draws: int = 1) -> tuple[Tensor, Tensor, Tensor]:
    """The decoder on true durations and prosody, ``draws`` times with different noise (stacked along the batch)."""
    h = net.encode(b.base, b.stress, b.long, b.context, b.prosody[..., 1:], b.token_mask)
    size, frames = b.token_of_frame.shape

    def repeat(x: Tensor) -> Tensor:
        return torch.cat([x] * draws)

    noise = torch.randn(size * draws, frames // 2, NOISE)
    mask = b.frame_mask[:, ::2, None]
    mel, pitch, voiced = net.decode(repeat(h), repeat(b.token_of_frame), repeat(b.frame_features), noise, repeat(mask))
    return mel.float(), pitch.float(), voiced.float()


def _patch_distance(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Mean over spectrogram patches of two sizes of their Euclidean distance (per cell)."""
    squared = ((a - b) ** 2)[:, None]
    total = torch.zeros(())
    for patch, stride in (((2, 8), (2, 8)), ((8, 20), (4, 10))):
        there = fn.avg_pool2d(mask[:, None, :, None], (patch[0], 1), (stride[0], 1))
        distance = torch.sqrt(fn.avg_pool2d(squared, patch, stride) + 1e-4) * there
        total = total + distance.sum() / (there.sum() * distance.shape[-1])
    return total


def energy_score(first: Tensor, second: Tensor, real: Tensor, mask: Tensor) -> Tensor:
    """Small when both draws are near the recording and as far from each other as recordings are; [B, frames, BANDS]."""
    near = _patch_distance(first, real, mask) + _patch_distance(second, real, mask)
    return near - _patch_distance(first, second, mask)


def _reconstruction(b: Batch, mel: Tensor, pitch: Tensor, voiced: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Energy score of mel, L1 of pitch (little where unvoiced), cross entropy of voicing; two draws stacked."""
    size = len(b.mel)
    score = energy_score(mel[:size], mel[size:], b.mel, b.frame_mask)
    weight = (b.frame_mask * (0.2 + 0.8 * b.voiced)).repeat(2, 1)
    pitch_loss = ((pitch - b.pitch.repeat(2, 1)).abs() * weight).sum() / weight.sum()
    both = b.frame_mask.repeat(2, 1)
    entropy = fn.binary_cross_entropy_with_logits(voiced, b.voiced.repeat(2, 1), reduction="none")
    return score, pitch_loss, (entropy * both).sum() / both.sum()


def _crops(mel: Tensor, pitch: Tensor, starts: list[int], length: int) -> Tensor:
    rows = []
    for m, p, s in zip(mel, pitch, starts, strict=True):
        cut = slice(s, s + length)
        rows.append(torch.stack([m[cut], p[cut, None].expand(-1, BANDS)]))
    return torch.stack(rows)


def train_acoustic(
    work: Path, steps: int = 3400, adversary_from: int = 1600, batch_size: int = 12, rate: float = 1e-3
) -> None:
    """``work/acoustic.pt`` from the corpus; the discriminators join at step ``adversary_from``."""
    data = corpus(work)
    net = Acoustic()
    judges = nn.ModuleList([Discriminator(1), Discriminator(2)]).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(net.parameters(), rate, betas=(0.9, 0.98), weight_decay=0.02)
    judge_optimizer = torch.optim.Adam(judges.parameters(), 4e-4, betas=(0.5, 0.9))
    parts = {"optimizer": optimizer, "discriminators": judges, "discriminator_optimizer": judge_optimizer}
    run = Run(work / "acoustic.pt", net, parts, steps, rate)
    feed = batches(data.train, batch_size, seed=run.step)
    rng = random.Random(run.step)
    for step in run:
        b = next(feed)
        with torch.autocast("cpu", torch.bfloat16):
            mel, pitch, voiced = forward(net, b, draws=2)
        score, pitch_loss, voicing_loss = _reconstruction(b, mel, pitch, voiced)
        loss = 2 * score + pitch_loss + 0.5 * voicing_loss
        if step >= adversary_from:
            length = min(CROP, b.mel.shape[1])
            starts = [rng.randint(0, max(0, int(n) - length)) for n in b.frame_mask.sum(1)]
            size = len(b.mel)
            real = _crops(b.mel, b.pitch, starts, length)
            fake = _crops(mel[:size], pitch[:size], starts, length)
            with torch.autocast("cpu", torch.bfloat16):
                seen = [judge(real) for judge in judges]
                judged = discriminator_loss(seen, [judge(fake.detach()) for judge in judges])
            judge_optimizer.zero_grad()
            judged.backward()
            judge_optimizer.step()
            judges.requires_grad_(False)
            with torch.autocast("cpu", torch.bfloat16):
                fool, match = adversarial_terms(seen, [judge(fake) for judge in judges])
            judges.requires_grad_(True)
            ramp = min(1.0, max(0, step - adversary_from - 100) / 200)  # the judges learn first
            loss = loss + ramp * (0.25 * fool + 0.25 * match)
            run.note(judged=judged, fool=fool, match=match)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimizer.step()
        run.note(score=score, pitch=pitch_loss, voicing=voicing_loss)
        if (step + 1) % 500 == 0:
            with torch.no_grad():
                held = batch(data.held_out[:24])
                figures = [float(x) for x in _reconstruction(held, *forward(run.average, held, draws=2))]
            print("  held out: score {:.4f} pitch {:.4f} voicing {:.4f}".format(*figures), flush=True)
