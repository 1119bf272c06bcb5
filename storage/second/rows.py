"""Rows of second transcripts. Used on the storage thread only; every method is one transaction."""

import json
from dataclasses import asdict
from typing import Any, Final

import peewee

from storage.audit.log import AuditLog
from storage.audit.records import By, Deed
from storage.database import sql, translated
from storage.errors import NotFound
from storage.second.records import BEGUN, DONE, FAILED, WANTED, SecondLine, SecondRecord, Unheard

MAX_ATTEMPTS: Final = 5
"""Times that a recording may end the recogniser, or be cut short by a new start of the box."""
ASKED: Final = (
    "SELECT s.call_id, c.recording FROM second s JOIN call c ON c.id = s.call_id WHERE s.state IN ('wanted', 'begun')"
    " AND c.recording IS NOT NULL AND c.ended IS NOT NULL ORDER BY s.id LIMIT 1"
)
NEWEST: Final = (
    "SELECT id, recording FROM call WHERE recording IS NOT NULL AND ended IS NOT NULL AND deleted IS NULL"
    " AND id NOT IN (SELECT call_id FROM second) ORDER BY id DESC LIMIT 1"
)
SPOKEN: Final = "SELECT position, start, end FROM turn WHERE call_id = ? AND who = 'caller' ORDER BY position"
ASK: Final = (
    "INSERT INTO second (call_id, state, at) VALUES (?, ?, ?)"
    " ON CONFLICT (call_id) DO UPDATE SET state = excluded.state, at = excluded.at, attempts = 0, reason = ''"
)
BEGIN: Final = (
    "INSERT INTO second (call_id, state, at, attempts) VALUES (?, ?, ?, 1)"
    " ON CONFLICT (call_id) DO UPDATE SET state = excluded.state, at = excluded.at, attempts = attempts + 1"
    " RETURNING attempts"
)
KEEP: Final = (
    "UPDATE second SET state = ?, model = ?, at = ?, reason = ?, lines = ? WHERE call_id IN"
    " (SELECT id FROM call WHERE id = ? AND recording IS NOT NULL)"
)


class SecondRows:
    """Private to storage."""

    def __init__(self, database: peewee.SqliteDatabase, audit: AuditLog) -> None:
        self._db, self._audit = database, audit

    def ask(self, call: int, at: float, by: By) -> SecondRecord:
        """The owner wants it, now or anew; what there is stays until then. Raises NotFound: no such call, or one
        without sound."""
        with translated(), self._db.atomic("IMMEDIATE"):
            statement = (
                "SELECT 1 FROM call WHERE id = ? AND recording IS NOT NULL AND ended IS NOT NULL AND deleted IS NULL"
            )
            if not sql(self._db, statement, call):
                raise NotFound("call {number} has no recording", number=call)
            sql(self._db, ASK, call, WANTED, at)
            self._audit.append(Deed(by.who, by.where, "call.second_asked", f"call:{call}"))
            return self._get(call)

    def next(self, *, automatic: bool) -> Unheard | None:
        """What was asked for or left unfinished, the oldest first; then, where that is `automatic`, the newest call
        that was not heard yet."""
        with translated():
            rows = sql(self._db, ASKED) or (sql(self._db, NEWEST) if automatic else [])
            if not rows:
                return None
            number, recording = rows[0]
            return Unheard(number, recording, tuple(tuple(row) for row in sql(self._db, SPOKEN, number)))

    def begin(self, call: int, at: float) -> bool:
        """It is heard now; false where that was tried too often: then it has failed."""
        with translated(), self._db.atomic("IMMEDIATE"):
            ((attempts,),) = sql(self._db, BEGIN, call, BEGUN, at)
        if attempts <= MAX_ATTEMPTS:
            return True
        self.fail(call, at, "the recogniser ended in the middle, time and again")
        return False

    def done(self, call: int, model: str, at: float, lines: tuple[SecondLine, ...]) -> bool:
        """Kept, unless the call has lost its sound or itself meanwhile; whether it was."""
        body = json.dumps([asdict(line) for line in lines], ensure_ascii=False)
        with translated(), self._db.atomic("IMMEDIATE"):
            sql(self._db, KEEP, DONE, model, at, "", body, call)
            return bool(sql(self._db, "SELECT changes()")[0][0])

    def fail(self, call: int, at: float, reason: str) -> None:
        """Not tried again until the owner asks; lines of an earlier one stay."""
        statement = "UPDATE second SET state = ?, at = ?, reason = ? WHERE call_id = ?"
        with translated(), self._db.atomic("IMMEDIATE"):
            sql(self._db, statement, FAILED, at, reason, call)

    def waiting(self, *, automatic: bool) -> int:
        """How many calls are still to be heard."""
        asked = "SELECT COUNT(*) FROM second WHERE state IN ('wanted', 'begun')"
        newest = f"SELECT COUNT(*) FROM ({NEWEST.removesuffix(' ORDER BY id DESC LIMIT 1')})"  # noqa: S608 (ours)
        with translated():
            return sum(int(sql(self._db, each)[0][0]) for each in ((asked, newest) if automatic else (asked,)))

    def _get(self, call: int) -> SecondRecord:
        found = second_of(self._db, call)
        assert found is not None, "it was written in this transaction"
        return found


def second_of(database: peewee.SqliteDatabase, call: int) -> SecondRecord | None:
    """A call's second transcript; None where there is none and none is wanted."""
    rows = sql(database, "SELECT state, model, at, reason, lines FROM second WHERE call_id = ?", call)
    if not rows:
        return None
    state, model, at, reason, lines = rows[0]
    return SecondRecord(state, model, at, reason, lines_of(lines))


def lines_of(body: str) -> tuple[SecondLine, ...]:
    """As they are kept in a row."""
    found: list[dict[str, Any]] = json.loads(body)
    return tuple(SecondLine(**line) for line in found)
