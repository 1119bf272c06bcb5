"""Cleaning up that nothing cuts short."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def to_the_end(work: Coroutine[Any, Any, None], name: str) -> None:
    """Waits for `work`; cancelled, it waits all the same, and is cancelled then. Else a caller who hangs up while the
    call is being closed would leave the modem's sound taken and the recording open."""
    task = asyncio.create_task(work, name=name)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
