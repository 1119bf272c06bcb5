"""Searching, and keeping the index up, for the event loop."""

from typing import Final

from storage.search.calls import CallSearch, Found, Wanted
from storage.thread import StorageThread

INDEXED_AT_ONCE: Final = 20
"""Calls in one transaction of the index, a tenth of a second of the storage thread on a busy PC."""


class Search:
    """Reached as `storage.search`. The index follows the calls in the background (`step`), in small transactions."""

    def __init__(self, thread: StorageThread, calls: CallSearch) -> None:
        self._thread, self._calls = thread, calls

    async def find(self, wanted: Wanted) -> Found:
        """A page of calls, newest first. Raises NothingToFind for a text that holds no word."""
        return await self._thread.run(self._calls.find, wanted)

    async def step(self) -> bool:
        """One small piece of work on the index: forgetting one made by other rules, or taking in what is new; whether
        more is left."""
        return await self._thread.run(self._step)

    def _step(self) -> bool:
        if self._calls.outdated():
            self._calls.renew_some()
            return True
        self._calls.mark_current()
        return self._calls.index_some(INDEXED_AT_ONCE) == INDEXED_AT_ONCE

    async def settle(self, first: bool) -> bool:
        """One small step; when there are no more, nothing that was forgotten is left in the file."""
        return await self._thread.run(self._calls.index.settle, first)
