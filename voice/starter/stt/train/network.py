"""The acoustic network: a TDNN of six layers, 1.06 M parameters, context of 15 frames each way, one output per 30 ms."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from voice.starter.stt.train.features import BANDS, SUBSAMPLING
from voice.starter.stt.train.phones import BASE

OUTPUTS = 2 * len(BASE)
WIDTH = 256
OFFSETS = [[-2, -1, 0, 1, 2], [-1, 0, 1], *[[-3, 0, 3]] * 4]
"""Frames that each layer splices, in 10 ms. From the third layer on the step is 30 ms."""
CONTEXT = 15


class Layer(nn.Module):
    """Splice, affine, batch norm, ReLU over [batch, time, width]; the batch norm is folded into the affine at export."""

    def __init__(self, inputs: int, outputs: int, taps: int) -> None:
        super().__init__()
        self.k = taps
        self.lin = nn.Linear(inputs * taps, outputs)
        self.bn = nn.BatchNorm1d(outputs)

    def forward(self, x: torch.Tensor, stride: int = 1) -> torch.Tensor:
        count = x.shape[1] - self.k + 1
        x = torch.cat([x[:, tap : tap + count : stride] for tap in range(self.k)], 2)
        x = self.lin(x)
        batch, time, width = x.shape
        return F.relu(self.bn(x.reshape(batch * time, width).float()).reshape(batch, time, width))


class Net(nn.Module):
    """Log-mel [batch, 3n + 28, 40] -> scores [batch, n, 88]; the edges are the caller's padding."""

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(BANDS))
        self.register_buffer("istd", torch.ones(BANDS))
        layers = [Layer(BANDS, width, 5), Layer(width, width, 3)] + [Layer(width, width, 3) for _ in range(4)]
        self.l = nn.ModuleList(layers)
        self.out = nn.Linear(width, OUTPUTS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = (x - self.mean) * self.istd
        for number, layer in enumerate(self.l):
            x = layer(x, SUBSAMPLING if number == 1 else 1)
        return self.out(x)


def scores(net: Net, frames: np.ndarray) -> torch.Tensor:
    """A whole recording [T, 40] -> scores at frames 0, 3, 6..., its edges repeated as Kaldi does."""
    count = (len(frames) + 2) // SUBSAMPLING
    padded = np.concatenate([np.repeat(frames[:1], CONTEXT, 0), frames, np.repeat(frames[-1:], CONTEXT + 3, 0)])
    padded = padded[: 3 * count + 2 * CONTEXT - 2].astype(np.float32)
    with torch.no_grad():
        return net(torch.from_numpy(padded[None]))[0]
