"""Bringing a database up to this version's schema, all or nothing; and living with one that a newer version has had.

A migration only *adds* (tables, indexes, columns that are null or have a default), so that an older version can go on
with the database, unless it says `BREAKS = True`. The newest that breaks is written into the database and into every
backup: a version that knows that one can use them.
"""

import ast
from pathlib import Path
from typing import Final

import peewee
from playhouse.migrations import Runner

from storage.database import sql, translated
from storage.errors import SchemaTooNew, StorageError, reason_of

MIGRATIONS = Path(__file__).parent / "migrations"
READABLE_FROM: Final = "schema.readable_from"
OPENED_BY: Final = "schema.opened_by"
BREAKS: Final = "BREAKS"
PUT: Final = (
    "INSERT INTO meta (key, value) VALUES (?, ?)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value IS NOT excluded.value"
)


def migrate(database: peewee.SqliteDatabase, directory: Path = MIGRATIONS) -> list[str]:
    """Applies what is pending in one transaction and returns the names.

    Raises SchemaTooNew for a database that a newer version has changed so that we cannot use it, StorageError where a
    migration fails: then the database is as it was before.
    """
    runner = Runner(database, str(directory))
    with translated():
        known = known_to(directory)
        unknown = sorted(set(runner.applied()) - known)
        if unknown and readable_from(database) not in known:
            raise SchemaTooNew(
                "{database} was written by a newer version (it has {names}); install that version again, or restore a "
                "backup made before the update",
                database=database.database,
                names=", ".join(unknown),
            )
        # The runner gives each migration its own transaction; the outer one makes the whole update one step. SQLite
        # ignores changes of foreign_keys inside a transaction, so it is done here and checked by hand.
        database.pragma("foreign_keys", 0)
        try:
            with database.atomic("IMMEDIATE"):
                applied: list[str] = runner.up()
                if not unknown:  # else the newer version has said so, and knows better
                    sql(database, PUT, READABLE_FROM, newest_that_breaks(directory))
                if broken := sql(database, "PRAGMA foreign_key_check"):
                    raise StorageError("migration leaves rows that point nowhere: {broken}", broken=broken[:3])
        except (peewee.PeeweeException, StorageError):
            raise
        except Exception as error:
            raise StorageError("migration failed, nothing was changed: {why}", why=reason_of(error)) from error
        finally:
            database.pragma("foreign_keys", 1)
    return applied


def known_to(directory: Path = MIGRATIONS) -> set[str]:
    """Names of the migrations of this version."""
    return {path.stem for path in directory.glob("[0-9]*.py")}


def newest_that_breaks(directory: Path = MIGRATIONS) -> str:
    """The migration that a version has to know to use a database of ours; the first one breaks with having none."""
    names = sorted(known_to(directory))
    breaking = [name for name in names if _breaks((directory / f"{name}.py").read_text("utf-8"))]
    return (names[:1] + breaking)[-1]


def readable_from(database: peewee.SqliteDatabase) -> str:
    """The same of an open database, which a newer version may have had; empty where none has said so."""
    if not sql(database, "SELECT 1 FROM sqlite_master WHERE name = 'meta'"):
        return ""
    rows = sql(database, "SELECT value FROM meta WHERE key = ?", READABLE_FROM)
    return str(rows[0][0]) if rows else ""


def opened_by_less(database: peewee.SqliteDatabase, directory: Path = MIGRATIONS) -> bool:
    """Whether whoever had the database last knew less than we do (an older version, before an update or in between):
    then its erasures have left alone what it did not know. Writes down that it is ours now."""
    with translated(), database.atomic("IMMEDIATE"):
        rows = sql(database, "SELECT value FROM meta WHERE key = ?", OPENED_BY)
        before = set(rows[0][0].split()) if rows else None
        sql(database, PUT, OPENED_BY, " ".join(sorted(known_to(directory))))
        applied = {str(name) for (name,) in sql(database, "SELECT name FROM schema_migration")}
    return before is not None and bool((applied & known_to(directory)) - before)


def _breaks(text: str) -> bool:
    """Whether a migration says so at its top level; it is not run for that."""
    return any(
        isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == BREAKS for target in node.targets)
        and isinstance(node.value, ast.Constant)
        and node.value.value is True
        for node in ast.parse(text).body
    )
