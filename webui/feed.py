"""What the box tells, on its way to browsers: one control stream a user, however many of his windows watch.

The stream is asked for in the user's name, so the core itself judges what he may hear, and ends it when he may not any
more. A window that does not keep up is told so and let go; it comes back where it was.
"""

import asyncio
import contextlib
import logging
import secrets
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from secretaryd.control.protocol import LevelsMeasured, Stamped
from webui.errors import CoreAway, NotDone
from webui.live_call import LiveCall
from webui.ports import EventDesk

log = logging.getLogger(__name__)

T = TypeVar("T")

QUEUE: Final = 200
"""Events that a window may lie behind."""
REMEMBERED: Final = 400
REMEMBER_SECONDS: Final = 120.0
"""For a window that comes back; words are not kept longer than that here."""
LINGER_SECONDS: Final = 20.0
"""A stream outlives its last window so long: people go from page to page."""
READY_SECONDS: Final = 1.0
CAUGHT_UP_SECONDS: Final = 0.1
"""Until the past counts as told where its newest event does not come: what is forgotten is not told."""
SHARED: Final = 8
"""Of the newest things made for several windows that are kept."""
RETRY_SECONDS: Final = (0.2, 1.0, 3.0)


class Watcher:
    """One window's view."""

    def __init__(self) -> None:
        self.events: deque[Stamped] = deque()
        self.levels: tuple[int, int] | None = None
        self.behind = False
        self.over = False
        """The user may not listen (any more)."""
        self.closed = False
        """The page itself ends; a window comes back when it is there again."""
        self.wake = asyncio.Event()

    def offer(self, stamped: Stamped) -> None:
        """Never waits for the window."""
        if len(self.events) >= QUEUE:
            self.behind = True
            self.events.clear()
        elif not self.behind:
            self.events.append(stamped)
        self.wake.set()


class Feed:
    """One user's stream, the call as it is known from it, and what was told lately."""

    def __init__(self, desk: EventDesk, actor: str) -> None:
        self._desk = desk
        self._actor = actor
        self.life = secrets.token_hex(4)
        """Changes when the numbers of events start anew."""
        self.call = LiveCall()
        self.caught_up = asyncio.Event()
        self.watchers: set[Watcher] = set()
        self.refused = False
        self._told: deque[Stamped] = deque(maxlen=REMEMBERED)
        self._last = 0
        self._newest = 0
        self._shared: dict[Hashable, Any] = {}
        self._making = asyncio.Lock()

    def since(self, mark: str) -> list[Stamped] | None:
        """What was told after the mark of a window that comes back; None where that is not known any more."""
        life, _, number = mark.partition(".")
        if life != self.life or not number.isdecimal():
            return None
        after = int(number)
        if after == self._last:
            return []
        known = [one for one in self._told if one.id > after]
        return known if known and known[0].id == after + 1 else None

    def mark(self, stamped: Stamped) -> str:
        """What a window remembers of an event: `Last-Event-ID`."""
        return f"{self.life}.{stamped.id}"

    @property
    def here(self) -> str:
        """The mark of the newest event."""
        return f"{self.life}.{self._last}"

    async def shared(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """What `make` makes, made once for all of the user's windows that ask for the same `key`, such as that of an
        event. Raises what it raises."""
        async with self._making:
            if key not in self._shared:
                self._shared[key] = await make()
                for old in [*self._shared][:-SHARED]:
                    del self._shared[old]
            made: T = self._shared[key]
            return made

    async def run(self) -> None:
        """Reads for ever, across restarts of the core; ends where the core does not let this user listen."""
        tries = 0
        while True:
            try:
                async with self._desk.events(self._actor, self._last) as events:
                    tries = 0
                    self._newest = events.newest
                    if self._last == self._newest:
                        self.caught_up.set()
                    asyncio.get_running_loop().call_later(CAUGHT_UP_SECONDS, self.caught_up.set)
                    async for stamped in events:
                        self._take(stamped)
            except NotDone as error:
                log.info("a user may not listen", extra={"status": error.status})
                self.refused = True
                self._end()
                return
            except CoreAway as error:
                log.info("no events", extra={"error": str(error)})
            self.caught_up.clear()
            self.call.forget_unfinished()
            await asyncio.sleep(RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)])
            tries += 1

    def _take(self, stamped: Stamped) -> None:
        self.call.take(stamped)
        if isinstance(stamped.event, LevelsMeasured):  # passes by: no number of its own, and the newest is enough
            for watcher in self.watchers:
                watcher.levels = self.call.levels
                watcher.wake.set()
            return
        if stamped.id <= self._last:
            self.life = secrets.token_hex(4)
            self._told.clear()
        self._last = stamped.id
        if self._last == self._newest:
            self.caught_up.set()
        self._told.append(stamped)
        while self._told and self._told[0].at < stamped.at - REMEMBER_SECONDS:
            self._told.popleft()
        for watcher in self.watchers:
            watcher.offer(stamped)

    def _end(self) -> None:
        self.caught_up.set()
        for watcher in self.watchers:
            watcher.over = True
            watcher.wake.set()


class Feeds:
    """All users' streams; begun when somebody watches. Close it at the end."""

    def __init__(self, desk: EventDesk) -> None:
        self._desk = desk
        self._feeds: dict[str, tuple[Feed, asyncio.Task[None]]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def watch(self, actor: str) -> AsyncIterator[tuple[Feed, Watcher]]:
        """A window's view of what the user `actor` may hear, from now on."""
        feed = self.of(actor)
        watcher = Watcher()
        watcher.over = feed.refused
        feed.watchers.add(watcher)
        try:
            yield feed, watcher
        finally:
            feed.watchers.discard(watcher)
            if not feed.watchers:
                asyncio.get_running_loop().call_later(LINGER_SECONDS, self._let_go, actor, feed)

    @asynccontextmanager
    async def ready(self, actor: str) -> AsyncIterator[Feed]:
        """The user's stream once it has told what the core remembers; as it is where that takes too long."""
        async with self.watch(actor) as (feed, _):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(READY_SECONDS):
                    await feed.caught_up.wait()
            yield feed

    def of(self, actor: str) -> Feed:
        """The user's stream; begins it where nobody watches yet."""
        known = self._feeds.get(actor)
        if known is None or known[1].done():
            feed = Feed(self._desk, actor)
            known = self._feeds[actor] = feed, asyncio.create_task(feed.run(), name="web.feed")
            asyncio.get_running_loop().call_later(LINGER_SECONDS, self._let_go, actor, feed)
        return known[0]

    async def close(self) -> None:
        """Ends every stream."""
        tasks = [*self._ending, *(task for _, task in self._feeds.values())]
        for feed, task in self._feeds.values():
            task.cancel()
            for watcher in feed.watchers:
                watcher.closed = True
                watcher.wake.set()
        if tasks:
            await asyncio.wait(tasks)
        self._feeds.clear()

    def _let_go(self, actor: str, feed: Feed) -> None:
        known = self._feeds.get(actor)
        if known is not None and known[0] is feed and not feed.watchers:
            task = known[1]
            task.cancel()
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
            del self._feeds[actor]
