"""Sound over the modem's USB port on and off (AT+CPCMREG; manual, 5.2.25).

The modem refuses it outside a connected call and often for a while after the call came up; OK may precede the actual
switch. A first try that is refused is the one sign of a sound endpoint that wears out from call to call.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hw.at.channel import AtChannel
from hw.at.commands import AnswerUnreadable, ReadSound, SetSound
from hw.errors import CommandRefused, CommandTimeout, ModemError

logger = logging.getLogger(__name__)

WINDOW_SECONDS: Final = 12.0
"""Within that a healthy modem opens; field reports say 1-15 s."""
SETTLE_SECONDS: Final = 1.0
"""From the call coming up to the first try, as asterisk-chan-quectel waits: sooner is refused by healthy modems too,
and then the first try would tell nothing of the endpoint's state."""
RETRY_SECONDS: Final = 0.5
READ_BACK_SECONDS: Final = 0.25


class SoundRefused(ModemError):
    """The call is up but the modem does not open its sound."""


@dataclass(frozen=True, slots=True)
class SoundOpened:
    """How hard it was. `tries` is 1 when the modem took the first AT+CPCMREG=1, the sign of a healthy endpoint."""

    tries: int
    seconds: float


async def open_sound(channel: AtChannel, is_up: Callable[[], bool], up_at: float) -> SoundOpened:
    """Opens within WINDOW_SECONDS, read back. `up_at`: loop time at which the call came up.
    Raises SoundRefused; ModemError when the call is not up or ends meanwhile."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    end = began + WINDOW_SECONDS
    await asyncio.sleep(max(0.0, up_at + SETTLE_SECONDS - began))
    tries = 0
    freed = False
    why = ""
    while loop.time() < end:
        _must_be_up(is_up)
        tries += 1
        try:
            await channel.send(SetSound(on=True))
        except (CommandRefused, CommandTimeout) as error:
            why = str(error)
        else:
            await _read_back(channel, is_up, end)
            return SoundOpened(tries, loop.time() - began)
        if not freed:
            freed = True  # once only: more of it does harm to a modem that is about to open
            await close_sound(channel)
        await asyncio.sleep(RETRY_SECONDS)
    raise SoundRefused(f"no sound after {tries} tries in {WINDOW_SECONDS:g} s: {why}")


async def close_sound(channel: AtChannel) -> None:
    """Frees the sound port. That the modem refuses (nothing was open) is no failure. Raises PortLost."""
    try:
        await channel.send(SetSound(on=False))
    except (CommandRefused, CommandTimeout) as error:
        logger.info("closing the sound was not taken", extra={"error": str(error)})


async def _read_back(channel: AtChannel, is_up: Callable[[], bool], end: float) -> None:
    """Waits until the modem says the sound is on. It has said OK, so it is not touched again whatever it reads."""
    loop = asyncio.get_running_loop()
    while True:
        _must_be_up(is_up)
        try:
            if await channel.send(ReadSound()):
                return
        except (CommandRefused, AnswerUnreadable) as error:
            logger.info("the sound cannot be read back, taking the OK for it", extra={"error": str(error)})
            return
        except CommandTimeout as error:
            logger.info("the sound was not read back", extra={"error": str(error)})
        if loop.time() >= end:
            raise SoundRefused(f"the modem said OK but its sound is still off after {WINDOW_SECONDS:g} s")
        await asyncio.sleep(READ_BACK_SECONDS)


def _must_be_up(is_up: Callable[[], bool]) -> None:
    if not is_up():
        raise ModemError("no call is up")
