"""Hears calls that are over once more, with a better recogniser, when nobody calls. One recording at a time, half a
second a step: a call that comes in stops it within that, and it goes on when the call is over."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from datetime import tzinfo
from typing import Final, Protocol

from secretaryd.bus import Bus
from secretaryd.control.protocol.archive import CallHeardAgain
from secretaryd.house.aligned import Cutter, lines
from secretaryd.troubles import Troubles
from storage.errors import NotFound, StorageError
from storage.second.records import Unheard
from storage.store import Storage
from voice.errors import SpeechUnavailable
from voice.events import Final as Heard
from voice.events import Word

TROUBLE: Final = "second.failed"
AGAIN_SECONDS: Final = 600.0
"""After a failure that is not the recording's: no process, no model, no memory."""

log = logging.getLogger(__name__)


class Stream(Protocol):
    """One recording at the recogniser."""

    async def hear(self, pcm: bytes) -> None:
        """Returns when it was worked at. Raises SpeechUnavailable."""

    async def finish(self) -> Heard:
        """What was heard since the last one. Raises SpeechUnavailable."""


class Ears(Protocol):
    """The second recogniser."""

    def listen(self) -> AbstractAsyncContextManager[Stream]:
        """Begins once the model is loaded. Raises SpeechUnavailable."""


class SecondHearing:
    """A chore of a housekeeper of its own, since one recording may take minutes."""

    def __init__(
        self,
        storage: Storage,
        ears: Ears,
        idle: Callable[[], Awaitable[None]],
        model: Callable[[], str],
        bus: Bus,
        troubles: Troubles,
        zone: tzinfo,
    ) -> None:
        """`idle` returns when no call has the line; `model` names the recogniser, empty where there is none."""
        self._storage, self._ears, self._idle, self._model = storage, ears, idle, model
        self._bus, self._troubles, self._zone = bus, troubles, zone
        self._not_before = 0.0
        self.current: int | None = None
        """The call that is heard now."""

    @property
    def model(self) -> str:
        """The recogniser's name; empty where there is none."""
        return self._model()

    def hurry(self) -> None:
        """Somebody asked: what failed before is tried again now."""
        self._not_before = 0.0

    async def step(self) -> bool:
        """One recording; whether there may be another. Raises StorageError."""
        model = self._model()
        if not model or asyncio.get_running_loop().time() < self._not_before:
            return False
        one = await self._storage.second.next(automatic=True)
        if one is None:
            return False
        self.current = one.call
        try:
            await self._hear(one, model)
        except SpeechUnavailable as error:
            log.warning("no second transcription for now", extra={"call": one.call, "reason": str(error)})
            self._troubles.note(TROUBLE, str(error))
            self._not_before = asyncio.get_running_loop().time() + AGAIN_SECONDS
            return False
        except NotFound:
            return True  # it was removed meanwhile
        finally:
            self.current = None
        self._troubles.clear(TROUBLE)
        return True

    async def _hear(self, one: Unheard, model: str) -> None:
        async with self._ears.listen() as stream:
            if not await self._storage.second.begin(one.call):
                return
            try:
                async with self._storage.audio.caller_side(one.recording) as pieces:
                    words = await self._words(stream, pieces)
            except StorageError as error:
                log.warning("a recording cannot be heard again", extra={"call": one.call, "reason": str(error)})
                await self._storage.second.fail(one.call, str(error))
                return
        found = lines(words, one.spoken)
        if not await self._storage.second.done(one.call, model, found):
            return
        call = await self._storage.call(one.call)
        try:
            await self._storage.write_sidecar(call, self._zone)
        except StorageError as error:
            log.warning("no JSON beside the recording", extra={"call": one.call, "error": str(error)})
        self._bus.publish(CallHeardAgain(call=one.call, model=model, lines=len(found)))

    async def _words(self, stream: Stream, pieces: AsyncIterator[bytes]) -> list[Word]:
        cutter = Cutter()
        words: list[Word] = []
        async with aclosing(pieces):  # type: ignore[type-var]
            async for piece in pieces:
                await self._idle()
                await stream.hear(piece)
                if cutter.cut(piece):
                    words += (await stream.finish()).words
        words += (await stream.finish()).words
        return words
