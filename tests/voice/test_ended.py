"""A task that was cancelled leaves nothing behind that only a collection would free."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from voice.ended import ended


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Work:
    """Knows its task, as what runs in a task often does."""

    def __init__(self) -> None:
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:  # which knows the task too
            group.create_task(asyncio.Event().wait())


@pytest.mark.usefixtures("no_collector")
async def test_nothing_is_left_of_a_task_that_was_cancelled() -> None:
    work = Work()
    await asyncio.sleep(0)
    seen = weakref.ref(work)
    await ended(work.task)
    del work
    assert seen() is None


async def test_what_failed_is_no_matter_any_more() -> None:
    async def fails() -> None:
        raise ValueError

    task = asyncio.create_task(fails())
    await asyncio.wait({task})
    await ended(task)
    assert isinstance(task.exception(), ValueError)
