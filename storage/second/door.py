"""Second transcripts, for the event loop."""

import time

from storage.audit.records import By
from storage.second.records import SecondLine, SecondRecord, Unheard
from storage.second.rows import SecondRows
from storage.thread import StorageThread


class Second:
    """Reached as `storage.second`. A call's own transcript comes with the call."""

    def __init__(self, thread: StorageThread, rows: SecondRows) -> None:
        self._thread, self._rows = thread, rows

    async def ask(self, call: int, by: By) -> SecondRecord:
        """The owner wants a call heard, now or anew. Raises NotFound for one without sound."""
        return await self._thread.run(self._rows.ask, call, time.time(), by)

    async def next(self, *, automatic: bool) -> Unheard | None:
        """Whose turn it is."""
        return await self._thread.run(lambda: self._rows.next(automatic=automatic))

    async def begin(self, call: int) -> bool:
        """It is heard now; false where it has failed too often."""
        return await self._thread.run(self._rows.begin, call, time.time())

    async def done(self, call: int, model: str, lines: tuple[SecondLine, ...]) -> bool:
        """Kept; false where the call has lost its sound meanwhile."""
        return await self._thread.run(self._rows.done, call, model, time.time(), lines)

    async def fail(self, call: int, reason: str) -> None:
        """Not tried again by itself."""
        await self._thread.run(self._rows.fail, call, time.time(), reason)

    async def waiting(self, *, automatic: bool) -> int:
        """How many calls are still to be heard."""
        return await self._thread.run(lambda: self._rows.waiting(automatic=automatic))
