"""Server-sent events to a browser: pieces of the page as they change, until the session ends.

A window remembers the mark of the last event (`Last-Event-ID`) and is told what it missed, or that it has to look anew
(`lost`). `bye` tells that nobody is signed in any more.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from secretaryd.control.protocol import Stamped
from webui.auth.guard import COOKIE
from webui.feed import Feed, Feeds, Watcher

STILL_HERE_SECONDS: Final = 15.0
LOOK_SECONDS: Final = 0.7
"""How often a stream looks whether its session still is; it must end within a second."""
RETRY_MS: Final = 1500
HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}


@dataclass(frozen=True, slots=True)
class Put:
    """A change of the page: `html` goes to the element with the id `to`."""

    to: str
    html: str
    how: Literal["inner", "append", "outer"] = "inner"


Told = Callable[[Feed, Stamped], Awaitable[Iterable[Put]]]
"""What an event changes on the page."""


def events(request: Request, feeds: Feeds, told: Told) -> Response:
    """The stream for the signed-in user of `request`."""
    return StreamingResponse(_stream(request, feeds, told), media_type="text/event-stream", headers=HEADERS)


async def _stream(request: Request, feeds: Feeds, told: Told) -> AsyncIterator[bytes]:
    holds = request.app.state.gate.holds
    cookie, mark = request.cookies.get(COOKIE, ""), _mark(request)
    async with feeds.watch(request.scope["visitor"].name) as (feed, watcher):
        # At once, before anything else can be told: what is queued for this window begins where this ends.
        missed = feed.since(mark) if mark else []
        yield b"retry: %d\n\n" % RETRY_MS
        if missed is None:
            yield message("lost", {}, feed.here)
        for stamped in missed or ():
            yield await _told(feed, stamped, told)
        spoke = time.monotonic()
        while True:
            if watcher.closed:
                return
            if not await holds(cookie) or watcher.over:
                yield message("bye", {})
                return
            async for piece in _queued(feed, watcher, told):
                spoke = time.monotonic()
                yield piece
            if watcher.behind:
                yield message("lost", {}, feed.here)
                return
            if time.monotonic() - spoke > STILL_HERE_SECONDS:
                spoke = time.monotonic()
                yield b": still here\n\n"
            await _news(watcher)


def _mark(request: Request) -> str:
    """Where a window that comes back was; a new one says with which mark its page was made (`?after=`)."""
    return request.headers.get("last-event-id", "") or request.query_params.get("after", "")


async def _queued(feed: Feed, watcher: Watcher, told: Told) -> AsyncIterator[bytes]:
    watcher.wake.clear()
    while watcher.events and not watcher.behind:
        yield await _told(feed, watcher.events.popleft(), told)
    if watcher.levels is not None:
        (heard, said), watcher.levels = watcher.levels, None
        yield message("levels", {"heard": heard, "said": said})


async def _told(feed: Feed, stamped: Stamped, told: Told) -> bytes:
    puts = [asdict(put) for put in await told(feed, stamped)]
    return message("put", puts, feed.mark(stamped)) if puts else b"id: %s\n\n" % feed.mark(stamped).encode()


async def _news(watcher: Watcher) -> None:
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            await watcher.wake.wait()
    except TimeoutError:
        return


def message(name: str, data: object, mark: str = "") -> bytes:
    """One event as it travels: JSON has no line break in it."""
    head = b"id: %s\n" % mark.encode() if mark else b""
    return head + b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(data))
