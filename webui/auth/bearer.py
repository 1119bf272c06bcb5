"""Programs at the API: a login for tokens (short-lived access, rotated refresh), and personal keys with scopes."""

import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from webui.auth.access import ACCESS_SECONDS, Claims, issue, read
from webui.auth.database import token_hash
from webui.auth.policy import SEEN_EVERY_SECONDS
from webui.auth.roles import Permission
from webui.auth.standing import Standings
from webui.auth.store import MAX_AGENT, TOKEN_BYTES, WebStore
from webui.auth.token_store import ApiKey, Family
from webui.auth.visitor import Visitor

IDLE_SECONDS: Final = 7 * 86400
"""A login that nobody refreshed for so long is over."""
ABSOLUTE_SECONDS: Final = 30 * 86400
KEY_PREFIX: Final = "secretary_"
"""So that scanners of public code know a lost one."""
MAX_LABEL: Final = 64
NOT_BY_KEY: Final = frozenset({Permission.PUBLIC})
"""Permissions that are no scope."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Shown once. `access` opens for `expires_in` seconds, `refresh` brings the next pair, once."""

    access: str
    refresh: str
    expires_in: int = ACCESS_SECONDS
    refresh_expires_in: int = IDLE_SECONDS


class Bearers:
    """What stands in `Authorization: Bearer`. Methods raise CoreAway and WebStoreFailed."""

    def __init__(self, store: WebStore, standings: Standings, clock: Callable[[], float]) -> None:
        self._store, self._standings, self._clock = store.tokens, standings, clock
        self._key = b""

    async def visitor(self, token: str) -> Visitor | None:
        """Whose access token or personal key it is; None for nobody's (any more)."""
        if token.startswith(KEY_PREFIX):
            return await self._by_key(token)
        claims = read(await self._signing_key(), token, self._clock())
        if claims is None or (family := await self._living(claims.family)) is None or family.user != claims.user:
            return None
        if (allowed := await self._standings.of(family.user)) is None:
            return None
        return Visitor(family.user, allowed.role, allowed.permissions, family=family.id)

    async def begin(self, user: str, *, address: str, agent: str) -> Pair:
        """For one who has just shown his password."""
        now, family, refresh = self._clock(), secrets.token_urlsafe(16), _refresh()
        await self._store.begin(Family(family, user, token_hash(refresh), now, now, address, agent[:MAX_AGENT]))
        return await self._pair(user, family, refresh)

    async def refresh(self, token: str) -> Pair | None:
        """The next pair. None for what is not the newest refresh token of a login: one that was used before has been
        stolen, or is the thief's own, so that nobody has that login any more (RFC 9700, 4.14.2)."""
        name, _, old = token.partition(".")
        family = await self._living(name)
        if family is None or await self._standings.of(family.user) is None:
            return None
        new = _refresh()
        if not hmac.compare_digest(token_hash(old), family.refresh) or not await self._store.rotate(
            name, token_hash(old), token_hash(new), self._clock()
        ):
            await self._store.end(family=name)
            await self._standings.note("token_reused", family.user)
            return None
        return await self._pair(family.user, name, new)

    async def end(self, user: str, family: str) -> None:
        """Logs out: all tokens of one login, if it is the user's."""
        if (found := await self._store.family(family)) is not None and found.user == user:
            await self._store.end(family=family)

    async def families(self, user: str) -> list[Family]:
        """Logins that are not over."""
        now = self._clock()
        return [family for family in await self._store.families(user) if not _is_over(family, now)]

    async def make_key(
        self, user: str, name: str, scopes: Iterable[Permission], lasts: float | None
    ) -> tuple[str, ApiKey] | None:
        """A personal key; the text is shown this once. `lasts`: seconds, None for ever. None where there are too
        many."""
        now, text = self._clock(), KEY_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
        granted = " ".join(sorted(set(scopes) - NOT_BY_KEY))
        label = " ".join(name.split())[:MAX_LABEL]
        ends = None if lasts is None else now + lasts
        key = ApiKey(secrets.token_urlsafe(8), user, label, granted, now, ends, None)
        return (text, key) if await self._store.add_key(key, token_hash(text)) else None

    async def keys(self, user: str) -> list[ApiKey]:
        """Those that are there, over or not: the owner should see what he has."""
        return await self._store.keys(user)

    async def revoke_key(self, user: str, key: str) -> bool:
        """False where the user has none of that id."""
        return await self._store.remove_key(user, key)

    async def _by_key(self, token: str) -> Visitor | None:
        now = self._clock()
        key = await self._store.key(token_hash(token))
        if key is None or (key.expires is not None and now >= key.expires):
            return None
        if (allowed := await self._standings.of(key.user)) is None:
            return None
        if key.seen is None or abs(now - key.seen) >= SEEN_EVERY_SECONDS:
            await self._store.note_key_use(key.id, now)
        granted = allowed.permissions & scopes_of(key) | {Permission.PUBLIC, Permission.SIGNED_IN}
        return Visitor(key.user, allowed.role, granted, key=key.id)

    async def _living(self, name: str) -> Family | None:
        family = await self._store.family(name)
        if family is None or not _is_over(family, self._clock()):
            return family
        await self._store.end(family=name)
        return None

    async def _pair(self, user: str, family: str, refresh: str) -> Pair:
        token = issue(await self._signing_key(), Claims(user, family), self._clock())
        return Pair(token, f"{family}.{refresh}")

    async def _signing_key(self) -> bytes:
        if not self._key:
            self._key = await self._store.signing_key()
        return self._key


def scopes_of(key: ApiKey) -> frozenset[Permission]:
    """Those that this page knows."""
    named = set(key.scopes.split())
    return frozenset(permission for permission in Permission if permission in named)


def _refresh() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def _is_over(family: Family, now: float) -> bool:
    """A clock that was set back ends it too: its age is not known any more."""
    ends = min(family.seen + IDLE_SECONDS, family.created + ABSOLUTE_SECONDS)
    return now >= ends or now < family.created - SEEN_EVERY_SECONDS
