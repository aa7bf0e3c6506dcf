"""The starter brain in PyTorch: a Llama of 6.2 million parameters, started with a working copy circuit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


@dataclass(frozen=True)
class Shape:
    vocabulary: int = 4096
    width: int = 256
    layers: int = 6
    heads: int = 4
    hidden: int = 768
    context: int = 1024
    rope_base: float = 100_000.0
    epsilon: float = 1e-5

    @property
    def head_width(self) -> int:
        return self.width // self.heads


_QUERY_CHUNK = 128


def _attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """Causal attention in chunks of queries: on a CPU about twice as fast as torch's fused one with its backward."""
    q = q * (q.size(-1) ** -0.5)
    out = []
    for i in range(0, q.size(2), _QUERY_CHUNK):
        j = min(i + _QUERY_CHUNK, q.size(2))
        out.append(torch.softmax(q[:, :, i:j] @ k[:, :, :j].transpose(-1, -2) + mask[i:j, :j], -1) @ v[:, :, :j])
    return torch.cat(out, 2)


class Block(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.norm_attention = nn.Parameter(torch.ones(shape.width))
        self.norm_hidden = nn.Parameter(torch.ones(shape.width))
        self.qkv = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)
        self.gate_up = nn.Linear(shape.width, 2 * shape.hidden, bias=False)
        self.down = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        batch, length, width = x.shape
        shape = self.shape
        normed = F.rms_norm(x, (width,), self.norm_attention.to(x.dtype), shape.epsilon)
        q, k, v = self.qkv(normed).view(batch, length, 3, shape.heads, shape.head_width).permute(2, 0, 3, 1, 4)
        a, b = torch.stack([q, k]).chunk(2, -1)
        q, k = torch.cat([a * cos - b * sin, b * cos + a * sin], -1)
        x = x + self.out(_attention(q, k, v, mask).transpose(1, 2).reshape(batch, length, width))
        gate, up = self.gate_up(F.rms_norm(x, (width,), self.norm_hidden.to(x.dtype), shape.epsilon)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


class Brain(nn.Module):
    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        self.shape = shape = shape or Shape()
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.Parameter(torch.ones(shape.width))
        nn.init.normal_(self.embedding.weight, std=0.02)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2 and "embedding" not in name:
                residual = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(parameter, std=0.02 / (math.sqrt(2 * shape.layers) if residual else 1))
        half = torch.arange(0, shape.head_width, 2).float() / shape.head_width
        angles = torch.outer(torch.arange(shape.context).float(), 1.0 / shape.rope_base**half)
        self.register_buffer("mask", torch.full((shape.context, shape.context), -1e9).triu(1), False)
        self.register_buffer("cos", angles.cos(), False)
        self.register_buffer("sin", angles.sin(), False)

    def hidden_states(self, ids: Tensor) -> Tensor:
        length = ids.size(1)
        x = self.embedding(ids)
        if torch.is_autocast_enabled("cpu"):
            x = x.to(torch.bfloat16)
        cos, sin, mask = (t.to(x.dtype) for t in (self.cos[:length], self.sin[:length], self.mask[:length, :length]))
        for block in self.blocks:
            x = block(x, cos, sin, mask)
        return F.rms_norm(x, (x.size(-1),), self.norm.to(x.dtype), self.shape.epsilon)

    def forward(self, ids: Tensor) -> Tensor:
        return F.linear(self.hidden_states(ids), self.embedding.weight)


@torch.no_grad()
def craft_induction(model: Brain, seed: int = 0) -> None:
    """Start with a working induction circuit, which training from random weights finds late or never at this size.

    The last head of layer 0 attends to the previous token and writes what it saw into a subspace of its own; the last
    head of layer 1 looks for places whose previous token is the present one and copies what follows. Dimension 0 of
    the embedding is a constant that gives layer 0 a query which depends on the position alone.
    """
    shape = model.shape
    width, head = shape.width, shape.head_width
    last = slice((shape.heads - 1) * head, shape.heads * head)
    generator = torch.Generator().manual_seed(seed)
    model.embedding.weight.normal_(0, 0.04, generator=generator)
    model.embedding.weight[:, 0] = 0.6
    model.norm[0] = 0.0

    def subspace() -> Tensor:
        basis = torch.linalg.qr(torch.randn(width - 1, head, generator=generator))[0].T
        return torch.cat([torch.zeros(head, 1), basis], 1)

    frequencies = 1.0 / shape.rope_base ** (torch.arange(0, head, 2).float() / head)
    half = head // 2
    token, previous, copied = subspace(), subspace(), subspace()

    def parts(block: Block) -> tuple[Tensor, Tensor, Tensor]:
        weight = block.qkv.weight
        return weight[:width][last], weight[width : 2 * width][last], weight[2 * width :][last]

    first, second = model.blocks[0], model.blocks[1]
    query, key, value = parts(first)
    fast, strength = 12, 7.0 / 10.9
    query.zero_()
    key.zero_()
    query[:fast, 0] = strength * frequencies[:fast].cos()
    query[half : half + fast, 0] = -strength * frequencies[:fast].sin()
    key[:fast, 0] = strength
    slow = (frequencies < 0.004).nonzero().flatten()  # pairs that hardly turn carry content, not position
    rows = torch.cat([slow, slow + half])
    count = len(rows)
    value.zero_()
    value[:count] = token[:count]
    first.out.weight[:, last] = 0
    first.out.weight[:, last.start : last.start + count] = 0.08 * previous[:count].T

    query, key, value = parts(second)
    query.zero_()
    key.zero_()
    query[rows] = 2.3 * token[:count]
    key[rows] = 2.3 * previous[:count]
    value.copy_(copied)
    second.out.weight[:, last] = 0.3 * copied.T
