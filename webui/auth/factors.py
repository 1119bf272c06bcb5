"""The second factor of each user: an authenticator application, and recovery codes in its place."""

import sqlite3
from collections.abc import Callable

from webui.auth import totp
from webui.auth.database import WebDatabase, token_hash


class Factors:
    """Every method may raise WebStoreFailed."""

    def __init__(self, database: WebDatabase, clock: Callable[[], float]) -> None:
        self._db, self._clock = database, clock

    async def is_on(self, user: str) -> bool:
        """Whether a password alone is not enough."""
        return bool(await self._db.rows("SELECT 1 FROM factor WHERE user = ? AND confirmed = 1", user))

    async def begin(self, user: str) -> bytes:
        """A secret to be put into an application; counts once `confirm` has seen a code of it. The same one until
        then, so that a page asked for twice shows one picture."""

        def begin(db: sqlite3.Connection) -> bytes:
            row = db.execute("SELECT secret FROM factor WHERE user = ? AND confirmed = 0", (user,)).fetchone()
            if row is not None:
                return bytes(row[0])
            secret = totp.new_secret()
            db.execute("INSERT INTO factor (user, secret, confirmed, step) VALUES (?, ?, 0, 0)", (user, secret))
            return secret

        return await self._db.write(begin)

    async def confirm(self, user: str, code: str) -> list[str] | None:
        """Recovery codes, shown this once, where the code is right; then the factor is on."""
        now, codes = self._clock(), totp.recovery_codes()

        def confirm(db: sqlite3.Connection) -> list[str] | None:
            row = db.execute("SELECT secret FROM factor WHERE user = ? AND confirmed = 0", (user,)).fetchone()
            step = totp.matching_step(bytes(row[0]), code, now, 0) if row is not None else None
            if step is None:
                return None
            db.execute("UPDATE factor SET confirmed = 1, step = ? WHERE user = ?", (step, user))
            db.execute("DELETE FROM recovery WHERE user = ?", (user,))
            hashes = [(user, token_hash(totp.plain_recovery(one))) for one in codes]
            db.executemany("INSERT INTO recovery (user, hash) VALUES (?, ?)", hashes)
            return codes

        return await self._db.write(confirm)

    async def check(self, user: str, code: str) -> bool:
        """Whether it is the application's code of now, or a recovery code; either counts once."""
        now = self._clock()

        def check(db: sqlite3.Connection) -> bool:
            row = db.execute("SELECT secret, step FROM factor WHERE user = ? AND confirmed = 1", (user,)).fetchone()
            if row is None:
                return False
            step = totp.matching_step(bytes(row[0]), code, now, row[1])
            if step is not None:
                db.execute("UPDATE factor SET step = ? WHERE user = ?", (step, user))
                return True
            used = (user, token_hash(totp.plain_recovery(code)))
            return db.execute("DELETE FROM recovery WHERE user = ? AND hash = ?", used).rowcount == 1

        return await self._db.write(check)

    async def left(self, user: str) -> int:
        """Recovery codes that were not used yet."""
        rows = await self._db.rows("SELECT count(*) FROM recovery WHERE user = ?", user)
        return int(rows[0][0])

    async def remove(self, user: str) -> None:
        """A password is enough again."""

        def remove(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM factor WHERE user = ?", (user,))
            db.execute("DELETE FROM recovery WHERE user = ?", (user,))

        await self._db.write(remove)
