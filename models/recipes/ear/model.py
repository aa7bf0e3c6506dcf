"""The ear: a streaming convolutional network that writes characters (CTC), one per 40 ms at most.

Two convolutions over time and frequency make one vector per 40 ms of the log-mel features; after two
blocks, pairs are joined and the rest works at 80 ms per step, which halves its cost; the last layer writes two 40 ms
outputs per step. All convolutions are causal. Look-ahead comes from *delay*: a block with ``delay=1`` adds its
result to the input of the step before, so everything after it is one step late and has seen one
step more. Nothing but the caches of the convolutions and four feature frames passes from one chunk to the
next, which is what sherpa-onnx's ``from_zipformer2_ctc`` can carry (``export``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .fbank import BANDS, FLOOR

SYMBOLS = ["<blk>", " ", "'", *"abcdefghijklmnopqrstuvwxyz"]
"""Tokens by id; a blank is written ▁ in tokens.txt."""


@dataclass(frozen=True)
class Shape:
    """Sizes of the network; the defaults are the starter ear's."""

    width: int = 256
    fine_blocks: int = 2
    """Blocks at 40 ms per step."""
    fine_hidden: int = 768
    coarse_blocks: int = 9
    """Blocks at 80 ms per step."""
    coarse_hidden: int = 1024
    kernel: int = 9
    """Steps that one block's convolution sees."""
    delayed: int = 4
    """Coarse blocks, from the first, that wait one step: 80 ms of look-ahead each."""
    intermediate: int = 5
    """The auxiliary CTC loss is taken after so many coarse blocks."""
    channels: tuple[int, int] = (32, 48)


class Block(nn.Module):
    """Depthwise convolution over time, then a two-layer perceptron, added to the (delayed) input."""

    def __init__(self, width: int, hidden: int, kernel: int, delay: int) -> None:
        super().__init__()
        self.past, self.delay = kernel - 1, delay
        self.filter = nn.Parameter(torch.randn(width, kernel) * 0.5 / kernel**0.5)
        self.bias = nn.Parameter(torch.zeros(width))
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)
        self.gain = nn.Parameter(torch.full((width,), 0.3))

    def forward(self, x: Tensor, cache: Tensor | None) -> tuple[Tensor, Tensor]:
        """(batch, steps, width) and the last ``past`` inputs, or None at the start; returns both anew."""
        padded = F.pad(x, (0, 0, self.past, 0)) if cache is None else torch.cat([cache, x], 1)
        with torch.autocast("cpu", enabled=False):
            # as a two-dimensional fp32 convolution: several times faster than Conv1d on a CPU
            y = F.conv2d(
                padded.float().transpose(1, 2).unsqueeze(2), self.filter[:, None, None], self.bias, groups=x.shape[2]
            )
            y = y.squeeze(2).transpose(1, 2)
        y = self.down(F.relu(self.up(self.norm(y))))
        start = self.past - self.delay
        late = padded[:, start : padded.shape[1] - self.delay]
        return late + self.gain * y, padded[:, padded.shape[1] - self.past :]


class Output(NamedTuple):
    """What one pass of the network gives."""

    logits: Tensor
    """(batch, frames / 4, symbols)."""
    auxiliary: Tensor | None
    """The same from an intermediate block, in training only."""
    frames: Tensor
    """The last four normalised feature frames (batch, 4, bands)."""
    caches: list[Tensor]
    """The last inputs of each block's convolution (batch, kernel - 1, width)."""


class Ear(nn.Module):
    """Log-mel features (batch, frames, 80), frames a multiple of 8, to character logits."""

    mean: Tensor
    inverse_std: Tensor

    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        self.shape = s = shape or Shape()
        self.register_buffer("mean", torch.full((BANDS,), -7.0))
        self.register_buffer("inverse_std", torch.full((BANDS,), 0.25))
        self.conv1 = nn.Conv2d(1, s.channels[0], (4, 3), stride=2, padding=(0, 1))
        self.conv2 = nn.Conv2d(s.channels[0], s.channels[1], 3, stride=2, padding=(0, 1))
        self.stem = nn.Linear(s.channels[1] * (BANDS // 4), s.width)
        self.stem_norm = nn.LayerNorm(s.width)
        self.fine = nn.ModuleList(Block(s.width, s.fine_hidden, s.kernel, 0) for _ in range(s.fine_blocks))
        self.join = nn.Linear(2 * s.width, s.width)
        self.coarse = nn.ModuleList(
            Block(s.width, s.coarse_hidden, s.kernel, int(i < s.delayed)) for i in range(s.coarse_blocks)
        )
        self.norm = nn.LayerNorm(s.width)
        self.head = nn.Linear(s.width, 2 * len(SYMBOLS))

    @property
    def delay_frames(self) -> int:
        """How many feature frames the output is late: so much silence must follow the speech."""
        return 8 * self.shape.delayed

    def _write(self, x: Tensor) -> Tensor:
        y = self.head(self.norm(x))
        return y.reshape(y.shape[0], -1, len(SYMBOLS))

    def body(self, x: Tensor, frames: Tensor, caches: list[Tensor] | None) -> Output:
        """Normalised features with what the last chunk left; None for ``caches`` means the start."""
        padded = torch.cat([frames, x], 1)
        y = F.relu(self.conv2(F.relu(self.conv1(padded.unsqueeze(1)))))
        y = y.permute(0, 2, 3, 1).reshape(y.shape[0], -1, self.stem.in_features)
        y = self.stem_norm(self.stem(y))
        left: list[Tensor] = []
        blocks = [*self.fine, *self.coarse]
        auxiliary = None
        for number, block in enumerate(blocks):
            if number == self.shape.fine_blocks:
                y = self.join(y.reshape(y.shape[0], -1, 2 * self.shape.width))
            y, cache = block(y, caches[number] if caches is not None else None)
            left.append(cache)
            if self.training and number == self.shape.fine_blocks + self.shape.intermediate - 1:
                auxiliary = self._write(y)
        return Output(self._write(y), auxiliary, padded[:, -4:], left)

    def forward(self, x: Tensor) -> Output:
        """Whole utterances of raw log-mel features."""
        x = (x - self.mean) * self.inverse_std
        return self.body(x, x.new_zeros(x.shape[0], 4, BANDS), None)


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
        return (self.ear.shape.kernel - 1) * (self.ear.shape.fine_blocks + self.ear.shape.coarse_blocks)

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
            F.log_softmax(out.logits, -1), new_key, nonlin + 0, val1 + 0, val2 + 0, out.frames.transpose(1, 2),
            conv2 + 0, embed + 0, processed + x.shape[1] // 4,
        )  # fmt: skip


SILENCE = FLOOR
"""What padding is filled with."""
