"""Signing in and out: who is behind a cookie, and how one gets a cookie."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from webui.auth.bearer import Bearers, Pair
from webui.auth.passwords import Passwords, Weakness, weakness
from webui.auth.policy import Session
from webui.auth.roles import GRANTS, Role
from webui.auth.store import WebStore, token_hash
from webui.auth.visitor import Visitor
from webui.ports import UserDesk

MAX_NAME: Final = 64


class Refusal(StrEnum):
    """Why nobody was signed in; one word for a wrong name, a wrong password and a disabled user."""

    WRONG = "wrong"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Refused:
    """Not signed in. `wait`: seconds until another try is looked at."""

    why: Refusal
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`token` goes into the cookie, and nowhere else."""

    token: str
    session: Session


class Gate:
    """One for the page. Users and roles are asked of the core each time: who is disabled there is out at once."""

    def __init__(
        self, store: WebStore, users: UserDesk, passwords: Passwords, clock: Callable[[], float] = time.time
    ) -> None:
        self.bearers = Bearers(store, users, clock)
        self._store = store
        self._users = users
        self._passwords = passwords
        self._clock = clock
        self._hashing = asyncio.Semaphore(1)  # a flood of sign-ins takes one core and 19 MiB, not all of them

    async def visitor(self, token: str) -> Visitor | None:
        """Who a cookie belongs to; None for nobody (any more). Raises CoreAway, WebStoreFailed."""
        if not token or (session := await self._store.session(token)) is None:
            return None
        now = self._clock()
        if session.is_over(now):
            await self._store.end(session=session.id)
            return None
        role = await self._role(session.user)
        if role is None:
            await self._store.end(user=session.user)
            return None
        if session.is_worth_noting(now):
            await self._store.note_use(session, now)
        return Visitor(session.user, role, GRANTS[role], session)

    async def sign_in(
        self, user: str, password: str, *, address: str, agent: str, before: str = ""
    ) -> SignedIn | Refused:
        """A fresh session, whatever cookie (`before`) the browser had: it is not taken over. Raises CoreAway,
        WebStoreFailed."""
        entered = await self._enter(user, password, address)
        if isinstance(entered, Refused):
            return entered
        if before:
            await self._store.end(session=token_hash(before))
        return SignedIn(*await self._store.begin(entered, self._clock(), address, agent))

    async def log_in(self, user: str, password: str, *, address: str, agent: str) -> Pair | Refused:
        """The same for a program, which gets tokens. Raises CoreAway, WebStoreFailed."""
        entered = await self._enter(user, password, address)
        if isinstance(entered, Refused):
            return entered
        return await self.bearers.begin(entered, address=address, agent=agent)

    async def _enter(self, user: str, password: str, address: str) -> str | Refused:
        """The name of a user who has shown that he is it."""
        now, user = self._clock(), user.strip()[:MAX_NAME]
        who = (f"user {user}", f"from {address}")
        wait = max([(await self._store.tries(one)).wait(now) for one in who])
        if wait > 0:
            return Refused(Refusal.LOCKED, wait)
        kept = await self._store.password(user)
        async with self._hashing:
            right = await asyncio.to_thread(self._passwords.verify, kept, password)
        if kept is None or not right or await self._role(user) is None:
            return await self._failed(who, now)
        if self._passwords.is_outdated(kept):
            await self._store.rehash(user, await self._hash(password))
        await self._store.forgive(*who)
        return user

    async def welcome(self, token: str, name: str, password: str, *, address: str, agent: str) -> SignedIn | Weakness:
        """Uses an invitation up: sets the password, and signs in. Raises NotWelcome where the core does not take it,
        CoreAway, WebStoreFailed."""
        # First, for an invitation counts once.
        if (weak := await asyncio.to_thread(weakness, password, (name,))) is not None:
            return weak
        user = await self._users.redeem(token, name)
        now = self._clock()
        await self._store.set_password(user, await self._hash(password), now)
        await self._store.forgive(f"user {user}")
        return SignedIn(*await self._store.begin(user, now, address, agent))

    async def sign_out(self, token: str) -> None:
        """Its cookie opens nothing from now on."""
        await self._store.end(session=token_hash(token))

    async def change_password(self, visitor: Visitor, old: str, new: str, *, address: str) -> Refused | Weakness | None:
        """None where it is changed; then the user's other sessions have ended. Raises CoreAway, WebStoreFailed."""
        now, who = self._clock(), (f"user {visitor.name}", f"from {address}")
        wait = max([(await self._store.tries(one)).wait(now) for one in who])
        if wait > 0:
            return Refused(Refusal.LOCKED, wait)
        kept = await self._store.password(visitor.name)
        async with self._hashing:
            right = await asyncio.to_thread(self._passwords.verify, kept, old)
        if not right:
            return await self._failed(who, now)
        if (weak := await asyncio.to_thread(weakness, new, (visitor.name,))) is not None:
            return weak
        kept_session = visitor.session.id if visitor.session is not None else ""
        await self._store.set_password(visitor.name, await self._hash(new), now, keep=kept_session)
        return None

    async def sessions(self, user: str) -> list[Session]:
        """Those that are not over."""
        now = self._clock()
        return [session for session in await self._store.sessions(user) if not session.is_over(now)]

    async def end(self, user: str, session: str) -> None:
        """Ends one of the user's own sessions by its id."""
        if any(one.id == session for one in await self._store.sessions(user)):
            await self._store.end(session=session)

    async def _role(self, user: str) -> Role | None:
        """None for a user who is not there, is disabled, or is of a role that this page does not know."""
        role = await self._users.role(user)
        return Role(role) if role in tuple(Role) else None

    async def _failed(self, who: tuple[str, ...], now: float) -> Refused:
        for one in who:
            await self._store.note_failure(one, now)
        return Refused(Refusal.WRONG)

    async def _hash(self, password: str) -> str:
        async with self._hashing:
            return await asyncio.to_thread(self._passwords.hash, password)
