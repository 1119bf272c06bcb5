"""What the box's processes write into their logs, as they write it."""

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from secretaryd.control.protocol.care import TailLogs
from webui import forms, stream
from webui.auth.guard import COOKIE, page
from webui.auth.roles import Permission
from webui.errors import CoreAway, NotDone
from webui.feed import Feeds
from webui.logs_view import LEVELS, PROCESSES, lines
from webui.menu import Entry
from webui.ports import RequestDesk
from webui.render import Renderer
from webui.stream import Put

log = logging.getLogger(__name__)

ENTRIES: Final = (Entry("/logs", "logs.title", "terminal-2", Permission.MANAGE, "box", 65),)
LIMIT: Final = 200
LOOK_SECONDS: Final = 0.7
"""How often it is asked for new lines, and looked whether the session still is."""
MAX_WINDOWS: Final = 8
"""That follow at the same time."""
CURSOR: Final = re.compile(r"[A-Za-z0-9=;._-]{1,300}", re.ASCII)
REFUSED: Final = (400, 404, 503)
"""Told on the page, such as a machine without a journal."""


class Windows:
    """How many follow."""

    def __init__(self) -> None:
        self.open = 0


def of(desk: RequestDesk, renderer: Renderer, feeds: Feeds) -> "LogPages":
    """The group."""
    return LogPages(desk, renderer, feeds, Windows())


@dataclass(frozen=True, slots=True)
class LogPages:
    """`/logs` and the stream of what is new."""

    desk: RequestDesk
    renderer: Renderer
    feeds: Feeds
    windows: Windows

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page("/logs", self.show, Permission.MANAGE),
            page("/logs/events", self.events, Permission.MANAGE),
        ]

    async def show(self, request: Request) -> Response:
        """The newest lines of one process, of at least one level."""
        say, (process, level) = self.renderer.say(request), _asked(request)
        trouble, found, cursor = "", [], ""
        try:
            answer = await self._tail(request, process, level, "")
            found, cursor = lines(answer, say), str(answer.get("cursor", ""))
        except NotDone as error:
            if error.status not in REFUSED:
                raise
            trouble = str(error)
        chosen = [
            (say(f"logs.process.{one}"), f"/logs?process={one}&level={level}", one == process) for one in PROCESSES
        ]
        levels = [(one, say(f"settings.choice.{one}")) for one in LEVELS]
        return self.renderer.page(
            request, "logs.html", lines=found, cursor=cursor, trouble=trouble, process=process, level=level,
            chosen=chosen, levels=levels,
        )  # fmt: skip

    async def events(self, request: Request) -> Response:
        """Server-sent events: lines as they come. The mark of each is the place in the log after it."""
        if self.windows.open >= MAX_WINDOWS:
            raise HTTPException(429, headers={"retry-after": "30"})
        return StreamingResponse(self._stream(request), media_type="text/event-stream", headers=stream.HEADERS)

    async def _stream(self, request: Request) -> AsyncIterator[bytes]:
        process, level = _asked(request)
        asked = request.headers.get("last-event-id", "") or request.query_params.get("after", "")
        cursor = asked if CURSOR.fullmatch(asked) else ""
        holds, cookie = request.app.state.gate.holds, request.cookies.get(COOKIE, "")
        spoke = time.monotonic()
        self.windows.open += 1
        try:
            # Watching tells when the page itself ends: its server waits for open streams.
            async with self.feeds.watch(forms.who(request)) as (_, watcher):
                yield b"retry: %d\n\n" % stream.RETRY_MS
                while not watcher.closed:
                    if not await holds(cookie):
                        yield stream.message("bye", {})
                        return
                    try:
                        answer = await self._tail(request, process, level, cursor)
                    except (NotDone, CoreAway) as error:
                        log.info("no lines", extra={"reason": str(error)})
                        return  # the browser comes back with its mark
                    if answer["lines"]:
                        cursor, spoke = str(answer["cursor"]), time.monotonic()
                        yield self._told(request, answer, cursor)
                    elif time.monotonic() - spoke > stream.STILL_HERE_SECONDS:
                        spoke = time.monotonic()
                        yield b": still here\n\n"
                    await asyncio.sleep(LOOK_SECONDS)
        finally:
            self.windows.open -= 1

    def _told(self, request: Request, answer: Any, cursor: str) -> bytes:
        found = lines(answer, self.renderer.say(request))
        html = self.renderer.part(request, "logs_lines.html", lines=found)
        return stream.message("put", [asdict(Put("lines", html, "append"))], cursor)

    async def _tail(self, request: Request, process: str, level: str, after: str) -> Any:
        asked = TailLogs(process=process, level=level, limit=LIMIT, after=after)
        return await self.desk.ask(asked, forms.who(request))


def _asked(request: Request) -> tuple[str, str]:
    query = request.query_params
    process = forms.one_of(query.get("process", ""), PROCESSES) or "core"
    return process, forms.one_of(query.get("level", ""), LEVELS) or "info"
