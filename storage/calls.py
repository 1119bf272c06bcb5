"""Calls and what was said in them."""

import json
from dataclasses import replace
from typing import Any

import peewee
from peewee import fn

from storage.database import translated
from storage.errors import NotFound, StorageError, WrongState
from storage.records import CallRecord, DayStats, TurnRecord
from storage.schema import Rows
from storage.second.rows import second_of
from storage.turns import turn_columns, turn_record

DIRECTIONS = frozenset({"in", "out"})
OUTCOMES = frozenset({"answered", "missed", "blocked", "message", "transferred", "failed", "busy", "no_answer"})
MAX_LISTED = 500


class CallRepository:
    """Rows of calls. Every method is one transaction, durable when it returns; used on the storage thread only."""

    def __init__(self, database: peewee.SqliteDatabase, rows: Rows) -> None:
        self._db, self._rows = database, rows

    def begin(self, line: str, direction: str, number: str | None, presentation: str, at: float) -> CallRecord:
        """A call has shown itself (UTC epoch seconds)."""
        if direction not in DIRECTIONS:
            raise StorageError(
                "direction {direction!r} is none of {known}", direction=direction, known=sorted(DIRECTIONS)
            )
        with translated(), self._db.atomic():
            row = self._rows.call.create(
                line=line, direction=direction, number=number, presentation=presentation, began=at
            )
        return call_record(row)

    def answered(self, call_id: int, at: float, recording: str | None, flow: str) -> CallRecord:
        """It was picked up. `recording` is relative to the data directory. Raises NotFound, WrongState."""
        with translated(), self._db.atomic("IMMEDIATE"):
            row = self._open_row(call_id)
            if row.answered is not None:
                raise WrongState("call {number} is answered already", number=call_id)
            row.answered = max(at, row.began)  # the clock of a box without a battery may be set back by the network
            row.recording, row.flow = recording, flow
            row.save()
        return call_record(row)

    def forget_recording(self, call_id: int) -> None:
        """The call has no recording any more. Raises NotFound."""
        with translated(), self._db.atomic("IMMEDIATE"):
            row = self._row(call_id)
            row.recording = None
            row.save()

    def add_turn(self, call_id: int, turn: TurnRecord) -> None:
        """Appends; also to a call that is over, since the last final may come late. Raises NotFound."""
        turns = self._rows.turn
        with translated(), self._db.atomic("IMMEDIATE"):
            self._row(call_id)
            count = turns.select(fn.COALESCE(fn.MAX(turns.position) + 1, 0)).where(turns.call == call_id).scalar()
            turns.create(call=call_id, position=count, **turn_columns(turn))

    def finish(
        self, call_id: int, at: float, outcome: str, end_cause: str, summary: str = "", recorded_seconds: float = 0.0
    ) -> CallRecord:
        """It is over. Returns it with its turns. Raises NotFound, WrongState (ended already)."""
        if outcome not in OUTCOMES:
            raise StorageError("outcome {outcome!r} is none of {known}", outcome=outcome, known=sorted(OUTCOMES))
        with translated(), self._db.atomic("IMMEDIATE"):
            row = self._open_row(call_id)
            row.ended = max(at, row.answered or row.began)
            row.outcome, row.end_cause, row.summary = outcome, end_cause, summary
            row.recorded_seconds = recorded_seconds
            row.save()
            if row.direction == "in":
                self._rows.follow_up.create(kind="call", ref=call_id, at=at)
        return self.get(call_id)

    def get(self, call_id: int) -> CallRecord:
        """With its turns in order. Raises NotFound."""
        turns = self._rows.turn
        with translated():
            row = self._row(call_id)
            rows = turns.select().where(turns.call == call_id).order_by(turns.position).namedtuples()
            said = tuple(map(turn_record, rows.iterator()))  # a long call has a thousand: each is let go at once
            second = second_of(self._db, call_id)
        return replace(call_record(row), turns=said, second=second)

    def recent(
        self, limit: int = 50, before_id: int | None = None, outcome: str | None = None
    ) -> tuple[CallRecord, ...]:
        """Newest first, without turns; `before_id` pages on; at most MAX_LISTED."""
        call = self._rows.call
        query = call.select().where(call.deleted.is_null()).order_by(call.id.desc())
        query = query.limit(max(0, min(limit, MAX_LISTED)))
        if before_id is not None:
            query = query.where(call.id < before_id)
        if outcome is not None:
            query = query.where(call.outcome == outcome)
        with translated():
            return tuple(call_record(row) for row in query)

    def still_open(self) -> tuple[CallRecord, ...]:
        """Calls that were never finished, oldest first: at a start, what a crash left."""
        call = self._rows.call
        with translated():
            return tuple(call_record(row) for row in call.select().where(call.ended.is_null()).order_by(call.id))

    def recordings(self) -> frozenset[str]:
        """Every recording that a call names, relative to the data directory."""
        call = self._rows.call
        with translated():
            return frozenset(name for (name,) in call.select(call.recording).where(~call.recording.is_null()).tuples())

    def close_one(self, call: CallRecord, at: float, cause: str, recorded_seconds: float) -> CallRecord:
        """Ends a call that nobody lived to end, where its recording or its last turn ended, at the latest at `at`."""
        turns, messages = self._rows.turn, self._rows.message
        with translated():
            spoken = turns.select(fn.COALESCE(fn.MAX(turns.end), 0.0)).where(turns.call == call.id).scalar()
            took_message = messages.select().where(messages.call == call.id).exists()
        lasted = max(float(spoken), recorded_seconds)
        outcome = "message" if took_message else "missed" if call.answered is None else "failed"
        ended = min(at, (call.answered or call.began) + lasted)
        return self.finish(call.id, ended, outcome, cause, call.summary, recorded_seconds)

    def stats(self, since: float) -> DayStats:
        """Counts of calls begun and messages taken at or after `since` (UTC epoch seconds, e.g. local midnight)."""
        call, message = self._rows.call, self._rows.message
        with translated():
            kept = call.deleted.is_null()
            rows = call.select(call.outcome, fn.COUNT(call.id)).where((call.began >= since) & kept)
            counts = dict(rows.group_by(call.outcome).tuples())
            messages = message.select().join(call).where(kept)
            left = messages.where(message.taken >= since).count()
            unhandled = messages.where(message.handled == 0).count()  # as the index is asked
        return DayStats(
            calls=sum(counts.values()),
            answered=sum(counts.get(name, 0) for name in ("answered", "message", "transferred")),
            missed=counts.get("missed", 0),
            blocked=counts.get("blocked", 0),
            failed=counts.get("failed", 0),
            messages=left,
            unhandled=unhandled,
        )

    def _row(self, call_id: int) -> Any:
        row = self._rows.call.get_or_none(self._rows.call.id == call_id)
        if row is None:
            raise NotFound("there is no call {number}", number=call_id)
        return row

    def _open_row(self, call_id: int) -> Any:
        row = self._row(call_id)
        if row.ended is not None:
            raise WrongState("call {number} is over", number=call_id)
        return row


def call_record(row: Any) -> CallRecord:
    """The record of a row, without its turns."""
    return CallRecord(
        id=row.id,
        line=row.line,
        direction=row.direction,
        number=row.number,
        presentation=row.presentation,
        began=row.began,
        answered=row.answered,
        ended=row.ended,
        outcome=row.outcome,
        end_cause=row.end_cause,
        summary=row.summary,
        recording=row.recording,
        recorded_seconds=row.recorded_seconds,
        flow=row.flow,
        keep=bool(row.keep),
        note=row.note,
        tags=tuple(json.loads(row.tags)),
    )
