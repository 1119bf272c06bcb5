"""Strict reading and writing of Wyoming frames.

A frame is one line of JSON (`type`, optional `data`, `data_length`, `payload_length`), then `data_length` bytes of JSON
merged into `data`, then `payload_length` bytes of payload (the Wyoming protocol's README). The `wyoming` package's own
reader answers None both to a closed socket and to nonsense, and believes any length it is told; this one tells them
apart and is bounded.
"""

import asyncio
import json
from typing import Any, Final

from wyoming.event import Event

from voice.errors import VoiceError

MAX_HEADER = 64 * 1024
"""Bytes of the first line, its newline included."""
MAX_DATA = 256 * 1024
MAX_PAYLOAD = 1024 * 1024
"""Bytes; a minute of 8 kHz sound in one frame is more than any client has a reason to send."""
MAX_TYPE = 64
READ_LIMIT: Final = MAX_HEADER
"""The `limit` to give to asyncio's stream constructors, so that an endless line is found out."""


class FramingError(VoiceError):
    """The peer's bytes are not a Wyoming frame, or end inside one; the connection cannot be used further."""


class EndOfStream(VoiceError):
    """The peer closed the connection between two frames."""


async def read_event(reader: asyncio.StreamReader) -> Event:
    """The next event. Raises EndOfStream between frames, FramingError inside one or for nonsense, and OSError."""
    header = _object(await _line(reader), "header")
    kind = header.get("type")
    if not isinstance(kind, str) or not 0 < len(kind) <= MAX_TYPE:
        raise FramingError("the header names no event type")
    data = header.get("data")
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise FramingError("data is not an object")
    if (length := _length(header, "data_length", MAX_DATA)) > 0:
        data = {**data, **_object(await _exactly(reader, length), "data")}
    payload = None
    if (length := _length(header, "payload_length", MAX_PAYLOAD)) > 0:
        payload = await _exactly(reader, length)
    return Event(type=kind, data=data, payload=payload)


def encode(event: Event) -> bytes:
    """The event as bytes, laid out as the `wyoming` package does. ValueError beyond the bounds that readers keep to."""
    header: dict[str, Any] = {"type": event.type, "version": PROTOCOL_VERSION}
    data = json.dumps(event.data, ensure_ascii=False).encode() if event.data else b""
    payload = event.payload or b""
    if len(data) > MAX_DATA or len(payload) > MAX_PAYLOAD:
        raise ValueError(f"{event.type}: {len(data)} bytes of data and {len(payload)} of payload are too many")
    if data:
        header["data_length"] = len(data)
    if payload:
        header["payload_length"] = len(payload)
    return b"".join((json.dumps(header).encode(), b"\n", data, payload))


PROTOCOL_VERSION = "1.10.0"
"""The version of Wyoming that the frames follow; informative only."""


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise FramingError("the stream ends inside a header") from end
        raise EndOfStream("closed by the peer") from None
    except asyncio.LimitOverrunError as endless:
        raise FramingError(f"the header is longer than {MAX_HEADER} bytes") from endless


async def _exactly(reader: asyncio.StreamReader, length: int) -> bytes:
    try:
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError as end:
        raise FramingError(f"the stream ends after {len(end.partial)} of {length} bytes") from end


def _object(raw: bytes, what: str) -> dict[str, Any]:
    try:
        # str first: json would guess UTF-16 and UTF-32 from bytes, which the protocol does not have.
        value = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as wrong:
        raise FramingError(f"the {what} is not JSON: {wrong}") from wrong
    if not isinstance(value, dict):
        raise FramingError(f"the {what} is not an object")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _length(header: dict[str, Any], key: str, most: int) -> int:
    value = header.get(key)
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise FramingError(f"{key} is not a number from 0 to {most}")
    return value
