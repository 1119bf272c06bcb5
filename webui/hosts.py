"""Under which names the page is asked for: its own, and the very address that a connection came to.

Any other name is DNS rebinding: a foreign site whose name suddenly leads here. Addresses cannot be rebound, and a
house's router gives out others now and then, so that they are compared with the connection instead of a list.
"""

import ipaddress
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

ALLOWED_HOSTS: Final = ("127.0.0.1", "localhost", "::1", "secretary.local")
"""Always."""
MISDIRECTED: Final = 1008


class Hosts:
    """ASGI middleware; "*" among the names allows every one."""

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(name.lower().strip("[]") for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers 400 to who asks for another host."""
        if scope["type"] not in ("http", "websocket") or "*" in self._names:
            await self._app(scope, receive, send)
            return
        name = host_of(Headers(scope=scope).get("host", ""))
        if name is not None and (name in self._names or is_own_address(name, scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(MISDIRECTED)(scope, receive, send)
        else:
            await PlainTextResponse("Invalid host header", 400)(scope, receive, send)


def host_of(header: str) -> str | None:
    """The name of a Host header without its port; None for what is none."""
    name, bracket, rest = header.lower().partition("]")
    if bracket:
        return name[1:] if name.startswith("[") and (not rest or _is_port(rest)) else None
    name, colon, port = header.lower().partition(":")
    if colon and not _is_port(colon + port):
        return None
    return name if name and all(one.isalnum() or one in "-._" for one in name) and name.isascii() else None


def is_own_address(name: str, scope: Scope) -> bool:
    """Whether it is the address that the connection came to."""
    server = scope.get("server")
    try:
        return server is not None and ipaddress.ip_address(name) == ipaddress.ip_address(server[0].partition("%")[0])
    except ValueError:
        return False


def _is_port(text: str) -> bool:
    return text.startswith(":") and text[1:].isdecimal() and len(text) <= 6
