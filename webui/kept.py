"""Messages that callers left."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol import ListMessages
from secretaryd.control.protocol.calls import HandleMessage
from webui import forms
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.kept_view import left_message
from webui.menu import Entry
from webui.ports import RequestDesk
from webui.render import Renderer

PAGE: Final = 50
ENTRIES: Final = (Entry("/messages", "menu.messages", "message-2", Permission.MESSAGES_READ, "people", 20, thumb=3),)


@dataclass(frozen=True, slots=True)
class KeptPages:
    """`/messages`."""

    desk: RequestDesk
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page("/messages", self.messages, Permission.MESSAGES_READ),
            page("/messages/{id:int}", self.handle, Permission.MESSAGES_HANDLE, ["POST"]),
        ]

    async def messages(self, request: Request) -> Response:
        """What callers left, those to handle first."""
        answer = await self.desk.ask(ListMessages(limit=PAGE), forms.who(request))
        say = self.renderer.say(request)
        found = sorted(answer["messages"], key=lambda message: bool(message["handled"]))
        return self.renderer.page(request, "messages.html", messages=[left_message(message, say) for message in found])

    async def handle(self, request: Request) -> Response:
        """Dealt with, or not after all."""
        form = await forms.form_of(request)
        handled = form.get("handled") == "1"
        undo = request.url.path if handled else ""  # a POST without the field takes it back
        await self.desk.ask(HandleMessage(id=request.path_params["id"], handled=handled), forms.who(request))
        return self.renderer.done(request, "/messages", "messages.told.1" if handled else "messages.told.0", undo)
