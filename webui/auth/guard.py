"""What stands before every route: who may, and whether the browser really meant it.

A route cannot be written without saying what it needs: `page` takes it, and `checked` refuses at start-up a route that
was XX
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Message, Receive, Scope, Send

from webui.auth.gate import Gate, Visitor
from webui.auth.roles import Permission

Endpoint = Callable[[Request], Awaitable[Response]]

COOKIE: Final = "secretary"
TOKEN_FIELD: Final = "csrf"  # noqa: S105 (a name)
TOKEN_HEADER: Final = "x-csrf-token"  # noqa: S105 (a name)
FORM_LIMIT: Final = 64 * 1024
SAFE: Final = frozenset({"GET", "HEAD"})
SIGN_IN: Final = "/signin"


class Guarded(Route):
    """A route that knows what it needs."""

    needs: Permission
    greets = False
    """Whether a public page looks who is there, to show a menu."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses (401, 403), sends people to the sign-in, or goes on with `scope["visitor"]`. Raises CoreAway."""
        visitor: Visitor | None = None
        if self.needs is not Permission.PUBLIC or self.greets:
            gate: Gate = scope["app"].state.gate
            visitor = scope["visitor"] = await gate.visitor(HTTPConnection(scope).cookies.get(COOKIE, ""))
        if self.needs is not Permission.PUBLIC:
            if visitor is None:
                await _unknown(scope)(scope, receive, send)
                return
            if not visitor.may(self.needs):
                raise HTTPException(403)
        if scope["method"] not in SAFE:
            if not is_own(HTTPConnection(scope)):
                raise HTTPException(403)
            if visitor is not None:
                receive = await _with_token(scope, receive, visitor)
        await super().handle(scope, receive, send)


def page(
    path: str, endpoint: Endpoint, needs: Permission, methods: Iterable[str] = ("GET",), *, greets: bool = False
) -> Guarded:
    """A route, and what it needs."""
    route = Guarded(path, endpoint, methods=list(methods))
    route.needs, route.greets = needs, greets
    return route


def checked(routes: Iterable[BaseRoute], *, files: str) -> list[BaseRoute]:
    """The routes, if each says what it needs. Raises TypeError otherwise. `files` is the mount of the static files, the
    one thing that is there for everybody."""
    found = list(routes)
    for route in found:
        if isinstance(route, Mount) and route.path == files:
            continue
        if not isinstance(route, Guarded) or not isinstance(getattr(route, "needs", None), Permission):
            raise TypeError(f"{getattr(route, 'path', route)!r} does not say what it needs")
    return found


def is_own(connection: HTTPConnection) -> bool:
    """Whether a browser sent it from a page of ours. Browsers send Sec-Fetch-Site since 2020 (Safari: 2023) and Origin
    with every POST; who sends neither is no browser, and has no cookie that could be misused."""
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = connection.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == connection.headers.get("host")


def _unknown(scope: Scope) -> Response:
    request = Request(scope)
    if scope["method"] not in SAFE or "text/html" not in request.headers.get("accept", ""):
        raise HTTPException(401)
    asked = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
    return RedirectResponse(f"{SIGN_IN}?next={quote(asked)}", 303)


async def _with_token(scope: Scope, receive: Receive, visitor: Visitor) -> Receive:
    """Checks the token of a header, or of a form; the form is given on as it came. Raises HTTPException."""
    request = Request(scope)
    if token := request.headers.get(TOKEN_HEADER, ""):
        if not visitor.is_authentic(token):
            raise HTTPException(403)
        return receive
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise HTTPException(403)
    body = await _body(receive)
    fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=200)
    if not visitor.is_authentic(fields.get(TOKEN_FIELD, [""])[0]):
        raise HTTPException(403)
    return _again(body, receive)


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise HTTPException(400)
        body += bytes(message.get("body", b""))
        if len(body) > FORM_LIMIT:
            raise HTTPException(413)
        if not message.get("more_body", False):
            return body


def _again(body: bytes, receive: Receive) -> Receive:
    told = False

    async def replay() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def own_path(asked: str) -> str:
    """Where to go after signing in: a path of ours, never another site."""
    parts = urlsplit(asked)
    if parts.scheme or parts.netloc or not asked.startswith("/") or asked.startswith(("//", "/\\")) or "\\" in asked:
        return "/"
    return asked if asked.isprintable() else "/"
