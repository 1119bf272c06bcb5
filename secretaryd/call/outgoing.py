"""Calls that the box makes, by the owner's order or his standing rule. A number gets here from the owner or from a
task's row; nothing that a caller says does."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from hw.at.dial import DialPolicy, DialUsage
from secretaryd.bus import Bus
from secretaryd.call.calls import Calls, LineBusy
from secretaryd.call.driver import CallDriver, Outward
from secretaryd.control.protocol import TaskChanged
from storage.outgoing.records import DONE, FAILED, OPEN, TaskRecord
from storage.store import Storage

log = logging.getLogger(__name__)

MAX_ATTEMPTS: Final = 3
"""Then a task has failed, and waits for the owner."""


class NoNetwork(Exception):
    """There is no modem, or it is not registered: nothing can be dialled now."""


class TaskClosed(Exception):
    """The task is done with, or being dialled."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call that is to be made: what is said once somebody is there, and the task that it is for."""

    say: str = ""
    task: TaskRecord | None = None


@dataclass(frozen=True, slots=True)
class Used:
    """What was used up today, and what may be."""

    calls: int
    seconds: float
    calls_a_day: int
    minutes_a_day: int
    enabled: bool


class Outgoing:
    """The one way to the network. Owned by the core; one call at a time."""

    def __init__(
        self,
        line: str,
        policy: Callable[[], DialPolicy],
        ring_seconds: Callable[[], float],
        zone: tzinfo,
        storage: Storage,
        calls: Calls,
        bus: Bus,
        make_driver: Callable[[Outward, Wanted], CallDriver],
        registered: Callable[[], bool],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`policy` and `ring_seconds` (until it is given up) are asked before every call."""
        self._line, self._policy, self._ring_seconds, self._zone = line, policy, ring_seconds, zone
        self._storage, self._calls, self._bus = storage, calls, bus
        self._make_driver, self._registered, self._clock = make_driver, registered, clock
        self._turn = asyncio.Lock()

    @property
    def enabled(self) -> bool:
        """Whether anything may be dialled."""
        return self._policy().rules.enabled

    async def dial(self, number: str, say: str = "") -> str:
        """Begins a call; returns the number in full. Raises DialRefused, LineBusy, NoNetwork, StorageError."""
        return await self._begin(number, Wanted(say))

    async def dial_task(self, task_id: int) -> TaskRecord:
        """Begins a call-back; returns the task. Raises as `dial` does, NotFound, TaskClosed."""
        task = await self._storage.outgoing.task(task_id)
        if task.state not in (OPEN, FAILED):
            raise TaskClosed(task.state)
        await self._begin(task.number, Wanted(task=task))
        return await self._storage.outgoing.task(task_id)

    async def used(self) -> Used:
        """Today's."""
        calls, seconds = await self._storage.outgoing.used(self._midnight())
        rules = self._policy().rules
        return Used(calls, round(seconds), rules.calls_a_day, rules.minutes_a_day, rules.enabled)

    async def _begin(self, number: str, wanted: Wanted) -> str:
        async with self._turn:
            policy = self._policy()
            policy.check(number)  # a number that may never be dialled is told apart from a line that is busy
            if not self._registered():
                raise NoNetwork
            if self._calls.busy:
                raise LineBusy
            used = await self._storage.outgoing.used(self._midnight())
            permit = policy.permit(number, DialUsage(*used))
            task = wanted.task.id if wanted.task is not None else None
            seconds = permit.seconds
            entry = await self._storage.outgoing.reserve(self._clock(), self._line, permit.number, seconds, task)
            if wanted.task is not None:
                await self._change(await self._storage.outgoing.begin(wanted.task.id, self._clock()))
            driver = self._make_driver(Outward(permit, self._ring_seconds()), wanted)
            try:
                self._calls.dial(driver, lambda: self._over(driver, entry, wanted))
            except LineBusy:  # somebody rang while the storage was asked
                await self._storage.outgoing.settle(entry, 0.0)
                if task is not None:
                    await self._settle(task, OPEN, "busy line", None)
                raise
            return permit.number

    async def _over(self, driver: CallDriver, entry: int, wanted: Wanted) -> None:
        """The call is over: what it used up is known, and what came of the task."""
        report = driver.report
        seconds = 0.0 if report.answered is None else max(1.0, time.time() - report.answered)
        await self._storage.outgoing.settle(entry, seconds)
        if wanted.task is None:
            return
        reached = report.answered is not None
        attempts = wanted.task.attempts + 1
        state = DONE if reached else FAILED if attempts >= MAX_ATTEMPTS else OPEN
        await self._settle(wanted.task.id, state, driver.outcome, driver.call_id)

    async def _settle(self, task: int, state: str, result: str, call: int | None) -> None:
        await self._change(await self._storage.outgoing.settle_task(task, state, result, call))

    async def _change(self, task: TaskRecord) -> None:
        self._bus.publish(TaskChanged(task=task.id, state=task.state, result=task.result))

    def _midnight(self) -> float:
        now = datetime.fromtimestamp(self._clock(), self._zone)
        return now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
