"""The one thread that touches the database."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from storage.errors import DatabaseDamaged, StorageError

MAX_WAITING = 256

log = logging.getLogger(__name__)
T = TypeVar("T")
P = ParamSpec("P")


class StorageThread:
    """Runs functions one after the other on a thread named "storage". At most MAX_WAITING are queued; further askers
    wait their turn. What has been queued is done even if its asker is cancelled: a call cut short is kept too."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "storage")
        self._room = asyncio.Semaphore(MAX_WAITING)
        self._closed = False
        self.damaged = False
        """Whether SQLite said that the file is no sound database: the next start has to look."""

    async def run(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of `fn` on the storage thread, or what it raised."""
        await self._room.acquire()
        try:
            if self._closed:
                raise StorageError("the storage is closed")
            job = asyncio.get_running_loop().run_in_executor(self._pool, lambda: self._done(fn, *args, **kwargs))
        except BaseException:
            self._room.release()
            raise
        job.add_done_callback(lambda _: self._room.release())
        try:
            return await asyncio.shield(job)
        except asyncio.CancelledError:
            job.add_done_callback(_report)
            raise

    def _done(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return fn(*args, **kwargs)
        except DatabaseDamaged:
            self.damaged = True
            raise

    async def close(self) -> None:
        """Waits for what is queued, then ends the thread; nothing can be run afterwards."""
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(None, self._pool.shutdown)


def _report(job: "asyncio.Future[T]") -> None:
    """The asker has gone, so that its error would be seen by nobody."""
    if not job.cancelled() and (error := job.exception()) is not None:
        log.error("storage job failed after its asker was cancelled", extra={"error": repr(error)})
