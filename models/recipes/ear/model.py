"""The ear: a streaming convolutional network that writes one character (CTC) per 40 ms at most.

Four new log-mel frames and the four before them are stacked into one step of 40 ms; nine blocks of a causal
depthwise convolution and a perceptron follow. There is no look-ahead; CTC itself learns to write a letter some steps
after it was spoken. Nothing but the last inputs of the convolutions and four feature frames passes from one chunk to
the next, which is what sherpa-onnx's ``from_zipformer2_ctc`` can carry (``Streaming``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from .fbank import BANDS

SYMBOLS = ["<blk>", " ", "'", *"abcdefghijklmnopqrstuvwxyz"]
"""Tokens by id; a blank is written ▁ in tokens.txt."""
STEP = 4
"""Feature frames per output step."""


@dataclass(frozen=True)
class Shape:
    """Sizes of the network; the defaults are the starter ear's."""

    width: int = 256
    hidden: int = 1024
    blocks: int = 9
    kernel: int = 12
    """Steps of 40 ms that one block's convolution sees."""


class Block(nn.Module):
    """Depthwise convolution over time, then a two-layer perceptron, added to the input."""

    def __init__(self, width: int, hidden: int, kernel: int) -> None:
        super().__init__()
        self.past = kernel - 1
        self.filter = nn.Parameter(torch.randn(width, kernel) * 0.5 / kernel**0.5)
        self.bias = nn.Parameter(torch.zeros(width))
        self.gain = nn.Parameter(torch.full((width,), 0.3))
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)

    def forward(self, x: Tensor, cache: Tensor | None) -> tuple[Tensor, Tensor]:
        """(batch, steps, width) and the last ``past`` inputs, or None at the start; returns both anew."""
        padded = functional.pad(x, (0, 0, self.past, 0)) if cache is None else torch.cat([cache, x], 1)
        with torch.autocast("cpu", enabled=False):
            # as a two-dimensional fp32 convolution: several times faster than Conv1d on a CPU
            y = functional.conv2d(
                padded.float().transpose(1, 2).unsqueeze(2), self.filter[:, None, None], self.bias, groups=x.shape[2]
            )
            y = y.squeeze(2).transpose(1, 2)
        y = self.down(functional.relu(self.up(self.norm(y))))
        return x + self.gain * y, padded[:, padded.shape[1] - self.past :]


class Output(NamedTuple):
    """What one pass of the network gives."""

    logits: Tensor
    """(batch, frames / 4, symbols)."""
    frames: Tensor
    """The last four normalised feature frames (batch, 4, bands)."""
    caches: list[Tensor]
    """The last inputs of each block's convolution (batch, kernel - 1, width)."""


class Ear(nn.Module):
    """Log-mel features (batch, frames, 80), frames a multiple of 4, to character logits."""

    mean: Tensor
    inverse_std: Tensor

    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        self.shape = s = shape or Shape()
        self.register_buffer("mean", torch.full((BANDS,), -7.0))
        self.register_buffer("inverse_std", torch.full((BANDS,), 0.25))
        self.stem_up = nn.Linear(2 * STEP * BANDS, 2 * s.width)
        self.stem_down = nn.Linear(2 * s.width, s.width)
        self.stem_norm = nn.LayerNorm(s.width)
        self.blocks = nn.ModuleList(Block(s.width, s.hidden, s.kernel) for _ in range(s.blocks))
        self.norm = nn.LayerNorm(s.width)
        self.head = nn.Linear(s.width, len(SYMBOLS))

    def body(self, x: Tensor, frames: Tensor, caches: list[Tensor] | None) -> Output:
        """Normalised features with what the last chunk left; None for ``caches`` means the start."""
        padded = torch.cat([frames, x], 1)
        batch, width = x.shape[0], STEP * BANDS
        y = torch.cat([padded[:, :-STEP].reshape(batch, -1, width), padded[:, STEP:].reshape(batch, -1, width)], 2)
        y = self.stem_norm(self.stem_down(functional.relu(self.stem_up(y))))
        left: list[Tensor] = []
        for number, block in enumerate(self.blocks):
            y, cache = block(y, caches[number] if caches is not None else None)
            left.append(cache)
        return Output(self.head(self.norm(y)), padded[:, -STEP:], left)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of whole utterances of raw log-mel features."""
        x = (x - self.mean) * self.inverse_std
        return self.body(x, x.new_zeros(x.shape[0], STEP, BANDS), None).logits


class Streaming(nn.Module):
    """The ear with the inputs and outputs of a one-layer zipformer2 CTC model, by position.

    ``cached_key`` holds the convolutions' caches one after another, ``cached_conv1`` the last four feature frames;
    the other states are passed through because the contract has them.
    """

    def __init__(self, ear: Ear) -> None:
        super().__init__()
        self.ear = ear

    @property
    def cache_rows(self) -> int:
        """Length of ``cached_key``."""
        return (self.ear.shape.kernel - 1) * self.ear.shape.blocks

    def forward(
        self, x: Tensor, key: Tensor, nonlin: Tensor, val1: Tensor, val2: Tensor, conv1: Tensor, conv2: Tensor,
        embed: Tensor, processed: Tensor,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        """x (batch, chunk, 80), states; log-probabilities (batch, chunk / 4, symbols), new states."""
        ear, rows = self.ear, self.ear.shape.kernel - 1
        caches = list(key.transpose(0, 1).split(rows, 1))
        out = ear.body((x - ear.mean) * ear.inverse_std, conv1.transpose(1, 2), caches)
        new_key = torch.cat(out.caches, 1).transpose(0, 1)
        return (
            functional.log_softmax(out.logits, -1), new_key, nonlin + 0, val1 + 0, val2 + 0, out.frames.transpose(1, 2),
            conv2 + 0, embed + 0, processed + x.shape[1] // STEP,
        )  # fmt: skip
