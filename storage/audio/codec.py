"""From WAV to a smaller form and back, block by block; used only in the child process."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import soundfile

from storage.audio import mp3
from storage.lock import sync_folder

MP3: Final = "mp3"
FORMATS: Final = {"opus": ("OGG", "OPUS"), "flac": ("FLAC", "PCM_16")}
"""Suffix -> libsndfile's container and coding; MP3 is made by another program, see `storage.audio.mp3`."""
OPUS_LEVEL: Final = 0.96
"""About 32 kbit/s for both sides together, by libsndfile's formula: wideband quality for telephone sound."""
RATE: Final = 8000
BLOCK_FRAMES: Final = RATE * 30
POINTS: Final = 400
"""Of a side's outline."""
ENVELOPE_FRAMES: Final = 4000
LOUD: Final = 30.0
"""Mean loudness from which a side counts as sound, of 32768."""
LOUDNESS_RATIO: Final = (0.7, 1.4)
LIKENESS: Final = 0.9

Samples = npt.NDArray[np.int16]


class NotFaithful(Exception):
    """What was written does not sound like what was read."""


@dataclass(frozen=True, slots=True)
class Outline:
    """Length, and the loudest sample of each of POINTS parts, caller first, then secretary, a byte each (0 to 255)."""

    seconds: float
    points: bytes


def pack(source: Path, target: Path, form: str) -> Outline:
    """Writes `target`, durable under its name once it was read back and compared. Raises NotFaithful, OSError,
    soundfile.LibsndfileError; then there is no `target`."""
    fresh = target.with_name(f"{target.name}.new")
    try:
        with soundfile.SoundFile(source) as wav:
            if not len(wav):
                raise NotFaithful("nothing was recorded")
            if form != MP3:
                _write(wav, fresh, form)
        if form == MP3:
            mp3.encode(source, fresh)
        fresh.chmod(0o600)
        compare(source, fresh)
        _sync(fresh)
        fresh.replace(target)
        sync_folder(target.parent)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    return outline(source)


def _write(wav: soundfile.SoundFile, fresh: Path, form: str) -> None:
    container, coding = FORMATS[form]
    level: dict[str, Any] = {"compression_level": OPUS_LEVEL} if form == "opus" else {}
    rate, channels = wav.samplerate, wav.channels
    with soundfile.SoundFile(fresh, "w", rate, channels, format=container, subtype=coding, **level) as compressed:
        for block in _blocks(wav):
            compressed.write(block)


def compare(source: Path, copy: Path) -> None:
    """Whether a copy is as long as its source and goes up and down with it. Raises NotFaithful."""
    ours, theirs = _envelope(source), _envelope(copy)
    if len(ours) != len(theirs):
        raise NotFaithful(f"{len(theirs)} parts of half a second instead of {len(ours)}")
    for side in range(ours.shape[1]):
        one, other = ours[:, side], theirs[:, side]
        if not len(one) or one.mean() < LOUD:
            continue
        low, high = LOUDNESS_RATIO
        if not low <= other.mean() / one.mean() <= high:
            raise NotFaithful(f"side {side} is {other.mean() / one.mean():.2f} times as loud")
        if one.std() > LOUD and np.corrcoef(one, other)[0, 1] < LIKENESS:
            raise NotFaithful(f"side {side} sounds different")


def outline(source: Path) -> Outline:
    """For drawing. Raises OSError, soundfile.LibsndfileError."""
    with soundfile.SoundFile(source) as file:
        frames, channels, rate = len(file), file.channels, file.samplerate
        loudest = np.zeros((POINTS, channels), np.int32)
        at = 0
        for block in _blocks(file):
            # Every frame's part; the loudest of a part is kept across blocks.
            parts = np.minimum((np.arange(at, at + len(block)) * POINTS) // max(frames, 1), POINTS - 1)
            np.maximum.at(loudest, parts, np.abs(block.astype(np.int32)))
            at += len(block)
    points = np.minimum(loudest >> 7, 255).astype(np.uint8)
    return Outline(frames / rate, points.T.tobytes())


def caller_side(source: Path) -> Iterator[bytes]:
    """The caller's PCM, s16le, in pieces. Raises NotFaithful for sound of another form than ours, OSError,
    soundfile.LibsndfileError."""
    with soundfile.SoundFile(source) as file:
        if (file.samplerate, file.channels) != (RATE, 2):
            raise NotFaithful(f"{file.samplerate} Hz and {file.channels} channels are no recording of ours")
        for block in _blocks(file):
            yield block[:, 0].astype("<i2").tobytes()


def _envelope(path: Path) -> npt.NDArray[np.float64]:
    """Mean loudness of every half second, a column a side."""
    pieces = []
    with soundfile.SoundFile(path) as file:
        channels = file.channels
        for block in _blocks(file):
            loud = np.abs(block.astype(np.float64))
            starts = range(0, len(loud), ENVELOPE_FRAMES)
            pieces += [loud[start : start + ENVELOPE_FRAMES].mean(axis=0) for start in starts]
    return np.array(pieces) if pieces else np.zeros((0, channels))


def _blocks(file: soundfile.SoundFile) -> Iterator[Samples]:
    while len(block := file.read(BLOCK_FRAMES, dtype="int16", always_2d=True)):
        yield block


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
