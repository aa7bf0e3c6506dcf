"""Building blocks of the three networks."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as fn
from torch import Tensor, nn


class FeatureDropout(nn.Module):
    """Drops the same features at every time step: a mask for all of them would take a fifth of a training step."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """``x`` [batch, time, width]."""
        if not self.training or self.share == 0:
            return x
        return x * fn.dropout(torch.ones_like(x[:, :1]), self.share)


class ConvBlock(nn.Module):
    """ConvNeXt block on [batch, time, width]: depthwise convolution, then a gated-width pointwise pair, residual."""

    def __init__(self, width: int, kernel: int = 7, expansion: int = 3, dropout: float = 0.0) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, width * expansion)
        self.contract = nn.Linear(width * expansion, width)
        self.scale = nn.Parameter(torch.full((width,), 0.5))
        self.dropout = FeatureDropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        h = self.depthwise(x.transpose(1, 2)).transpose(1, 2)
        h = self.contract(fn.gelu(self.expand(self.norm(h)), approximate="tanh"))
        x = x + self.scale * self.dropout(h)
        return x if mask is None else x * mask


class SelfAttention(nn.Module):
    """Four heads that each learn how fast their attention falls with distance (linear biases)."""

    def __init__(self, width: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.slope = nn.Parameter(torch.tensor([0.5, 0.15, 0.03, 0.0]))
        self.dropout = FeatureDropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        batch, time, width = x.shape
        qkv = self.qkv(self.norm(x)).view(batch, time, 3, 4, width // 4).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        place = torch.arange(time, device=x.device, dtype=torch.float32)
        distance = (place[:, None] - place[None, :]).abs()
        score = q @ k.transpose(-1, -2) * (1 / math.sqrt(width // 4)) - distance * self.slope.view(1, -1, 1, 1)
        if mask is not None:
            score = score + (mask.transpose(1, 2)[:, None] - 1) * 1e4
        y = (torch.softmax(score, -1) @ v.to(score.dtype)).transpose(1, 2).reshape(batch, time, width)
        x = x + self.dropout(self.out(y))
        return x if mask is None else x * mask


class Encoder(nn.Module):
    """Tokens and their context -> [batch, tokens, width]."""

    def __init__(self, width: int, context: int, symbols: int, blocks: int = 4, dropout: float = 0.1) -> None:
        super().__init__()
        self.symbol = nn.Embedding(symbols, width)
        self.stress = nn.Embedding(3, width)
        self.long = nn.Embedding(2, width)
        for table in (self.symbol, self.stress, self.long):
            nn.init.normal_(table.weight, std=0.3)
        self.context = nn.Linear(context, width)
        self.blocks = nn.ModuleList([ConvBlock(width, 5, dropout=dropout) for _ in range(blocks)])
        self.attention = nn.ModuleList([SelfAttention(width, dropout) for _ in range(blocks // 2)])
        self.norm = nn.LayerNorm(width)
        self.dropout = FeatureDropout(dropout)

    def forward(self, base: Tensor, stress: Tensor, long: Tensor, context: Tensor, mask: Tensor | None) -> Tensor:
        x = self.symbol(base) + self.stress(stress) + self.long(long) + self.context(context)
        x = self.dropout(x) if mask is None else self.dropout(x) * mask
        for i, block in enumerate(self.blocks):
            x = block(x, mask)
            if i % 2 == 1:
                x = self.attention[i // 2](x, mask)
        x = self.norm(x)
        return x if mask is None else x * mask
