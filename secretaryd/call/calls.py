"""The line's arbiter: facts of the modem to calls. One call has the line; what comes beside it is kept as missed."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from hw.modem.events import (
    CallAlerting,
    CallerKnown,
    CallMissed,
    CallOver,
    CallUp,
    DigitPressed,
    Fact,
    ModemDown,
    ModemUp,
    NetworkChanged,
    Recovered,
    Ringing,
    RungTaken,
    SignalChanged,
    SimChanged,
    WaitingCall,
)
from secretaryd.alive import Beat
from secretaryd.bus import Bus
from secretaryd.call.driver import CallDriver, Caller
from secretaryd.call.machine import Connected, DialAsked, Dismissed, Gone, Rang, State
from secretaryd.call.numbers import canonical
from secretaryd.call.orders import Order
from secretaryd.control import protocol
from secretaryd.control.protocol import CallEnded, LineChanged, ModemChanged
from storage.errors import StorageError
from storage.store import Storage

log = logging.getLogger(__name__)

FACTS: Final = 256
CALLER_ID_SECONDS: Final = 1.0
"""How long the first ring waits for its +CLIP before the caller counts as unknown."""
UNKNOWN: Final = Caller(None, "unavailable")
Over = Callable[[], Awaitable[None]]


class LineBusy(Exception):
    """A call has the line, or rings."""


class Calls:
    """Owned by the core. `fact` is called by the modem keeper on the loop and never blocks."""

    def __init__(
        self,
        line: str,
        rings_wanted: int,
        make_driver: Callable[[Caller], CallDriver],
        storage: Storage,
        bus: Bus,
    ) -> None:
        self._line = line
        self.rings_wanted = rings_wanted
        self._make_driver = make_driver
        self._storage = storage
        self._bus = bus
        self._facts: asyncio.Queue[Fact] = asyncio.Queue(FACTS)
        self._driver: CallDriver | None = None
        self._task: asyncio.Task[None] | None = None
        self._group: asyncio.TaskGroup | None = None
        self.beat = Beat()
        """Ticks at the beginning of each fact, and rests between them."""
        self._rings = 0
        self._caller: Caller | None = None
        self._grace: asyncio.TimerHandle | None = None
        self._modem = ModemChanged(up=False, reason="starting")
        self.since = time.time()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def driver(self) -> CallDriver | None:
        """The call that has the line."""
        return self._driver

    @property
    def call_id(self) -> int | None:
        """The row of the call that has the line, once it has one."""
        return None if self._driver is None else self._driver.call_id

    @property
    def state(self) -> str:
        """The line's state as shown: away, idle, or the call's."""
        if self._driver is not None:
            return self._driver.state
        return State.IDLE if self._modem.up else "away"

    def fact(self, fact: Fact) -> None:
        """A fact of the modem."""
        try:
            self._facts.put_nowait(fact)
        except asyncio.QueueFull:
            log.error("fact dropped: the line does not keep up", extra={"fact": type(fact).__name__})

    @property
    def busy(self) -> bool:
        """Whether nothing can be dialled now."""
        return self._driver is not None or self._rings > 0 or self._group is None

    def dial(self, driver: CallDriver, over: Over) -> None:
        """Gives the line to a call of ours; `over` is awaited after it was kept. Raises LineBusy."""
        if self.busy or self._group is None:
            raise LineBusy
        self._take_line(driver)
        driver.tell(DialAsked())
        self._task = self._group.create_task(self._run_call(driver, over), name="call")

    def answer(self) -> bool:
        """Has the call that rings answered now; False where none does."""
        if self._driver is None:
            if not self._rings:
                return False
            self._rings = max(self._rings, self.rings_wanted)  # its number is awaited, a second at most
            return True
        if self._driver.state != State.RINGING:
            return False
        self._driver.tell(Rang(enough=True))
        return True

    def hang_up(self, by: str) -> bool:
        """Ends the call in progress politely; False where there is none."""
        if self._driver is None:
            return False
        self._driver.tell(Dismissed(by))
        return True

    @property
    def talking(self) -> int | None:
        """The id of the call in which there is a conversation now."""
        driver = self._driver
        return driver.call_id if driver is not None and driver.state is State.TALKING else None

    def order(self, order: Order) -> bool:
        """What the owner wants done in that conversation; False where it cannot be taken now."""
        return self._driver is not None and self._driver.order(order)

    async def run(self) -> None:
        """Takes facts in order, for ever."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            while True:
                fact = await self._facts.get()
                self.beat.tick()
                await self._take(fact, group)
                self.beat.stop()

    async def idle(self) -> None:
        """Returns when no call has the line."""
        await self._idle.wait()

    async def finish(self, seconds: float) -> None:
        """For the way down: ends the call politely and waits until it is kept."""
        if self.hang_up("shutdown"):
            try:
                async with asyncio.timeout(seconds):
                    await self.idle()
            except TimeoutError:
                log.error("the call did not end in time")

    async def _take(self, fact: Fact, group: asyncio.TaskGroup) -> None:
        match fact:
            case Ringing():
                self._ring(group)
            case CallerKnown(number, presentation):
                self._know(Caller(canonical(number), str(presentation)), group)
            case CallUp(found):
                self._begin(group, found=found)  # where no ring was seen
                self._tell(Connected())
            case CallOver(cause):
                if self._rings:
                    self._begin(group)  # rang and gave up before its number was known: kept as missed all the same
                self._tell(Gone(cause))
                self._forget_rings()
            case DigitPressed(digit):
                if self._driver is not None:
                    self._driver.digit(digit)
            case WaitingCall(number):
                await self._keep_missed(canonical(number), "waiting")
            case _:
                self._tell_of(fact)

    def _tell_of(self, fact: Fact) -> None:
        """News that change nothing about who has the line."""
        match fact:
            case CallMissed():
                log.info("the modem tells of a missed call", extra={"number": fact.number or "withheld"})
            case CallAlerting():
                if self._driver is not None and (call := self._driver.call_id) is not None:
                    self._bus.publish(protocol.CallAlerting(call=call))
            case RungTaken() | Recovered():
                self._bus.publish(_told(fact))
            case ModemUp() | ModemDown() | SimChanged() | SignalChanged() | NetworkChanged():
                self._note_modem(fact)

    def _ring(self, group: asyncio.TaskGroup) -> None:
        self._rings += 1
        if self._driver is not None:
            self._driver.tell(Rang(enough=self._rings >= self.rings_wanted))
        elif self._caller is not None:
            self._begin(group)
        elif self._grace is None:
            self._grace = asyncio.get_running_loop().call_later(CALLER_ID_SECONDS, self._stop_waiting, group)

    def _stop_waiting(self, group: asyncio.TaskGroup) -> None:
        self._grace = None
        self._begin(group)

    def _know(self, caller: Caller, group: asyncio.TaskGroup) -> None:
        self._caller = caller
        if self._driver is None:
            if self._rings:
                self._begin(group)
        elif self._driver.caller == UNKNOWN:
            self._driver.meet(caller)

    def _begin(self, group: asyncio.TaskGroup, *, found: bool = False) -> None:
        """Gives the line to a new call, unless one has it."""
        if self._driver is not None:
            return
        self._cancel_grace()
        driver = self._make_driver(self._caller or UNKNOWN)
        driver.found = found
        self._take_line(driver)
        if self._rings:
            driver.tell(Rang(enough=self._rings >= self.rings_wanted))
        self._task = group.create_task(self._run_call(driver), name="call")

    def _take_line(self, driver: CallDriver) -> None:
        self._driver = driver
        self._idle.clear()
        self.since = time.time()

    async def _run_call(self, driver: CallDriver, over: Over | None = None) -> None:
        try:
            await driver.run()
            if over is not None:
                await over()
        except StorageError as error:
            log.error("the call could not be kept", extra={"reason": str(error)})
        except Exception:  # a call that breaks must not take the line with it
            log.exception("the call's driver broke")
        finally:
            self._driver = None
            self._forget_rings()
            self.since = time.time()
            self._idle.set()
            self._bus.publish(LineChanged(state=self.state))

    def _tell(self, event: Connected | Gone) -> None:
        if self._driver is not None:
            self._driver.tell(event)

    def _forget_rings(self) -> None:
        self._cancel_grace()
        self._rings = 0
        self._caller = None

    def _cancel_grace(self) -> None:
        if self._grace is not None:
            self._grace.cancel()
            self._grace = None

    async def _keep_missed(self, number: str | None, cause: str) -> None:
        now = time.time()
        try:
            call = await self._storage.begin(self._line, "in", number, "presented" if number else "withheld", now)
            await self._storage.finish(call.id, now, "missed", cause)
        except StorageError as error:
            log.error("a waiting caller could not be kept", extra={"reason": str(error)})
            return
        during = self._driver.call_id if self._driver is not None else None
        self._bus.publish(
            protocol.CallerWaited(call=call.id, during=during, number=number, presentation=call.presentation)
        )
        self._bus.publish(CallEnded(call=call.id, outcome="missed", cause=cause, summary="", seconds=0.0))

    def _note_modem(self, fact: ModemUp | ModemDown | SimChanged | SignalChanged | NetworkChanged) -> None:
        now = {name: getattr(self._modem, name) for name in self._modem.__struct_fields__}
        match fact:
            case ModemUp():
                now |= {"up": True, "reason": "", "detail": ""}
            case ModemDown(reason, detail):
                now |= {"up": False, "reason": str(reason), "detail": detail}
            case SimChanged(state):
                now |= {"sim": str(state)}
            case SignalChanged(dbm):
                now |= {"signal_dbm": dbm}
            case NetworkChanged(_, _, operator, technology):
                now |= {"operator": operator, "technology": technology}
        changed = ModemChanged(**now)
        was_up, self._modem = self._modem.up, changed
        self._bus.publish(changed)
        if was_up != changed.up and self._driver is None:
            self._bus.publish(LineChanged(state=self.state))


def _told(fact: RungTaken | Recovered) -> protocol.RungTaken | protocol.ModemRecovered:
    if isinstance(fact, RungTaken):
        return protocol.RungTaken(fault=fact.fault, rung=fact.rung, wait=fact.wait, failure=fact.failure)
    seconds = round(fact.seconds, 1)
    return protocol.ModemRecovered(fault=fact.fault, rung=fact.rung, seconds=seconds, tries=fact.tries)
