"""Reads any uncompressed WAV as line audio (8 kHz, mono, int16), and writes such files.

RIFF layout after Microsoft's "Multiple Channel Audio Data and WAVE Files"; the standard library's `wave` knows neither
float nor a file that ends too early.
"""

import struct
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import soxr

RATE = 8000
FRAME_SAMPLES = 160
MAX_SECONDS = 300.0
MAX_BYTES = 128 * 1024 * 1024

Samples = npt.NDArray[np.int16]

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE


class WavError(Exception):
    """The file cannot be played; `ru` and `en` are for the user."""

    def __init__(self, ru: str, en: str) -> None:
        super().__init__(f"{ru} / {en}")
        self.ru = ru
        self.en = en


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if at + 8 + size > len(data):
            have, rate = len(data) - at - 8, size
            raise WavError(
                f"файл WAV обрывается: обещано {rate} байт, есть {have}",
                f"the WAV is truncated: {rate} bytes promised, {have} there",
            )
        yield name, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _format(chunk: bytes) -> tuple[int, int, int, int]:
    """(coding, channels, rate, bits) of a `fmt ` chunk."""
    if len(chunk) < 16:
        raise WavError("в файле WAV нет описания формата", "the WAV has no usable fmt chunk")
    coding, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if coding == _EXTENSIBLE and len(chunk) >= 26:
        coding = struct.unpack_from("<H", chunk, 24)[0]
    if not (1 <= channels <= 8 and 1000 <= rate <= 384000):
        raise WavError(
            f"странный файл WAV: каналов {channels}, частота {rate} Гц",
            f"an odd WAV: {channels} channels at {rate} Hz",
        )
    return coding, channels, rate, bits


def _samples(body: bytes, coding: int, bits: int) -> npt.NDArray[np.float64]:
    """Interleaved samples, -1..1."""
    body = body[: len(body) - len(body) % max(1, bits // 8)]
    match coding, bits:
        case 1, 8:
            return (np.frombuffer(body, np.uint8).astype(np.float64) - 128.0) / 128.0
        case 1, 16:
            return np.frombuffer(body, "<i2").astype(np.float64) / 2.0**15
        case 1, 24:
            raw = np.frombuffer(body, np.uint8).reshape(-1, 3).astype(np.int32)
            return ((raw[:, 0] << 8 | raw[:, 1] << 16 | raw[:, 2] << 24).astype(np.float64)) / 2.0**31
        case 1, 32:
            return np.frombuffer(body, "<i4").astype(np.float64) / 2.0**31
        case (3, 32) | (3, 64):
            return np.nan_to_num(np.frombuffer(body, f"<f{bits // 8}").astype(np.float64), posinf=0.0, neginf=0.0)
    raise WavError(
        f"такой WAV не поддерживается: код формата {coding}, {bits} бит; нужен PCM 8/16/24/32 бит или float",
        f"unsupported WAV: format code {coding}, {bits} bits; PCM of 8/16/24/32 bits or float is needed",
    )


def parse_wav(data: bytes) -> Samples:
    """Line audio of a WAV file's bytes; stereo is mixed down, other rates are resampled. Raises WavError."""
    if not data:
        raise WavError("файл пуст", "the file is empty")
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise WavError("это не файл WAV", "not a WAV file")
    layout: tuple[int, int, int, int] | None = None
    for name, chunk in _chunks(data):
        if name == b"fmt ":
            layout = _format(chunk)
        elif name == b"data" and layout is not None:
            return _to_line(chunk, *layout)
    raise WavError("в файле WAV нет звука", "the WAV holds no sound")


def _to_line(body: bytes, coding: int, channels: int, rate: int, bits: int) -> Samples:
    flat = _samples(body, coding, bits)
    mono = flat[: len(flat) - len(flat) % channels].reshape(-1, channels).mean(axis=1)
    if not len(mono):
        raise WavError("в файле WAV нет звука", "the WAV holds no sound")
    if len(mono) > rate * MAX_SECONDS:
        raise WavError(
            f"запись слишком длинная: {len(mono) / rate:.0f} с, можно до {MAX_SECONDS:.0f} с",
            f"the recording is too long: {len(mono) / rate:.0f} s of {MAX_SECONDS:.0f} s allowed",
        )
    if rate != RATE:
        mono = soxr.resample(mono, rate, RATE, "HQ")
    return np.asarray(np.clip(np.rint(mono * 32767.0), -32768, 32767), np.int16)


def read_wav(path: Path) -> Samples:
    """Line audio of a WAV file. Raises WavError."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise WavError(f"файл слишком велик: {path}", f"the file is too big: {path}")
        data = path.read_bytes()
    except OSError as error:
        raise WavError(f"файл не читается: {path}: {error}", f"cannot read {path}: {error}") from error
    try:
        return parse_wav(data)
    except WavError as error:
        raise WavError(f"{path}: {error.ru}", f"{path}: {error.en}") from error


def write_wav(path: Path, samples: Samples) -> None:
    """Writes line audio whole."""
    with path.open("wb") as file, WavWriter(file) as writer:
        writer.write(samples)


class WavWriter:
    """Line audio written as it comes; the header is right once closed."""

    def __init__(self, file: BinaryIO) -> None:
        self._wave = wave.open(file, "wb")  # noqa: SIM115 (closed by close())
        self._wave.setnchannels(1)
        self._wave.setsampwidth(2)
        self._wave.setframerate(RATE)

    def __enter__(self) -> "WavWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, samples: Samples) -> None:
        """Appends samples."""
        self._wave.writeframesraw(samples.astype("<i2").tobytes())

    def close(self) -> None:
        """Completes the header."""
        self._wave.close()
