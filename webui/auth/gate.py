"""Signing in and out: who is behind a cookie, and how one gets a cookie."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from webui.auth.bearer import Bearers, Pair
from webui.auth.database import token_hash
from webui.auth.passwords import Passwords, Weakness, weakness
from webui.auth.policy import FREE_TRIES, Session
from webui.auth.standing import Standings
from webui.auth.store import TOKEN_BYTES, WebStore
from webui.auth.visitor import Visitor
from webui.ports import UserDesk

MAX_NAME: Final = 64
HALFWAY_SECONDS: Final = 5 * 60
"""Between the password and the code of the second factor."""
MAX_HALFWAY: Final = 200


class Refusal(StrEnum):
    """Why nobody was signed in; one word for a wrong name, a wrong password and a disabled user."""

    WRONG = "wrong"
    CODE = "code"
    LOCKED = "locked"
    LATE = "late"


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


@dataclass(frozen=True, slots=True)
class Halfway:
    """The password was right; `token` stands for that until the second factor's code is there."""

    token: str


class Gate:
    """One for the page. Users and roles are asked of the core each time: who is disabled there is out at once. Methods
    raise CoreAway and WebStoreFailed."""

    def __init__(
        self, store: WebStore, users: UserDesk, passwords: Passwords, clock: Callable[[], float] = time.time
    ) -> None:
        self.standings = Standings(store, users)
        self.bearers = Bearers(store, self.standings, clock)
        self.factors = store.factors
        self.wizard = store.wizard
        self._store, self._users, self._passwords, self._clock = store, users, passwords, clock
        self._halfway: dict[str, tuple[str, float]] = {}
        self._hashing = asyncio.Semaphore(1)  # a flood of sign-ins takes one core and 19 MiB, not all of them

    async def visitor(self, token: str) -> Visitor | None:
        """Who a cookie belongs to; None for nobody (any more)."""
        if not token or (session := await self._store.session(token)) is None:
            return None
        now = self._clock()
        if session.is_over(now):
            await self._store.end(session=session.id)
            return None
        if (allowed := await self.standings.of(session.user)) is None:
            return None
        if session.is_worth_noting(now):
            await self._store.note_use(session, now)
        return Visitor(session.user, allowed.role, allowed.permissions, session)

    async def holds(self, token: str) -> bool:
        """Whether a cookie's session still is, without counting this look as a use. Raises WebStoreFailed."""
        session = await self._store.session(token)
        return session is not None and not session.is_over(self._clock())

    async def sign_in(
        self, user: str, password: str, *, address: str, agent: str, before: str = ""
    ) -> SignedIn | Halfway | Refused:
        """A fresh session, whatever cookie (`before`) the browser had: it is not taken over."""
        entered = await self._enter(user, password, address)
        if isinstance(entered, Refused):
            return entered
        if await self.factors.is_on(entered):
            return self._wait_for_code(entered)
        return await self._begin(entered, address, agent, before)

    async def finish(
        self, halfway: str, code: str, *, address: str, agent: str, before: str = ""
    ) -> SignedIn | Refused:
        """The second half: an application's code, or a recovery code."""
        user, until = self._halfway.get(token_hash(halfway), ("", 0.0))
        if not user or self._clock() >= until:
            return Refused(Refusal.LATE)
        if (refused := await self._code(user, code, address)) is not None:
            return refused
        del self._halfway[token_hash(halfway)]
        return await self._begin(user, address, agent, before)

    async def log_in(self, user: str, password: str, code: str, *, address: str, agent: str) -> Pair | Refused:
        """The same for a program, which gets tokens."""
        entered = await self._enter(user, password, address)
        if isinstance(entered, Refused):
            return entered
        if await self.factors.is_on(entered):
            if not code:
                return Refused(Refusal.CODE)
            if (refused := await self._code(entered, code, address)) is not None:
                return refused
        await self._forgive(entered, address)
        await self.standings.note("signed_in", entered, address)
        return await self.bearers.begin(entered, address=address, agent=agent)

    async def welcome(self, token: str, name: str, password: str, *, address: str, agent: str) -> SignedIn | Weakness:
        """Uses an invitation up: sets the password, and signs in. Keys and the second factor of before are gone: who
        forgot his password, or lost his telephone, begins anew. Raises NotWelcome where the core does not take it."""
        # First, for an invitation counts once.
        if (weak := await asyncio.to_thread(weakness, password, (name,))) is not None:
            return weak
        user = await self._users.redeem(token, name)
        now = self._clock()
        await self._store.forget(user)
        await self._store.set_password(user, await self._hash(password), now)
        await self._store.forgive(f"user {user}")
        return SignedIn(*await self._store.begin(user, now, address, agent))

    async def sign_out(self, token: str) -> None:
        """Its cookie opens nothing from now on."""
        await self._store.end(session=token_hash(token))

    async def is_password(self, visitor: Visitor, password: str, *, address: str) -> Refused | None:
        """None where it is: asked again before what an open browser must not be enough for."""
        entered = await self._enter(visitor.name, password, address)
        if isinstance(entered, Refused):
            return entered
        await self._forgive(entered, address)
        return None

    async def change_password(self, visitor: Visitor, old: str, new: str, *, address: str) -> Refused | Weakness | None:
        """None where it is changed; then the user's other sessions have ended."""
        if (refused := await self.is_password(visitor, old, address=address)) is not None:
            return refused
        if (weak := await asyncio.to_thread(weakness, new, (visitor.name,))) is not None:
            return weak
        kept = visitor.session.id if visitor.session is not None else ""
        await self._store.set_password(visitor.name, await self._hash(new), self._clock(), keep=kept)
        await self.standings.note("password", visitor.name, address)
        return None

    async def sessions(self, user: str) -> list[Session]:
        """Those that are not over."""
        now = self._clock()
        return [session for session in await self._store.sessions(user) if not session.is_over(now)]

    async def end(self, user: str, session: str) -> None:
        """Ends one of the user's own sessions by its id, or a login of a program of his."""
        if any(one.id == session for one in await self._store.sessions(user)):
            await self._store.end(session=session)
        await self.bearers.end(user, session)

    async def end_all(self, user: str) -> None:
        """All sessions and logins; keys stay."""
        await self._store.end(user=user)
        await self._store.tokens.end(user=user)

    async def forget(self, user: str) -> None:
        """Everything of one who was removed."""
        await self._store.forget(user)

    async def _begin(self, user: str, address: str, agent: str, before: str) -> SignedIn:
        await self._forgive(user, address)
        if before:
            await self._store.end(session=token_hash(before))
        await self.standings.note("signed_in", user, address)
        return SignedIn(*await self._store.begin(user, self._clock(), address, agent))

    async def _enter(self, user: str, password: str, address: str) -> str | Refused:
        """The name of a user who has shown his password."""
        user = user.strip()[:MAX_NAME]
        if (locked := await self._locked(user, address)) is not None:
            return locked
        kept = await self._store.password(user)
        async with self._hashing:
            right = await asyncio.to_thread(self._passwords.verify, kept, password)
        if kept is None or not right or await self.standings.of(user) is None:
            return await self._failed(user, address, Refusal.WRONG)
        if self._passwords.is_outdated(kept):
            await self._store.rehash(user, await self._hash(password))
        return user

    async def _code(self, user: str, code: str, address: str) -> Refused | None:
        if (locked := await self._locked(user, address)) is not None:
            return locked
        return None if await self.factors.check(user, code) else await self._failed(user, address, Refusal.CODE)

    async def _locked(self, user: str, address: str) -> Refused | None:
        now = self._clock()
        found = [await self._store.tries(one) for one in _both(user, address)]
        wait = max(tries.wait(now) for tries in found)
        if wait <= 0:
            return None
        if await self.standings.unlocked(user) >= max(tries.last for tries in found):
            await self._store.forgive(*_both(user, address))
            return None
        return Refused(Refusal.LOCKED, wait)

    async def _failed(self, user: str, address: str, why: Refusal) -> Refused:
        now = self._clock()
        for one in _both(user, address):
            await self._store.note_failure(one, now)
        locks = (await self._store.tries(f"user {user}")).failures == FREE_TRIES
        await self.standings.note("locked" if locks else "refused", user, address)
        return Refused(why)

    async def _forgive(self, user: str, address: str) -> None:
        await self._store.forgive(*_both(user, address))

    def _wait_for_code(self, user: str) -> Halfway:
        now = self._clock()
        living = {name: one for name, one in self._halfway.items() if now < one[1]}
        self._halfway = dict(list(living.items())[-MAX_HALFWAY + 1 :])
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._halfway[token_hash(token)] = (user, now + HALFWAY_SECONDS)
        return Halfway(token)

    async def _hash(self, password: str) -> str:
        async with self._hashing:
            return await asyncio.to_thread(self._passwords.hash, password)


def _both(user: str, address: str) -> tuple[str, str]:
    return f"user {user}", f"from {address}"
