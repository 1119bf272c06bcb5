"""Frames: what we write is what we and the `wyoming` package read, and nonsense is called so."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wyoming.event import Event, async_read_event, async_write_event

from voice.speech.framing import (
    MAX_DATA,
    MAX_HEADER,
    MAX_PAYLOAD,
    READ_LIMIT,
    EndOfStream,
    FramingError,
    encode,
    read_event,
)


def reading(raw: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=READ_LIMIT)
    reader.feed_data(raw)
    reader.feed_eof()
    return reader


async def read_all(raw: bytes) -> list[Event]:
    reader, events = reading(raw), []
    while True:
        try:
            events.append(await read_event(reader))
        except EndOfStream:
            return events


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
events = st.builds(
    Event,
    type=st.text(min_size=1, max_size=60),
    data=st.dictionaries(st.text(max_size=8), json_values, max_size=5),
    payload=st.none() | st.binary(min_size=1, max_size=400),
)


@given(st.lists(events, max_size=5))
async def test_what_is_written_is_read(written: list[Event]) -> None:
    assert await read_all(b"".join(map(encode, written))) == written


@given(events)
async def test_the_wyoming_package_reads_what_we_write(event: Event) -> None:
    assert await async_read_event(reading(encode(event))) == event


async def test_we_read_what_the_wyoming_package_writes() -> None:
    class Sink:
        def __init__(self) -> None:
            self.raw = b""

        def write(self, data: bytes) -> None:
            self.raw += data

        def writelines(self, lines: Any) -> None:
            self.raw += b"".join(lines)

        async def drain(self) -> None: ...

    sink, event = Sink(), Event("audio-chunk", {"rate": 8000, "слово": "да"}, b"\x00\x01")
    await async_write_event(event, sink)  # type: ignore[arg-type]
    assert await read_all(sink.raw) == [event]


async def test_a_frame_in_single_bytes_is_a_frame() -> None:
    reader = asyncio.StreamReader(limit=READ_LIMIT)
    task = asyncio.ensure_future(read_event(reader))
    for byte in encode(Event("partial", {"text": "да"}, b"12345")):
        assert not task.done()
        reader.feed_data(bytes([byte]))
        await asyncio.sleep(0)
    assert await task == Event("partial", {"text": "да"}, b"12345")


def header(**fields: Any) -> bytes:
    return json.dumps({"type": "x", **fields}).encode() + b"\n"


MALFORMED = {
    "not JSON": b"hello\n",
    "not UTF-8": b'{"type": "\xff"}\n',
    "UTF-16": '{"type": "x"}'.encode("utf-16-le").replace(b"\n", b"") + b"\n",
    "a list": b"[]\n",
    "a number": b"1\n",
    "an empty line": b"\n",
    "no type": b"{}\n",
    "a type that is a number": b'{"type": 1}\n',
    "an empty type": b'{"type": ""}\n',
    "a long type": header(type="x" * 65),
    "data that is a list": header(data=[1]),
    "a negative length": header(payload_length=-1),
    "a length in text": header(payload_length="1"),
    "a broken length": header(data_length=1.5),
    "a true length": header(data_length=True) + b"{}",
    "too much payload": header(payload_length=MAX_PAYLOAD + 1),
    "too much data": header(data_length=MAX_DATA + 1),
    "a length out of this world": header(payload_length=10**30),
    "data that is no object": header(data_length=2) + b"[]",
    "data that is no JSON": header(data_length=2) + b"{{",
    "NaN": b'{"type": "x", "data": {"a": NaN}}\n',
    "a digit flood": b'{"type": "x", "data": {"a": ' + b"9" * 6000 + b"}}\n",
    "a nesting flood": b'{"type": "x", "data": ' + b"[" * 30000 + b"\n",
    "a header cut off": b'{"type": "x"',
    "data cut off": header(data_length=5) + b"{}",
    "payload cut off": header(payload_length=5) + b"1234",
    "an endless header": b"x" * (MAX_HEADER + 1),
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_nonsense_is_called_so(name: str) -> None:
    with pytest.raises(FramingError):
        await read_event(reading(MALFORMED[name]))


@given(st.binary(max_size=300))
async def test_any_bytes_end_in_a_clean_answer(raw: bytes) -> None:
    with suppress(FramingError):
        await read_all(raw)


@given(st.lists(events, min_size=1, max_size=2), st.data())
async def test_a_frame_with_a_wrong_byte_never_escapes_the_reader(written: list[Event], data: st.DataObject) -> None:
    raw = bytearray(b"".join(map(encode, written)))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with suppress(FramingError):
        await read_all(bytes(raw))


def test_what_no_reader_would_take_is_not_written() -> None:
    with pytest.raises(ValueError, match="too many"):
        encode(Event("audio-chunk", {}, bytes(MAX_PAYLOAD + 1)))
