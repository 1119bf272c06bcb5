"""Opening the database file: pragmas, checks, and the translation of SQLite's errors into ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import peewee

from storage.errors import DatabaseDamaged, DiskFull, StorageError, reason_of
from storage.lock import PRIVATE_FILE, make_private, sync_folder

SCHEME = "sqlite:///"
DEFAULT_URL = "sqlite:///secretary.db"
BUSY_MS = 5000
WAL_LIMIT_BYTES = 4 << 20  # what a checkpoint leaves of the log on the card
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",  # a call that was acknowledged survives a power cut; NORMAL would lose the tail of the WAL
    "foreign_keys": 1,
    "busy_timeout": BUSY_MS,
    "journal_size_limit": WAL_LIMIT_BYTES,
    "secure_delete": 1,  # what is deleted is overwritten: an erased person is not in the file's free pages
}
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
READ_PRAGMAS = {"query_only": 1, "busy_timeout": BUSY_MS}


def database_path(url: str, data_dir: Path) -> Path:
    """The file named by `sqlite:///relative` (to `data_dir`) or `sqlite:////absolute`; StorageError for others."""
    if not url.startswith(SCHEME):
        raise StorageError(
            "storage url {url!r} is not supported: use sqlite:///file or sqlite:////absolute/file", url=url
        )
    name = url.removeprefix(SCHEME)
    if not name or name.startswith(":") or "?" in name:
        raise StorageError("storage url {url!r} names no file", url=url)
    return data_dir / name


@contextmanager
def translated() -> Iterator[None]:
    """Raises StorageError (DiskFull where it is that) in place of the library's errors."""
    try:
        yield
    except (peewee.PeeweeException, sqlite3.Error) as error:
        codes = _codes(error)
        if sqlite3.SQLITE_FULL in codes:
            raise DiskFull("no space left for the database") from error
        if codes & DAMAGED:
            raise DatabaseDamaged("database: {why}", why=reason_of(error)) from error
        raise StorageError("database: {why}", why=reason_of(error)) from error


def _codes(error: BaseException) -> set[int]:
    """SQLite's primary result codes of an error and of those it arose from: a full disk ends the transaction by itself,
    so that what comes out in the end is the failure to roll it back."""
    found: set[int] = set()
    link: BaseException | None = error
    while link is not None:
        for part in (link, getattr(link, "orig", None)):
            if isinstance(part, sqlite3.Error) and isinstance(getattr(part, "sqlite_errorcode", None), int):
                found.add(part.sqlite_errorcode & 0xFF)
        link = link.__context__
    return found


def open_database(url: str, data_dir: Path) -> peewee.SqliteDatabase:
    """The writer's connection. It belongs to the thread that opens it (the storage thread)."""
    path = database_path(url, data_dir)
    make_private(path.parent)
    if not path.exists():
        path.touch(mode=PRIVATE_FILE)
        sync_folder(path.parent)  # SQLite does so for its journals, not for the database itself
        sync_folder(path.parent.parent)
    database = peewee.SqliteDatabase(str(path), pragmas=PRAGMAS)
    with translated():
        database.connect()
    return database


def open_readonly(url: str, data_dir: Path) -> peewee.SqliteDatabase:
    """A reader's connection (web, CLI): it can change nothing. Raises StorageError where there is no database yet."""
    path = database_path(url, data_dir)
    database = peewee.SqliteDatabase(f"file:{quote(str(path))}?mode=ro", uri=True, pragmas=READ_PRAGMAS)
    with translated():
        database.connect()
    return database


def sql(database: peewee.SqliteDatabase, statement: str, *values: Any) -> list[Any]:
    """The rows of a statement that has no peewee form."""
    return list(database.execute_sql(statement, values).fetchall())  # type: ignore[no-untyped-call]


def damage(database: peewee.SqliteDatabase) -> str:
    """What SQLite's quick check finds wrong; empty when the file is sound."""
    try:
        with translated():
            rows = [str(row[0]) for row in sql(database, "PRAGMA quick_check(5)")]
    except DatabaseDamaged as error:
        return str(error)
    return "" if rows == ["ok"] else "; ".join(rows)


def deep_damage(path: Path) -> str:
    """What SQLite's full check finds wrong, indexes included; seconds for a large file. On a connection of its own, so
    that it may run in any thread while the writer writes. Raises StorageError where the file cannot be opened."""
    database = open_readonly(f"{SCHEME}{path}", path.parent)
    try:
        with translated():
            rows = [str(row[0]) for row in sql(database, "PRAGMA integrity_check(5)")]
    except DatabaseDamaged as error:
        return str(error)
    finally:
        database.close()
    return "" if rows == ["ok"] else "; ".join(rows)


def set_aside(path: Path, stamp: str) -> Path:
    """Moves a damaged database and its log out of the way, keeping them for rescue; returns the new name."""
    kept = path.with_name(f"{path.name}.damaged-{stamp}")
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(kept.with_name(kept.name + suffix))
    sync_folder(path.parent)
    return kept
