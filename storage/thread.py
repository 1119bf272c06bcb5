"""The one thread that touches the database."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from storage.errors import DatabaseDamaged, DiskFull, StorageError
from storage.spare import SpareRoom

MAX_WAITING = 256
JOBS_BETWEEN = 100
"""Jobs after which spare room that was given up is looked for again."""

log = logging.getLogger(__name__)
T = TypeVar("T")
P = ParamSpec("P")


class StorageThread:
    """Runs functions one after the other on a thread named "storage". At most MAX_WAITING are queued; further askers
    wait their turn. What has been queued is done even if its asker is cancelled: a call cut short is kept too."""

    def __init__(self, spare: SpareRoom | None = None) -> None:
        """`spare`: what is given up where the disk is full, so that the job is done after all."""
        self._spare = spare
        self._jobs = 0
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
        self._keep_spare_room()
        try:
            return self._with_spare_room(fn, *args, **kwargs)
        except DatabaseDamaged:
            self.damaged = True
            raise

    def _with_spare_room(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Once more, where the disk was full: a transaction that found no room has left nothing."""
        try:
            return fn(*args, **kwargs)
        except DiskFull:
            if self._spare is None or not self._spare.give_up():
                raise
            log.warning("the disk is full; its spare room is given up")
        return fn(*args, **kwargs)

    def _keep_spare_room(self) -> None:
        if self._spare is not None and self._jobs % JOBS_BETWEEN == 0:
            self._spare.take()
        self._jobs += 1

    async def close(self) -> None:
        """Waits for what is queued, then ends the thread; nothing can be run afterwards."""
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(None, self._pool.shutdown)


def _report(job: "asyncio.Future[T]") -> None:
    """The asker has gone, so that its error would be seen by nobody."""
    if not job.cancelled() and (error := job.exception()) is not None:
        log.error("storage job failed after its asker was cancelled", extra={"error": repr(error)})
