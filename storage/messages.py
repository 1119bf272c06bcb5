"""Messages that callers left for the owner."""

from typing import Any

import peewee

from storage.database import translated
from storage.errors import NotFound
from storage.records import MessageRecord
from storage.schema import Rows

MAX_LISTED = 500


class MessageRepository:
    """Rows of messages. Every method is one transaction, durable when it returns; used on the storage thread only."""

    def __init__(self, database: peewee.SqliteDatabase, rows: Rows) -> None:
        self._db, self._rows = database, rows

    def add(self, call_id: int, taken: float, name: str, number: str, matter: str) -> MessageRecord:
        """Keeps what was told in a call; its line comes from the call. Raises NotFound for an unknown call."""
        call = self._rows.call
        with translated(), self._db.atomic("IMMEDIATE"):
            owner = call.get_or_none(call.id == call_id)
            if owner is None:
                raise NotFound("there is no call {number}", number=call_id)
            row = self._rows.message.create(
                call=call_id, line=owner.line, taken=taken, name=name, number=number, matter=matter
            )
            self._rows.follow_up.create(kind="message", ref=row.id, at=taken)
        return _record(row)

    def list(
        self, limit: int = 50, before_id: int | None = None, handled: bool | None = None, assigned: str = ""
    ) -> tuple[MessageRecord, ...]:
        """Newest first, without those of deleted calls; `handled` and `assigned` (a user) select, `before_id` pages on;
        at most MAX_LISTED."""
        message, call = self._rows.message, self._rows.call
        query = message.select().join(call).where(call.deleted.is_null()).order_by(message.id.desc())
        query = query.limit(max(0, min(limit, MAX_LISTED)))
        if before_id is not None:
            query = query.where(message.id < before_id)
        if handled is not None:
            query = query.where(message.handled == handled)
        if assigned:
            query = query.where(message.assigned == assigned)
        with translated():
            return tuple(_record(row) for row in query)

    def of(self, call_id: int) -> tuple[MessageRecord, ...]:
        """One call's, oldest first."""
        message = self._rows.message
        with translated():
            return tuple(_record(row) for row in message.select().where(message.call == call_id).order_by(message.id))

    def get(self, message_id: int) -> MessageRecord:
        """One. Raises NotFound."""
        message = self._rows.message
        with translated():
            row = message.get_or_none(message.id == message_id)
        if row is None:
            raise NotFound("there is no message {number}", number=message_id)
        return _record(row)

    def mark_handled(self, message_id: int, handled: bool = True) -> MessageRecord:
        """The owner has (or has not) dealt with it. Raises NotFound."""
        return self._changed(message_id, handled=handled)

    def assign(self, message_id: int, user: str) -> MessageRecord:
        """Who is to see to it, "" for nobody. Raises NotFound."""
        return self._changed(message_id, assigned=user)

    def _changed(self, message_id: int, **fields: Any) -> MessageRecord:
        message = self._rows.message
        with translated(), self._db.atomic("IMMEDIATE"):
            row = message.get_or_none(message.id == message_id)
            if row is None:
                raise NotFound("there is no message {number}", number=message_id)
            for name, value in fields.items():
                setattr(row, name, value)
            row.save()
        return _record(row)


def _record(row: Any) -> MessageRecord:
    return MessageRecord(
        id=row.id,
        call_id=row.call_id,
        line=row.line,
        taken=row.taken,
        name=row.name,
        number=row.number,
        matter=row.matter,
        handled=row.handled,
        assigned=row.assigned,
    )
