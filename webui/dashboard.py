"""How the box does: the page that everybody sees, and the owner's view of the day.

What needs no sign-in shows no full telephone number and no word of a caller, and offers nothing that changes anything.
"""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from webui import view
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.errors import CoreAway
from webui.menu import Entry
from webui.ports import StatusDesk
from webui.render import Renderer

log = logging.getLogger(__name__)

ENTRIES: Final = (Entry("/", "menu.status", "home", Permission.DASHBOARD, "now", 10, thumb=1),)
STATUS_SECONDS: Final = 4.0
LATEST_CALLS: Final = 10
AWAY: Final = (OSError, TimeoutError)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StatusPages:
    """`/`."""

    desk: StatusDesk
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [page("/", self.show, Permission.PUBLIC, greets=True)]

    async def show(self, request: Request) -> Response:
        """The page. Raises CoreAway."""
        status = await soon(self.desk.status())
        shown = view.present(status, await self._calls(), self.renderer.say(request))
        return self.renderer.page(request, "status.html", page=shown)

    async def _calls(self) -> list[dict[str, Any]] | None:
        try:
            return await soon(self.desk.calls(LATEST_CALLS))
        except CoreAway as error:
            log.warning("no list of calls", extra={"error": str(error)})
            return None


async def soon(answer: Awaitable[T]) -> T:
    """What the core answers within seconds. Raises CoreAway."""
    try:
        async with asyncio.timeout(STATUS_SECONDS):
            return await answer
    except AWAY as error:
        raise CoreAway(str(error)) from error
