"""Signing in and out, coming by an invitation, one's own account."""

import math
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from webui.auth.gate import Gate, Halfway, Refusal, Refused, SignedIn
from webui.auth.guard import COOKIE, own_path, page
from webui.auth.passwords import Weakness
from webui.auth.policy import ABSOLUTE_SECONDS
from webui.auth.roles import Permission
from webui.auth.visitor import Visitor
from webui.errors import NotWelcome
from webui.limits import Limit
from webui.menu import Entry
from webui.render import Renderer

MAX_FIELDS: Final = 20
ENTRIES: Final = (Entry("/account", "menu.account", "user-circle", Permission.SIGNED_IN, "you", 90),)


@dataclass(frozen=True, slots=True)
class PeoplePages:
    """`/signin`, `/signout`, `/welcome`, `/account`."""

    gate: Gate
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page("/signin", self.ask, Permission.PUBLIC),
            page("/signin", self.sign_in, Permission.PUBLIC, ["POST"], limit=Limit.LOGIN),
            page("/signin/code", self.code, Permission.PUBLIC, ["POST"], limit=Limit.LOGIN),
            page("/signout", self.sign_out, Permission.SIGNED_IN, ["POST"]),
            page("/welcome", self.invited, Permission.PUBLIC),
            page("/welcome", self.welcome, Permission.PUBLIC, ["POST"], limit=Limit.LOGIN),
            page("/account", self.account, Permission.SIGNED_IN),
            page("/account/password", self.set_password, Permission.SIGNED_IN, ["POST"]),
            page("/account/sessions", self.end_session, Permission.SIGNED_IN, ["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """The form."""
        return self._sign_in_form(request)

    async def sign_in(self, request: Request) -> Response:
        """To where he wanted to go, or the form again with why not."""
        form = await _form(request)
        signed = await self.gate.sign_in(
            _text(form, "user"),
            _text(form, "password"),
            address=_address(request),
            agent=request.headers.get("user-agent", ""),
            before=request.cookies.get(COOKIE, ""),
        )
        if isinstance(signed, Refused):
            code = 429 if signed.why is Refusal.LOCKED else 401
            return self._sign_in_form(request, code, trouble=self._why_not(request, signed), user=_text(form, "user"))
        asked = own_path(_text(form, "next"))
        if isinstance(signed, Halfway):
            return self.renderer.page(request, "code.html", halfway=signed.token, asked=asked, trouble="")
        return entered(request, signed, asked)

    async def code(self, request: Request) -> Response:
        """The second half of signing in; back to the start where the first was too long ago."""
        form = await _form(request)
        halfway, asked = _text(form, "halfway"), own_path(_text(form, "next"))
        signed = await self.gate.finish(
            halfway,
            _text(form, "code"),
            address=_address(request),
            agent=request.headers.get("user-agent", ""),
            before=request.cookies.get(COOKIE, ""),
        )
        if isinstance(signed, SignedIn):
            return entered(request, signed, asked)
        trouble, status = self._why_not(request, signed), 429 if signed.why is Refusal.LOCKED else 401
        if signed.why is Refusal.LATE:
            return self._sign_in_form(request, status, trouble=trouble)
        return self.renderer.page(request, "code.html", status, halfway=halfway, asked=asked, trouble=trouble)

    async def sign_out(self, request: Request) -> Response:
        """The cookie opens nothing any more."""
        await self.gate.sign_out(request.cookies.get(COOKIE, ""))
        response = RedirectResponse("/signin", 303)
        response.delete_cookie(COOKIE)
        return response

    async def invited(self, request: Request) -> Response:
        """The form for a password."""
        return self._welcome_form(request)

    async def welcome(self, request: Request) -> Response:
        """Signed in as a user with a password."""
        form = await _form(request)
        say, password = self.renderer.say(request), _text(form, "password")
        if password != _text(form, "again"):
            return self._welcome_form(request, form, say("password.differ"), 400)
        try:
            came = await self.gate.welcome(
                _text(form, "token"),
                _text(form, "user").strip(),
                password,
                address=_address(request),
                agent=request.headers.get("user-agent", ""),
            )
        except NotWelcome as error:
            return self._welcome_form(request, form, str(error), 403)
        if isinstance(came, Weakness):
            return self._welcome_form(request, form, say(f"password.{came}"), 400)
        return entered(request, came, "/")

    async def account(self, request: Request) -> Response:
        """Password and sessions."""
        return await self._account(request)

    async def set_password(self, request: Request) -> Response:
        """The old one is asked for: an open browser is not enough to take an account over."""
        form, visitor, say = await _form(request), _visitor(request), self.renderer.say(request)
        if _text(form, "password") != _text(form, "again"):
            return await self._account(request, say("password.differ"), 400)
        refused = await self.gate.change_password(
            visitor, _text(form, "old"), _text(form, "password"), address=_address(request)
        )
        if isinstance(refused, Refused):
            return await self._account(request, self._why_not(request, refused), 403)
        if isinstance(refused, Weakness):
            return await self._account(request, say(f"password.{refused}"), 400)
        return RedirectResponse("/account?done=password", 303)

    async def end_session(self, request: Request) -> Response:
        """One of the user's own."""
        await self.gate.end(_visitor(request).name, _text(await _form(request), "session"))
        return RedirectResponse("/account", 303)

    async def _account(self, request: Request, trouble: str = "", code: int = 200) -> Response:
        visitor = _visitor(request)
        sessions = await self.gate.sessions(visitor.name)
        programs = await self.gate.bearers.families(visitor.name)
        done = request.query_params.get("done") == "password"
        return self.renderer.page(
            request, "account.html", code, sessions=sessions, programs=programs, trouble=trouble, done=done
        )

    def _why_not(self, request: Request, refused: Refused) -> str:
        return self.renderer.say(request)(f"signin.{refused.why}", minutes=math.ceil(refused.wait / 60))

    def _sign_in_form(self, request: Request, code: int = 200, *, trouble: str = "", user: str = "") -> Response:
        asked = own_path(request.query_params.get("next", "/"))
        return self.renderer.page(request, "signin.html", code, trouble=trouble, user=user, asked=asked)

    def _welcome_form(
        self, request: Request, form: FormData | None = None, trouble: str = "", code: int = 200
    ) -> Response:
        given = form if form is not None else request.query_params
        token, user = (str(given.get(name, ""))[:200] for name in ("token", "user"))
        return self.renderer.page(request, "welcome.html", code, trouble=trouble, token=token, user=user)


async def _form(request: Request) -> FormData:
    return await request.form(max_fields=MAX_FIELDS, max_files=0)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _visitor(request: Request) -> Visitor:
    visitor = request.scope["visitor"]
    assert isinstance(visitor, Visitor), "the guard lets nobody else in"
    return visitor


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def entered(request: Request, signed: SignedIn, where: str) -> Response:
    """To a page, with the cookie of a fresh session."""
    response = RedirectResponse(where, 303)
    response.set_cookie(
        COOKIE,
        signed.token,
        max_age=ABSOLUTE_SECONDS,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response
