"""The web page: `/` shows how the box does, `/health` says it in one word.

There is no sign-in yet: the page is meant for 127.0.0.1 only (the default of `web.listen`), shows no full telephone
number and no word of a caller, and offers nothing that changes anything.
"""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from webui import i18n, view
from webui.errors import CoreAway
from webui.ports import StatusDesk
from webui.shield import HEADERS, Shield

__all__ = ["ALLOWED_HOSTS", "create_app"]

log = logging.getLogger(__name__)

ALLOWED_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]", "secretary.local")
"""Names under which the page may be asked for; anything else is DNS rebinding."""

REFRESH_SECONDS: Final = 5
STATUS_SECONDS: Final = 4.0
LATEST_CALLS: Final = 10
STATIC: Final = "/static"

AWAY: Final = (CoreAway, OSError, TimeoutError)
T = TypeVar("T")


def create_app(desk: StatusDesk, *, allowed_hosts: Sequence[str] = ALLOWED_HOSTS) -> Starlette:
    """The application for one box. `allowed_hosts`: host names without port; "*" allows every one."""
    pages = StatusPages(desk, i18n.load(), _templates())
    return Starlette(
        routes=[*pages.routes(), Mount(STATIC, StaticFiles(packages=[("webui", "static")]), name="static")],
        middleware=[
            Middleware(Shield),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(allowed_hosts), www_redirect=False),
        ],
        exception_handlers={HTTPException: pages.refused, Exception: pages.crashed},
    )


def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("webui"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


@dataclass(frozen=True, slots=True)
class StatusPages:
    """The status in one word and on one page."""

    desk: StatusDesk
    texts: dict[str, i18n.Texts]
    templates: Environment

    def routes(self) -> list[BaseRoute]:
        """`/` and `/health`."""
        return [Route("/", self.show), Route("/health", self.health)]

    async def health(self, _request: Request) -> Response:
        """ok or degraded (200), down (503) when the core does not answer. Says nothing more: it needs no sign-in."""
        try:
            word = view.health(await _soon(self.desk.status()))
        except AWAY:
            return JSONResponse({"status": "down"}, status_code=503)
        return JSONResponse({"status": word})

    async def show(self, request: Request) -> Response:
        """The page; 503 with what to do when the core does not answer."""
        say = self._say(request)
        try:
            status = await _soon(self.desk.status())
        except AWAY as error:
            log.warning("the core does not answer", extra={"error": str(error)})
            return self._page(request, "away.html", 503)
        page = view.present(status, await self._calls(), say)
        return self._page(request, "status.html", 200, page=page)

    async def refused(self, request: Request, error: Exception) -> Response:
        """404 and its like."""
        assert isinstance(error, HTTPException)
        say = self._say(request)
        message = say.known(f"error.{error.status_code}") or error.detail
        response = self._page(request, "error.html", error.status_code, message=message)
        response.headers.update(error.headers or {})
        return response

    async def crashed(self, request: Request, _error: Exception) -> Response:
        """Our own fault. Starlette answers this outside of all middleware, and logs it by raising it again."""
        response = self._page(request, "error.html", 500, message=self._say(request)("error.500"))
        response.headers.update(HEADERS)
        return response

    async def _calls(self) -> list[dict[str, Any]] | None:
        try:
            return await _soon(self.desk.calls(LATEST_CALLS))
        except AWAY as error:
            log.warning("no list of calls", extra={"error": str(error)})
            return None

    def _say(self, request: Request) -> i18n.Texts:
        asked = request.query_params.get("lang", "")
        return self.texts[i18n.preferred(asked, request.headers.get("accept-language", ""))]

    def _page(self, request: Request, template: str, code: int, **context: Any) -> Response:
        html = self.templates.get_template(template).render(
            say=self._say(request),
            languages=[(code, texts("lang.name")) for code, texts in self.texts.items()],
            static=STATIC,
            home="/",
            refresh_seconds=REFRESH_SECONDS,
            **context,
        )
        return HTMLResponse(html, status_code=code, headers={"vary": "accept-language"})


async def _soon(answer: Awaitable[T]) -> T:
    async with asyncio.timeout(STATUS_SECONDS):
        return await answer
