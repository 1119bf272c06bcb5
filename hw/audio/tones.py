"""Power at a few frequencies, window by window: a bank of correlators (what Goertzel's algorithm computes). Pure."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from hw.audio.ports import RATE

Complex = npt.NDArray[np.complex128]
Floats = npt.NDArray[np.float64]
FULL_SCALE: Final = 32768.0


class ToneBank:
    """`window` samples correlated with each frequency (Hz), every `hop` samples. Feed it pieces of any length."""

    def __init__(self, frequencies: tuple[float, ...], window: int, hop: int) -> None:
        self.window, self.hop = window, hop
        n = np.arange(window)
        turns = np.outer(n, np.asarray(frequencies)) / RATE
        self._waves: Complex = np.exp(-2j * math.pi * turns)
        self._kept: Floats = np.zeros(0)

    def feed(self, pcm: bytes) -> tuple[Complex, Floats]:
        """For each window that is complete now: the correlations, scaled so that a sine of amplitude 1 gives |1|, and
        the mean power (a full-scale square wave is 1). Rows are windows."""
        samples = np.frombuffer(pcm, "<i2").astype(np.float64) / FULL_SCALE
        self._kept = np.concatenate((self._kept, samples))
        count = max(0, (len(self._kept) - self.window) // self.hop + 1)
        if not count:
            return np.zeros((0, self._waves.shape[1]), np.complex128), np.zeros(0)
        windows = np.lib.stride_tricks.sliding_window_view(self._kept, self.window)[:: self.hop][:count]
        found = windows @ self._waves * (2.0 / self.window)
        power = np.mean(np.square(windows), axis=1)
        self._kept = self._kept[count * self.hop :]
        return found, power
