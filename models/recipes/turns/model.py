"""The finality network: readers of the last seconds, each trained for itself, and the mean of their verdicts.

``Weighing`` weighs the picture itself: means over 40 ms in the last half second, over 200 ms before it, and mean and
spread of the whole. It is all that the starter has.

``Convolving`` is a network of causal convolutions. Frames of 10 ms become steps of 40 ms in a stem of two strided
convolutions; blocks of a dilated depthwise convolution and a perceptron follow (as in the ear). Its verdict is read off
the last steps, the loudest answer of the last second and the mean of all. No step sees what comes after it. It costs a
hundred times the training, and errs on other things than the first: together they err less than either.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from appliance.finality import CHANNELS


@dataclass(frozen=True)
class Shape:
    """Sizes of the convolving network."""

    width: int = 56
    hidden: int = 112
    dilations: tuple[int, ...] = (1, 2, 4, 1, 2)
    kernel: int = 5
    dropout: float = 0.25


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


class Weighing(nn.Module):
    """Pictures (batch, frames, channels) to log odds (batch,) by one weight for each mean."""

    LATE, MIDDLE = (48, 4), (120, 20)
    """frames from the end, and before those, and how many make a mean"""

    def __init__(self) -> None:
        super().__init__()
        count = sum(frames // mean for frames, mean in (self.LATE, self.MIDDLE)) + 2
        self.norm = nn.BatchNorm1d(count * CHANNELS, affine=False)
        self.verdict = nn.Linear(count * CHANNELS, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        late, middle = self.LATE[0], self.MIDDLE[0]
        read = [
            pictures[:, -late:].unflatten(1, (-1, self.LATE[1])).mean(2),
            pictures[:, -late - middle : -late].unflatten(1, (-1, self.MIDDLE[1])).mean(2),
            pictures.mean(1, keepdim=True),
            (pictures - pictures.mean(1, keepdim=True)).square().mean(1, keepdim=True).sqrt(),
        ]
        numbers = self.norm(torch.cat(read, 1).flatten(1)).clamp(-4, 4)
        if self.training:
            numbers = numbers + 0.3 * torch.randn_like(numbers)
        return self.verdict(numbers).squeeze(1)


class Finality(nn.Module):
    """The mean of the readers' log odds; ``shape`` gives the second one, which is left out without it."""

    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        self.readers = nn.ModuleList([Weighing(), *([Convolving(shape)] if shape else [])])

    def forward(self, pictures: Tensor) -> Tensor:
        return torch.stack([reader(pictures) for reader in self.readers]).mean(0)


class Convolving(nn.Module):
    """Pictures (batch, frames, channels) of ``appliance.finality`` to log odds (batch,) that the speaker is done."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        s = shape
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
