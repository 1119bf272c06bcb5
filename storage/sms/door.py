"""Short messages for the event loop; reached as `storage.sms`."""

from collections.abc import Sequence
from typing import Self

import peewee

from storage.audit.log import AuditLog
from storage.audit.records import Deed
from storage.sms.inbox import Inbox
from storage.sms.outbox import Outbox
from storage.sms.records import (
    FollowUp,
    IncomingPdu,
    Joiner,
    Kept,
    NewPart,
    NewSms,
    PartRecord,
    SmsRecord,
    ThreadRecord,
)
from storage.sms.rows import sms_rows
from storage.thread import StorageThread


class Sms:
    """A method that writes returns when the write is durable."""

    def __init__(self, thread: StorageThread, inbox: Inbox, outbox: Outbox) -> None:
        self._thread, self._inbox, self._outbox = thread, inbox, outbox

    @classmethod
    def over(cls, thread: StorageThread, database: peewee.SqliteDatabase, audit: AuditLog) -> Self:
        """Over an open database; to be called on the storage thread."""
        rows = sms_rows(database)
        outbox = Outbox(database, rows, audit)
        return cls(thread, Inbox(database, rows, outbox.report), outbox)

    async def keep(self, line: str, incoming: IncomingPdu, joiner: Joiner) -> Kept:
        """Takes a PDU, once."""
        return await self._thread.run(self._inbox.keep, line, incoming, joiner)

    async def overdue(self, before: float) -> tuple[SmsRecord, ...]:
        """Incomplete messages that began to arrive before that are shown from now on."""
        return await self._thread.run(self._inbox.overdue, before)

    async def untold(self) -> tuple[SmsRecord, ...]:
        """Messages that came, with what follows from them still to be done."""
        return await self._thread.run(self._inbox.untold)

    async def mark_told(self, sms_id: int) -> None:
        """What follows from this message was done."""
        await self._thread.run(self._inbox.mark_told, sms_id)

    async def add(
        self,
        line: str,
        number: str,
        text: str,
        parts: Sequence[NewPart],
        at: float,
        *,
        purpose: str,
        not_before: float = 0.0,
        deed: Deed | None = None,
    ) -> SmsRecord:
        """Queues a message."""
        return await self._thread.run(self._outbox.add, line, number, text, parts, at, purpose, not_before, deed)

    async def owed(self) -> tuple[FollowUp, ...]:
        """What may want a message, oldest first."""
        return await self._thread.run(self._outbox.owed)

    async def follow_up(self, owed: int, line: str, messages: Sequence[NewSms], at: float) -> tuple[SmsRecord, ...]:
        """Queues the messages for it, perhaps none, and crosses it off: both or neither, and once."""
        return await self._thread.run(self._outbox.follow_up, owed, line, messages, at)

    async def due(self, now: float) -> PartRecord | None:
        """The next part to send."""
        return await self._thread.run(self._outbox.due, now)

    async def next_due(self) -> float | None:
        """When something is to be sent next; None while the queue is empty."""
        return await self._thread.run(self._outbox.next_due)

    async def begin(self, part_id: int, at: float) -> SmsRecord:
        """It goes to the modem now. Raises NotFound, WrongState."""
        return await self._thread.run(self._outbox.begin, part_id, at)

    async def sent(self, part_id: int, reference: int) -> SmsRecord:
        """The network has it."""
        return await self._thread.run(self._outbox.sent, part_id, reference)

    async def again(self, part_id: int, reason: str, next_try: float, *, counts: bool = True) -> SmsRecord:
        """It was not sent; later again. `counts`: it was an attempt, since the network was asked."""
        return await self._thread.run(self._outbox.again, part_id, reason, next_try, counts=counts)

    async def wait(self, sms_id: int, reason: str, until: float) -> SmsRecord:
        """Nothing was tried; not before `until`."""
        return await self._thread.run(self._outbox.wait, sms_id, reason, until)

    async def fail(self, part_id: int, reason: str) -> SmsRecord:
        """It will not be sent."""
        return await self._thread.run(self._outbox.fail, part_id, reason)

    async def doubt(self, part_id: int, next_try: float) -> SmsRecord:
        """Nobody knows whether it was sent."""
        return await self._thread.run(self._outbox.doubt, part_id, next_try)

    async def recover(self, now: float) -> tuple[SmsRecord, ...]:
        """What a crash left in the middle of sending; to be called once, at start."""
        return await self._thread.run(self._outbox.recover, now)

    async def cancel(self, sms_id: int, deed: Deed) -> SmsRecord:
        """Takes it out of the queue. Raises NotFound, WrongState."""
        return await self._thread.run(self._outbox.cancel, sms_id, deed)

    async def tried_since(self, since: float) -> int:
        """How many parts were handed to the modem since then."""
        return await self._thread.run(self._outbox.tried_since, since)

    async def last_to(self, number: str, purpose: str) -> float | None:
        """When a message of this purpose was queued for this number last."""
        return await self._thread.run(self._outbox.last_to, number, purpose)

    async def list(
        self, *, number: str = "", direction: str = "", limit: int = 50, before: int | None = None
    ) -> tuple[SmsRecord, ...]:
        """Newest first."""
        return await self._thread.run(self._outbox.list, number, direction, limit, before)

    async def threads(self, limit: int = 50) -> tuple[ThreadRecord, ...]:
        """By number, the newest first."""
        return await self._thread.run(self._outbox.threads, limit)

    async def get(self, sms_id: int) -> SmsRecord:
        """With parts and PDUs. Raises NotFound."""
        return await self._thread.run(self._outbox.get, sms_id)
