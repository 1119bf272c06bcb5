"""A caller's wish to be called back: it becomes a task, and the owner's standing rule may have it dialled."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final, NoReturn

from hw.at.dial import DialRefused
from secretaryd.bus import Bus
from secretaryd.call.calls import LineBusy
from secretaryd.call.outgoing import NoNetwork, Outgoing, TaskClosed
from secretaryd.call.report import Remark, Report
from secretaryd.config.hours import Hours
from secretaryd.control.protocol import TaskMade
from storage.errors import StorageError
from storage.outgoing.records import OPEN, TaskRecord
from storage.records import CallRecord
from storage.store import Storage

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 30.0
FIRST_AFTER: Final = 60.0
"""Seconds from the wish to the first attempt: who has just hung up still holds the telephone."""
AGAIN_AFTER: Final = 15 * 60.0


class CallBacks:
    """Wishes to tasks. The number is read from the call's row by the storage: no word of the caller's is asked."""

    def __init__(self, storage: Storage, bus: Bus) -> None:
        self._storage, self._bus = storage, bus

    async def after(self, call: CallRecord, report: Report) -> None:
        """A call was kept."""
        if Remark.CALL_BACK not in report.remarks or call.direction != "in" or not call.number:
            return
        wish = report.message.matter if report.message is not None else ""
        try:
            task = await self._storage.outgoing.call_back(call.id, call.ended or time.time(), wish)
        except StorageError as error:
            log.warning("no task for a call-back", extra={"call": call.id, "reason": str(error)})
            return
        self._bus.publish(TaskMade(task=task.id, call=call.id, number=task.number))


def due(tasks: Sequence[TaskRecord], now: float) -> TaskRecord | None:
    """The open task that has waited longest and may be tried at that moment (UTC epoch seconds). Pure."""
    ready = [
        task
        for task in tasks
        if task.state == OPEN
        and now >= task.made + FIRST_AFTER
        and (task.tried is None or now >= task.tried + AGAIN_AFTER)
    ]
    return min(ready, key=lambda task: (task.attempts, task.made), default=None)


@dataclass(frozen=True, slots=True)
class StandingRule:
    """The owner's: call back by itself, within hours of the day."""

    hours: Hours
    zone: tzinfo

    def holds(self, now: float) -> bool:
        """Whether it is such an hour."""
        return self.hours.hold(datetime.fromtimestamp(now, self.zone).time())


class StandingCalls:
    """Dials what is due, while the owner's rule says so."""

    def __init__(
        self,
        rule: Callable[[], StandingRule | None],
        storage: Storage,
        outgoing: Outgoing,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`rule` is asked at every look; None where the owner dials himself."""
        self._rule, self._storage, self._outgoing, self._clock = rule, storage, outgoing, clock

    async def run(self) -> NoReturn:
        """For ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except StorageError as error:
                log.error("tasks cannot be read", extra={"reason": str(error)})

    async def look(self) -> int | None:
        """One look; the task that is being dialled, if one was due. Raises StorageError."""
        now, rule = self._clock(), self._rule()
        if rule is None or not self._outgoing.enabled or not rule.holds(now):
            return None
        task = due(await self._storage.outgoing.tasks((OPEN,), 500), now)
        if task is None:
            return None
        try:
            await self._outgoing.dial_task(task.id)
        except (DialRefused, LineBusy, NoNetwork, TaskClosed) as error:
            log.info("not called back yet", extra={"task": task.id, "reason": f"{type(error).__name__} {error}"})
            return None
        return task.id
