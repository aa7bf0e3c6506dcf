"""The finality network: causal convolutions over the last seconds, and a verdict from where they end.

Frames of 10 ms become steps of 40 ms in a stem of two strided convolutions; blocks of a dilated depthwise convolution
and a perceptron follow (as in the ear). The verdict is read off the last steps, the loudest answer of the last second
and the mean of all. No step sees what comes after it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from appliance.finality import CHANNELS


@dataclass(frozen=True)
class Shape:
    """Sizes of the network; the defaults are the starter's."""

    width: int = 56
    hidden: int = 112
    dilations: tuple[int, ...] = (1, 2, 4, 1, 2)
    kernel: int = 5
    dropout: float = 0.15


class Block(nn.Module):
    """Depthwise convolution, then a two-layer perceptron, added to the input."""

    def __init__(self, shape: Shape, dilation: int) -> None:
        super().__init__()
        self.past = (shape.kernel - 1) * dilation
        self.filter = nn.Conv1d(shape.width, shape.width, shape.kernel, dilation=dilation, groups=shape.width)
        self.norm = nn.LayerNorm(shape.width)
        self.up = nn.Linear(shape.width, shape.hidden)
        self.down = nn.Linear(shape.hidden, shape.width)
        self.drop = nn.Dropout(shape.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, steps, width)."""
        y = self.filter(functional.pad(x.transpose(1, 2), (self.past, 0))).transpose(1, 2)
        return x + self.drop(self.down(functional.gelu(self.up(self.norm(y)))))


class Finality(nn.Module):
    """Pictures (batch, frames, channels) of ``appliance.finality`` to log odds (batch,) that the speaker is done."""

    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        s = shape or Shape()
        self.stem = nn.ModuleList((nn.Conv1d(CHANNELS, s.width, 5, stride=2), nn.Conv1d(s.width, s.width, 5, stride=2)))
        self.blocks = nn.ModuleList(Block(s, dilation) for dilation in s.dilations)
        self.norm = nn.LayerNorm(s.width)
        self.hidden = nn.Linear(3 * s.width, s.width)
        self.drop = nn.Dropout(2 * s.dropout)
        self.verdict = nn.Linear(s.width, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        x = pictures.transpose(1, 2)
        for convolution in self.stem:
            x = functional.gelu(convolution(functional.pad(x, (3, 0))))
        x = x.transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        read = torch.cat((x[:, -2:].mean(1), x[:, -25:].amax(1), x.mean(1)), 1)
        return self.verdict(self.drop(functional.gelu(self.hidden(read)))).squeeze(1)
