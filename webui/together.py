"""Several questions to the core asked at once: a page waits for the slowest, not for their sum."""

import asyncio
from collections.abc import Awaitable
from typing import Any


async def together(*asked: Awaitable[Any]) -> list[Any]:
    """The answers, in order. Raises what the first of them raised, once all are over."""
    answers = await asyncio.gather(*asked, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers
