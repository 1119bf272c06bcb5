"""What web.db keeps of programs: families of refresh tokens, and personal API keys. Only hashes of either."""

import sqlite3
from dataclasses import dataclass
from typing import Final

from webui.auth.database import WebDatabase

MAX_FAMILIES: Final = 20
"""Of one user; the one unused longest goes."""
MAX_KEYS: Final = 20
"""Of one user; a further one is refused."""
FAMILY: Final = "id, user, refresh, created, seen, address, agent"
KEY: Final = "id, user, name, scopes, created, expires, seen"


@dataclass(frozen=True, slots=True)
class Family:
    """All tokens that came of one login. `refresh` is the hash of the one refresh token that counts."""

    id: str
    user: str
    refresh: str
    created: float
    seen: float
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A personal key. `scopes`: names of permissions, parted by blanks; `expires` None for never, `seen` None for
    never used. Times are UTC epoch seconds."""

    id: str
    user: str
    name: str
    scopes: str
    created: float
    expires: float | None
    seen: float | None


class TokenStore:
    """Every method may raise WebStoreFailed."""

    def __init__(self, database: WebDatabase) -> None:
        self._db = database

    async def signing_key(self) -> bytes:
        """That of the access tokens."""
        return await self._db.secret("jwt")

    async def begin(self, family: Family) -> None:
        """After a login."""

        def begin(db: sqlite3.Connection) -> None:
            db.execute(
                f"INSERT INTO family ({FAMILY}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                (family.id, family.user, family.refresh, family.created, family.seen, family.address, family.agent),
            )
            db.execute(
                "DELETE FROM family WHERE user = ? AND id NOT IN "
                "(SELECT id FROM family WHERE user = ? ORDER BY seen DESC, rowid DESC LIMIT ?)",
                (family.user, family.user, MAX_FAMILIES),
            )

        await self._db.write(begin)

    async def family(self, name: str) -> Family | None:
        """Over or not."""
        rows = await self._db.rows(f"SELECT {FAMILY} FROM family WHERE id = ?", name)  # noqa: S608
        return Family(*rows[0]) if rows else None

    async def families(self, user: str) -> list[Family]:
        """The latest first."""
        statement = f"SELECT {FAMILY} FROM family WHERE user = ? ORDER BY seen DESC, rowid DESC"  # noqa: S608
        return [Family(*row) for row in await self._db.rows(statement, user)]

    async def rotate(self, family: str, old: str, new: str, now: float) -> bool:
        """Puts another refresh token in the place of `old` (hashes); False where `old` is not the one that counts, and
        then nothing is changed. Of two at the same moment one wins."""
        changed = await self._db.change(
            "UPDATE family SET refresh = ?, seen = ? WHERE id = ? AND refresh = ?", new, now, family, old
        )
        return changed == 1

    async def end(self, *, family: str = "", user: str = "") -> None:
        """One family by its id, or all of a user."""
        await self._db.change("DELETE FROM family WHERE id = ? OR user = ?", family, user)

    async def add_key(self, key: ApiKey, key_hash: str) -> bool:
        """False where the user has too many."""

        def add(db: sqlite3.Connection) -> bool:
            (count,) = db.execute("SELECT count(*) FROM api_key WHERE user = ?", (key.user,)).fetchone()
            if count >= MAX_KEYS:
                return False
            db.execute(
                f"INSERT INTO api_key ({KEY}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                (key.id, key.user, key.name, key.scopes, key.created, key.expires, key.seen, key_hash),
            )
            return True

        return await self._db.write(add)

    async def key(self, key_hash: str) -> ApiKey | None:
        """Over or not."""
        rows = await self._db.rows(f"SELECT {KEY} FROM api_key WHERE hash = ?", key_hash)  # noqa: S608
        return ApiKey(*rows[0]) if rows else None

    async def keys(self, user: str) -> list[ApiKey]:
        """The newest first."""
        statement = f"SELECT {KEY} FROM api_key WHERE user = ? ORDER BY created DESC, rowid DESC"  # noqa: S608
        return [ApiKey(*row) for row in await self._db.rows(statement, user)]

    async def note_key_use(self, key: str, now: float) -> None:
        """It was used just now."""
        await self._db.change("UPDATE api_key SET seen = ? WHERE id = ?", now, key)

    async def remove_key(self, user: str, key: str) -> bool:
        """One of the user's own; False where it is not there."""
        return await self._db.change("DELETE FROM api_key WHERE id = ? AND user = ?", key, user) == 1

    async def remove_keys(self, user: str) -> None:
        """All of a user."""
        await self._db.change("DELETE FROM api_key WHERE user = ?", user)
