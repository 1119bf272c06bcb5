"""Who asked to be called back. Only a person at the page has the box dial, within the owner's rules of dialling."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol import (
    CloseTask,
    DialNumber,
    DialTask,
    DialUsed,
    ListTasks,
    Stamped,
    TaskChanged,
    TaskMade,
)
from webui import forms, stream
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.errors import CoreAway, NotDone
from webui.feed import Feed, Feeds
from webui.menu import Entry
from webui.ports import RequestDesk
from webui.render import Renderer
from webui.stream import Put
from webui.tasks_view import tasks, usage
from webui.together import together

log = logging.getLogger(__name__)

ENTRIES: Final = (Entry("/tasks", "tasks.title", "phone-outgoing", Permission.CALLS_READ, "people", 25),)
PAGE: Final = 50
MAX_SAY: Final = 500
MAX_NUMBER: Final = 40
REFUSED: Final = (400, 403, 404, 409)
"""Told on the page: the rules of dialling, a busy line."""


@dataclass(frozen=True, slots=True)
class TaskPages:
    """`/tasks` and what is done there."""

    desk: RequestDesk
    renderer: Renderer
    feeds: Feeds

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        read, act, post = Permission.CALLS_READ, Permission.CALLS_ACT, ["POST"]
        return [
            page("/tasks", self.show, read),
            page("/tasks/events", self.events, read),
            page("/tasks/call", self.call, act, post),
            page("/tasks/{id:int}/dial", self.dial, act, post),
            page("/tasks/{id:int}/done", self.done, act, post),
            page("/tasks/{id:int}/drop", self.drop, act, post),
            page("/tasks/{id:int}/open", self.open, act, post),
        ]

    async def show(self, request: Request) -> Response:
        """Those that wait, or all; `before` pages back."""
        return await self._page(request)

    async def events(self, request: Request) -> Response:
        """Server-sent events: the newest page, as it changes."""

        async def told(_feed: Feed, stamped: Stamped) -> Iterable[Put]:
            if not isinstance(stamped.event, TaskMade | TaskChanged):
                return []
            try:
                return [Put("tasks", self.renderer.part(request, "tasks_list.html", **await self._listed(request)))]
            except (CoreAway, NotDone) as error:
                log.warning("no news for a page of tasks", extra={"error": str(error)})
                return []

        return stream.events(request, self.feeds, told)

    async def dial(self, request: Request) -> Response:
        """Calls back now; the call is shown live."""
        return await self._begun(request, DialTask(id=_id(request)))

    async def call(self, request: Request) -> Response:
        """Calls any number that the rules allow."""
        form = await forms.form_of(request)
        number, say = forms.line(form, "number", MAX_NUMBER), forms.area(form, "say", MAX_SAY)
        return await self._begun(request, DialNumber(number=number, say=say), number=number, words=say)

    async def done(self, request: Request) -> Response:
        """Dealt with."""
        return await self._closed(request, "done")

    async def drop(self, request: Request) -> Response:
        """Not wanted."""
        return await self._closed(request, "dropped")

    async def open(self, request: Request) -> Response:
        """To be done after all."""
        await self._ask(request, CloseTask(id=_id(request), state="open"))
        return self.renderer.done(request, "/tasks", "tasks.told.open")

    async def _begun(self, request: Request, asked: Any, **typed: str) -> Response:
        try:
            await self._ask(request, asked)
        except NotDone as error:
            if error.status not in REFUSED:
                raise
            return await self._page(request, error.status, trouble=str(error), remedy=error.remedy, **typed)
        return self.renderer.done(request, "/live", "tasks.told.dialled")

    async def _closed(self, request: Request, state: str) -> Response:
        await self._ask(request, CloseTask(id=_id(request), state=state))
        return self.renderer.done(request, "/tasks", f"tasks.told.{state}", undo=f"/tasks/{_id(request)}/open")

    async def _page(self, request: Request, code: int = 200, **more: str) -> Response:
        context = {"trouble": "", "remedy": "", "number": "", "words": "", **more}
        listed = await self._listed(request)
        async with self.feeds.ready(forms.who(request)) as feed:
            return self.renderer.page(request, "tasks.html", code, mark=feed.here, **listed, **context)

    async def _listed(self, request: Request) -> dict[str, Any]:
        say, query = self.renderer.say(request), request.query_params
        every, before = query.get("all", "") == "1", forms.number(query.get("before", ""))
        answer, used = await together(
            self._ask(request, ListTasks(limit=PAGE + 1, before=before, all=every)), self._ask(request, DialUsed())
        )
        found = tasks(answer, say)
        kept = "all=1&" if every else ""
        older = f"/tasks?{kept}before={found[PAGE - 1].id}" if len(found) > PAGE else ""
        views = [(say("tasks.waiting"), "/tasks", not every), (say("kept.all"), "/tasks?all=1", every)]
        return {
            "tasks": found[:PAGE],
            "usage": usage(used, say),
            "older": older,
            "newer": ("/tasks?all=1" if every else "/tasks") if before is not None else "",
            "views": views,
            "follows": "?all=1&" if every else "?",
        }

    async def _ask(self, request: Request, asked: Any) -> Any:
        return await self.desk.ask(asked, forms.who(request))


def _id(request: Request) -> int:
    number: int = request.path_params["id"]
    return number
