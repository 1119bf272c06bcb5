"""Chores are done when nobody calls, one small step after the other, and a failing one stops no other."""

import asyncio

from secretaryd.house.keeper import Chore, Housekeeper
from storage.errors import StorageError


class Line:
    """A line that may be busy."""

    def __init__(self) -> None:
        self.free = asyncio.Event()

    async def idle(self) -> None:
        await self.free.wait()


class Work:
    """So many steps, then done; notes each."""

    def __init__(self, steps: int, *, fails: bool = False) -> None:
        self.left, self.done, self.fails = steps, 0, fails
        self.finished = asyncio.Event()

    async def step(self) -> bool:
        self.done += 1
        if self.fails:
            if self.done >= self.left:
                self.finished.set()
            raise StorageError("no")
        if self.done >= self.left:
            self.finished.set()
        return self.done < self.left


async def until(*events: asyncio.Event) -> None:
    async with asyncio.timeout(10):
        for event in events:
            await event.wait()


async def test_chores_wait_for_the_line_and_urgent_ones_do_not() -> None:
    line, lazy, urgent, broken = Line(), Work(3), Work(2), Work(3, fails=True)
    keeper = Housekeeper(
        [
            Chore("broken", broken.step),
            Chore("lazy", lazy.step, every=1000.0),
            Chore("urgent", urgent.step, every=1000.0, urgent=True),
        ],
        line.idle,
        look=0.001,
        pause=0.0,
    )
    running = asyncio.create_task(keeper.run())
    await until(urgent.finished)
    assert (lazy.done, broken.done) == (0, 0)
    line.free.set()
    await until(lazy.finished, broken.finished)  # the broken one is tried again every round
    assert (lazy.done, urgent.done) == (3, 2)  # once done, not again before it is due
    running.cancel()
    await asyncio.wait({running})
