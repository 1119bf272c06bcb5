"""Sound that a browser or a program sends, as the recogniser takes it: 8 kHz, mono, s16le. What it stands on (numpy,
soxr) is loaded when somebody sends sound, not when the page starts."""

import io
import wave
from collections.abc import Callable
from typing import Any, Final

from webui.unfit import Unfit

RATE: Final = 8000
RATES: Final = range(8000, 48001)
MAX_WAV: Final = 8 << 20
MAX_SECONDS: Final = 40.0
WIDTHS: Final = (1, 2, 3, 4)
MAX_CHANNELS: Final = 8


class BadSound(Unfit):
    """It is none that we understand."""


def pcm_of(wav: bytes) -> bytes:
    """The sound of a WAV file (PCM of 8 to 32 bits, any usual rate, mixed down). Takes milliseconds a second of sound:
    for a thread. Raises BadSound."""
    import numpy as np
    import soxr

    try:
        with wave.open(io.BytesIO(wav)) as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            if width not in WIDTHS or not 1 <= channels <= MAX_CHANNELS or rate not in RATES:
                raise BadSound("unfit.sound", channels=channels, bits=8 * width, rate=rate)
            if file.getnframes() > rate * MAX_SECONDS:
                raise BadSound("unfit.long", seconds=round(MAX_SECONDS))
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError, RuntimeError) as error:
        raise BadSound("unfit.wav") from error
    raw = raw[: len(raw) - len(raw) % (width * channels)]
    if not raw:
        raise BadSound("unfit.empty")
    flat: Any
    if width == 1:
        flat = (np.frombuffer(raw, np.uint8).astype(np.float32) - 128) / 128
    elif width == 3:
        bytes_ = np.frombuffer(raw, np.uint8).reshape(-1, 3).astype(np.int32)
        flat = (bytes_[:, 0] << 8 | bytes_[:, 1] << 16 | bytes_[:, 2] << 24).astype(np.float32) / 2.0**31
    else:
        flat = np.frombuffer(raw, f"<i{width}").astype(np.float32) / 2.0 ** (8 * width - 1)
    mono: Any = flat.reshape(-1, channels).mean(axis=1)
    if rate != RATE:
        mono = soxr.resample(mono, rate, RATE)
    return bytes(np.clip(np.rint(mono * 32767), -32768, 32767).astype("<i2").tobytes())


def resampler(rate: int) -> Callable[[bytes, bool], bytes]:
    """Takes s16le mono pieces at that rate as they come (and whether it is the last), gives them at ours. Raises
    BadSound."""
    if rate not in RATES:
        raise BadSound("unfit.rate", rate=rate)
    if rate == RATE:
        return lambda piece, _last: piece[: len(piece) // 2 * 2]
    import numpy as np
    import soxr

    stream = soxr.ResampleStream(rate, RATE, 1, "int16", "MQ")

    def resample(piece: bytes, last: bool) -> bytes:
        samples = np.frombuffer(piece[: len(piece) // 2 * 2], "<i2")
        return bytes(stream.resample_chunk(samples, last).astype("<i2").tobytes())

    return resample
