"""The rest of the box's way to the speech process. Imports no engine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from wyoming.event import Event

from voice.errors import SpeechUnavailable
from voice.events import Final
from voice.ports import RATE
from voice.speech.framing import READ_LIMIT, EndOfStream, FramingError, encode, read_event
from voice.speech.health import SpeechHealth
from voice.speech.listening import SpeechStream
from voice.speech.protocol import AUDIO_FORMAT, Kind, read_health, read_transcript

CHUNK_BYTES = RATE // 5 * 2
"""200 ms of a whole sound that is sent."""


@dataclass(frozen=True, slots=True)
class SpeechLimits:
    """Seconds that each call waits before it says SpeechUnavailable."""

    open: float = 1.0
    """To connect, and until the recogniser hears."""
    finish: float = 1.5
    """finish_phrase, from asking to the transcript."""
    first_sound: float = 2.0
    """From `say` to its first chunk."""
    next_sound: float = 2.0
    """Between chunks: one sentence's work on a slow machine."""
    describe: float = 1.0
    reload: float = 120.0
    """A big model from an SD card."""


class SpeechLink:
    """One connection; every failure of it is SpeechUnavailable. Used once."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, event: Event) -> None:
        """Writes, waiting for room."""
        try:
            self._writer.write(encode(event))
            await self._writer.drain()
        except OSError as error:
            raise SpeechUnavailable(f"the speech process is gone: {error}") from error

    async def receive(self) -> Event:
        """The next event; an `error` is raised with its text."""
        try:
            event = await read_event(self._reader)
        except (EndOfStream, FramingError, OSError) as error:
            raise SpeechUnavailable(f"the speech process is gone: {error}") from error
        if event.type == Kind.ERROR:
            raise SpeechUnavailable(str(event.data.get("text", "an error without a text")))
        return event

    def close(self) -> None:
        """At once; the process drops what it was doing for us."""
        self._writer.close()


class SpeechClient:
    """Recognizer and Synthesizer of voice.ports over the speech process's socket; one connection a stream or text."""

    def __init__(self, path: Path, *, limits: SpeechLimits | None = None) -> None:
        self._path = path
        self._limits = limits or SpeechLimits()

    def patient(self, limits: SpeechLimits) -> "SpeechClient":
        """The same process, waited for that long."""
        return SpeechClient(self._path, limits=limits)

    @asynccontextmanager
    async def listen(self, *, language: str, phrases: tuple[str, ...] | None = None) -> AsyncIterator[SpeechStream]:
        """A stream for one call; SpeechUnavailable when there is no process, no model, or none of that language."""
        async with self._link() as link:
            async with _patience(self._limits.open, "the recogniser does not begin to listen"):
                stream = await SpeechStream.open(link, language, phrases, self._limits.finish)
            async with stream.running():
                yield stream

    async def say(self, text: str, *, language: str, pace: float = 1.0) -> AsyncIterator[bytes]:
        """PCM (8 kHz mono s16le) in chunks of up to 100 ms. Closing the iterator cancels. Raises SpeechUnavailable."""
        async with self._link() as link:
            loop = asyncio.get_running_loop()
            deadline = loop.time() + self._limits.first_sound
            await link.send(Event(Kind.SYNTHESIZE, {"text": text, "voice": {"language": language}, "pace": pace}))
            while True:
                async with _patience(deadline - loop.time(), "the voice does not speak"):
                    event = await link.receive()
                if event.type == Kind.AUDIO_STOP:
                    return
                if event.type == Kind.AUDIO_START and event.data.get("rate") != RATE:
                    raise SpeechUnavailable(f"the voice speaks at {event.data.get('rate')} Hz, not {RATE}")
                if event.type == Kind.AUDIO_CHUNK and event.payload:
                    yield event.payload
                    deadline = loop.time() + self._limits.next_sound

    async def transcribe(self, pcm: bytes, *, language: str) -> Final:
        """All that is said in a sound, however long the process takes: the caller sets the limit. It is sent no faster
        than it is heard. Raises SpeechUnavailable."""
        async with self._link() as link:
            await link.send(Event(Kind.TRANSCRIBE, {"language": language}))
            await link.send(Event(Kind.AUDIO_START, AUDIO_FORMAT))
            for at in range(0, len(pcm), CHUNK_BYTES):
                await link.send(Event(Kind.AUDIO_CHUNK, AUDIO_FORMAT, pcm[at : at + CHUNK_BYTES]))
            await link.send(Event(Kind.AUDIO_STOP))
            while (event := await link.receive()).type != Kind.TRANSCRIPT:
                pass
            try:
                return read_transcript(event)
            except FramingError as error:
                raise SpeechUnavailable(str(error)) from error

    async def describe(self) -> SpeechHealth:
        """How both engines stand. Raises SpeechUnavailable when nobody answers."""
        return await self._ask_health(Event(Kind.DESCRIBE), self._limits.describe)

    async def reload(self, *, force: bool = False) -> SpeechHealth:
        """Has the models loaded that are not (all, with `force`), and waits for it. Raises SpeechUnavailable."""
        return await self._ask_health(Event(Kind.RELOAD, {"force": force}), self._limits.reload)

    async def _ask_health(self, question: Event, limit: float) -> SpeechHealth:
        async with self._link() as link, _patience(limit, f"no answer to {question.type}"):
            await link.send(question)
            while (event := await link.receive()).type != Kind.INFO:
                pass
            try:
                return read_health(event)
            except FramingError as error:
                raise SpeechUnavailable(str(error)) from error

    @asynccontextmanager
    async def _link(self) -> AsyncIterator[SpeechLink]:
        try:
            async with _patience(self._limits.open, "the speech process does not accept"):
                reader, writer = await asyncio.open_unix_connection(str(self._path), limit=READ_LIMIT)
        except OSError as error:
            raise SpeechUnavailable(f"the speech process is away: {error}") from error
        link = SpeechLink(reader, writer)
        try:
            yield link
        finally:
            link.close()


@asynccontextmanager
async def _patience(seconds: float, complaint: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise SpeechUnavailable(f"{complaint} within {max(seconds, 0):.1f} s") from None
