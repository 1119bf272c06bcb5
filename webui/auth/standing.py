"""What the core takes a user for, asked each time: who is disabled there is out here at once."""

import logging
from dataclasses import dataclass

from webui.auth.roles import Permission, Role, permissions
from webui.auth.store import WebStore
from webui.errors import CoreAway
from webui.ports import UserDesk

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Allowed:
    """A user who may come in."""

    role: Role
    permissions: frozenset[Permission]


class Standings:
    """Asks, and forgets what this page keeps of those who are gone. Raises CoreAway, WebStoreFailed."""

    def __init__(self, store: WebStore, users: UserDesk) -> None:
        self._store, self._users = store, users

    async def of(self, user: str) -> Allowed | None:
        """None for a user who is not there, is disabled, or is of a role that this page does not know."""
        standing = await self._users.standing(user)
        if standing.role in tuple(Role):
            role = Role(standing.role)
            return Allowed(role, permissions(role, standing.grants))
        if standing.known:
            await self._store.end(user=user)
            await self._store.tokens.end(user=user)
        else:
            # Another of that name may come one day: neither password nor key of this one is his.
            await self._store.forget(user)
        return None

    async def unlocked(self, user: str) -> float:
        """Until when the owner has forgiven failed sign-ins; UTC epoch seconds."""
        return (await self._users.standing(user)).unlocked

    async def note(self, what: str, user: str, address: str = "") -> None:
        """For the audit; what the core does not hear is in the journal."""
        log.info("access", extra={"what": what, "user": user, "address": address})
        try:
            await self._users.note(what, user, address)
        except CoreAway as error:
            log.warning("the audit was not told", extra={"what": what, "error": str(error)})
