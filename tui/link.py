"""The console's line to the box: events without a gap, through restarts of the daemon."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from secretaryd.control.client import ControlError, NotRunning, RequestRefused
from secretaryd.control.protocol import Dropped, Stamped, Status
from tui.backoff import Backoff
from tui.plain import plain
from tui.ports import Door
from tui.tree import Tree

BEFORE: Final = 200
"""Events before the first look that are read too: a call that is going on is shown from its beginning."""


class Here(StrEnum):
    """Whether the box is there."""

    UNKNOWN = "unknown"
    UP = "up"
    AWAY = "away"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Presence:
    """What is known of the box; `why` is the reason in the box's or the system's words."""

    here: Here = Here.UNKNOWN
    why: str = ""


class Link:
    """Owned by the app, which runs `run`; used once. `heard` gets events in order, `changed` what is known of the box,
    `state` its whole state whenever it was read."""

    def __init__(
        self,
        door: Door,
        heard: Callable[[Stamped], None],
        changed: Callable[[Presence], None],
        state: Callable[[Tree], None],
        sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep,
    ) -> None:
        self._door = door
        self._heard, self._changed, self._state, self._sleep = heard, changed, state, sleep
        self._last: int | None = None
        self._backoff = Backoff()
        self.presence = Presence()

    async def run(self) -> None:
        """For ever: follows events; where the box is away it tries again."""
        while True:
            try:
                await self._follow()
                self._know(Presence(Here.AWAY))  # the stream ended: the box goes down
            except RequestRefused as error:
                self._know(Presence(Here.REFUSED, plain(error.problem.text)))
            except NotRunning as error:
                self._know(Presence(Here.AWAY, plain(error)))
            except ControlError as error:
                self._know(Presence(Here.AWAY, plain(error)))
            await self._sleep(self._backoff.wait())

    async def look(self) -> None:
        """Reads the whole state once. Raises ControlError."""
        self._state(Tree.of(await self._door.ask(Status())))

    async def _follow(self) -> None:
        tree = Tree.of(await self._door.ask(Status()))
        if self._last is None:
            self._last = max(0, tree.part("events").whole("last_id") - BEFORE)
            begun = False
        else:
            begun = True
        async with self._door.events(self._last, levels=True) as events:
            self._state(tree)
            self._know(Presence(Here.UP))
            self._backoff.reset()
            async for stamped in events:
                self._last = stamped.id
                # What was forgotten before we first came is not ours to miss.
                if begun or not isinstance(stamped.event, Dropped):
                    self._heard(stamped)
                begun = True

    def _know(self, presence: Presence) -> None:
        if presence != self.presence:
            self.presence = presence
            self._changed(presence)
