"""Plain HTTP beside HTTPS: shows the way there, and nothing else."""

from collections.abc import Sequence
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from webui.hosts import Hosts, host_of

HTTPS: Final = 443


def create_redirect(port: int, allowed_hosts: Sequence[str]) -> Starlette:
    """308, so that a method stays what it was; `port` is where HTTPS listens."""

    async def away(request: Request) -> Response:
        host = host_of(request.headers.get("host", "")) or "secretary.local"
        place = f"[{host}]" if ":" in host else host
        query = f"?{request.url.query}" if request.url.query else ""
        path = request.scope.get("raw_path") or b"/"
        target = f"https://{place}{'' if port == HTTPS else f':{port}'}/{path.decode('latin-1').lstrip('/')}{query}"
        return RedirectResponse(target, 308)

    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    return Starlette(
        routes=[Route("/{path:path}", away, methods=methods)],
        middleware=[Middleware(Hosts, names=list(allowed_hosts))],
    )
