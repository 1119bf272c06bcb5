"""A source-filter vocoder in plain torch operations, so that it becomes part of the ONNX graph (opset 17). Nothing trained.

Source: a band-limited pulse train in closed form (a Dirichlet kernel of the phase) and noise. Filter: per frame, in the
frequency domain, with the minimum phase that the cepstra give; short-time transforms are convolutions.
"""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from voice.starter.tts.train.maps import BINS, FFT, FROM_BANDS, FROM_CEPSTRA, HOP, PHASE, RATE

TOP_HARMONIC_HZ = 7700.0


class Vocoder(nn.Module):
    """Frame features to sound at 16 kHz."""

    def __init__(self) -> None:
        super().__init__()
        self._constant("dec", FROM_CEPSTRA.T)
        self._constant("phs", PHASE.T)
        self._constant("apint", FROM_BANDS.T)
        window = 2 * HOP
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)  # periodic: sums to 1 at a hop of half of it
        angle = np.arange(BINS)[:, None] * np.arange(window)[None] * 2 * np.pi / FFT
        self._constant("an", np.concatenate([np.cos(angle) * hann, -np.sin(angle) * hann], 0)[:, None, :])
        scale = np.full((BINS, 1), 2.0 / FFT)
        scale[0] = scale[-1] = 1.0 / FFT
        angle = np.arange(BINS)[:, None] * np.arange(FFT)[None] * 2 * np.pi / FFT
        self._constant("sy", np.concatenate([np.cos(angle) * scale, -np.sin(angle) * scale], 0)[:, None, :])
        self._constant("a", (np.arange(HOP) / HOP)[None])

    def _constant(self, name: str, value: np.ndarray) -> None:
        self.register_buffer(name, torch.tensor(value, dtype=torch.float32), persistent=False)

    def up(self, x: torch.Tensor) -> torch.Tensor:
        """(T,) -> (T * HOP,), linear in between."""
        following = torch.cat([x[1:], x[-1:]])
        return (x[:, None] * (1 - self.a) + following[:, None] * self.a).reshape(-1)

    def forward(
        self, f0: torch.Tensor, voiced: torch.Tensor, cepstra: torch.Tensor, bands: torch.Tensor, noise: torch.Tensor
    ) -> torch.Tensor:
        """(T,) Hz, (T,) 0..1, (T, 40), (T, 5) 0..1, (T * HOP,) white -> (T * HOP,) samples."""
        pitch, gate = self.up(f0), self.up(voiced)
        phase = torch.cumsum((pitch / RATE).double(), 0)
        phase = (phase - torch.floor(phase)).float()
        harmonics = torch.floor(TOP_HARMONIC_HZ / f0)[:, None].expand(-1, HOP).reshape(-1)
        sine = torch.sin(math.pi * phase)
        small = sine.abs() < 1e-4
        divisor = torch.where(small, torch.ones_like(sine), sine)
        kernel = torch.where(small, harmonics, 0.5 * (torch.sin((2 * harmonics + 1) * math.pi * phase) / divisor - 1))
        pulses = kernel * 2 * torch.sqrt(pitch / RATE) * gate
        source = F.pad(torch.stack([pulses, noise], 0)[:, None], (HOP, HOP))
        spectra = F.conv1d(source, self.an, stride=HOP)[:, :, :-1]
        noisy = bands @ self.apint
        noisy = 1 - (1 - noisy) * voiced[:, None]
        noisy = noisy.clamp(0.001, 0.999)
        amplitude = torch.exp((cepstra @ self.dec).clamp(-14, 6))
        angle = cepstra @ self.phs
        tonal, hiss = (amplitude * torch.sqrt(1 - noisy * noisy)).T, (amplitude * noisy).T
        real = spectra[0, :BINS] * tonal + spectra[1, :BINS] * hiss
        imaginary = spectra[0, BINS:] * tonal + spectra[1, BINS:] * hiss
        cosine, sine = torch.cos(angle).T, torch.sin(angle).T
        filtered = torch.cat([real * cosine - imaginary * sine, real * sine + imaginary * cosine], 0)[None]
        wave = F.conv_transpose1d(filtered, self.sy, stride=HOP)[0, 0]
        return wave[HOP : HOP + HOP * f0.shape[0]]
