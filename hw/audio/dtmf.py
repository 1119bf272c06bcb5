"""Digits in the sound (ITU-T Q.23 frequencies, Q.24 tolerances), for modems that do not tell them by +RXDTMF. Pure.

Windows of 15 ms, every 5 ms. In each, the strongest row and column must hold nearly all of the sound, stand above the
other rows and columns, differ by no more than the allowed twist, and be on frequency: how far off is told by the phase
from window to window, which is finer than so short a window could resolve. Speech fails one of these within a few
windows, and a digit is one only after five in a row.
"""

import math
from typing import Final

import numpy as np

from hw.audio.ports import RATE
from hw.audio.tones import Complex, Floats, ToneBank

ROWS: Final = (697.0, 770.0, 852.0, 941.0)
COLUMNS: Final = (1209.0, 1336.0, 1477.0, 1633.0)
KEYS: Final = ("123A", "456B", "789C", "*0#D")

WINDOW: Final = 120
HOP: Final = 40
HITS: Final = 5
"""Windows in a row that make a digit: a tone of 40 ms has six whole ones, one of 20 ms two (Q.24)."""
MISSES: Final = 6
"""Windows in a row without it that end it: a break of 10 ms does not, a pause of 40 ms does."""
LEAST_POWER: Final = 10.0 ** (-42.0 / 10.0)
"""Of the weaker tone, relative to full scale."""
SHARE: Final = 0.72
"""Of the window's power in the two tones; noise 5 dB below them leaves more."""
TWIST: Final = (-10.0, 7.0)
"""Column against row, dB (Q.24: administrations accept from -10 to +6)."""
ABOVE_OTHERS: Final = 10.0 ** (5.0 / 10.0)
"""The strongest row and column against the second."""
OFF: Final = 0.025
"""Relative deviation: Q.24 wants 1.5 % accepted and 3.5 % refused."""
HARMONIC: Final = 10.0 ** (-9.0 / 10.0)
"""What a voice has at twice the frequency; a key has nothing there, unless its own column lies there."""
APART: Final = 2.0 * RATE / WINDOW
"""Hz from which on a window tells two tones apart well."""


class DtmfDetector:
    """One call's sound in, digits out, each once, some 35 ms after its tone began."""

    def __init__(self) -> None:
        rows_and_columns = (*ROWS, *COLUMNS)
        self._bank = ToneBank((*rows_and_columns, *(2 * each for each in rows_and_columns)), WINDOW, HOP)
        self._before: Complex = np.zeros(8, np.complex128)
        self._candidate = ""
        self._hits = 0
        self._told = ""
        self._misses = 0

    def feed(self, pcm: bytes) -> str:
        """Digits that were recognised within these samples (8 kHz mono s16le), usually none."""
        found, powers = self._bank.feed(pcm)
        digits = ""
        for each, power in zip(found, powers, strict=True):
            digits += self._take(self._digit(each, float(power)))
            self._before = each[:8]
        return digits

    def _take(self, digit: str) -> str:
        """The run of windows: five of a kind tell a digit, six without it end it."""
        self._hits = self._hits + 1 if digit and digit == self._candidate else int(bool(digit))
        self._candidate = digit
        if digit and digit == self._told:
            self._misses = 0
            return ""
        self._misses += 1
        if self._misses >= MISSES:
            self._told = ""
        if self._hits < HITS:
            return ""
        self._told, self._misses = digit, 0
        return digit

    def _digit(self, found: Complex, power: float) -> str:
        """The digit of one window, "" for none."""
        if power < 2 * LEAST_POWER:
            return ""
        strength: Floats = np.square(np.abs(found)) / 2  # the power of a sine of that amplitude
        row, column = int(np.argmax(strength[:4])), 4 + int(np.argmax(strength[4:8]))
        if not _on_top(strength[:4], row) or not _on_top(strength[4:8], column - 4):
            return ""
        true = []
        for place in (row, column):
            offset = self._offset(found, place)
            if abs(offset) > OFF * (*ROWS, *COLUMNS)[place]:
                return ""
            lost = np.sinc(offset * WINDOW / RATE)
            true.append(float(strength[place]) / float(lost * lost))
        if min(true) < LEAST_POWER or not TWIST[0] <= 10 * math.log10(true[1] / true[0]) <= TWIST[1]:
            return ""
        if sum(true) < SHARE * power:
            return ""
        apart = [column] if abs(2 * ROWS[row] - COLUMNS[column - 4]) < APART else [row, column]
        if any(strength[8 + place] > HARMONIC * strength[place] for place in apart):
            return ""
        return KEYS[row][column - 4]

    def _offset(self, found: Complex, place: int) -> float:
        """Hz that the tone is off its nominal frequency, from the turn of its phase since the window before."""
        nominal = (*ROWS, *COLUMNS)[place]
        turned = found[place] * np.conj(self._before[place]) * np.exp(2j * math.pi * nominal * HOP / RATE).conj()
        # Each window's phase is counted from its own start, so a tone on frequency turns by exactly one hop of it.
        return float(np.angle(turned)) * RATE / (2 * math.pi * HOP)


def _on_top(group: Floats, place: int) -> bool:
    others = np.delete(group, place)
    return bool(group[place] > ABOVE_OTHERS * others.max())
