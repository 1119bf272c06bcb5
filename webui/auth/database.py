"""web.db's file: opening, migrations, and the one thread that touches it.

The standard library's sqlite3: the page never touches the core's database.
"""

import asyncio
import hashlib
import secrets
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from webui.errors import WebStoreFailed

MIGRATIONS: Final = (
    """
    CREATE TABLE credential (user TEXT PRIMARY KEY, password TEXT NOT NULL, changed REAL NOT NULL) STRICT;
    CREATE TABLE session (id TEXT PRIMARY KEY, user TEXT NOT NULL, csrf TEXT NOT NULL, created REAL NOT NULL,
                          seen REAL NOT NULL, address TEXT NOT NULL, agent TEXT NOT NULL) STRICT;
    CREATE INDEX session_user ON session (user);
    CREATE TABLE tries (who TEXT PRIMARY KEY, failures INTEGER NOT NULL, last REAL NOT NULL) STRICT;
    """,
    """
    CREATE TABLE own_secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
    CREATE TABLE family (id TEXT PRIMARY KEY, user TEXT NOT NULL, refresh TEXT NOT NULL, created REAL NOT NULL,
                         seen REAL NOT NULL, address TEXT NOT NULL, agent TEXT NOT NULL) STRICT;
    CREATE INDEX family_user ON family (user);
    CREATE TABLE api_key (id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, user TEXT NOT NULL, name TEXT NOT NULL,
                          scopes TEXT NOT NULL, created REAL NOT NULL, expires REAL, seen REAL) STRICT;
    CREATE INDEX api_key_user ON api_key (user);
    """,
    """
    CREATE TABLE factor (user TEXT PRIMARY KEY, secret BLOB NOT NULL, confirmed INTEGER NOT NULL,
                         step INTEGER NOT NULL) STRICT;
    CREATE TABLE recovery (user TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (user, hash)) STRICT;
    """,
    """
    CREATE TABLE wizard (step TEXT PRIMARY KEY, state TEXT NOT NULL, at REAL NOT NULL) STRICT;
    """,
)
"""Each brings the file one version further; a released one is never changed."""
SECRET_BYTES: Final = 32
T = TypeVar("T")


def token_hash(token: str) -> str:
    """What is kept of a token: it holds enough random bits that no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


class WebDatabase:
    """Opened once by the web process; every method may raise WebStoreFailed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="web.db")
        self._database: sqlite3.Connection | None = None

    async def open(self) -> None:
        """Makes the file (mode 0600) and its tables where they are not there."""
        await self._run(self._open)

    async def close(self) -> None:
        """Ends the thread after what is queued."""
        if self._database is not None:
            await self._run(self._database.close)
        self._thread.shutdown()

    async def rows(self, statement: str, *values: Any) -> list[Any]:
        """What a SELECT finds."""
        return await self._run(lambda: self._connection.execute(statement, values).fetchall())

    async def change(self, statement: str, *values: Any) -> int:
        """One statement, durable when it returns; returns how many rows it changed."""
        return await self.write(lambda db: db.execute(statement, values).rowcount)

    async def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """A transaction: all of it or nothing, durable when it returns."""

        def write() -> T:
            db = self._connection
            db.execute("BEGIN IMMEDIATE")
            try:
                result = change(db)
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
            return result

        return await self._run(write)

    async def secret(self, name: str) -> bytes:
        """256 random bits that only this box knows; made when they are first asked for."""

        def read(db: sqlite3.Connection) -> bytes:
            made = secrets.token_bytes(SECRET_BYTES)
            db.execute("INSERT OR IGNORE INTO own_secret (name, value) VALUES (?, ?)", (name, made))
            (value,) = db.execute("SELECT value FROM own_secret WHERE name = ?", (name,)).fetchone()
            return bytes(value)

        return await self.write(read)

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path.touch(mode=0o600)
        database = sqlite3.connect(self._path, isolation_level=None, check_same_thread=True)
        self._database = database
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise WebStoreFailed(f"{self._path} was written by a newer version of the page")
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            database.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")

    @property
    def _connection(self) -> sqlite3.Connection:
        assert self._database is not None, "open() comes first"
        return self._database

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            raise WebStoreFailed(f"{self._path}: {error}") from error
        except OSError as error:
            raise WebStoreFailed(f"{self._path}: {error.strerror}") from error
