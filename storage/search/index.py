"""An index of texts of one kind: words in, ids out. For calls, and for whatever else has texts.

The tables are made by a migration: `NAME` (FTS5, contentless, one column `stems`) and `NAME_doc` (id, stems). Order is
by id, newest first, which FTS5 can do without looking at every hit; a ranking would have to.
"""

import json
import zlib
from collections.abc import Iterable
from typing import Any, Final

import peewee

from storage.database import sql, translated
from storage.search.query import Query
from storage.search.text import Stemmer

MERGE_PAGES: Final = 200
PIECE: Final = 200
LEVEL: Final = 6

STATEMENTS: Final = {
    "insert": "INSERT INTO NAME (rowid, stems) VALUES (?, ?)",
    "keep": "INSERT INTO NAME_doc (id, stems) VALUES (?, ?)",
    "kept": "SELECT stems FROM NAME_doc WHERE id = ?",
    "these": "SELECT id, stems FROM NAME_doc WHERE id IN (SELECT value FROM json_each(?))",
    "orphans": "SELECT id FROM NAME_doc WHERE id NOT IN (SELECT id FROM ROWS) LIMIT ?",
    "some": "SELECT id FROM NAME_doc LIMIT ?",
    "delete": "INSERT INTO NAME (NAME, rowid, stems) VALUES ('delete', ?, ?)",
    "drop": "DELETE FROM NAME_doc WHERE id = ?",
    "find": "SELECT rowid FROM NAME WHERE NAME MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?",
    "merge": "INSERT INTO NAME (NAME, rank) VALUES ('merge', ?)",
    "changes": "SELECT total_changes()",
}


class TextIndex:
    """Used on the storage thread. Every method joins the transaction that is open, if one is."""

    def __init__(self, database: peewee.SqliteDatabase, name: str, stemmer: Stemmer) -> None:
        self._db, self._stemmer = database, stemmer
        self._statements = {key: statement.replace("NAME", name) for key, statement in STATEMENTS.items()}

    def put(self, number: int, text: str) -> None:
        """A text, or what it is now."""
        stems = self._stemmer.stems(text)
        with translated(), self._db.atomic():
            self.forget(number)
            if not stems:
                return
            self._run("insert", number, stems)
            packed = zlib.compress(stems.encode(), LEVEL)
            self._run("keep", number, packed)

    def forget(self, number: int) -> bool:
        """Takes a text out; whether it was there. Its stems are gone from the file only after `settle`."""
        with translated(), self._db.atomic():
            rows = self._run("kept", number)
            if not rows:
                return False
            stems = zlib.decompress(rows[0][0]).decode()
            self._run("delete", number, stems)
            self._run("drop", number)
        return True

    def find(self, query: Query, limit: int, low: int, high: int) -> list[int]:
        """Ids from `low` to `high`, newest first."""
        with translated():
            return [row[0] for row in self._run("find", query.match(), low, high, limit)]

    def among(self, query: Query, ids: Iterable[int]) -> list[int]:
        """Those of a few texts that match: cheaper than looking for a common word in all of them."""
        with translated():
            rows = self._run("these", json.dumps(list(ids)))
        return [number for number, packed in rows if query.matches(zlib.decompress(packed).decode())]

    def clear(self, limit: int = PIECE) -> bool:
        """Forgets a piece of everything, for an index that is made anew; whether more is left."""
        with translated(), self._db.atomic("IMMEDIATE"):
            rows = self._run("some", limit)
            for (number,) in rows:
                self.forget(number)
        return len(rows) == limit

    def forget_orphans(self, table: str) -> bool:
        """Takes out a piece of what has no row any more: a version that does not know this index removes rows only.
        Whether more is left. `table` is ours."""
        with translated(), self._db.atomic("IMMEDIATE"):
            rows = sql(self._db, self._statements["orphans"].replace("ROWS", table), PIECE)
            for (number,) in rows:
                self.forget(number)
        return len(rows) == PIECE

    def settle(self, first: bool) -> bool:
        """One small step of merging the index into one piece, after which nothing that was forgotten is left in the
        file; whether more is to do. `first` begins."""
        with translated(), self._db.atomic("IMMEDIATE"):
            before = self._run("changes")[0][0]
            self._run("merge", -MERGE_PAGES if first else MERGE_PAGES)
            # https://www.sqlite.org/fts5.html#the_merge_command: less than two changes means that nothing was done
            return int(self._run("changes")[0][0]) - int(before) >= 2

    def _run(self, what: str, *values: Any) -> list[Any]:
        return sql(self._db, self._statements[what], *values)
