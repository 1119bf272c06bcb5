"""web.db: what only the page knows. Passwords and sessions; the users themselves and their roles are the core's.

The standard library's sqlite3 on a thread of its own: the page never touches the core's database.
"""

import asyncio
import hashlib
import secrets
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from webui.auth.policy import Session, Tries
from webui.errors import WebStoreFailed

VERSION: Final = 1
SCHEMA: Final = """
CREATE TABLE credential (user TEXT PRIMARY KEY, password TEXT NOT NULL, changed REAL NOT NULL) STRICT;
CREATE TABLE session (id TEXT PRIMARY KEY, user TEXT NOT NULL, csrf TEXT NOT NULL, created REAL NOT NULL,
                      seen REAL NOT NULL, address TEXT NOT NULL, agent TEXT NOT NULL) STRICT;
CREATE INDEX session_user ON session (user);
CREATE TABLE tries (who TEXT PRIMARY KEY, failures INTEGER NOT NULL, last REAL NOT NULL) STRICT;
"""
MAX_SESSIONS: Final = 20
"""Of one user; the oldest goes."""
MAX_TRIES: Final = 10_000
"""Rows of failed sign-ins; a flood from many addresses drops the oldest."""
TOKEN_BYTES: Final = 32
MAX_AGENT: Final = 200
T = TypeVar("T")


def token_hash(token: str) -> str:
    """What is kept of a token: it holds 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


class WebStore:
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

    async def password(self, user: str) -> str | None:
        """The hash of a user's; None for one who has none."""
        rows = await self._rows("SELECT password FROM credential WHERE user = ?", user)
        return str(rows[0][0]) if rows else None

    async def set_password(self, user: str, password: str, now: float, *, keep: str = "") -> None:
        """`password` is the hash. Every session of the user ends but the one with the id `keep`."""

        def change(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO credential (user, password, changed) VALUES (?, ?, ?) "
                "ON CONFLICT (user) DO UPDATE SET password = excluded.password, changed = excluded.changed",
                (user, password, now),
            )
            db.execute("DELETE FROM session WHERE user = ? AND id <> ?", (user, keep))

        await self._write(change)

    async def begin(self, user: str, now: float, address: str, agent: str) -> tuple[str, Session]:
        """A new session; returns the token for its cookie."""
        token, csrf = secrets.token_urlsafe(TOKEN_BYTES), secrets.token_urlsafe(TOKEN_BYTES)
        session = Session(token_hash(token), user, csrf, now, now, address, agent[:MAX_AGENT])

        def begin(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO session (id, user, csrf, created, seen, address, agent) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (session.id, user, csrf, now, now, address, session.agent),
            )
            db.execute(
                "DELETE FROM session WHERE user = ? AND id NOT IN "
                "(SELECT id FROM session WHERE user = ? ORDER BY seen DESC, rowid DESC LIMIT ?)",
                (user, user, MAX_SESSIONS),
            )

        await self._write(begin)
        return token, session

    async def session(self, token: str) -> Session | None:
        """That of a cookie, over or not."""
        columns = "id, user, csrf, created, seen, address, agent"
        rows = await self._rows(f"SELECT {columns} FROM session WHERE id = ?", token_hash(token))  # noqa: S608
        return Session(*rows[0]) if rows else None

    async def sessions(self, user: str) -> list[Session]:
        """The latest first."""
        columns = "id, user, csrf, created, seen, address, agent"
        statement = f"SELECT {columns} FROM session WHERE user = ? ORDER BY seen DESC, rowid DESC"  # noqa: S608
        return [Session(*row) for row in await self._rows(statement, user)]

    async def note_use(self, session: Session, now: float) -> None:
        """It was used just now."""
        await self._change("UPDATE session SET seen = ? WHERE id = ?", now, session.id)

    async def end(self, *, session: str = "", user: str = "") -> None:
        """One session by its id, or all of a user."""
        await self._change("DELETE FROM session WHERE id = ? OR user = ?", session, user)

    async def tries(self, who: str) -> Tries:
        """Failed sign-ins of `who`, an account or an address."""
        rows = await self._rows("SELECT failures, last FROM tries WHERE who = ?", who)
        return Tries(*rows[0]) if rows else Tries()

    async def note_failure(self, who: str, now: float) -> None:
        """One more."""

        def note(db: sqlite3.Connection) -> None:
            row = db.execute("SELECT failures, last FROM tries WHERE who = ?", (who,)).fetchone()
            after = (Tries(*row) if row else Tries()).failed(now)
            db.execute("INSERT OR REPLACE INTO tries VALUES (?, ?, ?)", (who, after.failures, after.last))
            kept = "SELECT who FROM tries ORDER BY last DESC LIMIT ?"
            if db.execute("SELECT count(*) FROM tries").fetchone()[0] > MAX_TRIES:
                db.execute(f"DELETE FROM tries WHERE who NOT IN ({kept})", (MAX_TRIES,))  # noqa: S608

        await self._write(note)

    async def forgive(self, *who: str) -> None:
        """Forgets failures: after a sign-in that succeeded, or on the owner's word."""
        for one in who:
            await self._change("DELETE FROM tries WHERE who = ?", one)

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path.touch(mode=0o600)
        database = sqlite3.connect(self._path, isolation_level=None, check_same_thread=True)
        self._database = database
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise WebStoreFailed(f"{self._path} was written by a newer version of the page")
        if version == 0:
            database.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")

    async def _rows(self, statement: str, *values: Any) -> list[Any]:
        return await self._run(lambda: self._connection.execute(statement, values).fetchall())

    async def _change(self, statement: str, *values: Any) -> None:
        await self._write(lambda db: db.execute(statement, values))

    async def _write(self, change: Callable[[sqlite3.Connection], T]) -> T:
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
