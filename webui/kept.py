"""Calls that were kept, and the messages left in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol import ListCalls, ListMessages, ShowCall
from secretaryd.control.protocol.calls import HandleMessage
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.auth.visitor import Visitor
from webui.kept_view import OUTCOMES, kept_call, left_message, spoken
from webui.menu import Entry
from webui.ports import RequestDesk
from webui.render import Renderer

PAGE: Final = 50
ENTRIES: Final = (
    Entry("/calls", "menu.calls", "phone", Permission.CALLS_READ, "people", 10, thumb=2),
    Entry("/messages", "menu.messages", "message-2", Permission.MESSAGES_READ, "people", 20, thumb=3),
)


@dataclass(frozen=True, slots=True)
class KeptPages:
    """`/calls`, `/calls/7`, `/messages`."""

    desk: RequestDesk
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page("/calls", self.calls, Permission.CALLS_READ),
            page("/calls/{id:int}", self.call, Permission.CALLS_READ),
            page("/messages", self.messages, Permission.MESSAGES_READ),
            page("/messages/{id:int}", self.handle, Permission.MESSAGES_HANDLE, ["POST"]),
        ]

    async def calls(self, request: Request) -> Response:
        """A page of calls, newest first."""
        before = _number(request.query_params.get("before", ""))
        outcome = request.query_params.get("outcome", "")
        outcome = outcome if outcome in OUTCOMES else ""
        answer = await self.desk.ask(ListCalls(limit=PAGE + 1, before=before, outcome=outcome), _name(request))
        say = self.renderer.say(request)
        found = answer["calls"]
        lines = [kept_call(call, say) for call in found[:PAGE]]
        older = found[PAGE - 1]["id"] if len(found) > PAGE else None
        return self.renderer.page(request, "calls.html", calls=lines, older=older, outcome=outcome, outcomes=OUTCOMES)

    async def call(self, request: Request) -> Response:
        """One call with what was said, what answered, and where the time went."""
        answer = await self.desk.ask(ShowCall(id=request.path_params["id"]), _name(request))
        say = self.renderer.say(request)
        shown: Mapping[str, Any] = answer["call"]
        return self.renderer.page(
            request,
            "call.html",
            call=kept_call(shown, say),
            turns=[spoken(turn, say) for turn in shown.get("turns", ())],
            messages=[left_message(message, say) for message in answer["messages"]],
        )

    async def messages(self, request: Request) -> Response:
        """What callers left, those to handle first."""
        answer = await self.desk.ask(ListMessages(limit=PAGE), _name(request))
        say = self.renderer.say(request)
        found = sorted(answer["messages"], key=lambda message: bool(message["handled"]))
        return self.renderer.page(request, "messages.html", messages=[left_message(message, say) for message in found])

    async def handle(self, request: Request) -> Response:
        """Dealt with, or not after all."""
        form = await request.form(max_fields=5, max_files=0)
        handled = form.get("handled") == "1"
        await self.desk.ask(HandleMessage(id=request.path_params["id"], handled=handled), _name(request))
        return self.renderer.done(request, "/messages", "messages.told.1" if handled else "messages.told.0")


def _name(request: Request) -> str:
    visitor: Visitor = request.scope["visitor"]
    return visitor.name


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
