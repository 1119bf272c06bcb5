"""Calls that were kept: found, shown, heard."""

import base64
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from secretaryd.control.protocol import ShowCall
from secretaryd.control.protocol.archive import GetPeaks, GetRecording, SearchCalls
from secretaryd.control.protocol.contacts import ShowContact
from webui import forms
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.calls_view import day, row, shown, wave
from webui.errors import NotDone
from webui.kept_view import OUTCOMES, left_message
from webui.limits import Limit
from webui.menu import Entry
from webui.ports import RequestDesk
from webui.render import Renderer
from webui.together import together

PAGE: Final = 50
FILTERS: Final = ("q", "number", "since", "until", "outcome")
LONGEST: Final = 200
"""Characters of a filter that are looked at."""
ENTRIES: Final = (Entry("/calls", "menu.calls", "phone", Permission.CALLS_READ, "people", 10, thumb=2),)
SOUND_TYPES: Final = {
    "wav": "audio/wav", "opus": "audio/ogg", "ogg": "audio/ogg", "flac": "audio/flac", "mp3": "audio/mpeg",
}  # fmt: skip
RANGE: Final = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")


@dataclass(frozen=True, slots=True)
class CallPages:
    """`/calls`, `/calls/7`, `/calls/7/sound`."""

    desk: RequestDesk
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page("/calls", self.list, Permission.CALLS_READ),
            page("/calls/{id:int}", self.show, Permission.CALLS_READ),
            page("/calls/{id:int}/sound", self.sound, Permission.CALLS_READ, limit=Limit.DOWNLOAD),
        ]

    async def list(self, request: Request) -> Response:
        """A page of calls, newest first; a query that cannot be looked for is told above none."""
        query = request.query_params
        asked = {name: query.get(name, "").strip()[:LONGEST] for name in FILTERS}
        asked["outcome"] = forms.one_of(asked["outcome"], OUTCOMES)
        try:
            found, trouble = await self._find(asked, forms.number(query.get("before", "")), forms.who(request)), ""
        except NotDone as error:
            if error.status != 400:
                raise
            found, trouble = {"hits": [], "more": False, "waiting": 0}, str(error)
        say = self.renderer.say(request)
        lines = [row(hit, say) for hit in found["hits"]]
        kept = {name: value for name, value in asked.items() if value}
        older = f"/calls?{urlencode(kept | {'before': lines[-1].call.id})}" if found["more"] and lines else ""
        others = {name: value for name, value in kept.items() if name != "outcome"}
        chips = [
            (say(f"outcome.{one}") if one else say("kept.all"), _path(others, outcome=one), one == asked["outcome"])
            for one in ("", *OUTCOMES)
        ]
        return self.renderer.page(
            request, "calls.html", calls=lines, older=older, asked=asked, trouble=trouble, outcomes=chips,
            filtered=bool(kept), waiting=found.get("waiting", 0),
        )  # fmt: skip

    async def show(self, request: Request) -> Response:
        """One call: the sound, what was said, what answered and why, what the owner noted."""
        number, who = request.path_params["id"], forms.who(request)
        answer, peaks = await together(self.desk.ask(ShowCall(id=number), who), self.desk.ask(GetPeaks(id=number), who))
        say = self.renderer.say(request)
        call: Mapping[str, Any] = answer["call"]
        view = shown(call, say)
        outline = wave(peaks) if view.recorded else None
        contact = await self._contact(view.number, who) if call.get("name", True) else None  # "": nobody's number
        return self.renderer.page(
            request, "call.html", view=view, call=view.call, wave=outline, contact=contact,
            blocked=contact is not None and contact.get("group") == "blocked",
            messages=[left_message(message, say) for message in answer["messages"]],
        )  # fmt: skip

    async def sound(self, request: Request) -> Response:
        """The recording, or the part of it that a player asks for (RFC 9110, 14.2); `?download=1` to keep it."""
        number, who = request.path_params["id"], forms.who(request)
        asked = RANGE.fullmatch(request.headers.get("range", ""))
        start = int(asked[1]) if asked else 0
        first = await self.desk.ask(GetRecording(id=number, offset=start), who)
        size, name = int(first["size"]), str(first["name"])
        tag = f'"{number}-{size}-{name.rpartition(".")[2]}"'
        if asked and request.headers.get("if-range", tag) != tag:  # it was compressed meanwhile
            asked, start = None, 0
            first = await self.desk.ask(GetRecording(id=number, offset=0), who)
        headers = {"accept-ranges": "bytes", "etag": tag}
        if asked and start >= size:
            return Response(status_code=416, headers={"content-range": f"bytes */{size}"})
        last = min(size - 1, int(asked[2])) if asked and asked[2] else size - 1
        if last < start:  # not a range (RFC 9110, 14.1.1)
            return Response(status_code=416, headers={"content-range": f"bytes */{size}"})
        headers["content-length"] = str(last - start + 1)
        if asked:
            headers["content-range"] = f"bytes {start}-{last}/{size}"
        if request.query_params.get("download"):
            headers["content-disposition"] = f'attachment; filename="call-{number}.{name.rpartition(".")[2]}"'
        kind = SOUND_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
        pieces = self._pieces(number, who, first, start, last)
        return StreamingResponse(pieces, 206 if asked else 200, headers, kind)

    async def _pieces(
        self, number: int, who: str, first: Mapping[str, Any], start: int, last: int
    ) -> AsyncIterator[bytes]:
        piece, at = base64.b64decode(first["content"]), start
        while piece:
            yield piece[: last + 1 - at]
            at += len(piece)
            if at > last:
                return
            answer = await self.desk.ask(GetRecording(id=number, offset=at), who)
            piece = base64.b64decode(answer["content"])

    async def _find(self, asked: Mapping[str, str], before: int | None, who: str) -> Any:
        wanted = SearchCalls(
            text=asked["q"],
            number=asked["number"],
            since=day(asked["since"]),
            until=day(asked["until"], after=True),
            outcome=asked["outcome"],
            limit=PAGE,
            before=before,
        )
        return await self.desk.ask(wanted, who)

    async def _contact(self, number: str, who: str) -> Mapping[str, Any] | None:
        if not number:
            return None
        try:
            contact: Mapping[str, Any] = (await self.desk.ask(ShowContact(number=number), who))["contact"]
        except NotDone:
            return None
        return contact


def _path(kept: Mapping[str, str], **more: str) -> str:
    query = urlencode({name: value for name, value in {**kept, **more}.items() if value})
    return f"/calls?{query}" if query else "/calls"
