"""A speech server in the test's own loop, on engines without models unless the test says otherwise."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from wyoming.event import Event

from tests.voice.speech.fake_engines import FakeHearing, FakeSpeaking
from voice.speech.client import SpeechClient
from voice.speech.connection import Pair
from voice.speech.framing import READ_LIMIT, encode, read_event
from voice.speech.server import SpeechServer
from voice.speech.settings import SpeechSettings

PATIENCE = 5.0


@pytest.fixture
def socket_path() -> Iterator[Path]:
    """Short: a Unix socket's path may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="sp") as folder:
        yield Path(folder) / "speech.sock"


class Peer:
    """A raw Wyoming client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, kind: str, payload: bytes | None = None, **data: Any) -> None:
        self.writer.write(encode(Event(kind, data, payload)))
        await self.writer.drain()

    async def next(self) -> Event:
        async with asyncio.timeout(PATIENCE):
            return await read_event(self.reader)

    async def until(self, kind: str) -> Event:
        """Skips what comes before it; an error is never skipped."""
        while (event := await self.next()).type != kind:
            assert event.type != "error", event.data
        return event

    def close(self) -> None:
        self.writer.close()


class Running:
    """A server and the ways to it."""

    def __init__(self, path: Path, server: SpeechServer, hearing: FakeHearing, speaking: FakeSpeaking) -> None:
        self.path = path
        self.server = server
        self.hearing = hearing
        self.speaking = speaking
        self.client = SpeechClient(path)

    async def peer(self) -> Peer:
        return Peer(*await asyncio.open_unix_connection(str(self.path), limit=READ_LIMIT))


def settings(path: Path, **changes: Any) -> SpeechSettings:
    return SpeechSettings(**{"socket": path, "recognizer": Path("ear"), "voice": Path("mouth"), **changes})


@asynccontextmanager
async def running(
    path: Path,
    load_hearing: Callable[[], Any] | None = None,
    load_speaking: Callable[[], Any] | None = None,
    further: tuple[Pair, ...] = (),
) -> AsyncIterator[Running]:
    """The server from ready to stopped; the engines have been loaded (or have failed) unless they hang."""
    hearing, speaking = FakeHearing(), FakeSpeaking()
    server = SpeechServer(
        settings(path), load_hearing or (lambda: hearing), load_speaking or (lambda: speaking), further=further
    )
    ready, stop = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(server.run(ready.set, stop))
        async with asyncio.timeout(PATIENCE):
            await ready.wait()
        try:
            yield Running(path, server, hearing, speaking)
        finally:
            stop.set()


@pytest.fixture
async def speech(socket_path: Path) -> AsyncIterator[Running]:
    """On fakes, loaded."""
    async with running(socket_path) as it:
        await it.client.reload()
        yield it
