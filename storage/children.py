"""The end of a child whose words nobody wants any more."""

import asyncio
from contextlib import suppress


async def ended(process: asyncio.subprocess.Process) -> None:
    """Kills it, unless it is over, and waits until it is. Its pipes are emptied meanwhile: asyncio tells of a child's
    end only when they are, and one that is full and not read would let us wait for ever
    (https://github.com/python/cpython/issues/119710)."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    await process.communicate()
