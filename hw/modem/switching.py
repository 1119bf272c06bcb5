"""What is done to a modem that does not answer any more: a reset said into the dark, and the power key."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from hw.errors import HardwareError, PortLost
from hw.ports import BytePort, PowerKey

logger = logging.getLogger(__name__)

BLIND_SECONDS: Final = 2.0
"""A module that heard the reset has left the bus by then."""
OFF_SECONDS: Final = 3.0
ON_SECONDS: Final = 2.0
"""How long the key is held (Waveshare's demo for its SIM7600 HAT)."""
GOING_SECONDS: Final = 18.0
COMING_SECONDS: Final = 25.0
"""The module leaves the bus, and comes back to it, within that (same source: 18 and 20 s)."""
LOOK_SECONDS: Final = 0.5


async def reset_blindly(port: BytePort) -> bool:
    """AT+CRESET to a modem whose answers do not come: some hear and cannot speak. True when the port went away."""
    loop = asyncio.get_running_loop()
    end = loop.time() + BLIND_SECONDS
    try:
        await port.write(b"AT+CRESET\r")
        while loop.time() < end:
            async with asyncio.timeout_at(end):
                await port.read()
    except TimeoutError:
        return False
    except PortLost:
        return True
    return False


class PowerSwitch:
    """Off and on again by a key that toggles: so it looks first whether the module is there."""

    def __init__(self, key: PowerKey, are_there: Callable[[], bool]) -> None:
        self._key = key
        self._are_there = are_there
        self._in_vain = 0

    async def cycle(self) -> bool:
        """Returns whether the ports came back in time. Never raises for the hardware's sake."""
        try:
            # A module that is away is most likely off, so that one press brings it. Where that was in vain it may be
            # on and hanging off the bus: then off first.
            if self._are_there() or self._in_vain % 2:
                await self._key.press(OFF_SECONDS)
                await self._until(False, GOING_SECONDS)
            await self._key.press(ON_SECONDS)
        except HardwareError as error:
            logger.error("the power key cannot be pressed", extra={"error": str(error)})
            return False
        came = await self._until(True, COMING_SECONDS)
        self._in_vain = 0 if came else self._in_vain + 1
        logger.warning("power was switched", extra={"came_back": came})
        return came

    async def _until(self, there: bool, seconds: float) -> bool:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while self._are_there() is not there:
            if loop.time() >= end:
                return False
            await asyncio.sleep(LOOK_SECONDS)
        return True
