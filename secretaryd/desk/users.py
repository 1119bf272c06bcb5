"""Requests about who may use the page."""

import re
import secrets
import time
from collections.abc import Callable
from typing import Any, Final

from secretaryd.control.protocol.base import Problem
from secretaryd.control.protocol.events import Event
from secretaryd.control.protocol.users import (
    ChangeUser,
    InviteUser,
    ListUsers,
    NoteAccess,
    Redeem,
    RemoveUser,
    RoleOf,
    ShowSetUp,
    UnlockUser,
    UserChanged,
)
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.roles import ADMIN, ROLES, Actors, Standing, unknown_grants
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import Handlers, plain
from storage.audit.door import Audit
from storage.errors import NotFound, WrongState
from storage.users.door import Users
from storage.users.records import UserRecord

NAME: Final = re.compile(r"[\w][\w .@-]{0,63}")
MAX_NAME: Final = 64
INVITED_SECONDS: Final = 3 * 86400
SET_UP_SECONDS: Final = 30 * 60
TOKEN_BYTES: Final = 32
WRONG_TOKENS: Final = 20
"""In a row; who brings another within WRONG_PAUSE seconds is told to wait. None can be guessed; a right one counts."""
WRONG_PAUSE: Final = 60.0
NOTES_A_MINUTE: Final = 60
"""Of what happens at the page's door: a flood of sign-ins must not fill the audit."""

TEXTS: Final = {
    "ru": {
        "not_found": "Пользователя «{}» нет.",
        "role": "Роли «{}» нет: admin, operator, editor, viewer.",
        "grant": "Такого права нет: «{}».",
        "name": "Так назвать пользователя нельзя: буквы, цифры, пробел и знаки . _ - @, до 64.",
        "last_admin": "Это последний администратор: без него никто не смог бы управлять страницей.",
        "token": "Ссылка не подходит: она использована или устарела.",
        "users": "Пользователи уже есть: первого владельца больше не нужно.",
        "many": "Слишком много пользователей или приглашений.",
        "taken": "Такой пользователь уже есть.",
        "again": "secretaryctl users invite",
        "slow": "Слишком много неверных ссылок. Подождите минуту.",
    },
    "en": {
        "not_found": "There is no user {!r}.",
        "role": "There is no role {!r}: admin, operator, editor, viewer.",
        "grant": "There is no such grant: {!r}.",
        "name": "A user cannot be called so: letters, digits, blanks and . _ - @, up to 64.",
        "last_admin": "This is the last administrator: without one nobody could manage the page.",
        "token": "The link does not fit: it was used, or is too old.",
        "users": "There are users already: no first owner is needed.",
        "many": "Too many users or invitations.",
        "taken": "There is such a user already.",
        "again": "secretaryctl users invite",
        "slow": "Too many wrong links. Wait a minute.",
    },
}


class UsersDesk:
    """Users, their roles, invitations."""

    def __init__(
        self,
        users: Users,
        audit: Audit,
        actors: Actors,
        language: str,
        link: Callable[[str, bool], str],
        publish: Callable[[Event], object],
        now: Callable[[], float] = time.time,
    ) -> None:
        """`link` makes the address to open of a token, and whether it is the first owner's. `load` comes first."""
        self._users, self._audit, self._actors, self._link, self._now = users, audit, actors, link, now
        self._publish = publish
        self._texts = Texts(TEXTS, language)
        self.open_link: tuple[str, float] | None = None
        self._wrong, self._wrong_at = 0, 0.0
        self._unlocked: dict[str, float] = {}
        self._noted, self._noted_since = 0, 0.0
        self._known: frozenset[str] = frozenset()

    def handlers(self) -> Handlers:
        """Its requests."""
        return {
            ListUsers: self._list,
            RoleOf: self._role,
            InviteUser: self._invite,
            ChangeUser: self._change,
            RemoveUser: self._remove,
            Redeem: self._redeem,
            UnlockUser: self._unlock,
            NoteAccess: self._note,
            ShowSetUp: self._set_up,
        }

    async def load(self) -> tuple[UserRecord, ...]:
        """Brings what the rights are asked for up to date. Raises StorageError."""
        users = await self._users.list()
        self._actors.replace({user.name: Standing(user.role, user.grants) for user in users if not user.disabled})
        self._known = frozenset(user.name for user in users)
        return users

    async def _list(self, _: ListUsers, __: Peer) -> Any:
        return {"users": [plain(user) for user in await self._users.list()]}

    async def _role(self, request: RoleOf, _: Peer) -> Any:
        standing = self._actors.standing(request.name)
        return {
            "role": standing.role if standing is not None else None,
            "grants": standing.grants if standing is not None else (),
            "unlocked": max(self._unlocked.get(request.name, 0.0), self._unlocked.get("", 0.0)),
            "known": request.name in self._known,
        }

    async def _invite(self, request: InviteUser, peer: Peer) -> Any:
        self._check(request.name, request.role, nameless=True)
        known = {user.name: user for user in await self._users.list()}
        role = known[request.name].role if request.name in known else request.role
        token = secrets.token_urlsafe(TOKEN_BYTES)
        expires = self._now() + (INVITED_SECONDS if request.name else SET_UP_SECONDS)
        await self._users.sweep(self._now())
        try:
            await self._users.invite(token, request.name, role, expires, who=_who(peer))
        except WrongState as error:
            raise self._refused("many" if request.name else "users", 409) from error
        link = self._link(token, not request.name)
        if not request.name:
            self.open_link = (link, expires)
        return {"name": request.name, "role": role, "token": token, "expires": expires, "link": link}

    async def _change(self, request: ChangeUser, peer: Peer) -> Any:
        self._check(request.name, request.role or ADMIN)
        if request.grants is not None and (unknown := unknown_grants(request.grants)):
            raise self._refused("grant", 400, unknown[0])
        demoted = request.disabled is True or (request.role is not None and request.role != ADMIN)
        if demoted and await self._is_last_admin(request.name):
            raise self._refused("last_admin", 409)
        try:
            user = await self._change_row(request, peer)
        except NotFound as error:
            raise self._refused("not_found", 404, request.name) from error
        await self._changed(user.name)
        return plain(user)

    async def _change_row(self, request: ChangeUser, peer: Peer) -> UserRecord:
        grants = None if request.grants is None else tuple(sorted(set(request.grants)))
        return await self._users.change(request.name, request.role, request.disabled, grants, who=_who(peer))

    async def _changed(self, name: str) -> None:
        """Rights first, then the word: who hears it asks by the new ones."""
        await self.load()
        self._publish(UserChanged(name=name))

    async def _remove(self, request: RemoveUser, peer: Peer) -> Any:
        if await self._is_last_admin(request.name):
            raise self._refused("last_admin", 409)
        try:
            await self._users.remove(request.name, who=_who(peer))
        except NotFound as error:
            raise self._refused("not_found", 404, request.name) from error
        await self._changed(request.name)
        return {"name": request.name}

    async def _set_up(self, _: ShowSetUp, __: Peer) -> Any:
        link, expires = self.open_link if self.open_link is not None and not self._known else (None, None)
        return {"link": link, "expires": expires}

    async def invite_owner(self) -> tuple[str, float] | None:
        """A fresh link for the first owner, and until when it counts; None once there are users. Raises
        StorageError."""
        if self._known:
            self.open_link = None
            return None
        await self._invite(InviteUser(), Peer(0, "box"))
        return self.open_link

    async def keep_admin(self, name: str) -> None:
        """Who had a backup restored is an administrator still: the users in it may be none that anybody has a password
        of here. Raises StorageError."""
        if name not in self._known:
            token = secrets.token_urlsafe(TOKEN_BYTES)
            await self._users.invite(token, name, ADMIN, self._now() + SET_UP_SECONDS, who="box")
            await self._users.redeem(token, name, self._now())
        else:
            await self._users.change(name, ADMIN, False, None, who="box")
        await self.load()

    async def _unlock(self, request: UnlockUser, peer: Peer) -> Any:
        if request.name and request.name not in self._known:
            raise self._refused("not_found", 404, request.name)
        at = self._unlocked[request.name] = self._now()
        target = f"user:{request.name}" if request.name else ""
        await self._audit.add(who=_who(peer), where="control", what="user.unlocked", target=target)
        return {"unlocked": at}

    async def _note(self, request: NoteAccess, _: Peer) -> Any:
        now = self._now()
        if not 0 <= now - self._noted_since < WRONG_PAUSE:
            self._noted, self._noted_since = 0, now
        if self._noted >= NOTES_A_MINUTE:
            return {"noted": False}
        self._noted += 1
        name = request.name[:MAX_NAME] if request.name in self._known else "?"
        after = {"address": request.address[:MAX_NAME]} if request.address else None
        await self._audit.add(who=name, where="web", what=f"access.{request.what}", target=f"user:{name}", after=after)
        return {"noted": True}

    async def _redeem(self, request: Redeem, _: Peer) -> Any:
        now = self._now()
        slow = self._wrong >= WRONG_TOKENS and 0 <= now - self._wrong_at < WRONG_PAUSE
        if request.name:
            self._check(request.name, ADMIN)
        try:
            user = await self._users.redeem(request.token, request.name, now)
        except NotFound as error:
            # The right one counts even then: else anybody on the LAN could keep the owner out.
            self._wrong, self._wrong_at = self._wrong + 1, self._wrong_at if slow else now
            raise self._refused("slow" if slow else "token", 429 if slow else 404) from error
        except WrongState as error:
            raise self._refused("taken", 409) from error
        self._wrong = 0
        await self._changed(user.name)
        return plain(user)

    async def _is_last_admin(self, name: str) -> bool:
        admins = [user.name for user in await self._users.list() if user.role == ADMIN and not user.disabled]
        return admins == [name]

    def _check(self, name: str, role: str, *, nameless: bool = False) -> None:
        if role not in ROLES:
            raise self._refused("role", 400, role)
        if not NAME.fullmatch(name) and not (nameless and not name):
            raise self._refused("name", 400)

    def _refused(self, code: str, status: int, what: str = "") -> DeskError:
        text = self._texts[code].format(what[:64])
        remedy = self._texts["again"] if code == "token" else "secretaryctl users list" if status == 404 else ""
        return DeskError(Problem(code=code, text=text, remedy=remedy), status)


def _who(peer: Peer) -> str:
    return peer.actor or f"uid {peer.uid}"
