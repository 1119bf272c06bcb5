"""The page on the LAN: `/` shows how the box does, `/health` says it in one word, the rest is behind a sign-in.

What needs no sign-in shows no full telephone number and no word of a caller, and offers nothing that changes anything.
"""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from webui import view
from webui.auth.api import AuthApi
from webui.auth.gate import Gate
from webui.auth.guard import checked, page
from webui.auth.roles import Permission
from webui.errors import CoreAway, NotDone, WebStoreFailed
from webui.kept import KeptPages
from webui.people import PeoplePages
from webui.ports import RequestDesk, StatusDesk
from webui.problem import API, problem
from webui.render import STATIC, Renderer
from webui.shield import HEADERS, Shield

__all__ = ["ALLOWED_HOSTS", "create_app"]

log = logging.getLogger(__name__)

ALLOWED_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]", "secretary.local")
"""Names under which the page may be asked for; anything else is DNS rebinding."""

STATUS_SECONDS: Final = 4.0
LATEST_CALLS: Final = 10

AWAY: Final = (CoreAway, OSError, TimeoutError)
T = TypeVar("T")


def create_app(
    status: StatusDesk, requests: RequestDesk, gate: Gate, *, allowed_hosts: Sequence[str] = ALLOWED_HOSTS
) -> Starlette:
    """The application for one box. `allowed_hosts`: host names without port; "*" allows every one. Raises TypeError for
    a route that does not say what it needs."""
    renderer = Renderer()
    pages = StatusPages(status, renderer)
    routes: list[BaseRoute] = [
        *pages.routes(),
        *PeoplePages(gate, renderer).routes(),
        *KeptPages(requests, renderer).routes(),
        *AuthApi(gate, renderer).routes(),
        Mount(STATIC, StaticFiles(packages=[("webui", "static")]), name="static"),
    ]
    app = Starlette(
        routes=checked(routes, files=STATIC),
        middleware=[
            Middleware(Shield),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(allowed_hosts), www_redirect=False),
        ],
        exception_handlers={
            HTTPException: pages.refused,
            NotDone: pages.not_done,
            CoreAway: pages.away,
            WebStoreFailed: pages.crashed,
            Exception: pages.crashed,
        },
    )
    app.state.gate = gate
    return app


@dataclass(frozen=True, slots=True)
class StatusPages:
    """The status in one word and on one page; and what is shown when something goes wrong."""

    desk: StatusDesk
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """`/` and `/health`."""
        return [page("/", self.show, Permission.PUBLIC, greets=True), page("/health", self.health, Permission.PUBLIC)]

    async def health(self, _request: Request) -> Response:
        """ok or degraded (200), down (503) when the core does not answer. Says nothing more: it needs no sign-in."""
        try:
            word = view.health(await _soon(self.desk.status()))
        except AWAY:
            return JSONResponse({"status": "down"}, status_code=503)
        return JSONResponse({"status": word})

    async def show(self, request: Request) -> Response:
        """The page; 503 with what to do when the core does not answer."""
        try:
            status = await _soon(self.desk.status())
        except AWAY as error:
            return await self.away(request, error)
        shown = view.present(status, await self._calls(), self.renderer.say(request))
        return self.renderer.page(request, "status.html", page=shown)

    async def away(self, request: Request, error: Exception) -> Response:
        """The core does not answer."""
        log.warning("the core does not answer", extra={"error": str(error)})
        if request.url.path.startswith(API):
            return problem(503, "core_away", self.renderer.say(request)("down.title"))
        return self.renderer.page(request, "away.html", 503)

    async def refused(self, request: Request, error: Exception) -> Response:
        """404 and its like."""
        assert isinstance(error, HTTPException)
        say = self.renderer.say(request)
        message = say.known(f"error.{error.status_code}") or error.detail
        if request.url.path.startswith(API):
            response = problem(error.status_code, f"http_{error.status_code}", message, error.detail)
        else:
            response = self.renderer.page(request, "error.html", error.status_code, message=message)
        response.headers.update(error.headers or {})
        return response

    async def not_done(self, request: Request, error: Exception) -> Response:
        """The core's own words."""
        assert isinstance(error, NotDone)
        if request.url.path.startswith(API):
            return problem(error.status, "not_done", str(error))
        return self.renderer.page(request, "error.html", error.status, message=str(error))

    async def crashed(self, request: Request, error: Exception) -> Response:
        """Our own fault. Starlette answers this outside of all middleware, and logs it by raising it again."""
        if isinstance(error, WebStoreFailed):
            log.error("the page's own database", extra={"error": str(error)})
        message = self.renderer.say(request)("error.500")
        if request.url.path.startswith(API):
            response = problem(500, "internal", message)
        else:
            response = self.renderer.page(request, "error.html", 500, message=message)
        response.headers.update(HEADERS)
        return response

    async def _calls(self) -> list[dict[str, Any]] | None:
        try:
            return await _soon(self.desk.calls(LATEST_CALLS))
        except AWAY as error:
            log.warning("no list of calls", extra={"error": str(error)})
            return None


async def _soon(answer: Awaitable[T]) -> T:
    async with asyncio.timeout(STATUS_SECONDS):
        return await answer
