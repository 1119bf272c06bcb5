"""web.db: what only the page knows. Passwords, sessions, tokens; users and their roles are the core's."""

import secrets
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from webui.auth.database import WebDatabase, token_hash
from webui.auth.factors import Factors
from webui.auth.policy import Session, Tries
from webui.auth.token_store import TokenStore
from webui.wizard_marks import WizardMarks

MAX_SESSIONS: Final = 20
"""Of one user; the oldest goes."""
MAX_TRIES: Final = 10_000
"""Rows of failed sign-ins; a flood from many addresses drops the oldest."""
TOKEN_BYTES: Final = 32
MAX_AGENT: Final = 200


class WebStore:
    """Opened once by the web process; every method may raise WebStoreFailed."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._db = WebDatabase(path)
        self.factors = Factors(self._db, clock)
        self.tokens = TokenStore(self._db)
        self.wizard = WizardMarks(self._db, clock)

    async def open(self) -> None:
        """Makes the file (mode 0600) and its tables where they are not there."""
        await self._db.open()

    async def close(self) -> None:
        """Ends the thread after what is queued."""
        await self._db.close()

    async def password(self, user: str) -> str | None:
        """The hash of a user's; None for one who has none."""
        rows = await self._db.rows("SELECT password FROM credential WHERE user = ?", user)
        return str(rows[0][0]) if rows else None

    async def set_password(self, user: str, password: str, now: float, *, keep: str = "") -> None:
        """`password` is the hash. Every session of the user ends but the one with the id `keep`, and all
        that programs got with the old one."""

        def change(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO credential (user, password, changed) VALUES (?, ?, ?) "
                "ON CONFLICT (user) DO UPDATE SET password = excluded.password, changed = excluded.changed",
                (user, password, now),
            )
            db.execute("DELETE FROM session WHERE user = ? AND id <> ?", (user, keep))
            db.execute("DELETE FROM family WHERE user = ?", (user,))

        await self._db.write(change)

    async def rehash(self, user: str, password: str) -> None:
        """The same password, hashed in another way: nothing ends."""
        await self._db.change("UPDATE credential SET password = ? WHERE user = ?", password, user)

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

        await self._db.write(begin)
        return token, session

    async def session(self, token: str) -> Session | None:
        """That of a cookie, over or not."""
        columns = "id, user, csrf, created, seen, address, agent"
        rows = await self._db.rows(f"SELECT {columns} FROM session WHERE id = ?", token_hash(token))  # noqa: S608
        return Session(*rows[0]) if rows else None

    async def sessions(self, user: str) -> list[Session]:
        """The latest first."""
        columns = "id, user, csrf, created, seen, address, agent"
        statement = f"SELECT {columns} FROM session WHERE user = ? ORDER BY seen DESC, rowid DESC"  # noqa: S608
        return [Session(*row) for row in await self._db.rows(statement, user)]

    async def note_use(self, session: Session, now: float) -> None:
        """It was used just now."""
        await self._db.change("UPDATE session SET seen = ? WHERE id = ?", now, session.id)

    async def end(self, *, session: str = "", user: str = "") -> None:
        """One session by its id, or all of a user."""
        await self._db.change("DELETE FROM session WHERE id = ? OR user = ?", session, user)

    async def forget(self, user: str) -> None:
        """Everything of a user who is gone."""

        def forget(db: sqlite3.Connection) -> None:
            for table in ("credential", "session", "family", "api_key", "factor", "recovery"):
                db.execute(f"DELETE FROM {table} WHERE user = ?", (user,))  # noqa: S608

        await self._db.write(forget)

    async def tries(self, who: str) -> Tries:
        """Failed sign-ins of `who`, an account or an address."""
        rows = await self._db.rows("SELECT failures, last FROM tries WHERE who = ?", who)
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

        await self._db.write(note)

    async def forgive(self, *who: str) -> None:
        """Forgets failures: after a sign-in that succeeded, or on the owner's word."""
        for one in who:
            await self._db.change("DELETE FROM tries WHERE who = ?", one)
