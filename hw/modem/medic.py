"""Performs the rungs that need a modem which still answers: the session's own repairs, between calls."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from hw.at.channel import AtChannel
from hw.at.commands import HangUp, Reset, SetFunctions
from hw.errors import CommandRefused, CommandTimeout, ModemError
from hw.modem import sound
from hw.modem.events import Fact, Recovered, RungTaken
from hw.modem.recovery import Decision, Fault, Ladder, Rung

logger = logging.getLogger(__name__)

RADIO_SECONDS: Final = 2.0
"""Between AT+CFUN=4 and 1 (SIMCom manual, 3.2.1: the change takes about so long)."""
GONE_SECONDS: Final = 5.0
"""After AT+CRESET's OK the port vanishes within that."""
STUCK_SECONDS: Final = 8.0
"""After AT+CHUP a call that is still listed is stuck."""
UNREGISTERED_SECONDS: Final = 60.0
"""Without a network for so long is worth a look; falling back to 2G for a call takes seconds."""
REFUSALS: Final = 3
"""Status questions refused in a row that make a fault."""


class ResetByUs(ModemError):
    """The modem was told to begin anew; it comes back by itself, perhaps under another number."""


class PowerWanted(ModemError):
    """Only switching its power helps now."""


class ReopenWanted(ModemError):
    """The ports are to be looked for anew."""


class Medic:
    """One session's repairs; used once. `read_network` asks for registration and signal."""

    def __init__(
        self,
        channel: AtChannel,
        ladder: Ladder,
        publish: Callable[[Fact], None],
        read_network: Callable[[], Awaitable[None]],
    ) -> None:
        self._channel = channel
        self._ladder = ladder
        self._publish = publish
        self._not_before: dict[Fault, float] = {}
        self._unregistered_since: float | None = None
        self._refused = 0
        self._has_answered = False
        self.resetting = ""
        """Why a reset was ordered; the loss of the port that follows is ours."""
        self._performers: dict[Rung, Callable[[Decision], Awaitable[None]]] = {
            Rung.RE_READ: lambda _: read_network(),
            Rung.HANG_UP: self._hang_up,
            Rung.SOUND_OFF: self._sound_off,
            Rung.RADIO: self._radio,
            Rung.RESET: self._reset,
            Rung.POWER: self._power,
            Rung.REOPEN: self._reopen,
        }

    def failed(self, fault: Fault) -> None:
        """Told by whoever noticed it."""
        logger.warning("the modem fails", extra={"fault": str(fault)})
        self._ladder.failed(fault, _now())

    def well(self, fault: Fault) -> None:
        """Told by whoever saw it work."""
        self._not_before.pop(fault, None)
        if (recovery := self._ladder.well(fault, _now())) is not None:
            self._publish(Recovered(recovery.fault, recovery.rung, recovery.seconds, recovery.tries))

    def registered(self, yes: bool) -> None:
        """What the network said just now; a SIM that is locked or away is no fault of the network's."""
        now = _now()
        if yes:
            self._unregistered_since = None
            self.well(Fault.UNREGISTERED)
        elif self._unregistered_since is None:
            self._unregistered_since = now
        elif now - self._unregistered_since >= UNREGISTERED_SECONDS and self._due(Fault.UNREGISTERED, now):
            self.failed(Fault.UNREGISTERED)

    def answered(self, yes: bool) -> None:
        """Whether a question was answered, or refused. Firmware that never answered it is not ill."""
        self._refused = 0 if yes else self._refused + 1
        if yes:
            self._has_answered = True
            self.well(Fault.REFUSED)
        elif self._has_answered and self._refused >= REFUSALS and self._due(Fault.REFUSED, _now()):
            self.failed(Fault.REFUSED)

    async def see_to(self, *, busy: bool) -> None:
        """Takes the next rung of whatever waits for one. Raises ResetByUs, PowerWanted, ReopenWanted."""
        for fault in self._ladder.pending():
            now = _now()
            if not self._due(fault, now) or (decision := self._ladder.next(fault, now, busy=busy)) is None:
                continue
            self._not_before[fault] = now + decision.wait
            self._publish(RungTaken(decision.fault, decision.rung, decision.wait, decision.failure))
            logger.warning("a rung", extra={"fault": str(fault), "rung": str(decision.rung), "nth": decision.failure})
            try:
                await self._performers[decision.rung](decision)
            except (CommandRefused, CommandTimeout) as error:
                logger.warning("the rung did not hold", extra={"rung": str(decision.rung), "error": str(error)})
                self.failed(fault)

    def _due(self, fault: Fault, now: float) -> bool:
        return now >= self._not_before.get(fault, now)

    async def _hang_up(self, _: Decision) -> None:
        await self._channel.send(HangUp())

    async def _sound_off(self, _: Decision) -> None:
        await sound.close_sound(self._channel)

    async def _radio(self, _: Decision) -> None:
        await self._channel.send(SetFunctions(SetFunctions.RADIO_OFF))
        await asyncio.sleep(RADIO_SECONDS)
        await self._channel.send(SetFunctions(SetFunctions.FULL))

    async def _reset(self, decision: Decision) -> None:
        self.resetting = f"reset by us: {decision.fault}"
        await self._channel.send(Reset())
        await asyncio.sleep(GONE_SECONDS)
        raise ResetByUs(self.resetting)

    async def _power(self, decision: Decision) -> None:
        raise PowerWanted(f"power off and on: {decision.fault}")

    async def _reopen(self, decision: Decision) -> None:
        raise ReopenWanted(f"reopening: {decision.fault}")


def _now() -> float:
    return asyncio.get_running_loop().time()
