"""The audit for the event loop."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from storage.audit.log import CHECKPOINT, HEAD, AuditLog
from storage.audit.records import AuditFilter, AuditRecord, Deed, Details, Verdict
from storage.audit.walk import Walk
from storage.thread import StorageThread

STEP: Final = 2000
"""Entries in one piece of work on the storage thread, so that a call's writes come in between."""
SHOWN_HASH: Final = 16

log = logging.getLogger(__name__)


class Audit:
    """Reached as `storage.audit`. `log` is for repositories, which append within their own transaction."""

    def __init__(self, thread: StorageThread, log_: AuditLog) -> None:
        self._thread, self.log = thread, log_
        self._walking = asyncio.Lock()  # a walk would take for tampering what is purged or erased under its feet

    async def add(
        self,
        *,
        who: str,
        where: str,
        what: str,
        target: str = "",
        before: Details | None = None,
        after: Details | None = None,
    ) -> AuditRecord:
        """Writes down a deed that is no change of the database; durable when it returns. See `Deed` for what may be
        where. Raises StorageError."""
        record = await self._thread.run(self.log.append, Deed(who, where, what, target, before, after))
        # The journal is a witness outside of the database: `audit verify --head` compares with it.
        log.info("audit", extra={"entry": record.id, "what": record.what, "hash": record.hash[:SHOWN_HASH]})
        return record

    async def list(
        self, wanted: AuditFilter, limit: int = 50, before: int | None = None, after: int | None = None
    ) -> tuple[AuditRecord, ...]:
        """Newest first; with `after` oldest first from that id on, for an export page by page."""
        return await self._thread.run(self.log.list, wanted, limit, before, after)

    async def verify(self, witness: str = "") -> Verdict:
        """Walks along all of the chain. What is appended meanwhile is not looked at. `witness`: the beginning of a hash
        that was written down elsewhere and has to be in the chain."""
        async with self._walking:
            walk, end = await self._thread.run(self._begin, witness)
            while walk.place < end:
                found = await self._thread.run(self.log.entries, walk.place, min(STEP, end - walk.place))
                entries = [entry for entry in found if entry.id <= end]
                if not entries:
                    break
                walk.take(entries)
            return walk.verdict()

    async def purge(self, before: float) -> int:
        """Deletes what is older (UTC epoch seconds); returns how many."""
        count = piece = 0
        async with self._walking:
            while count == 0 or piece == STEP:
                piece = await self._thread.run(self.log.purge, before, STEP)
                count += piece
                if not piece:
                    break
        return count

    async def erase(self, ids: Sequence[int]) -> int:
        """Removes target and details of these entries for a person's sake; returns how many had any."""
        async with self._walking:
            return await self._thread.run(self.log.erase_bodies, ids)

    def _begin(self, witness: str) -> tuple[Walk, int]:
        head = self.log.mark(HEAD)
        end = max(self.log.last_id(), head.id if head else 0)
        return Walk(head, self.log.mark(CHECKPOINT), witness), end
