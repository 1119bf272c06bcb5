"""The end of a task that nobody waits for any more."""

import asyncio
from typing import Any


async def ended(task: "asyncio.Task[Any]") -> None:
    """Cancels AND awaits; what came of it was read before, or is of no interest. A task keeps the CancelledError that
    ended it until it is asked, that keeps the frames that it went through, and one of these the error, or the task:
    rings that only a full collection would free. So it is asked, and the frames are let go."""
    task.cancel()
    await asyncio.wait({task})
    try:
        task.exception()
    except asyncio.CancelledError as error:
        error.__traceback__ = None
