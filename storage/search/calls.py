"""Searching calls: by words, number, time, outcome."""

import json
from dataclasses import dataclass
from typing import Any, Final

import peewee

from storage.calls import call_record
from storage.database import sql, translated
from storage.records import CallRecord
from storage.schema import Rows
from storage.search.index import TextIndex
from storage.search.query import Query, parse
from storage.search.snippet import Passage, Snippet, best
from storage.search.text import Stemmer
from storage.search.versions import Rules
from storage.second.rows import lines_of

MAX_FOUND: Final = 100
NUMBER_CALLS: Final = 500
"""Newest calls of one number whose words are looked at."""
TABLE: Final = "search_call"
VERSION_KEY: Final = "search.version"
NEWEST: Final = 2**62

FEW, MOST = 4, 2000
"""Pages of the index that are looked through where calls are wanted by what it does not know."""
END_DIGITS: Final = 4
BY_NUMBER: Final = ("SELECT id FROM call WHERE number = ?", "SELECT call_id FROM message WHERE number = ?")
BY_END: Final = (
    "SELECT id FROM call WHERE substr(number, -4) = ? AND number LIKE ?",
    "SELECT call_id FROM message WHERE substr(number, -4) = ? AND number LIKE ?",
)
BY_SHORT_END: Final = ("SELECT id FROM call WHERE number LIKE ?", "SELECT call_id FROM message WHERE number LIKE ?")
TURNS: Final = (
    "SELECT call_id, who, text, start FROM turn WHERE call_id IN (SELECT value FROM json_each(?))"
    " ORDER BY call_id, position"
)
MESSAGES: Final = (
    "SELECT call_id, name, number, matter FROM message WHERE call_id IN (SELECT value FROM json_each(?)) ORDER BY id"
)
SECOND: Final = "SELECT call_id, lines FROM second WHERE call_id IN (SELECT value FROM json_each(?))"
WAITING: Final = "SELECT COUNT(*) FROM call WHERE indexed = 0 AND ended IS NOT NULL"
_WATCH: Final = """
CREATE TEMP TRIGGER {name} AFTER {event} WHEN {changed} BEGIN
    UPDATE call SET indexed = 0 WHERE id = {call} AND indexed = 1;
END
"""
WATCHES: Final = (
    ("turn_said", "INSERT ON turn", "1", "NEW.call_id"),
    ("turn_changed", "UPDATE OF text ON turn", "NEW.text IS NOT OLD.text", "NEW.call_id"),
    ("second_asked", "INSERT ON second", "1", "NEW.call_id"),
    ("second_heard", "UPDATE OF lines ON second", "NEW.lines IS NOT OLD.lines", "NEW.call_id"),
    ("message_left", "INSERT ON message", "1", "NEW.call_id"),
    ("message_changed", "UPDATE OF name, number, matter ON message", "1", "NEW.call_id"),
    (
        "call_described",
        "UPDATE OF summary, note, tags ON call",
        "OLD.summary IS NOT NEW.summary OR OLD.note IS NOT NEW.note OR OLD.tags IS NOT NEW.tags",
        "NEW.id",
    ),
)
"""Whatever changes the words of a call, whoever does it: the call waits to be indexed anew. The triggers are the
connection's own, so that no rebuilding of a table in a migration can lose them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; empty means anything. `number` is canonical, or the last digits of one; times are UTC epoch
    seconds; `before` pages on from that call's id."""

    text: str = ""
    number: str = ""
    since: float | None = None
    until: float | None = None
    outcome: str = ""
    limit: int = 20
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A call that was found, and where the words stand; None where only number or time were asked for, or where the
    words stand in different places."""

    call: CallRecord
    snippet: Snippet | None


@dataclass(frozen=True, slots=True)
class Found:
    """A page, newest first; `more`: older ones are left. `waiting`: calls that are not in the index yet."""

    hits: tuple[Hit, ...]
    more: bool
    waiting: int


class CallSearch:
    """Used on the storage thread only."""

    def __init__(self, database: peewee.SqliteDatabase, rows: Rows, stemmer: Stemmer) -> None:
        self._db, self._rows, self._stemmer = database, rows, stemmer
        self.index = TextIndex(database, TABLE, stemmer)
        self.rules = Rules(database, VERSION_KEY)

    def watch(self) -> None:
        """From now on the calls that have to be indexed anew are known."""
        with translated():
            for name, event, changed, call in WATCHES:
                sql(self._db, _WATCH.format(name=name, event=event, changed=changed, call=call))

    def find(self, wanted: Wanted) -> Found:
        """Raises NothingToFind for a text without words."""
        query = parse(wanted.text, self._stemmer) if wanted.text.strip() else None
        limit = max(1, min(wanted.limit, MAX_FOUND))
        with translated():
            calls = list(self._select(wanted, query, limit + 1))
            shown = calls[:limit]
            passages = {} if query is None else self._passages(shown)
            hits = tuple(Hit(call_record(row), self._snippet(passages.get(row.id, []), query)) for row in shown)
            return Found(hits, len(calls) > limit, self._waiting())

    def index_some(self, limit: int) -> int:
        """Brings at most so many calls into the index, newest first, in one transaction; how many they were."""
        call = self._rows.call
        waiting = (call.indexed == 0) & call.ended.is_null(False)
        query = call.select().where(waiting).order_by(call.id.desc()).limit(limit)
        with translated(), self._db.atomic("IMMEDIATE"):
            rows = list(query)
            for number, passages in self._passages(rows).items():
                self.index.put(number, "\n".join(passage.text for passage in passages))
            ids = [row.id for row in rows]
            call.update(indexed=1).where(call.id.in_(ids)).execute()
        return len(rows)

    def renew_some(self) -> bool:
        """One step of forgetting an index made by other rules; whether more is left. At the end every call waits."""
        if self.index.clear():
            return True
        self.rules.mark_current()
        with translated(), self._db.atomic("IMMEDIATE"):
            self._rows.call.update(indexed=0).where(self._rows.call.indexed == 1).execute()
        return False

    def _select(self, wanted: Wanted, query: Query | None, limit: int) -> list[Any]:
        call = self._rows.call
        rows = call.select().where(call.deleted.is_null()).order_by(call.id.desc()).limit(limit)
        if wanted.before is not None:
            rows = rows.where(call.id < wanted.before)
        if wanted.since is not None:
            rows = rows.where(call.began >= wanted.since)
        if wanted.until is not None:
            rows = rows.where(call.began < wanted.until)
        if wanted.outcome:
            rows = rows.where(call.outcome == wanted.outcome)
        if wanted.number:
            ids = self._of_number(wanted.number)
            return list(rows.where(call.id.in_(ids if query is None else self.index.among(query, ids))))
        return list(rows) if query is None else self._matching(rows, wanted, query, limit)

    def _matching(self, rows: Any, wanted: Wanted, query: Query, limit: int) -> list[Any]:
        """Page by page of the index until enough of its calls are wanted in every other respect."""
        call = self._rows.call
        found: list[Any] = []
        low, high = self._bounds(wanted)
        page = limit * FEW if wanted.outcome else limit
        while len(found) < limit and low <= high:
            ids = self.index.find(query, page, low, high)
            found += list(rows.where(call.id.in_(ids))) if ids else []
            if len(ids) < page:
                break
            high, page = ids[-1] - 1, min(page * 2, MOST)
        return found[:limit]

    def _bounds(self, wanted: Wanted) -> tuple[int, int]:
        """Ids between which the calls of that time lie: the index then skips all others."""
        low, high = 0, NEWEST if wanted.before is None else wanted.before - 1
        call = self._rows.call
        span = call.select(peewee.fn.MIN(call.id), peewee.fn.MAX(call.id))
        if wanted.since is not None:
            span = span.where(call.began >= wanted.since)
        if wanted.until is not None:
            span = span.where(call.began < wanted.until)
        if wanted.since is None and wanted.until is None:
            return low, high
        first, last = span.tuples().get()
        return (1, 0) if first is None else (first, min(high, last))

    def _of_number(self, number: str) -> list[int]:
        """Newest calls from or about a number: the caller's own, or one left in a message."""
        digits = "".join(c for c in number if c.isdigit() or c in "*#")
        if not digits:
            return []
        if number.startswith("+"):
            statements: tuple[str, ...] = BY_NUMBER
            values: tuple[str, ...] = (number,)
        elif len(digits) >= END_DIGITS:
            statements, values = BY_END, (digits[-END_DIGITS:], f"%{digits}")
        else:
            statements, values = BY_SHORT_END, (f"%{digits}",)
        ids = {row[0] for statement in statements for row in sql(self._db, statement, *values)}
        return sorted(ids)[-NUMBER_CALLS:]

    def _snippet(self, passages: list[Passage], query: Query | None) -> Snippet | None:
        return None if query is None else best(passages, query, self._stemmer)

    def _passages(self, calls: list[Any]) -> dict[int, list[Passage]]:
        """Everything that is searched of these calls."""
        found: dict[int, list[Passage]] = {row.id: [] for row in calls}
        ids = json.dumps(list(found))
        for number, who, text, start in sql(self._db, TURNS, ids):
            found[number].append(Passage("turn", text, who, start))
        for number, *parts in sql(self._db, MESSAGES, ids):
            found[number].append(Passage("message", " ".join(part for part in parts if part)))
        for row in calls:
            found[row.id] += [
                Passage("summary", row.summary),
                Passage("note", row.note),
                Passage("tags", " ".join(json.loads(row.tags))),
            ]
        for number, lines in sql(self._db, SECOND, ids):
            found[number] += [Passage("second", line.text, "caller", line.start) for line in lines_of(lines)]
        return found

    def _waiting(self) -> int:
        rows = sql(self._db, WAITING)
        return int(rows[0][0])
