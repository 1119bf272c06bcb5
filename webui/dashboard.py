"""How the box does: the page that everybody sees, and the owner's view of the day.

What needs no sign-in shows no full telephone number and no word of a caller, and offers nothing that changes anything.
"""

import asyncio
import logging
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol import (
    AlertChanged,
    CallAnswered,
    CallDialled,
    CallEnded,
    CallRang,
    LineChanged,
    ListCalls,
    ListMessages,
    MessageTaken,
    ModemChanged,
    Stamped,
)
from secretaryd.control.protocol.calls import MessageChanged
from webui import stream, view
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.auth.visitor import Visitor
from webui.day_view import bars, figures, in_words
from webui.errors import CoreAway, NotDone
from webui.feed import Feed, Feeds
from webui.kept_view import kept_call, left_message
from webui.menu import Entry
from webui.numbers import Numbers
from webui.ports import RequestDesk, StatusDesk
from webui.render import Renderer
from webui.stream import Put
from webui.together import together
from webui.wizard_marks import WizardMarks
from webui.wizard_trial import Trial
from webui.wizard_view import is_open

log = logging.getLogger(__name__)

ENTRIES: Final = (Entry("/", "menu.status", "home", Permission.DASHBOARD, "now", 10, thumb=1),)
STATUS_SECONDS: Final = 4.0
LATEST_CALLS: Final = 10
SHOWN: Final = 6
"""Calls and messages on the dashboard; the rest is a page away."""
CHANGES: Final = (
    LineChanged, ModemChanged, AlertChanged, CallRang, CallDialled, CallAnswered, CallEnded, MessageTaken,
    MessageChanged,
)  # fmt: skip
"""Events after which the day looks different."""
AWAY: Final = (OSError, TimeoutError)
T = TypeVar("T")


def of(
    status: StatusDesk, requests: RequestDesk, renderer: Renderer, feeds: Feeds, marks: WizardMarks
) -> "StatusPages":
    """The group."""
    return StatusPages(status, requests, renderer, feeds, Numbers(requests), Trial(requests, marks))


@dataclass(frozen=True, slots=True)
class StatusPages:
    """`/` and `/events`."""

    desk: StatusDesk
    requests: RequestDesk
    renderer: Renderer
    feeds: Feeds
    numbers: Numbers
    trial: Trial

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page("/", self.show, Permission.PUBLIC, greets=True),
            page("/events", self.events, Permission.CALLS_READ),
        ]

    async def show(self, request: Request) -> Response:
        """The owner's day, or the state alone for who may not read calls. Raises CoreAway."""
        visitor: Visitor | None = request.scope.get("visitor")
        if visitor is not None and visitor.may(Permission.CALLS_READ):
            async with self.feeds.ready(visitor.name) as feed:
                return self.renderer.page(
                    request, "dashboard.html", mark=feed.here, **await self._day(request, visitor)
                )
        status = await soon(self.desk.status())
        if visitor is None and is_open(status):
            return RedirectResponse("/setup", 303)  # nobody owns the box yet
        shown = view.present(status, await self._calls(), self.renderer.say(request))
        return self.renderer.page(request, "status.html", page=shown)

    async def events(self, request: Request) -> Response:
        """Server-sent events: the day as it changes."""
        visitor: Visitor = request.scope["visitor"]

        async def told(feed: Feed, stamped: Stamped) -> Iterable[Put]:
            if not isinstance(stamped.event, CHANGES):
                return []
            key = "day", feed.mark(stamped), self.renderer.say(request).language
            try:
                day = await feed.shared(key, lambda: self._day(request, visitor))
            except (CoreAway, NotDone) as error:
                log.warning("no news for a dashboard", extra={"error": str(error)})
                return []
            return [Put("day", self.renderer.part(request, "day.html", **day))]

        return stream.events(request, self.feeds, told)

    async def _day(self, request: Request, visitor: Visitor) -> dict[str, Any]:
        say, name = self.renderer.say(request), visitor.name
        status, (today, week), calls, waiting, trial = await together(
            soon(self.desk.status()),
            self.numbers.week(name),
            self.requests.ask(ListCalls(limit=SHOWN), name),
            self.requests.ask(ListMessages(limit=SHOWN, handled=False), name),
            self.trial.card(visitor),
        )
        drawn = bars(week, say)
        return {
            "page": view.present(status, [], say),
            "trial": trial,
            "figures": figures(today, say),
            "bars": drawn,
            "week": in_words(drawn, say),
            "calls": [kept_call(call, say) for call in calls["calls"]],
            "messages": [left_message(message, say) for message in waiting["messages"]],
        }

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
