"""What stands before every route: who may, and whether the browser really meant it.

A route cannot be written without saying what it needs: `page`, `api` and `live` take it, and `checked` refuses at
start-up a route that was made otherwise.
"""

import math
from collections.abc import Awaitable, Callable, Iterable
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Mount, Route, WebSocketRoute
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketClose

from webui.auth.gate import Gate
from webui.auth.roles import Permission
from webui.auth.visitor import Visitor
from webui.limits import Limit, Limiter
from webui.reader import reads

Endpoint = Callable[[Request], Awaitable[Response]]
SocketEndpoint = Callable[[WebSocket], Awaitable[None]]

COOKIE: Final = "secretary"
TOKEN_FIELD: Final = "csrf"  # noqa: S105 (a name)
TOKEN_HEADER: Final = "x-csrf-token"  # noqa: S105 (a name)
FORM_LIMIT: Final = 64 * 1024
SAFE: Final = frozenset({"GET", "HEAD"})
SIGN_IN: Final = "/signin"
BEARER: Final = "bearer"
LONGEST_BEARER: Final = 4096
MAX_ID: Final = 2**63 - 2
"""SQLite's largest, less one: what lies behind it is asked for too."""
POLICY_VIOLATION: Final = 1008
"""WebSocket close code (RFC 6455, 7.4.1); before the handshake it is answered as 403."""


class Guarded(Route):
    """A route that knows what it needs."""

    needs: Permission
    limit: Limit | None = None
    """How often one user, or one address, may ask."""
    greets = False
    """Whether a public route looks who is there."""
    takes_tokens = False
    """Whether it is open to programs too, with an access token or a personal key. Pages are not: what changes passwords
    and keys asks for a browser's session."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """A number of thousands of digits, which Python refuses to read, is no path of ours."""
        try:
            return super().matches(scope)
        except ValueError:
            return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses (401, 403), sends people to the sign-in, or goes on with `scope["visitor"]`. Raises CoreAway."""
        with reads(HTTPConnection(scope)):
            await self._guarded(scope, receive, send)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        if any(isinstance(value, int) and value > MAX_ID for value in scope.get("path_params", {}).values()):
            raise HTTPException(404)  # no row can have it, and no database could look for it
        visitor: Visitor | None = None
        token = bearer(HTTPConnection(scope)) if self.takes_tokens else None
        if self.needs is not Permission.PUBLIC or self.greets:
            visitor = scope["visitor"] = await _visitor(HTTPConnection(scope), token)
            if visitor is None and token is not None:
                raise _unauthorized()  # a public route too: who shows a token wants to know that it is over
        if self.needs is not Permission.PUBLIC:
            if visitor is None:
                await _unknown(scope, self.takes_tokens)(scope, receive, send)
                return
            if not visitor.may(self.needs):
                raise HTTPException(403)
        _within(scope, self.limit, visitor)
        # A token is sent by no browser of itself: where it opens, nothing can be forged with somebody else's cookie.
        if scope["method"] not in SAFE and token is None:
            if not is_own(HTTPConnection(scope)):
                raise HTTPException(403)
            if visitor is not None:
                receive = await _with_token(scope, receive, visitor)
        await super().handle(scope, receive, send)


class GuardedSocket(WebSocketRoute):
    """A WebSocket that knows what it needs. Browsers send cookies along from every site: Origin has to be ours."""

    needs: Permission
    limit: Limit | None = None

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Closes before the handshake (403), or goes on with `scope["visitor"]`. Raises CoreAway."""
        with reads(HTTPConnection(scope)):
            await self._guarded(scope, receive, send)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        token = bearer(connection)
        visitor = scope["visitor"] = await _visitor(connection, token)
        if visitor is None or not visitor.may(self.needs) or (token is None and not has_own_origin(connection)):
            await WebSocketClose(POLICY_VIOLATION)(scope, receive, send)
            return
        _within(scope, self.limit, visitor)
        await super().handle(scope, receive, send)


def page(
    path: str,
    endpoint: Endpoint,
    needs: Permission,
    methods: Iterable[str] = ("GET",),
    *,
    greets: bool = False,
    limit: Limit | None = None,
) -> Guarded:
    """A route, and what it needs."""
    route = Guarded(path, endpoint, methods=list(methods))
    route.needs, route.greets, route.limit = needs, greets, limit
    return route


def api(
    path: str,
    endpoint: Endpoint,
    needs: Permission,
    methods: Iterable[str] = ("GET",),
    *,
    greets: bool = False,
    limit: Limit | None = None,
) -> Guarded:
    """A route for programs: a browser's session (with the token of `x-csrf-token`, where something changes) or a
    bearer."""
    route = page(path, endpoint, needs, methods, greets=greets, limit=limit)
    route.takes_tokens = True
    return route


def live(path: str, endpoint: SocketEndpoint, needs: Permission, *, limit: Limit | None = None) -> GuardedSocket:
    """A WebSocket, and what it needs."""
    route = GuardedSocket(path, endpoint)
    route.needs, route.limit = needs, limit
    return route


def checked(routes: Iterable[BaseRoute], *, files: str) -> list[BaseRoute]:
    """The routes, if each says what it needs. Raises TypeError otherwise. `files` is the mount of the static files, the
    one thing that is there for everybody."""
    found = list(routes)
    for route in found:
        if isinstance(route, Mount) and route.path == files:
            continue
        needs = getattr(route, "needs", None)
        if not isinstance(route, Guarded | GuardedSocket) or not isinstance(needs, Permission):
            raise TypeError(f"{getattr(route, 'path', route)!r} does not say what it needs")
        if isinstance(route, GuardedSocket) and needs is Permission.PUBLIC:
            raise TypeError(f"{route.path!r}: a WebSocket is for those who are signed in")
    return found


def bearer(connection: HTTPConnection) -> str | None:
    """The token of `Authorization: Bearer`; "" for one that cannot be; None where the header is not there."""
    header = connection.headers.get("authorization")
    if header is None:
        return None
    kind, _, token = header.partition(" ")
    return token.strip() if kind.lower() == BEARER and len(token) <= LONGEST_BEARER else ""


def has_own_origin(connection: HTTPConnection) -> bool:
    """Whether a WebSocket's Origin is the page itself (RFC 6455, 10.2); browsers always send one."""
    origin = connection.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == connection.headers.get("host")


def is_own(connection: HTTPConnection) -> bool:
    """Whether a browser sent it from a page of ours. Browsers send Sec-Fetch-Site since 2020 (Safari: 2023) and Origin
    with every POST; who sends neither is no browser, and has no cookie that could be misused."""
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = connection.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == connection.headers.get("host")


async def _visitor(connection: HTTPConnection, token: str | None) -> Visitor | None:
    """Who shows a token is taken by that alone, whatever cookie comes along."""
    gate: Gate = connection.scope["app"].state.gate
    if token is not None:
        return await gate.bearers.visitor(token)
    return await gate.visitor(connection.cookies.get(COOKIE, ""))


def _within(scope: Scope, limit: Limit | None, visitor: Visitor | None) -> None:
    """Raises HTTPException (429) where somebody asks too often."""
    if limit is None:
        return
    limiter: Limiter = scope["app"].state.limiter
    client = scope.get("client")
    wait = limiter.wait(limit, visitor.name if visitor is not None else f"from {client[0] if client else ''}")
    if wait > 0:
        raise HTTPException(429, headers={"retry-after": str(math.ceil(wait))})


def _unauthorized() -> HTTPException:
    return HTTPException(401, headers={"www-authenticate": 'Bearer realm="secretary"'})


def _unknown(scope: Scope, takes_tokens: bool) -> Response:
    request = Request(scope)
    if takes_tokens:
        raise _unauthorized()
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
