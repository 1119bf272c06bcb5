"""The page on the LAN: the application, made of its groups of pages (`webui.site`)."""

from collections.abc import Sequence
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount

from webui import site
from webui.assets import STATIC
from webui.auth.gate import Gate
from webui.auth.guard import checked
from webui.ports import RequestDesk, StatusDesk
from webui.render import Renderer
from webui.shield import Shield
from webui.troubles import Troubles

__all__ = ["ALLOWED_HOSTS", "create_app"]

ALLOWED_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]", "secretary.local")
"""Names under which the page may be asked for; anything else is DNS rebinding."""


def create_app(
    status: StatusDesk, requests: RequestDesk, gate: Gate, *, allowed_hosts: Sequence[str] = ALLOWED_HOSTS
) -> Starlette:
    """The application for one box. `allowed_hosts`: host names without port; "*" allows every one. Raises TypeError for
    a route that does not say what it needs."""
    renderer = Renderer(site.entries())
    routes = site.routes(site.Parts(status, requests, gate, renderer))
    app = Starlette(
        routes=checked([*routes, Mount(STATIC, renderer.assets, name="static")], files=STATIC),
        middleware=[
            Middleware(Shield),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(allowed_hosts), www_redirect=False),
        ],
        exception_handlers=Troubles(renderer).handlers(),
    )
    app.state.gate = gate
    return app
