"""Rows of tasks. A call-back's number is read from its call's row, where only the network writes: it is no argument."""

from typing import Any, Final

import peewee
from peewee import AutoField, FloatField, IntegerField, TextField

from storage.audit.log import AuditLog
from storage.audit.records import Deed
from storage.database import translated
from storage.errors import NotFound, StorageError
from storage.outgoing.records import CALL_BACK, DIALLING, DROPPED, OPEN, TaskRecord
from storage.schema import Rows

MAX_LISTED: Final = 500
MAX_WISH: Final = 500
"""Characters kept of what a caller said about it."""
PRESENTED: Final = "presented"


class TaskRepository:
    """Used on the storage thread only; every method is one transaction, durable when it returns."""

    def __init__(self, database: peewee.SqliteDatabase, rows: Rows, audit: AuditLog) -> None:
        self._db, self._calls, self._audit = database, rows.call, audit
        base: Any = database.Model

        class TaskRow(base):  # type: ignore[misc]
            id = AutoField()
            made = FloatField()
            line = TextField()
            kind = TextField()
            number = TextField()
            call = IntegerField(null=True)
            wish = TextField(default="")
            state = TextField()
            attempts = IntegerField(default=0)
            tried = FloatField(null=True)
            result = TextField(default="")
            answered_by = IntegerField(null=True)

            class Meta:
                table_name = "task"

        self._rows: Any = TaskRow

    def call_back(self, call_id: int, made: float, wish: str) -> TaskRecord:
        """The caller of that call wants to be called back. One open task a number: a second wish is added to it.
        Raises NotFound for an unknown call, StorageError where the network presented no number."""
        calls, rows = self._calls, self._rows
        with translated(), self._db.atomic("IMMEDIATE"):
            call = calls.get_or_none(calls.id == call_id)
            if call is None:
                raise NotFound("there is no call {number}", number=call_id)
            if call.direction != "in" or call.presentation != PRESENTED or not call.number:
                raise StorageError("call {number} came from no number that could be called back", number=call_id)
            row = rows.get_or_none((rows.number == call.number) & (rows.state == OPEN) & (rows.kind == CALL_BACK))
            if row is None:
                row = rows.create(
                    made=made,
                    line=call.line,
                    kind=CALL_BACK,
                    number=call.number,
                    call=call_id,
                    wish=wish[:MAX_WISH],
                    state=OPEN,
                )
            elif wish and wish not in row.wish:
                row.wish = "; ".join(filter(None, (row.wish, wish)))[:MAX_WISH]
                row.save()
        return _record(row)

    def list(self, states: tuple[str, ...], limit: int, before: int | None) -> tuple[TaskRecord, ...]:
        """Newest first; all states where none is named."""
        rows = self._rows
        query = rows.select().order_by(rows.id.desc()).limit(max(0, min(limit, MAX_LISTED)))
        if states:
            query = query.where(rows.state.in_(states))
        if before is not None:
            query = query.where(rows.id < before)
        with translated():
            return tuple(_record(row) for row in query)

    def get(self, task_id: int) -> TaskRecord:
        """Raises NotFound."""
        with translated():
            return _record(self._row(task_id))

    def begin(self, task_id: int, at: float) -> TaskRecord:
        """An attempt begins. Raises NotFound."""
        with translated(), self._db.atomic("IMMEDIATE"):
            row = self._row(task_id)
            row.state, row.tried, row.attempts = DIALLING, at, row.attempts + 1
            row.save()
        return _record(row)

    def settle(self, task_id: int, state: str, result: str, call_id: int | None) -> TaskRecord:
        """What came of it. A task that the owner closed meanwhile stays closed. Raises NotFound."""
        with translated(), self._db.atomic("IMMEDIATE"):
            row = self._row(task_id)
            row.result, row.answered_by = result, call_id
            if row.state == DIALLING:
                row.state = state
            row.save()
        return _record(row)

    def close(self, task_id: int, state: str, who: str, where: str) -> TaskRecord:
        """The owner has done with it (done or dropped), or wants it again (open); written into the audit.
        Raises NotFound."""
        with translated(), self._db.atomic("IMMEDIATE"):
            row = self._row(task_id)
            before, row.state = row.state, state
            row.save()
            what = "task.dropped" if state == DROPPED else f"task.{state}"
            self._audit.append(Deed(who, where, what, f"task:{task_id}", {"state": before}, {"state": state}))
        return _record(row)

    def reopen(self) -> int:
        """What a crash left in the middle is open again; returns how many."""
        rows = self._rows
        with translated(), self._db.atomic("IMMEDIATE"):
            return int(rows.update(state=OPEN, result="crash").where(rows.state == DIALLING).execute())

    def _row(self, task_id: int) -> Any:
        row = self._rows.get_or_none(self._rows.id == task_id)
        if row is None:
            raise NotFound("there is no task {number}", number=task_id)
        return row


def _record(row: Any) -> TaskRecord:
    return TaskRecord(
        id=row.id,
        made=row.made,
        line=row.line,
        kind=row.kind,
        number=row.number,
        call_id=row.call,
        wish=row.wish,
        state=row.state,
        attempts=row.attempts,
        tried=row.tried,
        result=row.result,
        answered_by=row.answered_by,
    )
