"""The first set-up, its way in: who is nobody yet is told where the link is found; with it he becomes the owner.

The link's token goes into a cookie of these pages alone, so that it stands in no address that is shown, and language
and theme can be changed on the way. Only the core knows whether it counts.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from webui.auth.gate import Gate, SignedIn
from webui.auth.guard import COOKIE, page
from webui.auth.passwords import Weakness
from webui.auth.roles import Permission
from webui.auth.visitor import Visitor
from webui.errors import NotWelcome
from webui.forms import address_of, form_of, text_of
from webui.limits import Limit
from webui.menu import Entry
from webui.people import entered
from webui.ports import RequestDesk, StatusDesk
from webui.render import Renderer
from webui.wizard_desk import HOME, WizardDesk
from webui.wizard_marks import Mark
from webui.wizard_restore import RestoreScreen
from webui.wizard_screens import KeyScreen, Screens
from webui.wizard_view import PATHS, is_open, token_of

ENTRIES: Final[tuple[Entry, ...]] = ()
TOKEN_COOKIE: Final = "setup"  # noqa: S105 (a name)
TOKEN_SECONDS: Final = 30 * 60
START: Final = "/setup"
RESTORE: Final = "/setup/restore"
SIGN_IN: Final = "/signin?next=/setup"


def of(desk: RequestDesk, status: StatusDesk, gate: Gate, renderer: Renderer) -> "WizardPages":
    """The group."""
    shared = WizardDesk(desk, status, gate, renderer)
    return WizardPages(shared, (Screens(shared), KeyScreen(shared), RestoreScreen(shared)))


@dataclass(frozen=True, slots=True)
class WizardPages:
    """`/setup` and what lies below it."""

    desk: WizardDesk
    screens: tuple[Screens, KeyScreen, RestoreScreen]
    one: asyncio.Lock = field(default_factory=asyncio.Lock)

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        own = [
            page(START, self.start, Permission.PUBLIC, greets=True),
            page(PATHS["language"], self.language, Permission.PUBLIC, greets=True),
            page(PATHS["owner"], self.owner, Permission.PUBLIC, greets=True),
            page(PATHS["owner"], self.make_owner, Permission.PUBLIC, ["POST"], limit=Limit.LOGIN),
            page("/setup/tried", self.tried, Permission.MANAGE, ["POST"]),
        ]
        return [*own, *(route for screen in self.screens for route in screen.routes())]

    async def start(self, request: Request) -> Response:
        """With a link: to the first screen. Without: where it is found; the owner goes on where he was."""
        if (visitor := _visitor(request)) is not None:
            if not visitor.may(Permission.MANAGE):
                return RedirectResponse(HOME, 303)
            progress = await self.desk.gate.wizard.progress()
            return RedirectResponse(PATHS[progress.next] if progress.open else HOME, 303)
        if not is_open(await self.desk.state()):
            return RedirectResponse(SIGN_IN, 303)
        typed = request.query_params.get("token", "")
        if not typed:
            return self._find(request)
        if not (token := token_of(typed)):
            return self._find(request, self.desk.renderer.say(request)("wizard.find.bad"), 400)
        response = RedirectResponse(PATHS["language"], 303)
        secure = request.url.scheme == "https"
        response.set_cookie(
            TOKEN_COOKIE, token, max_age=TOKEN_SECONDS, path=START, httponly=True, samesite="lax", secure=secure
        )
        return response

    async def language(self, request: Request) -> Response:
        """Of these pages."""
        if (away := self._away(request)) is not None:
            return away
        status = await self.desk.state()
        speaks = status.get("box", {}).get("language", "")
        return await self.desk.page(request, "language", speaks=speaks if speaks in ("ru", "en") else "ru")

    async def owner(self, request: Request) -> Response:
        """The form for name and password; who is signed in has one."""
        if (away := self._away(request)) is not None:
            return away
        return await self._owner(request)

    async def make_owner(self, request: Request) -> Response:
        """Signed in as the owner; sent twice, the second is as good as the first."""
        form, say = await form_of(request), self.desk.renderer.say(request)
        if text_of(form, "password") != text_of(form, "again"):
            return await self._owner(request, 400, form, say("password.differ"))
        async with self.one:
            came = await self._come(request, form)
        if isinstance(came, Weakness):
            return await self._owner(request, 400, form, say(f"password.{came}"))
        if isinstance(came, NotWelcome):
            return await self._owner(request, 403, form, str(came), todo=say("wizard.owner.anew"))
        for step in ("language", "owner"):
            await self.desk.gate.wizard.note(step, Mark.DONE)
        response = entered(request, came, RESTORE if text_of(form, "restore") else PATHS["company"])
        response.delete_cookie(TOKEN_COOKIE, path=START)
        return response

    async def tried(self, _: Request) -> Response:
        """The first call was seen, or is not wanted."""
        await self.desk.gate.wizard.tried()
        return RedirectResponse(HOME, 303)

    async def _come(self, request: Request, form: FormData) -> SignedIn | Weakness | NotWelcome:
        """By the link; or, where it was used a moment ago by this very form, by the password that it set."""
        name, password = text_of(form, "user").strip(), text_of(form, "password")
        who: dict[str, Any] = {"address": address_of(request), "agent": request.headers.get("user-agent", "")}
        try:
            return await self.desk.gate.welcome(request.cookies.get(TOKEN_COOKIE, ""), name, password, **who)
        except NotWelcome as error:
            refused = error
        if not (await self.desk.gate.wizard.progress()).open:
            return refused
        before = request.cookies.get(COOKIE, "")
        signed = await self.desk.gate.sign_in(name, password, before=before, **who)
        return signed if isinstance(signed, SignedIn) else refused

    async def _owner(
        self, request: Request, code: int = 200, form: FormData | None = None, trouble: str = "", todo: str = ""
    ) -> Response:
        user = text_of(form, "user")[:64] if form is not None else ""
        asked = text_of(form, "restore") if form is not None else request.query_params.get("restore", "")
        return await self.desk.page(request, "owner", code, user=user, restore=bool(asked), trouble=trouble, todo=todo)

    def _away(self, request: Request) -> Response | None:
        """Who has no link and is not signed in sees no screen."""
        if (visitor := _visitor(request)) is not None:
            return None if visitor.may(Permission.MANAGE) else RedirectResponse(HOME, 303)
        return None if request.cookies.get(TOKEN_COOKIE) else RedirectResponse(START, 303)

    def _find(self, request: Request, trouble: str = "", code: int = 200) -> Response:
        return self.desk.renderer.page(request, "wizard_find.html", code, trouble=trouble)


def _visitor(request: Request) -> Visitor | None:
    visitor: Visitor | None = request.scope.get("visitor")
    return visitor
