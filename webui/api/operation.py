"""One declaration a route: what it needs, what it takes, what it answers. `route` makes it a guarded route; `openapi`
describes it by the same words."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from webui.auth.guard import Guarded, api
from webui.auth.roles import Permission
from webui.auth.visitor import Visitor
from webui.i18n import LANGUAGES
from webui.limits import Limit
from webui.problem import BODY_LIMIT, json_body
from webui.unfit import Unfit, unfit

VERSION: Final = "1"
"""Of the API, as every answer of it says; a change that breaks its readers makes it 2."""
VERSION_HEADER: Final = "api-version"
JSON: Final = "application/json"
EVENTS: Final = "text/event-stream"
LONGEST_NAME: Final = 255
"""Of a name in a path."""
LANGUAGE: Final = "lang"
T = TypeVar("T")


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """No query, no body."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was let in and is what the operation says."""

    request: Request
    body: Any
    query: Any

    @property
    def name(self) -> str:
        """Who asks; "" for nobody, on a public route."""
        visitor: Visitor | None = self.request.scope.get("visitor")
        return visitor.name if visitor is not None else ""

    @property
    def id(self) -> Any:
        """What `{id}` of the path stands for."""
        return self.request.path_params["id"]


Handler = Callable[[Asked], Awaitable[Any]]
"""Returns what the operation's `answer` says, or a Response of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A route. `answer`: the type of the JSON, None for nothing (204); `media`: what else it answers with, by type."""

    method: str
    path: str
    needs: Permission
    does: Handler
    query: type[msgspec.Struct] = Nothing
    body: type[msgspec.Struct] | None = None
    most: int = BODY_LIMIT
    """Bytes of a JSON body."""
    raw: str = ""
    """The media type of a body that is no JSON; its bytes are read by the handler."""
    answer: Any = None
    status: int = 200
    media: tuple[str, ...] = ()
    partial: bool = False
    """Whether it answers parts (206, 416)."""
    cached: bool = False
    """Whether it has an ETag and may answer 304."""
    greets: bool = False
    limit: Limit | None = None
    also: tuple[int, ...] = ()
    """Refusals beside those that every operation may answer with."""

    @property
    def summary(self) -> str:
        """The handler's first line."""
        return " ".join((self.does.__doc__ or "").split("\n\n")[0].split())

    @property
    def name(self) -> str:
        """Unique: made of method and path."""
        words = [word.split(":")[0] for word in self.path.strip("/").replace("{", "").replace("}", "").split("/")]
        return "_".join([self.method.lower(), *(word.replace("-", "_").replace(".", "_") for word in words)])

    def route(self) -> Guarded:
        """The guarded route."""
        made = api(self.path, self._handle, self.needs, [self.method], greets=self.greets, limit=self.limit)
        made.name = self.name
        return made

    async def _handle(self, request: Request) -> Response:
        if any(isinstance(value, str) and len(value) > LONGEST_NAME for value in request.path_params.values()):
            raise HTTPException(404)
        query = _query(request, self.query)
        body = await json_body(request, self.body, self.most) if self.body is not None else None
        found = await self.does(Asked(request, body, query))
        response = found if isinstance(found, Response) else self._json(request, found)
        response.headers[VERSION_HEADER] = VERSION
        return response

    def _json(self, request: Request, found: Any) -> Response:
        if self.answer is None:
            return Response(status_code=204)
        body = msgspec.json.encode(found)
        if not self.cached:
            return Response(body, self.status, media_type=JSON)
        return tagged(request, Response(body, self.status, media_type=JSON), hashlib.sha256(body).hexdigest()[:32])


def tagged(request: Request, response: Response, mark: str) -> Response:
    """The response under that ETag; 304 where the asker has it already."""
    tag = f'"{mark}"'
    if has_it(request, tag):
        response = Response(status_code=304)
    response.headers["etag"] = tag
    response.headers["cache-control"] = "private, no-cache"
    return response


def has_it(request: Request, tag: str) -> bool:
    """If-None-Match, compared weakly (RFC 9110, 13.1.2)."""
    asked = request.headers.get("if-none-match", "")
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in asked.split(",") if one.strip())


def as_(kind: type[T], plain: Any) -> T:
    """The core's plain data as a type of ours; what we do not know is left out. Raises msgspec.ValidationError where
    the core and we are of two minds, which is our fault and nobody else's."""
    return msgspec.convert(plain, kind)


def _query(request: Request, kind: type[msgspec.Struct]) -> Any:
    for key, value in request.query_params.multi_items():
        if key in kind.__struct_fields__ and len(request.query_params.getlist(key)) > 1:
            raise Unfit("unfit.twice", place=key)
        if key == LANGUAGE and value not in LANGUAGES:
            raise Unfit("unfit.of", place=LANGUAGE, known=", ".join(LANGUAGES))
    given = {key: value for key, value in request.query_params.items() if key in kind.__struct_fields__}
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise unfit(error) from error
