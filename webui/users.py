"""Who may use the page: invitations, roles, grants, out and in again."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol.users import ChangeUser, InviteUser, ListUsers, RemoveUser, UnlockUser
from webui.auth.gate import Gate
from webui.auth.guard import page
from webui.auth.roles import GRANTS, Permission, Role
from webui.forms import form_of, text_of, texts_of, visitor_of
from webui.menu import Entry
from webui.ports import RequestDesk
from webui.qr import qr_code
from webui.render import Renderer

ENTRIES: Final = (Entry("/users", "menu.users", "users", Permission.MANAGE, "box", 60),)
NEVER_GRANTED: Final = frozenset({Permission.PUBLIC, Permission.SIGNED_IN, Permission.DASHBOARD, Permission.MANAGE})


@dataclass(frozen=True, slots=True)
class Row:
    """A user as the page shows him; `more`: permissions beyond the role that could be given, with whether they are."""

    name: str
    role: str
    disabled: bool
    created: float
    me: bool
    sessions: int
    factor: bool
    more: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class UserPages:
    """`/users` and what is done there."""

    desk: RequestDesk
    gate: Gate
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        needs = Permission.MANAGE
        return [
            page("/users", self.list, needs),
            page("/users/invite", self.invite, needs, ["POST"]),
            page("/users/change", self.change, needs, ["POST"]),
            page("/users/disabled", self.switch, needs, ["POST"]),
            page("/users/remove", self.remove, needs, ["POST"]),
            page("/users/sessions", self.end_sessions, needs, ["POST"]),
            page("/users/unlock", self.unlock, needs, ["POST"]),
        ]

    async def list(self, request: Request) -> Response:
        """All of them."""
        me = visitor_of(request).name
        told = await self.desk.ask(ListUsers(), me)
        rows = [await self._row(user, me) for user in told["users"]]
        return self.renderer.page(request, "users.html", users=rows, roles=self._roles(request))

    async def invite(self, request: Request) -> Response:
        """The link, shown this once."""
        form, me = await form_of(request), visitor_of(request).name
        name, role = text_of(form, "name").strip(), text_of(form, "role")
        made = await self.desk.ask(InviteUser(name=name or "?", role=role), me)
        link = str(made["link"])
        return self.renderer.page(request, "users_invited.html", made=made, link=link, picture=qr_code(link))

    async def change(self, request: Request) -> Response:
        """Role and grants."""
        form = await form_of(request)
        grants = tuple(sorted(set(texts_of(form, "grant"))))
        asked = ChangeUser(name=text_of(form, "name"), role=text_of(form, "role"), grants=grants)
        await self.desk.ask(asked, visitor_of(request).name)
        return self.renderer.done(request, "/users", "users.changed", name=asked.name)

    async def switch(self, request: Request) -> Response:
        """Out, with all sessions at once; or in again."""
        form = await form_of(request)
        name, disabled = text_of(form, "name"), text_of(form, "disabled") == "1"
        await self.desk.ask(ChangeUser(name=name, disabled=disabled), visitor_of(request).name)
        if disabled:
            await self.gate.end_all(name)
        return self.renderer.done(request, "/users", "users.disabled" if disabled else "users.enabled", name=name)

    async def remove(self, request: Request) -> Response:
        """For good, with password, keys and sessions."""
        name = text_of(await form_of(request), "name")
        await self.desk.ask(RemoveUser(name=name), visitor_of(request).name)
        await self.gate.forget(name)
        return self.renderer.done(request, "/users", "users.removed", name=name)

    async def end_sessions(self, request: Request) -> Response:
        """He has to sign in again everywhere."""
        name = text_of(await form_of(request), "name")
        await self.gate.end_all(name)
        return self.renderer.done(request, "/users", "users.ended", name=name)

    async def unlock(self, request: Request) -> Response:
        """Failed sign-ins are forgiven."""
        name = text_of(await form_of(request), "name")
        await self.desk.ask(UnlockUser(name=name), visitor_of(request).name)
        return self.renderer.done(request, "/users", "users.unlocked", name=name)

    def _roles(self, request: Request) -> tuple[tuple[str, str], ...]:
        say = self.renderer.say(request)
        return tuple((role.value, say(f"role.{role}")) for role in Role)

    async def _row(self, user: dict[str, Any], me: str) -> Row:
        name, role = str(user["name"]), str(user["role"])
        held = GRANTS[Role(role)] if role in tuple(Role) else frozenset()
        given = set(user.get("grants", ()))
        more = tuple((one.value, one in given) for one in Permission if one not in held | NEVER_GRANTED)
        sessions = len(await self.gate.sessions(name)) + len(await self.gate.bearers.families(name))
        factor = await self.gate.factors.is_on(name)
        return Row(name, role, bool(user["disabled"]), float(user["created"]), name == me, sessions, factor, more)
