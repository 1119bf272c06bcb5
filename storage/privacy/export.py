"""Everything that is kept about a number."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import peewee

from storage.calls import CallRepository
from storage.database import sql, translated
from storage.privacy.erasure import BETWEEN_DIGITS, HOLDERS, digits_of

MAX_CALLS: Final = 50
ALL: Final = -1
CALLS: Final = (
    "SELECT id FROM call WHERE (number = ? OR id IN (SELECT call_id FROM message WHERE number = ?)) AND id > ?"
    " ORDER BY id LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is."""

    calls: int
    recordings: int
    messages: int
    contacts: int
    other: int


@dataclass(frozen=True, slots=True)
class Page:
    """A part of it: everything beside calls comes with the first; `after` is the next page's beginning, None at the
    end. Recordings are the ids of calls that have one."""

    calls: tuple[dict[str, Any], ...]
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    recordings: tuple[int, ...] = ()
    after: int | None = None


class Exporter:
    """Used on the storage thread only."""

    def __init__(self, database: peewee.SqliteDatabase, calls: CallRepository, data_dir: Path) -> None:
        self._db, self._calls, self._data_dir = database, calls, data_dir

    def counts(self, number: str) -> Counts:
        """What an erasure would find."""
        with translated():
            calls = [row[0] for row in sql(self._db, CALLS, number, number, 0, ALL)]
            own = "SELECT COUNT(*), COUNT(recording) FROM call WHERE number = ?"
            count, recordings = sql(self._db, own, number)[0]
            messages = sum(len(self._of("message", "call_id", call)) for call in calls)
            others = ("call", "message", "contact_number")
            other = sum(len(self._of(t, c, number)) for t, c in HOLDERS if t not in others)
            contacts = len(self._of("contact_number", "number", number))
        return Counts(count, recordings, messages, contacts, other)

    def page(self, number: str, after: int = 0) -> Page:
        """Calls from that id on, in full."""
        with translated():
            ids = [row[0] for row in sql(self._db, CALLS, number, number, after, MAX_CALLS + 1)]
            calls, recordings = [], []
            for each in ids[:MAX_CALLS]:
                record = self._calls.get(each)
                messages = self._of("message", "call_id", each)
                calls.append(asdict(record) | {"messages": messages})
                if record.recording is not None:
                    recordings.append(each)
            rows = self._others(number) if after == 0 else {}
        return Page(tuple(calls), rows, tuple(recordings), ids[MAX_CALLS - 1] if len(ids) > MAX_CALLS else None)

    def _others(self, number: str) -> dict[str, list[dict[str, Any]]]:
        rows = {table: self._of(table, column, number) for table, column in HOLDERS if table not in ("call", "message")}
        owners = [row["contact_id"] for row in rows.get("contact_number", ())]
        rows["contact"] = [row for owner in owners for row in self._of("contact", "id", owner)]
        if digits := digits_of(number):
            found = sql(self._db, "SELECT at, who, what, body FROM audit WHERE instr(body, ?) > 0", digits)
            rows["audit"] = [
                {"at": at, "who": who, "what": what, "details": json.loads(body)} for at, who, what, body in found
            ]
            rows["chat"] = [
                {"source": source, "key": key, **json.loads(body)}
                for source, key, body in sql(self._db, "SELECT source, key, body FROM imported WHERE kind = 'chat'")
                if digits in body.translate(BETWEEN_DIGITS)
            ]
        return {table: found for table, found in rows.items() if found}

    def _of(self, table: str, column: str, value: Any) -> list[dict[str, Any]]:
        if not sql(self._db, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", table):
            return []
        names = [row[1] for row in sql(self._db, f'PRAGMA table_info("{table}")')]
        rows = sql(self._db, f'SELECT * FROM "{table}" WHERE "{column}" = ?', value)  # noqa: S608 (names are ours)
        return [dict(zip(names, row, strict=True)) for row in rows]
