"""What was taken over from the predecessor, kept for the parts of the box that will use it; reached as
`storage.imported`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import peewee

from storage.audit.log import AuditLog
from storage.audit.records import Deed
from storage.database import sql, translated
from storage.thread import StorageThread


@dataclass(frozen=True, slots=True)
class ImportedRecord:
    """One thing. `body` is plain JSON; `at`: when it was taken over (UTC epoch seconds)."""

    source: str
    key: str
    kind: str
    body: dict[str, Any]
    at: float = 0.0


class Imported:
    """For the event loop."""

    def __init__(self, thread: StorageThread, database: peewee.SqliteDatabase, audit: AuditLog) -> None:
        self._thread, self._db, self._audit = thread, database, audit

    async def list(self, kind: str) -> tuple[ImportedRecord, ...]:
        """All of a kind, oldest first."""
        return await self._thread.run(self._list, kind)

    async def compare(self, records: Sequence[ImportedRecord]) -> tuple[str, ...]:
        """For each "imported" (it is new), "same" or "replaced"; writes nothing."""
        return await self._thread.run(self._states, records)

    async def put(self, records: Sequence[ImportedRecord], who: str) -> tuple[str, ...]:
        """Keeps them in one transaction; answers as `compare`."""
        return await self._thread.run(self._put, records, who)

    def _list(self, kind: str) -> tuple[ImportedRecord, ...]:
        statement = "SELECT source, key, kind, body, at FROM imported WHERE kind = ? ORDER BY id"
        with translated():
            rows = sql(self._db, statement, kind)
        return tuple(ImportedRecord(source, key, kind, json.loads(body), at) for source, key, kind, body, at in rows)

    def _states(self, records: Sequence[ImportedRecord]) -> tuple[str, ...]:
        return tuple(self._state(record) for record in records)

    def _state(self, record: ImportedRecord) -> str:
        with translated():
            rows = sql(
                self._db,
                "SELECT body FROM imported WHERE source = ? AND key = ? AND kind = ?",
                record.source,
                record.key,
                record.kind,
            )
        if not rows:
            return "imported"
        return "same" if rows[0][0] == _text(record) else "replaced"

    def _put(self, records: Sequence[ImportedRecord], who: str) -> tuple[str, ...]:
        statement = (
            "INSERT INTO imported (source, key, kind, body, at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (source, key, kind) DO UPDATE SET body = excluded.body, at = excluded.at"
        )
        with translated(), self._db.atomic("IMMEDIATE"):
            states = self._states(records)
            for record, state in zip(records, states, strict=True):
                if state != "same":
                    sql(self._db, statement, record.source, record.key, record.kind, _text(record), record.at)
            changed = sum(state != "same" for state in states)
            if changed:
                self._audit.append(Deed(who, "control", "legacy.imported", f"{changed} of {records[0].source}"))
        return states


def _text(record: ImportedRecord) -> str:
    return json.dumps(record.body, ensure_ascii=False, sort_keys=True)
