"""A PCM port that carries 16 kHz whatever was asked of it: halved towards us, doubled towards the modem.

A short half-band filter of our own, because soxr's streams give their samples in lumps of 60 to 110 ms, which is more
than a conversation can spare. Passband to 3.2 kHz within 0.5 dB, stopband from 4.8 kHz below -50 dB, delay 2 ms.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

TAPS: Final = 63
_n: Final = np.arange(TAPS) - TAPS // 2
HALF_BAND: Final[npt.NDArray[np.float64]] = np.kaiser(TAPS, 6.0) * np.sinc(_n / 2) / 2


class _Filter:
    """The same filter over a stream, without a seam."""

    def __init__(self) -> None:
        self._tail = np.zeros(TAPS - 1)

    def run(self, samples: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        padded = np.concatenate((self._tail, samples))
        self._tail = padded[len(samples) :]
        return np.convolve(padded, HALF_BAND, "valid")


class Narrower:
    """16 kHz in, 8 kHz out; bytes in any number, odd ones too."""

    def __init__(self) -> None:
        self._filter = _Filter()
        self._rest = b""

    def feed(self, wide: bytes) -> bytes:
        """Half as many samples of what is whole."""
        data = self._rest + wide
        whole = len(data) // 4 * 4
        self._rest = data[whole:]
        if not whole:
            return b""
        samples = np.frombuffer(data[:whole], "<i2").astype(np.float64)
        return _pcm(self._filter.run(samples)[::2])


class Widener:
    """8 kHz in, 16 kHz out."""

    def __init__(self) -> None:
        self._filter = _Filter()

    def feed(self, narrow: bytes) -> bytes:
        """Twice as many samples."""
        samples = np.frombuffer(narrow, "<i2")
        stuffed = np.zeros(2 * len(samples))
        stuffed[::2] = samples
        return _pcm(2.0 * self._filter.run(stuffed))


def _pcm(samples: npt.NDArray[np.float64]) -> bytes:
    return np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes()
