"""A child that is no longer wanted ends, however much it still had to say."""

import asyncio
import sys

import pytest

from storage.children import ended

TALKS = "import sys\nwhile True: sys.stdout.buffer.write(bytes(65536))"


async def child(program: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=4096
    )


@pytest.mark.parametrize("program", [TALKS, "input()", "pass"])
async def test_whatever_it_does(program: str) -> None:
    process = await child(program)
    assert process.stdout is not None
    if program == TALKS:
        await process.stdout.readexactly(300_000)  # by now more has come than is taken in
    await ended(process)
    assert process.returncode is not None


async def test_once_more() -> None:
    process = await child("pass")
    await ended(process)
    await ended(process)
    assert process.returncode == 0 or process.returncode == -9
