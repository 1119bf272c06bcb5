"""What the owner does with a kept call: keep its recording, note, tag, delete, bring back. Each in the audit."""

import json
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import peewee

from storage.audit.log import AuditLog
from storage.audit.records import By, Deed
from storage.calls import call_record
from storage.database import translated
from storage.errors import NotFound, StorageError, WrongState
from storage.records import CallRecord
from storage.schema import Rows
from storage.thread import StorageThread

MAX_NOTE: Final = 4000
MAX_TAGS: Final = 20
MAX_TAG: Final = 40


class BadMark(StorageError):
    """A note or a tag that cannot be kept."""


class CallMarks:
    """Used on the storage thread only."""

    def __init__(
        self, database: peewee.SqliteDatabase, rows: Rows, audit: AuditLog, clock: Callable[[], float] = time.time
    ) -> None:
        self._db, self._rows, self._audit, self._clock = database, rows, audit, clock

    def keep(self, number: int, keep: bool, by: By) -> CallRecord:
        """Whether retention leaves the recording alone. Raises NotFound."""
        return self._change(number, by, "call.kept" if keep else "call.unkept", {"keep": keep})

    def note(self, number: int, text: str, by: By) -> CallRecord:
        """Replaces the note. Raises NotFound, BadMark."""
        text = text.strip()
        if len(text) > MAX_NOTE:
            raise BadMark("a note has at most {most} characters", most=MAX_NOTE)
        return self._change(number, by, "call.noted", {"note": text})

    def tag(self, number: int, add: Iterable[str], remove: Iterable[str], by: By) -> CallRecord:
        """Adds and removes tags, which are lower case. Raises NotFound, BadMark."""
        with translated(), self._db.atomic("IMMEDIATE"):
            row = self._row(number)
            gone = {_tag(tag) for tag in remove}
            wanted = [tag for tag in (*json.loads(row.tags), *map(_tag, add)) if tag not in gone]
            tags = list(dict.fromkeys(wanted))
            if len(tags) > MAX_TAGS:
                raise BadMark("a call has at most {most} tags", most=MAX_TAGS)
            return self._change(number, by, "call.tagged", {"tags": json.dumps(tags, ensure_ascii=False)})

    def delete(self, number: int, by: By) -> CallRecord:
        """Hides the call; some days later it is gone for good. Raises NotFound, WrongState while it runs."""
        with translated(), self._db.atomic("IMMEDIATE"):
            if self._row(number).ended is None:
                raise WrongState("call {number} is not over", number=number)
            return self._change(number, by, "call.deleted", {"deleted": self._clock()})

    def restore(self, number: int, by: By) -> CallRecord:
        """Undoes `delete`. Raises NotFound where it is gone for good."""
        call = self._rows.call
        with translated(), self._db.atomic("IMMEDIATE"):
            row = call.get_or_none(call.id == number)
            if row is None:
                raise NotFound("there is no call {number}", number=number)
            if row.deleted is not None:
                call.update(deleted=None).where(call.id == number).execute()
                self._audit.append(Deed(by.who, by.where, "call.restored", f"call:{number}"))
            return call_record(row)

    def _change(self, number: int, by: By, what: str, columns: dict[str, Any]) -> CallRecord:
        call = self._rows.call
        with translated(), self._db.atomic("IMMEDIATE"):
            row = self._row(number)
            before = {name: getattr(row, name) for name in columns}
            if before != columns:
                call.update(**columns).where(call.id == number).execute()
                self._audit.append(Deed(by.who, by.where, what, f"call:{number}", before, columns))
            return call_record(call.get_by_id(number))

    def _row(self, number: int) -> Any:
        call = self._rows.call
        row = call.get_or_none((call.id == number) & call.deleted.is_null())
        if row is None:
            raise NotFound("there is no call {number}", number=number)
        return row


def _tag(text: str) -> str:
    tag = " ".join(text.lower().split())
    if not tag or len(tag) > MAX_TAG:
        raise BadMark("a tag has 1 to {most} characters", most=MAX_TAG)
    return tag


class Marks:
    """Reached as `storage.marks`, for the event loop."""

    def __init__(self, thread: StorageThread, marks: CallMarks) -> None:
        self._thread, self._marks = thread, marks

    async def keep(self, number: int, keep: bool, by: By) -> CallRecord:
        """Whether retention leaves the recording alone."""
        return await self._thread.run(self._marks.keep, number, keep, by)

    async def note(self, number: int, text: str, by: By) -> CallRecord:
        """Replaces the note."""
        return await self._thread.run(self._marks.note, number, text, by)

    async def tag(self, number: int, add: Iterable[str], remove: Iterable[str], by: By) -> CallRecord:
        """Adds and removes tags."""
        return await self._thread.run(self._marks.tag, number, add, remove, by)

    async def delete(self, number: int, by: By) -> CallRecord:
        """Hides the call."""
        return await self._thread.run(self._marks.delete, number, by)

    async def restore(self, number: int, by: By) -> CallRecord:
        """Undoes `delete`."""
        return await self._thread.run(self._marks.restore, number, by)
