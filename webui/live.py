"""The call that is going on: who, what is said, what answers and how fast; a word of one's own, a message, the end."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol import HangUp, Stamped
from secretaryd.control.protocol.talking import SayNow, TakeMessageNow
from webui import stream
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.auth.visitor import Visitor
from webui.feed import Feed, Feeds
from webui.live_call import Line, LiveCall
from webui.live_view import Change, changes, head, shown
from webui.menu import Entry
from webui.ports import RequestDesk
from webui.render import Renderer
from webui.stream import Put

ENTRIES: Final = (Entry("/live", "menu.live", "phone-call", Permission.CALLS_READ, "now", 20),)
PHRASES: Final = ("live.ready.wait", "live.ready.back", "live.ready.who")
"""What one may have said with one touch."""
MAX_PHRASE: Final = 500
"""Of the control protocol."""
PARTS: Final = {"added": "live-talk", "open": "live-open", "partial": "live-partial"}


@dataclass(frozen=True, slots=True)
class LivePages:
    """`/live` and what is done on it."""

    desk: RequestDesk
    renderer: Renderer
    feeds: Feeds

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page("/live", self.show, Permission.CALLS_READ),
            page("/live/events", self.events, Permission.CALLS_READ),
            page("/live/say", self.say, Permission.CALLS_ACT, ["POST"]),
            page("/live/message", self.message, Permission.CALLS_ACT, ["POST"]),
            page("/live/hangup", self.hang_up, Permission.CALLS_ACT, ["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The page as things are now; what comes after is told by the stream."""
        async with self.feeds.ready(_name(request)) as feed:
            say, call = self.renderer.say(request), feed.call
            return self.renderer.page(
                request,
                "live.html",
                head=head(call, say),
                said=[(line, shown(line, call, say)) for line in call.lines if not line.open],
                open=[(line, shown(line, call, say)) for line in call.lines if line.open],
                partial=call.partial,
                mark=feed.here,
                phrases=[say(key) for key in PHRASES],
            )

    async def events(self, request: Request) -> Response:
        """Server-sent events: pieces of that page."""

        async def told(feed: Feed, stamped: Stamped) -> Iterable[Put]:
            return [put for change in changes(stamped, feed.call) for put in self._puts(request, feed.call, change)]

        return stream.events(request, self.feeds, told)

    async def say(self, request: Request) -> Response:
        """The secretary says what was typed."""
        text = str((await request.form(max_fields=5, max_files=0)).get("text", "")).strip()[:MAX_PHRASE]
        if text:
            await self.desk.ask(SayNow(text=text), _name(request))
        return self.renderer.done(request, "/live", "live.said" if text else "live.empty")

    async def message(self, request: Request) -> Response:
        """The secretary asks for a message."""
        await self.desk.ask(TakeMessageNow(), _name(request))
        return self.renderer.done(request, "/live", "live.message.asked")

    async def hang_up(self, request: Request) -> Response:
        """The secretary says goodbye."""
        await self.desk.ask(HangUp(), _name(request))
        return self.renderer.done(request, "/live", "live.ending")

    def _puts(self, request: Request, call: LiveCall, change: Change) -> list[Put]:
        say = self.renderer.say(request)
        if change.what == "head":
            html = self.renderer.part(request, "live_head.html", head=head(call, say))
            gone = [Put(part, "") for part in PARTS.values()] if change.begins else []
            over = [] if call.going_on else [Put("live-open", ""), Put("live-partial", "")]
            return [*gone, *over, Put("live-head", html)]
        assert change.line is not None
        if change.what == "partial":
            return [Put("live-partial", self._line(request, call, change.line))]
        if change.what == "open":
            return [Put("live-open", self._line(request, call, change.line), "append"), Put("live-partial", "")]
        over = [Put("live-open" if change.line.who == "secretary" else "live-partial", "")]
        return [*over, Put("live-talk", self._line(request, call, change.line), "append")]

    def _line(self, request: Request, call: LiveCall, line: Line) -> str:
        turn = shown(line, call, self.renderer.say(request))
        return self.renderer.part(request, "live_line.html", line=line, turn=turn)


def _name(request: Request) -> str:
    visitor: Visitor = request.scope["visitor"]
    return visitor.name
