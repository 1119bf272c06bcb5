"""What the owner does with a call that is over. Everything that can be undone says how."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol import ShowCall
from secretaryd.control.protocol.archive import DeleteCall, KeepCall, NoteCall, RestoreCall, TagCall
from secretaryd.control.protocol.contacts import BlockNumber, UnblockNumber
from secretaryd.control.protocol.dial import DialNumber
from webui import forms
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.errors import NotDone
from webui.ports import RequestDesk
from webui.render import Renderer

MAX_NOTE: Final = 4000
MAX_SAY: Final = 500
NOT_THERE: Final = 404


@dataclass(frozen=True, slots=True)
class CallActs:
    """POSTs below `/calls/7`."""

    desk: RequestDesk
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        acts: dict[str, Callable[[Request], Awaitable[Response]]] = {
            "keep": self.keep,
            "note": self.note,
            "tag": self.tag,
            "untag": self.untag,
            "delete": self.delete,
            "restore": self.restore,
            "block": self.block,
            "unblock": self.unblock,
            "dial": self.dial,
        }
        return [page(f"/calls/{{id:int}}/{name}", act, Permission.CALLS_ACT, ["POST"]) for name, act in acts.items()]

    async def keep(self, request: Request) -> Response:
        """Its recording stays, or goes when its time has come."""
        keep = forms.line(await forms.form_of(request), "keep") == "1"
        await self._ask(request, KeepCall(id=_id(request), keep=keep))
        return self._back(request, f"calls.told.keep.{int(keep)}")

    async def note(self, request: Request) -> Response:
        """The owner's words replace those before."""
        note = forms.area(await forms.form_of(request), "note", MAX_NOTE)
        await self._ask(request, NoteCall(id=_id(request), note=note))
        return self._back(request, "calls.told.note")

    async def tag(self, request: Request) -> Response:
        """One more, or several with commas between them."""
        typed = forms.line(await forms.form_of(request), "tag")
        tags = tuple(part for part in (one.strip() for one in typed.split(",")) if part)
        await self._ask(request, TagCall(id=_id(request), add=tags))
        return self._back(request, "calls.told.tag")

    async def untag(self, request: Request) -> Response:
        """One less."""
        tag = forms.line(await forms.form_of(request), "tag")
        await self._ask(request, TagCall(id=_id(request), remove=(tag,)))
        return self._back(request, "calls.told.untag")

    async def delete(self, request: Request) -> Response:
        """Out of sight, for good after a week."""
        await self._ask(request, DeleteCall(id=_id(request)))
        undo = f"/calls/{_id(request)}/restore"
        return self.renderer.done(request, "/calls", "calls.told.delete", undo=undo, id=_id(request))

    async def restore(self, request: Request) -> Response:
        """There again."""
        await self._ask(request, RestoreCall(id=_id(request)))
        return self._back(request, "calls.told.restore")

    async def block(self, request: Request) -> Response:
        """Whoever called from that number does not come through any more."""
        await self._ask(request, BlockNumber(number=await self._number(request)))
        return self._back(request, "calls.told.block", undo=f"/calls/{_id(request)}/unblock")

    async def unblock(self, request: Request) -> Response:
        """Comes through again."""
        await self._ask(request, UnblockNumber(number=await self._number(request)))
        return self._back(request, "calls.told.unblock")

    async def dial(self, request: Request) -> Response:
        """The box calls back at once, within the owner's rules of dialling. Only a person at the page can do this."""
        say = forms.area(await forms.form_of(request), "say", MAX_SAY)
        await self._ask(request, DialNumber(number=await self._number(request), say=say))
        return self._back(request, "calls.told.dial")

    async def _number(self, request: Request) -> str:
        call = (await self._ask(request, ShowCall(id=_id(request))))["call"]
        if not call["number"]:
            raise NotDone(self.renderer.say(request)("calls.no_number"), NOT_THERE)
        return str(call["number"])

    async def _ask(self, request: Request, asked: Any) -> Any:
        return await self.desk.ask(asked, forms.who(request))

    def _back(self, request: Request, key: str, undo: str = "") -> Response:
        return self.renderer.done(request, f"/calls/{_id(request)}", key, undo=undo)


def _id(request: Request) -> int:
    number: int = request.path_params["id"]
    return number
