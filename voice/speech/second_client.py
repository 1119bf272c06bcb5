"""Having a recording heard by the second recogniser. Imports no engine.

Unlike a call's stream this one waits: each piece is answered before the next is sent, so that whoever sends can stop at
any time and nothing is still being worked at half a second later.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from wyoming.event import Event

from voice.errors import SpeechUnavailable
from voice.events import Final
from voice.speech.client import SpeechLink
from voice.speech.framing import READ_LIMIT, FramingError
from voice.speech.protocol import AUDIO_FORMAT, Kind, read_transcript


@dataclass(frozen=True, slots=True)
class SecondLimits:
    """Seconds of patience."""

    connect: float = 5.0
    load: float = 900.0
    """The largest model from the slowest card, at the lowest priority."""
    piece: float = 300.0


class SecondStream:
    """One recording. Made by `SecondClient.listen`."""

    def __init__(self, link: SpeechLink, seconds: float) -> None:
        self._link, self._seconds = link, seconds
        self._phrase = 0

    async def hear(self, pcm: bytes) -> None:
        """8 kHz mono s16le; returns when it was worked at. Raises SpeechUnavailable."""
        await self._link.send(Event(Kind.AUDIO_CHUNK, dict(AUDIO_FORMAT), pcm))
        await self._link.send(Event(Kind.PING))
        await self._until(Kind.PONG)

    async def finish(self) -> Final:
        """What was heard since the last one; its words' times are seconds of the recording. Raises
        SpeechUnavailable."""
        self._phrase += 1
        await self._link.send(Event(Kind.FINISH_PHRASE, {"id": self._phrase}))
        try:
            return read_transcript(await self._until(Kind.TRANSCRIPT))
        except FramingError as error:
            raise SpeechUnavailable(str(error)) from error

    async def _until(self, kind: Kind) -> Event:
        try:
            async with asyncio.timeout(self._seconds):
                while (event := await self._link.receive()).type != kind:
                    pass
        except TimeoutError:
            raise SpeechUnavailable(f"the second recogniser is silent for {self._seconds:.0f} s") from None
        return event


class SecondClient:
    """Over the speech process's socket."""

    def __init__(self, path: Path, limits: SecondLimits | None = None) -> None:
        self._path, self._limits = path, limits or SecondLimits()

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[SecondStream]:
        """Begins once the model is loaded. Raises SpeechUnavailable: no process, no second model, one that cannot be
        loaded, or another recording is being heard."""
        try:
            async with asyncio.timeout(self._limits.connect):
                reader, writer = await asyncio.open_unix_connection(str(self._path), limit=READ_LIMIT)
        except (OSError, TimeoutError) as error:
            raise SpeechUnavailable(f"the speech process is away: {error}") from error
        link = SpeechLink(reader, writer)
        try:
            await self._open(link)
            yield SecondStream(link, self._limits.piece)
        finally:
            link.close()

    async def _open(self, link: SpeechLink) -> None:
        await link.send(Event(Kind.TRANSCRIBE, {"second": True, "streaming": True}))
        await link.send(Event(Kind.AUDIO_START, dict(AUDIO_FORMAT)))
        try:
            async with asyncio.timeout(self._limits.load):
                while (await link.receive()).type != Kind.LISTENING:
                    pass
        except TimeoutError:
            raise SpeechUnavailable(f"the second model is not loaded within {self._limits.load:.0f} s") from None
