"""Calls a day: days that are over are counted once."""

import time
from datetime import datetime
from typing import Any

from secretaryd.control.protocol import CountCalls
from webui.day_view import midnights
from webui.ports import RequestDesk


class Numbers:
    """One for the page; what it keeps are counts, no personal data. Every asking needs the right to read."""

    def __init__(self, desk: RequestDesk) -> None:
        self._desk = desk
        self._past: dict[float, tuple[int, int]] = {}
        self._until = 0.0

    async def week(self, actor: str, now: float | None = None) -> tuple[dict[str, Any], list[tuple[float, int, int]]]:
        """Today's counts, and (midnight, calls, missed) of seven days. Raises NotDone, CoreAway."""
        now = time.time() if now is None else now
        starts = midnights(datetime.fromtimestamp(now).astimezone())
        today: dict[str, Any] = (await self._desk.ask(CountCalls(since=starts[-1]), actor))["counts"]
        if self._until != starts[-1]:
            await self._count(starts, today, actor)
        days = [(start, *self._past.get(start, (0, 0))) for start in starts[:-1]]
        return today, [*days, (starts[-1], int(today["calls"]), int(today["missed"]))]

    async def _count(self, starts: list[float], today: dict[str, Any], actor: str) -> None:
        after = today
        past: dict[float, tuple[int, int]] = {}
        for start in reversed(starts[:-1]):
            counts = (await self._desk.ask(CountCalls(since=start), actor))["counts"]
            past[start] = (counts["calls"] - after["calls"], counts["missed"] - after["missed"])
            after = counts
        self._past, self._until = past, starts[-1]
