"""Asks the operator, remembers the balance, and tells what is wrong with the SIM."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NoReturn, Protocol

from hw.errors import ModemError
from hw.modem.status import ModemStatus
from hw.modem.ussd import UssdAnswer, UssdStatus
from secretaryd.config.schema import Sim
from secretaryd.sim.balance import balance_of
from secretaryd.sim.facts import SimKnown, decimal_of, sim_facts
from secretaryd.sim.operators import balance_code
from secretaryd.troubles import Troubles
from storage.errors import StorageError
from storage.outgoing.door import Outgoing as Kept

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 60.0
AGAIN_SECONDS: Final = 3600.0
"""After a question that was not answered."""
CODES: Final = ("sim.balance_low", "sim.unused")
BALANCE, SEEN = "balance", "seen"


class NoBalanceCode(Exception):
    """Nobody knows how to ask this operator; `operator` is its name."""

    def __init__(self, operator: str) -> None:
        super().__init__(operator)
        self.operator = operator


class Operator(Protocol):
    """The modem, as far as questions to the operator go."""

    @property
    def status(self) -> ModemStatus:
        """A snapshot."""

    async def ask_operator(self, code: str) -> UssdAnswer:
        """Raises ModemError, ValueError."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What the operator said, and what was made of it."""

    text: str
    roubles: Decimal | None
    status: UssdStatus


class SimService:
    """Owned by the core."""

    def __init__(
        self,
        modem: Operator,
        kept: Kept,
        troubles: Troubles,
        settings: Callable[[], Sim],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`settings` are asked whenever something is done by them."""
        self._modem, self._kept, self._troubles = modem, kept, troubles
        self._settings, self._clock = settings, clock
        self._tried = 0.0

    async def run(self) -> NoReturn:
        """For ever."""
        while True:
            try:
                await self.look()
            except StorageError as error:
                log.error("what is known of the SIM cannot be kept", extra={"reason": str(error)})
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """One look: asks where it is time to, and tells what is wrong. Raises StorageError."""
        status, now = self._modem.status, self._clock()
        if status.up and status.registered:
            known = await self._kept.sim()
            if SEEN not in known:
                await self._kept.note(SEEN, status.operator, now)
            if self._is_due(known[BALANCE].at if BALANCE in known else 0.0, now) and status.call == "idle":
                await self._ask_by_itself()
        await self._tell(now)

    async def ask(self, code: str) -> UssdAnswer:
        """Any question. Raises ModemError, ValueError."""
        return await self._modem.ask_operator(code)

    async def balance(self) -> Balance:
        """Asks for it, and keeps it. Raises ModemError, NoBalanceCode, StorageError."""
        self._tried = self._clock()
        status = self._modem.status
        if not (code := balance_code(status.operator, self._settings().balance_code)):
            raise NoBalanceCode(status.operator)
        answer = await self._modem.ask_operator(code)
        roubles = balance_of(answer.text)
        if roubles is not None:
            await self._kept.note(BALANCE, str(roubles), self._clock())
            await self._tell(self._clock())
        return Balance(answer.text, roubles, answer.status)

    @property
    def number(self) -> str:
        """The SIM's own, as the owner wrote it; "" where he did not."""
        return self._settings().number

    async def known(self) -> SimKnown:
        """Everything. Raises StorageError."""
        kept = await self._kept.sim()
        balance, seen = kept.get(BALANCE), kept.get(SEEN)
        return SimKnown(
            balance=decimal_of(balance.value) if balance is not None else None,
            balance_at=balance.at if balance is not None else None,
            seen_at=seen.at if seen is not None else None,
            used_at=await self._kept.last_call(),
        )

    def _is_due(self, asked: float, now: float) -> bool:
        every = self._settings().balance_every_hours * 3600.0
        return bool(every) and now - asked >= every and now - self._tried >= AGAIN_SECONDS

    async def _ask_by_itself(self) -> None:
        try:
            balance = await self.balance()
        except NoBalanceCode as error:
            log.info("no code for this operator's balance", extra={"operator": error.operator})
        except (ModemError, ValueError) as error:
            log.info("the balance was not told", extra={"reason": str(error)})
        else:
            if balance.roubles is None:
                log.info("no balance in the operator's words", extra={"status": balance.status.value})

    async def _tell(self, now: float) -> None:
        low = Decimal(self._settings().balance_low)
        found = {fact.code: fact.detail for fact in sim_facts(await self.known(), low, now)}
        for code in CODES:
            if code in found:
                self._troubles.note(code, found[code])
            else:
                self._troubles.clear(code)
