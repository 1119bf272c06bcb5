"""What is shown when something goes wrong."""

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ExceptionHandler

from webui.errors import CoreAway, NotDone, WebStoreFailed
from webui.i18n import Texts
from webui.problem import is_for_programs, problem
from webui.render import HTMX, Renderer, toasted
from webui.shield import HEADERS
from webui.unfit import Unfit

TOO_MANY: Final = 429

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Troubles:
    """Error pages for people, problems (RFC 9457) for programs."""

    renderer: Renderer

    def handlers(self) -> dict[type[Exception], ExceptionHandler]:
        """Which exception is answered by what."""
        return {
            HTTPException: self.refused,
            NotDone: self.not_done,
            CoreAway: self.away,
            WebStoreFailed: self.crashed,
            Exception: self.crashed,
        }

    async def away(self, request: Request, error: Exception) -> Response:
        """The core does not answer: what to do."""
        log.warning("the core does not answer", extra={"error": str(error)})
        if is_for_programs(request.url.path):
            return problem(503, "core_away", self.renderer.say(request)("down.title"))
        return self.renderer.page(request, "away.html", 503)

    async def refused(self, request: Request, error: Exception) -> Response:
        """404 and its like."""
        assert isinstance(error, HTTPException)
        say = self.renderer.say(request)
        message = say.known(f"error.{error.status_code}") or error.detail
        late = _late(error, say)
        if is_for_programs(request.url.path):
            title = f"{message} {late}".strip()
            response = problem(error.status_code, f"http_{error.status_code}", title, _detail(error, say))
        elif late and HTMX in request.headers:
            response = Response(status_code=error.status_code, headers=toasted(f"{message} {late}"))
        else:
            response = self.renderer.page(request, "error.html", error.status_code, message=message, late=late)
        response.headers.update(error.headers or {})
        return response

    async def not_done(self, request: Request, error: Exception) -> Response:
        """The core's own words."""
        assert isinstance(error, NotDone)
        if is_for_programs(request.url.path):
            say = self.renderer.say(request)
            title = say.known(f"error.{error.status}") or say("error.400")
            return problem(error.status, error.code, title, str(error), error.remedy)
        if HTMX in request.headers:
            return Response(status_code=error.status, headers=toasted(str(error)))
        return self.renderer.page(request, "error.html", error.status, message=str(error))

    async def crashed(self, request: Request, error: Exception) -> Response:
        """Our own fault. Starlette answers this outside of all middleware, and logs it by raising it again."""
        if isinstance(error, WebStoreFailed):
            log.error("the page's own database", extra={"error": str(error)})
        message = self.renderer.say(request)("error.500")
        if is_for_programs(request.url.path):
            response = problem(500, "internal", message)
        else:
            response = self.renderer.page(request, "error.html", 500, message=message)
        response.headers.update(HEADERS)
        return response


def _late(error: HTTPException, say: Texts) -> str:
    """When one who asked too often may ask again; "" for anything else."""
    wait = (error.headers or {}).get("retry-after", "")
    return say.count("error.wait", int(wait)) if error.status_code == TOO_MANY and wait.isdecimal() else ""


def _detail(error: HTTPException, say: Texts) -> str:
    """What is known beyond the status; Starlette puts the status's English name where there is nothing."""
    if isinstance(error, Unfit):
        return say(error.key, **error.values)
    return "" if error.detail == HTTPStatus(error.status_code).phrase else error.detail
