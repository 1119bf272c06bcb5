"""Personal data, for the event loop."""

import asyncio
import logging
import time
from typing import Final

from storage.audit.records import By, Deed
from storage.errors import StorageError
from storage.privacy.erasure import Eraser, Progress, told
from storage.privacy.export import Counts, Exporter, Page
from storage.privacy.marks import Tombstone, Tombstones
from storage.thread import StorageThread

PAUSE_SECONDS: Final = 0.005
"""Between two steps, so that a call's writes come in between."""

log = logging.getLogger(__name__)


class Privacy:
    """Reached as `storage.privacy`. An erasure is asked for (`erase`) and done by whoever runs `finish`."""

    def __init__(self, thread: StorageThread, stones: Tombstones, eraser: Eraser, exporter: Exporter) -> None:
        self._thread, self._stones, self._eraser, self._exporter = thread, stones, eraser, exporter
        self.wanted = asyncio.Event()
        """Set when there is something to finish."""

    async def counts(self, number: str) -> Counts:
        """How much is kept about a canonical number."""
        return await self._thread.run(self._exporter.counts, number)

    async def page(self, number: str, after: int, by: By) -> Page:
        """A part of everything about it; the first is noted in the audit."""
        if after == 0:
            await self._thread.run(self._note, "person.exported", number, by)
        return await self._thread.run(self._exporter.page, number, after)

    async def erase(self, number: str, by: By) -> Tombstone:
        """From now on everything about it up to now has to go, whatever happens; durable when it returns."""
        stone = await self._thread.run(self._put, number, by)
        self.wanted.set()
        return stone

    async def state(self, mark: str) -> Tombstone | None:
        """How far that erasure is: `done` when all is gone."""
        return await self._thread.run(self._stones.get, mark)

    async def catch_up(self, *, anew: bool) -> None:
        """At a start: what was not finished, and what a restored or new database brings back."""
        if await self._thread.run(lambda: self._stones.catch_up(anew=anew)):
            self.wanted.set()

    async def finish(self) -> int:
        """Does every erasure that waits, step by step; returns how many. Raises StorageError; what is left is done the
        next time."""
        self.wanted.clear()
        count = 0
        for stone in await self._thread.run(self._stones.unfinished):
            progress = await self._thread.run(self._eraser.begin, stone)
            try:
                await self._run(progress)
            except StorageError:
                self.wanted.set()
                raise
            log.info("erased", extra={"mark": stone.mark[:12], "removed": told(progress)})
            count += 1
        return count

    async def _run(self, progress: Progress) -> None:
        more = True
        while more:
            more = await self._thread.run(self._eraser.step, progress)
            await asyncio.sleep(PAUSE_SECONDS)

    def _put(self, number: str, by: By) -> Tombstone:
        stone = self._stones.put(self._stones.mark(number), time.time())
        self._eraser.note(Deed(by.who, by.where, "person.erasure_wanted", after={"mark": stone.mark}))
        return stone

    def _note(self, what: str, number: str, by: By) -> None:
        self._eraser.note(Deed(by.who, by.where, what, after={"mark": self._stones.mark(number)}))
