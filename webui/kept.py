"""Messages that callers left."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol import ListMessages, MessageTaken, Stamped
from secretaryd.control.protocol.calls import AssignMessage, HandleMessage, ListHelpers, MessageChanged
from webui import forms, stream
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.errors import CoreAway, NotDone
from webui.feed import Feed, Feeds
from webui.kept_view import left_message
from webui.menu import Entry
from webui.ports import RequestDesk
from webui.render import Renderer
from webui.stream import Put
from webui.together import together

log = logging.getLogger(__name__)

PAGE: Final = 50
VIEWS: Final = ("", "mine", "all")
"""Those that wait, those that the reader is to see to, all."""
MAX_NAME: Final = 64
ENTRIES: Final = (Entry("/messages", "menu.messages", "message-2", Permission.MESSAGES_READ, "people", 20, thumb=3),)


@dataclass(frozen=True, slots=True)
class KeptPages:
    """`/messages`."""

    desk: RequestDesk
    renderer: Renderer
    feeds: Feeds

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page("/messages", self.messages, Permission.MESSAGES_READ),
            page("/messages/events", self.events, Permission.MESSAGES_READ),
            page("/messages/{id:int}", self.handle, Permission.MESSAGES_HANDLE, ["POST"]),
            page("/messages/{id:int}/assign", self.assign, Permission.MESSAGES_HANDLE, ["POST"]),
        ]

    async def messages(self, request: Request) -> Response:
        """What callers left: what waits, what is the reader's, or all; `before` pages back."""
        listed = await self._listed(request)
        async with self.feeds.ready(forms.who(request)) as feed:
            return self.renderer.page(request, "messages.html", mark=feed.here, **listed)

    async def events(self, request: Request) -> Response:
        """Server-sent events: the newest page, once another was left, or somebody has seen to one."""

        async def told(feed: Feed, stamped: Stamped) -> Iterable[Put]:
            if not isinstance(stamped.event, MessageTaken | MessageChanged):
                return []
            key = "messages", feed.mark(stamped), self.renderer.say(request).language, str(request.query_params)
            try:
                listed = await feed.shared(key, lambda: self._listed(request))
            except (CoreAway, NotDone) as error:
                log.warning("no news for a page of messages", extra={"error": str(error)})
                return []
            return [Put("messages", self.renderer.part(request, "messages_list.html", **listed))]

        return stream.events(request, self.feeds, told)

    async def _listed(self, request: Request) -> dict[str, Any]:
        query, say, name = request.query_params, self.renderer.say(request), forms.who(request)
        show, before = forms.one_of(query.get("show", ""), VIEWS), forms.number(query.get("before", ""))
        asked = ListMessages(
            limit=PAGE + 1,
            before=before,
            handled=None if show == "all" else False,
            assigned=name if show == "mine" else "",
        )
        left, helpers = await together(self.desk.ask(asked, name), self.desk.ask(ListHelpers(), name))
        found = [left_message(row, say) for row in left["messages"]]
        here = f"/messages?show={show}" if show else "/messages"
        return {
            "messages": found[:PAGE],
            "helpers": [one for one in helpers["users"] if isinstance(one, str)],
            "show": show,
            "views": [
                (say(f"messages.view.{one or 'waiting'}"), f"/messages?show={one}" if one else "/messages", one == show)
                for one in VIEWS
            ],
            "older": f"{here}{'&' if show else '?'}before={found[PAGE - 1].id}" if len(found) > PAGE else "",
            "newer": here if before is not None else "",
            "follows": f"?show={show}&" if show else "?",
        }

    async def handle(self, request: Request) -> Response:
        """Dealt with, or not after all."""
        form = await forms.form_of(request)
        handled = form.get("handled") == "1"
        undo = request.url.path if handled else ""  # a POST without the field takes it back
        await self.desk.ask(HandleMessage(id=request.path_params["id"], handled=handled), forms.who(request))
        return self.renderer.done(request, "/messages", "messages.told.1" if handled else "messages.told.0", undo)

    async def assign(self, request: Request) -> Response:
        """One of the users is to see to it, or nobody in particular."""
        user = forms.line(await forms.form_of(request), "user", MAX_NAME)
        await self.desk.ask(AssignMessage(id=request.path_params["id"], user=user), forms.who(request))
        key = "messages.told.assigned" if user else "messages.told.free"
        return self.renderer.done(request, "/messages", key, user=user)
