"""How loud a sound is in each of a telephone's bands: this tells two voices apart that are as loud as one another.

Speech at any moment fills only some of its bands, so somebody else shows in those that ours leaves empty. A window is
32 ms: several periods of the lowest voice.
"""

from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from voice.ports import RATE

Powers = npt.NDArray[np.float64]
"""Of shape (BANDS,) or (n, BANDS); 1.0 is a full-scale square wave's."""

WINDOW_SAMPLES: Final = 256
EDGES_HZ: Final = (200, 330, 460, 600, 750, 900, 1060, 1230, 1420, 1630, 1860, 2110, 2390, 2700, 3040, 3400)
"""As wide as the ear's own, which are as wide as a voice's formants."""
BANDS: Final = len(EDGES_HZ) - 1
LEAST_POWER: Final = 1e-10

_WINDOW: Final = np.hanning(WINDOW_SAMPLES)
_FREQUENCIES: Final = np.fft.rfftfreq(WINDOW_SAMPLES, 1.0 / RATE)
_SUMS: Final = np.array(
    [np.logical_and(low <= _FREQUENCIES, high > _FREQUENCIES) for low, high in pairwise(EDGES_HZ)], float
).T * (2.0 / (WINDOW_SAMPLES * float(_WINDOW @ _WINDOW)))


def powers(windows: npt.NDArray[np.float64]) -> Powers:
    """Of each row of WINDOW_SAMPLES samples; shape (rows, BANDS)."""
    spectrum = np.fft.rfft(windows * _WINDOW)
    found: Powers = (spectrum.real**2 + spectrum.imag**2) @ _SUMS + LEAST_POWER
    return found


def decibels(power: Powers) -> Powers:
    """Each band's level, dBFS."""
    return np.asarray(10.0 * np.log10(power))
