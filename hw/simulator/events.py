"""Everything that happens, for whoever listens: numbered, with a bounded memory."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hw.simulator.ledger import utc_now

MEMORY = 2000
MAX_WAITING = 1000


class Lagging(Exception):
    """The listener did not keep up and was dropped."""


class EventHub:
    """One stream, many listeners; a listener that lags by MAX_WAITING events is dropped."""

    def __init__(self) -> None:
        self._number = 0
        self._memory: deque[dict[str, Any]] = deque(maxlen=MEMORY)
        self._queues: set[asyncio.Queue[dict[str, Any] | None]] = set()

    @property
    def number(self) -> int:
        """The last event's number."""
        return self._number

    def publish(self, kind: str, **data: Any) -> None:
        """Tells everyone."""
        self._number += 1
        event = {"seq": self._number, "at": utc_now(), "kind": kind, **data}
        self._memory.append(event)
        for waiting in list(self._queues):
            if waiting.qsize() >= MAX_WAITING:
                self._queues.discard(waiting)
                waiting.put_nowait(None)
            else:
                waiting.put_nowait(event)

    @contextmanager
    def listen(self, since: int | None) -> Iterator["Listener"]:
        """Events after number `since` (None: only new ones)."""
        waiting: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(MAX_WAITING + MEMORY + 1)
        if since is not None:
            for event in self._memory:
                if event["seq"] > since:
                    waiting.put_nowait(event)
        self._queues.add(waiting)
        try:
            yield Listener(waiting)
        finally:
            self._queues.discard(waiting)


class Listener:
    """One listener's queue."""

    def __init__(self, waiting: asyncio.Queue[dict[str, Any] | None]) -> None:
        self._waiting = waiting

    async def next(self) -> dict[str, Any]:
        """The next event. Raises Lagging."""
        event = await self._waiting.get()
        if event is None:
            raise Lagging
        return event
