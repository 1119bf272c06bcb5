"""What outlives a restore: that a person was erased. Rows of these tables in the database of now are added to the
restored one, and applied to it when it is opened."""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

CARRIED: Final = ("tombstone",)
BUSY_MS: Final = 60_000

log = logging.getLogger(__name__)


def carry(current: Path, restored: Path) -> int:
    """Adds what the restored database lacks; returns how many rows. A database of now that cannot be read, which may be
    why one restores, has nothing to give."""
    count = 0
    try:
        with closing(sqlite3.connect(f"file:{quote(str(current))}?mode=ro", uri=True)) as source:
            source.execute(f"PRAGMA busy_timeout={BUSY_MS}")
            rows = {table: _rows(source, table) for table in CARRIED}
    except sqlite3.Error as error:
        log.warning("tombstones were not carried over", extra={"error": str(error)})
        return 0
    with closing(sqlite3.connect(restored)) as target:
        for table, (columns, found) in rows.items():
            if not found or not set(columns) <= set(_columns(target, table)):
                continue
            names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
            before = target.total_changes
            target.executemany(f'INSERT OR IGNORE INTO "{table}" ({names}) VALUES ({marks})', found)  # noqa: S608 (ours)
            count += target.total_changes - before
        target.commit()
    return count


def _columns(database: sqlite3.Connection, table: str) -> list[str]:
    return [str(row[1]) for row in database.execute(f'PRAGMA table_info("{table}")')]


def _rows(database: sqlite3.Connection, table: str) -> tuple[list[str], list[tuple[object, ...]]]:
    columns = _columns(database, table)
    columns = [name for name in columns if name != "id"]
    if not columns:
        return [], []
    names = ", ".join(f'"{name}"' for name in columns)
    return columns, database.execute(f'SELECT {names} FROM "{table}"').fetchall()  # noqa: S608 (names are ours)
