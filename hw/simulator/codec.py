"""What GSM does to speech: a floating-point RPE-LTP coder and decoder after GSM 06.10 (ETS 300 961), 13 kbit/s.

Block structure, quantiser tables and bit allocation are those of the standard (log-area ratios of 6,6,5,5,4,4,3,3
bits; per 5 ms: lag 7, gain 2, grid 2, block maximum 6, 13 pulses of 3 bits). It is not bit-exact: arithmetic is
floating point and the short-term filters run in direct form instead of a lattice. Lost frames are replaced in the
manner of GSM 06.11: the last good one again, weaker each time.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

FRAME = 160
SUB = 40
ORDER = 8
PULSES = 13

Floats = npt.NDArray[np.float64]

_A = np.array([20.0, 20.0, 20.0, 20.0, 13.637, 15.0, 8.334, 8.824])
_B = np.array([0.0, 0.0, 4.0, -5.0, 0.184, -3.5, -0.666, -2.235])
_MIN = np.array([-32, -32, -16, -16, -8, -8, -4, -4])
_MAX = np.array([31, 31, 15, 15, 7, 7, 3, 3])
_GRIDS = np.arange(4)[:, None] + 3 * np.arange(PULSES)[None, :]
_WEIGHT = np.array([-134, -374, 0, 2054, 5741, 8192, 5741, 2054, 0, -374, -134]) / 8192.0
_GAIN_LIMITS = (0.2, 0.5, 0.8)
_GAINS = (0.10, 0.35, 0.65, 1.0)
_SEGMENTS = (
    (0, 13, 0.75),
    (13, 27, 0.5),
    (27, 40, 0.25),
    (40, 160, 0.0),
)  # from, to, share of the previous frame's LARs
_PREEMPHASIS = 28180 / 32768
_SCALE = 0.5  # the standard works on 13-bit samples shifted to this range


@dataclass(frozen=True, slots=True)
class SubFrame:
    """5 ms: lag 40..120, gain index, grid, block maximum (decoded) and 13 codes 0..7."""

    lag: int
    gain: int
    grid: int
    maximum: float
    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GsmFrame:
    """What travels over the air for 20 ms."""

    lars: tuple[int, ...]
    subs: tuple[SubFrame, ...]


def _reflection(signal: Floats) -> Floats:
    """Eight reflection coefficients by the Schur recursion."""
    acf = np.array([float(signal[: FRAME - k] @ signal[k:]) for k in range(ORDER + 1)])
    out = np.zeros(ORDER)
    if acf[0] <= 0.0:
        return out
    p, k = acf.copy(), np.append(acf[1:], 0.0)
    for n in range(ORDER):
        if p[0] < abs(p[1]):
            break
        out[n] = r = -p[1] / p[0] if p[0] > 0 else 0.0
        if n == ORDER - 1:
            break
        p[0] += p[1] * r
        old_p, old_k = p.copy(), k.copy()
        for m in range(1, ORDER - n):
            p[m] = old_p[m + 1] + old_k[m - 1] * r if m + 1 <= ORDER else 0.0
            k[m - 1] = old_k[m - 1] + old_p[m + 1] * r if m + 1 <= ORDER else 0.0
    return out


def _lar(r: Floats) -> Floats:
    size = np.abs(r)
    bent = np.where(size < 0.675, size, np.where(size < 0.95, 2 * size - 0.675, 8 * size - 6.375))
    return np.asarray(np.sign(r) * bent)


def _unlar(lar: Floats) -> Floats:
    size = np.abs(lar)
    flat = np.where(size < 0.675, size, np.where(size < 1.225, 0.5 * size + 0.3375, 0.125 * size + 0.796875))
    return np.asarray(np.sign(lar) * np.minimum(flat, 0.999))


def _direct(r: Floats) -> list[float]:
    """A(z) = 1 + sum a_i z^-i of the given reflection coefficients (step-up recursion; plain floats are faster)."""
    a: list[float] = []
    for value in r.tolist():
        a = [x + value * y for x, y in zip(a, a[::-1], strict=True)] + [value]
    return a


def _filters(lars: tuple[int, ...], before: tuple[int, ...]) -> list[list[float]]:
    now, then = (np.asarray(lars) - _B) / _A, (np.asarray(before) - _B) / _A
    return [_direct(_unlar(share * then + (1 - share) * now)) for _, _, share in _SEGMENTS]


def _block_maximum(value: float) -> float:
    """The decoded 6-bit logarithmic maximum: 16 steps of 32, then 8 steps an octave."""
    step = 32.0
    top = 512.0
    while value >= top and top < 32768.0:
        step, top = step * 2, top * 2
    return min((value // step) * step + step - 1, 32767.0)


def _encode_sub(target: Floats, past: Floats) -> tuple[SubFrame, Floats]:
    """Codes 40 samples of residual; returns the codes and the decoded residual that both ends share."""
    windows = np.lib.stride_tricks.sliding_window_view(past, SUB)  # row i: past[i : i + 40], lag = 120 - i
    scores = windows @ target
    best = int(np.argmax(scores))
    chosen = windows[best]
    energy = float(chosen @ chosen)
    gain = sum(float(scores[best]) > limit * energy for limit in _GAIN_LIMITS) if energy > 0 else 0
    error = target - _GAINS[gain] * chosen
    weighted = np.convolve(error, _WEIGHT)[5 : 5 + SUB]
    grids = weighted[_GRIDS]
    grid = int(np.argmax((grids * grids).sum(axis=1)))
    maximum = _block_maximum(float(np.abs(grids[grid]).max()))
    codes = np.clip(np.floor((grids[grid] / maximum + 1.0) * 4.0), 0, 7).astype(int)
    sub = SubFrame(120 - best, gain, grid, maximum, tuple(int(c) for c in codes))
    return sub, _excite(sub, past)


def _excite(sub: SubFrame, past: Floats) -> Floats:
    """The decoded residual of 40 samples; `past` holds the 120 before them."""
    start = 120 - sub.lag
    out = _GAINS[sub.gain] * past[start : start + SUB]
    out[sub.grid : sub.grid + 3 * PULSES - 2 : 3] += (2.0 * np.asarray(sub.codes) - 7.0) / 8.0 * sub.maximum
    return out


class GsmEncoder:
    """20 ms of samples (float, +-32768) in, a GsmFrame out."""

    def __init__(self) -> None:
        self._last_sample = 0.0
        self._lars = (0,) * ORDER
        self._signal = np.zeros(ORDER)
        self._residual = np.zeros(120)

    def encode(self, frame: Floats) -> GsmFrame:
        """Codes one frame of 160 samples."""
        scaled = frame * _SCALE
        signal = scaled - _PREEMPHASIS * np.concatenate(([self._last_sample], scaled[:-1]))
        self._last_sample = float(scaled[-1])
        codes = np.clip(np.rint(_A * _lar(_reflection(signal)) + _B), _MIN, _MAX).astype(int)
        lars = tuple(int(code) for code in codes)
        padded = np.concatenate((self._signal, signal))
        residual = np.empty(FRAME)
        for (start, end, _), a in zip(_SEGMENTS, _filters(lars, self._lars), strict=True):
            taps = np.array([1.0, *a])
            residual[start:end] = np.convolve(padded[start : end + ORDER], taps)[ORDER : ORDER + end - start]
        self._signal, self._lars = signal[-ORDER:].copy(), lars
        subs: list[SubFrame] = []
        for at in range(0, FRAME, SUB):
            sub, decoded = _encode_sub(residual[at : at + SUB], self._residual)
            self._residual = np.concatenate((self._residual[SUB:], decoded))
            subs.append(sub)
        return GsmFrame(lars, tuple(subs))


class GsmDecoder:
    """A GsmFrame (or None for a lost one) in, 20 ms of samples out."""

    def __init__(self) -> None:
        self._lars = (0,) * ORDER
        self._residual = np.zeros(120)
        self._memory = [0.0] * ORDER
        self._deemphasis = 0.0
        self._good: GsmFrame | None = None

    def decode(self, frame: GsmFrame | None) -> Floats:
        """160 samples."""
        if frame is None:
            if self._good is None:
                return np.zeros(FRAME)
            weaker = tuple(replace(s, maximum=s.maximum * 0.7, gain=max(0, s.gain - 1)) for s in self._good.subs)
            frame = replace(self._good, subs=weaker)
        self._good = frame
        parts: list[Floats] = []
        for sub in frame.subs:
            part = _excite(sub, self._residual)
            self._residual = np.concatenate((self._residual[SUB:], part))
            parts.append(part)
        residual = np.concatenate(parts)
        out: list[float] = []
        for (start, end, _), a in zip(_SEGMENTS, _filters(frame.lars, self._lars), strict=True):
            out += self._synthesise([float(x) for x in residual[start:end]], a)
        self._lars = frame.lars
        return np.clip(np.array(out) / _SCALE, -32768.0, 32767.0)

    def _synthesise(self, residual: list[float], a: list[float]) -> list[float]:
        """1/A(z) and de-emphasis; unrolled, as it runs 8000 times a second."""
        a1, a2, a3, a4, a5, a6, a7, a8 = a
        y1, y2, y3, y4, y5, y6, y7, y8 = self._memory
        last, out = self._deemphasis, []
        for x in residual:
            y = x - a1 * y1 - a2 * y2 - a3 * y3 - a4 * y4 - a5 * y5 - a6 * y6 - a7 * y7 - a8 * y8
            y8, y7, y6, y5, y4, y3, y2, y1 = y7, y6, y5, y4, y3, y2, y1, y
            last = y + _PREEMPHASIS * last
            out.append(last)
        self._memory, self._deemphasis = [y1, y2, y3, y4, y5, y6, y7, y8], last
        return out
