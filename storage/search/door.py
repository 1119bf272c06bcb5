"""Searching, and keeping the indexes up, for the event loop."""

from typing import Final, Protocol

from storage.search.calls import CallSearch, Found, Wanted
from storage.search.index import TextIndex
from storage.search.sms import FoundSms, SmsSearch, WantedSms
from storage.search.versions import Rules
from storage.thread import StorageThread

INDEXED_AT_ONCE: Final = 20
"""Texts in one transaction of an index, a tenth of a second of the storage thread on a busy PC."""


class Indexed(Protocol):
    """A kind of texts that is searched."""

    index: TextIndex
    rules: Rules

    def index_some(self, limit: int) -> int:
        """Brings at most so many into the index; how many they were."""

    def renew_some(self) -> bool:
        """One step of forgetting an index made by other rules; whether more is left."""


class Search:
    """Reached as `storage.search`. The indexes follow the rows in the background (`step`), in small transactions."""

    def __init__(self, thread: StorageThread, calls: CallSearch, sms: SmsSearch) -> None:
        self._thread, self._calls, self._sms = thread, calls, sms

    async def find(self, wanted: Wanted) -> Found:
        """A page of calls, newest first. Raises NothingToFind for a text that holds no word."""
        return await self._thread.run(self._calls.find, wanted)

    async def find_sms(self, wanted: WantedSms) -> FoundSms:
        """A page of short messages, newest first. Raises NothingToFind for a text that holds no word."""
        return await self._thread.run(self._sms.find, wanted)

    async def step(self) -> bool:
        """One small piece of work on an index: forgetting one made by other rules, or taking in what is new; whether
        more is left."""
        return await self._thread.run(lambda: step_of(self._calls) or step_of(self._sms))

    async def settle(self, first: bool) -> bool:
        """One small step; when there are no more, nothing that was forgotten is left in the file."""
        return await self._thread.run(self._settle, first)

    def _settle(self, first: bool) -> bool:
        more = [each.index.settle(first) for each in (self._calls, self._sms)]
        return any(more)


def step_of(kind: Indexed) -> bool:
    """One small piece of work on one index; whether more is left."""
    if kind.rules.outdated():
        kind.renew_some()
        return True
    kind.rules.mark_current()
    return kind.index_some(INDEXED_AT_ONCE) == INDEXED_AT_ONCE
