"""What was changed in settings, persona and questions, and the way back."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol.content import ListChanges, Undo
from webui import forms
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.errors import NotDone
from webui.menu import Entry
from webui.ports import RequestDesk
from webui.render import Renderer
from webui.view import Branch

ENTRIES: Final = (Entry("/changes", "changes.title", "history", Permission.MANAGE, "box", 60),)
CONFLICT: Final = 409


@dataclass(frozen=True, slots=True)
class ChangePages:
    """`/changes`, and the POST that a told change is taken back by."""

    desk: RequestDesk
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page("/changes", self.list, Permission.MANAGE),
            page("/changes/{number:int}/undo", self.undo, Permission.MANAGE, ["POST"]),
        ]

    async def list(self, request: Request) -> Response:
        """Newest first; only the newest can be taken back, then the one before it."""
        say = self.renderer.say(request)
        found = [Branch(one) for one in await changes(self.desk, forms.who(request))]
        rows = [
            {
                "number": int(one.number("number") or 0),
                "when": say.moment(one.number("at")),
                "who": one.text("who"),
                "what": say.known("change." + one.text("what")) or one.text("what"),
                "target": one.text("target"),
            }
            for one in found
        ]
        return self.renderer.page(request, "changes.html", changes=rows)

    async def undo(self, request: Request) -> Response:
        """Takes back the change of that number; one that somebody changed something after is left alone."""
        number, who, say = request.path_params["number"], forms.who(request), self.renderer.say(request)
        found = await changes(self.desk, who)
        if not found or found[0].get("number") != number:
            raise NotDone(say("changes.not_newest"), CONFLICT)
        await self.desk.ask(Undo(), who)
        return self.renderer.done(request, "/changes", "changes.told.undone")


async def changes(desk: RequestDesk, who: str) -> list[dict[str, Any]]:
    """What can be taken back, newest first."""
    found: list[dict[str, Any]] = (await desk.ask(ListChanges(), who))["changes"]
    return found


async def undo_path(desk: RequestDesk, request: Request) -> str:
    """Where the change that was just made is taken back; "" for who may not."""
    if not request.scope["visitor"].may(Permission.MANAGE):
        return ""
    found = await changes(desk, forms.who(request))
    return f"/changes/{found[0]['number']}/undo" if found else ""
