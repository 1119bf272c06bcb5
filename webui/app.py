"""The page on the LAN: the application, made of its groups of pages (`webui.site`)."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from webui import site
from webui.assets import STATIC
from webui.auth.gate import Gate
from webui.auth.guard import checked
from webui.feed import Feeds
from webui.hosts import ALLOWED_HOSTS, Hosts
from webui.limits import Limiter
from webui.ports import EventDesk, LiveDesk, StatusDesk
from webui.render import Renderer
from webui.shield import Shield
from webui.troubles import Troubles
from webui.trust import Trust

__all__ = ["ALLOWED_HOSTS", "create_app"]


def create_app(
    status: StatusDesk,
    requests: LiveDesk,
    gate: Gate,
    events: EventDesk,
    *,
    allowed_hosts: Sequence[str] = ALLOWED_HOSTS,
    limiter: Limiter | None = None,
    trust: Trust | None = None,
    renderer: Renderer | None = None,
) -> Starlette:
    """The application for one box. `allowed_hosts`: host names without port; "*" allows every one. `renderer` keeps
    nothing of it and may serve several. Raises TypeError for a route that does not say what it needs."""
    renderer = renderer or Renderer(site.entries())
    feeds = Feeds(events)
    routes = site.routes(site.Parts(status, requests, gate, renderer, feeds, trust))
    app = Starlette(
        routes=checked([*routes, Mount(STATIC, renderer.assets, name="static")], files=STATIC),
        middleware=[
            Middleware(Shield),
            Middleware(Hosts, names=list(allowed_hosts)),
        ],
        exception_handlers=Troubles(renderer).handlers(),
    )
    app.state.gate, app.state.limiter = gate, limiter if limiter is not None else Limiter()
    app.state.feeds = feeds
    return app
