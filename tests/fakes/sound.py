"""Recordings looked at: samples, loudness, stretches of sound and of silence, words, and likeness."""

import wave
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voice.speech.engines.vosk import VoskEngine

RATE = 8000
FRAME = RATE // 50
LOUD_DBFS = -45.0
EARS = Path(__file__).parents[2] / "voice" / "starter" / "stt" / "ru-starter"

Samples = npt.NDArray[np.int16]


def read(path: Path, channels: int) -> Samples:
    """(samples,) or (samples, 2) of a whole 8 kHz, 16 bit file; asserts that it is one."""
    with wave.open(str(path)) as sound:
        form = (sound.getframerate(), sound.getsampwidth(), sound.getnchannels())
        assert form == (RATE, 2, channels), form
        data = sound.readframes(sound.getnframes())
        assert len(data) == sound.getnframes() * 2 * channels, "the header promises more than there is"
    samples = np.frombuffer(data, "<i2")
    return samples if channels == 1 else samples.reshape(-1, channels)


def levels(samples: Samples) -> npt.NDArray[np.float64]:
    """dBFS of each 20 ms."""
    whole = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    rms = np.sqrt(np.mean(np.square(whole), axis=1))
    return np.asarray(20 * np.log10(np.maximum(rms, 0.1) / 32768.0))


def loudest(samples: Samples, start: float, end: float) -> float:
    """The loudest 20 ms between two times, dBFS."""
    part = levels(samples[int(start * RATE) : int(end * RATE)])
    return float(part.max()) if len(part) else -120.0


def loud_seconds(samples: Samples, start: float = 0.0, end: float | None = None) -> float:
    """How much of it is sound, between two times."""
    part = samples[int(start * RATE) : None if end is None else int(end * RATE)]
    return float((levels(part) > LOUD_DBFS).sum()) * FRAME / RATE


def silence_after(samples: Samples, start: float) -> float:
    """Seconds from a time to the first 60 ms of sound after it; infinite where none comes."""
    loud = levels(samples[int(start * RATE) :]) > LOUD_DBFS
    for index in range(len(loud) - 2):
        if loud[index : index + 3].all():
            return index * FRAME / RATE
    return float("inf")


def longest_silence(samples: Samples, start: float, end: float) -> float:
    """The longest stretch without sound between two times, seconds."""
    longest = run = 0
    for loud in levels(samples[int(start * RATE) : int(end * RATE)]) > LOUD_DBFS:
        run = 0 if loud else run + 1
        longest = max(longest, run)
    return longest * FRAME / RATE


@cache
def _ears() -> VoskEngine:
    return VoskEngine.load(EARS)


def words(samples: Samples) -> list[str]:
    """What the bundled recogniser makes of it. It was never trained on the bundled voice: expect some of the words."""
    stream = _ears().listen(RATE)
    data = samples.astype("<i2").tobytes()
    for start in range(0, len(data), 3200):
        stream.accept(data[start : start + 3200])
    return stream.finish().text.split()


def resemblance(kept: Samples, heard: Samples, start: float, end: float, lag: tuple[float, float]) -> float:
    """How like the sound of `kept` between two times is to `heard` some `lag` (least, most seconds) later: the median,
    over its whole seconds, of the best correlation of their spectra over time. 1.0 for the same sound; other words of
    the same voice reach 0.7."""
    best = []
    for place in np.arange(start, max(end - 1.0, start) + 0.001, 1.0):
        wanted = _shape(kept[int(place * RATE) : int(min(place + 1.0, end) * RATE)])
        there = _shape(heard[int(max(0.0, place + lag[0]) * RATE) : int((place + 1.0 + lag[1]) * RATE)])
        best.append(
            max(
                (
                    _likeness(wanted, there[i : i + len(wanted)])
                    for i in range(len(there) - len(wanted) + 1 if len(wanted) else 0)
                ),
                default=-1.0,
            )
        )
    return float(np.median(best))


def _likeness(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Correlation, without what every sound of this voice has in common: the mean of each band."""
    first, second = (one - one.mean(axis=0)).ravel(), (other - other.mean(axis=0)).ravel()
    size = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / size if size else -1.0


def _shape(samples: Samples) -> npt.NDArray[np.float64]:
    """(frames of 20 ms, 14 bands of 250 Hz within the telephone's) in dB, smoothed over 60 ms."""
    size = 2 * FRAME
    count = max(0, (len(samples) - size) // FRAME + 1)
    if not count:
        return np.zeros((0, 14))
    frames = np.stack([samples[i * FRAME : i * FRAME + size] for i in range(count)])
    power = np.abs(np.fft.rfft(frames * np.hanning(size), axis=1))[:, 10:80] ** 2
    bands = 10 * np.log10(np.maximum(power.reshape(count, 14, 5).sum(axis=2), 1e6))
    padded = np.pad(bands, ((1, 1), (0, 0)), mode="edge")
    return np.asarray((padded[:-2] + padded[1:-1] + padded[2:]) / 3)
