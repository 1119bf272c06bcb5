"""What happened, told to everyone who listens: a ring of the newest events and one bounded queue a reader."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from secretaryd.control.protocol import Dropped, Event, Stamped

REMEMBERED: Final = 1000
READER_QUEUE: Final = 256


class Reader:
    """One reader's view. A reader that does not keep up loses the oldest events and is told how many."""

    def __init__(self, size: int = READER_QUEUE, *, levels: bool = False) -> None:
        self.levels = levels
        self._events: deque[Stamped] = deque()
        self._passing: Stamped | None = None
        self._size = size
        self._lost = 0
        self._closed = False
        self._wake = asyncio.Event()

    def close(self) -> None:
        """Ends the iteration after what is queued."""
        self._closed = True
        self._wake.set()

    def offer(self, event: Stamped) -> None:
        """Never blocks, whatever the reader does."""
        if len(self._events) >= self._size:
            self._events.popleft()
            self._lost += 1
        self._events.append(event)
        self._passing = None
        self._wake.set()

    def pass_by(self, event: Stamped) -> None:
        """An event that may be missed: only the newest is kept, until anything else is offered."""
        self._passing = event
        self._wake.set()

    def lose(self, count: int) -> None:
        """Counts events that were gone before this reader came."""
        self._lost += count
        self._wake.set()

    async def __aiter__(self) -> AsyncIterator[Stamped]:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._events or self._lost:
                if self._lost:
                    lost, self._lost = self._lost, 0
                    first = self._events[0] if self._events else None
                    yield Stamped(id=first.id - 1 if first else 0, at=time.time(), event=Dropped(count=lost))
                if self._events:
                    yield self._events.popleft()
            if self._passing is not None:
                passing, self._passing = self._passing, None
                yield passing
            if self._closed:
                return


class Bus:
    """Publishes events in order. Lives on the core's loop; nothing here waits for a reader."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._next = 1
        self._ring: deque[Stamped] = deque(maxlen=REMEMBERED)
        self._readers: set[Reader] = set()
        self._closed = False

    @property
    def last_id(self) -> int:
        """Id of the newest event, 0 before the first."""
        return self._next - 1

    def publish(self, event: Event) -> Stamped:
        """Stamps the event, remembers it, offers it to every reader."""
        stamped = Stamped(id=self._next, at=self._now(), event=event)
        self._next += 1
        self._ring.append(stamped)
        for reader in self._readers:
            reader.offer(stamped)
        return stamped

    @property
    def levels_wanted(self) -> bool:
        """Whether anybody listens to the sound's levels; nobody measures them otherwise."""
        return any(reader.levels for reader in self._readers)

    def pass_by(self, event: Event) -> None:
        """Told to those who want levels, and forgotten: it gets no id of its own, so that nobody who resumes can miss
        it."""
        stamped = Stamped(id=self.last_id, at=self._now(), event=event)
        for reader in self._readers:
            if reader.levels:
                reader.pass_by(stamped)

    def forget(self) -> None:
        """Remembers no event any more: a person's words are not told to whoever comes later. Readers who are here keep
        what they have not read yet; those who resume are told how many they missed."""
        self._ring.clear()

    def close(self) -> None:
        """Lets every reader end, those with much to read too: for the way down."""
        self._closed = True
        for reader in self._readers:
            reader.close()

    @contextmanager
    def reader(self, after: int | None = None, *, levels: bool = False) -> Iterator[Reader]:
        """A reader of what comes, and first of what came after id `after` where still remembered; with `levels` also
        of what passes by."""
        reader = Reader(levels=levels)
        if after is not None:
            if after > self.last_id:
                after = 0  # an id of the core's life before this one: all that is remembered is new to this reader
            known = [stamped for stamped in self._ring if stamped.id > after]
            oldest = known[0].id if known else self._next
            if oldest > after + 1:
                reader.lose(oldest - after - 1)
            for stamped in known[-READER_QUEUE:]:
                reader.offer(stamped)
            reader.lose(max(0, len(known) - READER_QUEUE))
        self._readers.add(reader)
        if self._closed:
            reader.close()
        try:
            yield reader
        finally:
            self._readers.discard(reader)
