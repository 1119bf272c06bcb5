"""Whether a database of another version has all that ours needs: the manifest of a stranger's archive may lie."""

import tempfile
from pathlib import Path
from typing import Final

import peewee

from storage.backup.errors import BadArchive
from storage.database import open_database, sql
from storage.migrate import migrate

Shape = dict[str, dict[str, tuple[bool, bool]]]
"""Table to column to (must be given: neither null nor a default, part of the key)."""
MAX_TABLES: Final = 500
SHOWN: Final = 60
HARMLESS: Final = frozenset({"CASCADE", "SET NULL"})


def shape_of(database: peewee.SqliteDatabase) -> Shape:
    """Its tables."""
    wanted = "SELECT name FROM sqlite_master WHERE type = 'table' LIMIT ?"
    names = [str(name) for (name,) in sql(database, wanted, MAX_TABLES + 1)]
    return {name: _columns(database, name) for name in names}


def acting(database: peewee.SqliteDatabase) -> frozenset[tuple[str, str]]:
    """What does things by itself: triggers and views, by name and text."""
    rows = sql(database, "SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')")
    return frozenset((str(name), str(text)) for name, text in rows)


def unfit(database: peewee.SqliteDatabase) -> BadArchive | None:
    """Why this version could not work with it; None where it can. It was migrated before."""
    with tempfile.TemporaryDirectory() as aside:
        fresh = open_database("sqlite:///fresh.db", Path(aside))
        try:
            migrate(fresh)
            ours, theirs = shape_of(fresh), shape_of(database)
            if acting(database) != acting(fresh):
                return BadArchive("the database in it has triggers or views that are not ours")
        finally:
            fresh.close()
    if len(theirs) > MAX_TABLES:
        return BadArchive("the database in it has more than {most} tables", most=MAX_TABLES)
    for table, columns in ours.items():
        found = theirs.get(table)
        if found is None or columns.keys() - found.keys():
            return BadArchive("the table {table!r} of the database in it is not ours", table=table)
        if wanting := [name for name, (needed, _) in found.items() if needed and name not in columns]:
            column = wanting[0][:SHOWN]
            return BadArchive(
                "the table {table!r} of the database in it wants {column!r} for every row", table=table, column=column
            )
    for table in sorted(theirs.keys() - ours.keys()):
        for _, _, target, _, _, _, deleted, _ in sql(database, f'PRAGMA foreign_key_list("{_quoted(table)}")'):
            if target in ours and deleted not in HARMLESS:
                return BadArchive(
                    "the table {table!r} of the database in it would keep rows of {target!r} from being deleted",
                    table=table[:SHOWN],
                    target=target,
                )
    return None


def _columns(database: peewee.SqliteDatabase, table: str) -> dict[str, tuple[bool, bool]]:
    rows = sql(database, f'PRAGMA table_info("{_quoted(table)}")')
    return {
        str(name): (bool(needed) and default is None and not key, bool(key))
        for _, name, _, needed, default, key in rows
    }


def _quoted(name: str) -> str:
    return name.replace('"', '""')
