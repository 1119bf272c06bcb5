"""A decoder of the Qwen2 architecture, 3.15 M parameters: the same code path in llama.cpp as the real Qwen2.5.

RMSNorm, RoPE in NeoX order (no weight permutation at export), biases on Q, K and V, SwiGLU, tied embeddings.
"""

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F


@dataclass
class Config:
    """Widths must be multiples of 32, Q8_0's block."""

    vocab: int = 2048
    d: int = 256
    L: int = 4
    H: int = 4
    ff: int = 512
    theta: float = 100_000.0
    eps: float = 1e-6
    ctx: int = 1024


class RMSNorm(nn.Module):
    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight, self.eps)


class Block(nn.Module):
    """Attention and feed-forward, each with its norm before and its residual around."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.n1 = RMSNorm(c.d, c.eps)
        self.q, self.k, self.v = (nn.Linear(c.d, c.d) for _ in range(3))
        self.o = nn.Linear(c.d, c.d, bias=False)
        self.n2 = RMSNorm(c.d, c.eps)
        self.g, self.u = (nn.Linear(c.d, c.ff, bias=False) for _ in range(2))
        self.w = nn.Linear(c.ff, c.d, bias=False)
        self.heads = c.H

    def forward(
        self, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, chosen: torch.Tensor | None = None
    ) -> torch.Tensor:
        """`chosen` (B, T) limits what follows attention to those positions: (n, d) instead of (B, T, d)."""
        batch, time, width = x.shape
        h = self.n1(x)
        q, k, v = (f(h).view(batch, time, self.heads, -1).transpose(1, 2) for f in (self.q, self.k, self.v))
        y = F.scaled_dot_product_attention(rope(q, cos, sin), rope(k, cos, sin), v, is_causal=True)
        y = y.transpose(1, 2).reshape(batch, time, width)
        if chosen is not None:
            y, x = y[chosen], x[chosen]
        x = x + self.o(y)
        h = self.n2(x)
        return x + self.w(F.silu(self.g(h)) * self.u(h))


def rope(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class LanguageModel(nn.Module):
    def __init__(self, c: Config) -> None:
        super().__init__()
        self.c = c
        self.emb = nn.Embedding(c.vocab, c.d)
        self.blocks = nn.ModuleList(Block(c) for _ in range(c.L))
        self.norm = RMSNorm(c.d, c.eps)
        half = c.d // c.H // 2
        frequency = 1.0 / (c.theta ** (torch.arange(half).float() / half))
        angle = torch.outer(torch.arange(c.ctx).float(), frequency)
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=1 / 16 if name == "emb.weight" else 1 / math.sqrt(parameter.shape[1]))
            elif "bias" in name:
                nn.init.zeros_(parameter)
        for block in self.blocks:
            block.o.weight.data.mul_(0.1)
            block.w.weight.data.mul_(0.05)
        with torch.no_grad():
            _wire_copying(self, frequency)

    def hidden(self, ids: torch.Tensor, chosen: torch.Tensor | None = None) -> torch.Tensor:
        """Before the output matrix; with `chosen` the last layer works at those positions only."""
        x, time = self.emb(ids), ids.shape[1]
        cos, sin = self.cos[:time].to(x.dtype), self.sin[:time].to(x.dtype)
        for number, block in enumerate(self.blocks):
            x = block(x, cos, sin, chosen if number == len(self.blocks) - 1 else None)
        return self.norm(x)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return F.linear(self.hidden(ids), self.emb.weight)


def _wire_copying(model: LanguageModel, frequency: torch.Tensor) -> None:
    """A hand-wired induction circuit as the starting point, so that copying a fact need not emerge by itself.

    Layer 0: heads 0, 1, 2 attend to positions -1, -1, -2 (Q and K biases that meet in phase under RoPE) and write what
    stands there into subspaces of their own. Layer 1: the query is the current token (head 2: and the one before), the key
    the token before the candidate, the value the candidate: what followed last time comes again.
    """
    width, head = model.c.d, model.c.d // model.c.H
    half, fast, strength = head // 2, 4, 7.5
    first, second = model.blocks[0], model.blocks[1]

    def basis(count: int) -> torch.Tensor:
        return torch.linalg.qr(torch.randn(width, width))[0][:count]

    read = [basis(head) for _ in range(3)]
    write = list(basis(3 * head).split(head))
    read[2] = read[0]
    for number, back in enumerate((1, 1, 2)):
        rows = slice(number * head, (number + 1) * head)
        first.q.weight[rows] *= 0.05
        first.k.weight[rows] *= 0.05
        for i in range(fast):
            turn = frequency[i].item() * back
            first.k.bias[number * head + i] = strength
            first.q.bias[number * head + i] = strength * math.cos(turn)
            first.q.bias[number * head + half + i] = -strength * math.sin(turn)
        first.v.weight[rows] = read[number]
        first.o.weight[:, rows] = write[number].T / 8
    slow = [i for i in range(half) if frequency[i] < 0.0035]  # they hardly turn over a context: content, not position
    places = torch.tensor(slow + [i + half for i in slow])
    count, gain, copied = len(places), 3.2, basis(3 * head)
    for number in range(3):
        query, key = torch.zeros(head, width), torch.zeros(head, width)
        if number < 2:
            query[places], key[places] = read[number][:count] * gain, write[number][:count] * gain
        else:  # two tokens in a row must match
            even, odd = places[::2], places[1::2]
            query[even], key[even] = (
                read[0][count - len(even) : count] * gain,
                write[0][count - len(even) : count] * gain,
            )
            query[odd], key[odd] = write[0][: len(odd)] * gain * 0.7, write[2][: len(odd)] * gain * 0.7
        rows = slice(number * head, (number + 1) * head)
        second.q.weight[rows] = query + 0.01 * torch.randn_like(query)
        second.k.weight[rows] = key + 0.01 * torch.randn_like(key)
        second.v.weight[rows] = copied[rows]
        second.o.weight[:, rows] = copied[rows].T * 0.6


def copying_at_start(length: int = 60) -> float:
    """How often a new model continues a repeated random sequence: shows that the circuit is wired."""
    torch.manual_seed(0)
    model = LanguageModel(Config())
    once = torch.randint(300, 2048, (8, length))
    twice = torch.cat((once, once), 1)
    with torch.no_grad():
        guess = model(twice)[:, :-1].argmax(-1)
    return float((guess == twice[:, 1:])[:, length:].float().mean())
