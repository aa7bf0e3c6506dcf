"""The head: states of Moonshine's encoder (one per 24 ms) to the log probabilities of letters.

Blocks of a depthwise convolution, which sees 0.1 s to either side, and a perceptron. The encoder has seen the whole
utterance already, so the head only has to find out which letter each state stands for.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

SYMBOLS = ["<blk>", " ", "'", *"abcdefghijklmnopqrstuvwxyz"]
"""Letters by number"""


@dataclass(frozen=True)
class Shape:
    """Sizes of the network. The defaults are the starter's."""

    states: int = 288
    """Numbers in a state of the encoder"""
    width: int = 256
    hidden: int = 768
    blocks: int = 6
    kernel: int = 9
    """States that one block's convolution sees"""


class Block(nn.Module):
    """Depthwise convolution over time, then a two-layer perceptron, added to the input."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.filter = nn.Parameter(torch.randn(shape.width, 1, 1, shape.kernel) * 0.5 / shape.kernel**0.5)
        self.norm = nn.LayerNorm(shape.width)
        self.up = nn.Linear(shape.width, shape.hidden)
        self.down = nn.Linear(shape.hidden, shape.width)
        self.dropout = nn.Dropout(0.1)
        self.gain = nn.Parameter(torch.full((shape.width,), 0.3))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x (batch, states, width), mask (batch, states, 1) with zeros after the end of an utterance."""
        y = self.norm(x) * mask
        with torch.autocast("cpu", enabled=False):
            # As a two-dimensional convolution of 32 bits: several times faster than Conv1d on a processor.
            planes = y.float().transpose(1, 2).unsqueeze(2)
            y = functional.conv2d(planes, self.filter, padding=(0, self.filter.shape[3] // 2), groups=x.shape[2])
            y = y.squeeze(2).transpose(1, 2)
        return x + self.gain * self.dropout(self.down(functional.silu(self.up(y))))


class Head(nn.Module):
    """States (batch, states, 288) to log probabilities of letters (batch, states, 29)."""

    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        self.shape = s = shape or Shape()
        self.first = nn.LayerNorm(s.states)
        self.into = nn.Linear(s.states, s.width)
        self.blocks = nn.ModuleList(Block(s) for _ in range(s.blocks))
        self.norm = nn.LayerNorm(s.width)
        self.out = nn.Linear(s.width, len(SYMBOLS))

    def logits(self, states: Tensor, mask: Tensor) -> Tensor:
        """Logits of padded utterances; ``mask`` (batch, states, 1) is zero where they are padded."""
        y = self.into(self.first(states))
        for block in self.blocks:
            y = block(y, mask)
        logits: Tensor = self.out(self.norm(y))
        return logits

    def forward(self, states: Tensor) -> Tensor:
        """Log probabilities of whole utterances."""
        return functional.log_softmax(self.logits(states, torch.ones_like(states[..., :1])), -1)
