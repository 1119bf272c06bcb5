"""Runs chores while no call is up, one small step after the other."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from storage.errors import StorageError

LOOK_SECONDS: Final = 15.0
"""How long after a call's end, at most, its words are found and its sound is compressed."""
PAUSE_SECONDS: Final = 0.02
"""Between two steps: whoever waits for the storage thread comes first."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chore:
    """Work in small steps: `step` returns whether more is left, and may raise StorageError, after which the chore is
    left alone until the next round. `every` is the least time between two rounds, seconds; an `urgent` one does not
    wait for calls to end."""

    name: str
    step: Callable[[], Awaitable[bool]]
    every: float = 0.0
    urgent: bool = False


class Housekeeper:
    """Owned by the core."""

    def __init__(
        self,
        chores: Sequence[Chore],
        idle: Callable[[], Awaitable[None]],
        *,
        look: float = LOOK_SECONDS,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        """`idle` returns when no call has the line."""
        self._chores, self._idle, self._look, self._pause = chores, idle, look, pause
        self._due: dict[str, float] = {}

    async def run(self) -> None:
        """For ever. Urgent chores have a task of their own, since the others may stand still for a call."""
        async with asyncio.TaskGroup() as group:
            for urgent in (True, False):
                chores = [chore for chore in self._chores if chore.urgent is urgent]
                if chores:
                    group.create_task(self._rounds(chores), name="house.urgent" if urgent else "house")

    async def _rounds(self, chores: Sequence[Chore]) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            for chore in chores:
                if clock() >= self._due.get(chore.name, 0.0):
                    self._due[chore.name] = clock() + chore.every
                    await self._do(chore)
            await asyncio.sleep(self._look)

    async def _do(self, chore: Chore) -> None:
        more = True
        while more:
            if not chore.urgent:
                await self._idle()
            try:
                more = await chore.step()
            except StorageError as error:
                log.warning("chore left for later", extra={"chore": chore.name, "reason": str(error)})
                return
            await asyncio.sleep(self._pause)
