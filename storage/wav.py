"""The header of our recordings: PCM, 8 kHz, stereo (left caller, right secretary), s16le, 44 bytes. PURE.

Layout: Microsoft/IBM "Multimedia Programming Interface and Data Specifications 1.0" (RIFF WAVE), a fmt chunk of 16
bytes followed by the data chunk.
"""

import struct
from array import array

RATE = 8000
CHANNELS = 2
SAMPLE_BYTES = 2
FRAME_BYTES = CHANNELS * SAMPLE_BYTES  # one sample of both sides
BYTES_PER_SECOND = RATE * FRAME_BYTES
HEADER_BYTES = 44
MAX_DATA_BYTES = (1 << 32) - 1 - HEADER_BYTES  # a call of 37 hours

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_PCM = 1


def header(data_bytes: int) -> bytes:
    """The 44 bytes that precede `data_bytes` of samples."""
    return _HEADER.pack(
        b"RIFF",
        HEADER_BYTES - 8 + data_bytes,
        b"WAVE",
        b"fmt ",
        16,
        _PCM,
        CHANNELS,
        RATE,
        BYTES_PER_SECOND,
        FRAME_BYTES,
        8 * SAMPLE_BYTES,
        b"data",
        data_bytes,
    )


def is_ours(start: bytes) -> bool:
    """Whether the first 44 bytes of a file are such a header, whatever sizes it states."""
    if len(start) < HEADER_BYTES:
        return False
    fields, ours = _HEADER.unpack_from(start), _HEADER.unpack(header(0))
    return all(a == b for i, (a, b) in enumerate(zip(fields, ours, strict=True)) if i not in (1, 12))


def interleave(left: bytes, right: bytes) -> bytes:
    """Two mono pieces (s16le) as stereo; the shorter is continued by silence, an odd last byte is dropped."""
    samples = max(len(left), len(right)) // SAMPLE_BYTES
    both = array("h", bytes(samples * FRAME_BYTES))
    for channel, mono in enumerate((left, right)):
        whole = len(mono) // SAMPLE_BYTES
        both[channel : channel + whole * CHANNELS : CHANNELS] = array("h", mono[: whole * SAMPLE_BYTES])
    return both.tobytes()
