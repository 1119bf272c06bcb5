"""What a phone line does to sound, in numpy, for tests and benchmarks. Floats are -1..1 at 8 kHz."""

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voice.ports import RATE

Sound = npt.NDArray[np.float64]


def read_wav(path: Path) -> Sound:
    """An 8 kHz mono 16 bit file."""
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64) / 32768.0


def to_pcm(sound: Sound) -> bytes:
    """s16le, clipped."""
    return np.clip(np.rint(sound * 32767), -32768, 32767).astype("<i2").tobytes()


def from_pcm(pcm: bytes) -> Sound:
    """The reverse of to_pcm."""
    return np.frombuffer(pcm, "<i2").astype(np.float64) / 32768.0


def phone_band(sound: Sound) -> Sound:
    """300 to 3400 Hz (ITU-T G.712's band), zero-phase."""
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    gain = np.clip((hertz - 200) / 100, 0, 1) * np.clip((3600 - hertz) / 200, 0, 1)
    return np.fft.irfft(spectrum * gain, len(sound))


def noisy(sound: Sound, snr_db: float, seed: int = 7) -> Sound:
    """White noise below the active speech by snr_db."""
    active = sound[np.abs(sound) > np.abs(sound).max() * 0.03]
    level = np.sqrt((active * active).mean()) * 10 ** (-snr_db / 20)
    return sound + np.random.default_rng(seed).standard_normal(len(sound)) * level


def alaw(sound: Sound) -> Sound:
    """Through G.711's A-law characteristic (A = 87.6, 8 bits) and back."""
    a, sign, size = 87.6, np.sign(sound), np.clip(np.abs(sound), 0, 1)
    log_a = 1 + np.log(a)
    code = np.where(size < 1 / a, a * size / log_a, (1 + np.log(np.maximum(a * size, 1.0))) / log_a)
    code = np.round(code * 127) / 127
    return sign * np.where(code < 1 / log_a, code * log_a / a, np.exp(code * log_a - 1) / a)
