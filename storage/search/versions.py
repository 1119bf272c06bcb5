"""By which rules an index was made: it has to be made anew where ours are others. Used on the storage thread only."""

from typing import Final

import peewee

from storage.database import sql, translated
from storage.search.text import VERSION

MARK: Final = (
    "INSERT INTO meta (key, value) VALUES (?, ?)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value IS NOT excluded.value"
)


class Rules:
    """Of one index; `key` is its place among the values of the database."""

    def __init__(self, database: peewee.SqliteDatabase, key: str) -> None:
        self._db, self._key = database, key

    def outdated(self) -> bool:
        """Whether the index was made by other rules than ours."""
        with translated():
            rows = sql(self._db, "SELECT value FROM meta WHERE key = ?", self._key)
        return bool(rows) and rows[0][0] != str(VERSION)

    def mark_current(self) -> None:
        """Writes down by which rules the index is made, where that is not written yet: it is asked for every quarter
        of a minute, and the card has to live for years."""
        with translated():
            sql(self._db, MARK, self._key, str(VERSION))
