"""Whatever the modem says, in whatever order: the line comes to rest, and every call begun is kept and closed."""

import asyncio
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hw.errors import CommandRefused, ModemError
from hw.modem.events import (
    CallerKnown,
    CallMissed,
    CallOver,
    CallUp,
    DigitPressed,
    DownReason,
    Fact,
    ModemDown,
    ModemInfo,
    ModemUp,
    Presentation,
    Ringing,
    WaitingCall,
)
from secretaryd.bus import Bus
from secretaryd.call.calls import Calls
from secretaryd.call.driver import CallDriver, CallSettings
from secretaryd.call.machine import DEADLINES
from storage.store import Storage
from tests.fakes.virtual_loop import VirtualLoop

ZONE = ZoneInfo("Europe/Moscow")
MAX_SECONDS = 60.0
REST = MAX_SECONDS + sum(DEADLINES.values()) + 60.0
FACTS = st.sampled_from(
    [
        Ringing(),
        CallerKnown("+79161234567", Presentation.PRESENTED, ""),
        CallerKnown(None, Presentation.WITHHELD, ""),
        CallUp(),
        CallUp(found=True),
        CallOver("NO CARRIER"),
        CallOver("port lost"),
        DigitPressed("5"),
        WaitingCall("+79990001122"),
        CallMissed("+79990001122"),
        ModemUp(ModemInfo("", "", "", "")),
        ModemDown(DownReason.PORT_LOST, ""),
    ]
)
STEPS = st.lists(st.one_of(FACTS, st.sampled_from([0.0, 0.5, 2.0, 30.0, 200.0]), st.just("hang up")), max_size=14)
REFUSALS = st.lists(st.booleans(), max_size=8)


class AnyModem:
    """Takes orders, or refuses them, and says nothing more by itself."""

    def __init__(self, refusals: list[bool]) -> None:
        self._refusals = list(refusals)

    async def answer(self) -> None:
        self._refuse("ATA")

    async def hang_up(self) -> None:
        self._refuse("AT+CHUP")

    async def dial(self, _: object) -> None:
        raise ModemError("not here")

    def _refuse(self, command: str) -> None:
        if self._refusals and self._refusals.pop(0):
            raise CommandRefused(command, "ERROR")


class ForEver:
    """A conversation that nobody ends."""

    async def run(self) -> str:
        await asyncio.Event().wait()
        return ""

    def digit(self, digit: str) -> None:
        assert digit == "5"


async def story(folder: Path, steps: list[Fact | float | str], refusals: list[bool]) -> None:
    storage = await Storage.open(f"sqlite:///{folder / 'secretary.db'}", folder)
    bus, modem, begun = Bus(), AnyModem(refusals), 0

    def make_talk(record: object, report: object) -> ForEver:
        return ForEver()

    def make_driver(caller: object) -> CallDriver:
        nonlocal begun
        begun += 1
        return CallDriver(CallSettings("line1", ZONE, MAX_SECONDS), modem, storage, bus, make_talk, caller)  # type: ignore[arg-type]

    calls = Calls("line1", 1, make_driver, storage, bus)
    running = asyncio.create_task(calls.run())
    try:
        for step in steps:
            if isinstance(step, float):
                await asyncio.sleep(step)
            elif isinstance(step, str):
                calls.hang_up("owner")
            else:
                calls.fact(step)
        await asyncio.sleep(2.0)
        async with asyncio.timeout(REST):
            await calls.idle()
        assert not running.done(), "the arbiter ended"
        rows = await storage.recent(500)
        assert [row for row in rows if row.ended is None] == []
        assert sum(row.end_cause != "waiting" for row in rows) == begun
        assert sum(row.end_cause == "waiting" for row in rows) == sum(isinstance(step, WaitingCall) for step in steps)
    finally:
        running.cancel()
        await asyncio.wait({running})
        await storage.close()


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, REFUSALS)
def test_any_order_of_any_facts_ends_in_idle_with_the_calls_stored(
    steps: list[Fact | float | str], refusals: list[bool]
) -> None:
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(story(Path(folder), steps, refusals))
