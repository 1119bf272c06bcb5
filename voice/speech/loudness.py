"""PURE: how loud a synthetic sentence is, and how it is brought to a telephone line's level. Floats are -1..1."""

from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

ACTIVE_LEVEL_DB = -20.0
"""dBFS of speech while it is active (the notion of ITU-T P.56): recorded announcements usually sit some 6 dB above the
nominal -26 of a conversation, and a synthetic voice in a noisy street needs it."""
CEILING = 10 ** (-3 / 20)
"""Peak allowed: -3 dBFS leaves the resampler and the codec room."""
ACTIVE_RANGE_DB = 30.0
"""Frames this far below the loudest one are pauses, not speech."""
SILENCE_RANGE_DB = 45.0
"""Below the loudest frame by this much is silence at the edges, which may be cut."""
MAX_GAIN = 10.0
FRAME_SECONDS = 0.01


def active_level(sound: Samples, rate: int) -> float:
    """dBFS over the frames that hold speech; -inf for silence."""
    power = _frame_power(sound, rate)
    if power.size == 0 or power.max() <= 0:
        return float("-inf")
    return float(10 * np.log10(power[power >= power.max() * 10 ** (-ACTIVE_RANGE_DB / 10)].mean()))


def levelled(sound: Samples, rate: int) -> Samples:
    """The sound at ACTIVE_LEVEL_DB, or quieter where its peak would pass CEILING; silence is left alone."""
    level = active_level(sound, rate)
    if level == float("-inf"):
        return sound
    gain = min(10 ** ((ACTIVE_LEVEL_DB - level) / 20), MAX_GAIN, CEILING / float(np.abs(sound).max()))
    return (sound * np.float32(gain)).astype(np.float32)


def edges(sound: Samples, rate: int) -> tuple[int, int]:
    """(samples of silence before, samples of silence after); all of it before when there is nothing else."""
    power = _frame_power(sound, rate)
    if power.size == 0 or power.max() <= 0:
        return len(sound), 0
    loud = np.nonzero(power > power.max() * 10 ** (-SILENCE_RANGE_DB / 10))[0]
    size = int(rate * FRAME_SECONDS)
    return int(loud[0]) * size, max(0, len(sound) - (int(loud[-1]) + 1) * size)


def trimmed(sound: Samples, rate: int, *, before: float | None, after: float | None) -> Samples:
    """At most `before` and `after` seconds of silence left at the edges; None leaves that edge as it is."""
    silent_before, silent_after = edges(sound, rate)
    first = 0 if before is None else max(0, silent_before - int(before * rate))
    last = len(sound) if after is None else len(sound) - max(0, silent_after - int(after * rate))
    return sound[first:last] if first < last else sound[:0]


def to_pcm(sound: Samples) -> bytes:
    """s16le, clipped."""
    pcm: bytes = np.clip(np.rint(sound * 32767.0), -32768, 32767).astype("<i2").tobytes()
    return pcm


def _frame_power(sound: Samples, rate: int) -> npt.NDArray[Any]:
    size = int(rate * FRAME_SECONDS)
    whole = len(sound) // size * size
    if whole == 0:
        return np.zeros(0)
    frames = sound[:whole].astype(np.float64).reshape(-1, size)
    power: npt.NDArray[Any] = (frames * frames).mean(axis=1)
    return power
